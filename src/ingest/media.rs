//! Headers of a request with events: what its body holds, and which reply is wanted.

use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;

use crate::http::reply::{Answer, ErrorReply};

/// How a body holds its events. How it is cut, the body itself says: clients send JSON under almost any type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Media {
    /// Events in either spelling.
    Json,
    /// CloudEvents as such, one or a batch: the sender may be a broker, which takes a reply with a body for a failure.
    CloudEvents,
    /// CloudEvents binary mode: the attributes are headers, the body is the data.
    Binary,
}

const KNOWN: &str = "JSON as application/json, application/x-ndjson, text/plain or without a type, or CloudEvents as \
                     application/cloudevents+json or application/cloudevents-batch+json";

/// The types under which clients send JSON. A form's type is what many give to any body that is posted, curl -d among them.
const JSON: &[&str] = &[
    "",
    "application/json",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonl",
    "application/jsonlines",
    "application/x-jsonlines",
    "application/x-json",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "binary/octet-stream",
    "text/json",
    "text/ndjson",
    "text/plain",
    "text/x-json",
    "text/x-ndjson",
];
const CLOUDEVENTS: &[&str] = &["application/cloudevents+json", "application/cloudevents-batch+json"];

impl Media {
    pub(super) fn of(headers: &HeaderMap) -> Result<Media, ErrorReply> {
        let unknown = |shown: &str| {
            let shown: String = shown.chars().take(100).collect();
            ErrorReply::new(Answer::Unsupported, format!("content type {shown:?} holds no events; send {KNOWN}"))
        };
        let mut types = headers.get_all(CONTENT_TYPE).iter();
        let whole = match types.next() {
            None => "",
            Some(value) => value.to_str().map_err(|_| unknown("(not ASCII)"))?,
        };
        if types.next().is_some() {
            return Err(ErrorReply::new(Answer::Unsupported, "the request has two content types; send one"));
        }
        let mut parts = whole.split(';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let media = if CLOUDEVENTS.contains(&essence.as_str()) {
            Media::CloudEvents
        } else if !is_json(&essence) {
            return Err(unknown(whole));
        } else if headers.contains_key("ce-specversion") {
            Media::Binary
        } else {
            Media::Json
        };
        check_charset(parts)?;
        Ok(media)
    }
}

fn is_json(essence: &str) -> bool {
    let has_suffix =
        || essence.strip_suffix("+json").is_some_and(|rest| rest.contains('/') && !rest.contains("cloudevents"));
    JSON.contains(&essence) || has_suffix()
}

/// Whether the sender wants the counts in any case: `Prefer: return=representation` (RFC 7240).
pub(super) fn wants_representation(headers: &HeaderMap) -> bool {
    let is_wish = |preference: &str| {
        let (name, value) = preference.split(';').next().unwrap_or_default().split_once('=').unwrap_or_default();
        name.trim().eq_ignore_ascii_case("return")
            && value.trim().trim_matches('"').eq_ignore_ascii_case("representation")
    };
    headers.get_all("prefer").iter().any(|value| value.to_str().unwrap_or_default().split(',').any(is_wish))
}

/// Refuses every charset but UTF-8 and what is a part of it.
fn check_charset<'p>(parameters: impl Iterator<Item = &'p str>) -> Result<(), ErrorReply> {
    for (name, value) in parameters.filter_map(|parameter| parameter.split_once('=')) {
        let charset = value.trim().trim_matches('"').to_ascii_lowercase();
        let is_utf8 = ["", "utf-8", "utf8", "us-ascii", "ascii"].contains(&charset.as_str());
        if name.trim().eq_ignore_ascii_case("charset") && !is_utf8 {
            let error = format!("charset {charset:?} is not taken; events are UTF-8");
            return Err(ErrorReply::new(Answer::Unsupported, error));
        }
    }
    Ok(())
}

/// The attributes of a CloudEvent in binary mode: every `ce-…` header as it was received, without the prefix.
pub(super) fn attributes(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    let named = headers.iter().map(|(name, value)| (name.as_str().strip_prefix("ce-"), value.as_bytes()));
    named.filter_map(|(name, value)| Some((name?, value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn of(lines: &[(&'static str, &'static str)]) -> Result<Media, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().expect("a header"));
        }
        Media::of(&headers).map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn whatever_clients_call_json_is_json() {
        for content_type in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"; profile=x",
            "application/json; charset=",
            "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
            "application/vnd.acme.event+json",
            // fetch with a string; aiohttp with a string, with bytes; curl -d, urllib, PowerShell.
            "text/plain;charset=UTF-8",
            "text/plain; charset=utf-8",
            "application/octet-stream",
            "application/x-www-form-urlencoded",
            "",
        ] {
            assert_eq!(of(&[("content-type", content_type)]).expect(content_type), Media::Json, "{content_type}");
        }
        assert_eq!(of(&[]).expect("none"), Media::Json);
    }

    #[test]
    fn cloudevents_are_known_by_their_type_and_by_their_headers() {
        for content_type in ["application/cloudevents+json", "Application/CloudEvents-Batch+json; charset=utf-8"] {
            assert_eq!(of(&[("content-type", content_type)]).expect(content_type), Media::CloudEvents);
            let both = [("content-type", content_type), ("ce-specversion", "1.0")];
            assert_eq!(of(&both).expect("structured"), Media::CloudEvents, "the type decides");
        }
        for content_type in ["application/json", "text/json", "application/octet-stream", "application/x+json"] {
            let binary = of(&[("content-type", content_type), ("ce-specversion", "1.0")]);
            assert_eq!(binary.expect("binary"), Media::Binary, "{content_type}");
        }
        assert_eq!(of(&[("ce-specversion", "1.0")]).expect("binary"), Media::Binary);
    }

    #[test]
    fn other_content_types_and_charsets_are_named() {
        for (content_type, named) in [
            ("text/html", "text/html"),
            ("application/xml; charset=utf-8", "application/xml"),
            ("application/cloudevents+xml", "cloudevents+xml"),
            ("application/cloudevents-stream+json", "cloudevents-stream"),
            ("multipart/form-data; boundary=x", "multipart/form-data"),
            ("application/msgpack", "msgpack"),
            ("json", "json"),
            ("application/json; charset=latin1", "latin1"),
        ] {
            let error = of(&[("content-type", content_type)]).expect_err(content_type);
            assert!(error.contains("Unsupported") && error.contains(named), "{error}");
        }
        assert!(of(&[("content-type", "application/json"), ("content-type", "text/html")]).is_err());
    }

    #[test]
    fn attributes_are_the_headers_without_their_prefix() {
        let mut headers = HeaderMap::new();
        headers.append("ce-type", HeaderValue::from_static("dev.day90.fallback.ended"));
        headers.append("content-type", HeaderValue::from_static("application/json"));
        headers.append("ce-subject", HeaderValue::from_bytes(b"Gr\xFC\xDFe").expect("a header"));
        let expected = [("type", &b"dev.day90.fallback.ended"[..]), ("subject", b"Gr\xFC\xDFe")];
        assert_eq!(attributes(&headers).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_wish_for_a_body_is_found_among_others() {
        let wants = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("prefer", HeaderValue::from_static(line));
            }
            wants_representation(&headers)
        };
        for lines in [
            &["return=representation"][..],
            &["respond-async, Return = \"Representation\"; x=1"],
            &["wait=5", "return=representation"],
        ] {
            assert!(wants(lines), "{lines:?}");
        }
        for lines in [&[][..], &["return=minimal"], &["representation"], &["x; return=representation"]] {
            assert!(!wants(lines), "{lines:?}");
        }
    }
}

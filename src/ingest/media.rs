//! Content types: which of them hold events, and how those are separated.

use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;

use crate::http::reply::{Answer, ErrorReply};

/// How a body holds its events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Media {
    Events,
    /// CloudEvents binary mode: the attributes are headers, the body is the data.
    Binary,
}

const KNOWN: &str = "application/json, application/x-ndjson, application/cloudevents+json or \
                     application/cloudevents-batch+json";

/// The content types that hold events.
const FORMS: &[&str] = &[
    "application/json",
    "application/x-ndjson",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    // None, and the default of curl: the body decides.
    "",
    "application/x-www-form-urlencoded",
];

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
        let essence = parts.next().unwrap_or_default().trim();
        let known = FORMS.iter().find(|name| essence.eq_ignore_ascii_case(name));
        let name = known.ok_or_else(|| unknown(whole))?;
        let may_be_binary = matches!(*name, "application/json" | "");
        let is_binary = may_be_binary && headers.contains_key("ce-specversion");
        let media = if is_binary { Media::Binary } else { Media::Events };
        check_charset(parts)?;
        Ok(media)
    }
}

/// Refuses every charset but UTF-8 and what is a part of it.
fn check_charset<'p>(parameters: impl Iterator<Item = &'p str>) -> Result<(), ErrorReply> {
    for (name, value) in parameters.filter_map(|parameter| parameter.split_once('=')) {
        let charset = value.trim().trim_matches('"').to_ascii_lowercase();
        let is_utf8 = ["utf-8", "utf8", "us-ascii"].contains(&charset.as_str());
        if name.trim().eq_ignore_ascii_case("charset") && !is_utf8 {
            let error = format!("charset {charset:?} is not taken; events are UTF-8");
            return Err(ErrorReply::new(Answer::Unsupported, error));
        }
    }
    Ok(())
}

/// The attributes of a CloudEvent in binary mode: every `ce-…` header as it was received, without the prefix.
pub(super) fn attributes(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    let named = headers.iter().map(|(name, value)| (name.as_str().strip_prefix("ce-"), value.as_bytes()));
    named.filter_map(|(name, value)| Some((name?, value))).collect()
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
    fn each_content_type_says_how_the_body_is_cut() {
        for (content_type, media) in [
            ("application/json", Media::Events),
            ("Application/JSON; charset=UTF-8", Media::Events),
            ("application/json;charset=\"utf-8\"; profile=x", Media::Events),
            ("application/x-ndjson", Media::Events),
            ("application/jsonl", Media::Events),
            ("application/x-www-form-urlencoded", Media::Events),
            ("application/cloudevents+json", Media::Events),
            ("application/cloudevents-batch+json; charset=utf-8", Media::Events),
        ] {
            assert_eq!(of(&[("content-type", content_type)]).expect(content_type), media, "{content_type}");
        }
        assert_eq!(of(&[]).expect("none"), Media::Events);
        let binary = of(&[("content-type", "application/json"), ("ce-specversion", "1.0")]);
        assert_eq!(binary.expect("binary"), Media::Binary);
    }

    #[test]
    fn other_content_types_and_charsets_are_named() {
        for (content_type, named) in [
            ("text/html", "text/html"),
            ("application/xml; charset=utf-8", "application/xml"),
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
        assert_eq!(attributes(&headers), [("type", &b"dev.day90.fallback.ended"[..])]);
    }
}

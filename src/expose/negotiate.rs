//! Which format and which content encoding a scraper gets.
//!
//! A scraper lists the formats it takes, with weights. Of those that day90 has, the one with the highest weight wins, and
//! among equal ones the first. Absent, malformed and unknown offers are skipped; if nothing is left the answer is the text
//! format 0.0.4, which every scraper reads. It is never 406: a scrape that fails because of a header helps nobody.

use hyper::HeaderMap;
use hyper::header::{ACCEPT, ACCEPT_ENCODING};

use super::escaping::Escaping;
use crate::config::Metrics;
use crate::telemetry::Format;

/// Offers of one header that are read. Prometheus sends six.
const OFFERS_MAX: usize = 64;

/// How one scrape is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    media: Media,
    /// The scheme that the scraper asks for.
    pub escaping: Option<Escaping>,
    /// Whether it takes gzip.
    pub gzip: bool,
}

/// A format, with the version in its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    Text004,
    /// Quotes names if necessary; for names of day90 it never is.
    Text100,
    OpenMetrics001,
    OpenMetrics100,
    Protobuf,
}

/// Chooses by the headers of the request and what the configuration allows.
pub fn choose(headers: &HeaderMap, metrics: Metrics) -> Choice {
    let mut best = None;
    for offer in values(headers, ACCEPT).flat_map(|value| value.split(',')).take(OFFERS_MAX) {
        let Some(offer) = Offer::read(offer) else { continue };
        if offer.quality > best.as_ref().map_or(0, |best: &Offer| best.quality) {
            best = Some(offer);
        }
    }
    let (media, escaping) = best.map_or((Media::Text004, None), |offer| (offer.media, offer.escaping));
    Choice { media, escaping, gzip: metrics.gzip && wants_gzip(headers) }
}

/// An entry of `Accept` in a format that day90 has.
struct Offer {
    media: Media,
    escaping: Option<Escaping>,
    /// In thousandths.
    quality: u16,
}

impl Offer {
    fn read(text: &str) -> Option<Offer> {
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next()?.to_ascii_lowercase();
        let (mut version, mut escaping, mut quality) = (None, None, 1000);
        let (mut proto, mut encoding) = (None, None);
        for part in parts {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => quality = thousandths(value)?,
                "version" => version = Some(value),
                "escaping" => escaping = Escaping::named(value),
                "proto" => proto = Some(value),
                "encoding" => encoding = Some(value),
                _ => {}
            }
        }
        let families = proto == Some("io.prometheus.client.MetricFamily") && encoding == Some("delimited");
        Some(Offer { media: Media::of(&kind, version, families)?, escaping, quality })
    }
}

impl Media {
    /// The format of this type and version; `families` says whether a protobuf has the messages of Prometheus.
    fn of(kind: &str, version: Option<&str>, families: bool) -> Option<Media> {
        match (kind, version) {
            ("*/*" | "text/*", None) | ("text/plain", None | Some("0.0.4")) => Some(Media::Text004),
            ("text/plain", Some("1.0.0")) => Some(Media::Text100),
            ("application/openmetrics-text", Some("0.0.1")) => Some(Media::OpenMetrics001),
            ("application/openmetrics-text", None | Some("1.0.0")) => Some(Media::OpenMetrics100),
            ("application/vnd.google.protobuf", None) if families => Some(Media::Protobuf),
            _ => None,
        }
    }
}

/// A weight from 0 to 1 with at most three digits.
fn thousandths(text: &str) -> Option<u16> {
    let quality: f32 = text.parse().ok()?;
    (0.0..=1.0).contains(&quality).then_some((quality * 1000.0).round() as u16)
}

/// The values of a header, which may be repeated. A value that is not text is skipped.
fn values(headers: &HeaderMap, name: hyper::header::HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

fn wants_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut identity) = (None, None, None);
    for offer in values(headers, ACCEPT_ENCODING).flat_map(|value| value.split(',')).take(OFFERS_MAX) {
        let mut parts = offer.split(';');
        let coding = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let weight = |part: &str| part.trim().strip_prefix("q=").map(|text| thousandths(text.trim()).unwrap_or(0));
        let quality = parts.find_map(weight).unwrap_or(1000);
        match coding.as_str() {
            "gzip" | "x-gzip" => gzip = Some(quality),
            "identity" => identity = Some(quality),
            "*" => any = Some(quality),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

impl Choice {
    /// A format, as it is.
    pub fn plain(format: Format) -> Choice {
        let media = match format {
            Format::Text => Media::Text004,
            Format::OpenMetrics => Media::OpenMetrics100,
            Format::Protobuf => Media::Protobuf,
        };
        Choice { media, escaping: None, gzip: false }
    }

    pub fn format(self) -> Format {
        match self.media {
            Media::Text004 | Media::Text100 => Format::Text,
            Media::OpenMetrics001 | Media::OpenMetrics100 => Format::OpenMetrics,
            Media::Protobuf => Format::Protobuf,
        }
    }

    pub fn content_type(self) -> String {
        let media = match self.media {
            Media::Text004 => "text/plain; version=0.0.4; charset=utf-8",
            Media::Text100 => "text/plain; version=1.0.0; charset=utf-8",
            Media::OpenMetrics001 => "application/openmetrics-text; version=0.0.1; charset=utf-8",
            Media::OpenMetrics100 => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Media::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        };
        match self.escaping {
            Some(escaping) => format!("{media}; escaping={}", escaping.as_str()),
            None => media.to_owned(),
        }
    }

    pub fn content_encoding(self) -> Option<&'static str> {
        self.gzip.then_some("gzip")
    }
}

#[cfg(test)]
mod tests;

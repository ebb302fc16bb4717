//! Which format and which content encoding a scraper gets.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::HeaderMap;
use hyper::header::ACCEPT_ENCODING;

use super::text;

/// Level 1: the higher ones cost many times the CPU and save little on text like this.
const GZIP_LEVEL: u32 = 1;

/// How one scrape is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    gzip: bool,
}

/// Decides by the headers of the request.
pub fn choose(headers: &HeaderMap) -> Choice {
    let mut gzip = None;
    let mut any = None;
    let mut identity = None;
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for offer in values.flat_map(|value| value.split(',')) {
        let mut parts = offer.split(';');
        let quality = |part: &str| part.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok());
        let coding = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let quality = parts.find_map(quality).unwrap_or(1.0);
        match coding.as_str() {
            "gzip" | "x-gzip" => gzip = Some(quality),
            "identity" => identity = Some(quality),
            "*" => any = Some(quality),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    Choice { gzip: gzip > 0.0 && gzip >= identity.unwrap_or(0.0) }
}

impl Choice {
    pub fn content_type(self) -> &'static str {
        text::CONTENT_TYPE
    }

    pub fn content_encoding(self) -> Option<&'static str> {
        self.gzip.then_some("gzip")
    }

    /// The exposition as it goes over the wire. CPU work: call it on a blocking thread.
    pub fn pack(self, exposition: Vec<u8>) -> Vec<u8> {
        if !self.gzip {
            return exposition;
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(exposition.len() / 8), Compression::new(GZIP_LEVEL));
        // Writing to memory cannot fail.
        _ = encoder.write_all(&exposition);
        encoder.finish().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_where_it_is_welcome() {
        for (accepted, gzip) in [
            ("gzip", true),
            ("GZIP;q=0.5", true),
            ("deflate, gzip;q=1.0, *;q=0.5", true),
            ("*", true),
            ("*;q=0", false),
            ("gzip;q=0, *", false),
            ("gzip;q=0.2, identity", false),
            ("identity", false),
            ("br, zstd", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, accepted.parse().expect("a header"));
            assert_eq!(choose(&headers).gzip, gzip, "{accepted}");
        }
        assert!(!choose(&HeaderMap::new()).gzip);
    }

    #[test]
    fn what_is_packed_can_be_unpacked() {
        let plain = b"day90_x 1\n".repeat(1_000);
        let packed = Choice { gzip: true }.pack(plain.clone());
        let mut back = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut back).expect("gzip");
        assert!(back == plain && packed.len() < plain.len() / 10);
        assert_eq!(Choice { gzip: false }.pack(plain.clone()), plain);
    }
}

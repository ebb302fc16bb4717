//! [`Out`]: where a format writes, plain or packed.

use super::gzip::Gzip;

/// As much is written before it is packed: it is then still in the CPU's cache, and a large exposition is never whole in
/// memory. Bytes.
const PART: usize = 128 << 10;

/// Bytes that were written, but for those that are packed already.
#[derive(Debug, Default)]
pub(super) struct Out {
    pub bytes: Vec<u8>,
    packing: Option<Packing>,
}

#[derive(Debug, Default)]
struct Packing {
    gzip: Gzip,
    /// A message that is too large to be kept until its length is known, which comes before it; and that length so far.
    aside: Option<(Gzip, u64)>,
    /// Bytes that are packed.
    given: usize,
}

/// What a scraper gets.
pub struct Exposition {
    pub bytes: Vec<u8>,
    /// Before it was packed. Bytes.
    pub plain_bytes: usize,
}

impl Out {
    /// With room for an exposition of this many bytes, if it isn't packed.
    pub(super) fn sized(bytes: usize, packed: bool) -> Out {
        let (room, packing) = if packed { (PART + PART / 4, Some(Packing::default())) } else { (bytes, None) };
        Out { bytes: Vec::with_capacity(room), packing }
    }

    /// Nothing that was written will change: it may be packed.
    #[inline]
    pub(super) fn settle(&mut self) {
        if self.bytes.len() >= PART && self.packing.is_some() {
            self.pack();
        }
    }

    #[cold]
    fn pack(&mut self) {
        let Some(packing) = &mut self.packing else { return };
        packing.give(&self.bytes);
        self.bytes.clear();
    }

    /// Nothing that was written will change but the room from `message` to `body`, which is for the length of a message that
    /// goes on. Whether that message was put aside, to be packed: then nothing of it is left in `bytes`, nor the room.
    #[inline]
    pub(super) fn settle_before(&mut self, message: usize, body: usize) -> bool {
        self.bytes.len() >= PART && self.packing.is_some() && self.put_aside(message, body)
    }

    #[cold]
    fn put_aside(&mut self, message: usize, body: usize) -> bool {
        let Some(packing) = &mut self.packing else { return false };
        if packing.aside.is_none() {
            packing.give(&self.bytes[..message]);
        }
        packing.give_aside(&self.bytes[body..]);
        self.bytes.clear();
        true
    }

    /// Ends a message that was put aside, if one was: `write` gets its length.
    pub(super) fn end_aside(&mut self, write: impl FnOnce(&mut Vec<u8>, u64)) -> bool {
        let Some(packing) = &mut self.packing else { return false };
        if packing.aside.is_none() {
            return false;
        }
        packing.give_aside(&self.bytes);
        self.bytes.clear();
        if let Some((aside, length)) = packing.aside.take() {
            write(&mut self.bytes, length);
            packing.give(&self.bytes);
            packing.gzip.append(aside);
        }
        self.bytes.clear();
        true
    }

    pub(super) fn finish(mut self) -> Exposition {
        self.pack();
        match self.packing {
            Some(Packing { gzip, given, .. }) => Exposition { bytes: gzip.finish(), plain_bytes: given },
            None => Exposition { plain_bytes: self.bytes.len(), bytes: self.bytes },
        }
    }
}

impl Packing {
    fn give(&mut self, bytes: &[u8]) {
        self.gzip.add(bytes);
        self.given += bytes.len();
    }
    fn give_aside(&mut self, bytes: &[u8]) {
        let (aside, length) = self.aside.get_or_insert_default();
        aside.add(bytes);
        *length += bytes.len() as u64;
        self.given += bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use hyper::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue};

    use crate::config::Metrics;
    use crate::expose::{answer, negotiate};
    use crate::state::engine::family::{Buckets, Number, Sink, Type};

    const ACCEPTS: [&str; 3] = [
        "text/plain",
        "application/openmetrics-text",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    ];

    /// Families of this many series each: of one part, of many, of none.
    fn pour(sink: &mut dyn Sink, series: &[usize]) {
        for (at, series) in series.iter().enumerate() {
            sink.family(&format!("day90_{at}_total"), Type::Counter, "Counted.", &["system", "action"]);
            for number in 0..*series {
                sink.sample(&["refund-agent", &format!("action-{}", number * number)], Number::Count(number as u64));
            }
        }
        sink.family("day90_seconds", Type::Histogram, "Timed.", &["system"]);
        let buckets = Buckets { bounds: &[1.0], counts: &[1, 2], sum: Number::Count(9), ..Buckets::default() };
        sink.histogram(&["refund-agent"], buckets);
    }

    #[test]
    fn a_packed_exposition_is_the_plain_one_whatever_the_sizes_of_its_families() {
        for accept in ACCEPTS {
            let answer = |gzip: bool, series: &[usize]| {
                let mut headers = HeaderMap::new();
                headers.insert(ACCEPT, HeaderValue::from_static(accept));
                if gzip {
                    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
                }
                let choice = negotiate::choose(&headers, Metrics::default());
                answer(choice, Metrics::default(), 1 << 20, |sink| pour(sink, series))
            };
            for series in [&[1, 0, 2][..], &[2_500, 9_000, 0, 1, 9_000, 9_000, 2], &[30_000, 3]] {
                let (plain, packed) = (answer(false, series), answer(true, series));
                let mut back = Vec::new();
                flate2::read::GzDecoder::new(&packed.bytes[..]).read_to_end(&mut back).expect("gzip");
                assert!(back == plain.bytes, "{accept} {series:?}");
                assert_eq!((plain.plain_bytes, packed.plain_bytes), (back.len(), back.len()), "{accept} {series:?}");
                assert!(packed.bytes.len() < back.len(), "{accept} {series:?}");
            }
        }
    }
}

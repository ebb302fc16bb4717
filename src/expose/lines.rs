//! [`Lines`]: the lines of samples that both text formats share.
//!
//! A scrape may have a hundred thousand samples, so nothing is formatted twice: the parts of a line that a family shares are
//! made once, and each sample copies them around its label values and its number.

use memchr::memchr3;

use super::labels::Labels;
use super::number;
use super::out::{Exposition, Out};
use crate::state::engine::exemplar::{self, Exemplar};
use crate::state::engine::family::{Buckets, Number};

/// Roughly what a scrape of a fresh daemon takes. Bytes.
const BYTES_FIRST: usize = 64 << 10;

/// Writes samples of one family after the other.
#[derive(Debug)]
pub(super) struct Lines {
    out: Out,
    /// The lines before the family's first sample, until that comes: a family without samples is not shown.
    head: Vec<u8>,
    /// The name of the samples.
    name: Vec<u8>,
    /// How `le` is spelled.
    spell: fn(&mut Vec<u8>, f64),
    /// For each label, what comes before its value: `system="` or `",queue="`.
    before: Vec<Vec<u8>>,
    /// `name{system="a",queue="b`, of the current sample.
    labels: Labels,
    /// The line of a bucket, up to its bound.
    bucket: Vec<u8>,
    /// The bounds of the previous histogram, and for each the line from the bound to the number.
    bounds: Vec<f64>,
    les: Vec<Vec<u8>>,
}

impl Lines {
    /// With room for `bytes`, the size of the last exposition, and some more.
    pub(super) fn sized(bytes: usize, packed: bool, spell: fn(&mut Vec<u8>, f64)) -> Lines {
        Lines {
            out: Out::sized((bytes + bytes / 16).max(BYTES_FIRST), packed),
            head: Vec::new(),
            name: Vec::new(),
            spell,
            before: Vec::new(),
            labels: Labels::default(),
            bucket: Vec::new(),
            bounds: Vec::new(),
            les: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Exposition {
        self.out.finish()
    }

    /// Begins a sample; before the family's first one comes its head.
    pub(super) fn begin(&mut self) {
        self.out.settle();
        if !self.head.is_empty() {
            self.out.bytes.append(&mut self.head);
        }
    }

    /// Begins a family; `head` is written before its first sample, and never if it has none.
    pub(super) fn family(&mut self, head: Vec<u8>, name: &str, labels: &[&str]) {
        self.head = head;
        self.name = name.into();
        self.labels.begin(format!("{name}{{").as_bytes());
        let before = |(at, label)| format!("{}{label}=\"", if at == 0 { "" } else { "\"," }).into_bytes();
        self.before = labels.iter().enumerate().map(before).collect();
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.out.bytes.extend_from_slice(bytes);
    }

    /// Sets the labels of the following lines.
    pub(super) fn label(&mut self, values: &[&str]) {
        self.labels.set(values, writer(&self.before));
    }

    /// Writes the buckets, with the exemplar after the one it fell into; returns the number of observations.
    pub(super) fn buckets(&mut self, buckets: &Buckets<'_>, exemplar: Option<&Exemplar>) -> u64 {
        self.spell_bounds(buckets.bounds);
        self.begin_buckets();
        let value = |exemplar: &Exemplar| Number::Nanos(exemplar.nanos.into()).as_f64();
        let place = exemplar.map(value).map(|value| buckets.bounds.partition_point(|bound| *bound < value));
        let mut cumulated = 0;
        for (at, (count, le)) in buckets.counts.iter().zip(&self.les).enumerate() {
            cumulated += count;
            self.out.bytes.extend_from_slice(&self.bucket);
            self.out.bytes.extend_from_slice(le);
            number::write_u64(&mut self.out.bytes, cumulated);
            if let Some(exemplar) = exemplar.filter(|_| place == Some(at)) {
                write_exemplar(&mut self.out.bytes, exemplar);
            }
            self.out.bytes.push(b'\n');
        }
        cumulated
    }

    /// Makes the line of a bucket, up to its bound.
    fn begin_buckets(&mut self) {
        let line = &mut self.bucket;
        line.clear();
        line.extend_from_slice(&self.name);
        line.extend_from_slice(b"_bucket{");
        line.extend_from_slice(&self.labels.bytes()[self.name.len() + 1..]);
        line.extend_from_slice(if self.before.is_empty() { b"le=\"" } else { b"\",le=\"" });
    }

    pub(super) fn exemplar(&mut self, exemplar: Option<&Exemplar>) {
        if let Some(exemplar) = exemplar {
            write_exemplar(&mut self.out.bytes, exemplar);
        }
    }

    /// Writes a sample.
    pub(super) fn sample(&mut self, values: &[&str], number: Number) {
        self.open_sample(values, number);
        self.out.bytes.push(b'\n');
    }

    /// Writes a sample without the end of its line.
    pub(super) fn open_sample(&mut self, values: &[&str], number: Number) {
        self.begin();
        if values.is_empty() {
            self.out.bytes.extend_from_slice(&self.name);
            self.out.bytes.push(b' ');
        } else {
            self.out.bytes.extend_from_slice(self.labels.set(values, writer(&self.before)));
            self.out.bytes.extend_from_slice(b"\"} ");
        }
        number::write(&mut self.out.bytes, number);
    }

    /// Writes `name_suffix{labels} number`, with the labels that were set last.
    pub(super) fn line(&mut self, suffix: &[u8], number: Number) {
        self.out.bytes.extend_from_slice(&self.name);
        self.end_line(suffix, number);
    }

    /// As [`Lines::line`], under another name than that of the samples.
    pub(super) fn line_named(&mut self, name: &str, suffix: &[u8], number: Number) {
        self.out.bytes.extend_from_slice(name.as_bytes());
        self.end_line(suffix, number);
    }

    fn end_line(&mut self, suffix: &[u8], number: Number) {
        self.out.bytes.extend_from_slice(suffix);
        if !self.before.is_empty() {
            self.out.bytes.push(b'{');
            self.out.bytes.extend_from_slice(&self.labels.bytes()[self.name.len() + 1..]);
            self.out.bytes.extend_from_slice(b"\"}");
        }
        self.out.bytes.push(b' ');
        number::write(&mut self.out.bytes, number);
        self.out.bytes.push(b'\n');
    }

    fn spell_bounds(&mut self, bounds: &[f64]) {
        if self.bounds == bounds && !self.les.is_empty() {
            return;
        }
        self.bounds = bounds.to_vec();
        let spelled = |bound: &f64| {
            let mut text = Vec::new();
            (self.spell)(&mut text, *bound);
            text.extend_from_slice(b"\"} ");
            text
        };
        self.les = bounds.iter().chain(&[f64::INFINITY]).map(spelled).collect();
    }
}

/// Writes a label: what comes before its value, and the value.
fn writer(before: &[Vec<u8>]) -> impl Fn(&mut Vec<u8>, usize, &str) {
    |out, at, value| {
        out.extend_from_slice(&before[at]);
        escape(out, value);
    }
}

/// ` # {case="…"} value time`, at the end of a line.
fn write_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    out.extend_from_slice(b" # {");
    out.extend_from_slice(exemplar::LABEL.as_bytes());
    out.extend_from_slice(b"=\"");
    escape(out, &exemplar.case);
    out.extend_from_slice(b"\"} ");
    number::write(out, Number::Nanos(exemplar.nanos.into()));
    out.push(b' ');
    number::write(out, Number::Nanos(exemplar.at.nanos().into()));
}

/// Writes a label value; `\`, `"` and line breaks are escaped.
pub(super) fn escape(out: &mut Vec<u8>, value: &str) {
    let mut rest = value.as_bytes();
    if !is_plain(rest) {
        while let Some(at) = memchr3(b'\\', b'"', b'\n', rest) {
            out.extend_from_slice(&rest[..at]);
            out.extend_from_slice(match rest[at] {
                b'\\' => b"\\\\",
                b'"' => b"\\\"",
                _ => b"\\n",
            });
            rest = &rest[at + 1..];
        }
    }
    out.extend_from_slice(rest);
}

/// Whether nothing needs an escape. Nearly all label values are plain and short: reading eight bytes at a time, without a
/// branch, takes a third of the time of a search made for long texts.
#[inline]
fn is_plain(value: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    // Sets the top bit of each byte equal to this one, and perhaps of some above it.
    let has = |word: u64, byte: u8| {
        let zeros = word ^ (ONES * u64::from(byte));
        zeros.wrapping_sub(ONES) & !zeros & TOPS
    };
    let escaped = |chunk: &[u8; 8]| {
        let word = u64::from_le_bytes(*chunk);
        has(word, b'\\') | has(word, b'"') | has(word, b'\n')
    };
    match value.last_chunk() {
        Some(last) => value.as_chunks().0.iter().fold(escaped(last), |found, chunk| found | escaped(chunk)) == 0,
        None => !value.iter().any(|byte| matches!(byte, b'\\' | b'"' | b'\n')),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::escape;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Plain or not, of any length: the standard library's replacement is the judge.
        #[test]
        fn each_value_is_escaped_wherever_it_needs_it(value in r#"[a-fü]{0,12}["\\\n]?[a-fü]{0,12}["\\\n]?"#) {
            let mut out = Vec::new();
            escape(&mut out, &value);
            let judge = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            prop_assert_eq!(String::from_utf8(out).expect("UTF-8"), judge);
        }
    }
}

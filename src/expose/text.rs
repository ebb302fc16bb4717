//! The text format 0.0.4: one line a sample.
//!
//! A scrape may have a hundred thousand samples, so nothing is formatted twice: the parts of a line that a family
//! shares are made once, and a sample copies them around its label values and its number.

use memchr::memchr3;

use super::number;
use crate::state::engine::exemplars;
use crate::state::engine::exemplars::Exemplar;
use crate::state::engine::family::{Buckets, Number, Sink, Type};

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a scrape of a fresh daemon takes, roughly, in bytes.
const BYTES_FIRST: usize = 64 << 10;

/// Collects an exposition. [`super::openmetrics`] writes its own lines with it too.
#[derive(Debug)]
pub struct Text {
    out: Vec<u8>,
    /// `# HELP` and `# TYPE` of the family, until its first sample: a family without samples is not shown.
    head: Vec<u8>,
    pub(super) name: Vec<u8>,
    /// How `le` is spelled.
    spell: fn(&mut Vec<u8>, f64),
    /// For each label, what stands before its value: `{system="` or `",queue="`.
    before: Vec<Vec<u8>>,
    /// The first label of the sample before, which mostly is that of the next: its value, and the line up to the value of
    /// the second.
    first: (String, Vec<u8>),
    /// The line of a bucket, up to its bound.
    bucket: Vec<u8>,
    /// The bounds of the histogram before, and what follows each, up to the number.
    bounds: Vec<f64>,
    les: Vec<Vec<u8>>,
    /// The labels of the histogram at hand.
    labels: Vec<u8>,
}

impl Default for Text {
    fn default() -> Text {
        Text::new()
    }
}

impl Text {
    pub fn new() -> Text {
        Text::sized(0)
    }

    /// With room for as many bytes as the last exposition had, and some more.
    pub fn sized(bytes: usize) -> Text {
        Text::spelling(bytes, number::write_f64)
    }

    pub(super) fn spelling(bytes: usize, spell: fn(&mut Vec<u8>, f64)) -> Text {
        Text {
            out: Vec::with_capacity((bytes + bytes / 16).max(BYTES_FIRST)),
            head: Vec::new(),
            name: Vec::new(),
            spell,
            before: Vec::new(),
            first: Default::default(),
            bucket: Vec::new(),
            bounds: Vec::new(),
            les: Vec::new(),
            labels: Vec::new(),
        }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    pub(super) fn begin(&mut self) {
        if !self.head.is_empty() {
            self.out.append(&mut self.head);
        }
    }

    /// What stands before the first sample of the family to come, in place of what stood before that of another.
    pub(super) fn head(&mut self, head: Vec<u8>, name: &str, labels: &[&str]) {
        self.head = head;
        self.name = name.into();
        self.first.1.clear();
        self.before = labels
            .iter()
            .enumerate()
            .map(|(at, label)| format!("{}{label}=\"", if at == 0 { "{" } else { "\"," }).into_bytes())
            .collect();
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Makes these the labels of the lines to come.
    pub(super) fn label(&mut self, values: &[&str]) {
        self.labels.clear();
        for (before, value) in self.before.iter().zip(values) {
            // The brace belongs to each line.
            self.labels.extend_from_slice(before.strip_prefix(b"{").unwrap_or(before));
            escape(&mut self.labels, value);
        }
        if !values.is_empty() {
            self.labels.push(b'"');
        }
    }

    /// The buckets, with the exemplar behind the one that it fell into.
    pub(super) fn buckets(&mut self, buckets: &Buckets<'_>, exemplar: Option<&Exemplar>) -> u64 {
        self.spell_bounds(buckets.bounds);
        let lies = |exemplar: &Exemplar| {
            let value = Number::Nanos(exemplar.nanos.into()).as_f64();
            buckets.bounds.partition_point(|bound| *bound < value)
        };
        let place = exemplar.map(lies);
        let line = &mut self.bucket;
        line.clear();
        line.extend_from_slice(&self.name);
        line.extend_from_slice(b"_bucket{");
        line.extend_from_slice(&self.labels);
        line.extend_from_slice(if self.labels.is_empty() { b"le=\"" } else { b",le=\"" });
        let mut cumulated = 0;
        for (at, (count, le)) in buckets.counts.iter().zip(&self.les).enumerate() {
            cumulated += count;
            self.out.extend_from_slice(&self.bucket);
            self.out.extend_from_slice(le);
            number::write_u64(&mut self.out, cumulated);
            if let Some(exemplar) = exemplar.filter(|_| place == Some(at)) {
                write_exemplar(&mut self.out, exemplar);
            }
            self.out.push(b'\n');
        }
        cumulated
    }

    pub(super) fn exemplar(&mut self, exemplar: Option<&Exemplar>) {
        if let Some(exemplar) = exemplar {
            write_exemplar(&mut self.out, exemplar);
        }
    }

    /// A sample, up to the end of its line.
    pub(super) fn open_sample(&mut self, values: &[&str], number: Number) {
        self.begin();
        let Some((first, rest)) = values.split_first() else {
            self.out.extend_from_slice(&self.name);
            self.out.push(b' ');
            return number::write(&mut self.out, number);
        };
        if self.first.1.is_empty() || self.first.0 != *first {
            self.begin_lines_with(first);
        }
        self.out.extend_from_slice(&self.first.1);
        for (at, value) in rest.iter().enumerate() {
            if at > 0 {
                self.out.extend_from_slice(&self.before[at + 1]);
            }
            escape(&mut self.out, value);
        }
        self.out.extend_from_slice(b"\"} ");
        number::write(&mut self.out, number);
    }

    fn begin_lines_with(&mut self, first: &str) {
        first.clone_into(&mut self.first.0);
        let line = &mut self.first.1;
        line.clear();
        line.extend_from_slice(&self.name);
        line.extend_from_slice(&self.before[0]);
        escape(line, first);
        if let Some(second) = self.before.get(1) {
            line.extend_from_slice(second);
        }
    }

    /// `name_suffix{labels} number`, where the labels are those of the histogram at hand.
    pub(super) fn line(&mut self, suffix: &[u8], number: Number) {
        self.out.extend_from_slice(&self.name);
        self.out.extend_from_slice(suffix);
        if !self.labels.is_empty() {
            self.out.push(b'{');
            self.out.extend_from_slice(&self.labels);
            self.out.push(b'}');
        }
        self.out.push(b' ');
        number::write(&mut self.out, number);
        self.out.push(b'\n');
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

impl Sink for Text {
    fn family(&mut self, name: &str, kind: Type, help: &str, labels: &[&str]) {
        let mut head = b"# HELP ".to_vec();
        head.extend_from_slice(name.as_bytes());
        head.push(b' ');
        for byte in help.bytes() {
            match byte {
                b'\\' => head.extend_from_slice(b"\\\\"),
                b'\n' => head.extend_from_slice(b"\\n"),
                _ => head.push(byte),
            }
        }
        head.extend_from_slice(format!("\n# TYPE {name} {}\n", kind.as_str()).as_bytes());
        self.head(head, name, labels);
    }

    fn sample(&mut self, values: &[&str], number: Number) {
        self.open_sample(values, number);
        self.out.push(b'\n');
    }

    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>) {
        self.begin();
        self.label(values);
        let count = self.buckets(&buckets, None);
        self.line(b"_sum", buckets.sum);
        self.line(b"_count", Number::Count(count));
    }
}

/// ` # {case="…"} value time`, at the end of a line.
fn write_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    out.extend_from_slice(b" # {");
    out.extend_from_slice(exemplars::LABEL.as_bytes());
    out.extend_from_slice(b"=\"");
    escape(out, &exemplar.case);
    out.extend_from_slice(b"\"} ");
    number::write(out, Number::Nanos(exemplar.nanos.into()));
    out.push(b' ');
    number::write(out, Number::Nanos(exemplar.at.nanos().into()));
}

/// A label value: `\`, `"` and line breaks are escaped.
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

/// Nothing in it is escaped. Nearly all label values are plain and short: looking at eight bytes at a time, without a
/// branch, takes a third of the time of a search that is made for long texts.
#[inline]
fn is_plain(value: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    // The top bit of each byte that is this one, and perhaps of some above it.
    let has = |word: u64, byte: u8| {
        let zeros = word ^ (ONES * u64::from(byte));
        zeros.wrapping_sub(ONES) & !zeros & TOPS
    };
    let meant = |chunk: &[u8; 8]| {
        let word = u64::from_le_bytes(*chunk);
        has(word, b'\\') | has(word, b'"') | has(word, b'\n')
    };
    match value.last_chunk() {
        Some(last) => value.as_chunks().0.iter().fold(meant(last), |found, chunk| found | meant(chunk)) == 0,
        None => !value.iter().any(|byte| matches!(byte, b'\\' | b'"' | b'\n')),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::process::{Command, Stdio};

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Plain or not, of any length: as the standard library's own replacement has it.
        #[test]
        fn each_value_is_escaped_wherever_it_needs_it(value in r#"[a-fü]{0,12}["\\\n]?[a-fü]{0,12}["\\\n]?"#) {
            let mut out = Vec::new();
            escape(&mut out, &value);
            let judge = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            prop_assert_eq!(String::from_utf8(out).expect("UTF-8"), judge);
        }
    }

    fn text(pour: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::new();
        pour(&mut text);
        String::from_utf8(text.into_bytes()).expect("UTF-8")
    }

    #[test]
    fn a_counter_has_its_labels_in_order() {
        let text = text(|sink| {
            sink.family("day90_escalations_total", Type::Counter, "Cases handed over.", &["system", "queue"]);
            sink.sample(&["refund-agent", "billing"], Number::Count(3));
            sink.sample(&["refund-agent", "triage"], Number::Count(0));
        });
        assert_eq!(
            text,
            "# HELP day90_escalations_total Cases handed over.\n\
             # TYPE day90_escalations_total counter\n\
             day90_escalations_total{system=\"refund-agent\",queue=\"billing\"} 3\n\
             day90_escalations_total{system=\"refund-agent\",queue=\"triage\"} 0\n"
        );
    }

    #[test]
    fn a_histogram_cumulates() {
        let text = text(|sink| {
            sink.family("t_seconds", Type::Histogram, "T.", &["system"]);
            let (bounds, sum) = (&[0.005, 1.0, 2.5][..], Number::Nanos(12_345_000_000));
            sink.histogram(&["a"], Buckets { bounds, counts: &[1, 0, 2, 4], sum, ..Buckets::default() });
            sink.family("u_seconds", Type::Histogram, "U.", &[]);
            sink.histogram(
                &[],
                Buckets { bounds: &[1.0], counts: &[1, 1], sum: Number::Count(9), ..Buckets::default() },
            );
        });
        assert_eq!(
            text,
            "# HELP t_seconds T.\n# TYPE t_seconds histogram\n\
             t_seconds_bucket{system=\"a\",le=\"0.005\"} 1\n\
             t_seconds_bucket{system=\"a\",le=\"1\"} 1\n\
             t_seconds_bucket{system=\"a\",le=\"2.5\"} 3\n\
             t_seconds_bucket{system=\"a\",le=\"+Inf\"} 7\n\
             t_seconds_sum{system=\"a\"} 12.345\n\
             t_seconds_count{system=\"a\"} 7\n\
             # HELP u_seconds U.\n# TYPE u_seconds histogram\n\
             u_seconds_bucket{le=\"1\"} 1\n\
             u_seconds_bucket{le=\"+Inf\"} 2\n\
             u_seconds_sum 9\n\
             u_seconds_count 2\n"
        );
    }

    #[test]
    fn what_would_end_a_value_or_a_line_is_escaped() {
        let text = text(|sink| {
            sink.family("x", Type::Gauge, "A \\ and \"quotes\"\nand a line.", &["queue"]);
            sink.sample(&["a\\b\"c\nd} 1"], Number::Float(f64::NAN));
        });
        assert_eq!(
            text,
            "# HELP x A \\\\ and \"quotes\"\\nand a line.\n# TYPE x gauge\nx{queue=\"a\\\\b\\\"c\\nd} 1\"} NaN\n"
        );
    }

    #[test]
    fn a_family_without_samples_is_not_shown() {
        let text = text(|sink| {
            sink.family("x", Type::Gauge, "X.", &[]);
            sink.family("y", Type::Gauge, "Y.", &[]);
            sink.sample(&[], Number::Count(1));
        });
        assert_eq!(text, "# HELP y Y.\n# TYPE y gauge\ny 1\n");
    }

    /// The judge is Prometheus's own tool; without it this cannot be decided, and fails.
    #[test]
    fn promtool_finds_nothing_to_say() {
        let telemetry = crate::telemetry::Telemetry::new();
        telemetry.request(202, std::time::Duration::from_millis(2));
        let mut text = Text::new();
        telemetry.visit(&mut text);
        text.family("day90_feedback_rating", Type::Histogram, "Ratings \\ \"x\"\nof users.", &["system", "queue"]);
        let (bounds, sum) = (&[1e-5, 1.0, 2.5, 1e6][..], Number::Nanos(-1));
        text.histogram(&["a\\\"\n", "ü"], Buckets { bounds, counts: &[1, 0, 2, 4, 5], sum, ..Buckets::default() });
        text.family("day90_open", Type::Gauge, "Open.", &["system"]);
        for (system, float) in [("a", f64::NAN), ("b", f64::INFINITY), ("c", f64::NEG_INFINITY), ("d", 1e300)] {
            text.sample(&[system], Number::Float(float));
        }
        let mut child = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("promtool must be installed (Debian package prometheus) to run this test");
        std::io::Write::write_all(&mut child.stdin.take().expect("piped"), &text.into_bytes()).expect("promtool reads");
        let output = child.wait_with_output().expect("promtool ends");
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
    }
}

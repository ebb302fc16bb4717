//! OpenMetrics 1.0.0: the text format with a grammar.
//!
//! It has more than the text format 0.0.4: units, exemplars after buckets and counters, and, if configured, the moment at
//! which a counter began. The name of a counter's family has no `_total`, bounds are spelled `1.0`, and an end mark shows
//! that an answer is complete.

use super::lines::{Lines, escape};
use super::number;
use super::out::Exposition;
use crate::state::engine::family::{Buckets, Metadata, Number, Sink, Type};

const TOTAL: &str = "_total";
/// Units that names end in.
const UNITS: [&str; 3] = ["seconds", "bytes", "ratio"];

/// Collects an exposition.
#[derive(Debug)]
pub struct OpenMetrics {
    lines: Lines,
    /// The family's name; samples of a counter have another one.
    family: String,
    /// Whether to show the moment at which a counter or a histogram began.
    created: bool,
}

impl OpenMetrics {
    /// With room for `bytes`, the size of the last exposition, and some more.
    pub fn sized(bytes: usize, packed: bool, created: bool) -> OpenMetrics {
        OpenMetrics { lines: Lines::sized(bytes, packed, number::write_canonical), family: String::new(), created }
    }

    pub fn finish(mut self) -> Exposition {
        self.lines.raw(b"# EOF\n");
        self.lines.finish()
    }

    fn created(&mut self, metadata: Metadata<'_>) {
        if let Some(created) = metadata.created.filter(|_| self.created) {
            self.lines.line_named(&self.family, b"_created", Number::Nanos(created.nanos().into()));
        }
    }
}

impl Sink for OpenMetrics {
    fn family(&mut self, name: &str, kind: Type, help: &str, labels: &[&str]) {
        let family = name.strip_suffix(TOTAL).filter(|_| kind == Type::Counter).unwrap_or(name);
        let mut head = format!("# TYPE {family} {}\n", kind.as_str()).into_bytes();
        let has = |unit: &&str| family.strip_suffix(*unit).is_some_and(|before| before.ends_with('_'));
        if let Some(unit) = UNITS.into_iter().find(|unit| has(unit)) {
            head.extend_from_slice(format!("# UNIT {family} {unit}\n").as_bytes());
        }
        head.extend_from_slice(format!("# HELP {family} ").as_bytes());
        escape(&mut head, help);
        head.push(b'\n');
        self.lines.family(head, name, labels);
        family.clone_into(&mut self.family);
    }

    fn sample(&mut self, values: &[&str], number: Number) {
        self.lines.sample(values, number);
    }

    fn counter(&mut self, values: &[&str], number: Number, metadata: Metadata<'_>) {
        self.lines.open_sample(values, number);
        self.lines.exemplar(metadata.exemplar);
        self.lines.raw(b"\n");
        if self.created {
            self.lines.label(values);
            self.created(metadata);
        }
    }

    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>) {
        self.lines.begin();
        self.lines.label(values);
        let count = self.lines.buckets(&buckets, buckets.metadata.exemplar);
        // With bounds below 0 the sum may fall, so it is no counter; then the format allows neither sum nor count.
        if buckets.bounds.first().is_none_or(|bound| *bound >= 0.0) {
            self.lines.line(b"_sum", buckets.sum);
            self.lines.line(b"_count", Number::Count(count));
        }
        self.created(buckets.metadata);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Timestamp;
    use crate::state::engine::exemplar::Exemplar;

    fn text(created: bool, pour: impl FnOnce(&mut OpenMetrics)) -> String {
        let mut sink = OpenMetrics::sized(0, false, created);
        pour(&mut sink);
        String::from_utf8(sink.finish().bytes).expect("UTF-8")
    }

    fn metadata(exemplar: &Exemplar) -> Metadata<'_> {
        Metadata { created: Some(Timestamp::from_nanos(1_500_000_000)), exemplar: Some(exemplar) }
    }

    fn case() -> Exemplar {
        Exemplar { at: Timestamp::from_seconds(9), nanos: 2_000_000_000, case: "c \"1\"\n".into() }
    }

    #[test]
    fn a_counters_family_has_no_total_and_its_samples_have() {
        let text = text(true, |sink| {
            sink.family("t_seconds_total", Type::Counter, "a \"b\" \\ c\nd", &["system"]);
            sink.counter(&["a"], Number::Count(3), metadata(&case()));
        });
        assert_eq!(
            text,
            "# TYPE t_seconds counter\n# UNIT t_seconds seconds\n# HELP t_seconds a \\\"b\\\" \\\\ c\\nd\n\
             t_seconds_total{system=\"a\"} 3 # {case=\"c \\\"1\\\"\\n\"} 2 9\nt_seconds_created{system=\"a\"} 1.5\n# EOF\n"
        );
    }

    #[test]
    fn an_exemplar_follows_its_bucket() {
        let text = text(false, |sink| {
            sink.family("t", Type::Histogram, "T.", &[]);
            let (bounds, sum) = (&[1.0, 2.0][..], Number::Count(3));
            sink.histogram(&[], Buckets { bounds, counts: &[1, 1, 0], sum, metadata: metadata(&case()), native: None });
        });
        assert_eq!(
            text,
            "# TYPE t histogram\n# HELP t T.\nt_bucket{le=\"1.0\"} 1\n\
             t_bucket{le=\"2.0\"} 2 # {case=\"c \\\"1\\\"\\n\"} 2 9\nt_bucket{le=\"+Inf\"} 2\nt_sum 3\nt_count 2\n# EOF\n"
        );
    }

    #[test]
    fn buckets_below_zero_have_no_sum() {
        let text = text(false, |sink| {
            sink.family("t", Type::Histogram, "T.", &[]);
            let bounds = &[-1.0, 1.0][..];
            sink.histogram(&[], Buckets { bounds, counts: &[1, 1, 0], ..Buckets::default() });
        });
        assert!(text.contains("le=\"-1.0\"") && !text.contains("_sum") && !text.contains("_count"), "{text}");
    }
}

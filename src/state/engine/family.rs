//! [`Family`]: what a metric family is; and [`Sink`]: what writes families out.
//!
//! The exposition formats, docs/metrics.md and the tests that hold dashboards and alerts to existing names are all made
//! from these declarations.

use super::exemplar::Exemplar;
use super::native::Native;
use crate::config::model::bounds::BUCKETS_MAX;
use crate::event::Timestamp;

/// The metric types that day90 uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Counter,
    Gauge,
    Histogram,
}

impl Type {
    pub fn as_str(self) -> &'static str {
        match self {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
            Type::Histogram => "histogram",
        }
    }
}

/// One metric family.
#[derive(Debug)]
pub struct Family {
    /// The whole name, with its unit and `_total`.
    pub name: &'static str,
    pub kind: Type,
    /// Every label in order, `system` first where the family has it.
    pub labels: &'static [Label],
    /// One or two sentences that teach: what it counts, when it moves, what to compare it with.
    pub help: &'static str,
    /// Upper bounds of the classic buckets unless the configuration gives others, without `+Inf`; empty unless it is a
    /// histogram. At most [`BUCKETS_MAX`].
    pub buckets: &'static [f64],
    /// Its series keep the case of an event as an exemplar.
    pub exemplars: bool,
}

/// One label of a family and where its values come from.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    pub name: &'static str,
    pub values: Values,
}

/// Where the values of a label come from.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// The systems.
    System,
    /// The configuration or the events, bounded: see [`super::labels`].
    Open,
    /// A closed set; a series holds the position in it.
    Words(&'static [&'static str]),
}

pub const SYSTEM: Label = Label { name: "system", values: Values::System };

/// The words of a flag, `false` first, so that `u32::from(flag)` is the position.
pub const FLAG: &[&str] = &["false", "true"];

/// A label whose values are bounded at run time.
pub const fn open(name: &'static str) -> Label {
    Label { name, values: Values::Open }
}

/// A label whose values are a closed set.
pub const fn closed(name: &'static str, words: &'static [&'static str]) -> Label {
    Label { name, values: Values::Words(words) }
}

pub const fn counter(name: &'static str, labels: &'static [Label], help: &'static str) -> Family {
    Family { name, kind: Type::Counter, labels, help, buckets: &[], exemplars: false }
}

/// A counter of rare events, where one wants to see the case at once: its series keep exemplars.
pub const fn counter_of_cases(name: &'static str, labels: &'static [Label], help: &'static str) -> Family {
    Family { exemplars: true, ..counter(name, labels, help) }
}

pub const fn gauge(name: &'static str, labels: &'static [Label], help: &'static str) -> Family {
    Family { kind: Type::Gauge, ..counter(name, labels, help) }
}

pub const fn histogram(
    name: &'static str,
    labels: &'static [Label],
    buckets: &'static [f64],
    help: &'static str,
) -> Family {
    assert!(buckets.len() <= BUCKETS_MAX);
    Family { kind: Type::Histogram, buckets, exemplars: true, ..counter(name, labels, help) }
}

impl Family {
    /// Announces the family to a sink.
    pub fn announce(&self, sink: &mut dyn Sink) {
        let mut names = [""; super::key::LABELS_MAX];
        for (name, label) in names.iter_mut().zip(self.labels) {
            *name = label.name;
        }
        sink.family(self.name, self.kind, self.help, &names[..self.labels.len()]);
    }
}

/// A sample's value, kept exact until a format writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Count(u64),
    /// In units of 1e-9.
    Nanos(i128),
    Float(f64),
}

impl Number {
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Count(count) => count as f64,
            Number::Nanos(nanos) => nanos as f64 / 1e9,
            Number::Float(float) => float,
        }
    }
}

impl Default for Number {
    fn default() -> Number {
        Number::Count(0)
    }
}

/// A moment is shown as seconds since 1970.
impl From<Timestamp> for Number {
    fn from(at: Timestamp) -> Number {
        Number::Nanos(i128::from(at.nanos()))
    }
}

/// What some formats add to a counter or a histogram.
#[derive(Clone, Copy, Debug, Default)]
pub struct Metadata<'a> {
    /// When it began to count, where that is known.
    pub created: Option<Timestamp>,
    pub exemplar: Option<&'a Exemplar>,
}

/// A histogram as an encoder sees it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Buckets<'a> {
    /// Upper bounds, ascending, without `+Inf`.
    pub bounds: &'a [f64],
    /// Observations in each bucket, not cumulated; one more than `bounds`.
    pub counts: &'a [u64],
    pub sum: Number,
    /// The same observations in fine buckets, where they are kept.
    pub native: Option<&'a Native>,
    pub metadata: Metadata<'a>,
}

/// What a snapshot is written to: an exposition format, or a collector in a test.
///
/// All samples of a family come after its `family` call and before the next one; `values` are in the order of the
/// family's labels.
pub trait Sink {
    fn family(&mut self, name: &str, kind: Type, help: &str, labels: &[&str]);
    fn sample(&mut self, values: &[&str], number: Number);
    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>);
    /// A counter with its metadata. Most sinks need the number alone.
    fn counter(&mut self, values: &[&str], number: Number, _: Metadata<'_>) {
        self.sample(values, number);
    }
}

//! [`View`]: one system of a snapshot, with the questions that the page asks about it.

use super::samples::{HistogramValue, Samples};
use crate::event::Timestamp;
use crate::words;

/// One system of a snapshot, at a moment. The empty system is day90 itself.
pub(super) struct View<'a> {
    pub samples: &'a Samples,
    pub system: &'a str,
    pub now: Timestamp,
}

impl View<'_> {
    pub fn sum(&self, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.samples.sum(self.system, family, labels)
    }
    /// The oldest of a family's timestamps.
    pub fn oldest(&self, family: &str) -> Option<f64> {
        self.samples.least(self.system, family, &[]).filter(|&moment| moment > 0.0)
    }
    /// The newest of a family's timestamps.
    pub fn newest(&self, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.samples.greatest(self.system, family, labels).filter(|&moment| moment > 0.0)
    }
    pub fn histogram(&self, family: &str) -> Option<HistogramValue> {
        self.samples.merged(self.system, family, &[])
    }
    /// Seconds since a moment, given in seconds since the epoch.
    pub fn age(&self, moment: f64) -> f64 {
        (self.now.as_seconds_f64() - moment).max(0.0)
    }
    /// How long ago a moment was, in words.
    pub fn ago(&self, moment: f64) -> String {
        words::span(self.age(moment))
    }
    /// Whether a check of preflight fails now: then what it is about is worth a look, and no longer than that.
    pub fn fails(&self, item: &str, check: &str) -> bool {
        self.sum("day90_preflight_check", &[("item", item), ("check", check)]) == Some(0.0)
    }
    /// A declared objective.
    pub fn objective(&self, name: &str) -> Option<f64> {
        self.sum("day90_objective", &[("objective", name)])
    }
    /// (positive, negative) feedback.
    pub fn feedback(&self) -> Option<(f64, f64)> {
        let of = |polarity| self.sum("day90_feedback_total", &[("polarity", polarity)]);
        let (positive, negative) = (of("positive"), of("negative"));
        (positive.is_some() || negative.is_some()).then(|| (positive.unwrap_or(0.0), negative.unwrap_or(0.0)))
    }
}

//! [`Samples`]: the samples of one snapshot or one scrape, looked up by name.
//!
//! The status page fills it from a snapshot of the state, `day90 demo` from the text of `/metrics`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::Timestamp;
use crate::event::time::DAY;
use crate::state::engine::family::{Buckets, Number, Sink, Type};
use crate::state::engine::marks::WINDOW_DAYS;
use crate::state::engine::native::Native;
use crate::words;

/// Samples by family and system. Those of a family without the label `system` are under the empty system.
#[derive(Debug, Default)]
pub struct Samples {
    families: BTreeMap<String, BTreeMap<String, Vec<Sample>>>,
    current: String,
    names: Arc<[String]>,
    /// Counters are what was added since then; since the beginning where it is unknown.
    pub since: Option<Timestamp>,
    /// Of a system that is paged: between which moments the rise began. Seconds since 1970.
    pub onsets: BTreeMap<String, (f64, f64)>,
    /// What preflight says of each system.
    pub graded: BTreeMap<String, Graded>,
}

/// What preflight says of a system.
#[derive(Clone, Debug, Default)]
pub struct Graded {
    /// Whether it is operated.
    pub verdict: String,
    /// What is declared and doesn't hold now: the name of the line, that of its check, and the evidence.
    pub lapsed: Vec<(String, String, String)>,
}

/// One series: its labels and its value.
#[derive(Clone, Debug)]
pub struct Sample {
    names: Arc<[String]>,
    values: Vec<String>,
    pub value: SampleValue,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SampleValue {
    Number(f64),
    Histogram(HistogramValue),
}

/// A histogram with the count of each bucket, not cumulated. There is one more count than there are bounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistogramValue {
    pub bounds: Vec<f64>,
    pub counts: Vec<u64>,
    pub sum: f64,
    /// No observation was larger, where that is known.
    pub largest: Option<f64>,
}

impl Sample {
    pub fn new(names: Arc<[String]>, values: Vec<String>, value: SampleValue) -> Sample {
        Sample { names, values, value }
    }
    /// The label's value, empty when there is no such label.
    pub fn label(&self, name: &str) -> &str {
        let position = self.names.iter().position(|known| known == name);
        position.and_then(|position| self.values.get(position)).map_or("", String::as_str)
    }
    /// The number; a histogram's is its count.
    pub fn number(&self) -> f64 {
        match &self.value {
            SampleValue::Number(number) => *number,
            SampleValue::Histogram(histogram) => histogram.count() as f64,
        }
    }
    fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.label(name) == *value)
    }
}

/// Families about day90 itself that divide something between systems: they name `other` where there is none at all.
const ABOUT_ITSELF: [&str; 3] =
    ["day90_dedupe_window_ids", "day90_dedupe_window_seconds", "day90_events_rejected_total"];

impl Samples {
    /// For counters with what was added since then.
    pub fn since(since: Option<Timestamp>) -> Samples {
        Samples { since, ..Samples::default() }
    }

    /// What counts, ratios and durations are of, in words.
    pub fn window(&self, now: Timestamp) -> String {
        match self.since {
            None => "counts, ratios and durations: all so far".to_owned(),
            Some(since) if now.since(since) >= (WINDOW_DAYS - 1) * DAY => {
                format!("counts, ratios and durations: the last {WINDOW_DAYS} days")
            }
            Some(since) => format!("counts, ratios and durations: since {}", words::date(since.as_seconds_f64())),
        }
    }

    /// Every system that a family about systems names.
    pub fn systems(&self) -> Vec<&str> {
        let about_systems = self.families.iter().filter(|(family, _)| !ABOUT_ITSELF.contains(&family.as_str()));
        let mut systems: Vec<&str> =
            about_systems.flat_map(|(_, by_system)| by_system.keys().map(String::as_str)).collect();
        systems.sort_unstable();
        systems.dedup();
        systems.retain(|system| !system.is_empty());
        systems
    }

    /// The series of a family in a system (empty for a family without systems).
    pub fn of(&self, system: &str, family: &str) -> &[Sample] {
        self.families.get(family).and_then(|by_system| by_system.get(system)).map_or(&[], Vec::as_slice)
    }

    /// The series that have all these labels.
    pub fn with<'a>(
        &'a self,
        system: &str,
        family: &str,
        labels: &'a [(&str, &str)],
    ) -> impl Iterator<Item = &'a Sample> {
        self.of(system, family).iter().filter(move |sample| sample.has(labels))
    }

    /// The sum of those series; `None` if there is none, which differs from 0.
    pub fn sum(&self, system: &str, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.with(system, family, labels).map(Sample::number).reduce(|sum, number| sum + number)
    }

    /// The least of those series: for timestamps, the oldest.
    pub fn least(&self, system: &str, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.with(system, family, labels).map(Sample::number).reduce(f64::min)
    }

    /// The greatest of those series: for timestamps, the newest.
    pub fn greatest(&self, system: &str, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.with(system, family, labels).map(Sample::number).reduce(f64::max)
    }

    /// Those histograms as one; `None` if nothing was observed.
    pub fn merged(&self, system: &str, family: &str, labels: &[(&str, &str)]) -> Option<HistogramValue> {
        let mut merged = HistogramValue::default();
        for sample in self.with(system, family, labels) {
            if let SampleValue::Histogram(histogram) = &sample.value {
                merged.add(histogram);
            }
        }
        (merged.count() > 0).then_some(merged)
    }

    /// Adds one series.
    pub fn insert(&mut self, family: &str, sample: Sample) {
        let system = sample.label("system").to_owned();
        if !self.families.contains_key(family) {
            self.families.insert(family.to_owned(), BTreeMap::new());
        }
        let by_system = self.families.get_mut(family).expect("inserted above");
        by_system.entry(system).or_default().push(sample);
    }

    fn put(&mut self, values: &[&str], value: SampleValue) {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        let family = std::mem::take(&mut self.current);
        self.insert(&family, Sample::new(Arc::clone(&self.names), values, value));
        self.current = family;
    }
}

impl Sink for Samples {
    fn family(&mut self, name: &str, _: Type, _: &str, labels: &[&str]) {
        self.current = name.to_owned();
        self.names = labels.iter().map(|&label| label.to_owned()).collect();
    }
    fn sample(&mut self, values: &[&str], number: Number) {
        self.put(values, SampleValue::Number(number.as_f64()));
    }
    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>) {
        let (bounds, counts) = (buckets.bounds.to_vec(), buckets.counts.to_vec());
        let largest = buckets.native.and_then(Native::largest_bound);
        let sum = buckets.sum.as_f64();
        self.put(values, SampleValue::Histogram(HistogramValue { bounds, counts, sum, largest }));
    }
}

/// Observations of which there are fewer than this tell no quantile.
const QUANTILES_FROM: u64 = 20;

/// What can be said of the observations of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Spread {
    /// Of a few: one of twenty is the 95th percentile of nothing.
    Mean(f64),
    /// The median, and the 95th percentile.
    Quantiles { median: f64, high: f64 },
}

impl Spread {
    /// `None` of none.
    pub(super) fn of(histogram: &HistogramValue) -> Option<Spread> {
        if histogram.count() < QUANTILES_FROM {
            return histogram.mean().map(Spread::Mean);
        }
        Some(Spread::Quantiles { median: histogram.quantile(0.5)?, high: histogram.quantile(0.95)? })
    }
}

impl HistogramValue {
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds a histogram with the same bounds; one with other bounds is ignored.
    pub fn add(&mut self, other: &HistogramValue) {
        if self.counts.is_empty() {
            *self = other.clone();
        } else if self.bounds == other.bounds && self.counts.len() == other.counts.len() {
            self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
            self.sum += other.sum;
            // Of nothing, the largest says nothing.
            self.largest = match other.count() {
                0 => self.largest,
                _ => self.largest.zip(other.largest).map(|(here, there)| here.max(there)),
            };
        }
    }

    /// What was observed since an earlier state of the same histogram.
    pub fn since(&self, earlier: &HistogramValue) -> HistogramValue {
        if self.bounds != earlier.bounds || self.counts.len() != earlier.counts.len() {
            return self.clone();
        }
        let counts = self.counts.iter().zip(&earlier.counts).map(|(now, then)| now.saturating_sub(*then)).collect();
        HistogramValue { bounds: self.bounds.clone(), counts, sum: self.sum - earlier.sum, largest: self.largest }
    }

    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum / count as f64)
    }

    /// The estimate of Prometheus' `histogram_quantile`: linear within a bucket, and the highest bound for anything above it;
    /// but never above the largest observation, where that is known.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let estimate = self.classic_quantile(quantile)?;
        Some(self.largest.map_or(estimate, |largest| estimate.min(largest)))
    }

    fn classic_quantile(&self, quantile: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 || self.bounds.is_empty() {
            return None;
        }
        let rank = quantile * count as f64;
        let mut below = 0.0;
        for (position, &inside) in self.counts.iter().enumerate() {
            let inside = inside as f64;
            if below + inside >= rank && inside > 0.0 {
                let Some(&upper) = self.bounds.get(position) else { break };
                let lower = if position == 0 { 0.0 } else { self.bounds[position - 1] };
                return Some(lower + (upper - lower) * ((rank - below) / inside));
            }
            below += inside;
        }
        self.bounds.last().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(counts: &[u64]) -> HistogramValue {
        HistogramValue { bounds: vec![1.0, 2.0, 4.0], counts: counts.to_vec(), sum: 0.0, largest: None }
    }

    /// Case R2: of 40 tasks, the slowest took 40 s, and "p95 54 s" was shown.
    #[test]
    fn no_quantile_is_above_the_largest_observation() {
        let mut native = Native::default();
        for _ in 0..39 {
            native.observe(2_000_000_000, true);
        }
        native.observe(3_100_000_000, true);
        let buckets = Buckets { bounds: &[1.0, 2.0, 60.0], counts: &[0, 36, 4, 0], ..Buckets::default() };
        let mut samples = Samples::default();
        samples.family("day90_task_duration_seconds", Type::Histogram, "", &["system"]);
        samples.histogram(&["a"], Buckets { native: Some(&native), ..buckets });
        let merged = samples.merged("a", "day90_task_duration_seconds", &[]).expect("it was observed");
        assert_eq!(merged.classic_quantile(0.95), Some(31.0));
        let highest = merged.quantile(0.95).expect("it was observed");
        assert!((3.1..3.1 * 1.1).contains(&highest), "{highest}");
        // Nothing observed in another series changes nothing.
        samples.histogram(&["a"], Buckets { counts: &[0, 0, 0, 0], ..buckets });
        assert_eq!(
            samples.merged("a", "day90_task_duration_seconds", &[]).and_then(|all| all.quantile(0.95)),
            Some(highest)
        );
    }

    #[test]
    fn quantiles_are_linear_within_the_bucket() {
        assert_eq!(seconds(&[0, 10, 0, 0]).quantile(0.5), Some(1.5));
        assert_eq!(seconds(&[5, 5, 0, 0]).quantile(0.5), Some(1.0));
        assert_eq!(seconds(&[0, 0, 0, 3]).quantile(0.95), Some(4.0), "above the bounds, the highest is all one knows");
        assert_eq!(seconds(&[0, 0, 0, 0]).quantile(0.5), None);
    }

    #[test]
    fn no_series_is_not_zero() {
        let mut samples = Samples::default();
        samples.family("day90_escalations_open", Type::Gauge, "", &["system", "queue"]);
        samples.sample(&["a", "billing"], Number::Count(0));
        samples.sample(&["a", "triage"], Number::Count(3));
        assert_eq!(samples.sum("a", "day90_escalations_open", &[]), Some(3.0));
        assert_eq!(samples.sum("a", "day90_escalations_open", &[("queue", "billing")]), Some(0.0));
        assert_eq!(samples.sum("b", "day90_escalations_open", &[]), None);
        assert_eq!(samples.systems(), ["a"]);
    }
}

//! Makes metrics of families and registers them with the `prometheus` crate.

use std::sync::atomic::{AtomicBool, Ordering};

use prometheus::core::Collector;
use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, Opts, Registry};

use crate::state::engine::family::Family;

/// A gauge that appears when it is first set.
pub(super) struct Late {
    gauge: Gauge,
    shown: AtomicBool,
}

impl Late {
    pub(super) fn new(family: &'static Family) -> Late {
        Late { gauge: made(Gauge::with_opts(options(family, &[]))), shown: AtomicBool::new(false) }
    }

    pub(super) fn set(&self, registry: &Registry, value: f64) {
        self.gauge.set(value);
        if !self.shown.swap(true, Ordering::Relaxed) {
            made(registry.register(Box::new(self.gauge.clone())));
        }
    }
}

/// Makes metrics of families and registers them.
pub(super) struct Adder<'r>(pub(super) &'r Registry);

impl Adder<'_> {
    pub(super) fn register(&self, collector: impl Collector + 'static) {
        made(self.0.register(Box::new(collector)));
    }

    pub(super) fn counter(&self, family: &'static Family, values: &[&str]) -> IntCounter {
        let counter = made(IntCounter::with_opts(options(family, values)));
        self.register(counter.clone());
        counter
    }

    pub(super) fn gauge(&self, family: &'static Family, values: &[&str]) -> Gauge {
        let gauge = made(Gauge::with_opts(options(family, values)));
        self.register(gauge.clone());
        gauge
    }

    /// A counter for each of these values of the family's only label.
    pub(super) fn counters(&self, family: &'static Family, values: &[&str]) -> Vec<IntCounter> {
        values.iter().map(|value| self.counter(family, &[value])).collect()
    }

    pub(super) fn histogram(&self, family: &'static Family, values: &[&str]) -> Histogram {
        let options = HistogramOpts { common_opts: options(family, values), buckets: family.buckets.to_vec() };
        let histogram = made(Histogram::with_opts(options));
        self.register(histogram.clone());
        histogram
    }
}

/// A counter without labels that somebody keeps before there is a registry.
pub(super) fn unregistered(family: &'static Family) -> IntCounter {
    made(IntCounter::with_opts(options(family, &[])))
}

/// Label values are constants of a metric: each combination is registered separately.
fn options(family: &'static Family, values: &[&str]) -> Opts {
    let labels = family.labels.iter().zip(values).map(|(label, value)| (label.name.to_owned(), (*value).to_owned()));
    Opts::new(family.name, family.help).const_labels(labels.collect())
}

/// The families are constants, so making one fails only by a mistake in this module, and a test makes them all.
fn made<T>(result: prometheus::Result<T>) -> T {
    result.expect("the families are well formed and distinct")
}

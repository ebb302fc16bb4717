//! Writes what the `prometheus` crate gathered into a [`Sink`], next to the families of the state.

use prometheus::proto::{Metric, MetricFamily, MetricType};

use crate::event::Timestamp;
use crate::state::engine::family::{Buckets, Metadata, Number, Sink, Type};

pub(super) fn write(family: &MetricFamily, created: Option<Timestamp>, sink: &mut dyn Sink) {
    let metadata = Metadata { created, exemplar: None };
    let kind = match family.get_field_type() {
        MetricType::COUNTER => Type::Counter,
        MetricType::HISTOGRAM => Type::Histogram,
        _ => Type::Gauge,
    };
    let Some(first) = family.get_metric().first() else { return };
    let labels: Vec<&str> = first.get_label().iter().map(|label| label.name()).collect();
    sink.family(family.name(), kind, family.help(), &labels);
    for metric in family.get_metric() {
        let values: Vec<&str> = metric.get_label().iter().map(|label| label.value()).collect();
        match kind {
            Type::Counter => sink.counter(&values, number(metric.get_counter().get_value()), metadata),
            Type::Gauge => sink.sample(&values, number(metric.get_gauge().get_value())),
            Type::Histogram => write_histogram(metric, &values, metadata, sink),
        }
    }
}

fn write_histogram(metric: &Metric, values: &[&str], metadata: Metadata<'_>, sink: &mut dyn Sink) {
    let histogram = metric.get_histogram();
    let finite = || histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound().is_finite());
    let bounds: Vec<f64> = finite().map(|bucket| bucket.upper_bound()).collect();
    let mut below = 0;
    let mut counts: Vec<u64> = finite()
        .map(|bucket| bucket.cumulative_count() - std::mem::replace(&mut below, bucket.cumulative_count()))
        .collect();
    counts.push(histogram.get_sample_count().saturating_sub(below));
    let sum = Number::Float(histogram.get_sample_sum());
    sink.histogram(values, Buckets { bounds: &bounds, counts: &counts, sum, native: None, metadata });
}

/// Whole numbers stay whole.
fn number(value: f64) -> Number {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && (0.0..=EXACT_MAX).contains(&value) {
        Number::Count(value as u64)
    } else {
        Number::Float(value)
    }
}

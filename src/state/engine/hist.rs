//! [`Hist`]: one histogram, in classic and in native buckets.
//!
//! Classic counts are stored with their signal, as day90 0.1.0 stored them. Native buckets are a section of their
//! own in a checkpoint, so that a reader that doesn't know them can go on.

use serde::{Deserialize, Serialize};

use super::family::{Buckets, Number};
use super::marks::{ColumnReader, ColumnWriter};
use super::native::Native;
use super::value::{Nanos, Target, Value};
use crate::config::model::bounds::BUCKETS_MAX;

/// The observations of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hist {
    pub(super) counts: [u64; BUCKETS_MAX + 1],
    pub(super) sum: Nanos,
    #[serde(skip)]
    pub(super) native: Native,
}

impl Hist {
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The histogram that is next in a column of [`super::marks`].
    pub(super) fn unmark(column: &mut ColumnReader<'_>) -> Hist {
        let mut hist = Hist::default();
        let used = usize::try_from(column.take()).unwrap_or(0).min(hist.counts.len());
        hist.counts[..used].fill_with(|| u64::try_from(column.take()).unwrap_or(u64::MAX));
        hist.sum = column.take().cast_signed();
        hist
    }

    /// Moves what was counted with other bounds. All that is known of an observation is that it is at most the bound of
    /// its bucket, so it is counted again at that bound.
    pub(super) fn rebucket(&mut self, before: &[f64], after: &[f64]) {
        let counts = std::mem::take(&mut self.counts);
        for (at, count) in counts.iter().take(before.len() + 1).enumerate() {
            let to = before.get(at).map_or(after.len(), |bound| bucket_of(after, *bound));
            self.counts[to] += count;
        }
    }
}

impl Value for Hist {
    fn visit(&self, to: &mut Target<'_, '_>) {
        let buckets = Buckets {
            bounds: to.bounds,
            counts: &self.counts[..=to.bounds.len()],
            sum: Number::Nanos(self.sum),
            native: Some(&self.native),
            metadata: to.metadata,
        };
        to.sink.histogram(to.labels, buckets);
    }
    fn mark(&self, column: &mut ColumnWriter) {
        let used = self.counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        column.put(used as u128);
        self.counts[..used].iter().for_each(|count| column.put(u128::from(*count)));
        column.put(self.sum.max(0).cast_unsigned());
    }
    /// The native buckets stay: of them only the largest observation ever is asked for.
    fn since(&self, column: &mut ColumnReader<'_>) -> Hist {
        let before = Hist::unmark(column);
        let mut since = self.clone();
        for (count, before) in since.counts.iter_mut().zip(before.counts) {
            *count = count.saturating_sub(before);
        }
        since.sum -= before.sum;
        since
    }
}

pub(super) fn bucket_of(bounds: &[f64], value: f64) -> usize {
    bounds.partition_point(|bound| *bound < value)
}

//! [`Hist`]: one histogram, in classic and in native buckets.
//!
//! Classic counts are stored with their signal, as day90 0.1.0 stored them. Native buckets are a section of their
//! own in a checkpoint, so that a reader that doesn't know them can go on.

use serde::{Deserialize, Serialize};

use super::core::Core;
use super::family::{Buckets, Family, Number};
use super::key::Key;
use super::metric::{Nanos, Target, Value};
use super::native::{Native, Parts, STEP_BYTES};
use super::table::{Table, lines};
use crate::config::model::bounds::BUCKETS_MAX;

/// The observations of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hist {
    counts: [u64; BUCKETS_MAX + 1],
    sum: Nanos,
    #[serde(skip)]
    native: Native,
}

impl Hist {
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Moves what was counted with other bounds. All that is known of an observation is that it is at most the bound of
    /// its bucket, so it is counted again at that bound.
    fn rebucket(&mut self, before: &[f64], after: &[f64]) {
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
}

fn bucket_of(bounds: &[f64], value: f64) -> usize {
    bounds.partition_point(|bound| *bound < value)
}

impl<K: Key> Table<K, Hist> {
    /// Counts one observation, in units of 1e-9.
    pub fn observe(&mut self, core: &mut Core, family: &'static Family, key: K, nanos: i64) {
        let bucket = bucket_of(core.bounds(family), nanos as f64 / 1e9);
        let may_grow = !core.is_full();
        let row = self.row(core, family, key);
        let hist = self.value(row);
        hist.counts[bucket] += 1;
        hist.sum += i128::from(nanos);
        if hist.native.observe(nanos, may_grow) {
            core.taken.bytes += STEP_BYTES;
        }
        self.note(core, row, nanos);
    }
}

/// The histograms of a family, however many labels it has.
pub trait Histogram {
    /// The native buckets, by row, as they are stored.
    fn natives(&self) -> Vec<Parts>;
    /// Puts the stored native buckets back and counts their bytes. Where one is missing or doesn't fit, it is made from the
    /// classic buckets: the count is then the same to the last observation, so `rate()` sees no jump.
    fn restore(&mut self, core: &mut Core, family: &'static Family, natives: Vec<Parts>);
    /// Takes other classic buckets into force.
    fn rebucket(&mut self, core: &mut Core, family: &'static Family, before: &[f64]);
}

impl<K: Key> Histogram for Table<K, Hist> {
    fn natives(&self) -> Vec<Parts> {
        self.values().map(|hist| hist.native.parts()).collect()
    }

    fn restore(&mut self, core: &mut Core, family: &'static Family, natives: Vec<Parts>) {
        let mut natives = natives.into_iter();
        for row in 0..self.len() {
            let native = natives.next().and_then(Native::restore);
            let hist = self.value(row);
            let fits = native.filter(|native| native.count() == hist.count());
            hist.native = fits.unwrap_or_else(|| Native::of_classic(core.bounds(family), &hist.counts));
            core.taken.bytes += hist.native.bytes();
        }
    }

    fn rebucket(&mut self, core: &mut Core, family: &'static Family, before: &[f64]) {
        for row in 0..self.len() {
            let (key, after) = (self.key(row), core.bounds(family));
            self.value(row).rebucket(before, after);
            let lines = [before, after].map(lines);
            core.taken.relines(lines, family.name.len() + core.names_bytes(family, key.as_ref()));
        }
    }
}

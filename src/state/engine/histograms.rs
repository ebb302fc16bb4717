//! What tables of histograms can do: count observations, keep native buckets apart, and take other bounds into force.

use super::core::Core;
use super::family::Family;
use super::hist::{Hist, bucket_of};
use super::key::Key;
use super::marks::{ColumnReader, ColumnWriter};
use super::native::{Native, Parts, STEP_BYTES};
use super::table::{Table, lines};
use super::value::Value;

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

/// A column of a mark with other classic buckets.
pub fn rebucketed(column: &[u8], before: &[f64], after: &[f64]) -> Vec<u8> {
    let (mut column, mut rewritten) = (ColumnReader::of(column), ColumnWriter::default());
    while !column.is_at_end() {
        let mut hist = Hist::unmark(&mut column);
        hist.rebucket(before, after);
        hist.mark(&mut rewritten);
    }
    rewritten.into_bytes()
}

impl<K: Key> Histogram for Table<K, Hist> {
    fn natives(&self) -> Vec<Parts> {
        self.values().map(|hist| hist.native.parts()).collect()
    }

    fn restore(&mut self, core: &mut Core, family: &'static Family, natives: Vec<Parts>) {
        let mut natives = natives.into_iter();
        for row in 0..self.row_count() {
            let native = natives.next().and_then(Native::restore);
            let hist = self.value(row);
            let fits = native.filter(|native| native.count() == hist.count());
            hist.native = fits.unwrap_or_else(|| Native::of_classic(core.bounds(family), &hist.counts));
            core.taken.bytes += hist.native.bytes();
        }
    }

    fn rebucket(&mut self, core: &mut Core, family: &'static Family, before: &[f64]) {
        for row in 0..self.row_count() {
            let (key, after) = (self.key(row), core.bounds(family));
            self.value(row).rebucket(before, after);
            let lines = [before, after].map(lines);
            core.taken.relines(lines, family.name.len() + core.names_bytes(family, key.as_ref()));
        }
    }
}

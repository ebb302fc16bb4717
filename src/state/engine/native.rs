//! [`Native`]: a histogram with exponential buckets, as in Prometheus' native histograms.
//!
//! At resolution `schema`, a bucket ends at each power of 2^(2^-schema). At 3, that is eight buckets for each doubling,
//! and a quantile is off by less than a twentieth. Bucket `index` holds the values above 2^((index - 1) × 2^-schema), up
//! to and including 2^(index × 2^-schema). Zeros have a separate bucket.
//!
//! Only buckets with observations are kept, at most [`CELLS_MAX`]. When one more is needed, the resolution is halved:
//! each two neighbors merge into one bucket, exactly, and no observation is lost. Indexes come from the bits of a float
//! and a table, never from a logarithm, so every machine counts the same.

mod bucket;

use serde::{Deserialize, Serialize};

use self::bucket::{COUNT_BITS, COUNT_MAX, Cell, INDEXES, cell_of, coarser, index, index_of};

/// The resolution of a new histogram.
pub const SCHEMA: i8 = 3;
/// The coarsest resolution: all possible observations, 1e-9 to 1e10, then fit into 17 buckets.
const SCHEMA_MIN: i8 = -2;
/// Buckets of one histogram, at most.
pub const CELLS_MAX: usize = 160;
/// As [`CELLS_MAX`], when there is no memory for more.
pub const CELLS_MIN: usize = 20;
/// Values up to this count as zero: the default of Prometheus' clients, 2^-128.
pub const ZERO_THRESHOLD: f64 = f64::from_bits((1023 - 128) << 52);
/// Memory grows by this many buckets at once.
const CELLS_STEP: usize = 8;
/// Bytes that one such step takes.
pub const STEP_BYTES: u64 = (CELLS_STEP * size_of::<Cell>()) as u64;

/// Exponential buckets. Their counts add up to the same number as those of the classic buckets next to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Native {
    schema: i8,
    zero: u64,
    /// In ascending order of their indexes.
    cells: Vec<Cell>,
    /// Steps of memory that were ever needed. Never reduced, so that a restored state counts the same bytes.
    steps: u8,
}

impl Default for Native {
    fn default() -> Native {
        Native { schema: SCHEMA, zero: 0, cells: Vec::new(), steps: 1 }
    }
}

/// A run of buckets without gaps, as in the exposition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Buckets skipped since the run before; for the first run, since index 0.
    pub offset: i32,
    pub length: u32,
}

/// Empty buckets that a run may include: up to two cost less than another run.
const GAP_MAX: i16 = 2;

impl Native {
    pub fn schema(&self) -> i8 {
        self.schema
    }
    pub fn zeros(&self) -> u64 {
        self.zero
    }
    /// The buckets with observations: index and count, in ascending order.
    pub fn buckets(&self) -> impl Iterator<Item = (i16, u64)> {
        self.cells.iter().map(|cell| (index_of(*cell), cell & COUNT_MAX))
    }
    pub fn count(&self) -> u64 {
        self.zero + self.cells.iter().map(|cell| cell & COUNT_MAX).sum::<u64>()
    }
    /// The end of the bucket of the largest observation; `None` while there is none. Only for people's eyes: it comes from a
    /// power, which not every machine rounds the same.
    pub fn largest_bound(&self) -> Option<f64> {
        let highest = self.cells.iter().rev().find(|cell| **cell & COUNT_MAX > 0);
        let end = highest.map(|cell| (f64::from(index_of(*cell)) * (-f64::from(self.schema)).exp2()).exp2());
        end.or((self.zero > 0).then_some(0.0))
    }
    /// Bytes in addition to its own size and the first step, which are counted for every histogram.
    pub fn bytes(&self) -> u64 {
        u64::from(self.steps - 1) * STEP_BYTES
    }

    /// Counts one observation, in units of 1e-9. Without `may_grow` it takes no more memory, beyond a minimum. True if it
    /// took [`STEP_BYTES`] more.
    pub fn observe(&mut self, nanos: i64, may_grow: bool) -> bool {
        if nanos <= 0 {
            self.zero += 1;
            return false;
        }
        let fine = index(nanos as f64 / 1e9);
        loop {
            let cell = cell_of(coarser(fine, SCHEMA - self.schema));
            let at = self.cells.partition_point(|kept| kept >> COUNT_BITS < cell >> COUNT_BITS);
            if let Some(kept) = self.cells.get_mut(at)
                && *kept >> COUNT_BITS == cell >> COUNT_BITS
            {
                *kept += 1;
                return false;
            }
            if let Some(grew) = self.make_room(may_grow) {
                self.cells.insert(at, cell + 1);
                return grew;
            }
            self.halve();
        }
    }

    /// Makes room for one more bucket. True if that took memory; `None` if there is no room.
    #[cold]
    fn make_room(&mut self, may_grow: bool) -> Option<bool> {
        let length = self.cells.len();
        let grows = length >= self.room();
        if grows && (length >= CELLS_MAX || !may_grow && length >= CELLS_MIN) {
            return None;
        }
        self.steps += u8::from(grows);
        if length == self.cells.capacity() {
            self.cells.reserve_exact(self.room() - length);
        }
        Some(grows)
    }

    fn room(&self) -> usize {
        usize::from(self.steps) * CELLS_STEP
    }

    /// Merges each two neighbors into one bucket, until there are fewer buckets.
    fn halve(&mut self) {
        let before = self.cells.len();
        while self.cells.len() >= before && self.schema > SCHEMA_MIN {
            self.schema -= 1;
            let mut merged: usize = 0;
            for at in 0..self.cells.len() {
                let (index, count) = (coarser(index_of(self.cells[at]), 1), self.cells[at] & COUNT_MAX);
                match self.cells[..merged].last_mut() {
                    Some(last) if index_of(*last) == index => *last += count,
                    _ => {
                        self.cells[merged] = cell_of(index) + count;
                        merged += 1;
                    }
                }
            }
            self.cells.truncate(merged);
        }
    }

    /// Converts the counts of classic buckets. Each is placed at the bound of its bucket, and those above the highest
    /// bound just above it.
    pub fn of_classic(bounds: &[f64], counts: &[u64]) -> Native {
        let mut native = Native::default();
        for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let index = match (bounds.get(at), bounds.last()) {
                (Some(bound), _) if *bound > ZERO_THRESHOLD => index(*bound),
                (None, Some(bound)) if *bound > ZERO_THRESHOLD => index(*bound) + 1,
                _ => {
                    native.zero += count;
                    continue;
                }
            };
            native.put(index, *count);
        }
        native
    }

    /// Adds to the last bucket, or to a new one above it.
    fn put(&mut self, index: i16, count: u64) {
        debug_assert!(self.cells.last().is_none_or(|last| index_of(*last) <= index), "buckets stay in order");
        match self.cells.last_mut() {
            Some(last) if index_of(*last) == index => *last += count,
            _ => {
                self.make_room(true);
                self.cells.push(cell_of(index) + count);
            }
        }
    }

    /// The runs of buckets, and the count in each bucket as the difference to the one before.
    pub fn spans(&self, spans: &mut Vec<Span>, deltas: &mut Vec<i64>) {
        spans.clear();
        deltas.clear();
        let (mut next, mut before) = (0, 0);
        for (index, count) in self.buckets() {
            let gap = index - next;
            match spans.last_mut() {
                Some(span) if gap <= GAP_MAX => {
                    span.length += gap as u32 + 1;
                    for _ in 0..gap {
                        deltas.push(-std::mem::take(&mut before));
                    }
                }
                _ => spans.push(Span { offset: i32::from(gap), length: 1 }),
            }
            deltas.push(count as i64 - std::mem::replace(&mut before, count as i64));
            next = index + 1;
        }
    }

    /// The parts that a checkpoint stores.
    pub fn parts(&self) -> Parts {
        Parts(self.schema, self.steps, self.zero, self.buckets().collect())
    }

    /// Restores what a checkpoint stored; `None` if no histogram can have these parts.
    pub fn restore(Parts(schema, steps, zero, buckets): Parts) -> Option<Native> {
        if !(SCHEMA_MIN..=SCHEMA).contains(&schema) || buckets.len() > CELLS_MAX {
            return None;
        }
        let mut native = Native { schema, zero, ..Native::default() };
        let [low, high] = INDEXES.map(|index| coarser(index, SCHEMA - schema));
        let mut from = low;
        for (index, count) in buckets {
            if !(from..=high).contains(&index) || !(1..=COUNT_MAX).contains(&count) {
                return None;
            }
            native.put(index, count);
            from = index + 1;
        }
        native.steps = native.steps.max(steps).min((CELLS_MAX / CELLS_STEP) as u8);
        Some(native)
    }
}

/// Resolution, steps of memory, zeros, and the buckets in ascending order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parts(i8, u8, u64, Vec<(i16, u64)>);

#[cfg(test)]
mod tests;

//! [`Native`]: a histogram in exponential buckets, as Prometheus' native histograms have them.
//!
//! At resolution `schema` a bucket ends at each power of 2^(2^-schema): at 3 that is eight buckets to a doubling, and a
//! quantile is off by less than a twentieth. Bucket `index` holds what lies above 2^((index - 1) × 2^-schema) and up to
//! 2^(index × 2^-schema). Zeros have a bucket of their own.
//!
//! Only buckets that something fell into are kept, at most [`CELLS_MAX`]; one more, and the resolution is halved:
//! pairs of neighbors become one bucket, exactly, and no observation is lost. Indexes come from the bits of a float and a table,
//! never from a logarithm: every machine counts the same.

use serde::{Deserialize, Serialize};

/// The resolution to begin with.
pub const SCHEMA: i8 = 3;
/// The coarsest one: the whole range of observations, 1e-9 to 1e10, then fits into 17 buckets.
const SCHEMA_MIN: i8 = -2;
/// Buckets of one histogram.
pub const CELLS_MAX: usize = 160;
/// As many, when there is no memory for more.
pub const CELLS_MIN: usize = 20;
/// What is at most this counts as zero: the default of Prometheus' clients, 2^-128.
pub const ZERO_THRESHOLD: f64 = f64::from_bits((1023 - 128) << 52);
/// Room is made for so many buckets at once.
const CELLS_STEP: usize = 8;
/// What so many take.
pub const STEP_BYTES: u64 = (CELLS_STEP * size_of::<Cell>()) as u64;

/// 2^(-8/8), 2^(-7/8) … 2^(-1/8): where the buckets of schema 3 end among fractions from 0.5 on.
const FRACTIONS: [f64; 8] = [
    0.5,
    0.5452538663326288,
    0.5946035575013605,
    0.6484197773255048,
    0.7071067811865475,
    0.7711054127039704,
    0.8408964152537144,
    0.9170040432046711,
];

/// A bucket: its index, moved to be positive, in the upper 12 bits, and its count in the lower 52.
type Cell = u64;
const COUNT_BITS: u32 = 52;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;
/// Of 1e-9 and of the largest `i64` in units of it, at schema 3.
const INDEXES: [i16; 2] = [-239, 265];
const BIAS: i16 = 1 << 11;

/// Exponential buckets. The sum of their counts is that of the classic ones beside them.
#[derive(Clone, Debug, PartialEq)]
pub struct Native {
    schema: i8,
    zero: u64,
    /// By index.
    cells: Vec<Cell>,
    /// There was once need for so much room. It is never given back, so that a restored state counts its bytes alike.
    steps: u8,
}

impl Default for Native {
    fn default() -> Native {
        Native { schema: SCHEMA, zero: 0, cells: Vec::new(), steps: 1 }
    }
}

/// A run of buckets without gaps, as the exposition has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// From the bucket behind the run before; the first from index 0.
    pub offset: i32,
    pub length: u32,
}

/// Empty buckets that a run may go through: two cost less than another run.
const GAP_MAX: i16 = 2;

impl Native {
    pub fn schema(&self) -> i8 {
        self.schema
    }
    pub fn zeros(&self) -> u64 {
        self.zero
    }
    /// The buckets that something fell into: index and count, by index.
    pub fn buckets(&self) -> impl Iterator<Item = (i16, u64)> {
        self.cells.iter().map(|cell| (index_of(*cell), cell & COUNT_MAX))
    }
    pub fn count(&self) -> u64 {
        self.zero + self.cells.iter().map(|cell| cell & COUNT_MAX).sum::<u64>()
    }
    /// Bytes beside itself and its first step, which every histogram is counted with.
    pub fn bytes(&self) -> u64 {
        u64::from(self.steps - 1) * STEP_BYTES
    }

    /// Counts one observation, in units of 1e-9. Takes no more memory when it may not `grow`, beyond a minimum. True when it
    /// took some: [`STEP_BYTES`].
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

    /// Room for one more bucket, and whether it is new; `None` when there is none.
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

    /// Makes one bucket of each two neighbors, until there are fewer.
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

    /// Counts that only classic buckets have: each stands at the bound of its bucket, those above the highest just above it.
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

    /// Adds to a bucket at or above all that are there.
    fn put(&mut self, index: i16, count: u64) {
        match self.cells.last_mut() {
            Some(last) if index_of(*last) == index => *last += count,
            _ => {
                self.make_room(true);
                self.cells.push(cell_of(index) + count);
            }
        }
    }

    /// The runs of buckets, and the counts in them: each as the difference to the one before.
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

    /// The parts that a checkpoint keeps.
    pub fn parts(&self) -> Parts {
        Parts(self.schema, self.steps, self.zero, self.buckets().collect())
    }

    /// From what a checkpoint kept; `None` when that is none.
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

/// Resolution, room, zeros, and the buckets by index.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parts(i8, u8, u64, Vec<(i16, u64)>);

fn cell_of(index: i16) -> Cell {
    ((index + BIAS) as u64) << COUNT_BITS
}

fn index_of(cell: Cell) -> i16 {
    (cell >> COUNT_BITS) as i16 - BIAS
}

/// The bucket of a positive, normal number at schema 3.
fn index(value: f64) -> i16 {
    const MANTISSA: u64 = (1 << 52) - 1;
    let bits = value.to_bits();
    // value = fraction × 2^exponent, 0.5 ≤ fraction < 1.
    let exponent = (bits >> 52) as i16 - 1022;
    let fraction = f64::from_bits(bits & MANTISSA | 1022 << 52);
    let at = FRACTIONS.iter().filter(|bound| **bound < fraction).count();
    at as i16 + (exponent - 1) * 8
}

/// The bucket at a resolution that is lower by so many halvings.
fn coarser(index: i16, halvings: i8) -> i16 {
    (index + (1 << halvings) - 1) >> halvings
}

#[cfg(test)]
mod tests;

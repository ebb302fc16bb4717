//! [`Timers`]: what is due when, for one kind of row.
//!
//! An entry may become stale, since a row's deadline moves: whoever takes it looks at the row again. Stale entries are
//! dropped by rebuilding the heap from the rows once there are too many.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::event::Timestamp;

/// Rebuild the heap once stale entries exceed this number plus this fraction of the live ones. A smaller fraction takes
/// less memory and rebuilds more often.
const STALE_MAX: usize = 1_024;
const STALE_FRACTION: usize = 4;

/// One entry, ordered by (due, born), so that a replay runs timers in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    pub due: Timestamp,
    /// The sequence number of the record that made the row.
    pub born: u64,
    pub slot: u32,
}

/// A heap of timers, the next one first.
#[derive(Debug, Default)]
pub struct Timers(BinaryHeap<Reverse<Timer>>);

impl Timers {
    pub fn push(&mut self, timer: Timer) {
        self.0.push(Reverse(timer));
    }

    pub fn peek(&self) -> Option<Timer> {
        self.0.peek().map(|Reverse(timer)| *timer)
    }

    pub fn pop(&mut self) -> Option<Timer> {
        self.0.pop().map(|Reverse(timer)| timer)
    }

    /// Whether the heap should be rebuilt, when this many rows have a timer.
    pub fn is_stale(&self, living: usize) -> bool {
        self.0.len() > living + living / STALE_FRACTION + STALE_MAX
    }

    /// Replaces all entries by those of the rows.
    pub fn replace(&mut self, timers: impl Iterator<Item = Timer>) {
        // In the same memory: two heaps of a million timers at once would be a peak.
        let mut kept = std::mem::take(&mut self.0).into_vec();
        kept.clear();
        kept.extend(timers.map(Reverse));
        kept.shrink_to(2 * kept.len());
        self.0 = kept.into();
    }
}

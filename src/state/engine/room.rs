//! The bytes of the fold: how `limits.state_bytes` is divided, and what a row, a series and a label value take of it.
//!
//! What is admitted must be the same in every replay. So the bounds depend only on the events and the operating model,
//! and bytes are estimated from lengths, on the high side, never asked of the allocator. A test compares the estimates
//! with the memory of a real process.
//!
//! Rows of all kinds share one pool. When it is full, the oldest finished rows of any kind are forgotten; stages without
//! an opening are orphans once they take a sixteenth of it; and the writer lets no further opening into the journal when
//! open rows take fifteen sixteenths, or those of one kind seven eighths (see [`super::openings`], which divides them
//! between systems too).

use super::exemplar;
use crate::config::model::Bounds;

/// There is always room for this many rows of the largest kind.
const ROWS_MIN: u64 = 64;
/// Hundredths for series, label values and systems.
const SERIES: u64 = 15;
/// What an allocation takes in addition to its bytes, with rounding.
const ALLOCATION_BYTES: u64 = 24;
/// An index entry while its table doubles.
const INDEX_BYTES: u64 = 24;
/// A row of the largest kind: an escalation.
const LARGEST_ROW_BYTES: u64 = 344;
/// What an event may add: a lifecycle of the largest kind with another round, and its case.
const EVENT_BYTES: u64 = 2 * LARGEST_ROW_BYTES + 176;
/// A text that is a label value somewhere: interned and admitted, each with an index entry.
const TEXT_BYTES: u64 = 16 + ALLOCATION_BYTES + 16 + 2 * INDEX_BYTES;
/// A system with its facts, its changes and what is kept of it by name.
const SYSTEM_BYTES: u64 = 4 << 10;
/// What an exposition has of a system apart from its series: versions in force, grades, deadlines.
const SYSTEM_TEXT_BYTES: u64 = 4 << 10;
/// A line of an exposition without its names and values.
const LINE_BYTES: u64 = 28;
/// Changes of all systems: hundredths of the bytes (within those of series), and what one takes.
const CHANGES: u64 = 3;
const CHANGE_BYTES: u64 = 800;
/// Rare events of all systems: hundredths of the bytes (within those of series), and what one takes apart from its encoding.
const RARE: u64 = 1;
const RARE_BYTES: u64 = 64 + ALLOCATION_BYTES;

/// What series, label values and systems take. It only grows; a restored state adds it up again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub bytes: u64,
    /// Bytes of the exposition.
    pub text: u64,
    /// Bytes of the exposition that say when each counter began.
    pub created: u64,
    /// Bytes of rare events, which are dropped when there are too many.
    pub rare: u64,
}

impl Taken {
    /// A series whose key, value and time take `row` bytes; its lines have `names` bytes of names and label values each.
    pub fn series(&mut self, row: usize, lines: usize, names: usize) {
        self.bytes += row as u64 + INDEX_BYTES;
        self.text += lines as u64 * (names as u64 + LINE_BYTES);
    }

    /// A series says when it was created, if an exposition says so.
    pub fn created(&mut self, names: usize) {
        self.created += names as u64 + LINE_BYTES;
    }

    /// A series has an exemplar.
    pub fn exemplar(&mut self) {
        self.bytes += exemplar::BYTES;
        self.text += exemplar::TEXT_BYTES;
    }

    /// A series has another number of lines: before and after.
    pub fn relines(&mut self, [before, after]: [usize; 2], names: usize) {
        let text = |lines: usize| lines as u64 * (names as u64 + LINE_BYTES);
        self.text = (self.text + text(after)).saturating_sub(text(before));
    }

    pub fn label(&mut self, length: usize) {
        self.bytes += length as u64 + TEXT_BYTES;
    }

    pub fn system(&mut self, length: usize) {
        self.bytes += 2 * length as u64 + SYSTEM_BYTES;
        self.text += SYSTEM_TEXT_BYTES;
    }

    /// Whether there is no room for what events bring. What is declared is admitted all the same.
    pub fn is_full(&self, bounds: &Bounds) -> bool {
        let created = if bounds.created { self.created } else { 0 };
        self.bytes.saturating_add(self.rare) >= series_bytes(bounds)
            || self.text.saturating_add(created) >= bounds.exposition_bytes
    }
}

/// What a row takes in addition to itself: an index entry, a place in the queue of finished rows, a timer in a heap that
/// doubles, and the name that it owns, if it owns one.
#[cfg(test)]
pub fn overhead(owns_name: bool) -> u64 {
    24 + 16 + 40 + if owns_name { 40 } else { 0 }
}

/// What series, label values and systems may take.
pub fn series_bytes(bounds: &Bounds) -> u64 {
    hundredths(bounds.state_bytes, SERIES)
}

/// What rows of all kinds may take together.
pub fn pool(bounds: &Bounds) -> u64 {
    hundredths(bounds.state_bytes, 100 - SERIES).max(ROWS_MIN * LARGEST_ROW_BYTES)
}

/// What open rows may take together.
pub fn open(bounds: &Bounds) -> u64 {
    let pool = pool(bounds);
    pool - pool / 16
}

/// The state's share that holds this many bytes of open rows and of series.
pub fn state_for(open: u64, series: u64) -> u64 {
    let whole = |bytes: u64, parts: u64| (bytes / parts + 1) * 100;
    whole(open / 15 * 16, 100 - SERIES).max(whole(series, SERIES))
}

/// What there is room for while one event is applied. It adds one row of a kind at most, and no two that wait.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowRoom {
    /// One more may wait for its opening, or for a later one.
    pub may_wait: bool,
    /// Rows have taken only a small part of their room.
    pub plenty: bool,
}

impl RowRoom {
    /// When rows take this many bytes, and those that wait for their opening this many of them.
    pub fn at(bounds: &Bounds, taken: u64, waiting: u64) -> RowRoom {
        RowRoom { may_wait: waiting < pool(bounds) / 16, plenty: taken < pool(bounds) / 16 }
    }
}

/// Whether something must be forgotten before another event adds its rows.
pub fn is_tight(bounds: &Bounds, taken: u64) -> bool {
    taken.saturating_add(EVENT_BYTES) > pool(bounds)
}

/// How many changes are remembered of each system, when there are this many systems.
pub fn changes(bounds: &Bounds, systems: usize, max: usize) -> usize {
    let all = hundredths(bounds.state_bytes, CHANGES) / CHANGE_BYTES;
    usize::try_from(all).unwrap_or(usize::MAX).checked_div(systems).unwrap_or(max).clamp(4, max)
}

/// What rare events of all systems may take.
pub fn rare_events(bounds: &Bounds) -> u64 {
    hundredths(bounds.state_bytes, RARE)
}

/// What a rare event takes whose encoding has this length.
pub fn rare_event(length: usize) -> u64 {
    RARE_BYTES + length as u64
}

fn hundredths(bytes: u64, parts: u64) -> u64 {
    // Divided first: without a bound it is the largest number.
    bytes / 100 * parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_bound_nothing_is_refused() {
        let unbounded = Bounds::default();
        assert!(open(&unbounded) > 1 << 60 && !is_tight(&unbounded, 1 << 60));
        assert!(!Taken { bytes: 1 << 40, text: 1 << 40, ..Taken::default() }.is_full(&unbounded));
        assert_eq!(changes(&unbounded, 10_000, 256), 256);
    }
}

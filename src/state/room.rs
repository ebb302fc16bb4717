//! The bytes of the fold: how `limits.state_bytes` is divided, and what a row, a series and a label value take of it.
//!
//! What is admitted must be the same in every replay. So the bounds depend on the events and the operating model alone,
//! and bytes are estimated from lengths, on the high side, never asked of the allocator. A test holds the estimates
//! against the memory of a real process.
//!
//! Each kind of lifecycle has a share of its own: a flood of reviews doesn't keep an escalation out. At its share the
//! oldest finished rows are forgotten, then stages without an opening are orphans, and the writer lets no further
//! opening into the journal.

use super::core::Table;
use crate::config::model::Bounds;

/// Hundredths of the bytes for each kind of lifecycle, in the order of [`Table`].
const LIFECYCLES: [u64; 5] = [40, 20, 5, 2, 18];
/// Rows that there is always room for.
const ROWS_MIN: usize = 16;
/// Hundredths for series, label values and systems.
const SERIES: u64 = 15;
/// What an allocation takes beside its bytes, with rounding.
const ALLOCATION_BYTES: u64 = 24;
/// An index entry while its table doubles.
const INDEX_BYTES: u64 = 24;
/// What a row of each kind takes, in the order of [`Table`]: itself, and what [`BESIDE_BYTES`] counts. Written down and
/// not computed, so that a later version whose rows are larger replays old events as this one folded them.
const ROWS: [u64; 5] = [392, 344, 280, 328, 264];
/// What a row has beside itself: an index entry, a place in the list of finished rows, two timers in a heap that doubles,
/// and the names that it owns.
pub const BESIDE_BYTES: u64 = 16 + 16 + 64 + 64;
/// A text that is a label value somewhere: interned and admitted, each with an index entry.
const TEXT_BYTES: u64 = 16 + ALLOCATION_BYTES + 16 + 2 * INDEX_BYTES;
/// A system with its facts, its changes and what is kept of it by name.
const SYSTEM_BYTES: u64 = 4 << 10;
/// What an exposition says of a system beside its series: versions in force, grades, deadlines.
const SYSTEM_TEXT_BYTES: u64 = 4 << 10;
/// A line of an exposition beside its names and values.
const LINE_BYTES: u64 = 28;
/// Changes of all systems: hundredths of the bytes (within those of series), and what one takes.
const CHANGES: u64 = 3;
const CHANGE_BYTES: u64 = 800;

/// What series, label values and systems take. They are never given back; a restored state adds them up anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub bytes: u64,
    /// Of the exposition.
    pub text: u64,
}

impl Taken {
    /// A series whose key, value and time take `row` bytes; its lines have `names` bytes of names and label values each.
    pub fn series(&mut self, row: usize, lines: usize, names: usize) {
        self.bytes += row as u64 + INDEX_BYTES;
        self.text += lines as u64 * (names as u64 + LINE_BYTES);
    }

    pub fn label(&mut self, length: usize) {
        self.bytes += length as u64 + TEXT_BYTES;
    }

    pub fn system(&mut self, length: usize) {
        self.bytes += 2 * length as u64 + SYSTEM_BYTES;
        self.text += SYSTEM_TEXT_BYTES;
    }

    /// No room for what events bring; what is declared is admitted all the same.
    pub fn is_full(&self, bounds: &Bounds) -> bool {
        self.bytes >= series_bytes(bounds) || self.text >= bounds.exposition_bytes
    }
}

/// What series, label values and systems may take.
pub fn series_bytes(bounds: &Bounds) -> u64 {
    hundredths(bounds.state_bytes, SERIES)
}

/// Rows of one kind, and what each takes. A few have room whatever the bound.
pub fn rows(bounds: &Bounds, table: Table) -> usize {
    let rows = hundredths(bounds.state_bytes, LIFECYCLES[table as usize]) / row_bytes(table);
    usize::try_from(rows).unwrap_or(usize::MAX).max(ROWS_MIN)
}

pub fn row_bytes(table: Table) -> u64 {
    ROWS[table as usize]
}

/// Rows that may be open: the rest is for those that wait and for those that are remembered.
pub fn open(rows: usize) -> usize {
    rows - rows / 8
}

/// Rows that may wait for their opening.
pub fn waiting(rows: usize) -> usize {
    rows / 8
}

/// Changes that are remembered of each of so many systems.
pub fn changes(bounds: &Bounds, systems: usize, max: usize) -> usize {
    let all = hundredths(bounds.state_bytes, CHANGES) / CHANGE_BYTES;
    usize::try_from(all).unwrap_or(usize::MAX).checked_div(systems).unwrap_or(max).clamp(4, max)
}

fn hundredths(bytes: u64, parts: u64) -> u64 {
    // Divided first: without a bound it is the largest number.
    bytes / 100 * parts
}

#[cfg(test)]
mod tests {
    use super::super::lifecycle::Lifecycles;
    use super::super::{escalations, resolutions, reviews, rollbacks, trust};
    use super::*;

    #[test]
    fn a_row_takes_no_more_than_is_counted_for_it() {
        let sizes = [
            Lifecycles::<escalations::Escalation>::row_size(),
            Lifecycles::<reviews::Review>::row_size(),
            Lifecycles::<trust::Appeal>::row_size(),
            Lifecycles::<rollbacks::Rollback>::row_size(),
            Lifecycles::<resolutions::Case>::row_size(),
        ];
        assert!(sizes.iter().all(|(takes, counted)| takes <= counted), "{sizes:?}");
    }

    #[test]
    fn the_parts_are_the_whole_and_without_a_bound_nothing_is_refused() {
        assert_eq!(LIFECYCLES.iter().sum::<u64>() + SERIES, 100);
        let unbounded = Bounds::default();
        assert!(rows(&unbounded, Table::Rollbacks) > 1 << 40);
        assert!(!Taken { bytes: 1 << 40, text: 1 << 40 }.is_full(&unbounded));
        assert_eq!(changes(&unbounded, 10_000, 256), 256);
    }
}

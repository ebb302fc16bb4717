//! [`Table`]: which ids are in a window, and in which row.
//!
//! Most ids that are looked up are new, and memory is slow to reach. So the answer "not here" comes from something small:
//! one byte for each id, in groups of fifteen that are compared at once. For a million ids that is two megabytes, which
//! fits into a processor's cache; rows are kept apart and seldom read. Old ids leave as new ones come, and nothing moves
//! for that: an id is in its own group or, if that is full, among the few that spilled.

use hashbrown::HashTable;

/// Ids in one group. The 16th byte of its marks counts the ids that spilled from it.
const GROUP: usize = 15;
/// Ids planned for a group, as a fraction: with eight and a half, three ids in a thousand spill.
const GROUP_USED: (usize, usize) = (17, 2);
const FREE: u8 = 0;
/// A 1 in each byte of a group; and a 1 in each byte that is a mark.
const ALL: u128 = u128::from_le_bytes([1; GROUP + 1]);
const MARKS: u128 = ALL >> 8;

/// Ids by their own bits, since they are hashes already.
#[derive(Debug, Default)]
pub struct Table {
    marks: Vec<[u8; GROUP + 1]>,
    rows: Vec<[u32; GROUP]>,
    spilled: HashTable<(u128, u32)>,
}

/// The places with this mark, as the top bit of each byte. Free of branches.
#[inline]
fn places(marks: &[u8; GROUP + 1], mark: u8) -> u128 {
    let differ = u128::from_le_bytes(*marks) ^ (MARKS * u128::from(mark));
    // In a byte that differs, the top bit becomes 1: it was 1, or adding 0x7f to the nonzero rest carries into it.
    let lower = ALL * 0x7f;
    !(((differ & lower) + lower) | differ) & (MARKS << 7)
}

fn mark_of(id: u128) -> u8 {
    (id as u8).max(FREE + 1)
}

impl Table {
    /// Makes a table for this many ids.
    pub fn new(ids: usize) -> Table {
        let (used, halves) = GROUP_USED;
        let groups = (ids * halves / used).max(1);
        Table { marks: vec![[FREE; GROUP + 1]; groups], rows: vec![[0; GROUP]; groups], spilled: HashTable::new() }
    }

    /// Whether the id is in the table. `is_it` says whether a row that may have it does.
    #[inline]
    pub fn contains(&self, id: u128, is_it: impl Fn(u32) -> bool) -> bool {
        let group = self.group_of(id);
        let Some(marks) = self.marks.get(group) else { return false };
        let mut found = places(marks, mark_of(id));
        while found != 0 {
            let place = found.trailing_zeros() as usize / 8;
            if is_it(self.rows[group][place]) {
                return true;
            }
            found &= found - 1;
        }
        marks[GROUP] > 0 && self.spilled.find(id as u64, |(other, _)| *other == id).is_some()
    }

    /// Adds an id and its row. The table must have been made for at least one id.
    #[inline]
    pub fn insert(&mut self, id: u128, row: u32) {
        let group = self.group_of(id);
        let marks = &mut self.marks[group];
        match places(marks, FREE) {
            0 => {
                marks[GROUP] = marks[GROUP].saturating_add(1);
                self.spilled.insert_unique(id as u64, (id, row), |(id, _)| *id as u64);
            }
            free => {
                let place = free.trailing_zeros() as usize / 8;
                marks[place] = mark_of(id);
                self.rows[group][place] = row;
            }
        }
    }

    /// Removes an id that is in this row.
    #[inline]
    pub fn remove(&mut self, id: u128, row: u32) {
        let group = self.group_of(id);
        let mut found = places(&self.marks[group], mark_of(id));
        while found != 0 {
            let place = found.trailing_zeros() as usize / 8;
            if self.rows[group][place] == row {
                self.marks[group][place] = FREE;
                return;
            }
            found &= found - 1;
        }
        let spilled = self.spilled.find_entry(id as u64, |other| *other == (id, row));
        debug_assert!(spilled.is_ok(), "the id is in its group or has spilled");
        if let Ok(spilled) = spilled {
            spilled.remove();
            // A count that reached its maximum is no longer exact, so it stays.
            let count = &mut self.marks[group][GROUP];
            debug_assert!(*count > 0, "the group counts what spilled from it");
            *count -= u8::from(*count < u8::MAX);
        }
    }

    /// Scales the upper bits of an id to the number of groups, which need not be a power of two.
    fn group_of(&self, id: u128) -> usize {
        (((id >> 64) as u64 as u128 * self.marks.len() as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests;

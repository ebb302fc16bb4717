//! [`Table`]: which ids stand in a window, and in which row.
//!
//! An id that is looked for is mostly new, and its place in memory is far away. So what can answer "not here" is kept small and
//! apart: a byte of each id, in groups of fifteen that are compared at once. For a million ids that is two megabytes, which a
//! processor's cache has room for; rows are written there and hardly ever read. What comes goes at the other end, and
//! nothing has to move for it: an id stands in its own group or, where that is full, with the few that were spilled.

use hashbrown::HashTable;

/// Ids of one group. The last byte of its marks counts those that were spilled.
const GROUP: usize = 15;
/// Ids of one group that it is made for, in halves: with eight and a half, three ids in a thousand are spilled.
const GROUP_USED: (usize, usize) = (17, 2);
const FREE: u8 = 0;
/// A number for each byte of a group, and one for each but the last.
const ALL: u128 = u128::from_le_bytes([1; GROUP + 1]);
const MARKS: u128 = ALL >> 8;

/// Ids by their own bits: they are hashes already.
#[derive(Debug, Default)]
pub struct Table {
    marks: Vec<[u8; GROUP + 1]>,
    rows: Vec<[u32; GROUP]>,
    spilled: HashTable<(u128, u32)>,
}

/// The places whose mark is this one: the top bit of each. Without a branch for what is in them.
#[inline]
fn places(marks: &[u8; GROUP + 1], mark: u8) -> u128 {
    let differ = u128::from_le_bytes(*marks) ^ (MARKS * u128::from(mark));
    // Of a byte that differs the top bit is set, by itself or by what is added to the rest of it.
    let lower = ALL * 0x7f;
    !(((differ & lower) + lower) | differ) & (MARKS << 7)
}

fn mark_of(id: u128) -> u8 {
    (id as u8).max(FREE + 1)
}

impl Table {
    /// For so many ids.
    pub fn new(ids: usize) -> Table {
        let (used, halves) = GROUP_USED;
        let groups = (ids * halves / used).max(1);
        Table { marks: vec![[FREE; GROUP + 1]; groups], rows: vec![[0; GROUP]; groups], spilled: HashTable::new() }
    }

    /// Whether the id is there, in a row that `is_it`.
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

    /// Removes an id from its row.
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
        if let Ok(spilled) = self.spilled.find_entry(id as u64, |other| *other == (id, row)) {
            spilled.remove();
            // A count that is full no longer says how many there are.
            let count = &mut self.marks[group][GROUP];
            *count -= u8::from(*count < u8::MAX);
        }
    }

    /// By the upper bits of an id, as a part of all groups: there need not be a power of two of them.
    fn group_of(&self, id: u128) -> usize {
        (((id >> 64) as u64 as u128 * self.marks.len() as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    /// Half of them have the mark of another.
    fn id_of(group: u128, id: u128) -> u128 {
        (group << 126) | (id / 2) | ((id % 2) << 64)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// The judge is a queue that is looked through. Few different ids in few groups, so that groups are full and marks alike.
        #[test]
        fn knows_what_came_until_it_goes(
            ids in proptest::collection::vec((0..4_u128, 0..40_u128).prop_map(|(group, id)| id_of(group, id)), 0..400),
            window in 1..80_usize,
            asked in 0..40_u128,
        ) {
            let mut table = Table::new(34);
            let mut judge = VecDeque::new();
            for (row, id) in ids.iter().enumerate() {
                table.insert(*id, row as u32);
                judge.push_back((*id, row as u32));
                if judge.len() > window {
                    let (id, row) = judge.pop_front().unwrap();
                    table.remove(id, row);
                }
                let asked = id_of(*id >> 126, asked);
                let is_there = |asked: u128| judge.iter().any(|(id, _)| *id == asked);
                let finds = |asked: u128| table.contains(asked, |row| {
                    judge.iter().any(|(id, other)| *id == asked && *other == row)
                });
                prop_assert_eq!(finds(*id), is_there(*id));
                prop_assert_eq!(finds(asked), is_there(asked));
            }
            for (id, row) in judge {
                table.remove(id, row);
            }
            prop_assert!(table.spilled.is_empty());
            prop_assert!(table.marks.iter().all(|marks| *marks == [FREE; GROUP + 1]));
        }
    }
}

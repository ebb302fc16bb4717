//! [`Index`]: from a hash to the rows of a table that may have it.
//!
//! For tables that only grow, such as those of series and label values. One line of the cache holds a row's number and the
//! mark that tells most others apart from it; a general hash table keeps the two in two places, and among a hundred
//! thousand series each place is a miss.

/// Slots of the first table. A power of two, as all that follow.
const SLOTS_MIN: usize = 8;
/// The upper half of a slot is a mark: the upper half of its hash. The lower half is the row, from 1; 0 is a free slot.
const MARK: u64 = !0 << 32;

/// Rows by their hash. Where a row stands is decided by the upper bits of its mark, so that a larger table needs no hash
/// again, and keeps the order of the smaller one.
#[derive(Debug, Default)]
pub struct Index {
    slots: Vec<u64>,
    rows: usize,
}

impl Index {
    /// What `known` says of the row with this hash that it knows.
    #[inline]
    pub fn find<T>(&self, hash: u64, known: impl Fn(u32) -> Option<T>) -> Option<T> {
        let mut at = self.home(hash)?;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            let row = (slot as u32).wrapping_sub(1);
            if (slot ^ hash) & MARK == 0
                && let Some(found) = known(row)
            {
                return Some(found);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Adds a row that isn't there.
    pub fn insert(&mut self, hash: u64, row: u32) {
        // At three quarters full, a look passes two slots on average, mostly of one line of the cache.
        if (self.rows + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        self.rows += 1;
        self.put(hash & MARK | u64::from(row + 1));
    }

    fn grow(&mut self) {
        let doubled = (self.slots.len() * 2).max(SLOTS_MIN);
        for slot in std::mem::replace(&mut self.slots, vec![0; doubled]) {
            if slot != 0 {
                self.put(slot);
            }
        }
    }

    fn put(&mut self, slot: u64) {
        let mut at = self.home(slot).unwrap_or_default();
        while self.slots[at] != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = slot;
    }

    /// Where a hash, or a slot with its mark, begins to look. `None` in an empty table.
    #[inline]
    fn home(&self, hash: u64) -> Option<usize> {
        let bits = self.slots.len().checked_ilog2()?;
        Some((hash >> (u64::BITS - bits)) as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// The judge is the standard library's map. Few different marks, so that rows stand in each other's way.
        #[test]
        fn finds_what_was_put_in_and_nothing_else(
            hashes in proptest::collection::vec((0..64_u64).prop_map(|mark| mark << 58 | mark), 0..200),
            asked in 0..64_u64,
        ) {
            let (mut index, mut judge) = (Index::default(), BTreeMap::<u64, Vec<u32>>::new());
            for (row, hash) in hashes.iter().enumerate() {
                index.insert(*hash, row as u32);
                judge.entry(*hash).or_default().push(row as u32);
            }
            for (hash, rows) in &judge {
                for row in rows {
                    prop_assert_eq!(index.find(*hash, |found| (found == *row).then_some(found)), Some(*row));
                }
                prop_assert_eq!(index.find(*hash, |_| None::<u32>), None);
            }
            let hash = asked << 58 | asked;
            prop_assert_eq!(index.find(hash, Some).is_some(), judge.contains_key(&hash));
        }
    }
}

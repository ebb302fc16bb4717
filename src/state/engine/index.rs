//! [`Index`]: finds the rows of a table by their hash.
//!
//! For tables that only grow, such as those of series and label values. A row's number and a part of its hash, enough to
//! rule out most other rows, share one cache line. A general hash table keeps the two apart, and among a hundred thousand
//! series each access is a cache miss.

/// Slots of the smallest table. Every size is a power of two.
const SLOTS_MIN: usize = 8;
/// The upper half of a slot is a mark: the upper half of the row's hash. The lower half is the row number plus 1; a slot
/// of 0 is free.
const MARK: u64 = !0 << 32;

/// Rows by their hash: an open-addressing table with linear probing. The upper bits of the mark choose the first slot to
/// try, so growing the table needs no hash again and keeps the order of the slots.
#[derive(Debug, Default)]
pub struct Index {
    slots: Vec<u64>,
    rows: usize,
}

impl Index {
    /// Calls `known` with the rows that may have this hash, and returns its first answer.
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

    /// Adds a row that isn't in the index yet.
    pub fn insert(&mut self, hash: u64, row: u32) {
        debug_assert!(row < u32::MAX, "a slot stores the row number plus 1");
        // At three quarters full, a lookup visits two slots on average, mostly in one cache line.
        if (self.rows + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        self.rows += 1;
        debug_assert!(self.rows < self.slots.len(), "a lookup ends at a free slot");
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

    /// The first slot to try for a hash, or for a slot's own value when it moves. `None` if the table is empty.
    #[inline]
    fn home(&self, hash: u64) -> Option<usize> {
        let bits = self.slots.len().checked_ilog2()?;
        Some((hash >> (u64::BITS - bits)) as usize)
    }
}

#[cfg(test)]
mod tests;

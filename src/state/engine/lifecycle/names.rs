//! [`Names`]: from the name of a lifecycle to the slot of its row.

use hashbrown::HashTable;

/// The slots of rows by their names. An entry has a part of the name, so that the table grows, and passes over most other
/// rows, without a look at them: each would be a miss of the cache.
#[derive(Debug, Default)]
pub(crate) struct Names(HashTable<Entry>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    part: u32,
    slot: u32,
}

impl Entry {
    fn new(name: u128, slot: u32) -> Entry {
        Entry { part: name as u32, slot }
    }

    /// For a table that looks at the upper and the lower bits.
    fn hash(&self) -> u64 {
        u64::from(self.part) | u64::from(self.part) << 32
    }
}

impl Names {
    /// The slot with this name: of those that may have it, the one that `is_it`.
    pub fn find(&self, name: u128, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let sought = Entry::new(name, 0);
        let found = self.0.find(sought.hash(), |entry| entry.part == sought.part && is_it(entry.slot));
        found.map(|entry| entry.slot)
    }

    pub fn insert(&mut self, name: u128, slot: u32) {
        let entry = Entry::new(name, slot);
        self.0.insert_unique(entry.hash(), entry, Entry::hash);
    }

    /// Removes a slot that is there under this name.
    pub fn remove(&mut self, name: u128, slot: u32) {
        let entry = Entry::new(name, slot);
        let found = self.0.find_entry(entry.hash(), |other| *other == entry);
        found.expect("every row has its name here").remove();
    }
}

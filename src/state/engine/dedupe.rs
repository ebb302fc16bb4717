//! [`Dedupe`]: which (source, id) were seen lately, in a window of a fixed number of ids.
//!
//! Ids are 128-bit keyed hashes. With 64 bits, chance would drop true events; with a known key, a sender could make
//! collisions. A `Window` keeps the ids in the order they came, and drops the oldest for each new one. A `Table`
//! answers whether an id is there, and reads the ids themselves only to confirm a repeat.

mod stored;
mod table;
mod window;

use std::hash::Hasher;
use std::io::Write;

use serde::{Deserialize, Deserializer, Serialize};
use siphasher::sip128::{Hasher128, SipHasher13};

use self::table::Table;
use self::window::Window;
use super::cow::{Derived, Share};
use crate::event::Timestamp;

/// The table is made for at least this many ids, or for this many times those in the window.
const TABLE_IDS: usize = 4_096;
const TABLE_GROWTH: usize = 4;

/// The secret key for hashing ids. It is made once for each data directory and kept in its checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashKey(pub u64, pub u64);

impl HashKey {
    /// The hash of an id. Never 0, which means "no id".
    pub fn hash(self, source: &str, id: &str) -> u128 {
        let mut hasher = SipHasher13::new_with_keys(self.0, self.1);
        hasher.write(source.as_bytes());
        // No UTF-8 text contains this byte, so ("ab", "c") and ("a", "bc") differ.
        hasher.write_u8(0xff);
        hasher.write(id.as_bytes());
        hasher.finish128().as_u128().max(1)
    }
}

/// The ids seen last. A checkpoint keeps the window; [`Dedupe::resize`] makes a restored one ready for use.
#[derive(Clone, Debug, Default)]
pub struct Dedupe {
    window: Window,
    index: Derived<Index>,
}

#[derive(Debug, Default)]
struct Index {
    table: Table,
    /// How many ids the table was made for.
    room: usize,
}

impl<'de> Deserialize<'de> for Dedupe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Dedupe { window: Window::deserialize(deserializer)?, index: Derived::default() })
    }
}

impl Dedupe {
    /// A window of this many ids.
    pub fn new(ids: usize) -> Dedupe {
        let mut dedupe = Dedupe::default();
        dedupe.resize(ids);
        dedupe
    }

    /// Sets the configured number of ids. The oldest over it are dropped.
    pub fn resize(&mut self, ids: usize) {
        if self.window.resize(ids) {
            self.rebuild_index();
        }
    }

    /// Divides the window into parts as large as those of day90 0.1.0, for a checkpoint that it reads.
    pub fn divide_as_0_1_0(&mut self, ids: usize) {
        self.window.divide_as_0_1_0(ids);
    }

    /// Writes what [`Dedupe::deserialize`] reads, as postcard would.
    pub fn write_to(&self, out: &mut dyn Write) -> postcard::Result<()> {
        self.window.write_to(out)
    }

    /// Which of these ids are known.
    pub fn known(&self, ids: &[u128]) -> Vec<bool> {
        ids.iter().map(|id| self.contains(*id)).collect()
    }

    #[inline]
    pub fn contains(&self, id: u128) -> bool {
        self.index.table.contains(id, |row| self.window.id_in(row) == Some(&id))
    }

    /// Marks an id as seen.
    pub fn insert(&mut self, id: u128, now: Timestamp) {
        debug_assert_ne!(id, 0, "0 means that an event has no id");
        if self.window.is_full() {
            self.forget_oldest();
        }
        if self.window.len() >= self.index.room {
            self.rebuild_index();
        }
        let row = self.window.push(id, now);
        self.index.table.insert(id, row);
    }

    /// Drops the oldest id, from the table too.
    fn forget_oldest(&mut self) {
        let Some((id, row)) = self.window.oldest() else { return };
        self.index.table.remove(id, row);
        self.window.drop_oldest();
    }

    /// Builds the index, with room to grow.
    fn rebuild_index(&mut self) {
        let room = (self.window.len() * TABLE_GROWTH).max(TABLE_IDS).min(self.window.max());
        let mut table = Table::new(room);
        self.window.rows().for_each(|(id, row)| table.insert(id, row));
        self.index.0 = Index { table, room };
    }

    /// Ids in the window.
    pub fn len(&self) -> usize {
        self.window.len()
    }
    pub fn is_empty(&self) -> bool {
        self.window.len() == 0
    }

    /// The moment since which every id is remembered, exact to a third of the window. `None` while it is empty.
    pub fn reaches_back_to(&self) -> Option<Timestamp> {
        self.window.reaches_back_to()
    }
}

impl Share for Dedupe {
    /// Nothing to do: a clone shares all pages, and a later write copies only the newest one.
    fn share(&mut self) {}
}

#[cfg(test)]
mod tests;

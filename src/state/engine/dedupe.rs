//! [`Dedupe`]: which (source, type, id) were seen lately, in a window of a fixed number of ids.
//!
//! Ids are 128-bit keyed hashes. With 64 bits, chance would drop true events; with a known key, a sender could make
//! collisions. A `Window` keeps the ids of each system in the order they came, and drops an old one for each new one. A
//! `Table` answers whether an id is there, and reads the ids themselves only to confirm a repeat.
//!
//! Day90 0.1.0 and 0.2.0 took (source, id) for an event, whatever its type. Their ids stay until they leave the window, and
//! match any type: see [`HashKey::first`].

mod stored;
mod table;
mod window;

use std::hash::Hasher;
use std::io::Write;

use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128, SipHasher13};

use self::table::Table;
use self::window::{FIRST, Window, queue_of};
use super::core::SystemId;
use super::correction::Correction;
use super::cow::{Derived, Share};
use crate::event::{Kind, Timestamp};

/// The table is made for at least this many ids, or for this many times those in the window.
const TABLE_IDS: usize = 4_096;
/// Ids that are marked together. Each is some misses of the processor's cache, and it waits for all of these at once.
const IDS_AT_ONCE: usize = 32;
const TABLE_GROWTH: usize = 4;
/// Spreads the number of a type over all bits of a hash.
const SPREAD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// The secret key for hashing ids. It is made once for each data directory and kept in its checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashKey(pub u64, pub u64);

impl HashKey {
    /// The hash of an event's identity. Never 0, which means "no id".
    pub fn hash(self, source: &str, kind: Kind, id: &str) -> u128 {
        // The first hash cannot be guessed, so a known number for each type keeps two types apart.
        (self.first(source, id) ^ (kind as u128 + 1).wrapping_mul(SPREAD)).max(1)
    }

    /// The hash of an id as day90 0.1.0 and 0.2.0 took it: of any type.
    pub fn first(self, source: &str, id: &str) -> u128 {
        let mut hasher = SipHasher13::new_with_keys(self.0, self.1);
        hasher.write(source.as_bytes());
        // No UTF-8 text contains this byte, so ("ab", "c") and ("a", "bc") differ.
        hasher.write_u8(0xff);
        hasher.write(id.as_bytes());
        hasher.finish128().as_u128().max(1)
    }
}

/// An id that is to be remembered.
#[derive(Clone, Copy, Debug)]
pub struct SeenId {
    pub id: u128,
    /// The system whose share it takes; `None` for an id that matches any type.
    pub system: Option<SystemId>,
    pub received: Timestamp,
}

/// The ids seen last. A checkpoint keeps the window; [`Dedupe::configure`] makes a restored one ready for use.
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

impl Dedupe {
    /// A window of this many ids, in which no system has a share.
    pub fn new(ids: usize) -> Dedupe {
        let mut dedupe = Dedupe::default();
        dedupe.configure(ids, &[]);
        dedupe
    }

    /// Reads what [`Dedupe::write_to`] wrote, and returns the bytes that follow. Version 1 is that of day90 0.1.0 and 0.2.0.
    pub fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Dedupe, &[u8])> {
        let (window, rest) = if version == 1 { Window::read_first(bytes)? } else { Window::read(bytes)? };
        Ok((Dedupe { window, index: Derived::default() }, rest))
    }

    /// Sets the configured number of ids, and the systems that have a share of it. What no longer fits is dropped.
    pub fn configure(&mut self, ids: usize, declared: &[SystemId]) {
        if self.window.configure(ids, declared) {
            self.rebuild_index();
        }
    }

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

    /// Whether there are ids that match any type.
    pub fn has_first(&self) -> bool {
        self.window.len_of(FIRST) > 0
    }

    /// Marks ids as seen, in their order.
    pub fn insert_all(&mut self, seen: &[SeenId]) {
        seen.chunks(IDS_AT_ONCE).for_each(|ids| self.insert_together(ids));
    }

    /// First the window, then the table: what waits for memory is in loops that do little else.
    fn insert_together(&mut self, seen: &[SeenId]) {
        /// The row of an id that is not in the window any more.
        const GONE: u32 = u32::MAX;
        if self.window.len() + seen.len() > self.index.room && self.index.room < self.window.max() {
            self.rebuild_index();
        }
        let mut rows = [GONE; IDS_AT_ONCE];
        let (mut dropped, mut drops) = ([(0, GONE); IDS_AT_ONCE], 0);
        for (at, seen) in seen.iter().enumerate() {
            debug_assert_ne!(seen.id, 0, "0 means that an event has no id");
            if self.window.is_full()
                && let Some((id, row)) = self.window.drop_oldest()
            {
                // One of these very ids is not in the table yet. Rows are compared without a branch for each.
                if rows.iter().fold(false, |any, here| any | (*here == row)) {
                    rows.iter_mut().filter(|here| **here == row).for_each(|here| *here = GONE);
                } else {
                    dropped[drops] = (id, row);
                    drops += 1;
                }
            }
            rows[at] = self.window.push(queue_of(seen.system), seen.id, seen.received);
        }
        let table = &mut self.index.table;
        dropped[..drops].iter().for_each(|(id, row)| table.remove(*id, *row));
        for (seen, row) in seen.iter().zip(rows).filter(|(_, row)| *row != GONE) {
            table.insert(seen.id, row);
        }
    }

    /// The clock was ahead: moves when ids were received.
    pub fn correct(&mut self, clock: &Correction) {
        self.window.correct(clock);
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

    /// Of a system: how many ids are remembered, and the moment since which all of them are.
    pub fn of(&self, system: SystemId) -> (usize, Option<Timestamp>) {
        self.window.reach(|queue| queue == queue_of(Some(system)))
    }

    /// As [`Dedupe::of`], of all that is of none of these systems.
    pub fn of_others(&self, systems: &[SystemId]) -> (usize, Option<Timestamp>) {
        let mut shares = vec![false; self.window.queues()];
        for system in systems {
            if let Some(share) = shares.get_mut(queue_of(Some(*system))) {
                *share = true;
            }
        }
        self.window.reach(|queue| !shares[queue])
    }
}

impl Share for Dedupe {
    /// Nothing to do: a clone shares all pages, and a later write copies only the newest one of a system.
    fn share(&mut self) {}
}

#[cfg(test)]
mod tests;

//! [`Dedupe`]: which (source, id) have been seen, in a window of a fixed number of ids.
//!
//! Ids are 128-bit keyed hashes: 64 bits would drop true events by chance, and a known key would let a sender
//! make collisions. They stand in generations of fixed size; when the newest is full, the oldest goes. So memory
//! is bounded without a growth spike, and the window holds the configured number of ids and up to a quarter more.

use std::collections::VecDeque;
use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::cow::CowVec;
use crate::event::Timestamp;

/// Generations in a full window.
const GENERATIONS: usize = 5;

/// The secret under which ids are hashed. It is made once for a data directory and kept in its checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashKey(pub u64, pub u64);

impl HashKey {
    /// The hash of an id; never 0, which means "no id".
    pub fn hash(self, source: &str, id: &str) -> u128 {
        let mut hasher = SipHasher13::new_with_keys(self.0, self.1);
        hasher.write(source.as_bytes());
        hasher.write_u8(0xff);
        hasher.write(id.as_bytes());
        hasher.finish128().as_u128().max(1)
    }
}

/// The ids seen last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dedupe {
    /// Newest first; all but the newest are full.
    generations: VecDeque<Generation>,
    /// Ids in a generation.
    size: usize,
}

/// An open-addressed table with room for `size` ids at 7/8 load. 0 is an empty place.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Generation {
    started: Timestamp,
    len: usize,
    places: CowVec<Id>,
}

/// Sixteen bytes, stored as two halves so that a checkpoint keeps them plain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Id(u128);

impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_le_bytes().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <[u8; 16]>::deserialize(deserializer).map(|bytes| Id(u128::from_le_bytes(bytes)))
    }
}

impl Dedupe {
    /// A window of about `ids` ids.
    pub fn new(ids: usize) -> Dedupe {
        Dedupe { generations: VecDeque::new(), size: size_of_generation(ids) }
    }

    /// The configured number of ids changed: full generations over it go.
    pub fn resize(&mut self, ids: usize) {
        self.size = size_of_generation(ids);
        while self.generations.back().is_some_and(|oldest| self.len() - oldest.len >= ids.max(1)) {
            self.generations.pop_back();
        }
    }

    pub fn contains(&self, id: u128) -> bool {
        self.generations.iter().any(|generation| generation.contains(id))
    }

    /// Marks an id as seen.
    pub fn insert(&mut self, id: u128, now: Timestamp) {
        if self.generations.front().is_none_or(|newest| newest.len >= self.size) {
            self.generations.truncate(GENERATIONS - 1);
            self.generations.push_front(Generation { started: now, len: 0, places: CowVec::default() });
        }
        let size = self.size;
        let newest = self.generations.front_mut().expect("pushed above when absent");
        newest.insert(id, size);
    }

    /// Ids in the window.
    pub fn len(&self) -> usize {
        self.generations.iter().map(|generation| generation.len).sum()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When the oldest id of the window was taken; `None` while it is empty.
    pub fn reaches_back_to(&self) -> Option<Timestamp> {
        self.generations.back().map(|oldest| oldest.started)
    }
}

fn size_of_generation(ids: usize) -> usize {
    ids.div_ceil(GENERATIONS - 1).max(1)
}

impl Generation {
    fn contains(&self, id: u128) -> bool {
        !self.places.is_empty() && self.place_of(id).1
    }

    fn insert(&mut self, id: u128, size: usize) {
        self.make_room(size);
        let (place, found) = self.place_of(id);
        if !found {
            *self.places.get_mut(place).expect("within the table") = Id(id);
            self.len += 1;
        }
    }

    /// The table starts small and doubles up to the size of a generation, so that an idle daemon stays small.
    fn make_room(&mut self, size: usize) {
        if self.len < self.places.len() / 8 * 7 {
            return;
        }
        let full = size.div_ceil(7) * 8 + 8;
        let places = (self.places.len() * 2).max(1_024).min(full.max(self.places.len() + 8));
        let old = std::mem::replace(&mut self.places, std::iter::repeat_n(Id(0), places).collect());
        for id in old.iter().filter(|id| id.0 != 0) {
            let (place, _) = self.place_of(id.0);
            *self.places.get_mut(place).expect("within the table") = *id;
        }
    }

    /// Where the id stands, or the empty place where it would; linear probing.
    fn place_of(&self, id: u128) -> (usize, bool) {
        let places = self.places.len();
        // The upper half of the product spreads any hash evenly over any number of places.
        let mut place = ((u128::from(id as u64) * places as u128) >> 64) as usize;
        loop {
            match self.places.get(place) {
                Some(Id(0)) => return (place, false),
                Some(Id(found)) if *found == id => return (place, true),
                _ => place = if place + 1 >= places { 0 } else { place + 1 },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: HashKey = HashKey(1, 2);

    fn ids(range: std::ops::Range<u32>) -> impl Iterator<Item = u128> {
        range.map(|n| KEY.hash("agent", &n.to_string()))
    }

    #[test]
    fn an_id_is_seen_until_the_window_has_moved_on() {
        let mut dedupe = Dedupe::new(5_000);
        ids(0..5_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
        assert!(ids(0..5_000).all(|id| dedupe.contains(id)));
        assert!(!ids(5_000..10_000).any(|id| dedupe.contains(id)));
        ids(5_000..10_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
        assert!(!ids(0..3_750).any(|id| dedupe.contains(id)), "the oldest went");
        assert!(ids(5_000..10_000).all(|id| dedupe.contains(id)), "the newest 5,000 stayed");
        assert!(dedupe.len() <= 6_250);
    }

    #[test]
    fn source_and_id_are_kept_apart() {
        assert_ne!(KEY.hash("ab", "c"), KEY.hash("a", "bc"));
    }

    #[test]
    fn a_checkpoint_keeps_what_was_seen() {
        let mut dedupe = Dedupe::new(100);
        ids(0..50).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
        let restored: Dedupe = postcard::from_bytes(&postcard::to_stdvec(&dedupe).unwrap()).unwrap();
        assert!(ids(0..50).all(|id| restored.contains(id)));
    }
}

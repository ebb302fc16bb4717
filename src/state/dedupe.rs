//! [`Dedupe`]: which (source, id) have been seen, in a window of a fixed number of ids.
//!
//! Ids are 128-bit keyed hashes: 64 bits would drop true events by chance, and a known key would let a sender
//! make collisions. They stand in generations of fixed size; when the newest is full, the oldest goes. So memory
//! is bounded without a growth spike, and the window holds the configured number of ids and up to a third more. More
//! generations would waste less, and cost each new id a look into each.

use std::collections::VecDeque;
use std::hash::Hasher;
use std::io::Write;

use hashbrown::HashTable;
use serde::{Deserialize, Deserializer, Serialize};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::cow::{CowVec, Derived, Share};
use crate::event::Timestamp;

const ID_BYTES: usize = 16;
/// Bytes of ids that are written at once.
const PIECE_BYTES: usize = 64 << 10;
/// Ids are only ever added at the end: large chunks make a snapshot of a million of them cheap.
const IDS_IN_A_CHUNK: usize = 4_096;
/// Generations in a full window.
const GENERATIONS: usize = 4;
/// A generation that is full to this part will be full soon: its index grows at once, not by doubling.
const WILL_FILL: usize = 8;

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
#[derive(Clone, Debug, Deserialize)]
pub struct Dedupe {
    /// Newest first; all but the newest are full.
    generations: VecDeque<Generation>,
    /// Ids in a generation.
    size: usize,
}

/// Ids in the order they came, and an index over them. The index is a table of tags that mostly answers "not
/// here" without a look at the ids: a new id costs one line of cache for each generation.
#[derive(Clone, Debug, Default)]
struct Generation {
    started: Timestamp,
    ids: CowVec<u128, IDS_IN_A_CHUNK>,
    index: Derived<HashTable<u32>>,
}

impl<'de> Deserialize<'de> for Generation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (started, bytes) = <(Timestamp, &[u8])>::deserialize(deserializer)?;
        let mut generation = Generation { started, ..Generation::default() };
        generation.expect(bytes.len() / ID_BYTES);
        for id in bytes.chunks_exact(ID_BYTES) {
            let id: [u8; ID_BYTES] = id.try_into().map_err(serde::de::Error::custom)?;
            generation.insert(u128::from_le_bytes(id));
        }
        Ok(generation)
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
        while self.generations.back().is_some_and(|oldest| self.len() - oldest.ids.len() >= ids.max(1)) {
            self.generations.pop_back();
        }
    }

    /// For a restored window, which an earlier version may have divided otherwise: from the next generation on.
    pub fn rebuild(&mut self, ids: usize) {
        self.size = size_of_generation(ids);
    }

    /// Generations of the size that 0.1.0 makes: its three hold the configured number only if they are larger.
    pub fn divide_as_0_1_0(&mut self, ids: usize) {
        self.size = ids.div_ceil(2).max(1);
    }

    /// Writes what serde reads, as postcard writes it: the generations, each with its start and the bytes of its ids, and
    /// their size. Some ids at a time, since all of a generation in one piece, as serde has bytes, would be megabytes more
    /// for each checkpoint.
    pub fn write_to(&self, mut out: &mut dyn Write) -> postcard::Result<()> {
        out = postcard::to_io(&(self.generations.len() as u64), out)?;
        let mut bytes = Vec::with_capacity(PIECE_BYTES);
        for Generation { started, ids, .. } in &self.generations {
            out = postcard::to_io(&(started, (ids.len() * ID_BYTES) as u64), out)?;
            for (at, id) in ids.iter().enumerate() {
                bytes.extend_from_slice(&id.to_le_bytes());
                if bytes.len() == PIECE_BYTES || at + 1 == ids.len() {
                    out.write_all(&bytes).map_err(|_| postcard::Error::SerializeBufferFull)?;
                    bytes.clear();
                }
            }
        }
        postcard::to_io(&(self.size as u64), out).map(drop)
    }

    /// Which of these ids are known: one generation after the other, so that the processor can look many up at once.
    pub fn known(&self, ids: &[u128]) -> Vec<bool> {
        let mut known = vec![false; ids.len()];
        for generation in &self.generations {
            for (known, id) in known.iter_mut().zip(ids) {
                *known |= generation.contains(*id);
            }
        }
        known
    }

    pub fn contains(&self, id: u128) -> bool {
        self.generations.iter().any(|generation| generation.contains(id))
    }

    /// Marks an id as seen.
    pub fn insert(&mut self, id: u128, now: Timestamp) {
        if self.generations.front().is_none_or(|newest| newest.ids.len() >= self.size) {
            self.generations.truncate(GENERATIONS - 1);
            let mut next = Generation { started: now, ..Generation::default() };
            if !self.generations.is_empty() {
                // A daemon that filled one will fill the next: grow at once, not by doubling.
                next.expect(self.size);
            }
            self.generations.push_front(next);
        }
        let newest = self.generations.front_mut().expect("pushed above when absent");
        if newest.ids.len() == self.size / WILL_FILL {
            newest.expect(self.size - newest.ids.len());
        }
        newest.insert(id);
    }

    /// Ids in the window.
    pub fn len(&self) -> usize {
        self.generations.iter().map(|generation| generation.ids.len()).sum()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When the oldest id of the window was taken; `None` while it is empty.
    pub fn reaches_back_to(&self) -> Option<Timestamp> {
        self.generations.back().map(|oldest| oldest.started)
    }
}

impl Share for Dedupe {
    fn share(&mut self) {
        self.generations.iter_mut().for_each(|generation| generation.ids.share());
    }
}

fn size_of_generation(ids: usize) -> usize {
    ids.div_ceil(GENERATIONS - 1).max(1)
}

impl Generation {
    fn contains(&self, id: u128) -> bool {
        self.index.find(tag(id), |&row| self.ids.get(row as usize) == Some(&id)).is_some()
    }

    /// Makes room for so many more.
    fn expect(&mut self, more: usize) {
        let ids = &self.ids;
        self.index.0.reserve(more, |&row| ids.get(row as usize).map_or(0, |id| tag(*id)));
    }

    fn insert(&mut self, id: u128) {
        let row = self.ids.len() as u32;
        self.ids.push(id);
        let ids = &self.ids;
        self.index.0.insert_unique(tag(id), row, |&row| ids.get(row as usize).map_or(0, |id| tag(*id)));
    }
}

/// An id is a hash already.
fn tag(id: u128) -> u64 {
    id as u64
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
        assert!(!ids(0..3_333).any(|id| dedupe.contains(id)), "the oldest went");
        assert!(ids(5_000..10_000).all(|id| dedupe.contains(id)), "the newest 5,000 stayed");
        assert!(dedupe.len() <= 6_668);
    }

    #[test]
    fn source_and_id_are_kept_apart() {
        assert_ne!(KEY.hash("ab", "c"), KEY.hash("a", "bc"));
    }

    #[test]
    fn a_checkpoint_keeps_what_was_seen() {
        // Four generations, each in more than one piece.
        let mut dedupe = Dedupe::new(15_000);
        ids(0..18_000).for_each(|id| dedupe.insert(id, Timestamp::from_seconds(id as i64 % 7)));
        let mut written = Vec::new();
        dedupe.write_to(&mut written).unwrap();
        let restored: Dedupe = postcard::from_bytes(&written).unwrap();
        assert!(ids(0..18_000).all(|id| restored.contains(id)));
        assert_eq!((restored.len(), restored.size), (dedupe.len(), dedupe.size));
        let starts = |dedupe: &Dedupe| dedupe.generations.iter().map(|it| it.started).collect::<Vec<_>>();
        assert_eq!(starts(&restored), starts(&dedupe));
    }
}

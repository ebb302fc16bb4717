//! [`Dedupe`]: which (source, id) have been seen, in a window of a fixed number of ids.
//!
//! Ids are 128-bit keyed hashes: 64 bits would drop true events by chance, and a known key would let a sender
//! make collisions. They stand in the order in which they came, in pages; the oldest goes for each that comes. A table
//! says which are there, and looks at the ids themselves only to be sure of a repeat.

mod table;

use std::collections::VecDeque;
use std::hash::Hasher;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use siphasher::sip128::{Hasher128, SipHasher13};

use self::table::Table;
use super::cow::{Derived, Share};
use crate::event::Timestamp;

const ID_BYTES: usize = 16;
/// Bytes of ids that are written at once.
const PIECE_BYTES: usize = 64 << 10;
/// Ids in a page, at most: large enough to make a snapshot of a million of them cheap, small enough to be copied.
const PAGE_IDS: usize = 4_096;
/// A window has so many full parts, and is stored by them, as the versions before had it in memory.
const PARTS: usize = 3;
/// The table is made for so many ids at first, and for this many times more whenever it is full.
const TABLE_IDS: usize = 4_096;
const TABLE_GROWTH: usize = 4;

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
#[derive(Clone, Debug, Default)]
pub struct Dedupe {
    /// Oldest first.
    pages: VecDeque<Page>,
    /// Ids of the oldest page that have left the window.
    gone: usize,
    /// Ids in the window.
    len: usize,
    /// Ids that the window holds.
    max: usize,
    /// Ids of a part when it is full.
    part: usize,
    /// Ids of the newest part.
    in_part: usize,
    index: Derived<Index>,
}

/// Ids in the order they came.
#[derive(Clone, Debug)]
struct Page {
    /// When its part began. Pages have no moments of their own, since a checkpoint keeps none of them: whoever reads one must
    /// say what its writer would have said.
    started: Timestamp,
    /// It is the first page of a part.
    begins: bool,
    /// The row of its first id. Rows are the numbers of ids in the order of all that came; they wrap.
    first: u32,
    /// Shared with snapshots; only the newest page is ever written to.
    ids: Arc<Vec<u128>>,
}

#[derive(Debug, Default)]
struct Index {
    table: Table,
    /// Ids that the table was made for.
    room: usize,
}

/// As checkpoints have it: parts of the window, newest first, each with its start and the bytes of its ids; and `part`.
#[derive(Deserialize)]
struct Stored<'a>(#[serde(borrow)] Vec<(Timestamp, &'a [u8])>, usize);

impl<'de> Deserialize<'de> for Dedupe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored(parts, part) = Stored::deserialize(deserializer)?;
        let mut dedupe = Dedupe { part, max: usize::MAX, ..Dedupe::default() };
        for (started, bytes) in parts.into_iter().rev() {
            let (ids, rest) = bytes.as_chunks::<ID_BYTES>();
            if !rest.is_empty() {
                return Err(serde::de::Error::custom("an id is cut short"));
            }
            for (at, page) in ids.chunks(PAGE_IDS).enumerate() {
                let ids = page.iter().map(|id| u128::from_le_bytes(*id)).collect();
                let first = dedupe.len as u32;
                dedupe.len += page.len();
                dedupe.pages.push_back(Page { started, begins: at == 0, first, ids: Arc::new(ids) });
            }
        }
        Ok(dedupe)
    }
}

impl Dedupe {
    /// A window of so many ids.
    pub fn new(ids: usize) -> Dedupe {
        let mut dedupe = Dedupe::default();
        dedupe.resize(ids);
        dedupe
    }

    /// The configured number of ids is, or has become, this: the oldest over it go. Makes the index anew if it must.
    pub fn resize(&mut self, ids: usize) {
        let max = ids.max(1);
        self.part = ids.div_ceil(PARTS).max(1);
        if self.max == max {
            return;
        }
        self.max = max;
        while self.len > max {
            self.drop_oldest();
        }
        self.cut();
        self.index_anew();
    }

    /// Takes what has gone out of the oldest page, as a checkpoint and its reader do.
    fn cut(&mut self) {
        let parts = self.parts();
        if let (Some(oldest), Some(newest)) = (parts.first(), parts.last()) {
            self.in_part = newest.clone().map(|page| self.ids_in(page)).sum();
            let started = self.start_of(oldest);
            let gone = std::mem::take(&mut self.gone);
            let page = &mut self.pages[0];
            Arc::make_mut(&mut page.ids).drain(..gone);
            page.first = page.first.wrapping_add(gone as u32);
            (page.begins, page.started) = (true, started);
        }
    }

    /// Generations of the size that 0.1.0 makes: its three hold the configured number only if they are larger.
    pub fn divide_as_0_1_0(&mut self, ids: usize) {
        self.cut();
        self.part = ids.div_ceil(2).max(1);
        let mut in_part = self.part;
        for page in &mut self.pages {
            page.begins = in_part >= self.part;
            in_part = page.ids.len() + if page.begins { 0 } else { in_part };
        }
    }

    /// Writes what [`Stored`] reads, as postcard writes it. Some ids at a time, since all of a part in one piece, as serde has
    /// bytes, would be megabytes more for each checkpoint.
    pub fn write_to(&self, mut out: &mut dyn Write) -> postcard::Result<()> {
        let parts = self.parts();
        out = postcard::to_io(&(parts.len() as u64), out)?;
        let mut bytes = Vec::with_capacity(PIECE_BYTES);
        for part in parts.iter().rev() {
            let ids: usize = part.clone().map(|page| self.ids_in(page)).sum();
            out = postcard::to_io(&(self.start_of(part), (ids * ID_BYTES) as u64), out)?;
            for id in part.clone().flat_map(|page| self.ids(page)) {
                bytes.extend_from_slice(&id.to_le_bytes());
                if bytes.len() == PIECE_BYTES {
                    out.write_all(&bytes).map_err(|_| postcard::Error::SerializeBufferFull)?;
                    bytes.clear();
                }
            }
            out.write_all(&bytes).map_err(|_| postcard::Error::SerializeBufferFull)?;
            bytes.clear();
        }
        postcard::to_io(&(self.part as u64), out).map(drop)
    }

    /// The pages of each part, oldest first.
    fn parts(&self) -> Vec<Range<usize>> {
        let begins = |page: &usize| *page == 0 || self.pages[*page].begins;
        let starts: Vec<usize> = (0..self.pages.len()).filter(begins).collect();
        let ends = starts.iter().skip(1).copied().chain([self.pages.len()]);
        starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
    }

    /// The moment from which on all ids are there, as far as this part and the next one know.
    fn start_of(&self, part: &Range<usize>) -> Timestamp {
        let page = &self.pages[part.start];
        let is_whole = page.begins && (part.start > 0 || self.gone == 0);
        let next = self.pages.get(part.end).filter(|_| !is_whole);
        next.map_or(page.started, |next| next.started)
    }

    /// How many ids of a page are in the window.
    fn ids_in(&self, page: usize) -> usize {
        self.pages[page].ids.len() - if page == 0 { self.gone } else { 0 }
    }

    /// The ids of a page that are in the window.
    fn ids(&self, page: usize) -> impl Iterator<Item = &u128> {
        let gone = if page == 0 { self.gone } else { 0 };
        self.pages[page].ids.iter().skip(gone)
    }

    /// Which of these ids are known.
    pub fn known(&self, ids: &[u128]) -> Vec<bool> {
        ids.iter().map(|id| self.contains(*id)).collect()
    }

    #[inline]
    pub fn contains(&self, id: u128) -> bool {
        self.index.table.contains(id, |row| self.id_in(row) == Some(&id))
    }

    /// The id in a row.
    fn id_in(&self, row: u32) -> Option<&u128> {
        let oldest = self.pages.front()?.first;
        let at = row.wrapping_sub(oldest);
        let behind = self.pages.partition_point(|page| page.first.wrapping_sub(oldest) <= at);
        let page = self.pages.get(behind.checked_sub(1)?)?;
        page.ids.get(row.wrapping_sub(page.first) as usize)
    }

    /// Marks an id as seen.
    pub fn insert(&mut self, id: u128, now: Timestamp) {
        if self.len >= self.max {
            self.forget_oldest();
        }
        if self.len >= self.index.room {
            self.index_anew();
        }
        let begins = self.pages.is_empty() || self.in_part >= self.part;
        let row = match self.pages.back_mut() {
            Some(newest) if !begins && newest.ids.len() < PAGE_IDS => {
                Arc::make_mut(&mut newest.ids).push(id);
                newest.first.wrapping_add(newest.ids.len() as u32 - 1)
            }
            newest => {
                // Whoever fills a page will fill the next.
                let mut ids = Vec::with_capacity(if newest.is_some() { PAGE_IDS.min(self.part) } else { 1 });
                ids.push(id);
                let started = newest.as_ref().filter(|_| !begins).map_or(now, |page| page.started);
                let first = newest.map_or(0, |page| page.first.wrapping_add(page.ids.len() as u32));
                self.pages.push_back(Page { started, begins, first, ids: Arc::new(ids) });
                first
            }
        };
        self.in_part = if begins { 1 } else { self.in_part + 1 };
        self.len += 1;
        self.index.table.insert(id, row);
    }

    /// Drops the oldest id, in the index too.
    fn forget_oldest(&mut self) {
        let Some(oldest) = self.pages.front() else { return };
        if let Some(id) = oldest.ids.get(self.gone) {
            self.index.table.remove(*id, oldest.first.wrapping_add(self.gone as u32));
        }
        self.drop_oldest();
    }

    fn drop_oldest(&mut self) {
        self.gone += 1;
        self.len -= 1;
        if self.pages.front().is_some_and(|oldest| oldest.ids.len() == self.gone) {
            self.pages.pop_front();
            self.gone = 0;
        }
    }

    /// Makes the index, with room for more.
    fn index_anew(&mut self) {
        let room = (self.len * TABLE_GROWTH).max(TABLE_IDS).min(self.max);
        let mut table = Table::new(room);
        let first = self.pages.front().map_or(0, |oldest| oldest.first.wrapping_add(self.gone as u32));
        for (at, id) in (0..self.pages.len()).flat_map(|page| self.ids(page)).enumerate() {
            table.insert(*id, first.wrapping_add(at as u32));
        }
        self.index.0 = Index { table, room };
    }

    /// Ids in the window.
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The moment from which on all ids are remembered, exact to a third of the window; `None` while it is empty.
    pub fn reaches_back_to(&self) -> Option<Timestamp> {
        self.parts().first().map(|oldest| self.start_of(oldest))
    }
}

impl Share for Dedupe {
    /// It always is: of the newest page alone there will be a copy.
    fn share(&mut self) {}
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
        let mut dedupe = Dedupe::new(15_000);
        ids(0..15_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
        assert!(ids(0..15_000).all(|id| dedupe.contains(id)));
        assert!(!ids(15_000..30_000).any(|id| dedupe.contains(id)));
        ids(15_000..24_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
        assert!(!ids(0..9_000).any(|id| dedupe.contains(id)), "the oldest went, one for each");
        assert!(ids(9_000..24_000).all(|id| dedupe.contains(id)), "the newest 15,000 stayed");
        assert_eq!(dedupe.len(), 15_000);
    }

    #[test]
    fn a_window_of_another_size_keeps_the_newest() {
        let mut dedupe = Dedupe::new(10_000);
        ids(0..12_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
        dedupe.resize(100);
        let seen = |dedupe: &Dedupe| ids(0..20_000).map(|id| dedupe.contains(id)).collect::<Vec<_>>();
        let only = |range: std::ops::Range<usize>| (0..20_000).map(|n| range.contains(&n)).collect::<Vec<_>>();
        assert_eq!(seen(&dedupe), only(11_900..12_000));
        dedupe.resize(10_000);
        ids(12_000..20_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
        assert_eq!(seen(&dedupe), only(11_900..20_000));
    }

    #[test]
    fn the_window_says_how_far_it_reaches_back() {
        let mut dedupe = Dedupe::new(10_000);
        assert_eq!(dedupe.reaches_back_to(), None);
        for (second, id) in ids(0..40_000).enumerate() {
            dedupe.insert(id, Timestamp::from_seconds(second as i64));
        }
        // The oldest that is there came in second 30,000; all since the next part's beginning are.
        assert_eq!(dedupe.reaches_back_to(), Some(Timestamp::from_seconds(3_334 * 9)));
    }

    #[test]
    fn source_and_id_are_kept_apart() {
        assert_ne!(KEY.hash("ab", "c"), KEY.hash("a", "bc"));
    }

    fn written(dedupe: &Dedupe) -> Vec<u8> {
        let mut written = Vec::new();
        dedupe.write_to(&mut written).unwrap();
        written
    }

    #[test]
    fn a_checkpoint_keeps_what_was_seen() {
        // Parts of more than one piece; some of the oldest page have gone.
        let mut dedupe = Dedupe::new(15_000);
        ids(0..18_000).for_each(|id| dedupe.insert(id, Timestamp::from_seconds(id as i64 % 7)));
        let mut restored: Dedupe = postcard::from_bytes(&written(&dedupe)).unwrap();
        restored.resize(15_000);
        assert!(ids(3_000..18_000).all(|id| restored.contains(id)) && !ids(0..3_000).any(|id| restored.contains(id)));
        assert_eq!(restored.len(), 15_000);
        assert_eq!(written(&restored), written(&dedupe));
    }

    /// Whoever goes on from a checkpoint says what he says who never stopped.
    #[test]
    fn a_restored_window_goes_on_as_the_one_that_was_stored() {
        for (max, before) in [(1, 3), (2, 3), (4, 9), (100, 34), (100, 350), (15_000, 9_000), (15_000, 41_000)] {
            let (mut dedupe, mut at) = (Dedupe::new(max), 0..);
            let mut come = |dedupe: &mut Dedupe, ids: std::ops::Range<u32>| {
                self::ids(ids).for_each(|id| dedupe.insert(id, Timestamp::from_seconds(at.next().unwrap())));
            };
            come(&mut dedupe, 0..before);
            dedupe.resize(max - max / 5);
            come(&mut dedupe, before..before + max as u32 / 2);
            let mut restored: Dedupe = postcard::from_bytes(&written(&dedupe)).unwrap();
            restored.resize(max - max / 5);
            for number in 0..2 * max as u32 {
                assert_eq!(restored.reaches_back_to(), dedupe.reaches_back_to(), "{max} {before} {number}");
                let id = KEY.hash("later", &number.to_string());
                let moment = Timestamp::from_seconds(1 << 20 | i64::from(number));
                dedupe.insert(id, moment);
                restored.insert(id, moment);
            }
            assert_eq!(written(&restored), written(&dedupe), "{max} {before}");
        }
    }

    #[test]
    fn a_window_that_was_stored_in_more_parts_is_read() {
        let bytes = |range| ids(range).flat_map(u128::to_le_bytes).collect::<Vec<u8>>();
        let parts = [bytes(9_000..10_000), bytes(6_000..9_000), bytes(3_000..6_000), bytes(0..3_000)];
        let moments = [3, 2, 1, 0].map(Timestamp::from_seconds);
        // Bytes look alike in postcard, whether they are in one piece or not.
        let stored: Vec<_> = moments.iter().zip(&parts).collect();
        let mut restored: Dedupe = postcard::from_bytes(&postcard::to_stdvec(&(stored, 3_000)).unwrap()).unwrap();
        restored.resize(9_000);
        assert!(ids(1_000..10_000).all(|id| restored.contains(id)) && !ids(0..1_000).any(|id| restored.contains(id)));
        assert_eq!(restored.reaches_back_to(), Some(Timestamp::from_seconds(1)), "some of the oldest part have gone");
    }
}

//! [`Series`]: the samples of one family, as a packed key → dense index → plain values.
//!
//! A key is a small array of numbers: the system's number, then for each label an interned text or the position
//! in a closed set. Nothing is compared by hash alone, so label values that look alike stay apart.

use std::fmt;
use std::hash::BuildHasher;

use hashbrown::HashTable;
use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::core::Core;
use super::cow::{CowVec, Derived, Share};
use super::family::{BUCKETS_MAX, Buckets, Family, Number, Sink, Values};
use super::labels::OTHER;
use crate::event::Timestamp;

/// One series' labels, in the order of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<const N: usize>(pub [u32; N]);

/// The series of one family. `N` counts every label, `system` included.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "V: Serialize", deserialize = "V: Deserialize<'de>"))]
pub struct Series<const N: usize, V: Clone> {
    keys: CowVec<Key<N>>,
    values: CowVec<V>,
    created: CowVec<Timestamp>,
    #[serde(skip)]
    index: Derived<HashTable<u32>>,
}

impl<const N: usize, V: Clone> Default for Series<N, V> {
    fn default() -> Self {
        Series {
            keys: CowVec::default(),
            values: CowVec::default(),
            created: CowVec::default(),
            index: Derived::default(),
        }
    }
}

impl<const N: usize, V: Clone> Share for Series<N, V> {
    fn share(&mut self) {
        self.keys.share();
        self.values.share();
        self.created.share();
    }
}

const HASHER: foldhash::fast::FixedState = foldhash::fast::FixedState::with_seed(0x6461_7939_3020);

impl<const N: usize, V: Clone + Default> Series<N, V> {
    pub fn len(&self) -> usize {
        self.keys.len()
    }
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The value of `key`, made at its default when it is new. Over the bound of series in all, the values of
    /// the open labels become `other`.
    pub fn at(&mut self, core: &mut Core, family: &'static Family, key: [u32; N]) -> &mut V {
        debug_assert_eq!(family.labels.len(), N, "{}", family.name);
        let row = match self.find(&Key(key)) {
            Some(row) => row,
            None => self.make(core, family, key, false),
        };
        self.values.get_mut(row).expect("the index points into the table")
    }

    /// Makes the series at its default, if it isn't there: for what the configuration declares.
    pub fn declare(&mut self, core: &mut Core, family: &'static Family, key: [u32; N]) -> &mut V {
        let row = match self.find(&Key(key)) {
            Some(row) => row,
            None => self.make(core, family, key, true),
        };
        self.values.get_mut(row).expect("the index points into the table")
    }

    pub fn get(&self, key: [u32; N]) -> Option<&V> {
        self.find(&Key(key)).and_then(|row| self.values.get(row))
    }

    /// Makes the index of a restored table anew and counts its series.
    pub fn rebuild(&mut self, core: &mut Core, family: &'static Family) {
        for row in 0..self.keys.len() {
            self.index_row(row);
            let key = *self.keys.get(row).expect("within the table");
            Self::count(core, family, key.0);
        }
    }

    fn find(&self, key: &Key<N>) -> Option<usize> {
        self.index.find(HASHER.hash_one(key), |&row| self.keys.get(row as usize) == Some(key)).map(|&row| row as usize)
    }

    #[cold]
    fn make(&mut self, core: &mut Core, family: &'static Family, mut key: [u32; N], declared: bool) -> usize {
        if !declared && (core.series >= core.model.limits.series || core.is_full()) {
            for (value, label) in key.iter_mut().zip(family.labels) {
                if matches!(label.values, Values::Open) && *value != OTHER {
                    *value = OTHER;
                    core.limited(family.name, label.name);
                }
            }
            if let Some(row) = self.find(&Key(key)) {
                return row;
            }
        }
        let row = self.keys.len();
        self.keys.push(Key(key));
        self.values.push(V::default());
        self.created.push(core.now);
        Self::count(core, family, key);
        self.index_row(row);
        row
    }

    fn count(core: &mut Core, family: &'static Family, key: [u32; N]) {
        core.series += 1;
        let size = size_of::<Key<N>>() + size_of::<V>() + size_of::<Timestamp>();
        let names = family.name.len() + core.names_bytes(family, &key);
        let lines = if family.buckets.is_empty() { 1 } else { family.buckets.len() + 3 };
        core.taken.series(size, lines, names);
    }

    fn index_row(&mut self, row: usize) {
        let keys = &self.keys;
        let hash_of = |row: &u32| keys.get(*row as usize).map_or(0, |key| HASHER.hash_one(key));
        self.index.0.insert_unique(hash_of(&(row as u32)), row as u32, hash_of);
    }

    /// Calls `each` with the label values and the value of every series of a system that is there.
    pub fn each<'a>(&'a self, core: &'a Core, family: &'static Family, mut each: impl FnMut(&[&'a str], &'a V)) {
        for (key, value) in self.keys.iter().zip(self.values.iter()) {
            let mut texts = [""; N];
            if core.texts(family, &key.0, &mut texts) {
                each(&texts, value);
            }
        }
    }
}

impl<const N: usize> Series<N, u64> {
    pub fn add(&mut self, core: &mut Core, family: &'static Family, key: [u32; N], count: u64) {
        let value = self.at(core, family, key);
        *value = value.saturating_add(count);
    }
    pub fn visit(&self, core: &Core, family: &'static Family, sink: &mut dyn Sink) {
        family.announce(sink);
        self.each(core, family, |labels, value| sink.sample(labels, Number::Count(*value)));
    }
}

/// A sum or a level in units of 1e-9: seconds, money, a timestamp.
pub type Nanos = i128;

impl<const N: usize> Series<N, Nanos> {
    pub fn add_nanos(&mut self, core: &mut Core, family: &'static Family, key: [u32; N], nanos: i64) {
        *self.at(core, family, key) += i128::from(nanos);
    }
    pub fn visit_nanos(&self, core: &Core, family: &'static Family, sink: &mut dyn Sink) {
        family.announce(sink);
        self.each(core, family, |labels, value| sink.sample(labels, Number::Nanos(*value)));
    }
}

/// A classic histogram of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hist {
    counts: [u64; BUCKETS_MAX + 1],
    sum: Nanos,
}

impl Hist {
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

impl<const N: usize> Series<N, Hist> {
    /// Counts one observation, in units of 1e-9.
    pub fn observe(&mut self, core: &mut Core, family: &'static Family, key: [u32; N], nanos: i64) {
        let value = nanos as f64 / 1e9;
        let bucket = family.buckets.partition_point(|bound| *bound < value);
        let hist = self.at(core, family, key);
        hist.counts[bucket] += 1;
        hist.sum += i128::from(nanos);
    }
    pub fn visit_histograms(&self, core: &Core, family: &'static Family, sink: &mut dyn Sink) {
        family.announce(sink);
        self.each(core, family, |labels, hist| {
            let counts = &hist.counts[..=family.buckets.len()];
            sink.histogram(labels, Buckets { bounds: family.buckets, counts, sum: Number::Nanos(hist.sum) });
        });
    }
}

impl<const N: usize> Serialize for Key<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(N)?;
        for value in &self.0 {
            tuple.serialize_element(value)?;
        }
        tuple.end()
    }
}

impl<'de, const N: usize> Deserialize<'de> for Key<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values<const N: usize>;
        impl<'de, const N: usize> Visitor<'de> for Values<N> {
            type Value = Key<N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{N} label values")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Key<N>, A::Error> {
                let mut key = [0; N];
                for (position, value) in key.iter_mut().enumerate() {
                    *value = seq.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(position, &self))?;
                }
                Ok(Key(key))
            }
        }
        deserializer.deserialize_tuple(N, Values)
    }
}

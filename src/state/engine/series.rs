//! [`Series`]: the samples of one family, as a packed key → dense index → plain values.
//!
//! A key is a small array of numbers: the system's number, then for each label an interned text or the position
//! in a closed set. Nothing is compared by hash alone, so label values that look alike stay apart.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::ser::{SerializeSeq, SerializeStruct, SerializeTuple};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::core::Core;
use super::cow::{CowVec, Derived, Share};
use super::exemplars::{self, Exemplars};
use super::family::{BUCKETS_MAX, Beside, Buckets, Family, Number, Sink, Type, Values};
use super::index::Index;
use super::labels::OTHER;
use super::native::{Native, Parts, STEP_BYTES};
use crate::event::{Fixed, Timestamp};
use crate::state::forget::Gone;

/// One series' labels, in the order of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<const N: usize>(pub [u32; N]);

impl<const N: usize> Key<N> {
    /// Two labels at a time. An event asks for a dozen series, and the numbers in their keys are small and dense: one
    /// multiplication folded upon itself spreads them well enough, and costs less than a hash made for texts.
    #[inline]
    fn hash(&self) -> u64 {
        let mut hash = 0x2436_a2c1_5f6b_88a9;
        let mut at = 0;
        while at < N {
            let second = if at + 1 < N { self.0[at + 1] } else { 0 };
            let pair = u64::from(second) << 32 | u64::from(self.0[at]);
            let product = u128::from(hash ^ pair) * 0x9e37_79b9_7f4a_7c15;
            hash = (product >> 64) as u64 ^ product as u64;
            at += 2;
        }
        hash
    }
}

/// The series of one family. `N` counts every label, `system` included.
#[derive(Clone, Debug)]
pub struct Series<const N: usize, V: Clone> {
    rows: CowVec<Row<N, V>>,
    exemplars: Exemplars,
    index: Derived<Index>,
}

/// One series. All of it stands together: whoever compares the key needs the value next.
#[derive(Clone, Debug)]
struct Row<const N: usize, V> {
    key: Key<N>,
    created: Timestamp,
    value: V,
}

impl<const N: usize, V: Clone> Default for Series<N, V> {
    fn default() -> Self {
        Series { rows: CowVec::default(), exemplars: Exemplars::default(), index: Derived::default() }
    }
}

impl<const N: usize, V: Clone> Share for Series<N, V> {
    fn share(&mut self) {
        self.rows.share();
        self.exemplars.share();
    }
}

impl<const N: usize, V: Clone + Default> Series<N, V> {
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The value of `key`, made at its default when it is new. Over the bound of series in all, the values of
    /// the open labels become `other`.
    pub fn at(&mut self, core: &mut Core, family: &'static Family, key: [u32; N]) -> &mut V {
        let row = self.row(core, family, key, false);
        self.value(row)
    }

    fn value(&mut self, row: usize) -> &mut V {
        &mut self.rows.get_mut(row).expect("the index points into the table").value
    }

    fn row(&mut self, core: &mut Core, family: &'static Family, key: [u32; N], declared: bool) -> usize {
        debug_assert_eq!(family.labels.len(), N, "{}", family.name);
        match self.find(&Key(key)) {
            Some(row) => row,
            None => self.make(core, family, key, declared),
        }
    }

    /// Makes the series at its default, if it isn't there: for what the configuration declares.
    pub fn declare(&mut self, core: &mut Core, family: &'static Family, key: [u32; N]) -> &mut V {
        let row = self.row(core, family, key, true);
        self.value(row)
    }

    pub fn get(&self, key: [u32; N]) -> Option<&V> {
        self.find(&Key(key)).and_then(|row| self.rows.get(row)).map(|row| &row.value)
    }

    /// Makes the index of a restored table anew and counts its series.
    pub fn rebuild(&mut self, core: &mut Core, family: &'static Family) {
        for row in 0..self.rows.len() {
            let key = self.rows.get(row).expect("within the table").key;
            self.index.insert(key.hash(), row as u32);
            Self::count(core, family, key.0);
        }
    }

    fn find(&self, key: &Key<N>) -> Option<usize> {
        self.index.find(key.hash(), |row| {
            let row = row as usize;
            self.rows.get(row).is_some_and(|it| it.key == *key).then_some(row)
        })
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
        let row = self.rows.len();
        self.rows.push(Row { key: Key(key), created: core.now, value: V::default() });
        Self::count(core, family, key);
        self.index.insert(Key(key).hash(), row as u32);
        row
    }

    fn count(core: &mut Core, family: &'static Family, key: [u32; N]) {
        core.series += 1;
        let size = size_of::<Key<N>>() + size_of::<V>() + size_of::<Timestamp>();
        let names = family.name.len() + core.names_bytes(family, &key);
        core.taken.series(size, lines(core.bounds(family)), names);
        if family.kind != Type::Gauge {
            core.taken.created(names);
        }
        if family.kind == Type::Histogram {
            core.taken.bytes += STEP_BYTES;
        }
        if exemplars::has(family) {
            core.taken.exemplar();
        }
    }

    /// Calls `each` with the label values and the value of every series of a system that is there.
    pub fn each<'a>(&'a self, core: &'a Core, family: &'static Family, mut each: impl FnMut(&[&'a str], &'a V)) {
        self.each_with_beside(core, family, |texts, value, _| each(texts, value));
    }

    fn each_with_beside<'a>(
        &'a self,
        core: &'a Core,
        family: &'static Family,
        mut each: impl FnMut(&[&'a str], &'a V, Beside<'a>),
    ) {
        for (at, Row { key, created, value }) in self.rows.iter().enumerate() {
            let mut texts = [""; N];
            if core.texts(family, &key.0, &mut texts) {
                each(&texts, value, Beside { created: Some(*created), exemplar: self.exemplars.get(at) });
            }
        }
    }

    /// Removes the exemplars of a case.
    pub fn forget_case(&mut self, core: &Core, gone: &Gone) {
        let rows = &self.rows;
        self.exemplars.forget_case(core, gone, |row| rows.get(row).map_or(0, |row| row.key.0[0]));
    }
}

/// Lines of a series, beside that of its creation.
fn lines(bounds: &[f64]) -> usize {
    if bounds.is_empty() { 1 } else { bounds.len() + 3 }
}

impl<const N: usize> Series<N, u64> {
    pub fn add(&mut self, core: &mut Core, family: &'static Family, key: [u32; N], count: u64) {
        let value = self.at(core, family, key);
        *value = value.saturating_add(count);
    }
    /// As [`Series::add`] with 1, and keeps the case of the event as an exemplar.
    pub fn add_case(&mut self, core: &mut Core, family: &'static Family, key: [u32; N]) {
        debug_assert!(exemplars::has(family), "{}", family.name);
        let row = self.row(core, family, key, false);
        let value = self.value(row);
        *value = value.saturating_add(1);
        self.exemplars.note(core, row, Fixed::ONE.nanos());
    }
    pub fn visit(&self, core: &Core, family: &'static Family, sink: &mut dyn Sink) {
        family.announce(sink);
        self.each_with_beside(core, family, |labels, value, beside| match family.kind {
            Type::Counter => sink.counter(labels, Number::Count(*value), beside),
            _ => sink.sample(labels, Number::Count(*value)),
        });
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
        self.each_with_beside(core, family, |labels, value, beside| match family.kind {
            Type::Counter => sink.counter(labels, Number::Nanos(*value), beside),
            _ => sink.sample(labels, Number::Nanos(*value)),
        });
    }
}

/// A histogram of one series, in classic and in native buckets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hist {
    counts: [u64; BUCKETS_MAX + 1],
    sum: Nanos,
    /// Stored apart: see [`crate::state::histograms`].
    #[serde(skip)]
    native: Native,
}

impl Hist {
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// What was counted by other bounds. Of an observation it is known that it is at most the bound of its bucket: there it
    /// stands.
    fn rebucket(&mut self, before: &[f64], after: &[f64]) {
        let counts = std::mem::take(&mut self.counts);
        for (at, count) in counts.iter().take(before.len() + 1).enumerate() {
            let to = before.get(at).map_or(after.len(), |bound| bucket_of(after, *bound));
            self.counts[to] += count;
        }
    }
}

fn bucket_of(bounds: &[f64], value: f64) -> usize {
    bounds.partition_point(|bound| *bound < value)
}

impl<const N: usize> Series<N, Hist> {
    /// Counts one observation, in units of 1e-9.
    pub fn observe(&mut self, core: &mut Core, family: &'static Family, key: [u32; N], nanos: i64) {
        let bucket = bucket_of(core.bounds(family), nanos as f64 / 1e9);
        let may_grow = !core.is_full();
        let row = self.row(core, family, key, false);
        let hist = self.value(row);
        hist.counts[bucket] += 1;
        hist.sum += i128::from(nanos);
        if hist.native.observe(nanos, may_grow) {
            core.taken.bytes += STEP_BYTES;
        }
        self.exemplars.note(core, row, nanos);
    }
    pub fn visit_histograms(&self, core: &Core, family: &'static Family, sink: &mut dyn Sink) {
        family.announce(sink);
        let bounds = core.bounds(family);
        self.each_with_beside(core, family, |labels, hist, beside| {
            let (counts, sum) = (&hist.counts[..=bounds.len()], Number::Nanos(hist.sum));
            sink.histogram(labels, Buckets { bounds, counts, sum, native: Some(&hist.native), beside });
        });
    }
}

/// The histograms of a family, however many labels it has.
pub trait Histograms {
    /// What is stored apart from them, by row.
    fn natives(&self) -> Box<dyn Iterator<Item = Parts> + '_>;
    /// Puts that back, and counts its bytes. What isn't there, or doesn't fit, is made of the classic buckets.
    fn restore(&mut self, core: &mut Core, family: &'static Family, natives: Vec<Parts>);
    /// Other classic buckets are in force.
    fn rebucket(&mut self, core: &mut Core, family: &'static Family, before: &[f64]);
    fn forget_case(&mut self, core: &Core, gone: &Gone);
}

impl<const N: usize> Histograms for Series<N, Hist> {
    fn natives(&self) -> Box<dyn Iterator<Item = Parts> + '_> {
        Box::new(self.rows.iter().map(|row| row.value.native.parts()))
    }

    fn restore(&mut self, core: &mut Core, family: &'static Family, natives: Vec<Parts>) {
        let mut natives = natives.into_iter();
        for row in 0..self.rows.len() {
            let native = natives.next().and_then(Native::restore);
            let hist = self.value(row);
            let fits = native.filter(|native| native.count() == hist.count());
            hist.native = fits.unwrap_or_else(|| Native::of_classic(core.bounds(family), &hist.counts));
            core.taken.bytes += hist.native.bytes();
        }
    }

    fn rebucket(&mut self, core: &mut Core, family: &'static Family, before: &[f64]) {
        for row in 0..self.rows.len() {
            let after = core.bounds(family);
            let row = self.rows.get_mut(row).expect("within the table");
            row.value.rebucket(before, after);
            let lines = [before, after].map(lines);
            core.taken.relines(lines, family.name.len() + core.names_bytes(family, &row.key.0));
        }
    }

    fn forget_case(&mut self, core: &Core, gone: &Gone) {
        Series::forget_case(self, core, gone);
    }
}

/// Keys, values and times are stored one after the other.
impl<const N: usize, V: Clone + Serialize> Serialize for Series<N, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_struct("Series", 3)?;
        parts.serialize_field("keys", &Column(&self.rows, |row| &row.key))?;
        parts.serialize_field("values", &Column(&self.rows, |row| &row.value))?;
        parts.serialize_field("created", &Column(&self.rows, |row| &row.created))?;
        parts.end()
    }
}

/// One part of each row.
struct Column<'a, const N: usize, V, T>(&'a CowVec<Row<N, V>>, fn(&Row<N, V>) -> &T);

impl<const N: usize, V: Clone, T: Serialize> Serialize for Column<'_, N, V, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Column(rows, part) = self;
        let mut column = serializer.serialize_seq(Some(rows.len()))?;
        for row in rows.iter() {
            column.serialize_element(part(row))?;
        }
        column.end()
    }
}

impl<'de, const N: usize, V: Clone + Deserialize<'de>> Deserialize<'de> for Series<N, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored<const N: usize, V> {
            keys: Vec<Key<N>>,
            values: Vec<V>,
            created: Vec<Timestamp>,
        }
        let Stored { keys, values, created } = Stored::<N, V>::deserialize(deserializer)?;
        if keys.len() != values.len() || keys.len() != created.len() {
            return Err(serde::de::Error::custom("not as many keys as values and times"));
        }
        let rows = keys.into_iter().zip(values).zip(created);
        let rows = rows.map(|((key, value), created)| Row { key, created, value }).collect();
        Ok(Series { rows, ..Series::default() })
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The judge is chance: of so many places as an index has for them, about so many have somebody.
    #[test]
    fn keys_of_small_dense_numbers_are_spread_as_by_chance() {
        let keys =
            (0..50_u32).flat_map(|system| (0..200).flat_map(move |name| (0..10).map(move |word| (system, name, word))));
        let spread = |hash: &dyn Fn(u32, u32, u32) -> u64| {
            keys.clone().map(|(system, name, word)| hash(system, name, word) >> 47).collect::<BTreeSet<_>>().len()
        };
        let expected = (1 << 17) as f64 * (1.0 - (-100_000.0 / (1 << 17) as f64).exp());
        for places in [
            spread(&|system, name, word| Key([system, word / 2, name, word % 2]).hash()),
            spread(&|system, name, word| Key([system, name, word]).hash()),
            spread(&|system, name, word| Key([system, name * 10 + word]).hash()),
            spread(&|system, name, word| Key([word, system, 1, name, 0]).hash()),
        ] {
            assert!(places as f64 > 0.97 * expected, "{places} of {expected}");
        }
    }
}

//! [`Table`]: the rows of one family, as packed key → dense index → value.
//!
//! The family is a parameter of each call, so that all families with as many labels and the same kind of value share the
//! machine code: a dozen series are touched for each event, and code for each metric apart would not fit the
//! processor's cache. [`super::series::Series`] is the typed face that always passes the right one.

use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::core::Core;
use super::correction::Correction;
use super::cow::{CowVec, Derived, Share};
use super::erasure::Gone;
use super::exemplars::Exemplars;
use super::family::{Family, Metadata, Sink, Type, Values};
use super::index::Index;
use super::key::{Key, LABELS_MAX, Stored};
use super::labels::OTHER;
use super::marks::{ColumnReader, ColumnWriter};
use super::native::STEP_BYTES;
use super::value::{Target, Value};
use crate::event::Timestamp;

/// The series of one family.
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    rows: CowVec<Row<K, V>>,
    exemplars: Exemplars,
    index: Derived<Index>,
}

/// One series, in one piece: whoever compares the key needs the value next.
#[derive(Clone, Debug)]
struct Row<K, V> {
    key: K,
    created: Timestamp,
    value: V,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table { rows: CowVec::default(), exemplars: Exemplars::default(), index: Derived::default() }
    }
}

impl<K, V> Share for Table<K, V> {
    fn share(&mut self) {
        self.rows.share();
        self.exemplars.share();
    }
}

impl<K: Key, V: Value> Table<K, V> {
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// The row of `key`, made when it is new. Over the bound of series in all, the values of the open labels become
    /// `other`.
    pub fn row(&mut self, core: &mut Core, family: &'static Family, key: K) -> usize {
        match self.find(&key) {
            Some(row) => row,
            None => self.make(core, family, key, false),
        }
    }

    /// As [`Table::row`], for what the configuration declares: it is admitted over the bounds too.
    pub fn declared_row(&mut self, core: &mut Core, family: &'static Family, key: K) -> usize {
        match self.find(&key) {
            Some(row) => row,
            None => self.make(core, family, key, true),
        }
    }

    pub fn value(&mut self, row: usize) -> &mut V {
        &mut self.rows.get_mut(row).expect("the index points into the table").value
    }

    pub fn key(&self, row: usize) -> K {
        self.rows.get(row).map_or(K::ZERO, |row| row.key)
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.find(key).and_then(|row| self.rows.get(row)).map(|row| &row.value)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.rows.iter().map(|row| &row.value)
    }

    pub fn each_mut(&mut self, mut change: impl FnMut(&mut V)) {
        self.rows.each_mut(|row| change(&mut row.value));
    }

    /// Keeps the case of the event that is being folded as the exemplar of a row.
    pub fn note(&mut self, core: &Core, row: usize, nanos: i64) {
        self.exemplars.note(core, row, nanos);
    }

    /// The same series under other keys: for a checkpoint in which a metric had other labels.
    pub fn rekeyed<L: Key>(self, key: impl Fn(K) -> L) -> Table<L, V> {
        let rows =
            self.rows.iter().map(|row| Row { key: key(row.key), created: row.created, value: row.value.clone() });
        Table { rows: rows.collect(), ..Table::default() }
    }

    fn find(&self, key: &K) -> Option<usize> {
        self.index.find(key.hash(), |row| {
            let row = row as usize;
            self.rows.get(row).is_some_and(|it| it.key == *key).then_some(row)
        })
    }

    #[cold]
    fn make(&mut self, core: &mut Core, family: &'static Family, mut key: K, declared: bool) -> usize {
        debug_assert_eq!(family.labels.len(), K::LEN, "{}", family.name);
        if !declared && (core.series >= core.model.limits.series || core.is_full()) {
            for (value, label) in key.as_mut().iter_mut().zip(family.labels) {
                if matches!(label.values, Values::Open) && *value != OTHER {
                    *value = OTHER;
                    core.limited(family.name, label.name);
                }
            }
            if let Some(row) = self.find(&key) {
                return row;
            }
        }
        let row = self.rows.len();
        self.rows.push(Row { key, created: core.now, value: V::default() });
        Self::count(core, family, key);
        self.index.insert(key.hash(), row as u32);
        row
    }

    fn count(core: &mut Core, family: &'static Family, key: K) {
        core.series += 1;
        let size = size_of::<K>() + size_of::<V>() + size_of::<Timestamp>();
        let names = family.name.len() + core.names_bytes(family, key.as_ref());
        core.taken.series(size, lines(core.bounds(family)), names);
        if family.kind != Type::Gauge {
            core.taken.created(names);
        }
        if family.kind == Type::Histogram {
            core.taken.bytes += STEP_BYTES;
        }
        if family.exemplars {
            core.taken.exemplar();
        }
    }

    /// Rebuilds the index of a restored table and counts its series.
    pub fn rebuild(&mut self, core: &mut Core, family: &'static Family) {
        for row in 0..self.rows.len() {
            let key = self.key(row);
            self.index.insert(key.hash(), row as u32);
            Self::count(core, family, key);
        }
    }

    /// The clock was ahead: moves when series began, and when their exemplars were counted.
    pub fn correct(&mut self, clock: &Correction) {
        self.rows.each_mut(|row| clock.correct_receipt(&mut row.created));
        self.exemplars.correct(clock);
    }

    /// The values of all rows, as a column of a mark.
    pub fn column(&self) -> Vec<u8> {
        let mut column = ColumnWriter::default();
        self.values().for_each(|value| value.mark(&mut column));
        column.into_bytes()
    }

    /// Writes a sample for each series; of a window, what it added. A scraper is shown newborn counters and histograms at 0: it counts what a series
    /// gains after the first sample that it sees.
    pub fn visit(&self, core: &Core, family: &'static Family, sink: &mut dyn Sink) {
        family.announce(sink);
        let bounds = core.bounds(family);
        let grows = family.kind != Type::Gauge;
        let nothing = (core.newborn_after.is_some() && grows).then(V::default);
        let mut column = core.mark.as_ref().filter(|_| grows).map(|mark| ColumnReader::of(mark.of(family.name)));
        // Most labels are those of the series before.
        let (mut texts, mut known) = ([""; LABELS_MAX], None::<&K>);
        for (at, Row { key, created, value }) in self.rows.iter().enumerate() {
            let since = column.as_mut().map(|column| value.since(column));
            let labels = &mut texts[..K::LEN];
            let is_shown = core.texts(family, key.as_ref(), known.map(AsRef::as_ref), labels);
            known = is_shown.then_some(key);
            if !is_shown {
                continue;
            }
            let metadata = Metadata { created: Some(*created), exemplar: self.exemplars.get(at) };
            let (value, metadata) = match &nothing {
                Some(nothing) if core.is_newborn(*created) => (nothing, Metadata { exemplar: None, ..metadata }),
                _ => (since.as_ref().unwrap_or(value), metadata),
            };
            value.visit(&mut Target { family, bounds, labels, metadata, sink });
        }
    }

    /// Removes the exemplars of a case.
    pub fn forget_exemplars(&mut self, core: &Core, gone: &Gone) {
        let rows = &self.rows;
        self.exemplars.forget_case(core, gone, |row| rows.get(row).map_or(0, |row| row.key.as_ref()[0]));
    }
}

/// Lines of a series in an exposition, without that of its creation.
pub fn lines(bounds: &[f64]) -> usize {
    if bounds.is_empty() { 1 } else { bounds.len() + 3 }
}

/// Keys, values and times are stored one after the other.
impl<K: Key, V: Clone + Serialize> Serialize for Table<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_struct("Series", 3)?;
        parts.serialize_field("keys", &Column(&self.rows, |row| Stored(row.key)))?;
        parts.serialize_field("values", &Column(&self.rows, |row| &row.value))?;
        parts.serialize_field("created", &Column(&self.rows, |row| row.created))?;
        parts.end()
    }
}

/// One part of each row.
struct Column<'a, K, V, T>(&'a CowVec<Row<K, V>>, fn(&'a Row<K, V>) -> T);

impl<K: Clone, V: Clone, T: Serialize> Serialize for Column<'_, K, V, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Column(rows, part) = self;
        let mut column = serializer.serialize_seq(Some(rows.len()))?;
        for row in rows.iter() {
            column.serialize_element(&part(row))?;
        }
        column.end()
    }
}

impl<'de, K: Key, V: Value + Deserialize<'de>> Deserialize<'de> for Table<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(bound(deserialize = "K: Key, V: Deserialize<'de>"))]
        struct Columns<K, V> {
            keys: Vec<Stored<K>>,
            values: Vec<V>,
            created: Vec<Timestamp>,
        }
        let Columns { keys, values, created } = Columns::<K, V>::deserialize(deserializer)?;
        if keys.len() != values.len() || keys.len() != created.len() {
            return Err(serde::de::Error::custom("not as many keys as values and times"));
        }
        let rows = keys.into_iter().zip(values).zip(created);
        let rows = rows.map(|((Stored(key), value), created)| Row { key, created, value }).collect();
        Ok(Table { rows, ..Table::default() })
    }
}

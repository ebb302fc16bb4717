//! [`Series`]: the series of one metric. The metric gives the family, the labels and the kind of value, so that none of
//! the three can be mixed up.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::core::Core;
use super::correction::Correction;
use super::cow::Share;
use super::erasure::Gone;
use super::family::{Sink, Type};
use super::hist::Hist;
use super::histograms::Histogram;
use super::metric::Metric;
use super::parts::Part;
use super::table::Table;
use super::value::{Nanos, Value};
use crate::event::Fixed;

/// The series of a metric, one for each combination of label values.
///
/// ```
/// use day90::state::engine::core::Core;
/// use day90::state::engine::family::{Family, SYSTEM, counter, open};
/// use day90::state::engine::metric::Metric;
/// use day90::state::engine::series::Series;
///
/// struct Opened;
/// impl Metric for Opened {
///     type Key = [u32; 2];
///     type Value = u64;
///     const FAMILY: &'static Family = &counter("opened_total", &[SYSTEM, open("queue")], "Cases opened.");
/// }
/// let (mut core, mut opened) = (Core::default(), Series::<Opened>::default());
/// opened.add(&mut core, [0, 1], 1);
/// assert_eq!(opened.get([0, 1]), Some(&1));
/// ```
///
/// A wrong number of labels doesn't compile, nor does another kind of value:
///
/// ```compile_fail,E0308
/// # use day90::state::engine::core::Core;
/// # use day90::state::engine::family::{Family, SYSTEM, counter, open};
/// # use day90::state::engine::metric::Metric;
/// # use day90::state::engine::series::Series;
/// # struct Opened;
/// # impl Metric for Opened {
/// #     type Key = [u32; 2];
/// #     type Value = u64;
/// #     const FAMILY: &'static Family = &counter("opened_total", &[SYSTEM, open("queue")], "Cases opened.");
/// # }
/// # let (mut core, mut opened) = (Core::default(), Series::<Opened>::default());
/// opened.add(&mut core, [0, 1, 2], 1);
/// ```
pub struct Series<M: Metric>(Table<M::Key, M::Value>);

impl<M: Metric> Series<M>
where
    M::Value: Value,
{
    /// The value of `key`, made at its default when it is new. Over the bound of series in all, the values of the open
    /// labels become `other`.
    #[inline]
    pub fn at(&mut self, core: &mut Core, key: M::Key) -> &mut M::Value {
        let row = self.0.row(core, M::FAMILY, key);
        self.0.value(row)
    }

    /// Makes the series at its default, if it isn't there: for what the configuration declares.
    pub fn declare(&mut self, core: &mut Core, key: M::Key) {
        self.0.declared_row(core, M::FAMILY, key);
    }

    /// Counts of a metric that had other labels in an older checkpoint, before its index is rebuilt. Two keys must not become
    /// one.
    pub fn renamed<N: Metric<Value = M::Value>>(old: Series<N>, key: impl Fn(N::Key) -> M::Key) -> Series<M> {
        Series(old.0.rekeyed(key))
    }

    pub fn get(&self, key: M::Key) -> Option<&M::Value> {
        self.0.get(&key)
    }

    /// Changes the value of every series.
    pub fn each_mut(&mut self, change: impl FnMut(&mut M::Value)) {
        self.0.each_mut(change);
    }

    /// Announces the family and writes a sample for each series.
    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.0.visit(core, M::FAMILY, sink);
    }
}

impl<M: Metric<Value = u64>> Series<M> {
    #[inline]
    pub fn add(&mut self, core: &mut Core, key: M::Key, count: u64) {
        let value = self.at(core, key);
        *value = value.saturating_add(count);
    }

    /// As [`Series::add`] with 1, and keeps the case of the event as an exemplar.
    #[inline]
    pub fn add_case(&mut self, core: &mut Core, key: M::Key) {
        const { assert!(M::FAMILY.exemplars, "declare it with counter_of_cases") };
        let row = self.0.row(core, M::FAMILY, key);
        let value = self.0.value(row);
        *value = value.saturating_add(1);
        self.0.note(core, row, Fixed::ONE.nanos());
    }

    /// Moves a gauge from where something was to where it is now.
    pub fn shift(&mut self, core: &mut Core, from: Option<M::Key>, to: Option<M::Key>) {
        if let Some(key) = to {
            *self.at(core, key) += 1;
        }
        if let Some(key) = from {
            let level = self.at(core, key);
            *level = level.saturating_sub(1);
        }
    }
}

impl<M: Metric<Value = Nanos>> Series<M> {
    #[inline]
    pub fn add_nanos(&mut self, core: &mut Core, key: M::Key, nanos: i64) {
        *self.at(core, key) += i128::from(nanos);
    }
}

impl<M: Metric<Value = Hist>> Series<M> {
    /// Counts one observation, in units of 1e-9.
    #[inline]
    pub fn observe(&mut self, core: &mut Core, key: M::Key, nanos: i64) {
        self.0.observe(core, M::FAMILY, key, nanos);
    }
}

impl<M: Metric> Part for Series<M>
where
    M::Value: Value,
    Table<M::Key, M::Value>: MaybeHistogram,
{
    fn rebuild(&mut self, core: &mut Core) {
        self.0.rebuild(core, M::FAMILY);
    }
    fn correct(&mut self, clock: &Correction) {
        self.0.correct(clock);
    }
    fn forget_exemplars(&mut self, core: &Core, gone: &Gone) {
        if M::FAMILY.exemplars {
            self.0.forget_exemplars(core, gone);
        }
    }
    fn column(&self) -> Option<(&'static str, Vec<u8>)> {
        (M::FAMILY.kind != Type::Gauge).then(|| (M::FAMILY.name, self.0.column()))
    }
    fn histogram(&self) -> Option<(&'static super::family::Family, &dyn Histogram)> {
        Some((M::FAMILY, self.0.as_histogram()?))
    }
    fn histogram_mut(&mut self) -> Option<(&'static super::family::Family, &mut dyn Histogram)> {
        Some((M::FAMILY, self.0.as_histogram_mut()?))
    }
}

/// Tells the tables of histograms from the others.
pub trait MaybeHistogram {
    fn as_histogram(&self) -> Option<&dyn Histogram> {
        None
    }
    fn as_histogram_mut(&mut self) -> Option<&mut dyn Histogram> {
        None
    }
}

impl<K> MaybeHistogram for Table<K, u64> {}
impl<K> MaybeHistogram for Table<K, Nanos> {}
impl<K: super::key::Key> MaybeHistogram for Table<K, Hist> {
    fn as_histogram(&self) -> Option<&dyn Histogram> {
        Some(self)
    }
    fn as_histogram_mut(&mut self) -> Option<&mut dyn Histogram> {
        Some(self)
    }
}

impl<M: Metric> Default for Series<M> {
    fn default() -> Self {
        Series(Table::default())
    }
}

impl<M: Metric> Clone for Series<M>
where
    M::Value: Clone,
{
    fn clone(&self) -> Self {
        Series(self.0.clone())
    }
}

impl<M: Metric> std::fmt::Debug for Series<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Series of {}", M::FAMILY.name)
    }
}

impl<M: Metric> Share for Series<M> {
    fn share(&mut self) {
        self.0.share();
    }
}

impl<M: Metric> Serialize for Series<M>
where
    M::Value: Clone + Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, M: Metric> Deserialize<'de> for Series<M>
where
    M::Value: Value + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Table::deserialize(deserializer).map(Series)
    }
}

//! [`Value`]: what a series can hold, and how its sample is written.

use super::family::{Family, Metadata, Number, Sink, Type};
use super::marks::{ColumnReader, ColumnWriter};

/// What a series can hold.
pub trait Value: Clone + Default {
    /// Writes one sample; `bounds` are those of the classic buckets of the family.
    fn visit(&self, to: &mut Target<'_, '_>);
    /// Appends it to a column of [`super::marks`].
    fn mark(&self, column: &mut ColumnWriter);
    /// What was added since the value that is next in a column, which is taken off.
    fn since(&self, column: &mut ColumnReader<'_>) -> Self;
}

/// Where a series writes its sample.
pub struct Target<'a, 's> {
    pub family: &'static Family,
    pub bounds: &'a [f64],
    pub labels: &'a [&'a str],
    pub metadata: Metadata<'a>,
    pub sink: &'a mut (dyn Sink + 's),
}

impl Target<'_, '_> {
    fn number(&mut self, number: Number) {
        match self.family.kind {
            Type::Counter => self.sink.counter(self.labels, number, self.metadata),
            _ => self.sink.sample(self.labels, number),
        }
    }
}

/// A count or a level.
impl Value for u64 {
    fn visit(&self, to: &mut Target<'_, '_>) {
        to.number(Number::Count(*self));
    }
    fn mark(&self, column: &mut ColumnWriter) {
        column.put(u128::from(*self));
    }
    fn since(&self, column: &mut ColumnReader<'_>) -> u64 {
        self.saturating_sub(u64::try_from(column.take()).unwrap_or(u64::MAX))
    }
}

/// A sum or a level in units of 1e-9: seconds, money, a timestamp.
pub type Nanos = i128;

impl Value for Nanos {
    fn visit(&self, to: &mut Target<'_, '_>) {
        to.number(Number::Nanos(*self));
    }
    /// Counters of seconds and money are never negative.
    fn mark(&self, column: &mut ColumnWriter) {
        column.put((*self).max(0).cast_unsigned());
    }
    fn since(&self, column: &mut ColumnReader<'_>) -> Nanos {
        *self - column.take().cast_signed()
    }
}

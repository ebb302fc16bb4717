//! [`Value`]: what a series can hold, and how its sample is written.

use super::family::{Family, Metadata, Number, Sink, Type};

/// What a series can hold.
pub trait Value: Clone + Default {
    /// Writes one sample; `bounds` are those of the classic buckets of the family.
    fn visit(&self, to: &mut Target<'_, '_>);
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
}

/// A sum or a level in units of 1e-9: seconds, money, a timestamp.
pub type Nanos = i128;

impl Value for Nanos {
    fn visit(&self, to: &mut Target<'_, '_>) {
        to.number(Number::Nanos(*self));
    }
}

//! Prometheus' protobuf format: `io.prometheus.client.MetricFamily` messages, each behind its length.
//!
//! It is the one format with native histograms. The numbers of the fields are those of metrics.proto in
//! prometheus/client_model; the few that are needed are written by hand. The length of a message stands before it: that of a
//! family is put where room was left for it, that of a small part is known once it was made in a buffer that is kept.

use crate::event::Timestamp;
use crate::state::engine::exemplars;
use crate::state::engine::exemplars::Exemplar;
use crate::state::engine::family::{Metadata, Buckets, Number, Sink, Type};
use crate::state::engine::native::{Native, Span, ZERO_THRESHOLD};

/// Wire types.
const VARINT: u32 = 0;
const DOUBLE: u32 = 1;
const BYTES: u32 = 2;

/// Collects an exposition.
#[derive(Debug, Default)]
pub struct Protobuf {
    out: Vec<u8>,
    /// Where the family at hand begins, and its metrics.
    family: usize,
    metrics: usize,
    /// Bytes that are left for its length; about as many as the longest family needs.
    room: usize,
    kind: Option<Type>,
    /// For each label: its name, up to the tag of the value.
    names: Vec<Vec<u8>>,
    /// The first label of the metric before, which mostly is that of the next: its value, and its bytes.
    first: (String, Vec<u8>),
    /// When the series before began, which mostly is when the next one did: the field and the moment, and their bytes.
    began: (Option<(u32, Timestamp)>, Vec<u8>),
    native: bool,
    /// The value of the metric at hand.
    part: Vec<u8>,
    exemplar: Vec<u8>,
    spans: Vec<Span>,
    deltas: Vec<i64>,
}

impl Protobuf {
    /// With room for as many bytes as the last exposition had, and some more.
    pub fn sized(bytes: usize, native: bool) -> Protobuf {
        let out = Vec::with_capacity(bytes + bytes / 16);
        Protobuf { out, room: length_of(bytes as u64), native, ..Protobuf::default() }
    }

    pub fn into_bytes(mut self) -> Vec<u8> {
        self.end_family();
        self.out
    }

    /// Puts the length of the family before it. One without metrics is not shown.
    fn end_family(&mut self) {
        if self.out.len() == self.metrics {
            return self.out.truncate(self.family);
        }
        let (end, begin) = (self.out.len(), self.family + self.room);
        let length = (end - begin) as u64;
        let room = length_of(length);
        if room > self.room {
            self.out.resize(end + room - self.room, 0);
        }
        if room != self.room {
            self.out.copy_within(begin..end, self.family + room);
            self.out.truncate(self.family + room + length as usize);
        }
        let mut spelled = Vec::with_capacity(room);
        varint(&mut spelled, length);
        self.out[self.family..self.family + room].copy_from_slice(&spelled);
    }

    /// Puts the value that was made behind its labels, as this field of the metric.
    fn metric(&mut self, values: &[&str], field: u32) {
        let pair = |(name, value): (&Vec<u8>, &&str)| name.len() + length_of(value.len() as u64) + value.len();
        let mut pairs = self.names.iter().zip(values);
        if let Some((name, value)) = pairs.next()
            && (self.first.0 != **value || self.first.1.is_empty())
        {
            (*value).clone_into(&mut self.first.0);
            self.first.1.clear();
            label(&mut self.first.1, name, value, pair((name, value)));
        }
        let rest: usize = pairs.clone().map(pair).map(|length| 1 + length_of(length as u64) + length).sum();
        let first: &[u8] = if values.is_empty() { &[] } else { &self.first.1 };
        let value = 1 + length_of(self.part.len() as u64) + self.part.len();
        let out = &mut self.out;
        tag(out, 4, BYTES);
        varint(out, (first.len() + rest + value) as u64);
        out.extend_from_slice(first);
        for (name, value) in pairs {
            label(out, name, value, pair((name, value)));
        }
        message(out, field, &self.part);
    }

    /// A counter or a gauge.
    fn scalar(&mut self, values: &[&str], number: Number, metadata: Metadata<'_>) {
        self.part.clear();
        double(&mut self.part, 1, number.as_f64());
        if self.kind == Some(Type::Counter) {
            if let Some(exemplar) = metadata.exemplar {
                write_exemplar(&mut self.exemplar, exemplar);
                message(&mut self.part, 2, &self.exemplar);
            }
            self.created(3, metadata.created);
        }
        self.metric(values, if self.kind == Some(Type::Counter) { 3 } else { 2 });
    }

    fn classic(&mut self, buckets: &Buckets<'_>, count: u64) {
        let exemplar = buckets.metadata.exemplar;
        let value = exemplar.map(|exemplar| Number::Nanos(exemplar.nanos.into()).as_f64());
        let place = value.map(|value| buckets.bounds.partition_point(|bound| *bound < value));
        if let Some(exemplar) = exemplar {
            write_exemplar(&mut self.exemplar, exemplar);
        }
        let out = &mut self.part;
        number(out, 1, count);
        double(out, 2, buckets.sum.as_f64());
        let bounds = buckets.bounds.iter().copied().chain([f64::INFINITY]);
        let mut cumulated = 0;
        for (at, (count, bound)) in buckets.counts.iter().zip(bounds).enumerate() {
            cumulated += count;
            let mut length = 10 + length_of(cumulated);
            if place == Some(at) {
                length += 1 + length_of(self.exemplar.len() as u64) + self.exemplar.len();
            }
            tag(out, 3, BYTES);
            varint(out, length as u64);
            number(out, 1, cumulated);
            double(out, 2, bound);
            if place == Some(at) {
                message(out, 3, &self.exemplar);
            }
        }
        self.created(15, buckets.metadata.created);
    }

    /// Puts the moment at which the series began behind its value.
    fn created(&mut self, field: u32, created: Option<Timestamp>) {
        let Some(created) = created else { return };
        let (of, bytes) = &mut self.began;
        if *of != Some((field, created)) {
            *of = Some((field, created));
            bytes.clear();
            moment(bytes, field, created);
        }
        self.part.extend_from_slice(bytes);
    }

    fn native(&mut self, native: &Native, exemplar: Option<&Exemplar>) {
        native.spans(&mut self.spans, &mut self.deltas);
        let out = &mut self.part;
        number(out, 5, zigzag(native.schema().into()));
        double(out, 6, ZERO_THRESHOLD);
        number(out, 7, native.zeros());
        for span in &self.spans {
            let (offset, length) = (zigzag(span.offset.into()), u64::from(span.length));
            tag(out, 12, BYTES);
            varint(out, (2 + length_of(offset) + length_of(length)) as u64);
            number(out, 1, offset);
            number(out, 2, length);
        }
        self.deltas.iter().for_each(|delta| number(out, 13, zigzag(*delta)));
        if exemplar.is_some() {
            message(out, 16, &self.exemplar);
        }
    }
}

impl Sink for Protobuf {
    fn family(&mut self, name: &str, kind: Type, help: &str, labels: &[&str]) {
        self.end_family();
        self.family = self.out.len();
        self.out.resize(self.family + self.room, 0);
        message(&mut self.out, 1, name.as_bytes());
        message(&mut self.out, 2, help.as_bytes());
        number(&mut self.out, 3, [0, 1, 4][kind as usize]);
        self.metrics = self.out.len();
        self.first.1.clear();
        self.kind = Some(kind);
        let name = |label: &&str| {
            let mut name = Vec::new();
            message(&mut name, 1, label.as_bytes());
            tag(&mut name, 2, BYTES);
            name
        };
        self.names = labels.iter().map(name).collect();
    }

    fn sample(&mut self, values: &[&str], number: Number) {
        self.scalar(values, number, Metadata::default());
    }

    fn counter(&mut self, values: &[&str], number: Number, metadata: Metadata<'_>) {
        self.scalar(values, number, metadata);
    }

    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>) {
        self.part.clear();
        self.classic(&buckets, buckets.counts.iter().sum());
        if let Some(native) = buckets.native.filter(|_| self.native) {
            self.native(native, buckets.metadata.exemplar);
        }
        self.metric(values, 7);
    }
}

/// A label whose bytes behind its length are so many.
fn label(out: &mut Vec<u8>, name: &[u8], value: &str, length: usize) {
    tag(out, 1, BYTES);
    varint(out, length as u64);
    out.extend_from_slice(name);
    varint(out, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
}

fn write_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    out.clear();
    let (name, case) = (exemplars::LABEL, exemplar.case.as_bytes());
    tag(out, 1, BYTES);
    let lengths = length_of(name.len() as u64) + length_of(case.len() as u64);
    varint(out, (2 + lengths + name.len() + case.len()) as u64);
    message(out, 1, name.as_bytes());
    message(out, 2, case);
    double(out, 2, Number::Nanos(exemplar.nanos.into()).as_f64());
    moment(out, 3, exemplar.at);
}

/// A `google.protobuf.Timestamp`.
fn moment(out: &mut Vec<u8>, field: u32, at: Timestamp) {
    const SECOND: i64 = 1_000_000_000;
    let (seconds, nanos) = (at.nanos().div_euclid(SECOND) as u64, at.nanos().rem_euclid(SECOND) as u64);
    tag(out, field, BYTES);
    varint(out, (2 + length_of(seconds) + length_of(nanos)) as u64);
    number(out, 1, seconds);
    number(out, 2, nanos);
}

fn tag(out: &mut Vec<u8>, field: u32, wire: u32) {
    varint(out, u64::from(field << 3 | wire));
}

fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    tag(out, field, VARINT);
    varint(out, value);
}

fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    tag(out, field, DOUBLE);
    out.extend_from_slice(&value.to_le_bytes());
}

fn message(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    tag(out, field, BYTES);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[inline]
fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes of a varint.
fn length_of(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_as_long_as_they_say() {
        for value in (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit]).chain([u64::MAX]) {
            let mut out = Vec::new();
            varint(&mut out, value);
            assert_eq!(out.len(), length_of(value), "{value}");
        }
        assert_eq!([0, -1, 1, i64::MIN].map(zigzag), [0, 1, 2, u64::MAX]);
    }
}

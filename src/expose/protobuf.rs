//! Prometheus' protobuf format: `io.prometheus.client.MetricFamily` messages, each after its length.
//!
//! It is the one format with native histograms. The field numbers are those of metrics.proto in prometheus/client_model; the
//! few that are needed are written by hand. A length comes before its message: room is left for that of a family, and small
//! parts are made in a reused buffer first.

use super::labels::Labels;
use super::out::{Exposition, Out};
use super::wire::{BYTES, double, length_of, message, moment, number, tag, varint, zigzag};
use crate::event::Timestamp;
use crate::state::engine::exemplar::{self, Exemplar};
use crate::state::engine::family::{Buckets, Metadata, Number, Sink, Type};
use crate::state::engine::native::{Native, Span, ZERO_THRESHOLD};

/// Collects an exposition.
#[derive(Debug, Default)]
pub struct Protobuf {
    out: Out,
    /// Where the current family begins, and where its metrics begin.
    family: usize,
    metrics: usize,
    /// Bytes to leave for the length of a family: about as many as the longest one needs.
    room: usize,
    /// Bytes left for that of the current one.
    room_left: usize,
    kind: Option<Type>,
    /// For each label: its name, up to the tag of the value.
    names: Vec<Vec<u8>>,
    labels: Labels,
    /// When the previous series began, which most often is when the next one did: field and moment, and their bytes.
    began: (Option<(u32, Timestamp)>, Vec<u8>),
    native: bool,
    /// The value of the current metric.
    part: Vec<u8>,
    exemplar: Vec<u8>,
    spans: Vec<Span>,
    deltas: Vec<i64>,
}

impl Protobuf {
    /// With room for `bytes`, the size of the last exposition, and some more.
    pub fn sized(bytes: usize, packed: bool, native: bool) -> Protobuf {
        let out = Out::sized(bytes + bytes / 16, packed);
        Protobuf { out, room: length_of(bytes as u64), native, ..Protobuf::default() }
    }

    pub fn finish(mut self) -> Exposition {
        self.end_family();
        self.out.finish()
    }

    /// Writes the family's length before it. A family without metrics is removed.
    fn end_family(&mut self) {
        if self.out.end_aside(varint) {
            return;
        }
        if self.out.bytes.len() == self.metrics {
            return self.out.bytes.truncate(self.family);
        }
        let (end, begin) = (self.out.bytes.len(), self.family + self.room);
        let length = (end - begin) as u64;
        let room = length_of(length);
        if room > self.room {
            self.out.bytes.resize(end + room - self.room, 0);
        }
        if room != self.room {
            self.out.bytes.copy_within(begin..end, self.family + room);
            self.out.bytes.truncate(self.family + room + length as usize);
        }
        let mut spelled = Vec::with_capacity(room);
        varint(&mut spelled, length);
        self.out.bytes[self.family..self.family + room].copy_from_slice(&spelled);
    }

    /// Writes a metric: its labels, then the value in `part` as this field.
    fn metric(&mut self, values: &[&str], field: u32) {
        let names = &self.names;
        let labels = self.labels.set(values, |out, at, value| label(out, &names[at], value));
        let value = 1 + length_of(self.part.len() as u64) + self.part.len();
        let out = &mut self.out.bytes;
        tag(out, 4, BYTES);
        varint(out, (labels.len() + value) as u64);
        out.extend_from_slice(labels);
        message(out, field, &self.part);
        if self.out.settle_before(self.family, self.family + self.room_left) {
            (self.family, self.room_left) = (0, 0);
        }
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

    /// A histogram's count, sum and classic buckets.
    fn classic(&mut self, buckets: &Buckets<'_>) {
        if let Some(exemplar) = buckets.metadata.exemplar {
            write_exemplar(&mut self.exemplar, exemplar);
        }
        let value = |exemplar: &Exemplar| Number::Nanos(exemplar.nanos.into()).as_f64();
        let value = buckets.metadata.exemplar.map(value);
        let place = value.map(|value| buckets.bounds.partition_point(|bound| *bound < value));
        number(&mut self.part, 1, buckets.counts.iter().sum());
        double(&mut self.part, 2, buckets.sum.as_f64());
        let bounds = buckets.bounds.iter().copied().chain([f64::INFINITY]);
        let mut cumulated = 0;
        for (at, (count, bound)) in buckets.counts.iter().zip(bounds).enumerate() {
            cumulated += count;
            self.bucket(cumulated, bound, place == Some(at));
        }
        self.created(15, buckets.metadata.created);
    }

    /// One classic bucket, with the exemplar or without.
    fn bucket(&mut self, cumulated: u64, bound: f64, exemplar: bool) {
        let out = &mut self.part;
        let mut length = 10 + length_of(cumulated);
        if exemplar {
            length += 1 + length_of(self.exemplar.len() as u64) + self.exemplar.len();
        }
        tag(out, 3, BYTES);
        varint(out, length as u64);
        number(out, 1, cumulated);
        double(out, 2, bound);
        if exemplar {
            message(out, 3, &self.exemplar);
        }
    }

    /// Writes the moment at which the series began, after its value.
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
        self.out.settle();
        self.family = self.out.bytes.len();
        self.room_left = self.room;
        self.out.bytes.resize(self.family + self.room, 0);
        message(&mut self.out.bytes, 1, name.as_bytes());
        message(&mut self.out.bytes, 2, help.as_bytes());
        number(&mut self.out.bytes, 3, [0, 1, 4][kind as usize]);
        self.metrics = self.out.bytes.len();
        self.labels.begin(b"");
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
        self.classic(&buckets);
        if let Some(native) = buckets.native.filter(|_| self.native) {
            self.native(native, buckets.metadata.exemplar);
        }
        self.metric(values, 7);
    }
}

/// Writes a label.
fn label(out: &mut Vec<u8>, name: &[u8], value: &str) {
    tag(out, 1, BYTES);
    varint(out, (name.len() + length_of(value.len() as u64) + value.len()) as u64);
    out.extend_from_slice(name);
    varint(out, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
}

fn write_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    out.clear();
    let (name, case) = (exemplar::LABEL, exemplar.case.as_bytes());
    tag(out, 1, BYTES);
    let lengths = length_of(name.len() as u64) + length_of(case.len() as u64);
    varint(out, (2 + lengths + name.len() + case.len()) as u64);
    message(out, 1, name.as_bytes());
    message(out, 2, case);
    double(out, 2, Number::Nanos(exemplar.nanos.into()).as_f64());
    moment(out, 3, exemplar.at);
}

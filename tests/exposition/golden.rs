//! The bytes of each format for the same events: what changes here changes for every scraper.
//!
//! `DAY90_BLESS=1 cargo test --test tests -- exposition::golden` writes them again.

use std::sync::Arc;

use day90::config::Metrics;
use day90::event::{Context, Fixed, Inlet, Timestamp, json};
use day90::expose;
use day90::journal::{Disk, RealDisk};
use day90::pipeline::recover::recover;
use day90::state::State;
use day90::state::engine::dedupe::HashKey;
use day90::state::engine::family::{Buckets, Metadata, Number, Sink, Type};
use day90::state::engine::native::Native;
use day90::telemetry::Format;

use crate::harness::{one_of_each, repository};

/// 2026-11-23T09:00:00Z
const START: Timestamp = Timestamp::from_seconds(1_795_424_400);

/// One event of each type, and durations in neighboring and in distant buckets.
fn state() -> State {
    let mut state = State::new(HashKey(1, 2));
    state.advance(START);
    let context = Context {
        received: START,
        inlet: Inlet::Http,
        default_system: None,
        rating_scale: &|_| (Fixed::from_units(1), Fixed::from_units(5)),
        event_age: day90::event::kinds::EVENT_AGE,
        notes: None,
    };
    let task = |seconds: f64| {
        format!(
            r#"{{"type": "task.completed", "system": "other-agent", "case": "c-{seconds}", "action": "back\\slash", "outcome": "failed", "mode": "suggest", "duration_seconds": {seconds}}}"#
        )
    };
    let lines: Vec<String> = one_of_each().iter().map(ToString::to_string).collect();
    let tasks = [0.0, 0.001, 1.0, 1.05, 1.1, 1.3, 90.0, 5_000.0].map(task);
    for (line, sequence) in lines.iter().chain(&tasks).zip(1..) {
        let event = json::parse(line, 1, &context).unwrap_or_else(|rejection| panic!("{line}: {rejection:?}"));
        state.apply(&event, sequence);
    }
    state
}

#[test]
fn the_bytes_of_each_format_are_known() {
    let snapshot = state().snapshot();
    for (name, format) in
        [("text.txt", Format::Text), ("openmetrics.txt", Format::OpenMetrics), ("protobuf.bin", Format::Protobuf)]
    {
        let now = expose::write(format, Metrics::default(), 0, |sink| snapshot.visit(sink));
        let path = repository("tests/data/exposition").join(name);
        if std::env::var_os("DAY90_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &now).unwrap();
        }
        let then = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(now == then, "{name} differs: DAY90_BLESS=1 writes it again, and git diff shows how");
    }
}

/// Counts of the classic buckets and of the native ones, of every histogram.
#[derive(Default)]
struct Counts(Vec<(u64, u64)>);

impl Sink for Counts {
    fn family(&mut self, _: &str, _: Type, _: &str, _: &[&str]) {}
    fn sample(&mut self, _: &[&str], _: Number) {}
    fn histogram(&mut self, _: &[&str], buckets: Buckets<'_>) {
        let native = buckets.native.map(Native::count);
        self.0.extend(native.map(|native| (buckets.counts.iter().sum(), native)));
    }
}

#[track_caller]
fn expect_as_many(state: &State, histograms: usize) {
    let mut counts = Counts::default();
    state.snapshot().visit(&mut counts);
    assert!(counts.0.len() >= histograms, "{}", counts.0.len());
    assert!(counts.0.iter().all(|(classic, native)| classic == native), "{:?}", counts.0);
}

/// Without exemplars, which are not stored.
fn protobuf(state: &State) -> Vec<u8> {
    let metrics = Metrics::default();
    expose::write(Format::Protobuf, metrics, 0, |sink| state.snapshot().visit(&mut WithoutExemplars(sink)))
}

struct WithoutExemplars<'a>(&'a mut dyn Sink);

impl Sink for WithoutExemplars<'_> {
    fn family(&mut self, name: &str, kind: Type, help: &str, labels: &[&str]) {
        self.0.family(name, kind, help, labels);
    }
    fn sample(&mut self, values: &[&str], number: Number) {
        self.0.sample(values, number);
    }
    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>) {
        let metadata = Metadata { exemplar: None, ..buckets.metadata };
        self.0.histogram(values, Buckets { metadata, ..buckets });
    }
    fn counter(&mut self, values: &[&str], number: Number, metadata: Metadata<'_>) {
        self.0.counter(values, number, Metadata { exemplar: None, ..metadata });
    }
}

#[test]
fn a_checkpoint_keeps_native_buckets_to_the_last_one() {
    let state = state();
    expect_as_many(&state, 10);
    let mut stored = Vec::new();
    state.snapshot().encode_to(&mut stored).unwrap();
    let restored = State::decode(&stored).unwrap();
    assert!(protobuf(&restored) == protobuf(&state));
    expect_as_many(&restored, 10);
}

#[test]
fn what_older_releases_counted_is_in_native_buckets_too() {
    for release in ["0.1.0", "0.2.0"] {
        let data = repository("tests/data/formats").join(release).join("data");
        let (state, _) = recover(&(Arc::new(RealDisk::new(data)) as Arc<dyn Disk>)).unwrap();
        expect_as_many(&state, 10);
    }
}

//! What a scrape costs: 100,000 samples in each format, against the prometheus and prometheus-client crates with as many,
//! and over HTTP, packed, of the whole daemon; what the writer waits for a snapshot; and what native buckets add to an
//! observation. `tests/bench/run scrape`.
//!
//! CPU of this thread, or of the daemon, the median of several turns.

mod daemon;
mod lines;
mod load;

use std::hint::black_box;
use std::time::Instant;

use day90::config::model::Bounds;
use day90::config::{Metrics, Model};
use day90::event::{Body, Event, Fixed, Inlet, Mode, TaskOutcome, Timestamp};
use day90::expose;
use day90::state::State;
use day90::state::engine::dedupe::HashKey;
use day90::state::engine::native::Native;
use day90::telemetry::Format;
use prometheus::{Encoder, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

const SAMPLES: usize = 100_000;
/// Classic buckets of a task's duration; with `+Inf`, sum and count a histogram has three samples more.
const BOUNDS: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
const TURNS: usize = 15;
const START: Timestamp = Timestamp::from_seconds(1_795_424_400);
const LABELS: [&str; 3] = ["system", "action", "outcome"];

fn main() {
    if std::env::args().any(|argument| argument == "--rows") {
        return rows();
    }
    let histograms = SAMPLES / (BOUNDS.len() + 3);
    println!("CPU of a scrape of {SAMPLES} samples, ms; and how many times less than the prometheus crate takes");
    for (what, durations, series) in [("counters", 0, SAMPLES), ("histograms", 40, histograms)] {
        let state = state(series, durations);
        let peer = if durations > 0 { prometheus_histograms(series) } else { prometheus_counters(series) };
        let least = if durations > 0 { client_histograms(series) } else { client_counters(series) };
        println!("{what:<12} prometheus crate {peer:>8.2}   prometheus-client {least:>8.2} ({:.1})", peer / least);
        for (name, format, native) in [
            ("text", Format::Text, true),
            ("openmetrics", Format::OpenMetrics, true),
            ("protobuf", Format::Protobuf, true),
            ("protobuf, classic alone", Format::Protobuf, false),
        ] {
            let (took, bytes) = scrape(&state, format, native);
            println!("{what:<12} {name:<24} {took:>8.2}   {:>6.1} times   {bytes} bytes", peer / took);
        }
        let mut longest = 0.0_f64;
        let waits = (0..200).map(|_| {
            let begun = Instant::now();
            let snapshot = state.snapshot();
            let took = begun.elapsed().as_secs_f64() * 1e6;
            longest = longest.max(took);
            drop(snapshot);
            took
        });
        let mut waits: Vec<f64> = waits.collect();
        waits.sort_by(f64::total_cmp);
        println!("{what:<12} a snapshot of {series} series: {:.0} µs, at most {longest:.0}", waits[waits.len() / 2]);
    }
    observations();
}

/// Those of the table in docs/performance.md: 100,000 counters.
fn rows() {
    let (state, peer, client) = (state(SAMPLES, 0), prometheus_counters(SAMPLES), client_counters(SAMPLES));
    for (name, format) in [("text", Format::Text), ("OpenMetrics", Format::OpenMetrics), ("protobuf", Format::Protobuf)]
    {
        let (took, _) = scrape(&state, format, true);
        let (times, verdict) = (peer / took, if peer / took >= 25.0 { "held" } else { "**missed**" });
        println!(
            "| scrape of 100,000 samples, {name}: CPU ÷ that of the prometheus crate's gather and TextEncoder | ≤ 1/25 | \
             1/{times:.1} ({took:.1} ÷ {peer:.0} ms): {verdict} | prometheus-client 1/{:.1} |",
            peer / client
        );
    }
    let served = Served::start();
    for (name, accept) in ACCEPTS {
        let (took, bytes) = served.scrape(accept);
        let (times, verdict) = (peer / took, if peer / took >= 20.0 { "held" } else { "**missed**" });
        println!(
            "| scrape of 100,000 samples over HTTP with gzip, {name}: CPU of the daemon ÷ that of the prometheus crate's \
             gather and TextEncoder | ≤ 1/20 | 1/{times:.1} ({took:.1} ÷ {peer:.0} ms, {} KB): {verdict} | the same crate, \
             without HTTP and gzip |",
            bytes / 1_000
        );
    }
}

const ACCEPTS: [(&str, &str); 3] = [
    ("text", "text/plain;version=0.0.4"),
    ("OpenMetrics", "application/openmetrics-text;version=1.0.0"),
    ("protobuf", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"),
];

/// A daemon with as many counters.
struct Served(daemon::Day90);

impl Served {
    fn start() -> Served {
        let limits = format!("limits: {{series: {}, values_per_label: {SAMPLES}, memory: 2GiB}}\n", 10 * SAMPLES);
        let served = Served(daemon::Day90::start_configured("scrape", &limits));
        let line = |number: usize| {
            let [system, action, outcome] = labels(number);
            format!(
                r#"{{"type":"task.completed","system":"{system}","action":"{action}","outcome":"{outcome}","mode":"decide"}}"#
            )
        };
        let mut connection = daemon::Connection::open(served.0.address);
        (0..SAMPLES).step_by(1_000).for_each(|first| load::post(&mut connection, &lines::batch(first, 1_000, line)));
        served.0.settle();
        served
    }

    /// CPU milliseconds of a scrape, and its bytes.
    fn scrape(&self, accept: &str) -> (f64, usize) {
        let head = format!("accept: {accept}\r\naccept-encoding: gzip\r\nx-prometheus-scrape-timeout-seconds: 10\r\n");
        let mut took = Vec::new();
        let mut bytes = 0;
        for _ in 0..=TURNS {
            let begun = self.0.cpu_nanos();
            bytes = daemon::get_with(self.0.address, "/metrics", &head).len();
            took.push((self.0.cpu_nanos() - begun) as f64 / 1e6);
        }
        // The first one finds nothing ready.
        (load::median(&took[1..]), bytes)
    }
}

/// CPU milliseconds of a scrape, and its bytes.
fn scrape(state: &State, format: Format, native_histograms: bool) -> (f64, usize) {
    let metrics = Metrics { native_histograms, ..Metrics::default() };
    let mut bytes = 0;
    let took = median(|| {
        let snapshot = state.snapshot();
        bytes = expose::write(format, metrics, bytes, |sink| snapshot.visit(sink)).len();
    });
    (took, bytes)
}

/// The median of CPU milliseconds.
fn median(mut turn: impl FnMut()) -> f64 {
    turn();
    let mut took: Vec<u64> = (0..TURNS)
        .map(|_| {
            let begun = daemon::own_cpu_nanos();
            turn();
            daemon::own_cpu_nanos() - begun
        })
        .collect();
    took.sort_unstable();
    took[TURNS / 2] as f64 / 1e6
}

/// A state with so many series of tasks, each of which took so many durations.
fn state(series: usize, durations: usize) -> State {
    let mut state = State::new(HashKey(1, 2));
    state.advance(START);
    let limits = Bounds { series: 10 * SAMPLES, values_per_label: SAMPLES, ..Bounds::default() };
    state.configure(Model { limits, ..Model::default() }, 1);
    let mut sequence = 1;
    for number in 0..series {
        let action = format!("action-{:06}", number / 3);
        for duration in 0..durations.max(1) {
            let seconds = 0.05 * 1.3_f64.powi(((number + duration * 7) % 40) as i32);
            sequence += 1;
            let body = Body::TaskCompleted {
                action: action.as_str().into(),
                outcome: TaskOutcome::ALL[number % 3],
                mode: Mode::Decide,
                duration_seconds: (durations > 0).then(|| Fixed::from_f64(seconds).expect("in range")),
                version: None,
            };
            let event = Event {
                system: "refund-agent".into(),
                id: None,
                source: None,
                time: START,
                received: START,
                inlet: Inlet::Http,
                case: Some("c-0123456789".into()),
                unknown_fields: 0,
                repairs: Default::default(),
                skewed: false,
                behavior: None,
                body,
            };
            state.apply(&event, sequence);
        }
    }
    state
}

fn labels(number: usize) -> [String; 3] {
    let outcome = TaskOutcome::WORDS[number % 3].to_owned();
    ["refund-agent".to_owned(), format!("action-{:06}", number / 3), outcome]
}

#[expect(clippy::disallowed_methods, reason = "it is the peer")]
fn prometheus_counters(series: usize) -> f64 {
    let vec = IntCounterVec::new(Opts::new("day90_tasks_total", "Tasks."), &LABELS).expect("well formed");
    for number in 0..series {
        vec.with_label_values(&labels(number)).inc();
    }
    gather(Box::new(vec))
}

#[expect(clippy::disallowed_methods, reason = "it is the peer")]
fn prometheus_histograms(series: usize) -> f64 {
    let options = HistogramOpts::new("day90_task_duration_seconds", "Durations.").buckets(BOUNDS.to_vec());
    let vec = HistogramVec::new(options, &LABELS).expect("well formed");
    for number in 0..series {
        vec.with_label_values(&labels(number)).observe(1.0);
    }
    gather(Box::new(vec))
}

fn gather(collector: Box<dyn prometheus::core::Collector>) -> f64 {
    let registry = Registry::new();
    registry.register(collector).expect("the only one");
    median(|| {
        let mut out = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut out).expect("memory can be written");
        black_box(out);
    })
}

type Labels = [(&'static str, String); 3];

fn named(number: usize) -> Labels {
    let mut values = labels(number).into_iter();
    LABELS.map(|name| (name, values.next().expect("three of each")))
}

fn client_counters(series: usize) -> f64 {
    let family = Family::<Labels, Counter>::default();
    (0..series).for_each(|number| _ = family.get_or_create(&named(number)).inc());
    let mut registry = prometheus_client::registry::Registry::default();
    registry.register("day90_tasks", "Tasks", family);
    client(&registry)
}

fn client_histograms(series: usize) -> f64 {
    let family = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS.iter().copied()));
    (0..series).for_each(|number| family.get_or_create(&named(number)).observe(1.0));
    let mut registry = prometheus_client::registry::Registry::default();
    registry.register("day90_task_duration_seconds", "Durations", family);
    client(&registry)
}

fn client(registry: &prometheus_client::registry::Registry) -> f64 {
    median(|| {
        let mut out = String::new();
        encode(&mut out, registry).expect("memory can be written");
        black_box(out);
    })
}

/// Native buckets alone, with everything else of an event left out.
fn observations() {
    const OBSERVATIONS: usize = 2_000_000;
    println!("a native bucket, ns an observation, by how many histograms take turns");
    for series in [1, 1_000, 100_000] {
        let mut natives = vec![Native::default(); series];
        let mut random = 7_u64;
        let mut turn = |count: usize, natives: &mut [Native]| {
            for number in 0..count {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                // Ten doublings: 80 buckets at most.
                let nanos = 50_000_000_i64 << ((random >> 40) % 10);
                let nanos = nanos + ((random >> 20) as i64 & 0xfff_ffff) * (nanos >> 28);
                black_box(natives[number % series].observe(nanos, true));
            }
        };
        turn(OBSERVATIONS, &mut natives);
        let begun = daemon::own_cpu_nanos();
        turn(OBSERVATIONS, &mut natives);
        let took = daemon::own_cpu_nanos() - begun;
        println!("{series:>8} {:>6.1}", took as f64 / OBSERVATIONS as f64);
    }
}

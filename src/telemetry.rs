//! What day90 says about itself: its own fixed metrics, the process's, and the log.
//!
//! The metrics are declared once, in [`families::FAMILIES`], and kept by the `prometheus` crate in a registry of
//! their own; [`Telemetry::visit`] pours them into the same [`Sink`] as the state. Every label has a closed set of
//! values, so each combination is a metric of its own, found by its position: nothing here hashes a label value.
//! Counters begin at 0. A gauge appears when there is something to say.

pub mod families;
pub mod logging;
pub mod resident;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::{Metric, MetricFamily, MetricType};
use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, Opts, Registry};

use crate::event::{Inlet, Reason, Timestamp, words};
use crate::state::engine::family::{Metadata, Buckets, Family, Number, Sink, Type};
pub use families::{FAMILIES, PROCESS};
pub use logging::logging;

words!(/// Why a connection was closed by day90: the label `reason` of `day90_connections_closed_total`.
    Closed { Done = "done", FirstByte = "first_byte", Head = "head", BodyIdle = "body_idle", BodyTotal = "body_total",
        KeepAlive = "keep_alive", WriteStall = "write_stall", Malformed = "malformed", Evicted = "evicted",
        Refused = "refused", Stopped = "stopped" });

words!(/// What a whole request to `POST /v1/events` was refused for: the label `reason` of `day90_ingest_refused_total`.
    Refused { Queue = "queue", Requests = "requests", Memory = "memory", Disk = "disk", JournalLimit = "journal_limit",
        JournalLost = "journal_lost", Draining = "draining" });

words!(/// What a scrape was answered in: the label `format` of `day90_scrape_seconds`.
    Format { Text = "text", OpenMetrics = "openmetrics", Protobuf = "protobuf" });

/// Statuses that `POST /v1/events` answers with.
const CODES: [u16; 8] = [202, 400, 401, 405, 413, 415, 500, 503];

/// day90's own metrics. Clones share them; every method may be called from any thread.
#[derive(Clone)]
pub struct Telemetry(Arc<Metrics>);

struct Metrics {
    registry: Registry,
    /// In the order of [`CODES`].
    requests: Vec<IntCounter>,
    /// In the order of [`Refused`].
    refused: Vec<IntCounter>,
    received: IntCounter,
    acknowledge: Histogram,
    queue: Gauge,
    /// By inlet, then by reason.
    rejected: Vec<IntCounter>,
    duplicates: Vec<IntCounter>,
    journal_bytes: Late,
    journal_segments: Late,
    journal_checkpoints: Late,
    journal_used: Late,
    journal_limit: Late,
    disk_free: Late,
    disk_reserve: Late,
    journal_sync: Histogram,
    journal_torn: IntCounter,
    checkpoint: Late,
    writable: Late,
    /// In the order of [`Format`].
    scrape: Vec<Histogram>,
    reload_successful: Late,
    reload_at: Late,
    memory_limit: Late,
    connections: Gauge,
    closed: Vec<IntCounter>,
}

/// Room on the disk, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    /// `limits.journal_bytes`; `u64::MAX` is none.
    pub limit: u64,
    /// What the disk has left, when it says.
    pub free: Option<u64>,
    /// What is left free for checkpoints.
    pub reserve: u64,
}

/// A gauge that appears when it is first set.
struct Late {
    gauge: Gauge,
    shown: AtomicBool,
}

impl Default for Telemetry {
    fn default() -> Telemetry {
        Telemetry::new()
    }
}

impl Telemetry {
    pub fn new() -> Telemetry {
        let registry = Registry::new();
        let add = &Adder(&registry);
        let build = add.gauge(&families::BUILD_INFO, &[env!("CARGO_PKG_VERSION"), REVISION, RUST_VERSION]);
        build.set(1.0);
        add.register(ProcessCollector::for_self());
        let each = |family: &'static Family, values: &[&str]| {
            values.iter().map(|value| add.counter(family, &[value])).collect()
        };
        let codes: Vec<String> = CODES.iter().map(u16::to_string).collect();
        let pairs = Inlet::WORDS.iter().flat_map(|inlet| Reason::WORDS.iter().map(move |reason| [*inlet, *reason]));
        Telemetry(Arc::new(Metrics {
            requests: codes.iter().map(|code| add.counter(&families::INGEST_REQUESTS, &[code])).collect(),
            refused: each(&families::INGEST_REFUSED, Refused::WORDS),
            received: add.counter(&families::INGEST_BYTES, &[]),
            acknowledge: add.histogram(&families::INGEST_ACKNOWLEDGE, &[]),
            queue: add.gauge(&families::INGEST_QUEUE, &[]),
            rejected: pairs.map(|pair| add.counter(&families::EVENTS_REJECTED, &pair)).collect(),
            duplicates: each(&families::EVENTS_DUPLICATE, Inlet::WORDS),
            journal_bytes: Late::new(&families::JOURNAL_BYTES),
            journal_segments: Late::new(&families::JOURNAL_SEGMENTS),
            journal_checkpoints: Late::new(&families::JOURNAL_CHECKPOINTS),
            journal_used: Late::new(&families::JOURNAL_USED),
            journal_limit: Late::new(&families::JOURNAL_LIMIT),
            disk_free: Late::new(&families::DISK_FREE),
            disk_reserve: Late::new(&families::DISK_RESERVE),
            journal_sync: add.histogram(&families::JOURNAL_SYNC, &[]),
            journal_torn: add.counter(&families::JOURNAL_TORN, &[]),
            checkpoint: Late::new(&families::JOURNAL_CHECKPOINT),
            writable: Late::new(&families::JOURNAL_WRITABLE),
            scrape: Format::WORDS.iter().map(|format| add.histogram(&families::SCRAPE, &[format])).collect(),
            reload_successful: Late::new(&families::RELOAD_SUCCESSFUL),
            reload_at: Late::new(&families::RELOAD_AT),
            memory_limit: Late::new(&families::MEMORY_LIMIT),
            connections: add.gauge(&families::CONNECTIONS, &[]),
            closed: each(&families::CONNECTIONS_CLOSED, Closed::WORDS),
            registry,
        }))
    }

    /// One request to `POST /v1/events` was answered, this long after its headers were read.
    pub fn request(&self, code: u16, took: Duration) {
        if let Some(at) = CODES.iter().position(|known| *known == code) {
            self.0.requests[at].inc();
        }
        if code == 202 {
            self.0.acknowledge.observe(took.as_secs_f64());
        }
    }

    /// A request to `POST /v1/events` got 503; nothing of it was counted.
    pub fn refused(&self, why: Refused) {
        self.0.refused[why as usize].inc();
    }

    /// The body of a request came in, this long on the wire.
    pub fn received(&self, bytes: usize) {
        self.0.received.inc_by(bytes as u64);
    }

    /// Bytes of batches that wait for the writer.
    pub fn queue_bytes(&self, bytes: u64) {
        self.0.queue.set(bytes as f64);
    }

    /// Events were refused because of what is in them, or by the writer.
    pub fn rejected(&self, inlet: Inlet, reason: Reason, events: u64) {
        self.0.rejected[inlet as usize * Reason::ALL.len() + reason as usize].inc_by(events);
    }

    /// Events were known already.
    pub fn duplicates(&self, inlet: Inlet, events: u64) {
        self.0.duplicates[inlet as usize].inc_by(events);
    }

    /// What the journal and its checkpoints take on disk; `used` is what counts against the limit.
    pub fn journal(&self, bytes: u64, segments: u64, checkpoints: u64, used: u64) {
        self.0.journal_bytes.set(&self.0.registry, bytes as f64);
        self.0.journal_segments.set(&self.0.registry, segments as f64);
        self.0.journal_checkpoints.set(&self.0.registry, checkpoints as f64);
        self.0.journal_used.set(&self.0.registry, used as f64);
    }

    /// How much room there is, as of a look at the disk.
    pub fn space(&self, space: Space) {
        let registry = &self.0.registry;
        self.0.disk_reserve.set(registry, space.reserve as f64);
        if let Some(free) = space.free {
            self.0.disk_free.set(registry, free as f64);
        }
        if space.limit < u64::MAX {
            self.0.journal_limit.set(registry, space.limit as f64);
        }
    }

    /// One sync of the journal took this long.
    pub fn journal_synced(&self, took: Duration) {
        self.0.journal_sync.observe(took.as_secs_f64());
    }

    /// Recovery cut this many bytes of a torn tail.
    pub fn journal_torn(&self, bytes: u64) {
        self.0.journal_torn.inc_by(bytes);
    }

    /// A checkpoint is on disk, taken at this time.
    pub fn checkpoint(&self, at: Timestamp) {
        self.0.checkpoint.set(&self.0.registry, at.as_seconds_f64());
    }

    /// Whether the last write to the journal succeeded.
    pub fn journal_writable(&self, writable: bool) {
        self.0.writable.set(&self.0.registry, f64::from(writable));
    }

    /// A scrape was rendered.
    pub fn scraped(&self, format: Format, took: Duration) {
        self.0.scrape[format as usize].observe(took.as_secs_f64());
    }

    /// The configuration was read, at start or again. A failure leaves the time of the last success.
    pub fn config_reloaded(&self, successful: bool, at: Timestamp) {
        self.0.reload_successful.set(&self.0.registry, f64::from(successful));
        if successful {
            self.0.reload_at.set(&self.0.registry, at.as_seconds_f64());
        }
    }

    /// What `limits.memory` says.
    pub fn memory_limit(&self, bytes: u64) {
        self.0.memory_limit.set(&self.0.registry, bytes as f64);
    }

    /// A connection was accepted.
    pub fn connection_opened(&self) {
        self.0.connections.inc();
    }

    /// A connection is closed; a refused one was never open.
    pub fn connection_closed(&self, why: Closed) {
        self.0.closed[why as usize].inc();
        if why != Closed::Refused {
            self.0.connections.dec();
        }
    }

    /// Pours every family into `sink`.
    pub fn visit(&self, sink: &mut dyn Sink) {
        let families = self.0.registry.gather();
        // All that is counted here began with the process.
        let start = families.iter().find(|family| family.name() == "process_start_time_seconds");
        let start = start.and_then(|family| family.get_metric().first()).map(|metric| metric.get_gauge().get_value());
        let created = start.map(|seconds| Timestamp::from_nanos((seconds * 1e3).round() as i64 * 1_000_000));
        families.iter().for_each(|family| pour(family, created, sink));
    }
}

impl Late {
    fn new(family: &'static Family) -> Late {
        Late { gauge: made(Gauge::with_opts(options(family, &[]))), shown: AtomicBool::new(false) }
    }

    fn set(&self, registry: &Registry, value: f64) {
        self.gauge.set(value);
        if !self.shown.swap(true, Ordering::Relaxed) {
            made(registry.register(Box::new(self.gauge.clone())));
        }
    }
}

/// Makes metrics of families and registers them.
struct Adder<'r>(&'r Registry);

impl Adder<'_> {
    fn register(&self, collector: impl Collector + 'static) {
        made(self.0.register(Box::new(collector)));
    }

    fn counter(&self, family: &'static Family, values: &[&str]) -> IntCounter {
        let counter = made(IntCounter::with_opts(options(family, values)));
        self.register(counter.clone());
        counter
    }

    fn gauge(&self, family: &'static Family, values: &[&str]) -> Gauge {
        let gauge = made(Gauge::with_opts(options(family, values)));
        self.register(gauge.clone());
        gauge
    }

    fn histogram(&self, family: &'static Family, values: &[&str]) -> Histogram {
        let options = HistogramOpts { common_opts: options(family, values), buckets: family.buckets.to_vec() };
        let histogram = made(Histogram::with_opts(options));
        self.register(histogram.clone());
        histogram
    }
}

/// Label values are constants of the metric: each combination is registered by itself.
fn options(family: &'static Family, values: &[&str]) -> Opts {
    let labels = family.labels.iter().zip(values).map(|(label, value)| (label.name.to_owned(), (*value).to_owned()));
    Opts::new(family.name, family.help).const_labels(labels.collect())
}

/// The families are constants: what they make can only fail by a mistake in this module, and a test makes them all.
fn made<T>(result: prometheus::Result<T>) -> T {
    result.expect("the families are well formed and distinct")
}

fn pour(family: &MetricFamily, created: Option<Timestamp>, sink: &mut dyn Sink) {
    let metadata = Metadata { created, exemplar: None };
    let kind = match family.get_field_type() {
        MetricType::COUNTER => Type::Counter,
        MetricType::HISTOGRAM => Type::Histogram,
        _ => Type::Gauge,
    };
    let Some(first) = family.get_metric().first() else { return };
    let labels: Vec<&str> = first.get_label().iter().map(|label| label.name()).collect();
    sink.family(family.name(), kind, family.help(), &labels);
    for metric in family.get_metric() {
        let values: Vec<&str> = metric.get_label().iter().map(|label| label.value()).collect();
        match kind {
            Type::Counter => sink.counter(&values, number(metric.get_counter().get_value()), metadata),
            Type::Gauge => sink.sample(&values, number(metric.get_gauge().get_value())),
            Type::Histogram => pour_histogram(metric, &values, metadata, sink),
        }
    }
}

fn pour_histogram(metric: &Metric, values: &[&str], metadata: Metadata<'_>, sink: &mut dyn Sink) {
    let histogram = metric.get_histogram();
    let finite = || histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound().is_finite());
    let bounds: Vec<f64> = finite().map(|bucket| bucket.upper_bound()).collect();
    let mut below = 0;
    let mut counts: Vec<u64> = finite()
        .map(|bucket| bucket.cumulative_count() - std::mem::replace(&mut below, bucket.cumulative_count()))
        .collect();
    counts.push(histogram.get_sample_count().saturating_sub(below));
    let sum = Number::Float(histogram.get_sample_sum());
    sink.histogram(values, Buckets { bounds: &bounds, counts: &counts, sum, native: None, metadata });
}

/// Whole numbers stay whole.
fn number(value: f64) -> Number {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && (0.0..=EXACT_MAX).contains(&value) {
        Number::Count(value as u64)
    } else {
        Number::Float(value)
    }
}

/// The commit that was built, when the build knows it.
const REVISION: &str = match option_env!("DAY90_REVISION") {
    Some(revision) => revision,
    None => "unknown",
};
/// The oldest compiler that this version is built with.
const RUST_VERSION: &str = env!("CARGO_PKG_RUST_VERSION");

#[cfg(test)]
mod tests;

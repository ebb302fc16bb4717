//! [`Telemetry`]: day90's own metrics, kept by the `prometheus` crate in a separate registry.

use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::process_collector::ProcessCollector;
use prometheus::{Gauge, Histogram, IntCounter, Registry};

use super::lately::Lately;
use super::logging::LinesDropped;
use super::newborn::Births;
use super::reasons::{Closed, Format, Refused};
use super::register::{Adder, Late};
use super::rejections::Rejections;
use super::{families, gathered};
use crate::event::{Inlet, Kind, Reason, Timestamp};
use crate::state::engine::family::Sink;
use crate::state::views::spike::report::RefusedLately;

/// Statuses that `POST /v1/events` answers with.
const CODES: [u16; 9] = [202, 400, 401, 403, 405, 413, 415, 500, 503];

/// day90's own metrics. Clones share them; every method may be called from any thread.
#[derive(Clone)]
pub struct Telemetry(Arc<Metrics>);

struct Metrics {
    registry: Registry,
    ingest: Ingest,
    journal: Journal,
    service: Service,
    births: Births,
}

struct Ingest {
    /// Each status with its counter.
    requests: Vec<(u16, IntCounter)>,
    /// By [`Refused`].
    refused: Vec<IntCounter>,
    received: IntCounter,
    acknowledge: Histogram,
    queue: Gauge,
    rejected: Rejections,
    lately: Lately,
    /// By [`Inlet`].
    duplicates: Vec<IntCounter>,
}

struct Journal {
    bytes: Late,
    segments: Late,
    checkpoints: Late,
    used: Late,
    limit: Late,
    disk_free: Late,
    disk_reserve: Late,
    sync: Histogram,
    torn: IntCounter,
    checkpoint: Late,
    writable: Late,
}

struct Service {
    /// By [`Format`].
    scrape: Vec<Histogram>,
    reload_successful: Late,
    reload_at: Late,
    memory_limit: Late,
    state_ahead: Gauge,
    connections: Gauge,
    /// By [`Closed`].
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

impl Ingest {
    fn new(add: &Adder<'_>) -> Ingest {
        let request = |code: u16| (code, add.counter(&families::INGEST_REQUESTS, &[&code.to_string()]));
        Ingest {
            requests: CODES.map(request).into(),
            refused: add.counters(&families::INGEST_REFUSED, Refused::WORDS),
            received: add.counter(&families::INGEST_BYTES, &[]),
            acknowledge: add.histogram(&families::INGEST_ACKNOWLEDGE, &[]),
            queue: add.gauge(&families::INGEST_QUEUE, &[]),
            rejected: Rejections::new(add.0),
            lately: Lately::default(),
            duplicates: add.counters(&families::EVENTS_DUPLICATE, Inlet::WORDS),
        }
    }
}

impl Journal {
    fn new(add: &Adder<'_>) -> Journal {
        Journal {
            bytes: Late::new(&families::JOURNAL_BYTES),
            segments: Late::new(&families::JOURNAL_SEGMENTS),
            checkpoints: Late::new(&families::JOURNAL_CHECKPOINTS),
            used: Late::new(&families::JOURNAL_USED),
            limit: Late::new(&families::JOURNAL_LIMIT),
            disk_free: Late::new(&families::DISK_FREE),
            disk_reserve: Late::new(&families::DISK_RESERVE),
            sync: add.histogram(&families::JOURNAL_SYNC, &[]),
            torn: add.counter(&families::JOURNAL_TORN, &[]),
            checkpoint: Late::new(&families::JOURNAL_CHECKPOINT),
            writable: Late::new(&families::JOURNAL_WRITABLE),
        }
    }
}

impl Service {
    fn new(add: &Adder<'_>) -> Service {
        Service {
            scrape: Format::WORDS.iter().map(|format| add.histogram(&families::SCRAPE, &[format])).collect(),
            reload_successful: Late::new(&families::RELOAD_SUCCESSFUL),
            reload_at: Late::new(&families::RELOAD_AT),
            memory_limit: Late::new(&families::MEMORY_LIMIT),
            state_ahead: add.gauge(&families::STATE_AHEAD, &[]),
            connections: add.gauge(&families::CONNECTIONS, &[]),
            closed: add.counters(&families::CONNECTIONS_CLOSED, Closed::WORDS),
        }
    }
}

impl Default for Telemetry {
    fn default() -> Telemetry {
        Telemetry::new()
    }
}

impl Telemetry {
    /// Of a process without a log.
    pub fn new() -> Telemetry {
        Telemetry::with(&LinesDropped::default())
    }

    /// With the lines that the log of this process drops.
    pub fn with(lines_dropped: &LinesDropped) -> Telemetry {
        let registry = Registry::new();
        let add = &Adder(&registry);
        add.gauge(&families::BUILD_INFO, &[env!("CARGO_PKG_VERSION"), REVISION, RUST_VERSION]).set(1.0);
        add.register(ProcessCollector::for_self());
        add.register(lines_dropped.0.clone());
        let (ingest, journal, service) = (Ingest::new(add), Journal::new(add), Service::new(add));
        Telemetry(Arc::new(Metrics { ingest, journal, service, registry, births: Births::default() }))
    }

    /// One request to `POST /v1/events` was answered, this long after its headers were read.
    pub fn request(&self, code: u16, took: Duration) {
        if let Some((_, requests)) = self.0.ingest.requests.iter().find(|(known, _)| *known == code) {
            requests.inc();
        }
        if code == 202 {
            self.0.ingest.acknowledge.observe(took.as_secs_f64());
        }
    }

    /// A request to `POST /v1/events` got 503; nothing of it was counted.
    pub fn refused(&self, why: Refused) {
        self.0.ingest.refused[why as usize].inc();
    }

    /// The body of a request came in, with this many bytes on the wire.
    pub fn received(&self, bytes: usize) {
        self.0.ingest.received.inc_by(bytes as u64);
    }

    /// Bytes of batches that wait for the writer.
    pub fn queue_bytes(&self, bytes: u64) {
        self.0.ingest.queue.set(bytes as f64);
    }

    /// Events were refused because of what is in them, or by the writer. The system is a declared one.
    pub fn rejected(&self, inlet: Inlet, reason: Reason, kind: Option<Kind>, system: Option<&str>, events: u64) {
        if let Some(system) = system {
            self.0.ingest.lately.count(Instant::now(), system, kind, reason, events);
        }
        let labels = (inlet, reason, kind, system.map(str::to_owned));
        self.0.ingest.rejected.count(&self.0.registry, labels, events);
    }

    /// What was refused of a declared system in the last hour, the most first.
    pub fn refused_lately(&self, system: &str) -> Vec<RefusedLately> {
        self.0.ingest.lately.of(Instant::now(), system)
    }

    /// Events were known already.
    pub fn duplicates(&self, inlet: Inlet, events: u64) {
        self.0.ingest.duplicates[inlet as usize].inc_by(events);
    }

    /// What the journal and its checkpoints take on disk; `used` is what counts against the limit.
    pub fn journal(&self, bytes: u64, segments: u64, checkpoints: u64, used: u64) {
        self.0.journal.bytes.set(&self.0.registry, bytes as f64);
        self.0.journal.segments.set(&self.0.registry, segments as f64);
        self.0.journal.checkpoints.set(&self.0.registry, checkpoints as f64);
        self.0.journal.used.set(&self.0.registry, used as f64);
    }

    /// How much room there is on the disk.
    pub fn space(&self, space: Space) {
        let registry = &self.0.registry;
        self.0.journal.disk_reserve.set(registry, space.reserve as f64);
        if let Some(free) = space.free {
            self.0.journal.disk_free.set(registry, free as f64);
        }
        if space.limit < u64::MAX {
            self.0.journal.limit.set(registry, space.limit as f64);
        }
    }

    /// One sync of the journal took this long.
    pub fn journal_synced(&self, took: Duration) {
        self.0.journal.sync.observe(took.as_secs_f64());
    }

    /// Recovery cut this many bytes of a torn tail.
    pub fn journal_torn(&self, bytes: u64) {
        self.0.journal.torn.inc_by(bytes);
    }

    /// A checkpoint is on disk, taken at this time.
    pub fn checkpoint(&self, at: Timestamp) {
        self.0.journal.checkpoint.set(&self.0.registry, at.as_seconds_f64());
    }

    /// Whether the last write to the journal succeeded.
    pub fn journal_writable(&self, writable: bool) {
        self.0.journal.writable.set(&self.0.registry, f64::from(writable));
    }

    /// A scrape was rendered.
    pub fn scraped(&self, format: Format, took: Duration) {
        self.0.service.scrape[format as usize].observe(took.as_secs_f64());
    }

    /// The configuration was read, at start or again. A failure leaves the time of the last success.
    pub fn config_reloaded(&self, successful: bool, at: Timestamp) {
        self.0.service.reload_successful.set(&self.0.registry, f64::from(successful));
        if successful {
            self.0.service.reload_at.set(&self.0.registry, at.as_seconds_f64());
        }
    }

    /// What `limits.memory` says.
    pub fn memory_limit(&self, bytes: u64) {
        self.0.service.memory_limit.set(&self.0.registry, bytes as f64);
    }

    /// How far the state's time is ahead of the clock, in seconds.
    pub fn state_ahead(&self, seconds: f64) {
        self.0.service.state_ahead.set(seconds);
    }

    /// A connection was accepted.
    pub fn connection_opened(&self) {
        self.0.service.connections.inc();
    }

    /// A connection is closed; a refused one was never open.
    pub fn connection_closed(&self, why: Closed) {
        self.0.service.closed[why as usize].inc();
        if why != Closed::Refused {
            self.0.service.connections.dec();
        }
    }

    /// Writes every family into `sink`, as a reader sees it who looks at `now`. One who is shown newborn series at 0 says how
    /// long, in nanoseconds.
    pub fn visit_at(&self, now: Timestamp, newborn: Option<i64>, sink: &mut dyn Sink) {
        let after = newborn.map(|span| now.plus(-span));
        self.visit(&mut self.0.births.watch(now, after, sink));
    }

    /// Writes every family into `sink`, as it is.
    pub fn visit(&self, sink: &mut dyn Sink) {
        let families = self.0.registry.gather();
        // All that is counted here began with the process.
        let start = families.iter().find(|family| family.name() == "process_start_time_seconds");
        let start = start.and_then(|family| family.get_metric().first()).map(|metric| metric.get_gauge().get_value());
        let created = start.map(|seconds| Timestamp::from_nanos((seconds * 1e3).round() as i64 * 1_000_000));
        families.iter().for_each(|family| gathered::write(family, created, sink));
    }
}

/// The commit that was built, when the build knows it.
const REVISION: &str = match option_env!("DAY90_REVISION") {
    Some(revision) => revision,
    None => "unknown",
};
/// The oldest compiler that this version is built with.
const RUST_VERSION: &str = env!("CARGO_PKG_RUST_VERSION");

//! From bytes to events, and the reply that is owed to the sender.
//!
//! * [`http`] accepts connections, bounds them, and stops gracefully; [`connection`] holds the deadlines that no
//!   HTTP library has; [`framing`] spots requests whose length two readers would judge differently.
//! * [`route`] is the table of paths and who may ask for them.
//! * [`events`] is `POST /v1/events`: body ([`body`], [`inflate`]) → split → parse → one [`pipeline::Batch`] → reply.
//!   [`media`] reads content types.
//!
//! * [`forget`] is `POST /api/v1/forget`.
//!
//! What the rest of the daemon must give is written down here: a [`Writer`] that makes batches durable and
//! [`Views`] that the GETs read. Both are cloned into each request.

pub mod body;
mod connection;
mod events;
mod forget;
mod framing;
mod gate;
pub mod http;
mod inflate;
mod media;
mod reply;
mod route;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config::auth::Tokens;
use crate::config::{self, Budget, Config, Model};
use crate::pipeline;
use crate::state::engine::family::Sink;
use crate::telemetry::Telemetry;
use body::Pool;
use gate::Gate;

/// The pipeline's handle: makes a batch durable, then says what became of it.
pub trait Writer: Clone + 'static {
    fn submit(&self, batch: pipeline::Batch) -> impl Future<Output = Result<pipeline::Outcome, pipeline::Refusal>>;
    /// Forgets a case, then says what may still hold it.
    fn forget(&self, case: pipeline::Case) -> impl Future<Output = Result<pipeline::Erased, pipeline::Refusal>>;
    /// The keyed 128-bit hash of (source, id); never 0.
    fn id_hash(&self, source: &str, id: &str) -> u128;
}

/// What the GETs read. Everything but [`Views::ready`] and [`Views::reload`] is called on a blocking thread.
pub trait Views: Clone + Send + 'static {
    /// Pours every family of the state into `sink`, for a scrape.
    fn visit(&self, sink: &mut dyn Sink);
    /// Whether events can be acknowledged; the text says why not. Must not wait.
    fn ready(&self) -> Result<(), String>;
    /// The HTML of `GET /`.
    fn page(&self) -> String;
    /// The JSON of `GET /api/v1/cases?…`; the error is for the caller, who asked wrongly.
    fn cases(&self, query: &str) -> Result<String, String>;
    /// The JSON of `GET /api/v1/preflight?…`; the error is for the caller, who asked wrongly.
    fn preflight(&self, query: &str) -> Result<String, String>;
    /// The JSON of `GET /api/v1/spike?…`.
    fn spike(&self, query: &str) -> Result<String, Unanswered>;
    /// `POST` and `DELETE /api/v1/page-test?system=…`: begins or ends a test page, and says when it began.
    fn page_test(&self, query: &str, begin: bool) -> Result<String, Unanswered>;
    /// Reads the configuration again; the error says what is wrong with it.
    fn reload(&self) -> impl Future<Output = Result<(), String>>;
}

/// Why a question has no answer; the text is for the caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Unanswered {
    /// It was asked wrongly.
    Wrong(String),
    /// What it asks for isn't there.
    Unknown(String),
}

/// What a reload may change.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub limits: BodyLimits,
    /// The system of events that name none.
    pub default_system: Option<String>,
    /// The operating model; parsing asks it for rating scales.
    pub model: Arc<Model>,
    pub tokens: Tokens,
    /// How `/metrics` answers.
    pub metrics: config::Metrics,
}

impl Settings {
    pub fn new(config: &Config, tokens: Tokens) -> Settings {
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        Settings {
            limits: BodyLimits {
                body_bytes: bytes(config.limits.body_bytes),
                decompressed_bytes: bytes(config.limits.decompressed_bytes),
                decompression_ratio: bytes(config.limits.decompression_ratio),
                zstd_window_log: config.budget().inflating.ilog2().clamp(ZSTD_WINDOW_LOG_MIN, ZSTD_WINDOW_LOG_MAX),
            },
            default_system: config.default_system.clone(),
            model: config.model.clone(),
            tokens,
            metrics: config.metrics,
        }
    }
}

/// How large the body of one request may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyLimits {
    /// Bytes as they come over the wire: `limits.body_bytes`.
    pub body_bytes: usize,
    /// Bytes after decompression: `limits.decompressed_bytes`.
    pub decompressed_bytes: usize,
    /// Decompressed bytes for each byte on the wire: `limits.decompression_ratio`.
    pub decompression_ratio: usize,
    /// The largest zstd window, as a power of two.
    pub zstd_window_log: u32,
}

/// 8 MiB, what RFC 9659 allows senders of the `zstd` encoding.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// 2 MiB, what senders use unless they are told to press harder.
const ZSTD_WINDOW_LOG_MIN: u32 = 21;

impl Default for BodyLimits {
    fn default() -> BodyLimits {
        BodyLimits {
            body_bytes: 8 << 20,
            decompressed_bytes: 32 << 20,
            decompression_ratio: 100,
            zstd_window_log: ZSTD_WINDOW_LOG_MAX,
        }
    }
}

/// The [`Settings`] in force; clones see each other's changes.
#[derive(Clone, Debug, Default)]
pub struct Live(Arc<RwLock<Arc<Settings>>>);

impl Live {
    pub fn new(settings: Settings) -> Live {
        Live(Arc::new(RwLock::new(Arc::new(settings))))
    }
    pub fn get(&self) -> Arc<Settings> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Requests that begin after this see the new settings.
    pub fn set(&self, settings: Settings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

/// Bodies that are inflated at once. Each is CPU work on a thread of the blocking pool.
const INFLATING_MAX: usize = 2;
/// Scrapes and pages that are rendered, or being read, at once. Each may hold a whole exposition in memory.
const RENDERING_MAX: usize = 2;

/// All that a request needs. Clones share everything.
#[derive(Clone)]
pub struct App<W, V> {
    pub writer: W,
    pub views: V,
    pub telemetry: Telemetry,
    pub clock: Arc<dyn Clock>,
    pub settings: Live,
    /// Buffers for bodies and batches; whoever is done with a large `Vec<u8>` may put it here.
    pub pool: Pool,
    gate: Gate,
    inflating: Arc<Semaphore>,
    rendering: Arc<Semaphore>,
    /// Length of the last exposition in each format, in bytes: the next one will need about as much.
    exposition: Arc<[AtomicUsize; 3]>,
}

impl<W: Writer, V: Views> App<W, V> {
    pub fn new(writer: W, views: V, telemetry: Telemetry, clock: Arc<dyn Clock>, settings: Live) -> App<W, V> {
        App {
            writer,
            views,
            telemetry,
            clock,
            settings,
            pool: Pool::default(),
            gate: Gate::new(body::HELD_BYTES_MAX),
            inflating: Arc::new(Semaphore::new(INFLATING_MAX)),
            rendering: Arc::new(Semaphore::new(RENDERING_MAX)),
            exposition: Arc::default(),
        }
    }

    /// Shares a pool of buffers with the pipeline, which gives back what it has written.
    pub fn with_pool(mut self, pool: Pool) -> App<W, V> {
        self.pool = pool;
        self
    }

    /// Bounds what requests may take by the parts of `limits.memory`.
    pub fn within(mut self, budget: &Budget) -> App<W, V> {
        let bytes = usize::try_from(budget.requests).unwrap_or(usize::MAX);
        self.gate = Gate::narrowing(bytes, budget.near());
        let at_once = budget.inflating >> ZSTD_WINDOW_LOG_MAX;
        self.inflating = Arc::new(Semaphore::new(at_once.clamp(1, INFLATING_MAX as u64) as usize));
        self
    }

    /// Bounds the bytes of all bodies that are held at once, on the wire and decompressed. Over it: 503.
    pub fn with_held_bytes(mut self, bytes: usize) -> App<W, V> {
        self.gate = Gate::new(bytes);
        self
    }
}

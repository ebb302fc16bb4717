//! [`App`]: all that the handlers of requests need. It is built whole, from [`Parts`], by the daemon or by a test.

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::Semaphore;

use super::readers::Readers;
use super::reload::Unchanged;
use crate::clock::Clock;
use crate::config::Budget;
use crate::http::gate::Gate;
use crate::ingest::behind::Behind;
use crate::ingest::settings::ZSTD_WINDOW_LOG_MAX;
use crate::ingest::source::INFLATING_MAX;
use crate::ingest::{BatchWriter, Intake, Live, Takes};
use crate::pipeline::Refusal;
use crate::pool::Pool;
use crate::state::engine::family::Sink;
use crate::telemetry::{Format, Telemetry};

/// Scrapes and pages that are rendered at once.
pub(super) const RENDERING_MAX: usize = 2;

/// What the GETs read. Everything but [`Views::ready`], [`Views::accept`] and [`Views::reload`] is called
/// on a blocking thread.
pub trait Views: Clone + Send + 'static {
    /// Writes every family of the state into `sink`, for a scrape. A scraper that is shown newborn series at 0 says how long,
    /// in nanoseconds.
    fn visit(&self, newborn: Option<i64>, sink: &mut dyn Sink);
    /// Notes how far the time of the state is ahead of the clock.
    fn look_at_the_clock(&self);
    /// Whether events can be acknowledged; the text says why not. Must not wait.
    fn ready(&self) -> Result<(), String>;
    /// The HTML of `GET /`: the status page, for somebody who reached this daemon at `host`.
    fn page(&self, host: &str) -> String;
    /// The HTML at a path below `/runbooks/`; `None` where no runbook is.
    fn runbook(&self, path: &str) -> Option<String>;
    /// Whether any file of the journal's directory has the name of this case.
    fn is_on_disk(&self, case: &str) -> bool;
    /// The JSON of `GET /api/v1/status`.
    fn status(&self, query: &str) -> Result<String, Unanswered>;
    /// The JSON of `GET /api/v1/events?…`.
    fn events(&self, query: &str) -> Result<String, Unanswered>;
    /// The JSON of `GET /api/v1/cases?…`.
    fn cases(&self, query: &str) -> Result<String, Unanswered>;
    /// The JSON of `GET /api/v1/preflight?…`.
    fn preflight(&self, query: &str) -> Result<String, Unanswered>;
    /// The JSON of `GET /api/v1/spike?…`.
    fn spike(&self, query: &str) -> Result<String, Unanswered>;
    /// `POST /api/v1/page-test?system=…`: begins a test page, and says when it began.
    fn begin_page_test(&self, query: &str) -> Result<String, Unanswered>;
    /// `DELETE /api/v1/page-test?system=…`: ends a test page, and says when it began.
    fn end_page_test(&self, query: &str) -> Result<String, Unanswered>;
    /// `POST /api/v1/accept?system=…`: accepts a rise as usual, and says what is usual from now on.
    fn accept(&self, query: &str) -> impl Future<Output = Result<String, Unaccepted>>;
    /// Reads the configuration again; the error says what is wrong with it.
    fn reload(&self) -> impl Future<Output = Result<(), Unchanged>>;
}

/// Why a question has no answer; the text is for the caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Unanswered {
    /// The question is wrong.
    Wrong(String),
    /// What it asks for isn't there.
    Unknown(String),
}

/// Why a rise is not accepted.
#[derive(Clone, Debug, PartialEq)]
pub enum Unaccepted {
    Unanswered(Unanswered),
    Refused(Refusal),
}

/// What an [`App`] is built from.
pub struct Parts<W, V> {
    pub writer: W,
    pub views: V,
    pub telemetry: Telemetry,
    pub clock: Arc<dyn Clock>,
    pub settings: Live,
    /// Shared with the writer, which puts back what it has written.
    pub pool: Pool,
    pub room: Room,
}

/// How much requests may take at once.
pub struct Room {
    /// Bounds the bytes of all requests in flight.
    pub gate: Gate,
    /// Bodies that are inflated at once.
    pub inflating: usize,
    /// Answers that wait to be read: bytes.
    pub answers: usize,
}

impl Room {
    /// The shares of `limits.memory` that requests have.
    pub fn within(budget: &Budget) -> Room {
        let bytes = usize::try_from(budget.requests).unwrap_or(usize::MAX);
        let at_once = budget.inflating >> ZSTD_WINDOW_LOG_MAX;
        Room {
            gate: Gate::narrowing(bytes, budget.near()),
            inflating: at_once.clamp(1, INFLATING_MAX as u64) as usize,
            answers: usize::try_from(budget.scrapes).unwrap_or(usize::MAX),
        }
    }
}

/// All that a request needs. Clones share everything.
#[derive(Clone)]
pub struct App<W, V> {
    pub(super) intake: Intake<W>,
    pub(super) views: V,
    pub(super) rendering: Arc<Semaphore>,
    pub(super) readers: Rc<Readers>,
    /// Length of the last exposition in each format, in bytes: the next one will need about as much.
    pub(super) expositions: Arc<[AtomicUsize; Format::ALL.len()]>,
}

impl<W: BatchWriter, V: Views> App<W, V> {
    pub fn new(parts: Parts<W, V>) -> App<W, V> {
        let Parts { writer, views, telemetry, clock, settings, pool, room } = parts;
        let Room { gate, inflating, answers } = room;
        let inflating = Arc::new(Semaphore::new(inflating));
        App {
            intake: Intake { writer, telemetry, clock, settings, pool, gate, inflating, behind: Behind::default() },
            views,
            rendering: Arc::new(Semaphore::new(RENDERING_MAX)),
            readers: Readers::within(answers),
            expositions: Arc::default(),
        }
    }
}

impl<W: BatchWriter, V: Views> Takes for App<W, V> {
    type Writer = W;

    fn intake(&self) -> &Intake<W> {
        &self.intake
    }
}

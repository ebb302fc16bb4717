//! What a source is, and what it gets: a [`EventSource`] is a way in for events, and [`Intake`] is what all of them share.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::behind::Behind;
use super::settings::Live;
use crate::clock::Clock;
use crate::config::Config;
use crate::event::{Inlet, Kind};
use crate::http::Endpoint;
use crate::http::gate::Gate;
use crate::pipeline;
use crate::pool::Pool;
use crate::telemetry::Telemetry;

/// Bodies that are inflated at once. Each is CPU work on a thread of the blocking pool.
pub const INFLATING_MAX: usize = 2;

/// The pipeline's handle: makes a batch durable, then says what became of it.
pub trait BatchWriter: Clone + 'static {
    fn submit(&self, batch: pipeline::Batch) -> impl Future<Output = Result<pipeline::Outcome, pipeline::Refusal>>;
    /// Forgets a case, then says which files may still hold it.
    fn forget(&self, case: pipeline::CaseName) -> impl Future<Output = Result<pipeline::Erased, pipeline::Refusal>>;
    /// The keyed 128-bit hash of (source, id); never 0.
    fn id_hash(&self, source: &str, kind: Kind, id: &str) -> u128;
}

/// What every source needs. Clones share everything.
#[derive(Clone)]
pub struct Intake<W> {
    pub writer: W,
    pub telemetry: Telemetry,
    pub clock: Arc<dyn Clock>,
    pub settings: Live,
    /// Buffers for bodies and batches.
    pub pool: Pool,
    /// Bounds the bytes of all requests in flight.
    pub gate: Gate,
    /// Bounds the bodies that are inflated at once.
    pub inflating: Arc<Semaphore>,
    /// Systems whose events are late by whole quarter hours.
    pub behind: Behind,
}

/// Whoever has an [`Intake`]: sources ask for no more, so that they know nothing of the rest of the daemon.
pub trait Takes: Sized + 'static {
    type Writer: BatchWriter;
    fn intake(&self) -> &Intake<Self::Writer>;
}

/// A source at work; it is dropped when the daemon stops.
pub type Running = Pin<Box<dyn Future<Output = ()>>>;

/// A way in for events.
pub trait EventSource {
    /// Its word: the label `source`, and its number on disk.
    const INLET: Inlet;
    /// The configuration key that turns it on.
    const KEY: &'static str;

    /// The paths at which it takes events, for a source over HTTP.
    fn routes<A: Takes>() -> &'static [Endpoint<A>] {
        &[]
    }

    /// Begins to take events in another way than over HTTP. `None`: the configuration doesn't ask for it.
    fn start<A: Takes>(_intake: &Intake<A::Writer>, _config: &Config) -> Option<Running> {
        None
    }
}

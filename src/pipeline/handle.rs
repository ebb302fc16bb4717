//! [`Handle`]: the way to the writer, for senders and readers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::outcome::{Accepted, CaseName, Erased, Health, Outcome, Refusal};
use super::queue::{Bell, Queue, Work};
use crate::clock::Clock;
use crate::config::Model;
use crate::event::{Kind, Timestamp};
use crate::pool::Batch;
use crate::state::engine::dedupe::HashKey;
use crate::state::{Share, Snapshot, State};
use crate::sync::{Mutex, MutexGuard};
use crate::telemetry::Telemetry;

/// A batch of this many bytes is worth its own commit; for a smaller one the writer is woken when other requests had
/// their turn.
const RING_AT_ONCE_BYTES: usize = 64 << 10;

/// The state and the time of the frame that is being written.
pub(super) struct Fold {
    pub(super) state: State,
    pub(super) committing: Option<Timestamp>,
}

impl Fold {
    /// Takes microseconds: the state shares what it has, and copies what it changes from now on.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        self.state.share();
        self.state.snapshot()
    }
}

struct Shared {
    fold: Mutex<Fold>,
    queue: Queue,
    clock: Arc<dyn Clock>,
    key: HashKey,
    health: watch::Sender<Health>,
    /// `limits.journal_bytes`.
    journal_limit: AtomicU64,
}

/// The way to the writer, for senders and readers. Clones share everything.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

impl Handle {
    pub(super) fn new(state: State, clock: Arc<dyn Clock>, telemetry: Telemetry) -> Handle {
        Handle(Arc::new(Shared {
            key: state.key(),
            fold: Mutex::new(Fold { state, committing: None }),
            queue: Queue::new(telemetry),
            clock,
            health: watch::Sender::new(Health::Writable),
            journal_limit: AtomicU64::new(u64::MAX),
        }))
    }

    /// Hands a batch to the writer and waits until it is durable and folded.
    pub async fn submit(&self, batch: Batch) -> Result<Outcome, Refusal> {
        if batch.entries.is_empty() {
            return Ok(Outcome::default());
        }
        let bytes = batch.bytes.len();
        let (reply, answer) = oneshot::channel();
        let bell = self.enqueue(Work::Submission(batch, reply), bytes)?;
        if bytes < RING_AT_ONCE_BYTES {
            // Requests that are there already join the same commit: the runtime serves them before it comes back here.
            tokio::task::yield_now().await;
        }
        drop(bell);
        answer.await.unwrap_or(Err(Refusal::Draining))
    }

    /// Puts an operating model into force, as a record before the events that it governs; refused when it would join the
    /// states of two systems.
    pub async fn configure(&self, model: Model) -> Result<(), Refusal> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Work::Model(Box::new(model), reply), 0)?;
        answer.await.unwrap_or(Err(Refusal::Draining))
    }

    /// Forgets a case, and waits until it is gone from the disk too.
    pub async fn forget(&self, case: CaseName) -> Result<Erased, Refusal> {
        self.begin_forget(case)?.await.unwrap_or(Err(Refusal::Draining))
    }

    /// As [`Handle::forget`], for whoever takes the writer's turns.
    pub fn begin_forget(&self, case: CaseName) -> Result<oneshot::Receiver<Result<Erased, Refusal>>, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Work::Forget(case, reply), 0)?;
        Ok(answer)
    }

    /// Accepts a system's rise of escalations as usual; a conflict when nothing has risen.
    pub async fn accept(&self, system: &str) -> Result<Accepted, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Work::Accept(system.to_owned(), reply), 0)?;
        answer.await.unwrap_or(Err(Refusal::Draining))
    }

    /// The keyed hash under which an event's identity is remembered; never 0.
    pub fn id_hash(&self, source: &str, kind: Kind, id: &str) -> u128 {
        self.0.key.hash(source, kind, id)
    }

    /// The state as of now.
    pub fn snapshot(&self) -> Snapshot {
        let mut fold = self.fold();
        let now = fold.committing.unwrap_or_else(|| self.now());
        fold.state.advance(now);
        fold.snapshot()
    }

    /// Whether the journal can be written, and when that changes.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.0.health.subscribe()
    }

    /// Bounds what journal and checkpoints may take on disk, in bytes, from the writer's next turn on. Until it is
    /// called, only the disk bounds them.
    pub fn limit_journal(&self, bytes: u64) {
        self.0.journal_limit.store(bytes, Ordering::Relaxed);
    }

    /// The fold was seen ahead of the clock: the writer looks at both now, and not only when it wakes by itself.
    pub fn check_clock(&self) {
        // A writer that ends, or that has much to do, looks anyway.
        let _ = self.enqueue(Work::Clock, 0);
    }

    /// Nothing more is taken; what waits is committed, and then the writer ends.
    pub fn drain(&self) {
        self.0.queue.drain();
    }

    pub(super) fn enqueue(&self, work: Work, bytes: usize) -> Result<Bell<'_>, Refusal> {
        self.0.queue.push(work, bytes)
    }
}

/// What the writer needs.
impl Handle {
    pub(super) fn queue(&self) -> &Queue {
        &self.0.queue
    }

    pub(super) fn fold(&self) -> MutexGuard<'_, Fold> {
        self.0.fold.lock().expect("a panic in the fold ends the process")
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(super) fn since_boot(&self) -> Duration {
        self.0.clock.since_boot()
    }

    /// The time that the fold has reached, and how long it waits for a clock that was set back, in nanoseconds.
    pub(super) fn fold_time(&self) -> (Timestamp, i64) {
        let fold = self.fold();
        (fold.state.now(), fold.state.model().limits.arrival_grace)
    }

    /// The limit that [`Handle::limit_journal`] last set.
    pub(super) fn journal_limit(&self) -> u64 {
        self.0.journal_limit.load(Ordering::Relaxed)
    }

    /// The model in force.
    pub(super) fn model(&self) -> Model {
        self.fold().state.model().as_ref().clone()
    }

    /// Changes the health, if `change` says that it did.
    pub(super) fn change_health(&self, change: impl FnOnce(&mut Health) -> bool) {
        self.0.health.send_if_modified(change);
    }

    /// From here to [`Handle::end_commit`], snapshots stay at the frame's time.
    pub(super) fn begin_commit(&self) -> Timestamp {
        let mut fold = self.fold();
        let now = self.now().max(fold.state.now());
        fold.committing = Some(now);
        now
    }

    pub(super) fn end_commit(&self, apply: impl FnOnce(&mut State)) {
        let mut fold = self.fold();
        apply(&mut fold.state);
        fold.committing = None;
    }
}

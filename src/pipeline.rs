//! The single writer: deduplicate → append → sync → fold → reply.
//!
//! An event is acknowledged only after the frame that holds it is synced and folded. One plain thread commits
//! whatever waits, so that one sync serves every submission that arrived during the one before, and a single
//! submission on an idle daemon waits for nothing but the disk.
//!
//! The state stands behind a lock that is held for the fold and for the microseconds of a snapshot, never during
//! a write: `/metrics` answers from a disk that hangs. While a frame is under way, a snapshot advances the state
//! no further than that frame's time, so that replay sees the same order.

pub mod budget;
pub mod downgrade;
pub mod payload;
pub mod recover;
pub mod repair;
#[cfg(all(test, feature = "shuttle"))]
mod schedules;
pub mod writer;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::config::Model;
use crate::event::{Rejection, Timestamp};
pub use crate::pool::{Batch, Entry};
use crate::state::engine::dedupe::HashKey;
use crate::state::{Share, Snapshot, State};
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::telemetry::Telemetry;

/// Encoded events that wait for the writer, in bytes. Over it: 503, the sender can retry.
pub const QUEUE_BYTES_MAX: usize = 32 << 20;

/// A batch of this many bytes is worth a commit of its own; the writer of a smaller one is woken when the others had their turn.
const RING_AT_ONCE_BYTES: usize = 64 << 10;

/// What became of a [`Batch`]. All that is counted as accepted is on disk, synced.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    pub accepted: u64,
    pub duplicates: u64,
    /// (index in the request, why): events that only the writer can judge, such as an opening over the bound.
    pub rejected: Vec<(u32, Rejection)>,
}

/// A case to forget, in one system or in all.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub case: String,
    pub system: Option<String>,
}

/// An erasure that is complete: no segment, checkpoint or torn tail has the case.
#[derive(Clone, Debug, PartialEq)]
pub struct Erased {
    /// Pieces of work that were known of the case: escalations, reviews, appeals, and what became of it.
    pub work: usize,
    /// Files in the directory that are not the journal's, and may have it.
    pub left: Vec<String>,
}

/// Why nothing of a batch was counted. The sender may send it again: 503.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// More bytes wait for the writer than it may hold.
    QueueFull,
    /// The disk is full or fails; the text says how.
    Disk(String),
    /// The data would exceed `limits.journal_bytes`; the text says by what.
    JournalLimit(String),
    /// A sync failed: only a restart helps.
    JournalLost(String),
    /// The daemon is stopping.
    Draining,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::QueueFull => f.write_str("too much waits to be written"),
            Refusal::Disk(why) | Refusal::JournalLimit(why) | Refusal::JournalLost(why) => f.write_str(why),
            Refusal::Draining => f.write_str("day90 is stopping"),
        }
    }
}

/// Whether the journal can be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    Writable,
    /// The last append failed and left no trace; the writer goes on when there is space again.
    Unwritable(String),
    /// A sync failed: nothing is acknowledged until a restart.
    Poisoned(String),
}

/// What waits for the writer.
enum Work {
    Submission(Batch, oneshot::Sender<Result<Outcome, Refusal>>),
    Model(Box<Model>, oneshot::Sender<Result<(), Refusal>>),
    Checkpoint(writer::CheckpointDone),
    Forget(Case, oneshot::Sender<Result<Erased, Refusal>>),
}

#[derive(Default)]
struct Queue {
    work: VecDeque<Work>,
    /// Of the batches that wait.
    bytes: usize,
    draining: bool,
    /// The writer waits to be told that there is work. Telling it is a system call: nobody does it twice.
    writer_waits: bool,
}

/// The state and the time of the frame that is being written.
struct Fold {
    state: State,
    committing: Option<Timestamp>,
}

impl Fold {
    /// Takes microseconds: the state shares what it has, and copies what it writes to from now on.
    fn snapshot(&mut self) -> Snapshot {
        self.state.share();
        self.state.snapshot()
    }
}

struct Shared {
    fold: Mutex<Fold>,
    queue: Mutex<Queue>,
    wake: Condvar,
    clock: Arc<dyn Clock>,
    key: HashKey,
    health: watch::Sender<Health>,
    /// `limits.journal_bytes`.
    journal_limit: AtomicU64,
    telemetry: Telemetry,
}

/// The way to the writer, for senders and readers.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

/// Wakes the writer when it is dropped, if it waits.
struct Bell<'h> {
    wake: Option<&'h Condvar>,
}

impl Drop for Bell<'_> {
    fn drop(&mut self) {
        self.wake.iter().for_each(|wake| wake.notify_one());
    }
}

impl Handle {
    fn new(state: State, clock: Arc<dyn Clock>, telemetry: Telemetry) -> Handle {
        Handle(Arc::new(Shared {
            key: state.key(),
            fold: Mutex::new(Fold { state, committing: None }),
            queue: Mutex::default(),
            wake: Condvar::new(),
            clock,
            health: watch::Sender::new(Health::Writable),
            journal_limit: AtomicU64::new(u64::MAX),
            telemetry,
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
            // Requests that are there already go into the same commit: the runtime serves them before it comes back.
            tokio::task::yield_now().await;
        }
        drop(bell);
        answer.await.unwrap_or(Err(Refusal::Draining))
    }

    /// Takes an operating model into force, as a record before the events that it governs.
    pub async fn configure(&self, model: Model) -> Result<(), Refusal> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Work::Model(Box::new(model), reply), 0)?;
        answer.await.unwrap_or(Err(Refusal::Draining))
    }

    /// Forgets a case, and waits until it has gone from the disk too.
    pub async fn forget(&self, case: Case) -> Result<Erased, Refusal> {
        self.begin_forget(case)?.await.unwrap_or(Err(Refusal::Draining))
    }

    /// As [`Handle::forget`], for whoever takes the writer's turns.
    pub fn begin_forget(&self, case: Case) -> Result<oneshot::Receiver<Result<Erased, Refusal>>, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Work::Forget(case, reply), 0)?;
        Ok(answer)
    }

    /// The keyed hash under which an id is remembered; never 0.
    pub fn id_hash(&self, source: &str, id: &str) -> u128 {
        self.0.key.hash(source, id)
    }

    /// The state as of now.
    pub fn snapshot(&self) -> Snapshot {
        let mut fold = self.fold();
        let now = fold.committing.unwrap_or_else(|| self.0.clock.now());
        fold.state.advance(now);
        fold.snapshot()
    }

    /// Whether the journal can be written, and when that changes.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.0.health.subscribe()
    }

    /// What journal and checkpoints may take on disk, from now on. Without it nothing but the disk bounds them.
    pub fn limit_journal(&self, bytes: u64) {
        self.0.journal_limit.store(bytes, Ordering::Relaxed);
    }

    /// Nothing more is taken; what waits is committed, and then the writer ends.
    pub fn drain(&self) {
        self.queue().draining = true;
        self.0.wake.notify_one();
    }

    /// Puts work into the queue. The writer hears of it when the bell is dropped.
    fn enqueue(&self, work: Work, bytes: usize) -> Result<Bell<'_>, Refusal> {
        let mut queue = self.queue();
        if queue.draining {
            return Err(Refusal::Draining);
        }
        if queue.bytes > 0 && queue.bytes + bytes > QUEUE_BYTES_MAX {
            return Err(Refusal::QueueFull);
        }
        queue.bytes += bytes;
        self.0.telemetry.queue_bytes(queue.bytes as u64);
        queue.work.push_back(work);
        Ok(Bell { wake: std::mem::take(&mut queue.writer_waits).then_some(&self.0.wake) })
    }

    fn fold(&self) -> MutexGuard<'_, Fold> {
        self.0.fold.lock().expect("a panic in the fold ends the process")
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().expect("the queue's lock is never held over anything that can panic")
    }
}

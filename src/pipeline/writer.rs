//! The writer: takes what waits, commits it as one frame, and starts checkpoints.
//!
//! Whether there is room for a frame, and how to make some, is in [`room`].
//! [`spawn`] gives it a thread. A simulation takes its turns itself, and runs its checkpoints when it wants.

mod erasure;
mod room;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hashbrown::HashTable;
use tokio::sync::oneshot;
use tracing::{debug, error, info, warn};

use super::budget::Budget;
use super::{Batch, Handle, Health, Outcome, Refusal, Work, payload};
use crate::clock::Clock;
use crate::config::Model;
use crate::event::{Timestamp, binary};
use crate::journal::{AppendError, Journal, Written, begin_frame};
use crate::pool::Pool;
use crate::state::State;
use crate::sync::thread::{self, JoinHandle};
use crate::telemetry::Telemetry;

/// Encoded bytes in one frame, unless a single submission is longer.
const COMMIT_BYTES_MAX: usize = 4 << 20;
/// How long a journal that could not be written is left alone while nobody sends. A small record may fit where a batch
/// did not: trying at once would call a nearly full disk well again.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// A frame's buffer is kept for the next one up to this many bytes.
const FRAME_KEPT_BYTES: usize = 6 << 20;

/// The lists of ids are kept for the next commit up to this many.
const IDS_KEPT: usize = 32 << 10;

/// What a checkpoint's thread reports.
pub(super) type CheckpointDone = std::io::Result<Written>;

/// Work that may take long, for another thread.
pub type Job = Box<dyn FnOnce() + Send>;
/// Runs a job, now or later. When it drops one without a word, the writer waits for it for ever.
pub type Spawner = Box<dyn Fn(Job) -> std::io::Result<()> + Send>;

pub struct Options {
    /// Journal bytes after which a checkpoint is taken: what a restart has to read at most, about.
    pub checkpoint_bytes: u64,
    /// Gets the checkpoints to write.
    pub spawner: Spawner,
}

impl Default for Options {
    fn default() -> Options {
        let spawner = |job| thread::Builder::new().name("day90-checkpoint".to_owned()).spawn(job).map(drop);
        Options { checkpoint_bytes: 64 << 20, spawner: Box::new(spawner) }
    }
}

/// What a writer starts with.
pub struct Start {
    /// As recovered from the journal.
    pub state: State,
    pub journal: Journal,
    /// Put into force before the first event.
    pub model: Model,
    pub clock: Arc<dyn Clock>,
    pub telemetry: Telemetry,
    /// What a start would have to read behind the newest checkpoint.
    pub unread_bytes: u64,
    /// Takes the buffers of the batches back.
    pub pool: Pool,
    pub options: Options,
}

/// Starts the writer on a thread of its own.
pub fn spawn(start: Start) -> (Handle, JoinHandle<()>) {
    let (handle, writer) = Writer::new(start);
    let thread = thread::Builder::new().name("day90-writer".to_owned());
    let thread = thread.spawn(move || writer.run()).expect("a process that cannot start a thread cannot work");
    (handle, thread)
}

/// The only one who writes to the journal and changes the state.
pub struct Writer {
    handle: Handle,
    journal: Journal,
    telemetry: Telemetry,
    pool: Pool,
    options: Options,
    /// Reused for every commit.
    frame: Vec<u8>,
    chosen: Chosen,
    /// A model that is not in the journal yet: it goes before any event.
    pending: Option<Model>,
    bytes_since_checkpoint: u64,
    checkpoint_running: bool,
    erasing: Vec<erasure::Erasing>,
    /// What the running checkpoint was given on disk, if it was, and the journal bytes that it covers.
    given: Option<u64>,
    covers: u64,
    /// When a checkpoint failed that is to be tried again.
    checkpoint_failed: Option<Timestamp>,
    budget: Budget,
    /// As last read from the handle.
    limit: u64,
    /// When the disk was last looked at.
    looked: Option<Timestamp>,
    /// The length of a frame with the model.
    record: u64,
    /// What is written now is meant to make room: it doesn't ask for any.
    makes_room: bool,
}

/// The ids of a commit. Kept, since fresh memory for a large one costs a page fault for every 128 events.
#[derive(Default)]
struct Chosen {
    ids: Vec<u128>,
    /// Those that were not seen before this commit.
    seen_here: HashTable<u128>,
    /// Of the events that go into the frame, in order; 0 where one has none.
    fresh: Vec<u128>,
}

type Submission = (Batch, oneshot::Sender<Result<Outcome, Refusal>>);

impl Writer {
    /// The model is put into force here, so that the first scrape finds what is declared.
    pub fn new(start: Start) -> (Handle, Writer) {
        let Start { state, journal, model, clock, telemetry, unread_bytes, pool, options } = start;
        let pending = (*state.model().as_ref() != model).then_some(model);
        let handle = Handle::new(state, clock, telemetry.clone());
        telemetry.journal_writable(true);
        let mut writer = Writer {
            handle: handle.clone(),
            journal,
            telemetry,
            pool,
            options,
            frame: Vec::new(),
            chosen: Chosen::default(),
            pending,
            bytes_since_checkpoint: unread_bytes,
            checkpoint_running: false,
            erasing: Vec::new(),
            given: None,
            covers: 0,
            checkpoint_failed: None,
            budget: Budget::default(),
            limit: u64::MAX,
            looked: None,
            record: 0,
            makes_room: false,
        };
        writer.measure_record();
        // So that a disk that is full from the start is known before anybody sends.
        let _ = writer.admit(1);
        writer.retry();
        (handle, writer)
    }

    fn run(mut self) {
        while self.wait() {
            self.turn();
        }
        self.finish();
    }

    /// Takes as much of what waits as goes into one frame, commits it, and begins a checkpoint when one is due.
    pub fn turn(&mut self) {
        let mut submissions = Vec::new();
        for work in self.take() {
            match work {
                Work::Submission(batch, reply) => submissions.push((batch, reply)),
                Work::Model(model, reply) => {
                    // Events that were submitted before the model stand before it in the journal.
                    self.commit(std::mem::take(&mut submissions));
                    self.pending = Some(*model);
                    let _ = reply.send(self.commit_model());
                }
                Work::Checkpoint(done) => self.end_checkpoint(done),
                Work::Forget(case, reply) => {
                    // What was submitted before is forgotten too.
                    self.commit(std::mem::take(&mut submissions));
                    self.forget(&case, reply);
                }
            }
        }
        self.commit(submissions);
        self.erase();
        if self.bytes_since_checkpoint >= self.checkpoint_bytes() && self.may_checkpoint() {
            self.begin_checkpoint();
        }
        self.attend();
        self.show_journal();
    }

    /// Writes what waits inside the writer, if anything: a model, also to see whether the disk takes writes again. Looks
    /// at the disk.
    pub fn retry(&mut self) {
        let _ = self.commit_model();
        self.attend();
        self.show_journal();
    }

    /// Waits until there is work; false when draining and all is done.
    fn wait(&mut self) -> bool {
        let shared = Arc::clone(&self.handle.0);
        let mut queue = self.handle.queue();
        while queue.work.is_empty() {
            if queue.draining {
                return false;
            }
            queue.writer_waits = true;
            if self.journal.poisoned().is_none() {
                let (again, timeout) = shared.wake.wait_timeout(queue, self.patience()).expect("see Handle::queue");
                queue = again;
                if timeout.timed_out() && queue.work.is_empty() {
                    drop(queue);
                    self.retry();
                    queue = self.handle.queue();
                }
            } else {
                queue = shared.wake.wait(queue).expect("see Handle::queue");
            }
        }
        true
    }

    fn take(&self) -> Vec<Work> {
        let mut queue = self.handle.queue();
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(work) = queue.work.pop_front() {
            if let Work::Submission(batch, _) = &work {
                bytes += batch.bytes.len();
            }
            taken.push(work);
            if bytes >= COMMIT_BYTES_MAX {
                break;
            }
        }
        queue.bytes = queue.bytes.saturating_sub(bytes);
        self.telemetry.queue_bytes(queue.bytes as u64);
        taken
    }

    /// Commits submissions as one frame and answers each.
    fn commit(&mut self, submissions: Vec<Submission>) {
        if submissions.is_empty() {
            return;
        }
        if let Err(refusal) = self.commit_model() {
            return refuse(submissions, &refusal);
        }
        let now = self.begin_commit();
        begin_frame(&mut self.frame);
        payload::begin_events(now, &mut self.frame);
        let outcomes = self.choose(&submissions);
        let count = self.chosen.fresh.len() as u32;
        let written = if count > 0 { self.write(count) } else { Ok(0) };
        match written {
            Err(refusal) => {
                self.end_commit(|_| {});
                refuse(submissions, &refusal);
            }
            Ok(sequence) => {
                let folded = &self.frame[crate::journal::FRAME_HEADER_BYTES..];
                self.end_commit(|state| {
                    if count > 0 {
                        payload::apply_with_ids(state, sequence, count, folded, Some(&self.chosen.fresh))
                            .expect("what was just encoded can be decoded");
                    }
                });
                for ((batch, reply), outcome) in submissions.into_iter().zip(outcomes) {
                    let _ = reply.send(Ok(outcome));
                    self.pool.put_batch(batch);
                }
            }
        }
        if self.frame.capacity() > FRAME_KEPT_BYTES {
            self.frame = Vec::new();
        }
        if self.chosen.ids.capacity() > IDS_KEPT {
            self.chosen = Chosen::default();
        }
    }

    /// Puts a pending model into the journal and into force. Also tells whether the disk takes writes again.
    fn commit_model(&mut self) -> Result<(), Refusal> {
        let Some(model) = self.pending.take() else { return Ok(()) };
        let now = self.begin_commit();
        begin_frame(&mut self.frame);
        payload::model(now, &model, &mut self.frame);
        self.record = self.frame.len() as u64;
        let written = self.write(1);
        // As a replay does it, without reading a large model back from JSON while snapshots wait.
        self.end_commit(|state| {
            if let Ok(sequence) = written {
                state.advance(now);
                state.configure(model.clone(), sequence);
            }
        });
        written.map(drop).inspect_err(|_| self.pending = Some(model))
    }

    /// From here to `end_commit`, snapshots stay at the frame's time.
    fn begin_commit(&self) -> Timestamp {
        let mut fold = self.handle.fold();
        let now = self.handle.0.clock.now().max(fold.state.now());
        fold.committing = Some(now);
        now
    }

    fn end_commit(&self, apply: impl FnOnce(&mut State)) {
        let mut fold = self.handle.fold();
        apply(&mut fold.state);
        fold.committing = None;
    }

    /// Copies what is new into the frame: ids that were not seen, neither before nor in this commit, and openings
    /// under the bound of open cases. Marks nothing: a failed write must leave no trace.
    fn choose(&mut self, submissions: &[Submission]) -> Vec<Outcome> {
        let fold = self.handle.fold();
        let state = &fold.state;
        let Chosen { ids, seen_here, fresh } = &mut self.chosen;
        ids.clear();
        seen_here.clear();
        fresh.clear();
        ids.extend(submissions.iter().flat_map(|(batch, _)| batch.entries.iter().map(|entry| entry.id)));
        let mut known = state.have_seen(ids).into_iter();
        let mut left = state.openings_left();
        let near_the_bound = !left.suffice(ids.len());
        seen_here.reserve(ids.len(), |id| *id as u64);
        let mut outcomes = Vec::with_capacity(submissions.len());
        for (batch, _) in submissions {
            let mut outcome = Outcome::default();
            let mut start = 0;
            for entry in &batch.entries {
                let encoded = &batch.bytes[start..entry.end as usize];
                start = entry.end as usize;
                let known = known.next().expect("one for each entry");
                let is_id = |id: &u128| *id == entry.id;
                if known || entry.id != 0 && seen_here.find(entry.id as u64, is_id).is_some() {
                    outcome.duplicates += 1;
                    continue;
                }
                if near_the_bound
                    && let Some(kind) = opens(state, encoded)
                    && let Err(rejection) = left.admit(kind)
                {
                    outcome.rejected.push((entry.index, rejection));
                    continue;
                }
                if entry.id != 0 {
                    seen_here.insert_unique(entry.id as u64, entry.id, |id| *id as u64);
                }
                self.frame.extend_from_slice(encoded);
                outcome.accepted += 1;
                fresh.push(entry.id);
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Appends and syncs the frame, and says whether the disk can be written.
    fn write(&mut self, count: u32) -> Result<u64, Refusal> {
        let bytes = self.frame.len() as u64;
        self.admit(bytes)?;
        let written = self.journal.append(&mut self.frame, count).and_then(|sequence| {
            let begun = Instant::now();
            self.journal.sync()?;
            self.telemetry.journal_synced(begun.elapsed());
            Ok(sequence)
        });
        match written {
            Ok(sequence) => {
                self.bytes_since_checkpoint += bytes;
                if self.budget.short().is_none() {
                    self.set_health(Health::Writable);
                }
                Ok(sequence)
            }
            Err(AppendError::Retry(error)) => {
                self.full(&error, bytes);
                let why = error.to_string();
                self.set_health(Health::Unwritable(why.clone()));
                // Writing the model again, now and then, shows when the disk takes writes again.
                self.pending.get_or_insert_with(|| self.handle.fold().state.model().as_ref().clone());
                Err(Refusal::Disk(why))
            }
            Err(AppendError::Poisoned(why)) => {
                self.set_health(Health::Poisoned(why.clone()));
                Err(Refusal::JournalLost(why))
            }
        }
    }

    fn set_health(&self, health: Health) {
        self.handle.0.health.send_if_modified(|known| {
            if *known == health {
                return false;
            }
            match &health {
                // The numbers in it change with each look.
                Health::Unwritable(why) if matches!(known, Health::Unwritable(_)) => debug!(%why, "still not"),
                Health::Writable => info!("the journal can be written again"),
                Health::Unwritable(why) => warn!(%why, "nothing is acknowledged until the journal can be written"),
                Health::Poisoned(why) => error!(%why, "nothing is acknowledged until day90 restarts"),
            }
            self.telemetry.journal_writable(health == Health::Writable);
            *known = health;
            true
        });
    }

    /// Takes a snapshot and has it written elsewhere; the writer goes on meanwhile.
    pub fn begin_checkpoint(&mut self) {
        if self.checkpoint_running || self.journal.poisoned().is_some() {
            return;
        }
        let expected = self.observe().next_checkpoint();
        let snapshot = self.handle.fold().snapshot();
        let mut file = match self.journal.checkpoint(snapshot.sequence()) {
            Ok(file) => file,
            Err(error) => return self.checkpoint_fails(&error),
        };
        let given = file.reserve(expected).then_some(expected);
        let handle = self.handle.clone();
        let begun = (self.options.spawner)(Box::new(move || {
            let done = snapshot.encode_to(&mut file).and_then(|()| file.finish());
            drop(snapshot);
            handle.queue().work.push_back(Work::Checkpoint(done));
            handle.0.wake.notify_one();
        }));
        match begun {
            Ok(()) => {
                (self.checkpoint_running, self.given) = (true, given);
                self.covers = std::mem::take(&mut self.bytes_since_checkpoint);
            }
            Err(error) => self.checkpoint_fails(&error),
        }
    }

    fn end_checkpoint(&mut self, done: CheckpointDone) {
        (self.checkpoint_running, self.given) = (false, None);
        match done.and_then(|written| self.journal.trim(&written).map(|()| written)) {
            Ok(written) => {
                (self.covers, self.checkpoint_failed) = (0, None);
                self.telemetry.checkpoint(self.handle.0.clock.now());
                info!(sequence = written.sequence, bytes = written.bytes, "checkpoint written");
            }
            Err(error) => {
                self.checkpoint_fails(&error);
                self.give_up_erasing(&error.to_string());
            }
        }
    }

    fn checkpoint_fails(&mut self, error: &std::io::Error) {
        self.bytes_since_checkpoint += std::mem::take(&mut self.covers);
        self.checkpoint_failed = Some(self.handle.0.clock.now());
        warn!(%error, "no checkpoint was written; the journal keeps everything");
    }

    /// Ends a graceful stop with a checkpoint, which makes the next start quick. Waits for one that is being written.
    pub fn finish(mut self) {
        while self.checkpoint_running {
            let mut queue = self.handle.queue();
            while queue.work.is_empty() {
                queue = self.handle.0.wake.wait(queue).expect("see Handle::queue");
            }
            let work = queue.work.pop_front();
            drop(queue);
            if let Some(Work::Checkpoint(done)) = work {
                self.end_checkpoint(done);
            }
        }
        if self.journal.poisoned().is_some() {
            return;
        }
        if self.bytes_since_checkpoint > 0 {
            let snapshot = self.handle.fold().snapshot();
            let done = self.journal.checkpoint(snapshot.sequence()).and_then(|mut file| {
                snapshot.encode_to(&mut file)?;
                file.finish()
            });
            self.end_checkpoint(done);
        }
        self.journal.give_back();
    }
}

fn refuse(submissions: Vec<Submission>, refusal: &Refusal) {
    for (_, reply) in submissions {
        let _ = reply.send(Err(refusal.clone()));
    }
}

/// The kind of lifecycle that an encoded event would open; asked only near a bound.
fn opens(state: &State, encoded: &[u8]) -> Option<usize> {
    binary::decode(encoded).ok().and_then(|(event, _)| state.would_open(&event))
}

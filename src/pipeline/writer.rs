//! The writer: takes what waits, commits it as one frame, and starts checkpoints.
//!
//! This is the mechanism; [`super::policy`] decides. `commit` writes frames: of events, which `chosen`
//! picks into a `draft`, and of what is `pending`. `checkpoints` has checkpoints written elsewhere, `room` looks at the
//! disk and makes space, `clock` follows one that was set back, `erasure` forgets a case, `decision` records what a person decides.
//!
//! What only reads takes `&self`. What does something is a verb.
//!
//! [`spawn`] gives it a thread. A simulation takes its turns itself, and runs its checkpoints when it wants.

mod checkpoints;
mod chosen;
mod clock;
mod commit;
mod decision;
mod draft;
mod erasing;
mod erasure;
mod pending;
mod room;
mod start;

use tracing::{debug, error, info, warn};

use super::handle::Handle;
use super::outcome::Health;
use super::policy::Memory;
use super::queue::{Waited, Work};
use crate::journal::{Journal, begin_frame};
use crate::pipeline::payload;
use crate::pool::Pool;
use crate::sync::thread::{self, JoinHandle};
use crate::telemetry::Telemetry;
use draft::Draft;
use erasing::Erasing;
use pending::Pending;
pub use start::{CheckpointOptions, Job, Spawner, Start};

/// Encoded bytes in one frame, unless a single submission is longer.
const COMMIT_BYTES_MAX: usize = 4 << 20;

/// The only one who writes to the journal and changes the state.
pub struct Writer {
    handle: Handle,
    journal: Journal,
    telemetry: Telemetry,
    pool: Pool,
    options: CheckpointOptions,
    draft: Draft,
    pending: Pending,
    /// What the policy goes by.
    memory: Memory,
    erasing: Vec<Erasing>,
}

/// Starts the writer on its own thread.
pub fn spawn(start: Start) -> (Handle, JoinHandle<()>) {
    let (handle, writer) = Writer::new(start);
    let thread = thread::Builder::new().name("day90-writer".to_owned());
    let thread = thread.spawn(move || writer.run()).expect("a process that cannot start a thread cannot work");
    (handle, thread)
}

impl Writer {
    /// The model is put into force here, so that the first scrape finds what is declared.
    pub fn new(start: Start) -> (Handle, Writer) {
        let Start { state, journal, model, clock, telemetry, way_back, unread_bytes, pool, options } = start;
        let pending = Pending { model: (*state.model().as_ref() != model).then_some(model) };
        let mut draft = Draft::default();
        begin_frame(&mut draft.frame);
        payload::model(state.now(), state.model(), &mut draft.frame);
        let memory = Memory::starting(unread_bytes, draft.frame.len() as u64, way_back);
        let handle = Handle::new(state, clock, telemetry.clone());
        telemetry.journal_writable(true);
        let mut writer = Writer {
            handle: handle.clone(),
            journal,
            telemetry,
            pool,
            options,
            draft,
            pending,
            memory,
            erasing: Vec::new(),
        };
        // So that a disk that is full from the start is known before anybody sends.
        let _ = writer.ask_for_room(1);
        writer.retry();
        (handle, writer)
    }

    fn run(mut self) {
        loop {
            match self.handle.queue().wait(self.memory.patience(self.pending.waits(), !self.erasing.is_empty())) {
                Waited::Work => self.turn(),
                Waited::InVain => self.retry(),
                Waited::Drained => break,
            }
        }
        self.finish();
    }

    /// Takes as much of what waits as fits into one frame, commits it, and begins a checkpoint when one is due.
    pub fn turn(&mut self) {
        self.follow_limit();
        self.follow_clock();
        let mut submissions = Vec::new();
        for work in self.handle.queue().take(COMMIT_BYTES_MAX) {
            match work {
                Work::Submission(batch, reply) => submissions.push((batch, reply)),
                Work::Model(model, reply) => {
                    // Events that were submitted before the model are before it in the journal.
                    self.commit(std::mem::take(&mut submissions));
                    let _ = reply.send(self.configure(*model));
                }
                Work::Checkpoint(done) => self.end_checkpoint(done),
                // Every turn begins with it.
                Work::Clock => {}
                Work::Accept(system, reply) => {
                    self.commit(std::mem::take(&mut submissions));
                    let _ = reply.send(self.accept(&system));
                }
                Work::Forget(case, reply) => {
                    // What was submitted before is forgotten too.
                    self.commit(std::mem::take(&mut submissions));
                    self.forget(&case, reply);
                }
            }
        }
        self.commit(submissions);
        self.erase();
        self.checkpoint_when_due();
        self.attend();
        self.show_journal();
    }

    /// Writes a record that waits, also to see whether the disk takes writes again, and checks the disk.
    pub fn retry(&mut self) {
        self.follow_limit();
        self.follow_clock();
        let _ = self.commit_pending();
        self.erase();
        self.attend();
        self.show_journal();
    }

    fn set_health(&self, health: Health) {
        self.handle.change_health(|known| {
            if *known == health {
                return false;
            }
            match &health {
                // The numbers in it change with each look at the disk.
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
}

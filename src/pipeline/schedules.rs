//! The real handle and writer under a checker that chooses the order in which threads run (shuttle). What must hold in
//! every order: nothing is acknowledged, shown or remembered as seen before the sync that covers it; a drain loses nothing
//! that was acknowledged; a configuration is where it was handed in; a snapshot is never ahead of the frame that is
//! being written.
//!
//! ```text
//! cargo test --locked --features shuttle --lib schedules
//! DAY90_SCHEDULES=20000 cargo test --locked --features shuttle --lib schedules
//! ```
//!
//! Durable is what a power cut leaves: whoever sees something counted cuts the power of a copy of the disk, and must find
//! it there. The disk lets other threads run at every call. Replies go through tokio's oneshot, which blocks no thread, so
//! that shuttle can poll it. Schedules are random, and PCT's for bugs of few switches; the writer has too many steps to
//! try them all.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use shuttle::future::block_on;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner, thread};

use super::recover::recover;
use super::writer::{self, Start};
use super::{Batch, Entry, Handle, Outcome, Refusal, payload};
use crate::clock::Clock;
use crate::config::Model;
use crate::event::{Body, Event, Inlet, Kind, Mode, TaskOutcome, Timestamp, binary};
use crate::journal::fake::FakeDisk;
use crate::journal::{self, Disk, DiskFile, Journal, Lock, Options, Source};
use crate::pool::Pool;
use crate::state::State;
use crate::telemetry::Telemetry;

/// Schedules that each of both schedulers tries.
const SCHEDULES: usize = 100;
/// Switches that PCT places.
const PCT_DEPTH: usize = 4;
const STACK_BYTES: usize = 1 << 20;
/// Bytes after which a checkpoint is taken, on a separate thread: every other commit.
const OFTEN: u64 = 300;
const BEGIN: i64 = 1_795_424_400;

/// A clock that advances by a second each time it is read.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(BEGIN + self.0.fetch_add(1, Ordering::SeqCst))
    }

    fn since_boot(&self) -> Duration {
        Duration::ZERO
    }
}

/// Lets others run at every call.
#[derive(Clone)]
struct Watched {
    disk: FakeDisk,
    /// The control: a sync of a segment comes back at once, and is done only when the file is used again.
    late: bool,
}

impl Watched {
    fn file(&self, name: &str, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(WatchedFile { file, late: self.late && name.ends_with(".seg"), owed: false })
    }
}

impl Disk for Watched {
    fn prepare(&self) -> io::Result<()> {
        self.disk.prepare()
    }
    fn lock(&self) -> io::Result<Lock> {
        self.disk.lock()
    }
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        self.disk.list()
    }
    fn read(&self, name: &str, into: &mut Vec<u8>) -> io::Result<()> {
        self.disk.read(name, into)
    }
    fn source(&self, name: &str) -> io::Result<Box<dyn Source>> {
        self.disk.source(name)
    }
    fn free_bytes(&self) -> io::Result<u64> {
        self.disk.free_bytes()
    }
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        thread::yield_now();
        Ok(self.file(name, self.disk.create(name)?))
    }
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        thread::yield_now();
        Ok(self.file(name, self.disk.open(name)?))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        thread::yield_now();
        self.disk.rename(from, to)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        thread::yield_now();
        self.disk.remove(name)
    }
    fn sync_dir(&self) -> io::Result<()> {
        thread::yield_now();
        self.disk.sync_dir()
    }
    fn random(&self) -> io::Result<u64> {
        self.disk.random()
    }
    fn path(&self, name: &str) -> String {
        self.disk.path(name)
    }
}

struct WatchedFile {
    file: Box<dyn DiskFile>,
    late: bool,
    owed: bool,
}

impl WatchedFile {
    fn use_it(&mut self) -> io::Result<&mut dyn DiskFile> {
        thread::yield_now();
        if std::mem::take(&mut self.owed) {
            self.file.sync_data()?;
        }
        Ok(&mut *self.file)
    }
}

impl DiskFile for WatchedFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.use_it()?.write_at(offset, bytes)?;
        thread::yield_now();
        Ok(())
    }
    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.use_it()?.set_len(bytes)
    }
    fn reserve(&mut self, from: u64, bytes: u64) -> io::Result<()> {
        self.use_it()?.reserve(from, bytes)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        let late = self.late;
        let file = self.use_it()?;
        if late {
            self.owed = true;
            return Ok(());
        }
        file.sync_data()?;
        thread::yield_now();
        Ok(())
    }
    // Not by `use_it`: a sync that is owed must not be made good before the acknowledgement.
    fn check_place(&self) -> io::Result<()> {
        self.file.check_place()
    }
}

/// A daemon without its listeners.
struct Daemon {
    handle: Handle,
    writer: thread::JoinHandle<()>,
    disk: FakeDisk,
    /// Power cuts that were tried.
    cuts: Arc<AtomicU64>,
}

impl Daemon {
    fn start(late: bool, checkpoint_bytes: u64) -> Daemon {
        let disk = FakeDisk::new();
        let seen: Arc<dyn Disk> = Arc::new(Watched { disk: disk.clone(), late });
        let lock = journal::lock(&*seen).expect("nobody else has it");
        let (state, recovered) = recover(&seen).expect("an empty disk");
        let journal = Journal::open(seen, lock, recovered, Options { segment_bytes: 400 }).expect("the disk is well");
        let (handle, writer) = writer::spawn(Start {
            state,
            journal,
            model: Model::default(),
            clock: Arc::new(Ticking(AtomicI64::new(0))),
            telemetry: Telemetry::new(),
            way_back: false,
            unread_bytes: 0,
            pool: Pool::default(),
            options: writer::CheckpointOptions { checkpoint_bytes, ..writer::CheckpointOptions::default() },
        });
        Daemon { handle, writer, disk, cuts: Arc::default() }
    }

    fn reader(&self) -> Reader {
        Reader { handle: self.handle.clone(), disk: self.disk.clone(), cuts: Arc::clone(&self.cuts) }
    }

    /// Drains, and says what a start finds.
    fn stop(self) -> State {
        self.handle.drain();
        self.writer.join().expect("the writer ends well");
        found(&self.disk)
    }
}

/// Looks at what is counted, from any thread.
#[derive(Clone)]
struct Reader {
    handle: Handle,
    disk: FakeDisk,
    cuts: Arc<AtomicU64>,
}

impl Reader {
    /// Everything that a reader can see would survive a power cut now.
    fn look(&self, ids: &[u128]) {
        let fold = self.handle.fold();
        let shown = tasks(&fold.state);
        let remembered = fold.state.have_seen(ids).into_iter().filter(|seen| *seen).count() as u64;
        // While the lock is held: what is durable only grows.
        let durable = self.durable();
        drop(fold);
        assert!(shown <= durable, "{shown} are shown and {durable} durable");
        assert!(remembered <= durable, "{remembered} are remembered and {durable} durable");
    }

    /// Tasks that survive the unkindest of a few power cuts.
    fn durable(&self) -> u64 {
        let cut = || tasks(&found(&self.disk.crash(self.cuts.fetch_add(1, Ordering::SeqCst))));
        (0..3).map(|_| cut()).min().expect("three cuts")
    }
}

fn found(disk: &FakeDisk) -> State {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    recover(&disk).unwrap_or_else(|why| panic!("no start is possible: {why}")).0
}

fn tasks(state: &State) -> u64 {
    state.sequence().saturating_sub(models(state))
}

/// Records that are operating models: the tests hand in one that allows this many series more than the default for each.
fn models(state: &State) -> u64 {
    (state.model().limits.series - Model::default().limits.series) as u64
}

fn numbered_model(number: usize) -> Model {
    let mut model = Model::default();
    model.limits.series += number;
    model
}

fn batch(handle: &Handle, ids: &[String]) -> Batch {
    let mut batch = Batch::default();
    for id in ids {
        let now = Timestamp::from_seconds(BEGIN);
        let event = Event {
            system: "agent".into(),
            id: Some(id.as_str().into()),
            source: None,
            time: now,
            received: now,
            inlet: Inlet::Http,
            case: None,
            unknown_fields: 0,
            repairs: Default::default(),
            skewed: false,
            behavior: None,
            body: Body::TaskCompleted {
                action: "refund".into(),
                outcome: TaskOutcome::Completed,
                mode: Mode::Decide,
                duration_seconds: None,
                version: None,
            },
        };
        binary::encode(&event, &mut batch.bytes);
        let (end, index) = (batch.bytes.len() as u32, batch.entries.len() as u32);
        batch.entries.push(Entry { end, index, id: handle.id_hash("agent", Kind::TaskCompleted, id) });
    }
    batch
}

/// A thread that sends batches of two; each acknowledgement must be durable. Says how many were accepted.
fn sender(daemon: &Daemon, name: &'static str, batches: usize) -> thread::JoinHandle<u64> {
    let reader = daemon.reader();
    thread::spawn(move || {
        let mut accepted = 0;
        for number in 0..batches {
            let ids = [format!("{name}-{number}-a"), format!("{name}-{number}-b")];
            match block_on(reader.handle.submit(batch(&reader.handle, &ids))) {
                Ok(outcome) => {
                    accepted += outcome.accepted;
                    let durable = reader.durable();
                    assert!(accepted <= durable, "{accepted} are acknowledged and {durable} durable");
                }
                Err(refusal) => assert_eq!(refusal, Refusal::Draining),
            }
        }
        accepted
    })
}

/// Runs a test under both schedulers.
fn in_every_order(test: impl Fn() + Send + Sync + Clone + 'static) {
    let schedules = std::env::var("DAY90_SCHEDULES").map_or(SCHEDULES, |text| text.parse().expect("DAY90_SCHEDULES"));
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    Runner::new(RandomScheduler::new(schedules), config.clone()).run(test.clone());
    Runner::new(PctScheduler::new(PCT_DEPTH, schedules), config).run(test);
}

fn senders_and_a_reader(late: bool) {
    let daemon = Daemon::start(late, OFTEN);
    let senders = [sender(&daemon, "one", 2), sender(&daemon, "two", 2)];
    let reader = daemon.reader();
    let ids: Vec<u128> =
        (0..2).map(|number| reader.handle.id_hash("agent", Kind::TaskCompleted, &format!("one-{number}-a"))).collect();
    let looks = thread::spawn(move || (0..4).for_each(|_| reader.look(&ids)));
    let accepted: u64 = senders.map(|sender| sender.join().expect("a sender ends well")).iter().sum();
    looks.join().expect("the reader ends well");
    assert_eq!(accepted, 8);
    assert_eq!(tasks(&daemon.stop()), 8);
}

#[test]
fn nothing_is_acknowledged_shown_or_remembered_before_its_sync() {
    in_every_order(|| senders_and_a_reader(false));
}

#[test]
fn the_checker_finds_a_sync_that_comes_too_late() {
    let checked = catch_unwind(AssertUnwindSafe(|| in_every_order(|| senders_and_a_reader(true))));
    let why = checked.expect_err("an acknowledgement before its sync went unnoticed");
    let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(why.contains("durable"), "it failed for another reason: {why}");
}

#[test]
fn a_drain_loses_nothing_that_was_acknowledged() {
    in_every_order(|| {
        let daemon = Daemon::start(false, OFTEN);
        let senders = [sender(&daemon, "one", 3), sender(&daemon, "two", 2)];
        let handle = daemon.handle.clone();
        let drainer = thread::spawn(move || handle.drain());
        let accepted: u64 = senders.map(|sender| sender.join().expect("a sender ends well")).iter().sum();
        drainer.join().expect("the drainer ends well");
        assert_eq!(tasks(&daemon.stop()), accepted, "all that was taken is answered, and nothing else is kept");
    });
}

#[test]
fn no_frame_is_older_than_a_snapshot_that_was_taken_before_it() {
    in_every_order(|| {
        let daemon = Daemon::start(false, u64::MAX);
        let sender = sender(&daemon, "one", 2);
        let handle = daemon.handle.clone();
        let snapshots = thread::spawn(move || {
            let look = |_| handle.snapshot();
            (0..3).map(look).map(|snapshot| (snapshot.sequence(), snapshot.now())).collect::<Vec<_>>()
        });
        sender.join().expect("a sender ends well");
        let snapshots = snapshots.join().expect("the reader ends well");
        for (first, at, _) in frames(&daemon.disk) {
            let ahead = snapshots.iter().find(|(sequence, now)| first > *sequence && at < *now);
            assert_eq!(ahead, None, "a replay could not run the clock as far before the frame {first} of {at}");
        }
        daemon.stop();
    });
}

#[test]
fn a_configuration_is_where_it_was_handed_in() {
    in_every_order(|| {
        // Without checkpoints, the journal stays whole.
        let daemon = Daemon::start(false, u64::MAX);
        let other = sender(&daemon, "other", 2);
        let handle = &daemon.handle.clone();
        let mut before = pin!(handle.submit(batch(handle, &["before".to_owned()])));
        let mut model = pin!(handle.configure(numbered_model(1)));
        let mut after = pin!(handle.submit(batch(handle, &["after".to_owned()])));
        // All three wait, or are answered already; none was waited for.
        let handed_in = (hand_in(before.as_mut()), hand_in(model.as_mut()), hand_in(after.as_mut()));
        let one = Ok(Outcome { accepted: 1, ..Outcome::default() });
        assert_eq!(answer(handed_in.0, before), one);
        assert_eq!(answer(handed_in.1, model), Ok(()));
        assert_eq!(answer(handed_in.2, after), one);
        assert_eq!(other.join().expect("a sender ends well"), 4);
        let mut order: Vec<String> = frames(&daemon.disk).into_iter().flat_map(|(_, _, held)| held).collect();
        order.retain(|held| ["before", "model", "after"].contains(&&**held));
        assert_eq!(order, ["before", "model", "after"]);
        assert_eq!(tasks(&daemon.stop()), 6);
    });
}

/// Puts a request into the queue without waiting for its answer.
fn hand_in<T>(request: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    request.poll(&mut Context::from_waker(Waker::noop()))
}

fn answer<T>(handed_in: Poll<T>, request: Pin<&mut impl Future<Output = T>>) -> T {
    match handed_in {
        Poll::Ready(answer) => answer,
        Poll::Pending => block_on(request),
    }
}

/// Of each frame the first number, its time, and what it holds: "model", or the ids of its events.
fn frames(disk: &FakeDisk) -> Vec<(u64, Timestamp, Vec<String>)> {
    let mut frames = Vec::new();
    let read = journal::read(disk).and_then(|reading| {
        reading.replay(|frame| {
            let (head, mut records) = frame.payload.split_at(payload::HEAD_BYTES);
            let nanos = i64::from_le_bytes(head[2..].try_into().map_err(|_| "the head is cut short")?);
            let mut held = Vec::new();
            if head[1] == payload::MODEL {
                held.push("model".to_owned());
                records = &[];
            }
            while !records.is_empty() {
                let (event, used) = binary::decode(records).map_err(|error| error.to_string())?;
                held.extend(event.id.map(|id| id.into_owned()));
                records = &records[used..];
            }
            frames.push((frame.sequence, Timestamp::from_nanos(nanos), held));
            Ok(())
        })
    });
    read.expect("the journal is whole");
    frames
}

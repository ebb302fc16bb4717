//! The writer on a disk that fills and under a limit, with its turns taken by hand.

mod clock;
mod decisions;
mod erasures;
mod order;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use super::super::{CheckpointOptions, Job, Start, Writer};
use super::*;
use crate::clock::{Clock, DrivenClock};
use crate::config::Model;
use crate::event::time::SECOND;
use crate::event::{Context, Fixed, Inlet, Timestamp, binary, json};
use crate::expose::text::Text;
use crate::journal::fake::FakeDisk;
use crate::journal::{self, Disk, Journal};
use crate::pipeline::queue::Work;
use crate::pipeline::{Batch, Entry, Handle, Outcome, recover};
use crate::pool::Pool;
use crate::state::engine::family::Sink;
use crate::telemetry::Telemetry;

const MIB: u64 = 1 << 20;

/// A writer, what it writes on, and the events that were acknowledged.
struct Day {
    disk: FakeDisk,
    clock: Arc<DrivenClock>,
    handle: Handle,
    writer: Writer,
    /// While it is set, no checkpoint can be begun.
    broken: Arc<AtomicBool>,
    /// How many seconds a checkpoint takes.
    slow: Arc<AtomicI64>,
    sent: u64,
    accepted: u64,
    /// Whether it was writable, each time that this changed.
    changes: Arc<Mutex<Vec<bool>>>,
}

impl Day {
    fn on(disk: &FakeDisk, limit: u64) -> Day {
        let clock = Arc::new(DrivenClock::at(Timestamp::from_seconds(1_800_000_000)));
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let lock = journal::lock(&*shared).unwrap();
        let (state, recovered) = recover::recover(&shared).unwrap();
        let unread_bytes = recovered.replayed_bytes;
        let journal = Journal::open(shared, lock, recovered, journal::Options::default()).unwrap();
        let broken = Arc::new(AtomicBool::new(false));
        let out_of_order = broken.clone();
        let slow = Arc::new(AtomicI64::new(0));
        let (takes, passing) = (slow.clone(), clock.clone());
        let spawner = move |job: Job| {
            if out_of_order.load(Ordering::Relaxed) {
                return Err(std::io::Error::other("out of order"));
            }
            passing.set(passing.now().plus(takes.load(Ordering::Relaxed) * SECOND));
            job();
            Ok(())
        };
        let (handle, writer) = Writer::new(Start {
            state,
            journal,
            model: Model::default(),
            clock: clock.clone(),
            telemetry: Telemetry::new(),
            way_back: false,
            unread_bytes,
            pool: Pool::default(),
            options: CheckpointOptions { spawner: Box::new(spawner), ..CheckpointOptions::default() },
        });
        handle.limit_journal(limit);
        let disk = disk.clone();
        Day { disk, clock, handle, writer, broken, slow, sent: 0, accepted: 0, changes: Arc::default() }
    }

    /// Sends events as one request: attestations with a note of this many bytes, which leave nothing in the state, or
    /// cases where that is 0, which leave much. Takes the writer's turns until nothing waits.
    fn send(&mut self, events: u64, note_bytes: usize) -> Result<Outcome, Refusal> {
        let texts = (self.sent..self.sent + events).map(|number| match note_bytes {
            0 => format!(r#"{{"type":"escalation.opened","system":"agent","case":"{number}","id":"{number}"}}"#),
            _ => {
                format!(r#"{{"type":"owner.attested","system":"agent","owner":"o","note":"{number:0>note_bytes$}"}}"#)
            }
        });
        let batch = self.batch(texts);
        let mut answer = self.enqueue(batch).unwrap();
        self.turns();
        let answer = answer.try_recv().expect("answered within its turn");
        if let Ok(outcome) = &answer {
            self.accepted += outcome.accepted;
            self.sent += events;
        }
        answer
    }

    /// One request with these events.
    fn batch(&self, texts: impl Iterator<Item = String>) -> Batch {
        let context = Context {
            received: self.clock.now(),
            inlet: Inlet::Http,
            default_system: None,
            rating_scale: &|_| (Fixed::ONE, Fixed::from_units(5)),
            event_age: crate::event::kinds::EVENT_AGE,
            notes: None,
        };
        let mut batch = Batch::default();
        for (index, text) in texts.enumerate() {
            let event = json::parse(&text, 1, &context).unwrap();
            let id = event.id.as_deref().map_or(0, |id| self.handle.id_hash(&event.system, event.body.kind(), id));
            binary::encode(&event, &mut batch.bytes);
            batch.entries.push(Entry { end: batch.bytes.len() as u32, index: index as u32, id });
        }
        batch
    }

    /// Hands a request to the writer, whose turns are to be taken.
    fn enqueue(&self, batch: Batch) -> Result<oneshot::Receiver<Result<Outcome, Refusal>>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let bytes = batch.bytes.len();
        self.handle.enqueue(Work::Submission(batch, reply), bytes)?;
        Ok(answer)
    }

    fn turns(&mut self) {
        while !self.handle.queue().is_empty() {
            self.writer.turn();
        }
        let writable = self.is_writable();
        let mut changes = self.changes.lock().unwrap();
        if changes.last() != Some(&writable) {
            changes.push(writable);
        }
    }

    /// Nobody sends for this many seconds.
    fn idle(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.clock.set(Timestamp::from_nanos(self.clock.now().nanos() + 1_000_000_000));
            self.writer.retry();
            self.turns();
        }
    }

    fn is_writable(&self) -> bool {
        *self.handle.health().borrow() == Health::Writable
    }

    fn metric(&self, name: &str) -> u64 {
        let mut text = Text::new();
        self.writer.telemetry.visit(&mut text as &mut dyn Sink);
        let text = String::from_utf8(text.into_bytes()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{name}")).parse::<f64>().unwrap() as u64
    }

    /// What a start after kill -9 finds is what was acknowledged.
    fn expect_all_on_disk(&self) {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.kill());
        let (state, _) = recover::recover(&disk).unwrap();
        let mut text = Text::new();
        state.snapshot().visit(&mut text);
        let text = String::from_utf8(text.into_bytes()).unwrap();
        let events = text.lines().filter(|line| line.starts_with("day90_events_total{"));
        let counts: f64 = events.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum();
        assert_eq!(counts as u64, self.accepted);
    }

    fn checkpoints(&self) -> BTreeSet<String> {
        self.disk.names().into_iter().filter(|name| name.ends_with(".ckpt")).collect()
    }
}

/// A state of some MiB, on a disk with this many bytes left.
fn nearly_full(room: u64) -> Day {
    let disk = FakeDisk::new();
    let mut day = Day::on(&disk, u64::MAX);
    for _ in 0..10 {
        day.send(1_000, 0).unwrap();
    }
    day.writer.begin_checkpoint();
    day.turns();
    disk.limit(Some(disk.used_bytes() + room));
    day
}

fn fill(day: &mut Day) -> Refusal {
    for _ in 0..1_000 {
        if let Err(refusal) = day.send(200, 1_000) {
            return refusal;
        }
    }
    panic!("it never fills");
}

#[test]
fn a_disk_is_refused_before_it_is_full_and_the_next_checkpoint_still_fits() {
    let mut day = nearly_full(5 * MIB);
    let accepted = day.accepted;
    let refusal = fill(&mut day);
    assert!(matches!(&refusal, Refusal::Disk(why) if why.contains("kept for checkpoints")), "{refusal:?}");
    assert!(day.accepted > accepted, "some of it fitted");
    assert!(!day.is_writable());
    let (free, reserve) = (day.metric("day90_disk_free_bytes"), day.metric("day90_disk_reserve_bytes"));
    let newest = day.writer.journal.checkpoint_sizes().pop().unwrap();
    assert!(newest > MIB && reserve > newest, "the state is worth a test: {newest} {reserve}");
    assert!(
        free > newest + budget::SLACK_BYTES / 2 && free < reserve + budget::MARGIN_BYTES + 2 * MIB,
        "{free} {reserve}"
    );
    assert_eq!(day.metric("day90_journal_writable"), 0);

    day.writer.begin_checkpoint();
    day.turns();
    assert!(day.writer.memory.checkpoints.failed().is_none(), "it fitted");
    day.expect_all_on_disk();
}

#[test]
fn it_goes_on_by_itself_when_there_is_room_again() {
    let mut day = nearly_full(5 * MIB);
    fill(&mut day);
    let writes = day.disk.operations();
    day.idle(30);
    assert!(day.disk.operations() - writes < 100, "nor is a checkpoint written each second");
    assert!(!day.is_writable(), "time alone makes no room");
    day.disk.limit(None);
    day.idle(1);
    assert!(day.is_writable(), "nobody had to send anything");
    assert_eq!(day.metric("day90_journal_writable"), 1);
    day.send(200, 1_000).unwrap();
    day.expect_all_on_disk();
}

#[test]
fn a_disk_that_stays_nearly_full_is_not_taken_for_well_now_and_then() {
    let mut day = nearly_full(5 * MIB);
    fill(&mut day);
    day.idle(5);
    let full = day.disk.used_bytes() + day.disk.free_bytes().unwrap();
    day.changes.lock().unwrap().clear();
    // Other programs write and delete; requests of every size come, with pauses in between.
    for step in 0..60 {
        day.disk.limit(Some(full + (step % 7) * MIB / 8));
        let refused = day.send(1 + step % 50, [0, 1_000][step as usize % 2]);
        assert!(matches!(refused, Err(Refusal::Disk(_))), "step {step}: {refused:?}");
        day.idle(2);
    }
    assert_eq!(*day.changes.lock().unwrap(), [false]);
}

#[test]
fn ordinary_work_stays_below_the_limit_for_twenty_times_its_size() {
    const LIMIT: u64 = 4 * MIB;
    let disk = FakeDisk::new();
    let mut day = Day::on(&disk, LIMIT);
    let mut written = 0;
    while written < 20 * LIMIT {
        day.send(128, 1_000).unwrap_or_else(|refusal| panic!("after {written} bytes: {refusal:?}"));
        written += 128 * 1_000;
        assert!(disk.used_bytes() <= LIMIT, "{} after {written}", disk.used_bytes());
    }
    assert_eq!(day.metric("day90_journal_used_bytes"), disk.used_bytes());
    assert_eq!(day.metric("day90_journal_limit_bytes"), LIMIT);
    assert_eq!(*day.changes.lock().unwrap(), [true], "never refused");
    day.expect_all_on_disk();
}

#[test]
fn a_limit_that_was_reached_is_left_by_checkpoints_alone() {
    const LIMIT: u64 = 4 * MIB;
    for kept in [0, 2] {
        let disk = FakeDisk::new();
        let mut day = Day::on(&disk, LIMIT);
        for _ in 0..kept {
            day.send(10, 100).unwrap();
            day.writer.begin_checkpoint();
            day.turns();
        }
        day.broken.store(true, Ordering::Relaxed);
        let refusal = fill(&mut day);
        assert!(matches!(&refusal, Refusal::JournalLimit(why) if why.contains("limits.journal_bytes")), "{refusal:?}");
        day.idle(30);
        assert!(!day.is_writable() && disk.used_bytes() <= LIMIT);
        let checkpoints = day.checkpoints();
        assert_eq!(checkpoints.len(), kept);

        day.broken.store(false, Ordering::Relaxed);
        // The first covers everything, and after the second the old segments are removed.
        day.idle(15);
        assert!(day.is_writable(), "with {kept} kept before");
        assert!(!day.checkpoints().is_subset(&checkpoints));
        for _ in 0..40 {
            day.send(200, 1_000).unwrap();
            assert!(disk.used_bytes() <= LIMIT, "{}", disk.used_bytes());
        }
        day.expect_all_on_disk();
    }
}

#[test]
fn a_limit_that_is_lowered_is_reached_by_checkpoints_alone() {
    for limit in [64 * MIB, u64::MAX] {
        let disk = FakeDisk::new();
        let mut day = Day::on(&disk, limit);
        // In segments of a mebibyte, and then in one.
        for _ in 0..30 {
            day.send(400, 1_000).unwrap();
        }
        assert!(disk.used_bytes() > 10 * MIB);
        day.handle.limit_journal(4 * MIB);
        assert!(matches!(day.send(2_000, 1_000), Err(Refusal::JournalLimit(_))));
        day.idle(5);
        assert!(day.is_writable() && disk.used_bytes() < 2 * MIB, "{limit}: {}", disk.used_bytes());
        day.send(200, 1_000).unwrap();
        day.expect_all_on_disk();
    }
}

#[test]
fn a_limit_that_is_raised_takes_effect_at_once() {
    let disk = FakeDisk::new();
    let mut day = Day::on(&disk, 4 * MIB);
    day.broken.store(true, Ordering::Relaxed);
    fill(&mut day);
    day.handle.limit_journal(64 * MIB);
    day.send(200, 1_000).unwrap();
    assert!(day.is_writable());
    assert_eq!(day.metric("day90_journal_limit_bytes"), 64 * MIB);
}

#[test]
fn a_full_disk_that_says_it_has_room_is_well_when_it_takes_some() {
    // As with a quota: only the reservation finds out.
    let disk = FakeDisk::new();
    let mut day = Day::on(&disk, u64::MAX);
    day.send(10, 100).unwrap();
    disk.refuse_space(true);
    let refusal = fill(&mut day);
    assert!(matches!(refusal, Refusal::Disk(_)), "{refusal:?}");
    day.idle(5);
    assert!(!day.is_writable());
    disk.refuse_space(false);
    day.idle(11);
    assert!(day.is_writable());
    day.send(10, 100).unwrap();
    day.expect_all_on_disk();
}

#[test]
fn what_was_reserved_is_given_back_at_a_stop() {
    let disk = FakeDisk::new();
    let mut day = Day::on(&disk, u64::MAX);
    day.send(10, 100).unwrap();
    let lengths = || disk.names().iter().map(|name| disk.get(name).unwrap().len() as u64).sum::<u64>();
    assert!(disk.used_bytes() > lengths() + MIB / 2, "a step is taken ahead");
    assert_eq!(day.metric("day90_journal_used_bytes"), disk.used_bytes());
    day.handle.drain();
    day.writer.finish();
    assert_eq!(disk.used_bytes(), lengths());
}

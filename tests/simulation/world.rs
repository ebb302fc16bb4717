//! One seed's world: the real journal, writer and state on a disk in memory and a clock held by hand, senders that retry,
//! and everything that goes wrong. What the world knows to be counted is in [`Model`].

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use day90::clock::{Clock, DrivenClock};
use day90::config::model::Trust;
use day90::event::{self, Inlet, Timestamp, binary};
use day90::expose::text::Text;
use day90::journal::fake::{FakeDisk, Fault};
use day90::journal::record::{Scanner, SegmentHeader};
use day90::journal::{self, Disk, Fatal, Journal, Recovered};
use day90::pipeline::writer::{self, Job, Start, Writer};
use day90::pipeline::{Batch, Entry, Handle, Health, Outcome, Refusal, recover};
use day90::pool::Pool;
use day90::state::{Snapshot, State};
use day90::telemetry::Telemetry;

use super::dice::Dice;
use super::events::{Happening, Source};
use super::model::{Model, Operating, Verdict};

type Reply<T> = Pin<Box<dyn Future<Output = Result<T, Refusal>>>>;
type Jobs = Arc<Mutex<Vec<Job>>>;

/// A process that runs.
struct Machine {
    handle: Handle,
    writer: Writer,
    /// Checkpoints that were begun.
    jobs: Jobs,
}

/// What was handed to the writer, in order.
enum Sent {
    Batch(Vec<Happening>, Reply<Outcome>),
    Model(Box<Operating>, Reply<()>),
}

pub struct World {
    dice: Dice,
    disk: FakeDisk,
    /// What the daemon sees of the disk.
    seen_as: fn(FakeDisk) -> Arc<dyn Disk>,
    clock: Arc<DrivenClock>,
    source: Source,
    machine: Option<Machine>,
    /// All that was acknowledged.
    model: Model,
    /// What may be found instead of `model` at the next start: with the commit that was in flight.
    or_else: Vec<Model>,
    /// An operating model that was handed in and is not in force.
    pending: Option<Operating>,
    /// What was not acknowledged, to be sent again.
    unanswered: Vec<Vec<Happening>>,
    /// The state never was before this.
    floor: Timestamp,
    /// Limits are low: only the fold without a disk says what is counted.
    tight: bool,
    segment_bytes: u64,
    checkpoint_bytes: u64,
    /// The exposition when the process ended, if all was settled then.
    last_words: Option<(Timestamp, String)>,
    pub story: Vec<String>,
}

pub fn honest(disk: FakeDisk) -> Arc<dyn Disk> {
    Arc::new(disk)
}

/// The closed form counts in these first seeds. In far longer runs it and the fold still differ in rare corners of how things
/// count, which no crash has a part in; the fold without a disk judges every seed.
const COUNTED: u64 = 150;
/// One seed of this many has low limits.
const TIGHT: u64 = 4;

impl World {
    pub fn new(seed: u64, seen_as: fn(FakeDisk) -> Arc<dyn Disk>) -> World {
        let mut dice = Dice(seed);
        let tight = seed.is_multiple_of(TIGHT);
        let source = Source::new(&mut dice, tight);
        let segment_bytes = *dice.one(&[512, 2 << 10, 8 << 10, 1 << 30]);
        let checkpoint_bytes = *dice.one(&[700, 4 << 10, 16 << 10, 1 << 30]);
        let begin = source.begin();
        World {
            source,
            disk: FakeDisk::new(),
            seen_as,
            clock: Arc::new(DrivenClock::at(begin)),
            machine: None,
            model: Model::new(tight, !tight && seed <= COUNTED),
            or_else: Vec::new(),
            pending: None,
            unanswered: Vec::new(),
            floor: begin,
            tight,
            segment_bytes,
            checkpoint_bytes,
            last_words: None,
            story: Vec::new(),
            dice,
        }
    }

    /// Lives through `steps` of it, and ends with a start that finds everything.
    pub fn run(&mut self, steps: usize) {
        self.pending = Some(self.roll_operating());
        for _ in 0..steps {
            if self.machine.is_none() {
                self.start();
            }
            match self.dice.below(100) {
                0..38 => self.send(),
                38..66 => self.pass_time(),
                66..74 => self.look(),
                74..80 => self.write_checkpoints(),
                80..82 => self.with_machine(|machine| machine.writer.begin_checkpoint()),
                82..84 => self.retry(),
                84..88 => self.go_wrong(),
                88..90 => self.stop(),
                90..92 => self.end(false),
                92..94 => self.end(true),
                _ => self.make_well(),
            }
            if self.must_restart() && self.dice.chance(50) {
                let power = self.dice.chance(50);
                self.end(power);
            }
        }
        if self.machine.is_some() {
            let power = self.dice.chance(50);
            self.end(power);
        }
        self.make_well();
        self.start();
        if self.dice.chance(50) {
            self.clock.set(self.source.end());
        }
        self.look();
    }

    fn tell(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn with_machine(&mut self, act: impl FnOnce(&mut Machine)) {
        if let Some(machine) = &mut self.machine {
            act(machine);
        }
        self.settle_pending();
    }

    fn poisoned(&self) -> bool {
        let health = self.machine.as_ref().map(|machine| machine.handle.health().borrow().clone());
        matches!(health, Some(Health::Poisoned(_)))
    }

    fn must_restart(&self) -> bool {
        self.machine.is_some() && (self.poisoned() || self.disk.prepare().is_err())
    }

    // What happens to a running process.

    fn has_nothing_to_send(&self) -> bool {
        self.source.is_idle() && self.unanswered.is_empty() && self.pending.is_none()
    }

    /// Time passes when everything that happened was sent. Until then it may only go back a little.
    fn pass_time(&mut self) {
        if !self.has_nothing_to_send() {
            if self.dice.chance(10) {
                self.clock.set(self.now().plus(-(self.dice.below(1_000_000) as i64)));
                self.tell("the clock is set back");
            }
            return;
        }
        let Some(next) = self.source.next_moment() else { return };
        if self.dice.chance(25) && next > self.now() {
            let part = self.dice.below(next.since(self.now()) as u64) as i64;
            self.clock.set(self.now().plus(part));
            return self.tell("time passes, and nothing happens");
        }
        self.source.go_on(&mut self.dice);
        self.clock.set(next);
        self.tell(format!("it is {next}"));
    }

    /// A scrape: what it shows is what the model says.
    fn look(&mut self) {
        let Some(machine) = &self.machine else { return };
        let snapshot = machine.handle.snapshot();
        let text = exposition(&snapshot);
        self.floor = self.floor.max(snapshot.now());
        self.tell("a scrape");
        // After a failure the process may have counted less than is on the disk, and nothing more.
        let apart = self.model.disagreements(&text, snapshot.now());
        assert!(apart.is_empty(), "a scrape of the running daemon:\n{}", apart.join("\n"));
    }

    fn write_checkpoints(&mut self) {
        self.run_jobs();
        self.with_machine(|machine| machine.writer.turn());
    }

    fn run_jobs(&mut self) {
        let Some(machine) = &self.machine else { return };
        let jobs = std::mem::take(&mut *machine.jobs.lock().expect("no job panics"));
        if !jobs.is_empty() {
            self.tell("a checkpoint is written");
        }
        jobs.into_iter().for_each(|job| job());
    }

    fn retry(&mut self) {
        self.tell("the writer tries again");
        self.with_machine(|machine| machine.writer.retry());
    }

    fn go_wrong(&mut self) {
        let at = self.disk.operations() + self.dice.below(12);
        match self.dice.below(10) {
            0..3 => self.fault(at, Fault::Dead),
            3..5 => self.fault(at, Fault::Half(std::io::ErrorKind::StorageFull)),
            5..7 => self.fault(at, Fault::Error(std::io::ErrorKind::StorageFull)),
            7 => self.fault(at, Fault::Error(std::io::ErrorKind::Other)),
            8 => {
                let room = self.dice.below(2_000);
                self.disk.limit(Some(self.disk.used_bytes() + room));
                self.tell(format!("{room} bytes are free"));
            }
            _ => {
                self.disk.fail_syncs(true);
                self.tell("syncs fail");
            }
        }
    }

    fn fault(&mut self, at: u64, fault: Fault) {
        self.disk.fail_at(at, fault);
        self.tell(format!("call {at} of the disk will be {fault:?}"));
    }

    fn make_well(&mut self) {
        self.disk.limit(None);
        self.disk.fail_syncs(false);
        self.tell("the disk is well");
    }

    // Events and configuration go in.

    fn send(&mut self) {
        let mut sent = Vec::new();
        // The closed form knows no reload while something waits for the rest of its lifecycle.
        let may_configure = self.tight || self.source.is_rested();
        let configures = self.dice.chance(if self.tight { 12 } else { 60 }) && may_configure && self.pending.is_none();
        if self.has_nothing_to_send() && !configures {
            return self.pass_time();
        }
        let batches = self.dice.below(4) as usize + usize::from(!configures);
        // Not in between: of two commits the first might fail, and what happened first would arrive last.
        let before = if self.tight && self.dice.chance(50) { batches } else { 0 };
        for number in 0..=batches {
            if number == before && configures {
                let operating = self.roll_operating();
                let handle = self.machine.as_ref().expect("started").handle.clone();
                let copy = operating.model.clone();
                let reply: Reply<()> = Box::pin(async move { handle.configure(copy).await });
                sent.push(Sent::Model(Box::new(operating), reply));
            }
            if number < batches {
                sent.extend(self.batch());
            }
        }
        let mut context = Context::from_waker(Waker::noop());
        for one in &mut sent {
            let waits = match one {
                Sent::Batch(_, reply) => reply.as_mut().poll(&mut context).is_pending(),
                Sent::Model(_, reply) => reply.as_mut().poll(&mut context).is_pending(),
            };
            assert!(waits, "nothing is answered before the writer's turn");
        }
        if self.dice.chance(10) {
            self.run_jobs();
        }
        let events: usize =
            sent.iter().map(|one| if let Sent::Batch(events, _) = one { events.len() } else { 0 }).sum();
        self.tell(format!("{batches} batches of {events} events{}", if configures { ", a configuration" } else { "" }));
        self.machine.as_mut().expect("started").writer.turn();
        self.settle(sent);
    }

    /// A batch of new events, or of one that was not acknowledged.
    fn batch(&mut self) -> Option<Sent> {
        let now = self.now();
        // In the order in which it happened.
        let mut events = match self.unanswered.is_empty() {
            false => self.unanswered.remove(0),
            true => self.source.some(&mut self.dice),
        };
        let handle = self.machine.as_ref().expect("started").handle.clone();
        let mut batch = Batch::default();
        for event in &mut events {
            event.received = now;
            let scale = |_: &str| Trust::default().rating_scale;
            let context = event::Context {
                received: now,
                inlet: Inlet::Http,
                default_system: None,
                rating_scale: &scale,
                event_age: day90::event::kinds::EVENT_AGE,
                notes: None,
            };
            let parsed = event::json::parse(&event.json, 1, &context);
            let parsed = parsed.unwrap_or_else(|why| panic!("{}: {why:?}", event.json));
            event.bytes.clear();
            binary::encode(&parsed, &mut event.bytes);
            batch.bytes.extend_from_slice(&event.bytes);
            let source = parsed.source.as_ref().unwrap_or(&parsed.system);
            let id = parsed.id.as_ref().map_or(0, |id| handle.id_hash(source, parsed.body.kind(), id));
            batch.entries.push(Entry { end: batch.bytes.len() as u32, index: batch.entries.len() as u32, id });
        }
        if events.is_empty() {
            return None;
        }
        Some(Sent::Batch(events, Box::pin(async move { handle.submit(batch).await })))
    }

    /// The time of the commit that was just tried: that of the clock, or of a fold that was ahead of it. The clock doesn't
    /// move meanwhile.
    fn committed_at(&self) -> Timestamp {
        self.machine.as_ref().map_or(self.now().max(self.floor), |machine| machine.handle.snapshot().now())
    }

    /// Compares every reply with what the model says, commit by commit.
    fn settle(&mut self, sent: Vec<Sent>) {
        let at = self.committed_at();
        let mut commit = Vec::new();
        for one in sent {
            match one {
                Sent::Batch(events, reply) => commit.push((events, answer(reply))),
                Sent::Model(operating, reply) => {
                    self.settle_commit(at, std::mem::take(&mut commit));
                    self.pending = Some((*operating).clone());
                    if answer(reply).is_ok() {
                        assert!(self.or_else.is_empty(), "taken into force after an error");
                        self.pending = None;
                        self.model.configure(at, *operating);
                        self.floor = at;
                    }
                }
            }
        }
        self.settle_commit(at, commit);
        self.settle_pending();
    }

    fn settle_commit(&mut self, at: Timestamp, commit: Vec<(Vec<Happening>, Result<Outcome, Refusal>)>) {
        let Some((_, first)) = commit.first() else { return };
        if first.is_err() {
            assert!(commit.iter().all(|(_, reply)| reply.is_err()), "one commit, one fate");
            return self.refused(at, commit.into_iter().map(|(events, _)| events).collect());
        }
        if let (Some(pending), true) = (&self.pending, self.or_else.is_empty()) {
            let pending = pending.clone();
            // A model that waited goes before any event.
            self.pending = None;
            self.model.configure(at, pending);
        }
        let batches: Vec<&[Happening]> = commit.iter().map(|(events, _)| &events[..]).collect();
        let positions: Vec<Vec<u32>> = commit.iter().map(|(_, reply)| rejected(reply)).collect();
        self.model.check_rejected(self.floor, &batches, &positions);
        let (verdicts, fresh) = self.model.judge(&batches, &positions);
        assert!(self.or_else.is_empty() || fresh.is_empty(), "acknowledged after an error");
        for ((_, reply), verdict) in commit.iter().zip(verdicts) {
            let Ok(outcome) = reply else { panic!("one commit, one fate") };
            let told =
                Verdict { accepted: outcome.accepted, duplicates: outcome.duplicates, rejected: rejected(reply) };
            assert_eq!(told, verdict, "what the sender was told");
        }
        if !fresh.is_empty() {
            self.model.commit(at, &fresh);
            self.floor = at;
        }
    }

    /// Nothing of it is counted now. When the writer is poisoned, a later start may find it.
    fn refused(&mut self, at: Timestamp, batches: Vec<Vec<Happening>>) {
        self.tell("refused");
        if self.poisoned() {
            let mut found = self.model.clone();
            if let Some(pending) = &self.pending {
                found.configure(at, pending.clone());
                self.or_else.push(found.clone());
            }
            let parts: Vec<&[Happening]> = batches.iter().map(|events| &events[..]).collect();
            let (_, fresh) = found.judge(&parts, &found.would_reject(self.floor, &parts));
            found.commit(at, &fresh);
            self.or_else.push(found);
        }
        self.unanswered.extend(batches);
        // A sender's patience has an end. What a lost opening leaves behind is beyond the closed form.
        let surplus = if self.tight { self.unanswered.len().saturating_sub(4) } else { 0 };
        self.unanswered.drain(..surplus);
    }

    /// Sees whether the writer took a model into force by itself.
    fn settle_pending(&mut self) {
        let (Some(machine), Some(pending)) = (&self.machine, &self.pending) else { return };
        let pending = pending.clone();
        let snapshot = machine.handle.snapshot();
        let at = snapshot.now();
        self.floor = self.floor.max(at);
        if *snapshot.model() == pending.model {
            self.model.configure(at, pending);
            self.pending = None;
        } else if self.poisoned() {
            let mut found = self.model.clone();
            found.configure(at, pending);
            self.or_else.push(found);
        }
    }

    // The process ends and starts.

    /// A graceful stop: what waits is committed, and a checkpoint is written.
    fn stop(&mut self) {
        self.tell("a graceful stop");
        let Some(machine) = &self.machine else { return };
        machine.handle.drain();
        self.run_jobs();
        self.with_machine(|machine| machine.writer.turn());
        // That turn may have begun one more.
        self.run_jobs();
        self.remember_last_words();
        if let Some(machine) = self.machine.take() {
            machine.writer.finish();
        }
        self.disk = self.disk.kill();
    }

    /// kill -9, or the power goes. What is on the disk stays behind; nothing of the process cleans up.
    fn end(&mut self, power: bool) {
        if self.machine.is_none() {
            return;
        }
        self.remember_last_words();
        let left = if power { self.disk.crash(self.dice.roll()) } else { self.disk.kill() };
        self.tell(if power { "the power goes" } else { "kill -9" });
        self.machine = None;
        self.disk = left;
    }

    fn remember_last_words(&mut self) {
        let Some(machine) = self.machine.as_ref().filter(|_| self.or_else.is_empty() && self.pending.is_none()) else {
            self.last_words = None;
            return;
        };
        let snapshot = machine.handle.snapshot();
        self.floor = self.floor.max(snapshot.now());
        self.last_words = Some((snapshot.now(), exposition(&snapshot)));
    }

    /// Starts until it has started: what goes wrong may go wrong during a start too.
    fn start(&mut self) {
        while self.machine.is_none() {
            if self.dice.chance(15) {
                let at = self.disk.operations() + self.dice.below(8);
                self.fault(at, Fault::Dead);
            }
            if self.dice.chance(70) {
                self.make_well();
            }
            let disk = (self.seen_as)(self.disk.clone());
            let lock = journal::lock(&*disk).expect("the process before has ended");
            let (state, recovered) = recover::recover(&disk).unwrap_or_else(|why| panic!("refused to start: {why}"));
            self.tell(format!("a start from {:?}, {} records", recovered.checkpoint_sequence, recovered.records));
            let found = self.find(&state);
            if self.dice.chance(40) {
                self.compare_ways();
            }
            self.last_words = None;
            let unread = if recovered.records > 0 { recovered.journal_bytes } else { 0 };
            match open(disk, lock, recovered, self.segment_bytes) {
                Some(journal) => self.begin(state, journal, unread, found),
                None => {
                    self.tell("which fails");
                    let power = self.dice.chance(50);
                    self.disk = if power { self.disk.crash(self.dice.roll()) } else { self.disk.kill() };
                    self.make_well();
                }
            }
        }
    }

    /// Which of the possible pasts a start has found; panics when it is none of them.
    fn find(&mut self, state: &State) -> Model {
        let text = exposition(&state.snapshot());
        let possible = std::iter::once(&self.model).chain(&self.or_else);
        let mut apart = Vec::new();
        for model in possible.filter(|model| model.operating.model == **state.model()) {
            let mut here = model.disagreements(&text, state.now());
            here.extend(model.lost_or_twice(&text, state.now()));
            apart.push(here);
            if apart.last().is_some_and(Vec::is_empty) {
                return model.clone();
            }
        }
        let apart: Vec<String> = apart.iter().map(|apart| apart.join("\n")).collect();
        panic!("a start found what never was, of {} pasts:\n{}", self.or_else.len() + 1, apart.join("\nor\n"));
    }

    /// The same journal says the same, from whichever checkpoint it is read, and as the process said before it ended.
    fn compare_ways(&mut self) {
        let whole = |disk: &FakeDisk| recover::recover(&honest(disk.clone())).map(|(state, _)| state);
        let mut ways = Vec::new();
        let names = self.disk.names();
        let checkpoints: Vec<&String> = names.iter().filter(|name| name.ends_with(".ckpt")).collect();
        let older = self.disk.kill();
        if let Some(newest) = checkpoints.last() {
            older.delete(newest);
            let found = whole(&older).unwrap_or_else(|why| panic!("the older checkpoint is no way back: {why}"));
            ways.push(("the older checkpoint", found));
        }
        if checkpoints.len() > 1 && names.iter().any(|name| name.starts_with("journal-00000000000000000001.")) {
            checkpoints.iter().for_each(|name| older.delete(name));
            match (whole(&older), lacks_segments(&self.disk)) {
                (Ok(found), false) => ways.push(("the start", found)),
                // The power went while old segments were removed, and the first of them came back.
                (Err(Fatal::Corrupt { .. }), true) => {}
                (Ok(_), true) => panic!("a journal with a gap was read from the start"),
                (Err(why), _) => panic!("from the start: {why}"),
            }
        }
        let last_words = self.last_words.take();
        if ways.is_empty() && last_words.is_none() {
            return;
        }
        // Read again: a clone of a state is a snapshot, without its indexes.
        let newest = whole(&self.disk).unwrap_or_else(|why| panic!("refused to start: {why}"));
        let times = ways.iter().map(|(_, state)| state.now()).chain(last_words.iter().map(|(at, _)| *at));
        let then = times.chain([newest.now()]).max().expect("one at least");
        let said = |mut state: State| {
            state.advance(then);
            exposition(&state.snapshot())
        };
        let newest = said(newest);
        for (way, state) in ways {
            same(&newest, &said(state), &format!("read from the newest checkpoint, and from {way}"));
        }
        if let Some((at, words)) = last_words.filter(|(at, _)| *at == then) {
            same(&words, &newest, &format!("before the end at {at}, and after"));
        }
    }

    fn begin(&mut self, state: State, journal: Journal, unread_bytes: u64, found: Model) {
        self.model = found;
        self.or_else.clear();
        // A process has no time but the state's.
        self.floor = state.now();
        let wanted = self.pending.take().unwrap_or_else(|| self.model.operating.clone());
        self.pending = (wanted.model != self.model.operating.model).then(|| wanted.clone());
        let jobs = Jobs::default();
        let stored = Arc::clone(&jobs);
        let spawner = move |job| {
            stored.lock().expect("no job panics").push(job);
            Ok(())
        };
        let (handle, writer) = Writer::new(Start {
            state,
            journal,
            model: wanted.model,
            clock: self.clock.clone(),
            telemetry: Telemetry::new(),
            way_back: false,
            unread_bytes,
            pool: Pool::default(),
            options: writer::CheckpointOptions { checkpoint_bytes: self.checkpoint_bytes, spawner: Box::new(spawner) },
        });
        self.machine = Some(Machine { handle, writer, jobs });
        self.settle_pending();
    }

    fn roll_operating(&mut self) -> Operating {
        let dice = &mut self.dice;
        let mut limits = format!("dedupe_ids: {}", dice.one(&[5_000, 1_000_000]));
        if self.tight {
            let (values, open) = (*dice.one(&[3, 200]), *dice.one(&[2, 4, 12, 16]));
            limits += &format!(", values_per_label: {values}, open_cases: {open}");
        }
        let declared = self.source.plans.iter().map(|plan| {
            // A system that vanishes keeps its state, by the default rules, of which the closed form knows nothing.
            let vanishes = self.tight && dice.chance(25);
            let declared = if dice.chance(50) { &plan.before } else { &plan.after };
            (!vanishes).then(|| declared.clone())
        });
        let declared = declared.collect();
        Operating::new(&limits, declared, self.clock.now())
    }
}

fn open(disk: Arc<dyn Disk>, lock: journal::Lock, recovered: Recovered, segment_bytes: u64) -> Option<Journal> {
    Journal::open(disk, lock, recovered, journal::Options { segment_bytes }).ok()
}

fn answer<T>(mut reply: Reply<T>) -> Result<T, Refusal> {
    match reply.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a turn of the writer answers everything"),
    }
}

/// Positions of what a batch was told is rejected.
fn rejected(reply: &Result<Outcome, Refusal>) -> Vec<u32> {
    reply.iter().flat_map(|outcome| &outcome.rejected).map(|(index, _)| *index).collect()
}

pub fn exposition(snapshot: &Snapshot) -> String {
    let mut text = Text::new();
    snapshot.visit(&mut text);
    String::from_utf8(text.into_bytes()).expect("an exposition is text")
}

fn same(one: &str, other: &str, what: &str) {
    if one != other {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        let (one, other) = (lines(one), lines(other));
        let apart: Vec<&String> = one.symmetric_difference(&other).collect();
        panic!("not the same, {what}:\n{apart:#?}");
    }
}

/// Whether segments are missing between the first and the last. By the frames alone: recovery is what is tested.
fn lacks_segments(disk: &FakeDisk) -> bool {
    let names = disk.names();
    let mut segments = names.iter().filter(|name| name.ends_with(".seg"));
    let mut next = None;
    segments.any(|name| {
        let bytes = disk.get(name).expect("it is listed");
        let Ok(header) = SegmentHeader::decode(&bytes) else { return false };
        let gap = next.is_some_and(|next| next != header.first);
        let last = Scanner::new(header.salt, &bytes).map_while(Result::ok).last();
        next = Some(last.map_or(header.first, |frame| frame.next_sequence()));
        gap
    })
}

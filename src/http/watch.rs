//! [`Watch`]: the phase of one connection, and the deadline that follows from it.
//!
//! The stream reports what was read and written, the handler reports how far the request is. Everything of a
//! connection runs in one task, so cells are enough.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use super::bounds::Deadlines;
use super::framing::Framing;
use crate::telemetry::Closed;

/// Who has just connected has a moment to say something.
const SILENT_AT_LEAST: Duration = Duration::from_millis(500);
/// A request in hand may dribble for so long before another may have its place.
const DRIBBLING_AFTER: Duration = Duration::from_secs(2);
/// Slower than this is dribbling. Bytes a second.
const DRIBBLING_BELOW: u64 = 1 << 10;

/// What is known of a connection, shared by its stream, its handler and whoever counts connections.
pub(super) struct Watch {
    phase: Cell<Phase>,
    /// When bytes last came in.
    read: Cell<Instant>,
    /// Since when the peer takes nothing, while there is something to send to it.
    stuck: Cell<Option<Instant>>,
    framing: RefCell<Framing>,
    /// Requests that reached the handler.
    requests: Cell<u64>,
    /// The body of the request in hand was not read to its end.
    body_left: Cell<bool>,
    /// An answer was given before the body was read: the rest may still be on its way.
    unread: Cell<bool>,
    /// End after the request in hand.
    leave: Cell<bool>,
    /// Its place was given to another connection.
    evicted: Cell<bool>,
    /// Its place was needed while it was in the middle of a request, and too slow.
    cut: Cell<bool>,
    /// When the request in hand began, and how many bytes have gone in and out since.
    begun: Cell<Instant>,
    moved: Cell<u64>,
    kind: Kind,
    waker: RefCell<Option<Waker>>,
}

/// What a connection may ask for. Each kind has places of its own, and makes room for its own kind alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ordinary,
    /// `/metrics` and health alone: it came when there was no ordinary place.
    Probe,
}

/// Whether an idle connection has sent a request before. Those that never did are evicted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spoken {
    Never,
    Before,
}

/// The phase of a connection, and since when.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Connected; not a byte came.
    Silent(Instant),
    Head(Instant),
    Body(Instant),
    /// The sender waits for us.
    Working,
    /// The last answer was given; nothing is owed.
    Idle(Instant),
}

impl Watch {
    pub(super) fn new(kind: Kind) -> Rc<Watch> {
        let now = Instant::now();
        Rc::new(Watch {
            phase: Cell::new(Phase::Silent(now)),
            read: Cell::new(now),
            stuck: Cell::new(None),
            framing: RefCell::default(),
            requests: Cell::new(0),
            body_left: Cell::new(false),
            unread: Cell::new(false),
            leave: Cell::new(false),
            evicted: Cell::new(false),
            cut: Cell::new(false),
            begun: Cell::new(now),
            moved: Cell::new(0),
            kind,
            waker: RefCell::new(None),
        })
    }

    /// A request reached the handler. `false`: its length was announced twice.
    pub(super) fn begins(&self, has_body: bool) -> bool {
        self.phase.set(Phase::Working);
        self.body_left.set(has_body);
        let number = self.requests.replace(self.requests.get() + 1);
        !self.framing.borrow().conflicts(number)
    }

    pub(super) fn reads_body(&self) {
        let now = Instant::now();
        self.read.set(now);
        self.phase.set(Phase::Body(now));
    }

    /// Reading the body has ended; `whole` when it was read to its end.
    pub(super) fn has_read_body(&self, whole: bool) {
        self.phase.set(Phase::Working);
        if whole {
            self.body_left.set(false);
        }
    }

    pub(super) fn is_body_left(&self) -> bool {
        self.body_left.get()
    }

    /// The handler has answered.
    pub(super) fn answered(&self) {
        let now = Instant::now();
        self.unread.set(self.body_left.get());
        self.phase.set(if self.framing.borrow().in_head() { Phase::Head(now) } else { Phase::Idle(now) });
    }

    /// Whether the rest of a body may still be on its way.
    pub(super) fn is_unread(&self) -> bool {
        self.unread.get()
    }

    /// Asks the connection to end as soon as nothing is owed.
    pub(super) fn leave(&self) {
        self.leave.set(true);
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leave.get()
    }

    /// Remembers whom to wake when the connection is asked to leave.
    pub(super) fn wakes(&self, waker: &Waker) {
        self.waker.borrow_mut().get_or_insert_with(|| waker.clone()).clone_from(waker);
    }

    /// Asks the connection to make room for another.
    pub(super) fn evict(&self) {
        self.evicted.set(true);
        self.leave();
    }

    pub(super) fn was_evicted(&self) -> bool {
        self.evicted.get()
    }

    /// Asks the connection to end at once, in the middle of what it does.
    pub(super) fn cut_off(&self) {
        self.cut.set(true);
        self.evict();
    }

    pub(super) fn is_cut_off(&self) -> bool {
        self.cut.get()
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Bytes a second of the request in hand, when it is the peer that takes its time: it dribbles a head or a body, or
    /// doesn't read its answer. `None` in the first moments, when it goes at a good pace, and while the daemon works.
    pub(super) fn dribbles(&self, now: Instant) -> Option<u64> {
        let is_the_peers_turn = match self.phase.get() {
            Phase::Head(_) | Phase::Body(_) => true,
            Phase::Idle(_) | Phase::Working => self.stuck.get().is_some(),
            Phase::Silent(_) => false,
        };
        let age = now - self.begun.get();
        if !is_the_peers_turn || self.leave.get() || age < DRIBBLING_AFTER {
            return None;
        }
        let pace = u128::from(self.moved.get()) * 1_000 / age.as_millis().max(1);
        u64::try_from(pace).ok().filter(|pace| *pace < DRIBBLING_BELOW)
    }

    /// For how long the request in hand has gone on.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now - self.begun.get()
    }

    /// For how long the peer has taken nothing of its answer; `None` when it reads, or is asked to leave.
    pub(super) fn stuck_for(&self, now: Instant) -> Option<Duration> {
        self.stuck.get().filter(|_| !self.leave.get()).map(|since| now - since)
    }

    /// Since when nothing is owed to it, so that it can make room for another. `None` when it is busy or has been asked
    /// to leave. The order of the answers is the order of eviction: connections that never sent anything come first, so
    /// that nobody loses a place to clients that only connect.
    pub(super) fn idle_since(&self, now: Instant) -> Option<(Spoken, Instant)> {
        match self.phase.get() {
            _ if self.leave.get() => None,
            Phase::Silent(since) if now - since < SILENT_AT_LEAST => None,
            Phase::Silent(since) => Some((Spoken::Never, since)),
            Phase::Idle(since) if self.stuck.get().is_none() => Some((Spoken::Before, since)),
            _ => None,
        }
    }

    /// The stream read these bytes.
    pub(super) fn came_in(&self, bytes: &[u8]) {
        let now = Instant::now();
        self.read.set(now);
        if matches!(self.phase.get(), Phase::Silent(_) | Phase::Idle(_)) {
            self.phase.set(Phase::Head(now));
            self.begun.set(now);
            self.moved.set(0);
        }
        self.moved.set(self.moved.get() + bytes.len() as u64);
        self.framing.borrow_mut().feed(bytes);
    }

    /// The stream tried to write, and wrote this many bytes, if any.
    pub(super) fn went_out(&self, written: Option<usize>) {
        let Some(bytes) = written else {
            if self.stuck.get().is_none() {
                self.stuck.set(Some(Instant::now()));
            }
            return;
        };
        self.stuck.set(None);
        self.moved.set(self.moved.get() + bytes as u64);
        if matches!(self.phase.get(), Phase::Idle(_)) {
            self.phase.set(Phase::Idle(Instant::now()));
        }
    }

    /// When this connection must be closed unless something happens, and why.
    pub(super) fn deadline(&self, deadlines: &Deadlines) -> Option<(Instant, Closed)> {
        let phase = match self.phase.get() {
            Phase::Silent(since) => Some((since + deadlines.first_byte, Closed::FirstByte)),
            Phase::Head(since) => Some((since + deadlines.head, Closed::Head)),
            Phase::Body(since) => {
                let total = (since + deadlines.body_total, Closed::BodyTotal);
                let idle = (self.read.get() + deadlines.body_idle, Closed::BodyIdle);
                Some(if idle.0 < total.0 { idle } else { total })
            }
            Phase::Working => None,
            Phase::Idle(since) => Some((since + deadlines.keep_alive, Closed::KeepAlive)),
        };
        let stuck = self.stuck.get().map(|since| (since + deadlines.write_stall, Closed::WriteStall));
        [phase, stuck].into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}

/// Whoever reads an answer.
#[derive(Clone)]
pub struct Peer(pub(super) Rc<Watch>);

impl Peer {
    /// For how long it has taken nothing; `None` when it reads, or is asked to leave.
    pub fn stuck_for(&self, now: Instant) -> Option<Duration> {
        self.0.stuck_for(now)
    }

    /// Closes its connection, so that its answer is given up.
    pub fn cut_off(&self) {
        self.0.cut_off();
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peer(…)")
    }
}

//! [`Watch`]: the phase of one connection, and the deadline that follows from it.
//!
//! The stream reports what was read and written, the handler reports how far the request is. Everything of a
//! connection runs in one task, so cells are enough.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;

use tokio::time::Instant;

use super::bounds::Deadlines;
use super::framing::Framing;
use crate::telemetry::Closed;

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
    waker: RefCell<Option<Waker>>,
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
    pub(super) fn new() -> Rc<Watch> {
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

    /// Since when nothing is owed to it, so that it can make room for another. `None` when it is busy or has been asked
    /// to leave. The order of the answers is the order of eviction: connections that never sent anything come first, so
    /// that nobody loses a place to clients that only connect.
    pub(super) fn idle_since(&self) -> Option<(Spoken, Instant)> {
        match self.phase.get() {
            _ if self.leave.get() => None,
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
        }
        self.framing.borrow_mut().feed(bytes);
    }

    /// The stream tried to write.
    pub(super) fn went_out(&self, written: bool) {
        if !written {
            if self.stuck.get().is_none() {
                self.stuck.set(Some(Instant::now()));
            }
            return;
        }
        self.stuck.set(None);
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

//! [`Moment`]: the escalations that the fold sees at one moment, and how much time lies between them.
//!
//! Many events can have the same time in the fold: a batch that a sender held up, or all events while the clock is behind.
//! The time between them is then taken from when they were received and when they happened.

use serde::{Deserialize, Serialize};

use super::arrivals::{Arrival, LATE_SECONDS};
use super::seconds::seconds_between;
use crate::event::Timestamp;
use crate::event::time::SECOND;
use crate::state::engine::correction::Correction;

/// An escalation received later than this after it happened was held up. Nanoseconds.
const HELD_UP: i64 = 10 * SECOND;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// When the last escalation that was not held up was received.
    last_received: Timestamp,
    at: Timestamp,
    /// When the latest escalation so far happened, and the latest before this moment.
    latest: Timestamp,
    before: Timestamp,
    /// Escalations that were held up and are not observed yet.
    held: f64,
}

/// Escalations that were held up and are now observed together.
pub struct Released {
    pub at: Timestamp,
    pub count: f64,
    /// The time over which they were held up, or less.
    pub seconds: f64,
}

impl Moment {
    pub fn new(now: Timestamp) -> Moment {
        Moment { last_received: now, at: now, latest: now, before: now, held: 0.0 }
    }

    pub fn is_at(&self, now: Timestamp) -> bool {
        self.at == now
    }

    /// Begins a new moment. Release what the last one held first.
    pub fn begin(&mut self, now: Timestamp) {
        (self.at, self.before, self.held) = (now, self.latest, 0.0);
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        let Moment { last_received, at, latest, before, held: _ } = self;
        [last_received, at, latest, before].into_iter().for_each(|moment| clock.correct(moment));
    }

    /// Whether an escalation was held up, or came with one that was.
    pub fn is_held_up(&self, event: Arrival) -> bool {
        event.received.since(event.time) > HELD_UP || self.held > 0.0
    }

    /// Keeps an escalation that happened at `time` until [`Moment::release`].
    pub fn hold(&mut self, time: Timestamp) {
        self.held += 1.0;
        self.latest = self.latest.max(time);
    }

    /// Takes the escalations that were held, if any.
    pub fn release(&mut self) -> Option<Released> {
        let count = std::mem::take(&mut self.held);
        let seconds = seconds_between(self.before, self.latest).min(LATE_SECONDS);
        (count > 0.0).then_some(Released { at: self.at, count, seconds })
    }

    /// Seconds between this escalation and the last one, as long as the fold's time has not moved: by their receipts or by
    /// their own times, whichever is longer.
    pub fn seconds_since_last(&mut self, event: Arrival) -> f64 {
        let received = seconds_between(self.last_received, event.received);
        let happened = seconds_between(self.latest, event.time);
        self.last_received = event.received;
        self.latest = self.latest.max(event.time);
        received.max(happened).min(LATE_SECONDS)
    }
}

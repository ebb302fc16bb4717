//! How events arrive: too late to say anything about now, or while the clock is behind.

use serde::{Deserialize, Serialize};

use super::maths::pow;
use super::seconds::{DAY_SECONDS, seconds_between};
use crate::event::time::{HOUR, MINUTE};
use crate::event::{Event, Timestamp};
use crate::state::engine::correction::Correction;
use crate::state::signals::statistics::LATE;

/// [`LATE`] in seconds.
pub const LATE_SECONDS: f64 = 900.0;
/// A report mentions late events if they are more than this part of all, and more than half an event.
const LATE_PART: f64 = 0.01;
const LATE_MIN: f64 = 0.5;
/// The clock was set back if events are received this long before the time of the fold. Nanoseconds.
const CLOCK_BEHIND: i64 = MINUTE;
const HALF_LIFE_SECONDS: f64 = DAY_SECONDS;

/// When something happened, and when it was received.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub time: Timestamp,
    pub received: Timestamp,
}

impl From<&Event<'_>> for Arrival {
    fn from(event: &Event<'_>) -> Arrival {
        Arrival { time: event.time, received: event.received }
    }
}

/// Counts of events, and how the last one arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arrivals {
    /// Decayed as of `at`.
    all: f64,
    late: f64,
    at: Timestamp,
    /// How long before the time of the fold the last event was received, in nanoseconds. Positive after the clock was set
    /// back.
    behind: i64,
}

impl Arrivals {
    /// Counts an event; true if it came in time.
    pub fn add(&mut self, now: Timestamp, event: Arrival) -> bool {
        let late = event.received.since(event.time) > LATE;
        if now.since(self.at) > HOUR {
            let decay = pow(0.5, seconds_between(self.at, now) / HALF_LIFE_SECONDS);
            (self.all, self.late, self.at) = (self.all * decay, self.late * decay, now);
        }
        self.behind = now.since(event.received);
        self.all += 1.0;
        self.late += f64::from(u8::from(late));
        !late
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        clock.correct_receipt(&mut self.at);
        self.behind = 0;
    }

    /// More than a few of the events of about the last day came too late.
    pub fn are_late(&self) -> bool {
        self.late >= LATE_MIN && self.late > LATE_PART * self.all
    }

    /// The clock was set back and has not caught up yet.
    pub fn clock_is_behind(&self) -> bool {
        self.behind > CLOCK_BEHIND
    }
}

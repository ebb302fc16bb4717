//! The timer of a [`Watch`], and what counts as silence.

use super::{Unit, Watch};
use crate::event::Timestamp;
use crate::event::time::{DAY, MINUTE, SECOND};
use crate::state::signals::spike::hours::{Almanac, HourOfWeek};
use crate::state::signals::spike::seconds::seconds_between;

/// A system without tasks is silent when this many escalations are missing, or after this time (nanoseconds).
const SILENT_ESCALATIONS: f64 = 20.0;
const SILENT_MAX: i64 = 30 * DAY;
/// A system with tasks is active for this long after its last event. Nanoseconds.
const ACTIVE: i64 = MINUTE;
/// Escalations that were held up wait this long for more of them. Nanoseconds.
const HELD_FOR: i64 = SECOND;

impl Watch {
    /// The timer ran. True if it must be set again.
    pub fn on_timer<'z>(&mut self, now: Timestamp, almanac: impl Fn() -> Almanac<'z>) -> bool {
        self.due = None;
        // Time that ends with the hour belongs to that hour; after a silence it is another hour.
        if now > self.hour.ends {
            self.hour = HourOfWeek::at(now, almanac());
        }
        self.release();
        let silent = self.is_silent(now);
        if silent {
            self.skip_to(now);
        } else {
            self.observe(now, seconds_between(self.observed, now), 0.0);
            self.learn(now);
        }
        if now >= self.hour.ends {
            self.hour = HourOfWeek::at(now, almanac());
        }
        self.has_more(now, silent) && self.wake(now)
    }

    /// When the timer runs.
    pub fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Sets the timer to the end of the current period, unless it is set. True if it was not.
    pub(super) fn wake(&mut self, now: Timestamp) -> bool {
        if self.due.is_some() {
            return false;
        }
        let period = self.unit.period();
        let into = now.nanos().rem_euclid(period);
        self.due = Some(now.plus(period - into));
        true
    }

    /// Sets the timer for the escalations that are held up, unless it runs sooner. True if it was set.
    pub(super) fn wake_soon(&mut self, now: Timestamp) -> bool {
        let soon = now.plus(HELD_FOR);
        let later = self.due.is_none_or(|due| due > soon);
        if later {
            self.due = Some(soon);
        }
        later
    }

    /// Whether a system without tasks has been silent for far too long to be chance.
    pub(super) fn is_silent(&self, now: Timestamp) -> bool {
        if self.unit == Unit::Tasks || self.pages.open.is_some() {
            return false;
        }
        let Some(last) = self.last_escalation else { return false };
        let missing = self.detector.usual_ratio(self.hour.index()) * seconds_between(last, now);
        missing >= SILENT_ESCALATIONS || now.since(last) >= SILENT_MAX
    }

    /// Whether there will be something to observe when the next period ends.
    fn has_more(&self, now: Timestamp, silent: bool) -> bool {
        let active = |last: Option<Timestamp>| last.is_some_and(|last| now.since(last) < ACTIVE);
        let sends = match self.unit {
            Unit::Seconds => !silent,
            Unit::Tasks => active(self.tasks.last()) || active(self.last_escalation),
        };
        sends || self.pages.open.is_some()
    }
}

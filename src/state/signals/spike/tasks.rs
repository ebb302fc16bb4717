//! Tasks as exposure: those that came, and those that are missing.
//!
//! A sender that reports tasks once a minute and escalations at once looks like a spike every minute; one whose task
//! reports stop, while escalations go on, looks like a spike for good. So when an escalation comes and no task has come
//! for longer than is usual, the missing ones are assumed, at the pace at which they came; after a quarter of an hour at
//! the highest pace of the last days, since nobody knows. What then arrives late pays off what was assumed.

use serde::{Deserialize, Serialize};

use super::maths::pow;
use super::watch::LATE;
use crate::event::Timestamp;
use crate::event::time::SECOND;

/// Tasks that must be missing before they are assumed: fewer may be chance.
const ASSUMED_MIN: f64 = 5.0;
/// Tasks that must be missing, and for how long in seconds, before they are said to have stopped.
const STOPPED_TASKS: f64 = 50.0;
const STOPPED_SECONDS: f64 = 900.0;
/// Seconds of tasks that are assumed at once, at most: the rest was silence, or a clock that jumped.
const AT_ONCE_SECONDS: f64 = 3_600.0;
/// Half-life of the highest pace, in seconds.
const PEAK_SECONDS: f64 = 2.0 * 86_400.0;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tasks {
    /// Completed since they were last taken as exposure, and since the last lesson.
    new: f64,
    to_learn: f64,
    /// Assumed since the last one came.
    assumed: f64,
    /// Assumed up to then, and not come yet.
    owed: f64,
    owed_until: Timestamp,
    /// Something was assumed that nobody should learn from.
    doubtful: bool,
    /// Tasks a second when they last came, and the most of the last days.
    pace: f64,
    peak: f64,
    last: Option<Timestamp>,
}

impl Tasks {
    /// One was completed at `time`, and is known now.
    pub fn come(&mut self, now: Timestamp, time: Timestamp) {
        self.last = Some(now);
        self.assumed = 0.0;
        self.to_learn += 1.0;
        if self.owed >= 1.0 {
            if now.since(self.owed_until) > LATE {
                self.owed = 0.0;
            } else if time <= self.owed_until {
                self.owed -= 1.0;
                return;
            }
        }
        self.new += 1.0;
    }

    /// The exposure since it was last asked for. With an escalation in hand, missing tasks are assumed.
    pub fn take(&mut self, now: Timestamp, escalated: bool) -> f64 {
        let new = std::mem::take(&mut self.new);
        if new > 0.0 || !escalated {
            return new;
        }
        let silent = self.silent(now);
        let due = self.pace * silent.min(STOPPED_SECONDS) + self.peak * (silent - STOPPED_SECONDS).max(0.0);
        if due < ASSUMED_MIN || due <= self.assumed {
            return 0.0;
        }
        let more = (due - self.assumed).min(self.peak * AT_ONCE_SECONDS);
        self.assumed = due;
        self.owed += more;
        self.owed_until = now;
        self.doubtful |= silent > STOPPED_SECONDS;
        more
    }

    /// Those that really came since the last lesson; `None` when nothing can be learned, since they are missing.
    pub fn lesson(&mut self, now: Timestamp) -> Option<f64> {
        let came = std::mem::take(&mut self.to_learn);
        let doubtful = std::mem::take(&mut self.doubtful);
        (!doubtful && !self.have_stopped(now)).then_some(came)
    }

    /// `pace` is how many come in a second, by the lesson of `seconds` that is over.
    pub fn keep_pace(&mut self, seconds: f64, pace: f64) {
        self.pace = pace;
        self.peak = pace.max(self.peak * pow(0.5, seconds / PEAK_SECONDS));
    }

    /// Whether so many are missing for so long that something is wrong with them, or the system sleeps.
    pub fn have_stopped(&self, now: Timestamp) -> bool {
        let silent = self.silent(now);
        silent > STOPPED_SECONDS && self.pace * silent >= STOPPED_TASKS
    }

    /// When the last one came.
    pub fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// How many came since they were last taken.
    pub fn waiting(&self) -> f64 {
        self.new
    }

    /// Forgets all but when the last one came.
    pub fn clear(&mut self) {
        *self = Tasks { last: self.last, ..Tasks::default() };
    }

    fn silent(&self, now: Timestamp) -> f64 {
        self.last.map_or(0, |last| now.since(last)).max(0) as f64 / SECOND as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// One task a second for an hour.
    fn steady() -> Tasks {
        let mut tasks = Tasks::default();
        (1..=3_600).for_each(|second| tasks.come(at(second), at(second)));
        assert_eq!(tasks.take(at(3_600), true), 3_600.0);
        assert_eq!(tasks.lesson(at(3_600)), Some(3_600.0));
        tasks.keep_pace(3_600.0, 1.0);
        tasks
    }

    #[test]
    fn tasks_that_come_once_a_minute_are_assumed_and_then_not_counted_twice() {
        let mut tasks = steady();
        assert_eq!(tasks.take(at(3_630), true), 30.0, "they are on their way");
        (3_601..=3_660).for_each(|second| tasks.come(at(3_660), at(second)));
        assert_eq!(tasks.take(at(3_660), false), 30.0, "the first half was assumed");
        assert_eq!(tasks.lesson(at(3_660)), Some(60.0));
    }

    #[test]
    fn tasks_that_were_lost_are_not_taken_off_those_that_come_later() {
        let mut tasks = steady();
        tasks.take(at(4_200), true);
        (4_201..=4_260).for_each(|second| tasks.come(at(second), at(second)));
        assert_eq!(tasks.take(at(4_260), true), 60.0);
    }

    #[test]
    fn nothing_is_learned_while_tasks_have_stopped() {
        let mut tasks = steady();
        assert!(!tasks.have_stopped(at(4_000)));
        assert!(tasks.take(at(6_000), true) > 2_000.0);
        assert!(tasks.have_stopped(at(6_000)));
        tasks.come(at(6_001), at(6_001));
        assert_eq!(tasks.lesson(at(6_030)), None, "what was assumed is still among what would be learned");
        assert_eq!(tasks.lesson(at(6_060)), Some(0.0));
    }

    #[test]
    fn a_clock_that_jumps_a_year_adds_an_hour() {
        let mut tasks = steady();
        assert!(tasks.take(at(365 * 86_400), true) <= 3_600.0);
    }
}

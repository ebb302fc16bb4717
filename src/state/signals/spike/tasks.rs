//! Completed tasks as exposure: those that came, and those that are missing.
//!
//! A sender that reports tasks once a minute but escalations at once would look like a spike every minute, and one whose
//! task reports stop while its escalations go on would look like a spike for good. So when an escalation comes and no task
//! has come for longer than usual, the missing tasks are assumed: for the first quarter of an hour at the rate at which they
//! came, then at the highest rate of the last days, because the true rate is unknown. Tasks that arrive later are first
//! subtracted from those that were assumed.

use serde::{Deserialize, Serialize};

use super::maths::pow;
use super::seconds::{DAY_SECONDS, seconds_between};
use crate::event::Timestamp;
use crate::state::engine::correction::Correction;
use crate::state::signals::statistics::LATE;

/// Tasks are assumed when at least this many are missing: fewer can be chance.
const ASSUMED_MIN: f64 = 5.0;
/// Tasks have stopped when this many are missing and none came for this time.
const STOPPED_TASKS: f64 = 50.0;
const STOPPED_SECONDS: f64 = 900.0;
/// At most the tasks of this time are assumed at once. Anything longer was a silence or a clock that jumped.
const AT_ONCE_SECONDS: f64 = 3_600.0;
const PEAK_HALF_LIFE_SECONDS: f64 = 2.0 * DAY_SECONDS;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tasks {
    /// Completed since they were last taken as exposure, and since the last lesson.
    new: f64,
    to_learn: f64,
    /// Since they were last shown.
    to_show: f64,
    /// Assumed since the last task came.
    assumed: f64,
    /// Assumed for the time up to `owed_until` and not arrived yet.
    owed: f64,
    owed_until: Timestamp,
    /// Since the last lesson, tasks were assumed at a rate that is only a guess.
    doubtful: bool,
    /// Tasks a second when they last came, and the highest rate of the last days (decayed).
    rate: f64,
    peak_rate: f64,
    last: Option<Timestamp>,
}

impl Tasks {
    /// A task was completed at `time` and received now.
    pub fn add(&mut self, now: Timestamp, time: Timestamp) {
        self.last = Some(now);
        self.assumed = 0.0;
        self.to_learn += 1.0;
        self.to_show += 1.0;
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

    /// Takes the exposure since the last call. If an escalation came, missing tasks are assumed.
    pub fn take(&mut self, now: Timestamp, escalated: bool) -> f64 {
        let new = std::mem::take(&mut self.new);
        if new > 0.0 || !escalated { new } else { self.assume(now) }
    }

    fn assume(&mut self, now: Timestamp) -> f64 {
        let silent = self.silent_seconds(now);
        let due = self.rate * silent.min(STOPPED_SECONDS) + self.peak_rate * (silent - STOPPED_SECONDS).max(0.0);
        if due < ASSUMED_MIN || due <= self.assumed {
            return 0.0;
        }
        let more = (due - self.assumed).min(self.peak_rate * AT_ONCE_SECONDS);
        self.assumed = due;
        self.owed += more;
        self.owed_until = now;
        self.doubtful |= silent > STOPPED_SECONDS;
        more
    }

    /// Takes the number of tasks that really came since the last lesson; `None` if tasks are missing, so that nothing can
    /// be learned.
    pub fn take_lesson(&mut self, now: Timestamp) -> Option<f64> {
        let came = std::mem::take(&mut self.to_learn);
        let doubtful = std::mem::take(&mut self.doubtful);
        (!doubtful && !self.have_stopped(now)).then_some(came)
    }

    /// Sets the usual rate, in tasks a second, after a lesson of `seconds`.
    pub fn set_rate(&mut self, seconds: f64, rate: f64) {
        self.rate = rate;
        self.peak_rate = rate.max(self.peak_rate * pow(0.5, seconds / PEAK_HALF_LIFE_SECONDS));
    }

    /// Whether enough are missing, for long enough, to say that their reports have failed or the system is asleep.
    pub fn have_stopped(&self, now: Timestamp) -> bool {
        let silent = self.silent_seconds(now);
        silent > STOPPED_SECONDS && self.rate * silent >= STOPPED_TASKS
    }

    /// When the last one was received.
    pub fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// Takes the number that came since the last call.
    pub fn take_shown(&mut self) -> f64 {
        std::mem::take(&mut self.to_show)
    }

    /// How many came since they were last taken.
    pub fn waiting(&self) -> f64 {
        self.new
    }

    /// Forgets everything except when the last one was received.
    pub fn clear(&mut self) {
        *self = Tasks { last: self.last, ..Tasks::default() };
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        clock.correct_receipt(&mut self.last);
        clock.correct_receipt(&mut self.owed_until);
    }

    fn silent_seconds(&self, now: Timestamp) -> f64 {
        self.last.map_or(0.0, |last| seconds_between(last, now))
    }
}

/// As version 1 of the section has it, of day90 0.2.0.
#[derive(Clone, Debug, Deserialize)]
pub struct TasksV1 {
    new: f64,
    to_learn: f64,
    assumed: f64,
    owed: f64,
    owed_until: Timestamp,
    doubtful: bool,
    rate: f64,
    peak_rate: f64,
    last: Option<Timestamp>,
}

impl From<TasksV1> for Tasks {
    fn from(old: TasksV1) -> Tasks {
        let TasksV1 { new, to_learn, assumed, owed, owed_until, doubtful, rate, peak_rate, last } = old;
        Tasks { new, to_learn, to_show: 0.0, assumed, owed, owed_until, doubtful, rate, peak_rate, last }
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
        (1..=3_600).for_each(|second| tasks.add(at(second), at(second)));
        assert_eq!(tasks.take(at(3_600), true), 3_600.0);
        assert_eq!(tasks.take_lesson(at(3_600)), Some(3_600.0));
        tasks.set_rate(3_600.0, 1.0);
        tasks
    }

    #[test]
    fn tasks_that_come_once_a_minute_are_assumed_and_then_not_counted_twice() {
        let mut tasks = steady();
        assert_eq!(tasks.take(at(3_630), true), 30.0, "they are on their way");
        (3_601..=3_660).for_each(|second| tasks.add(at(3_660), at(second)));
        assert_eq!(tasks.take(at(3_660), false), 30.0, "the first half was assumed");
        assert_eq!(tasks.take_lesson(at(3_660)), Some(60.0));
    }

    #[test]
    fn tasks_that_were_lost_are_not_subtracted_from_later_ones() {
        let mut tasks = steady();
        tasks.take(at(4_200), true);
        (4_201..=4_260).for_each(|second| tasks.add(at(second), at(second)));
        assert_eq!(tasks.take(at(4_260), true), 60.0);
    }

    #[test]
    fn nothing_is_learned_while_tasks_have_stopped() {
        let mut tasks = steady();
        assert!(!tasks.have_stopped(at(4_000)));
        assert!(tasks.take(at(6_000), true) > 2_000.0);
        assert!(tasks.have_stopped(at(6_000)));
        tasks.add(at(6_001), at(6_001));
        assert_eq!(tasks.take_lesson(at(6_030)), None, "what was assumed would be learned from");
        assert_eq!(tasks.take_lesson(at(6_060)), Some(0.0));
    }

    #[test]
    fn a_clock_that_jumps_a_year_adds_an_hour() {
        let mut tasks = steady();
        assert!(tasks.take(at(365 * 86_400), true) <= 3_600.0);
    }
}

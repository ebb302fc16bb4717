//! [`Watch`]: one system's detector in the stream of its events and in time.
//!
//! * **Exposure** is tasks completed, and seconds for a system that sends none. What counts is received time, which never
//!   goes back; what happened long before it was received is a backfill, and no evidence of now.
//! * **Tasks may lag**: a sender that reports tasks once a minute and escalations at once looks like a spike every minute.
//!   So missing tasks are assumed at the rate they usually come, and what was assumed is taken off when they arrive.
//! * **Timers**: once a minute while there is something to tell (once in five for a system without tasks), never while a
//!   system is silent.

use serde::{Deserialize, Serialize};

use super::baseline::Counted;
use super::causes::Causes;
use super::detector::{Change, Detector};
use super::hours::hour_of;
use super::latch::Ended;
use super::maths::pow;
use crate::event::Timestamp;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};

/// Seconds of a month, as the setting means it.
pub const MONTH_SECONDS: f64 = 30.0 * 86_400.0;
/// Received later than this after it happened, in nanoseconds, an event says nothing of now.
pub const LATE: i64 = 5 * MINUTE;
const PERIOD_TASKS: i64 = MINUTE;
const PERIOD_SECONDS: i64 = 5 * MINUTE;
/// Seconds of silence that count at most as time in which a rise might have begun.
const SILENCE_SECONDS_MAX: f64 = 3_600.0;
/// Expected tasks that must be missing before they are assumed.
const MISSING_MIN: f64 = 3.0;
/// Seconds of assumed tasks that are remembered, to be taken off later.
const OWED_SECONDS_MAX: f64 = 900.0;
/// A page ends when nothing at all came for so long.
const PAGE_SILENCE: i64 = HOUR;
/// A system that sent no task for so long, and escalations all the while, is watched by the clock.
const TASKS_FORGOTTEN: i64 = 7 * DAY;
const NEW_NORMAL_SHOWN: i64 = DAY;
/// Half-life of what is called recent while no page is open, in seconds.
const RECENT_SECONDS: f64 = 1_800.0;

/// What escalations are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// No task was ever heard of: escalations in time.
    Seconds,
    Tasks,
}

/// A page, while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    pub began: Timestamp,
    /// Since when escalations have risen, about.
    pub onset: Timestamp,
    /// From the onset to the page, about; exposure is adjusted for the hours.
    pub before: Counted,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    detector: Detector,
    unit: Unit,
    /// Completed since the last observation, and since the last lesson.
    tasks: u64,
    tasks_to_learn: f64,
    /// Tasks that were assumed and have not come yet.
    owed: f64,
    observed: Timestamp,
    learned: Timestamp,
    pub last_task: Option<Timestamp>,
    pub last_escalation: Option<Timestamp>,
    /// When the timer runs; `None` while there is nothing to tell.
    due: Option<Timestamp>,
    hour: u8,
    hour_ends: Timestamp,
    pub page: Option<Page>,
    pub new_normal_until: Option<Timestamp>,
    pub pages: u64,
    /// Decayed, for people: tasks or seconds, not adjusted for hours.
    recent: Counted,
    pub causes: Causes,
    /// Events that came too late to be evidence.
    pub late: u64,
}

/// What a system declares of its detector.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    pub false_pages_per_month: f64,
    pub timezone: &'a str,
}

impl Watch {
    pub fn new(now: Timestamp, declared: Declared<'_>) -> Watch {
        let mut watch = Watch {
            detector: Detector::new(MONTH_SECONDS / declared.false_pages_per_month),
            unit: Unit::Seconds,
            tasks: 0,
            tasks_to_learn: 0.0,
            owed: 0.0,
            observed: now,
            learned: now,
            last_task: None,
            last_escalation: None,
            due: None,
            hour: 0,
            hour_ends: now,
            page: None,
            new_normal_until: None,
            pages: 0,
            recent: Counted::default(),
            causes: Causes::default(),
            late: 0,
        };
        watch.turn_hour(now, declared.timezone);
        watch
    }

    /// The setting or the time zone may have changed.
    pub fn configure(&mut self, now: Timestamp, declared: Declared<'_>) {
        self.detector.allow(MONTH_SECONDS / declared.false_pages_per_month);
        self.turn_hour(now, declared.timezone);
    }

    /// One task was completed. True when the timer must be set.
    pub fn task(&mut self, now: Timestamp) -> bool {
        if self.unit == Unit::Seconds {
            self.count_in(Unit::Tasks, now);
        }
        self.tasks += 1;
        self.last_task = Some(now);
        self.wake(now)
    }

    /// A case was escalated for the first time. True when the timer must be set.
    pub fn escalation(&mut self, now: Timestamp, timezone: &str) -> bool {
        if now > self.hour_ends {
            self.turn_hour(now, timezone);
        }
        let forgotten = |last: Timestamp| now.since(last) > TASKS_FORGOTTEN;
        if self.unit == Unit::Tasks && self.last_task.is_none_or(forgotten) {
            self.count_in(Unit::Seconds, now);
        }
        self.last_escalation = Some(now);
        self.observe(now, 1.0);
        self.wake(now)
    }

    /// The timer ran. True when it must be set again.
    pub fn on_timer(&mut self, now: Timestamp, timezone: &str) -> bool {
        self.due = None;
        // What ends with the hour belongs to it; after a silence it is another hour altogether.
        if now > self.hour_ends {
            self.turn_hour(now, timezone);
        }
        self.observe(now, 0.0);
        self.learn(now);
        if now >= self.hour_ends {
            self.turn_hour(now, timezone);
        }
        if self.new_normal_until.is_some_and(|until| now >= until) {
            self.new_normal_until = None;
        }
        let quiet = |last: Option<Timestamp>| last.is_none_or(|last| now.since(last) >= PAGE_SILENCE);
        if self.page.is_some() && self.unit == Unit::Tasks && quiet(self.last_task) && quiet(self.last_escalation) {
            self.detector.forget_page();
            self.page = None;
        }
        let active = |last: Option<Timestamp>| last.is_some_and(|last| now.since(last) < PERIOD_TASKS);
        let more = self.unit == Unit::Seconds
            || self.page.is_some()
            || self.new_normal_until.is_some()
            || active(self.last_task)
            || active(self.last_escalation);
        more && self.wake(now)
    }

    pub fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Sets the timer to the next whole period, if it isn't set.
    fn wake(&mut self, now: Timestamp) -> bool {
        if self.due.is_some() {
            return false;
        }
        let period = if self.unit == Unit::Tasks { PERIOD_TASKS } else { PERIOD_SECONDS };
        let into = now.nanos().rem_euclid(period);
        self.due = Some(now.plus(period - into));
        true
    }

    /// Escalations are held against something else from now on: all is learned anew.
    fn count_in(&mut self, unit: Unit, now: Timestamp) {
        self.unit = unit;
        self.detector = self.detector.begin_anew();
        (self.observed, self.learned) = (now, now);
        (self.tasks, self.tasks_to_learn, self.owed) = (0, 0.0, 0.0);
        (self.page, self.new_normal_until) = (None, None);
        self.recent = Counted::default();
    }

    fn turn_hour(&mut self, now: Timestamp, timezone: &str) {
        let (hour, ends) = hour_of(timezone, now);
        (self.hour, self.hour_ends) = (hour as u8, ends);
    }

    fn observe(&mut self, now: Timestamp, count: f64) {
        let seconds = now.since(self.observed).max(0) as f64 / SECOND as f64;
        self.observed = self.observed.max(now);
        let exposure = match self.unit {
            Unit::Seconds => seconds,
            Unit::Tasks => self.take_tasks(seconds, count > 0.0),
        };
        self.recent.count += count;
        self.recent.exposure += exposure;
        let at_risk = seconds.min(SILENCE_SECONDS_MAX);
        match self.detector.observe(at_risk, exposure, count, usize::from(self.hour)) {
            Change::None => {}
            Change::Page(page) => {
                self.pages += 1;
                self.new_normal_until = None;
                let onset = now.plus(-((page.seconds * SECOND as f64) as i64));
                self.page = Some(Page { began: now, onset, before: page });
            }
            Change::Over(ended) => {
                self.page = None;
                self.new_normal_until = (ended == Ended::NewNormal).then(|| now.plus(NEW_NORMAL_SHOWN));
            }
        }
    }

    /// The exposure since the last observation. With an escalation in hand and no task for longer than is usual, tasks
    /// are assumed; what was assumed is taken off those that come later.
    fn take_tasks(&mut self, seconds: f64, escalated: bool) -> f64 {
        let tasks = std::mem::take(&mut self.tasks) as f64;
        let usual = self.detector.rate() * seconds;
        if escalated && tasks == 0.0 && usual >= MISSING_MIN {
            self.owed = (self.owed + usual).min(self.detector.rate() * OWED_SECONDS_MAX);
            return usual;
        }
        self.tasks_to_learn += tasks;
        let repaid = tasks.min(self.owed);
        self.owed -= repaid;
        tasks - repaid
    }

    fn learn(&mut self, now: Timestamp) {
        let seconds = now.since(self.learned).max(0) as f64 / SECOND as f64;
        self.learned = self.learned.max(now);
        let exposure = match self.unit {
            Unit::Seconds => seconds,
            Unit::Tasks => std::mem::take(&mut self.tasks_to_learn),
        };
        let decay = pow(0.5, seconds / RECENT_SECONDS);
        self.recent.count *= decay;
        self.recent.exposure *= decay;
        self.detector.learn(seconds, exposure, usize::from(self.hour));
    }
}

/// What people and metrics read.
impl Watch {
    pub fn detector(&self) -> &Detector {
        &self.detector
    }

    pub fn unit(&self) -> Unit {
        self.unit
    }

    pub fn hour(&self) -> usize {
        usize::from(self.hour)
    }

    /// The usual ratio at this hour: escalations for a task, or for a second.
    pub fn usual(&self) -> Option<f64> {
        Some(self.detector.usual_ratio(self.hour())).filter(|ratio| *ratio > 0.0)
    }

    /// Escalations and their exposure lately: since about the onset while a page is open, else in the last hour or so.
    /// Exposure is what would have come at this hour's ratio.
    pub fn lately(&self) -> Counted {
        let Some(page) = &self.page else { return self.recent };
        let mut all = page.before;
        if let Some(latch) = self.detector.page() {
            all.add(latch.since_page());
        }
        all.exposure /= self.detector.hour_factor(self.hour());
        all
    }

    /// Tasks that should have come since the last one, at the rate at which they came before.
    pub fn missing_tasks(&self, now: Timestamp) -> f64 {
        let silent = self.last_task.map_or(0, |last| now.since(last)).max(0);
        if self.unit == Unit::Tasks { self.detector.rate() * silent as f64 / SECOND as f64 } else { 0.0 }
    }
}

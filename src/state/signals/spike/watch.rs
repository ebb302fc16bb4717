//! [`Watch`]: one system's detector, fed with the system's events.
//!
//! * **Exposure** is completed tasks ([`Tasks`]), or seconds for a system that sends none. Time is the time of receipt, as
//!   the fold has it. An event that happened long before it was received is a backfill, and no evidence about now.
//! * **A clock that was set back**: the fold's time stays where it is until the clock has caught up or is taken as right. Until
//!   then the events say how much time goes by, see [`Moment`]. Escalations that were **held up** and arrive together are one observation,
//!   over the time for which they were held up.
//! * **Timers** run once a minute while there is something to observe (once in five minutes for a system without tasks),
//!   and never while a system is silent. A silence that is far too long for chance is an outage or a night: nothing is
//!   learned from it.

mod correction;
pub mod readings;
mod timer;
pub mod v1;

use serde::{Deserialize, Serialize};

use super::arrivals::{Arrival, Arrivals};
use super::came::Came;
use super::causes::Causes;
use super::counted::Counted;
use super::detector::{Detector, PageChange};
use super::episodes::Episodes;
use super::hours::{Almanac, HourOfWeek};
use super::maths::pow;
use super::moment::Moment;
use super::pages::Pages;
use super::season::Season;
use super::seconds::{HOUR_SECONDS, MONTH_SECONDS, seconds_between};
use super::tasks::Tasks;
use crate::config::model::Calendar;
use crate::event::Timestamp;
use crate::event::time::{DAY, MINUTE};
use crate::state::engine::labels::Sym;

/// At most this much of a silence counts as time in which a rise could have begun.
const SILENCE_SECONDS_MAX: f64 = HOUR_SECONDS;
/// A system is measured in seconds again after it sent escalations but no task for this long. Nanoseconds.
const TASKS_FORGOTTEN: i64 = 7 * DAY;
/// A system is measured in tasks once this many came, each within a day of the last, or sooner if the baseline rests on
/// few escalations.
const TASKS_BEGIN: f64 = 100.0;
const TASKS_BEGIN_APART: i64 = DAY;
const LITTLE_LEARNED_ESCALATIONS: f64 = 30.0;
/// Half-life of the recent counts that are shown while no page is open.
const RECENT_SECONDS: f64 = 1_800.0;

/// What the exposure of a system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Time, because the system sends no tasks.
    Seconds,
    /// Completed tasks.
    Tasks,
}

impl Unit {
    /// How often the timer runs, in nanoseconds.
    fn period(self) -> i64 {
        match self {
            Unit::Tasks => MINUTE,
            Unit::Seconds => 5 * MINUTE,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    detector: Detector,
    /// The declared ratio, per task.
    expected: Option<f64>,
    unit: Unit,
    tasks: Tasks,
    /// Up to when time was observed, and learned from.
    observed: Timestamp,
    learned: Timestamp,
    last_escalation: Option<Timestamp>,
    moment: Moment,
    /// When the timer runs; `None` while there is nothing to observe.
    due: Option<Timestamp>,
    hour: HourOfWeek,
    pages: Pages,
    /// For people: decayed counts, with exposure not adjusted for the season.
    recent: Counted,
    came: Came,
    causes: Causes,
    arrivals: Arrivals,
}

/// What a system declares for its detector.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    pub false_pages_per_month: f64,
    pub almanac: Almanac<'a>,
    /// The escalation ratio that is expected, per task.
    pub ratio: Option<f64>,
}

impl Declared<'_> {
    /// The time in which one false page is allowed.
    fn allowed_seconds(&self) -> f64 {
        MONTH_SECONDS / self.false_pages_per_month
    }
}

impl Watch {
    /// Heap memory in bytes, at most.
    pub const HEAP_BYTES: usize = Season::HEAP_BYTES + Episodes::HEAP_BYTES + Causes::HEAP_BYTES;

    pub fn new(now: Timestamp, declared: Declared<'_>) -> Watch {
        let mut watch = Watch {
            detector: Detector::new(declared.allowed_seconds()),
            expected: None,
            unit: Unit::Seconds,
            tasks: Tasks::default(),
            observed: now,
            learned: now,
            last_escalation: None,
            moment: Moment::new(now),
            due: None,
            hour: HourOfWeek::at(now, declared.almanac),
            pages: Pages::default(),
            recent: Counted::default(),
            came: Came::new(now),
            causes: Causes::default(),
            arrivals: Arrivals::default(),
        };
        watch.configure(now, declared);
        watch
    }

    /// The setting, the time zone, the calendar or the expected ratio may have changed.
    pub fn configure(&mut self, now: Timestamp, declared: Declared<'_>) {
        self.detector.allow(declared.allowed_seconds());
        self.recall(declared);
        self.expect();
        self.hour = HourOfWeek::at(now, declared.almanac);
    }

    /// What is declared and an older checkpoint doesn't have. It changes nothing that was learned: a state that is read must be
    /// the one that was written.
    pub fn recall(&mut self, declared: Declared<'_>) {
        self.detector.declare_peaks(declared.almanac.calendar.into_iter().flat_map(Calendar::known_peaks));
        self.expected = declared.ratio;
    }

    /// Until something is learned, the declared ratio is what is usual.
    fn expect(&mut self) {
        if let Some(ratio) = self.expected.filter(|_| self.unit == Unit::Tasks) {
            self.detector.expect(ratio);
        }
    }

    /// Notes how an event arrived; false if it came too late to be evidence about now.
    pub fn hear(&mut self, now: Timestamp, event: Arrival) -> bool {
        self.arrivals.add(now, event)
    }

    /// A task was completed at `time`. True if the timer must be set.
    pub fn task(&mut self, now: Timestamp, time: Timestamp) -> bool {
        if self.unit == Unit::Tasks {
            self.tasks.add(now, time);
            return self.wake(now);
        }
        self.first_task(now, time)
    }

    /// A task in a system that is measured in seconds. One trial task must not discard what was learned in weeks, nor an
    /// open page.
    fn first_task(&mut self, now: Timestamp, time: Timestamp) -> bool {
        if self.tasks.last().is_none_or(|last| now.since(last) > TASKS_BEGIN_APART) {
            self.tasks.clear();
        }
        self.tasks.add(now, time);
        let little_learned = self.detector.baseline().count() < LITTLE_LEARNED_ESCALATIONS;
        if self.pages.open.is_some() || !(little_learned || self.tasks.waiting() >= TASKS_BEGIN) {
            return false;
        }
        self.restart_in(Unit::Tasks, now);
        self.tasks.add(now, time);
        self.wake(now)
    }

    /// A case was escalated for the first time, to this queue for this reason. True if the timer must be set.
    pub fn escalation<'z>(
        &mut self,
        now: Timestamp,
        event: Arrival,
        (queue, reason): (Sym, Sym),
        almanac: impl FnOnce() -> Almanac<'z>,
    ) -> bool {
        if now > self.hour.ends {
            self.hour = HourOfWeek::at(now, almanac());
        }
        if self.tasks_are_forgotten(now) {
            self.restart_in(Unit::Seconds, now);
        }
        if self.is_silent(now) {
            self.skip_to(now.plus(-Unit::Seconds.period()));
        }
        self.causes.add(queue, reason, now);
        self.last_escalation = Some(now);
        if !self.moment.is_at(now) {
            self.release();
            self.moment.begin(now);
        }
        if self.is_held_up(event) {
            self.moment.hold(event.time);
            return self.wake_soon(now);
        }
        let seconds = self.elapsed(now, event);
        self.observe(now, seconds, 1.0);
        self.wake(now)
    }

    fn tasks_are_forgotten(&self, now: Timestamp) -> bool {
        let forgotten = |last: Timestamp| now.since(last) > TASKS_FORGOTTEN;
        self.unit == Unit::Tasks && self.pages.open.is_none() && self.tasks.last().is_none_or(forgotten)
    }

    /// Whether an escalation waits for those that come with it. In a system measured in seconds, many old escalations at one
    /// moment would look like a spike. While the clock is behind, all escalations have the same moment and none waits.
    fn is_held_up(&self, event: Arrival) -> bool {
        self.unit == Unit::Seconds && self.moment.is_held_up(event) && !self.clock_is_behind()
    }

    /// Observes the escalations that were held up.
    fn release(&mut self) {
        if let Some(held) = self.moment.release() {
            let seconds = seconds_between(self.observed, held.at).max(held.seconds);
            self.observe(held.at, seconds, held.count);
        }
    }

    /// Seconds since the last observation.
    fn elapsed(&mut self, now: Timestamp, event: Arrival) -> f64 {
        let seconds = seconds_between(self.observed, now);
        let at_one_moment = self.moment.seconds_since_last(event);
        if seconds > 0.0 { seconds } else { at_one_moment }
    }

    fn observe(&mut self, now: Timestamp, seconds: f64, count: f64) {
        self.observed = self.observed.max(now);
        let exposure = match self.unit {
            Unit::Seconds => seconds,
            Unit::Tasks => self.tasks.take(now, count > 0.0),
        };
        self.recent.add(Counted { count, exposure, seconds });
        let shown = if self.unit == Unit::Tasks { self.tasks.take_shown() } else { seconds };
        self.came.add(now, count, shown, self.detector.usual_ratio(self.hour.index()) * exposure);
        let at_risk = seconds.min(SILENCE_SECONDS_MAX);
        match self.detector.observe(at_risk, exposure, count, self.hour.index()) {
            PageChange::None => {}
            PageChange::Page(since_onset) => self.pages.begin(now, since_onset),
            PageChange::Over(_) => self.pages.end(),
        }
    }

    fn learn(&mut self, now: Timestamp) {
        let seconds = seconds_between(self.learned, now);
        self.learned = self.learned.max(now);
        self.recent.scale(pow(0.5, seconds / RECENT_SECONDS));
        match self.unit {
            Unit::Seconds => self.detector.learn(seconds, seconds, self.hour.index()),
            Unit::Tasks => self.learn_from_tasks(now, seconds),
        }
    }

    fn learn_from_tasks(&mut self, now: Timestamp, seconds: f64) {
        let Some(tasks) = self.tasks.take_lesson(now) else { return self.detector.skip_lesson() };
        self.detector.learn(seconds, tasks, self.hour.index());
        if tasks > 0.0 {
            let rate = self.detector.rate() / self.detector.hour_factor(self.hour.index());
            self.tasks.set_rate(seconds, rate);
        }
    }

    /// Measures exposure in another unit from now on. Everything is learned again.
    fn restart_in(&mut self, unit: Unit, now: Timestamp) {
        self.unit = unit;
        self.detector = self.detector.restarted();
        self.expect();
        (self.observed, self.learned) = (now, now);
        self.tasks.clear();
        self.pages.end();
        self.recent = Counted::default();
    }

    /// A person says that the ratio since the rise is usual from now on. False if nothing has risen.
    pub fn accept(&mut self) -> bool {
        self.pages.end();
        self.detector.accept()
    }

    /// Time up to then is neither observed nor learned from.
    fn skip_to(&mut self, then: Timestamp) {
        self.observed = self.observed.max(then);
        self.learned = self.learned.max(then);
    }
}

//! [`Watch`]: one system's detector in the stream of its events and in time.
//!
//! * **Exposure** is tasks completed ([`Tasks`]), and seconds for a system that sends none. What counts is received time,
//!   which never goes back; what happened long before it was received is a backfill, and no evidence of now.
//! * **A clock that was set back** stands still here until it has caught up: time goes on by what the events say, see
//!   [`Watch::elapsed`]. What was **held up** and comes all at once is one observation, over the time it was held up.
//! * **Timers**: once a minute while there is something to tell (once in five for a system without tasks), never while a
//!   system is silent. A silence that is far too long for chance is an outage, or a night, and no lesson.

use serde::{Deserialize, Serialize};

use super::baseline::Counted;
use super::causes::Causes;
use super::detector::{Change, Detector};
use super::hours::hour_of;
use super::latch::Ended;
use super::maths::pow;
use super::season::Season;
use super::tasks::Tasks;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::event::{Event, Timestamp};
use crate::state::engine::labels::Sym;

/// Seconds of a month, as the setting means it.
pub const MONTH_SECONDS: f64 = 30.0 * 86_400.0;
/// An escalation that is received later than this after it happened was held up. Nanoseconds.
const HELD_UP: i64 = 10 * SECOND;
/// Received later than this after it happened, in nanoseconds, an event says nothing of now.
pub const LATE: i64 = 5 * MINUTE;
const PERIOD_TASKS: i64 = MINUTE;
const PERIOD_SECONDS: i64 = 5 * MINUTE;
/// Seconds of silence that count at most as time in which a rise might have begun.
const SILENCE_SECONDS_MAX: f64 = 3_600.0;
/// Without tasks: escalations that are missing, or days, after which a silence is no lesson.
const SILENT_ESCALATIONS: f64 = 20.0;
const SILENT_MAX: i64 = 30 * DAY;
/// A page ends when nothing at all came for so long.
const PAGE_SILENCE: i64 = HOUR;
/// A system that sent no task for so long, and escalations all the while, is watched by the clock.
const TASKS_FORGOTTEN: i64 = 7 * DAY;
/// Tasks within a day of each other that make a system one that sends tasks; fewer while little was learned.
const TASKS_BEGIN: f64 = 100.0;
const LITTLE_LEARNED: f64 = 30.0;
const NEW_NORMAL_SHOWN: i64 = DAY;
/// Half-life of what is called recent while no page is open, in seconds.
const RECENT_SECONDS: f64 = 1_800.0;
/// Less exposure than this is no ratio: tasks, and seconds in a system that sends none.
const RECENT_TASKS_MIN: f64 = 0.5;
const RECENT_SECONDS_MIN: f64 = 300.0;
/// The part of events, in the last day or so, that is said to come late.
const LATE_PART: f64 = 0.01;
/// A clock is said to have been set back when it is so far behind. Nanoseconds.
const CLOCK_BACK: i64 = MINUTE;

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
    tasks: Tasks,
    observed: Timestamp,
    learned: Timestamp,
    last_escalation: Option<Timestamp>,
    /// When the last escalation was received: see [`Watch::elapsed`].
    last_received: Timestamp,
    moment: Moment,
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
    arrivals: Arrivals,
}

/// The escalations that came at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Moment {
    at: Timestamp,
    /// When the last of them happened, and the last of those that came before.
    latest: Timestamp,
    before: Timestamp,
    /// Those that were held up, and are not observed yet.
    held: f64,
}

/// How events come in, for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Arrivals {
    /// Of the last day or so, decayed as of `at`.
    all: f64,
    late: f64,
    at: Timestamp,
    /// How far the last was received behind the time of the fold: a clock that was set back. Nanoseconds.
    behind: i64,
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
            tasks: Tasks::default(),
            observed: now,
            learned: now,
            last_escalation: None,
            last_received: now,
            moment: Moment { at: now, latest: now, before: now, held: 0.0 },
            due: None,
            hour: 0,
            hour_ends: now,
            page: None,
            new_normal_until: None,
            pages: 0,
            recent: Counted::default(),
            causes: Causes::default(),
            arrivals: Arrivals::default(),
        };
        watch.turn_hour(now, declared.timezone);
        watch
    }

    /// The setting or the time zone may have changed.
    pub fn configure(&mut self, now: Timestamp, declared: Declared<'_>) {
        self.detector.allow(MONTH_SECONDS / declared.false_pages_per_month);
        self.turn_hour(now, declared.timezone);
    }

    /// Takes note of an event; true when it is evidence of now, false when it came too late for that.
    pub fn hear(&mut self, now: Timestamp, event: &Event<'_>) -> bool {
        let late = event.received.since(event.time) > LATE;
        self.arrivals.add(now, now.since(event.received), late);
        !late
    }

    /// One task was completed at `time`. True when the timer must be set.
    pub fn task(&mut self, now: Timestamp, time: Timestamp) -> bool {
        let apart = self.tasks.last().is_none_or(|last| now.since(last) > DAY);
        if self.unit == Unit::Seconds && apart {
            self.tasks.clear();
        }
        self.tasks.come(now, time);
        // A page is not dropped for it, nor what was learned in weeks for a task that somebody tried.
        let begin = self.detector.baseline().count() < LITTLE_LEARNED || self.tasks.waiting() >= TASKS_BEGIN;
        if self.unit == Unit::Seconds && self.page.is_none() && begin {
            self.count_in(Unit::Tasks, now);
            self.tasks.come(now, time);
        }
        self.unit == Unit::Tasks && self.wake(now)
    }

    /// A case was escalated for the first time, to this queue for this reason. True when the timer must be set.
    pub fn escalation<'z>(
        &mut self,
        now: Timestamp,
        event: &Event<'_>,
        cause: (Sym, Sym),
        timezone: impl FnOnce() -> &'z str,
    ) -> bool {
        if now > self.hour_ends {
            self.turn_hour(now, timezone());
        }
        let forgotten = |last: Timestamp| now.since(last) > TASKS_FORGOTTEN;
        if self.unit == Unit::Tasks && self.page.is_none() && self.tasks.last().is_none_or(forgotten) {
            self.count_in(Unit::Seconds, now);
        }
        if self.is_silent(now) {
            self.skip_to(now.plus(-PERIOD_SECONDS));
        }
        self.causes.see(cause.0, cause.1, now);
        self.last_escalation = Some(now);
        self.begin_moment(now);
        if self.is_held_up(event) {
            return self.hold(now, event.time);
        }
        let seconds = self.elapsed(now, event);
        self.observe(now, seconds, 1.0);
        self.wake(now)
    }

    fn begin_moment(&mut self, now: Timestamp) {
        if self.moment.at != now {
            self.release();
            let latest = self.moment.latest;
            self.moment = Moment { at: now, latest, before: latest, held: 0.0 };
        }
    }

    /// Whether it waits for those that come with it: in a system that is held against time, a heap of old ones at one
    /// moment looks like a spike. While the clock is behind, all are at one moment.
    fn is_held_up(&self, event: &Event<'_>) -> bool {
        let old = event.received.since(event.time) > HELD_UP || self.moment.held > 0.0;
        old && self.unit == Unit::Seconds && !self.clock_is_behind()
    }

    /// True when the timer must be set.
    fn hold(&mut self, now: Timestamp, time: Timestamp) -> bool {
        self.moment.held += 1.0;
        self.moment.latest = self.moment.latest.max(time);
        let soon = now.plus(SECOND);
        if self.due.is_some_and(|due| due <= soon) {
            return false;
        }
        self.due = Some(soon);
        true
    }

    /// Observes what was held up, over the time since the one before happened.
    fn release(&mut self) {
        let Moment { at, latest, before, held } = self.moment;
        if held > 0.0 {
            self.moment.held = 0.0;
            let held_up = seconds_between(before, latest).min(LATE as f64 / SECOND as f64);
            self.observe(at, seconds_between(self.observed, at).max(held_up), held);
        }
    }

    /// The timer ran. True when it must be set again.
    pub fn on_timer<'z>(&mut self, now: Timestamp, timezone: impl Fn() -> &'z str) -> bool {
        self.due = None;
        // What ends with the hour belongs to it; after a silence it is another hour altogether.
        if now > self.hour_ends {
            self.turn_hour(now, timezone());
        }
        self.release();
        let silent = self.is_silent(now);
        if silent {
            self.skip_to(now);
        } else {
            let seconds = seconds_between(self.observed, now);
            self.observe(now, seconds, 0.0);
            self.learn(now);
        }
        if now >= self.hour_ends {
            self.turn_hour(now, timezone());
        }
        if self.new_normal_until.is_some_and(|until| now >= until) {
            self.new_normal_until = None;
        }
        let quiet = |last: Option<Timestamp>| last.is_none_or(|last| now.since(last) >= PAGE_SILENCE);
        if self.page.is_some() && self.unit == Unit::Tasks && quiet(self.tasks.last()) && quiet(self.last_escalation) {
            self.detector.forget_page();
            self.page = None;
        }
        let active = |last: Option<Timestamp>| last.is_some_and(|last| now.since(last) < PERIOD_TASKS);
        let more = self.page.is_some()
            || self.new_normal_until.is_some()
            || match self.unit {
                Unit::Seconds => !silent,
                Unit::Tasks => active(self.tasks.last()) || active(self.last_escalation),
            };
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
        self.tasks.clear();
        self.new_normal_until = None;
        self.recent = Counted::default();
    }

    fn turn_hour(&mut self, now: Timestamp, timezone: &str) {
        let (hour, ends) = hour_of(timezone, now);
        (self.hour, self.hour_ends) = (hour as u8, ends);
    }

    /// A system without tasks is silent when so much is missing that it can't be chance. Nothing is learned from it.
    fn is_silent(&self, now: Timestamp) -> bool {
        let Some(last) = self.last_escalation.filter(|_| self.unit == Unit::Seconds && self.page.is_none()) else {
            return false;
        };
        let missing = self.detector.usual_ratio(self.hour()) * seconds_between(last, now);
        missing >= SILENT_ESCALATIONS || now.since(last) >= SILENT_MAX
    }

    /// Time up to then is not counted.
    fn skip_to(&mut self, then: Timestamp) {
        self.observed = self.observed.max(then);
        self.learned = self.learned.max(then);
    }

    /// Seconds since the last observation. Where none went by, many events stand at one moment: then it is what lies
    /// between their receipts (a clock that was set back stands still), or their own times.
    fn elapsed(&mut self, now: Timestamp, event: &Event<'_>) -> f64 {
        let seconds = seconds_between(self.observed, now);
        let received = seconds_between(self.last_received, event.received);
        let apart = seconds_between(self.moment.latest, event.time);
        self.last_received = event.received;
        self.moment.latest = self.moment.latest.max(event.time);
        if seconds > 0.0 {
            return seconds;
        }
        received.max(apart).min(LATE as f64 / SECOND as f64)
    }

    fn observe(&mut self, now: Timestamp, seconds: f64, count: f64) {
        self.observed = self.observed.max(now);
        let exposure = match self.unit {
            Unit::Seconds => seconds,
            Unit::Tasks => self.tasks.take(now, count > 0.0),
        };
        self.recent.add(Counted { count, exposure, seconds });
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

    fn learn(&mut self, now: Timestamp) {
        let seconds = seconds_between(self.learned, now);
        self.learned = self.learned.max(now);
        self.recent.scale(pow(0.5, seconds / RECENT_SECONDS));
        match self.unit {
            Unit::Seconds => self.detector.learn(seconds, seconds, usize::from(self.hour)),
            Unit::Tasks => match self.tasks.lesson(now) {
                None => self.detector.leave_out(),
                Some(tasks) => {
                    self.detector.learn(seconds, tasks, usize::from(self.hour));
                    if tasks > 0.0 {
                        let pace = self.detector.rate() / self.detector.hour_factor(self.hour());
                        self.tasks.keep_pace(seconds, pace);
                    }
                }
            },
        }
    }
}

impl Arrivals {
    fn add(&mut self, now: Timestamp, behind: i64, late: bool) {
        if now.since(self.at) > HOUR {
            let decay = pow(0.5, seconds_between(self.at, now) / 86_400.0);
            (self.all, self.late, self.at) = (self.all * decay, self.late * decay, now);
        }
        self.behind = behind;
        self.all += 1.0;
        self.late += f64::from(u8::from(late));
    }
}

fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    to.since(from).max(0) as f64 / SECOND as f64
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
        let Some(page) = &self.page else {
            let enough = if self.unit == Unit::Tasks { RECENT_TASKS_MIN } else { RECENT_SECONDS_MIN };
            return if self.recent.exposure >= enough { self.recent } else { Counted::default() };
        };
        let mut all = page.before;
        if let Some(latch) = self.detector.page() {
            all.add(latch.since_page());
        }
        all.exposure /= self.detector.hour_factor(self.hour());
        all
    }

    /// Tasks have stopped coming, though they came quickly before.
    pub fn tasks_have_stopped(&self, now: Timestamp) -> bool {
        self.unit == Unit::Tasks && self.tasks.have_stopped(now)
    }

    /// Nothing comes from a system that sends no tasks, for far too long to be chance.
    pub fn has_fallen_silent(&self, now: Timestamp) -> bool {
        self.is_silent(now)
    }

    /// More than a few of the events of the last day came too late to be evidence.
    pub fn is_late(&self) -> bool {
        self.arrivals.late >= 0.5 && self.arrivals.late > LATE_PART * self.arrivals.all
    }

    /// The clock was set back, and has not caught up.
    pub fn clock_is_behind(&self) -> bool {
        self.arrivals.behind > CLOCK_BACK
    }

    pub fn last_task(&self) -> Option<Timestamp> {
        self.tasks.last()
    }

    pub fn last_escalation(&self) -> Option<Timestamp> {
        self.last_escalation
    }

    /// Bytes that it holds beside itself, at most.
    pub const HEAP_BYTES: usize = Season::HEAP_BYTES + Causes::HEAP_BYTES;
}

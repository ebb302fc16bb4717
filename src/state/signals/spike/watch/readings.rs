//! What people and metrics read of a [`Watch`].

use super::{Unit, Watch};
use crate::event::Timestamp;
use crate::event::time::{DAY, HOUR};
use crate::state::signals::spike::came::Since;
use crate::state::signals::spike::causes::{Onset, Rose};
use crate::state::signals::spike::counted::Counted;
use crate::state::signals::spike::detector::Detector;
use crate::state::signals::spike::hours::HourOfWeek;
use crate::state::signals::spike::pages::{Page, Pages};
use crate::state::signals::spike::seconds::seconds_between;
use crate::state::signals::spike::status::SpikeState;

/// No ratio is shown for less exposure than this: tasks, or seconds in a system that sends none.
const RECENT_TASKS_MIN: f64 = 0.5;
const RECENT_SECONDS_MIN: f64 = 300.0;

/// Recent escalations and their exposure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lately {
    /// Counts that decay.
    Decayed(Counted),
    /// What really came since the onset.
    Counted(Since),
}

impl Watch {
    pub fn detector(&self) -> &Detector {
        &self.detector
    }

    pub fn unit(&self) -> Unit {
        self.unit
    }

    pub fn hour(&self) -> HourOfWeek {
        self.hour
    }

    pub fn pages(&self) -> &Pages {
        &self.pages
    }

    pub fn state(&self) -> SpikeState {
        match self.detector.page() {
            Some(latch) if latch.is_new_normal() => SpikeState::NewNormal,
            Some(_) => SpikeState::Page,
            None if self.detector.new_normal().is_some() => SpikeState::NewNormal,
            None if self.detector.is_learning() => SpikeState::Learning,
            None => SpikeState::Ok,
        }
    }

    /// A page is open, or one ended without an answer: there is a rise that somebody can accept.
    pub fn has_risen(&self) -> bool {
        self.detector.page().is_some() || self.detector.new_normal().is_some()
    }

    /// Which queues and reasons rose since the onset of the open page; without one, in the last hour.
    pub fn rose(&self, now: Timestamp) -> Rose {
        let at = self.pages.open.map_or(now.plus(-HOUR), |page| page.onset);
        let at = at.max(now.plus(-DAY));
        let expected = self.came.expected(at, now);
        self.causes.rose(Onset { at, now, expected, dispersion: self.detector.noise().dispersion() })
    }

    /// The usual ratio at this hour: escalations per task, or per second.
    pub fn usual(&self) -> Option<f64> {
        Some(self.detector.usual_ratio(self.hour.index())).filter(|ratio| *ratio > 0.0)
    }

    /// Recent escalations and their exposure: since the estimated onset while a page is open, but of the last day at most;
    /// otherwise of about the last hour.
    pub fn lately(&self, now: Timestamp) -> Lately {
        match &self.pages.open {
            Some(page) if now.since(page.onset) > HOUR => Lately::Counted(self.came.since(page.onset, now)),
            Some(page) => Lately::Counted(self.since_onset(page, now)),
            None => Lately::Decayed(self.recently()),
        }
    }

    /// What came since the onset of a young page: what the evidence says of the time before it, and what came after it.
    fn since_onset(&self, page: &Page, now: Timestamp) -> Since {
        let mut all = page.before;
        if let Some(latch) = self.detector.page() {
            all.add(latch.since_page());
        }
        Since {
            escalations: all.count.round(),
            exposure: (all.exposure / self.detector.hour_factor(self.hour.index())).round(),
            expected: self.detector.baseline().ratio() * all.exposure,
            seconds: seconds_between(page.onset, now),
        }
    }

    /// The recent ratio: escalations for each task that came, or for each second in a system that sends none.
    pub fn recent_ratio(&self, now: Timestamp) -> Option<f64> {
        match self.lately(now) {
            Lately::Decayed(recent) => recent.ratio(),
            Lately::Counted(since) if since.exposure > 0.0 => Some(since.escalations / since.exposure),
            // Tasks have stopped: they were assumed.
            Lately::Counted(since) => since.factor().zip(self.usual()).map(|(factor, usual)| factor * usual),
        }
    }

    /// Decayed counts of about the last hour; none while they are too few for a rate.
    pub fn recently(&self) -> Counted {
        let enough = if self.unit == Unit::Tasks { RECENT_TASKS_MIN } else { RECENT_SECONDS_MIN };
        if self.recent.exposure >= enough { self.recent } else { Counted::default() }
    }

    /// No tasks come any more, though they came quickly before.
    pub fn tasks_have_stopped(&self, now: Timestamp) -> bool {
        self.unit == Unit::Tasks && self.tasks.have_stopped(now)
    }

    /// Nothing came from a system without tasks for far too long to be chance.
    pub fn has_fallen_silent(&self, now: Timestamp) -> bool {
        self.is_silent(now)
    }

    /// More than a few of the events of the last day came too late to be evidence.
    pub fn is_late(&self) -> bool {
        self.arrivals.are_late()
    }

    /// The clock was set back and has not caught up yet.
    pub fn clock_is_behind(&self) -> bool {
        self.arrivals.clock_is_behind()
    }

    pub fn last_task(&self) -> Option<Timestamp> {
        self.tasks.last()
    }

    pub fn last_escalation(&self) -> Option<Timestamp> {
        self.last_escalation
    }
}

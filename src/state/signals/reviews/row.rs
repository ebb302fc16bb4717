//! One review as a round: the stages that have arrived, in whatever order, and what follows from them.

use serde::{Deserialize, Serialize};

use crate::event::{Decision, Fixed, Kind, Timestamp};
use crate::state::engine::correction::Correction;
use crate::state::engine::labels::{NONE, Sym};
use crate::state::engine::lifecycle::round::{Round, StagePart, Staged};
use crate::state::engine::maybe::Maybe;

/// One review, as far as its stages have arrived.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Review {
    pub requested: Option<Requested>,
    /// The first and the last start that had arrived when it was completed, or the first that arrived after that.
    pub(super) first_start: Maybe,
    pub(super) last_start: Maybe,
    pub(super) completed: Option<Completed>,
    /// Whether the decision was appropriate, from an audit that named no decision.
    pub(super) audited: Option<bool>,
    /// The clock found its deadline missed.
    pub(super) missed_by_clock: bool,
    /// An older release has observed its wait while it was open.
    pub(super) waited: bool,
}

/// A request: its queue if it has one, and by when it should be completed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Requested {
    pub at: Timestamp,
    pub(super) queue: Option<Sym>,
    pub(super) due: Maybe,
    /// Before this the clock finds no deadline missed.
    pub(super) judged_from: Timestamp,
}

/// How a review ended, with what its sender measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completed {
    pub(super) at: Timestamp,
    pub(super) decision: Decision,
    pub(super) queue: Option<Sym>,
    pub(super) wait: Option<Fixed>,
    pub(super) handling: Option<Fixed>,
    pub(super) edit_ratio: Option<Fixed>,
}

/// What an event says of a review.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum ReviewStage {
    Requested(Requested),
    Started,
    Completed(Completed),
    /// Whether the decision was appropriate.
    Audited(bool),
}

/// What follows from the stages that have arrived, whatever their order. Times are nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReviewFacts {
    pub(super) queue: Sym,
    /// The queue in which it was requested.
    pub(super) requested_in: Option<Sym>,
    pub(super) wait: Option<i64>,
    pub(super) completed: Option<Completed>,
    pub(super) handling: Option<i64>,
    pub(super) audit: Option<(Decision, bool)>,
    pub(super) missed: bool,
    /// The clock found its deadline missed, but it was kept.
    pub(super) forgiven: bool,
    /// The queue in which it is open.
    pub(super) open: Option<Sym>,
}

impl Requested {
    pub fn queue(&self) -> Sym {
        self.queue.unwrap_or(NONE)
    }

    fn correct(&mut self, clock: &Correction) {
        clock.correct_opening(&mut self.at, &mut self.due);
        clock.end_of_grace(&mut self.judged_from);
    }
}

impl Completed {
    /// Whether a person decided: nobody handles what expired, was cancelled or bypassed.
    pub(super) fn by_a_person(&self) -> bool {
        !matches!(self.decision, Decision::Expired | Decision::Cancelled | Decision::Bypassed)
    }
}

impl Review {
    /// By when it is owed, while it is open.
    pub fn owed_by(&self) -> Option<Timestamp> {
        self.requested?.due.get().filter(|_| self.completed.is_none())
    }

    /// A deadline that has passed while it is open.
    pub fn past_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.owed_by().filter(|due| now > *due)
    }

    /// When it was decided, if it may still be audited.
    pub(super) fn awaits_audit(&self) -> Option<Timestamp> {
        self.completed.filter(|_| self.audited.is_none()).map(|completed| completed.at)
    }

    /// Takes a start. Once it is completed, only what was missing is added.
    fn start(&mut self, at: Timestamp) -> bool {
        let is_known = self.first_start.get() == Some(at) || self.last_start.get() == Some(at);
        if is_known || self.completed.is_some() && self.first_start.is_some() {
            return false;
        }
        self.first_start = self.first_start.get().map_or(at, |first| first.min(at)).into();
        self.last_start = self.last_start.get().map_or(at, |last| last.max(at)).into();
        true
    }

    fn wait(&self) -> Option<i64> {
        let given = self.completed.and_then(|completed| completed.wait).map(Fixed::nanos);
        let measured = || Some(self.first_start.get()?.since(self.requested?.at));
        let is_known = self.completed.is_some() || self.waited;
        given.or_else(measured).filter(|_| is_known)
    }

    fn handling(&self) -> Option<i64> {
        let completed = self.completed.filter(Completed::by_a_person)?;
        let measured = || {
            let starts = [self.last_start, self.first_start].map(Maybe::get);
            let before = starts.into_iter().flatten().find(|start| *start <= completed.at);
            before.or(self.last_start.get()).map(|start| completed.at.since(start))
        };
        completed.handling.map(Fixed::nanos).or_else(measured)
    }

    /// Whether the deadline was kept, by the times of events.
    fn was_kept(&self) -> Option<bool> {
        let due = self.requested?.due.get()?;
        Some(self.completed?.at <= due)
    }
}

impl Staged for ReviewStage {
    fn part(&self) -> StagePart {
        match self {
            ReviewStage::Requested(_) => StagePart::Opens,
            ReviewStage::Completed(_) => StagePart::Ends,
            ReviewStage::Started | ReviewStage::Audited(_) => StagePart::Other,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            ReviewStage::Requested(_) => Kind::ReviewRequested,
            ReviewStage::Started => Kind::ReviewStarted,
            ReviewStage::Completed(_) => Kind::ReviewCompleted,
            ReviewStage::Audited(_) => Kind::ReviewAudited,
        }
    }

    fn correct(&mut self, clock: &Correction) {
        match self {
            ReviewStage::Requested(requested) => requested.correct(clock),
            ReviewStage::Completed(completed) => clock.correct(&mut completed.at),
            ReviewStage::Started | ReviewStage::Audited(_) => {}
        }
    }
}

impl Round for Review {
    const WORD: &'static str = "review";
    const ROW_BYTES: u64 = 336;
    const ENDS_ALONE: bool = true;
    type Stage = ReviewStage;
    type Facts = ReviewFacts;

    fn opened(&self) -> Option<Timestamp> {
        self.requested.map(|requested| requested.at)
    }

    fn ended(&self) -> Option<Timestamp> {
        self.completed.map(|completed| completed.at)
    }

    fn take(&mut self, at: Timestamp, stage: &ReviewStage, _: Timestamp) -> bool {
        match *stage {
            ReviewStage::Requested(requested) => {
                self.requested.is_none() && self.requested.replace(requested).is_none()
            }
            ReviewStage::Started => self.start(at),
            ReviewStage::Completed(completed) => {
                self.completed.is_none() && self.completed.replace(completed).is_none()
            }
            ReviewStage::Audited(appropriate) => self.audited.is_none() && self.audited.replace(appropriate).is_none(),
        }
    }

    fn stages(&self) -> Vec<(Timestamp, ReviewStage)> {
        let starts = [self.first_start, self.last_start].into_iter().filter_map(Maybe::get);
        let completed = self.completed.map(|completed| (completed.at, ReviewStage::Completed(completed)));
        starts.map(|at| (at, ReviewStage::Started)).chain(completed).collect()
    }

    fn facts(&self) -> ReviewFacts {
        let requested_in = self.requested.map(|requested| requested.queue());
        let queue = self.requested.and_then(|requested| requested.queue);
        let own = self.completed.and_then(|completed| completed.queue);
        let kept = self.was_kept();
        ReviewFacts {
            queue: queue.or(own).unwrap_or(NONE),
            requested_in,
            wait: self.wait(),
            completed: self.completed,
            handling: self.handling(),
            audit: self.completed.map(|completed| completed.decision).zip(self.audited),
            missed: self.missed_by_clock || kept == Some(false),
            forgiven: self.missed_by_clock && kept == Some(true),
            open: requested_in.filter(|_| self.completed.is_none()),
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let requested = self.requested.filter(|_| self.completed.is_none() && !self.missed_by_clock)?;
        Some(requested.due.get()?.max(requested.judged_from))
    }

    fn tick(&mut self, now: Timestamp) {
        self.missed_by_clock |= self.due().is_some_and(|due| due <= now);
    }

    fn correct(&mut self, clock: &Correction) {
        self.requested.iter_mut().for_each(|requested| requested.correct(clock));
        clock.correct(&mut self.first_start);
        clock.correct(&mut self.last_start);
        self.completed.iter_mut().for_each(|completed| clock.correct(&mut completed.at));
    }
}

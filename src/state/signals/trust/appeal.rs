//! One appeal as a round: the stages that have arrived, in whatever order, and what follows from them.

use serde::{Deserialize, Serialize};

use crate::event::{AppealOutcome, Kind, Timestamp};
use crate::state::engine::correction::Correction;
use crate::state::engine::lifecycle::round::{Round, StagePart, Staged};
use crate::state::engine::maybe::Maybe;

/// One appeal, as far as its stages have arrived.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Appeal {
    pub opened: Option<AppealOpened>,
    pub(super) decided: Option<(Timestamp, AppealOutcome)>,
    /// The clock found its deadline missed.
    pub(super) missed_by_clock: bool,
}

/// An opening, and by when the appeal should be decided.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppealOpened {
    pub at: Timestamp,
    pub(super) due: Maybe,
    /// Before this the clock finds no deadline missed.
    pub(super) judged_from: Timestamp,
}

/// What an event says of an appeal.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum AppealStage {
    Opened(AppealOpened),
    Decided(AppealOutcome),
}

/// What follows from the stages that have arrived, whatever their order.
#[derive(Clone, Copy, Debug, Default)]
pub struct AppealFacts {
    pub(super) decided: Option<(Timestamp, AppealOutcome)>,
    /// Nanoseconds from the opening to the decision.
    pub(super) nanos: Option<i64>,
    pub(super) open: bool,
    pub(super) missed: bool,
    /// The clock found its deadline missed, but it was kept.
    pub(super) forgiven: bool,
}

impl Appeal {
    /// By when it is owed, while it is open.
    pub fn owed_by(&self) -> Option<Timestamp> {
        self.opened?.due.get().filter(|_| self.decided.is_none())
    }

    /// A deadline that has passed while it is open.
    pub fn past_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.owed_by().filter(|due| now > *due)
    }

    /// Whether the deadline was kept, by the times of events.
    fn was_kept(&self) -> Option<bool> {
        let due = self.opened?.due.get()?;
        Some(self.decided?.0 <= due)
    }
}

impl AppealOpened {
    fn correct(&mut self, clock: &Correction) {
        clock.correct_opening(&mut self.at, &mut self.due);
        clock.end_of_grace(&mut self.judged_from);
    }
}

impl Staged for AppealStage {
    fn part(&self) -> StagePart {
        match self {
            AppealStage::Opened(_) => StagePart::Opens,
            AppealStage::Decided(_) => StagePart::Ends,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            AppealStage::Opened(_) => Kind::AppealOpened,
            AppealStage::Decided(_) => Kind::AppealDecided,
        }
    }

    fn correct(&mut self, clock: &Correction) {
        if let AppealStage::Opened(opened) = self {
            opened.correct(clock);
        }
    }
}

impl Round for Appeal {
    const WORD: &'static str = "appeal";
    const ROW_BYTES: u64 = 264;
    const ENDS_ALONE: bool = true;
    type Stage = AppealStage;
    type Facts = AppealFacts;

    fn opened(&self) -> Option<Timestamp> {
        self.opened.map(|opened| opened.at)
    }

    fn ended(&self) -> Option<Timestamp> {
        self.decided.map(|(at, _)| at)
    }

    fn take(&mut self, at: Timestamp, stage: &AppealStage, _: Timestamp) -> bool {
        match *stage {
            AppealStage::Opened(opened) => self.opened.is_none() && self.opened.replace(opened).is_none(),
            AppealStage::Decided(outcome) => self.decided.is_none() && self.decided.replace((at, outcome)).is_none(),
        }
    }

    fn stages(&self) -> Vec<(Timestamp, AppealStage)> {
        self.decided.iter().map(|(at, outcome)| (*at, AppealStage::Decided(*outcome))).collect()
    }

    fn facts(&self) -> AppealFacts {
        let kept = self.was_kept();
        AppealFacts {
            decided: self.decided,
            nanos: self.opened.zip(self.decided).map(|(opened, (at, _))| at.since(opened.at)),
            open: self.opened.is_some() && self.decided.is_none(),
            missed: self.missed_by_clock || kept == Some(false),
            forgiven: self.missed_by_clock && kept == Some(true),
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let opened = self.opened.filter(|_| self.decided.is_none() && !self.missed_by_clock)?;
        Some(opened.due.get()?.max(opened.judged_from))
    }

    fn tick(&mut self, now: Timestamp) {
        self.missed_by_clock |= self.due().is_some_and(|due| due <= now);
    }

    fn correct(&mut self, clock: &Correction) {
        self.opened.iter_mut().for_each(|opened| opened.correct(clock));
        self.decided.iter_mut().for_each(|(at, _)| clock.correct(at));
    }
}

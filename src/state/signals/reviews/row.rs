//! One review as a row: the stages that have arrived, in whatever order, and what follows from them.

use serde::{Deserialize, Serialize};

use crate::event::{Decision, Fixed, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::labels::Sym;
use crate::state::engine::lifecycle::rows::{Phase, Stages};
use crate::state::engine::lifecycle::steps::Steps;
use crate::state::engine::maybe::Maybe;

/// One review, as far as its stages have arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Review {
    pub system: SystemId,
    /// Empty once it is over, where its name says as much.
    pub case: Box<str>,
    /// When it was requested, and in which queue.
    pub requested: Option<(Timestamp, Sym)>,
    pub(super) started: Maybe,
    pub(super) completed: Option<Completed>,
    /// Whether the decision was appropriate, from an audit that named no decision.
    pub(super) audited: Option<bool>,
    until: Timestamp,
}

/// How a review ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Completed {
    pub at: Timestamp,
    pub decision: Decision,
    pub handling: Option<Fixed>,
    pub edit_ratio: Option<Fixed>,
}

/// What follows from the stages that have arrived, whatever their order. Times are nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReviewFacts {
    pub(super) requested: Option<(Timestamp, Sym)>,
    pub(super) wait: Option<i64>,
    pub(super) completed: Option<Completed>,
    pub(super) handling: Option<i64>,
    pub(super) audit: Option<(Decision, bool)>,
    /// The queue in which it is open.
    pub(super) open: Option<Sym>,
}

impl Stages for Review {
    const WORD: &'static str = "review";
    const ROW_BYTES: u64 = 296;

    fn system(&self) -> SystemId {
        self.system
    }

    fn phase(&self) -> Phase {
        match (self.requested, self.completed) {
            (None, _) => Phase::Waiting,
            (Some(_), None) => Phase::Open,
            (Some(_), Some(_)) => Phase::Finished,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        (self.phase() != Phase::Open).then_some(self.until)
    }
}

impl Steps for Review {
    type Facts = ReviewFacts;
    type Opening = (Timestamp, Sym);

    fn new(system: SystemId, case: Box<str>, until: Timestamp) -> Review {
        Review { system, case, requested: None, started: Maybe::NEVER, completed: None, audited: None, until }
    }

    fn facts(&self) -> ReviewFacts {
        let audit = self.completed.zip(self.audited).map(|(completed, appropriate)| (completed.decision, appropriate));
        let Some((requested, queue)) = self.requested else { return ReviewFacts { audit, ..ReviewFacts::default() } };
        let effort = |completed: Completed| {
            let given = completed.handling.map(Fixed::nanos);
            given.or_else(|| self.started.get().map(|started| completed.at.since(started)))
        };
        ReviewFacts {
            requested: self.requested,
            wait: self.started.get().map(|started| started.since(requested)),
            completed: self.completed,
            handling: self.completed.and_then(effort),
            audit,
            open: self.completed.is_none().then_some(queue),
        }
    }

    fn opening(&self) -> Option<(Timestamp, Sym)> {
        self.requested
    }

    fn round_ended(&self) -> Option<Timestamp> {
        self.completed.map(|completed| completed.at)
    }

    fn set_until(&mut self, until: Timestamp) {
        self.until = until;
    }

    fn case(&self) -> Option<&str> {
        Some(&self.case)
    }

    fn case_mut(&mut self) -> Option<&mut Box<str>> {
        Some(&mut self.case)
    }
}

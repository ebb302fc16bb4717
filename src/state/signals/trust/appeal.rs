//! One appeal as a row.

use serde::{Deserialize, Serialize};

use crate::event::{AppealOutcome, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::lifecycle::rows::{Phase, Stages};
use crate::state::engine::lifecycle::steps::Steps;

/// One appeal, as far as its stages have arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Appeal {
    pub system: SystemId,
    pub case: Box<str>,
    pub opened: Option<Timestamp>,
    pub(super) decided: Option<(Timestamp, AppealOutcome)>,
    until: Timestamp,
}

/// What follows from the stages that have arrived, whatever their order.
#[derive(Clone, Copy, Debug, Default)]
pub struct AppealFacts {
    pub(super) open: bool,
    /// Nanoseconds from the opening to the decision.
    pub(super) decided: Option<(i64, AppealOutcome)>,
}

impl Stages for Appeal {
    const WORD: &'static str = "appeal";
    const ROW_BYTES: u64 = 232;

    fn system(&self) -> SystemId {
        self.system
    }

    fn phase(&self) -> Phase {
        match (self.opened, self.decided) {
            (None, _) => Phase::Waiting,
            (Some(_), None) => Phase::Open,
            (Some(_), Some(_)) => Phase::Finished,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        (self.phase() != Phase::Open).then_some(self.until)
    }
}

impl Steps for Appeal {
    type Facts = AppealFacts;
    type Opening = Timestamp;

    fn new(system: SystemId, case: Box<str>, until: Timestamp) -> Appeal {
        Appeal { system, case, opened: None, decided: None, until }
    }

    fn facts(&self) -> AppealFacts {
        let decided = self.opened.zip(self.decided).map(|(opened, (at, outcome))| (at.since(opened), outcome));
        AppealFacts { open: self.phase() == Phase::Open, decided }
    }

    fn opening(&self) -> Option<Timestamp> {
        self.opened
    }

    fn round_ended(&self) -> Option<Timestamp> {
        self.decided.map(|(at, _)| at)
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

//! One rollback as a row, and how it ended.

use serde::{Deserialize, Serialize};

use crate::event::{RollbackResult, RollbackTo, Timestamp, Trigger};
use crate::state::engine::core::SystemId;
use crate::state::engine::lifecycle::rows::{Phase, Stages};
use crate::state::engine::lifecycle::steps::{ARRIVAL_GRACE, Steps};
use crate::state::signals::words::RollbackEnd;

/// One rollback, as far as its stages have arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rollback {
    pub system: SystemId,
    pub(super) started: Option<Started>,
    pub(super) completed: Option<(Timestamp, RollbackResult)>,
    unfinished_by_clock: bool,
    until: Timestamp,
}

/// The start of a rollback, with the moment by which it should be completed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Started {
    pub at: Timestamp,
    pub received: Timestamp,
    pub due: Timestamp,
    pub change: Option<Box<str>>,
    pub trigger: Trigger,
    pub to: RollbackTo,
    pub drill: bool,
}

/// What follows from the stages that have arrived, whatever their order.
#[derive(Clone, Copy, Debug, Default)]
pub struct RollbackFacts {
    pub(super) open: bool,
    pub(super) end: Option<RollbackEnd>,
}

impl Rollback {
    /// How it ended, once that is known. A completion after the deadline leaves it unfinished.
    pub(super) fn end(&self) -> Option<RollbackEnd> {
        let started = self.started.as_ref()?;
        match self.completed {
            _ if self.unfinished_by_clock => Some(RollbackEnd::Unfinished),
            Some((at, _)) if at > started.due => Some(RollbackEnd::Unfinished),
            Some((_, RollbackResult::Restored)) => Some(RollbackEnd::Restored),
            Some((_, RollbackResult::Failed)) => Some(RollbackEnd::Failed),
            None => None,
        }
    }

    /// Its deadline passed by the clock; false when it wasn't open any more.
    pub(super) fn miss_by_clock(&mut self) -> bool {
        let open = self.phase() == Phase::Open;
        self.unfinished_by_clock |= open;
        open
    }
}

impl Stages for Rollback {
    const WORD: &'static str = "rollback";
    const ROW_BYTES: u64 = 280;

    fn system(&self) -> SystemId {
        self.system
    }

    fn phase(&self) -> Phase {
        match (&self.started, self.completed) {
            (None, _) => Phase::Waiting,
            (Some(_), None) => Phase::Open,
            (Some(_), Some(_)) => Phase::Finished,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        match (&self.started, self.phase()) {
            (Some(started), Phase::Open) => {
                (!self.unfinished_by_clock).then(|| started.due.max(started.received.plus(ARRIVAL_GRACE)))
            }
            _ => Some(self.until),
        }
    }
}

impl Steps for Rollback {
    type Facts = RollbackFacts;
    type Opening = Timestamp;

    fn new(system: SystemId, _: Box<str>, until: Timestamp) -> Rollback {
        Rollback { system, started: None, completed: None, unfinished_by_clock: false, until }
    }

    fn facts(&self) -> RollbackFacts {
        RollbackFacts { open: self.phase() == Phase::Open, end: self.end() }
    }

    fn opening(&self) -> Option<Timestamp> {
        self.started.as_ref().map(|started| started.at)
    }

    /// A rollback has a name of its own, and happens once.
    fn round_ended(&self) -> Option<Timestamp> {
        None
    }

    fn set_until(&mut self, until: Timestamp) {
        self.until = until;
    }
}

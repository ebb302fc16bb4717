//! What is known of a case: whether it was escalated, closed, reopened.

use serde::{Deserialize, Serialize};

use crate::event::{ClosedBy, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::lifecycle::rows::{Phase, Stages};
use crate::state::engine::maybe::Maybe;

/// One case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Case {
    pub system: SystemId,
    escalated: bool,
    /// By whom, and whether it had been escalated by then.
    closed: Option<(ClosedBy, bool)>,
    reopened: bool,
    /// When it becomes durable, while that is awaited.
    matures: Maybe,
    until: Timestamp,
}

#[derive(Clone, Copy)]
pub(super) enum Stage {
    Closed(ClosedBy),
    Reopened,
}

/// What a stage adds to the counters: who closed the case, and whether it had been escalated.
#[derive(Default)]
pub(super) struct Counted {
    pub closed: Option<(ClosedBy, bool)>,
    pub reopened: Option<(ClosedBy, bool)>,
}

impl Case {
    pub fn new(system: SystemId, until: Timestamp) -> Case {
        Case { system, escalated: false, closed: None, reopened: false, matures: Maybe::NEVER, until }
    }

    /// Marks it as escalated, to be remembered until then; true when it wasn't yet.
    pub fn escalate(&mut self, until: Timestamp) -> bool {
        self.until = until.max(self.until);
        !std::mem::replace(&mut self.escalated, true)
    }

    pub fn has_to_mature(&self) -> bool {
        self.matures.is_some()
    }

    /// It has stayed closed for long enough: who closed it, if that was awaited.
    pub fn mature(&mut self) -> Option<(ClosedBy, bool)> {
        self.matures.take().and(self.closed)
    }

    /// `None` when the stage is a repeat.
    pub fn take(&mut self, stage: Stage, matures: Timestamp, until: Timestamp) -> Option<Counted> {
        match stage {
            Stage::Closed(_) if self.closed.is_some() && !self.reopened => None,
            Stage::Closed(by) => {
                // The reopening may have arrived before the closing that it undoes.
                let undone = self.closed.is_none() && self.reopened;
                let key = (by, self.escalated);
                self.closed = Some(key);
                self.reopened = undone;
                self.matures = (by == ClosedBy::Ai && !undone).then_some(matures).into();
                self.until = until.max(matures);
                Some(Counted { closed: Some(key), reopened: undone.then_some(key) })
            }
            Stage::Reopened if self.reopened => None,
            Stage::Reopened => {
                self.reopened = true;
                self.matures = Maybe::NEVER;
                Some(Counted { closed: None, reopened: self.closed })
            }
        }
    }
}

impl Stages for Case {
    const WORD: &'static str = "case";
    const ROW_BYTES: u64 = 176;
    /// A closed case is not open work.
    const OPENS: bool = false;
    /// A closed case has to mature: forgetting it early would lose a durable resolution.
    const FINISHED_MAX: usize = usize::MAX;

    fn system(&self) -> SystemId {
        self.system
    }

    fn phase(&self) -> Phase {
        // Never open, so that it is never in the way of an opening.
        if self.closed.is_none() && self.reopened { Phase::Waiting } else { Phase::Finished }
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.matures.get().unwrap_or(self.until))
    }
}

//! [`Notice`]: what one signal tells the others. Signals don't know each other: who finds something says it, and whoever
//! cares listens.

use serde::{Deserialize, Serialize};

use crate::event::{RollbackTo, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::labels::Sym;

/// Something that a signal found.
#[derive(Clone, Debug)]
pub enum Notice {
    /// An escalation of a case was opened: its opening was accepted as a new round. A repeat says nothing, and an opening
    /// that waits says it when it is accepted.
    Escalated(EscalatedCase),
    /// A case was escalated for the first time.
    FirstEscalation(EscalatedCase),
    /// An escalation of a case was resolved `overturned`: said when the resolution counts.
    EscalationOverturned { system: SystemId, case: u128, at: Timestamp },
    /// An appeal of a case was decided `overturned`: said when the decision arrives.
    AppealOverturned { system: SystemId, case: u128, at: Timestamp },
    /// A rollback that is no drill has started.
    RollbackStarted { system: SystemId, rollback: RolledBack },
    /// A rollback that is no drill has restored the system.
    RolledBack { system: SystemId, rollback: RolledBack, restored: Restored },
    /// A rollback that is a drill has ended: to where, and whether it restored the system.
    RollbackDrilled { system: SystemId, at: Timestamp, to: RollbackTo, passed: bool },
    /// A drill of the rollback passed; `to` is unknown where nobody declared or said it.
    RollbackDrillPassed { system: SystemId, at: Timestamp, to: Option<RollbackTo> },
}

/// A case that was escalated.
#[derive(Clone, Copy, Debug)]
pub struct EscalatedCase {
    pub system: SystemId,
    /// The hash name of the case, whatever name the escalation has.
    pub case: u128,
    /// When it was opened, by its own time.
    pub at: Timestamp,
    /// When the event was received with which it was accepted.
    pub received: Timestamp,
    pub cause: Cause,
}

/// The queue and the reason of an escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    pub queue: Sym,
    pub reason: Sym,
}

/// A rollback that counts against a change.
#[derive(Clone, Debug)]
pub struct RolledBack {
    /// The hash of its name.
    pub id: u128,
    /// The change that it names.
    pub named: Option<Box<str>>,
    pub started: Timestamp,
    /// Until when it waits for its change.
    pub until: Timestamp,
}

/// A rollback that restored the system.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Restored {
    pub at: Timestamp,
    /// It went back to the previous version, so that one is in force now.
    pub to_previous_version: bool,
}

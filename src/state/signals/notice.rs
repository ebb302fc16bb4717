//! [`Notice`]: what one signal tells the others. Signals don't know each other: who finds something says it, and whoever
//! cares listens.

use serde::{Deserialize, Serialize};

use crate::event::{Event, RollbackTo, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::labels::Sym;

/// Something that a signal found.
#[derive(Clone, Debug)]
pub enum Notice<'a> {
    /// An opening of an escalation arrived, be it a repeat.
    Escalated { system: SystemId, event: &'a Event<'a>, cause: Cause },
    /// A case was escalated for the first time.
    FirstEscalation { system: SystemId, event: &'a Event<'a>, cause: Cause },
    /// A rollback that is no drill has started.
    RollbackStarted { system: SystemId, rollback: RolledBack },
    /// A rollback that is no drill has restored the system.
    RolledBack { system: SystemId, rollback: RolledBack, restored: Restored },
    /// A rollback that is a drill has ended: to where, and whether it restored the system.
    RollbackDrilled { system: SystemId, at: Timestamp, to: RollbackTo, passed: bool },
    /// A drill of the rollback passed; `to` is unknown where nobody declared or said it.
    RollbackDrillPassed { system: SystemId, at: Timestamp, to: Option<RollbackTo> },
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

//! [`Notice`]: what one signal tells the others. Signals don't know each other: who finds something says it, and whoever
//! cares listens.

use crate::event::{Event, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::labels::Sym;

/// Something that a signal found.
#[derive(Clone, Debug)]
pub enum Notice<'a> {
    /// An opening of an escalation arrived, be it a repeat.
    Escalated { system: SystemId, event: &'a Event<'a>, cause: Cause },
    /// A case was escalated for the first time.
    FirstEscalation { system: SystemId, event: &'a Event<'a>, cause: Cause },
    /// An appeal of a case was decided `overturned` at this time. The case is named by its hash.
    AppealOverturned { system: SystemId, case: u128, at: Timestamp },
    /// A rollback that is no drill has ended.
    RolledBack { system: SystemId, rollback: RolledBack },
    /// A drill of the rollback passed.
    RollbackDrillPassed { system: SystemId, at: Timestamp },
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
    /// The change that the rollback named.
    pub named: Option<Box<str>>,
    pub started: Timestamp,
    /// When it was restored, if it was.
    pub restored: Option<Timestamp>,
    /// It went back to the previous version, so that one is in force now.
    pub to_previous_version: bool,
}

//! The facts as version 1 of the section `core` has them, of day90 0.1.0 and 0.2.0.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::month::Month;
use super::pace::Pace;
use super::{Facts, LastRollback, Ownerless, QualityFamily, SystemFacts, Violation};
use crate::event::{ChangeKind, Timestamp};
use crate::state::engine::cow::CowVec;
use crate::state::engine::labels::{Sym, UNROUTED};
use crate::state::signals::objectives::Objective;
use crate::state::signals::words::Approval;

/// The facts of every system, by its number.
#[derive(Deserialize)]
pub struct FactsV1 {
    rows: CowVec<SystemFactsV1, 1>,
}

#[derive(Clone, Deserialize)]
struct SystemFactsV1 {
    paces: [Pace; QualityFamily::ALL.len()],
    action: Option<Timestamp>,
    undeclared: Vec<(Sym, Timestamp)>,
    violation: Option<Violation>,
    unrouted: Option<(Timestamp, Sym)>,
    acknowledged: Option<Timestamp>,
    acknowledged_in_time: Option<Timestamp>,
    _objectionable: Option<ObjectionableV1>,
    rollback: Option<LastRollback>,
    judged: BTreeMap<Objective, Month>,
    judges_escalations: bool,
}

/// A change that nobody but its author approved.
#[derive(Clone, Deserialize)]
struct ObjectionableV1 {
    _at: Timestamp,
    _kind: ChangeKind,
    _version: Box<str>,
    _approval: Approval,
}

impl From<FactsV1> for Facts {
    fn from(stored: FactsV1) -> Facts {
        let mut facts = Facts::default();
        for row in stored.rows.iter() {
            facts.rows.push(row.clone().into());
        }
        facts
    }
}

impl From<SystemFactsV1> for SystemFacts {
    fn from(row: SystemFactsV1) -> SystemFacts {
        SystemFacts {
            // What counted was not kept apart from what came.
            counted: row.paces.map(|pace| pace.last),
            paces: row.paces,
            action: row.action,
            undeclared: row.undeclared,
            violation: row.violation,
            // Only the reason was kept: it had no queue.
            ownerless: row
                .unrouted
                .map(|(at, reason)| (Ownerless { queue: UNROUTED, reason }, at))
                .into_iter()
                .collect(),
            acknowledged: row.acknowledged,
            acknowledged_in_time: row.acknowledged_in_time,
            unknown_change: None,
            rollback: row.rollback,
            judged: row.judged,
            judges_escalations: row.judges_escalations,
        }
    }
}

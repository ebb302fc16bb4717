//! The facts as version 1 of the section `core` has them, of day90 0.1.0 and 0.2.0.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::month::Month;
use super::pace::Pace;
use super::{Facts, LastRollback, Objectionable, QualityFamily, SystemFacts, Violation};
use crate::event::Timestamp;
use crate::state::engine::cow::CowVec;
use crate::state::engine::labels::Sym;
use crate::state::signals::objectives::Objective;

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
    objectionable: Option<Objectionable>,
    rollback: Option<LastRollback>,
    judged: BTreeMap<Objective, Month>,
    judges_escalations: bool,
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
            paces: row.paces,
            action: row.action,
            undeclared: row.undeclared,
            violation: row.violation,
            unrouted: row.unrouted,
            acknowledged: row.acknowledged,
            acknowledged_in_time: row.acknowledged_in_time,
            objectionable: row.objectionable,
            rollback: row.rollback,
            judged: row.judged,
            judges_escalations: row.judges_escalations,
        }
    }
}

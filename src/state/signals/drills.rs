//! Drills: proof that the exception path and the way back work before they are needed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::LastRollback;
use super::fold::Fold;
use super::notice::Notice;
use super::signal::{Kinds, Restore, Section, Signal};
use super::words::RollbackEnd;
use crate::event::{Body, DrillPath, DrillResult, Event, Kind, Timestamp};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::family::{Family, Sink};
use crate::state::engine::parts::parts;

pub const TAKES: Kinds = Kinds::of(&[Kind::DrillCompleted]);
/// Releases up to 0.2.0 kept drills at the end of the rollbacks.
pub const SECTION: Section = Section::first("rollbacks");
/// The checklist and the metrics of rollbacks show drills.
pub const FAMILIES: &[&Family] = &[];

/// The last drill of each path of each system, by whether it passed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Drills {
    last: BTreeMap<(SystemId, DrillPath, bool), Timestamp>,
}

parts!(Drills {});

impl Restore for Drills {}

impl Signal for Drills {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let Body::DrillCompleted { path, result, seconds, .. } = &event.body else { return };
        let (system, at, passed) = (fold.system, event.time, *result == DrillResult::Passed);
        let last = self.last.entry((system, *path, passed)).or_insert(at);
        *last = at.max(*last);
        if *path != DrillPath::Rollback {
            return;
        }
        let end = if passed { RollbackEnd::Restored } else { RollbackEnd::Failed };
        let nanos = seconds.map(|seconds| seconds.nanos());
        fold.facts.of(system).see_rollback(LastRollback { at, end, drill: true, nanos });
        if passed {
            fold.say(Notice::RollbackDrillPassed { system, at });
        }
    }

    fn drop_system(&mut self, _: &mut Core, system: SystemId) {
        self.last.retain(|(id, ..), _| *id != system);
    }

    fn visit(&self, _: &Core, _: &mut dyn Sink) {}
}

impl Drills {
    /// The last passed (or failed) drill of a path.
    pub fn last(&self, system: SystemId, path: DrillPath, passed: bool) -> Option<Timestamp> {
        self.last.get(&(system, path, passed)).copied()
    }
}

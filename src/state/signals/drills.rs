//! Drills: proof that the exception path and the way back work before they are needed.

mod stored;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::LastRollback;
use super::fold::Fold;
use super::notice::Notice;
use super::rollbacks::{declared_to, proves_declared};
use super::signal::{Kinds, Section, Signal};
use super::words::RollbackEnd;
use crate::event::{Body, DrillPath, DrillResult, Event, Kind, RollbackTo, Timestamp};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::correction::Correction;
use crate::state::engine::family::{Label, SYSTEM, Sink, closed, counter, gauge};
use crate::state::engine::metric::{Computed, Metric, metrics};
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[Kind::DrillCompleted]);
/// Releases up to 0.2.0 kept drills at the end of the rollbacks, so both have one version.
pub const SECTION: Section = super::rollbacks::SECTION;

const PATH: Label = closed("path", DrillPath::WORDS);

metrics! {
    Done: u64 = counter(
        "day90_drills_total",
        &[SYSTEM, PATH, closed("result", DrillResult::WORDS)],
        "Drills, by what was practised and whether it worked. A rollback that is a drill counts too."
    );
    LastPassed: Computed = gauge(
        "day90_drill_last_success_timestamp_seconds",
        &[SYSTEM, PATH],
        "When a drill last passed, as a Unix time; of the rollback, one to what is declared."
    );
}

/// Drills, and the last of each path of each system, by whether it passed and where a rollback went; `None` is whatever is
/// declared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Drills {
    done: Series<Done>,
    last: BTreeMap<(SystemId, DrillPath, bool, Option<RollbackTo>), Timestamp>,
}

parts!(Drills { done });

impl Signal for Drills {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let Body::DrillCompleted { path, result, seconds, to } = &event.body else { return };
        let (system, at, passed) = (fold.system, event.time, *result == DrillResult::Passed);
        if *path == DrillPath::Exception {
            return self.count(fold.core, system, (*path, passed, None), at);
        }
        // Without a word where it went, it proves the declared way.
        let to = to.or_else(|| declared_to(fold.core, system));
        self.count(fold.core, system, (*path, passed, to), at);
        let end = if passed { RollbackEnd::Restored } else { RollbackEnd::Failed };
        let nanos = seconds.map(|seconds| seconds.nanos());
        fold.facts.of(system).see_rollback(LastRollback { at, end, drill: true, nanos });
        if passed {
            fold.say(Notice::RollbackDrillPassed { system, at, to });
        }
    }

    /// A rollback that is practice is a drill of the way back.
    fn hear<'a>(&mut self, fold: &mut Fold<'a>, notice: &Notice) {
        if let Notice::RollbackDrilled { system, at, to, passed } = *notice {
            self.count(fold.core, system, (DrillPath::Rollback, passed, Some(to)), at);
        }
    }

    /// The first drill that fails must be visible to `increase()`.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        for path in DrillPath::ALL {
            for result in DrillResult::ALL {
                self.done.declare(core, [system, *path as u32, *result as u32]);
            }
        }
    }

    fn correct(&mut self, _: &mut Core, clock: &Correction) {
        clock.correct(&mut self.last);
    }

    fn drop_system(&mut self, _: &mut Core, system: SystemId) {
        self.last.retain(|(id, ..), _| *id != system);
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.done.visit(core, sink);
        LastPassed::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            for path in DrillPath::ALL {
                let last = self.last(core, system, *path, true);
                last.into_iter().for_each(|at| sink.sample(&[name, path.as_str()], at.into()));
            }
        }
    }
}

impl Drills {
    /// The last passed (or failed) drill of a path; of the rollback, to what is declared.
    pub fn last(&self, core: &Core, system: SystemId, path: DrillPath, passed: bool) -> Option<Timestamp> {
        let of = (system, path, passed, None)..=(system, path, passed, Some(RollbackTo::PreviousProcess));
        let all = self.last.range(of).filter(|((_, _, _, to), _)| proves_declared(core, system, *to));
        all.map(|(_, at)| *at).max()
    }

    fn count(
        &mut self,
        core: &mut Core,
        system: SystemId,
        (path, passed, to): (DrillPath, bool, Option<RollbackTo>),
        at: Timestamp,
    ) {
        let result = if passed { DrillResult::Passed } else { DrillResult::Failed };
        self.done.add(core, [system, path as u32, result as u32], 1);
        let last = self.last.entry((system, path, passed, to)).or_insert(at);
        *last = at.max(*last);
    }
}

//! What a rollback does to everything else: counts, the proof of the way back, the fallback, and the change that it undid.

use super::super::facts::LastRollback;
use super::super::fold::Fold;
use super::super::notice::{Notice, Restored, RolledBack};
use super::super::words::RollbackEnd;
use super::row::{Beginning, Effect, Ending};
use super::{Rollbacks, declared_to};
use crate::event::{Kind, RollbackTo, Timestamp};
use crate::state::engine::core::{Core, SystemId};

impl Rollbacks {
    /// Takes what follows from the stages of one rollback.
    pub(super) fn take(&mut self, fold: &mut Fold<'_>, system: SystemId, id: u128, effect: Effect) {
        match effect {
            Effect::Started(beginning) => {
                fold.say(Notice::RollbackStarted { system, rollback: rolled_back(id, beginning) });
            }
            Effect::Ended(ending) => self.count(fold, system, &ending),
            Effect::Took { drill, nanos } => {
                let nanos = fold.duration(Kind::RollbackCompleted, nanos);
                self.duration.observe(fold.core, [system, u32::from(drill)], nanos);
            }
            Effect::Restored { beginning, at, to } => {
                let to = resolved(fold.core, system, to);
                if to == RollbackTo::PreviousProcess {
                    self.begin_fallback(fold, system, at, false);
                }
                let restored = Restored { at, to_previous_version: to == RollbackTo::PreviousVersion };
                fold.say(Notice::RolledBack { system, rollback: rolled_back(id, beginning), restored });
            }
            Effect::Overdue { at, to, drill } => {
                let to = resolved(fold.core, system, to);
                self.overdue.add(fold.core, [system, to as u32, u32::from(drill)], 1);
                let last = LastRollback { at, end: RollbackEnd::Unfinished, drill, nanos: None };
                fold.facts.of(system).see_rollback(last);
            }
        }
    }

    fn count(&mut self, fold: &mut Fold<'_>, system: SystemId, ending: &Ending) {
        let Ending { at, end, trigger, drill, nanos, .. } = *ending;
        let to = resolved(fold.core, system, ending.to);
        self.ended.add(fold.core, [system, trigger as u32, to as u32, end as u32, u32::from(drill)], 1);
        let nanos = nanos.map(|nanos| nanos.max(0));
        fold.facts.of(system).see_rollback(LastRollback { at, end, drill, nanos });
        if end == RollbackEnd::Restored {
            self.succeeded(system, drill, Some(to), at);
        }
        if drill && end != RollbackEnd::Unfinished {
            fold.say(Notice::RollbackDrilled { system, at, to, passed: end == RollbackEnd::Restored });
        }
    }

    /// A fallback starts: by an event of its own, or by a rollback to the previous process.
    pub(super) fn begin_fallback(&mut self, fold: &mut Fold<'_>, system: SystemId, at: Timestamp, is_event: bool) {
        match self.fallbacks.begin(system, at) {
            Some(nanos) => self.fallback_seconds.add_nanos(fold.core, [system], nanos),
            None if is_event => fold.repeat(Kind::FallbackStarted),
            None => {}
        }
    }
}

fn rolled_back(id: u128, Beginning { named, at, until }: Beginning) -> RolledBack {
    RolledBack { id, named, started: at, until }
}

/// Where a rollback went: as its events say, else as declared, else to the previous version.
fn resolved(core: &Core, system: SystemId, to: Option<RollbackTo>) -> RollbackTo {
    to.or_else(|| declared_to(core, system)).unwrap_or(RollbackTo::PreviousVersion)
}

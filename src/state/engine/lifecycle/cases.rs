//! What a table of cases takes: events, each a stage of one of them, and the passing of time.

use super::super::core::{Core, SystemId};
use super::super::erasure::Gone;
use super::Lifecycles;
use super::round::{AllFound, Found, Round, Staged};
use super::rounds::{Rounds, When};
use super::rows::{Phase, Stages};
use super::steps::Step;
use crate::event::Timestamp;

impl<R: Round> Lifecycles<Rounds<R>> {
    /// Takes the stage of an event, and says what is new.
    pub fn take(&mut self, core: &mut Core, step: Step<'_, '_>, stage: R::Stage) -> AllFound<R::Facts> {
        let (event, kind) = (step.event, stage.kind());
        let when = When::new(core, event.received);
        let new = || Rounds::new(step.system, step.own.is_some(), step.case(), event.received);
        let taken = self.change(core, step.name(), new, |core, row| {
            let mut found = AllFound::default();
            row.arrive(event.time, stage, when, &mut found);
            let (system, phase) = (row.system, row.phase());
            step.keep(core, system, phase, &mut row.case);
            found
        });
        taken.unwrap_or_else(|_| AllFound::one(Found::Orphan(kind)))
    }

    /// Runs the next timer, and says what is new in which system. A row of which nothing is kept is removed.
    pub fn pass(&mut self, core: &mut Core) -> Option<(SystemId, AllFound<R::Facts>)> {
        let limits = When::new(core, Timestamp::EPOCH);
        let (slot, (system, found)) = self.run_timer(core, |timer, row| {
            let mut found = AllFound::default();
            row.pass(limits.at(timer.due), &mut found);
            (row.system, found)
        })?;
        if self.at(slot).is_some_and(Rounds::is_empty) {
            self.remove(slot);
        }
        Some((system, found))
    }

    /// Whether an opening would open a row that isn't open yet.
    pub fn would_begin(&self, step: Step<'_, '_>) -> bool {
        self.get(step.name()).is_none_or(|row| row.phase() != Phase::Open)
    }

    /// Forgets the rows of a case, and returns them.
    pub fn erase(&mut self, core: &Core, gone: &Gone) -> Vec<Rounds<R>> {
        let slots = self.slots(|name, row| gone.is(core, name, row.system, &row.case));
        slots.iter().filter_map(|slot| self.remove(*slot)).collect()
    }
}

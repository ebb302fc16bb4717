//! The steps that escalations, reviews, appeals and rollbacks share: finding the row of an event, taking a stage into it,
//! telling a repeat, an orphan and another round, and saying which facts are new.

use super::super::core::{Core, SHARED, SystemId};
use super::super::erasure::{Gone, name_of};
use super::Lifecycles;
use super::rows::{Phase, Stages};
use crate::event::time::SECOND;
use crate::event::{Event, Timestamp};

/// Stages of one history may come in several requests: a deadline that had passed before its opening was even received
/// is missed by the clock only after this. Nanoseconds.
pub const ARRIVAL_GRACE: i64 = 5 * SECOND;

/// A lifecycle with an opening, an end, and stages between that arrive in any order.
pub trait Steps: Stages {
    /// What follows from the stages that have arrived, whatever their order.
    type Facts: Default;
    /// What tells one opening from another.
    type Opening: PartialEq + Copy;

    /// A row before its first stage, to be forgotten at `until`.
    fn new(system: SystemId, case: Box<str>, until: Timestamp) -> Self;
    fn facts(&self) -> Self::Facts;
    fn opening(&self) -> Option<Self::Opening>;
    /// When it ended, where a later opening of its name begins another round.
    fn round_ended(&self) -> Option<Timestamp>;
    fn set_until(&mut self, until: Timestamp);
    /// The case, where a row keeps it: empty once it is over and its name says as much.
    fn case(&self) -> Option<&str> {
        None
    }
    fn case_mut(&mut self) -> Option<&mut Box<str>> {
        None
    }

    /// Prepares the row for an opening: a later one than its end begins another round. False when there is one already.
    fn begin_round(&mut self, event: &Event<'_>) -> bool {
        if self.opening().is_some() && self.round_ended().is_some_and(|end| event.time > end) {
            let case = self.case_mut().map(std::mem::take).unwrap_or_default();
            *self = Self::new(self.system(), case, event.received);
        }
        self.opening().is_none()
    }
}

/// An event on its way to its row.
#[derive(Clone, Copy)]
pub struct Step<'a, 'e> {
    pub event: &'a Event<'e>,
    pub system: SystemId,
    /// The name that the event gives the lifecycle, if it is not its case.
    pub own: Option<&'a str>,
}

impl<'a> Step<'a, '_> {
    /// A lifecycle is named by its own field, else by its case.
    pub fn name(&self) -> u128 {
        name_of(&self.event.system, self.own.or(self.event.case.as_deref()).unwrap_or_default())
    }

    pub(super) fn case(&self) -> Box<str> {
        self.event.case.as_deref().unwrap_or_default().into()
    }

    fn keep_case<T: Steps>(&self, core: &Core, row: &mut T) {
        let (system, phase) = (row.system(), row.phase());
        if let Some(case) = row.case_mut() {
            self.keep(core, system, phase, case);
        }
    }

    /// A row keeps its case while it is open or waits. One that is over needs no copy of it where its name is that of the
    /// case: nobody shows it any more, and an erasure finds it by its name.
    pub(super) fn keep(&self, core: &Core, system: SystemId, phase: Phase, case: &mut Box<str>) {
        let is_known = || {
            let is_its_name = self.own.is_none() && self.event.case.as_deref() == Some(&**case);
            is_its_name && core.system_key(system, SHARED) == self.event.system
        };
        match phase {
            Phase::Finished if is_known() => *case = Box::default(),
            Phase::Finished => {}
            _ if case.is_empty() => *case = self.case(),
            _ => {}
        }
    }
}

/// What became of a step.
pub enum Stepped<F> {
    /// The stage is new: the facts before it and after it. After the opening of another round, none were there before.
    New { before: F, after: F },
    /// The stage had arrived before.
    Repeat(F),
    /// It would wait for its opening, and no more can.
    Orphan,
}

impl<T: Steps> Lifecycles<T> {
    /// Takes a stage into its row. `change` puts it there, and says false when it had arrived before. One way for all
    /// stages: a copy of this code for each would not fit the processor's cache.
    pub fn step(
        &mut self,
        core: &mut Core,
        step: Step<'_, '_>,
        change: &mut dyn FnMut(&mut T) -> bool,
    ) -> Stepped<T::Facts> {
        let until = step.event.received.plus(core.model.limits.lifecycle_memory);
        let new = || T::new(step.system, step.case(), until);
        let stepped = self.change(core, step.name(), new, |core, row| {
            let (before, opening) = (row.facts(), row.opening());
            let fresh = change(row);
            if fresh && row.phase() == Phase::Finished {
                row.set_until(until);
            }
            step.keep_case(core, row);
            let again = opening.is_some() && row.opening() != opening;
            match fresh {
                true => Stepped::New { before: if again { T::Facts::default() } else { before }, after: row.facts() },
                false => Stepped::Repeat(row.facts()),
            }
        });
        stepped.unwrap_or(Stepped::Orphan)
    }

    /// Whether the event would open a row that isn't open yet.
    pub fn would_open(&self, step: Step<'_, '_>) -> bool {
        self.get(step.name()).is_none_or(|row| row.phase() != Phase::Open)
    }

    /// Forgets the rows of a case, and returns them.
    pub fn forget_case(&mut self, core: &Core, gone: &Gone) -> Vec<T> {
        let slots = self.slots(|name, row| row.case().is_some_and(|case| gone.is(core, name, row.system(), case)));
        slots.iter().filter_map(|slot| self.remove(*slot)).collect()
    }
}

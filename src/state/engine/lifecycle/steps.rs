//! [`Step`]: an event on its way to the row of its lifecycle, by the name of the lifecycle.

use super::super::core::{Core, SHARED, SystemId};
use super::super::erasure::name_of;
use super::rows::Phase;
use crate::event::Event;

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

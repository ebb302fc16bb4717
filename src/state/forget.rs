//! Erasure: what is known of a case is forgotten, and what it was counted as stays.
//!
//! * An open escalation, review or appeal ends here, without an outcome: it leaves the gauges, and no duration is
//!   observed. Nothing could close it any more, and the gauge would never fall.
//! * Stages that wait for their opening are dropped. They are no orphans: their opening isn't missing.
//! * Whether a closed case stays closed is still counted when it is due, under a name that no event has.
//! * Exemplars of the case are dropped, and rare events that name it.
//! * Ids of events stay, since they are hashed with a secret: what was counted once is not counted again. Whatever comes
//!   later of the case, under new ids, is of a case that day90 doesn't know.

use std::collections::BTreeSet;

use super::State;
use crate::state::engine::core::SHARED;
use crate::state::engine::erasure::{Gone, name_of};
use crate::state::signals::signal::Signal;

impl State {
    /// The names that a case may have: in one system, or in all that are known.
    pub fn names_of_case(&self, case: &str, system: Option<&str>) -> Vec<u128> {
        let core = &self.core;
        let key = |name| core.known_system(name).map_or(name, |id| core.system_key(id, name));
        let mut keys: BTreeSet<&str> = match system {
            Some(system) => [key(system)].into(),
            None => core.systems().map(|(id, name)| core.system_key(id, name)).collect(),
        };
        if system.is_some_and(|name| core.known_system(name).is_none()) {
            keys.insert(SHARED);
        }
        keys.into_iter().map(|key| name_of(key, case)).collect()
    }

    /// Forgets a case, from its record. Says how many pieces of work were known of it.
    pub fn forget(&mut self, names: impl Iterator<Item = u128>, sequence: u64) -> usize {
        let gone = Gone::new(names);
        self.core.sequence = sequence;
        self.has_room = false;
        let core = &mut self.core;
        self.rare.forget_case(core, &gone);
        let forget = |signal: &mut dyn Signal| {
            signal.parts_mut().into_iter().for_each(|part| part.forget_exemplars(core, &gone));
            signal.forget_case(core, &gone)
        };
        self.signals.all_mut().map(forget).sum()
    }
}

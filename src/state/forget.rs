//! Erasure: what is known of a case goes, and what it was counted as stays.
//!
//! A case is named by hashes of (system, case), so that the record which orders this carries no text of it.
//!
//! * An open escalation, review or appeal ends here, without an outcome: it leaves the gauges, and no duration is
//!   observed. Nothing could close it any more, and a gauge that never falls would be a lie.
//! * Stages that wait for their opening go. They are no orphans: nobody owes them anything.
//! * Whether a closed case stays closed is still counted when it is due, under a name that leads nowhere.
//! * Exemplars of the case go.
//! * Ids of events stay, since they are hashed with a secret: what was counted once is not counted again. Whatever comes
//!   later of the case, under new ids, is of a case that was never heard of.

use std::collections::BTreeSet;

use super::State;
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::lifecycle::name_of;

/// The system that those over the bound share.
const OTHER: &str = "other";

/// The names of a case that is to be forgotten.
pub struct Gone(BTreeSet<u128>);

impl Gone {
    /// Whether a row is of the case. One whose lifecycle has an id of its own is known by its case.
    pub fn is(&self, core: &Core, name: u128, system: SystemId, case: &str) -> bool {
        if case.is_empty() { self.0.contains(&name) } else { self.0.contains(&name_of(core.system_name(system), case)) }
    }

    pub fn has(&self, name: u128) -> bool {
        self.0.contains(&name)
    }
}

impl State {
    /// The names that a case may have: in one system, or in all that are known.
    pub fn names_of_case(&self, case: &str, system: Option<&str>) -> Vec<u128> {
        let mut systems: BTreeSet<&str> = match system {
            Some(system) => [system].into(),
            None => self.core.systems().map(|(_, name)| name).collect(),
        };
        if systems.iter().any(|name| self.core.system_id(name).is_none()) {
            systems.insert(OTHER);
        }
        systems.into_iter().map(|system| name_of(system, case)).collect()
    }

    /// Forgets a case, from its record. Says how many pieces of work were known of it.
    pub fn forget(&mut self, names: impl Iterator<Item = u128>, sequence: u64) -> usize {
        let gone = Gone(names.collect());
        self.core.sequence = sequence;
        self.has_room = false;
        self.forget_exemplars(&gone);
        let core = &mut self.core;
        self.escalations.forget_case(core, &gone)
            + self.reviews.forget_case(core, &gone)
            + self.trust.forget_case(core, &gone)
            + self.resolutions.forget_case(core, &gone)
    }
}

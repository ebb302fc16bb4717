//! How a state and its snapshots are asked for the detector of a system.

use super::report::build::Sources;
use super::report::{Glimpse, Report};
use crate::state::engine::core::SystemId;
use crate::state::{Snapshot, State};

impl Snapshot {
    /// The detector of a system; `None` when it is not declared and nothing was heard of it.
    pub fn spike(&self, system: &str) -> Option<Report> {
        let id = self.state.core.system_id(system)?;
        Some(report(&self.state, id, system))
    }

    /// The detectors of all systems, in order of appearance.
    pub fn spikes(&self) -> Vec<Report> {
        self.state.core.systems().map(|(id, name)| report(&self.state, id, name)).collect()
    }
}

impl State {
    /// A glimpse of a system's detector; `None` when nothing was heard of it.
    pub fn spike(&self, system: &str) -> Option<Glimpse> {
        self.spikes.get(self.core.system_id(system)?).map(Glimpse::of)
    }
}

fn report(state: &State, system: SystemId, name: &str) -> Report {
    let watch = &*state.spikes.get_or_new(&state.core, system);
    let deployed = state.changes.of(system);
    Report::of(name, &Sources { core: &state.core, system, watch, deployed })
}

//! The spike detector of a system, as people read it.

mod build;
pub mod report;

use self::build::Sources;
use self::report::{Glimpse, SpikeReport};
use crate::state::engine::core::SystemId;
use crate::state::{Snapshot, State};

impl Snapshot {
    /// The detector of a system; `None` when it is not declared and never sent anything.
    pub fn spike(&self, system: &str) -> Option<SpikeReport> {
        let id = self.state.core.system_id(system)?;
        Some(report(&self.state, id, system))
    }

    /// The detectors of all systems, in order of appearance.
    pub fn spikes(&self) -> Vec<SpikeReport> {
        self.state.core.systems().map(|(id, name)| report(&self.state, id, name)).collect()
    }
}

impl State {
    /// A glimpse of a system's detector; `None` when it never sent anything.
    pub fn spike(&self, system: &str) -> Option<Glimpse> {
        self.signals.spike.get(self.core.system_id(system)?).map(Glimpse::of)
    }
}

fn report(state: &State, system: SystemId, name: &str) -> SpikeReport {
    let watch = &*state.signals.spike.get_or_new(&state.core, system);
    let deployed = state.signals.changes.of(system);
    SpikeReport::of(name, &Sources { core: &state.core, system, watch, deployed })
}

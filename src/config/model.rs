//! The operating model as the fold sees it: plain data, checked before it is built.
//!
//! The effective model is itself a record in the journal, written before the first event that it governs, so that a
//! replay grades old events by the rules of their day. It is stored as JSON, which other versions can read; a new field
//! needs a default. A file below this one holds one section of a system: its fields and the keys that fill them.

pub mod boundary;
pub mod bounds;
pub mod calendar;
pub mod changes;
pub mod deadlines;
pub mod exception_path;
pub mod hours;
pub mod maintenance;
pub mod objectives;
pub mod owner;
pub mod review;
pub mod rollback;
pub mod system;
pub mod trust;
pub mod waiver;
pub mod within;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::Fixed;
pub use boundary::Boundary;
pub use bounds::Bounds;
pub use calendar::{Calendar, Day, Peak};
pub use changes::Changes;
pub use deadlines::Due;
pub use exception_path::{ExceptionPath, Promise, Route};
pub use maintenance::Maintenance;
pub use objectives::{Objectives, TaskDuration};
pub use owner::Owner;
pub use review::Reviewers;
pub use rollback::RollbackPlan;
pub use system::System;
pub use trust::Trust;
pub use waiver::Waiver;
pub use within::Within;

/// Everything that decides how events are folded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Model {
    pub limits: Bounds,
    pub systems: BTreeMap<String, System>,
    /// Systems whose state is to be removed.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub removed: BTreeSet<String>,
    /// Upper bounds of the classic buckets of histograms, where they are not day90's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub buckets: BTreeMap<String, Vec<Fixed>>,
}

impl Model {
    /// The declared rating scale of a system, by its name or one that it formerly had, or the default.
    pub fn rating_scale(&self, system: &str) -> (Fixed, Fixed) {
        let formerly =
            || self.systems.values().find(|declared| declared.formerly.iter().any(|former| former == system));
        let declared = self.systems.get(system).or_else(formerly);
        declared.map_or_else(|| Trust::default().rating_scale, |system| system.trust.rating_scale)
    }
}

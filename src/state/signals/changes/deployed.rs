//! What was deployed to one system: the changes that are remembered, and the versions in force.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::notice::RolledBack;
use super::super::words::Approval;
use crate::event::{ChangeKind, Timestamp};

/// What was deployed to one system.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Deployed {
    /// The last changes, by time, oldest first.
    pub changes: Vec<Change>,
    /// The version in force of each kind: since when, and which (`None`: unknown).
    pub in_force: BTreeMap<ChangeKind, (Timestamp, Option<String>)>,
    /// When the last change of each kind was deployed.
    pub last: BTreeMap<ChangeKind, Timestamp>,
    /// Rollbacks of changes whose deployment has not arrived yet.
    undone_early: Vec<Early>,
}

/// A rollback of a change whose deployment has not arrived yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Early {
    change: String,
    pub restored: Option<Timestamp>,
    to_previous_version: bool,
}

/// One deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub at: Timestamp,
    pub kind: ChangeKind,
    pub version: String,
    /// Its id, if it has one.
    pub change: Option<String>,
    pub previous_version: Option<String>,
    pub author: Option<String>,
    pub approver: Option<String>,
    pub approval: Approval,
    pub failed: bool,
}

impl Deployed {
    /// Remembers a change, and returns the rollbacks that named it before it arrived.
    pub(super) fn remember(&mut self, mut change: Change, max: usize) -> Vec<Early> {
        let early: Vec<Early> = self.undone_early.extract_if(.., |early| change.is_called(&early.change)).collect();
        change.failed = !early.is_empty();
        let last = self.last.entry(change.kind).or_insert(change.at);
        *last = change.at.max(*last);
        let version = || (change.at, Some(change.version.clone()));
        match self.in_force.get_mut(&change.kind) {
            Some(in_force) if *in_force >= version() => {}
            Some(in_force) => *in_force = version(),
            None => drop(self.in_force.insert(change.kind, version())),
        }
        let place = self.changes.partition_point(|known| (known.at, &known.version) <= (change.at, &change.version));
        self.changes.insert(place, change.clone());
        let over = self.changes.len().saturating_sub(max);
        self.changes.drain(..over);
        for restored in early.iter().filter(|early| early.to_previous_version).filter_map(|early| early.restored) {
            self.put_back(&change, restored);
        }
        early
    }

    /// The last change of this name up to a moment, else the last of this name.
    pub(super) fn named(&self, name: &str, until: Timestamp) -> Option<usize> {
        let before = self.changes.iter().rposition(|change| change.is_called(name) && change.at <= until);
        before.or_else(|| self.changes.iter().rposition(|change| change.is_called(name)))
    }

    pub(super) fn last_within(&self, until: Timestamp, window: i64) -> Option<usize> {
        let last = self.changes.iter().rposition(|change| change.at <= until)?;
        (until.since(self.changes[last].at) <= window).then_some(last)
    }

    pub(super) fn expect(&mut self, change: &str, rollback: &RolledBack, max: usize) {
        if self.undone_early.len() < max {
            let (change, restored) = (change.to_owned(), rollback.restored);
            self.undone_early.push(Early { change, restored, to_previous_version: rollback.to_previous_version });
        }
    }

    /// The previous version is in force again, unless something newer was deployed meanwhile.
    pub(super) fn put_back(&mut self, change: &Change, restored: Timestamp) {
        if let Some(in_force) = self.in_force.get_mut(&change.kind)
            && in_force.0 == change.at
        {
            *in_force = (restored.max(change.at), change.previous_version.clone());
        }
    }
}

impl Change {
    /// By its id, or by its version when it has no id.
    fn is_called(&self, name: &str) -> bool {
        self.change.as_deref().unwrap_or(&self.version) == name
    }
}

//! The changes as version 1 of their section has them, of day90 0.1.0 and 0.2.0.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::super::notice::Restored;
use super::super::signal::Restore;
use super::super::words::Approval;
use super::Changes;
use super::awaited::Awaited;
use super::change::{Change, Failure};
use super::deployed::Deployed;
use super::found::{Attribution, Named, Rules};
use super::history::{InForce, Restoring};
use super::metrics::{Deployments, Failed, Recovery};
use crate::config::model;
use crate::event::{ChangeKind, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::series::Series;

impl Restore for Changes {
    fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Changes, &[u8])> {
        match version {
            1 => postcard::take_from_bytes::<ChangesV1>(bytes).map(|(stored, rest)| (stored.into(), rest)),
            _ => postcard::take_from_bytes(bytes),
        }
    }
}

#[derive(Deserialize)]
struct ChangesV1 {
    changes: Series<Deployments>,
    failed: Series<Failed>,
    recovery: Series<Recovery>,
    systems: BTreeMap<SystemId, DeployedV1>,
}

#[derive(Deserialize)]
struct DeployedV1 {
    changes: Vec<ChangeV1>,
    in_force: BTreeMap<ChangeKind, (Timestamp, Option<String>)>,
    /// When the last change of each kind was deployed.
    _last: BTreeMap<ChangeKind, Timestamp>,
    undone_early: Vec<EarlyV1>,
}

#[derive(Deserialize)]
struct EarlyV1 {
    change: String,
    restored: Option<Timestamp>,
    to_previous_version: bool,
}

#[derive(Deserialize)]
struct ChangeV1 {
    at: Timestamp,
    kind: ChangeKind,
    version: String,
    change: Option<String>,
    previous_version: Option<String>,
    author: Option<String>,
    approver: Option<String>,
    approval: Approval,
    failed: bool,
}

impl From<ChangesV1> for Changes {
    fn from(stored: ChangesV1) -> Changes {
        let ChangesV1 { changes, failed, recovery, systems } = stored;
        let systems = systems.into_iter().map(|(id, deployed)| (id, Arc::new(deployed.into()))).collect();
        Changes { changes, failed, recovery, systems, ..Changes::default() }
    }
}

impl From<DeployedV1> for Deployed {
    fn from(stored: DeployedV1) -> Deployed {
        let mut deployed = Deployed::default();
        for change in stored.changes {
            let mut change = change.into_change(deployed.changes.len() as u64 + 1);
            change.group = deployed.group_for(&change);
            deployed.changes.push(change);
        }
        deployed.arrivals = deployed.changes.len() as u64;
        deployed.awaited = stored.undone_early.into_iter().map(Awaited::from).collect();
        for (kind, (since, version)) in stored.in_force {
            deployed.put_in_force(kind, since, version);
        }
        let rules = Rules { declared: &model::Changes::default(), max: usize::MAX, now: Timestamp::EPOCH };
        // Everything was counted by the version that stored it.
        deployed.settle(&rules, &mut Vec::new());
        deployed
    }
}

impl Deployed {
    /// A rollback had put the version before back: it is known by the moment since which that is in force.
    fn put_in_force(&mut self, kind: ChangeKind, since: Timestamp, version: Option<String>) {
        let Some(last) = self.changes.iter_mut().rfind(|change| change.kind == kind) else {
            let in_force = InForce::stored(since, version);
            self.base.insert(kind, in_force.clone());
            self.in_force.insert(kind, in_force);
            return;
        };
        if last.failure.is_some() && version.as_ref() != Some(&last.version) {
            last.restored = Some(since);
            let group = last.group;
            self.arrivals += 1;
            self.restorings.push(Restoring { at: since, id: self.arrivals, group });
            self.restorings.sort_by_key(Restoring::place);
        }
    }
}

impl ChangeV1 {
    fn into_change(self, id: u64) -> Change {
        let ChangeV1 { at, kind, version, change, previous_version, author, approver, approval, failed } = self;
        let failure = Failure { at, attribution: Attribution::Window, rollback: 0, as_unknown: false };
        Change {
            change,
            previous_version,
            author,
            approver,
            approval,
            id,
            group: id,
            counted: true,
            failure: failed.then_some(failure),
            failure_counted: true,
            recovery_counted: failed,
            ..Change::new(at, kind, version)
        }
    }
}

impl From<EarlyV1> for Awaited {
    /// It was never counted, and waited for ever.
    fn from(early: EarlyV1) -> Awaited {
        let EarlyV1 { change, restored, to_previous_version } = early;
        let at = restored.unwrap_or(Timestamp::EPOCH);
        Awaited {
            named: Some(Named::Change(change)),
            failure: Failure { at, attribution: Attribution::Named, rollback: 0, as_unknown: false },
            window: 0,
            restored: restored.map(|at| Restored { at, to_previous_version }),
            until: at,
            given_up: true,
        }
    }
}

//! [`Change`]: one deployment of one kind, with everything that became of it. Deployments of several kinds under one name
//! are one change: they share a group.

use serde::{Deserialize, Serialize};

use super::super::words::{Approval, ApprovalNow};
use super::found::{Attribution, Found, Named};
use crate::event::{ChangeKind, Timestamp};

/// One deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub at: Timestamp,
    pub kind: ChangeKind,
    pub version: String,
    /// Its name, if it has one.
    pub change: Option<String>,
    pub previous_version: Option<String>,
    pub author: Option<String>,
    pub approver: Option<String>,
    /// As at its deployment.
    pub approval: Approval,
    pub(super) approved_later: bool,
    /// Its place in the order of arrival, by which it is known.
    pub(super) id: u64,
    /// The place of the first that arrived of what is one change with it.
    pub(super) group: u64,
    /// How long after it a failure is its own: as declared when it arrived.
    pub(super) window: i64,
    /// It put another version into force, and was counted.
    pub(super) counted: bool,
    /// It put the version before back into force, within the window of the one that it replaced.
    pub(super) is_revert: bool,
    pub(super) failure: Option<Failure>,
    pub(super) failure_counted: bool,
    /// When the first rollback of it restored the system.
    pub(super) restored: Option<Timestamp>,
    pub(super) recovery_counted: bool,
}

/// How a change failed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    pub at: Timestamp,
    pub attribution: Attribution,
    /// The hash of the name of the rollback; 0 where none failed it.
    pub rollback: u128,
    /// It was counted before the change was known.
    pub as_unknown: bool,
}

impl Failure {
    pub(super) fn revert(at: Timestamp) -> Failure {
        Failure { at, attribution: Attribution::Revert, rollback: 0, as_unknown: false }
    }
}

impl Change {
    pub(super) fn new(at: Timestamp, kind: ChangeKind, version: String) -> Change {
        Change {
            at,
            kind,
            version,
            change: None,
            previous_version: None,
            author: None,
            approver: None,
            approval: Approval::Unapproved,
            approved_later: false,
            id: 0,
            group: 0,
            window: 0,
            counted: false,
            is_revert: false,
            failure: None,
            failure_counted: false,
            restored: None,
            recovery_counted: false,
        }
    }

    /// Its place in the history: by time, and by arrival where two have one time.
    pub(super) fn place(&self) -> (Timestamp, u64) {
        (self.at, self.id)
    }

    /// Whether an event means this one. One without a name is known by its version.
    pub(super) fn is_meant_by(&self, named: &Named) -> bool {
        match named {
            Named::Change(name) => self.change.as_ref().unwrap_or(&self.version) == name,
            Named::Version(kind, version) => self.kind == *kind && self.version == *version,
        }
    }

    /// Whether a failure can be its own. What only put the version before back has none.
    pub(super) fn may_fail(&self) -> bool {
        self.counted && !self.is_revert
    }

    pub fn has_failed(&self) -> bool {
        self.failure.is_some() && !self.is_revert
    }

    /// Its approval, with what was approved after it.
    pub fn approval_now(&self) -> ApprovalNow {
        match self.approval {
            Approval::Approved => ApprovalNow::Approved,
            _ if self.approved_later => ApprovalNow::ApprovedLater,
            Approval::SelfApproved => ApprovalNow::SelfApproved,
            Approval::Emergency => ApprovalNow::Emergency,
            Approval::Unapproved => ApprovalNow::Unapproved,
        }
    }

    /// What of its failure and its recovery is still to be counted.
    pub(super) fn count(&mut self, found: &mut Vec<Found>) {
        let Some(failure) = self.failure.filter(|_| self.may_fail()) else { return };
        if !std::mem::replace(&mut self.failure_counted, true) && !failure.as_unknown {
            found.push(Found::Failed(self.kind, failure.attribution));
        }
        if let Some(restored) = self.restored
            && !std::mem::replace(&mut self.recovery_counted, true)
        {
            found.push(Found::Recovered(self.kind, restored.since(self.at).max(0)));
        }
    }
}

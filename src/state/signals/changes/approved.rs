//! Who approved a change: as its deployment says, before it, or after it.

use serde::{Deserialize, Serialize};

use super::super::words::Approval;
use super::change::Change;
use super::found::{Found, Named, Rules};
use crate::config::model;
use crate::event::time::DAY;
use crate::event::{ChangeKind, Timestamp};

/// How long before its deployment a change may be approved. Nanoseconds.
pub(super) const APPROVED_BEFORE: i64 = 35 * DAY;

/// Somebody approved a change, in an event apart from its deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Approved {
    pub at: Timestamp,
    pub approver: String,
    pub named: Named,
}

/// The approval that a deployment says. Approved means: by somebody else than the author, who is declared for this kind where
/// anybody is.
pub(super) fn approval_of(declared: &model::Changes, change: &Change, emergency: bool) -> Approval {
    match (change.approver.as_deref(), change.author.as_deref()) {
        _ if emergency => Approval::Emergency,
        (None, _) => Approval::Unapproved,
        (Some(approver), Some(author)) if approver == author => Approval::SelfApproved,
        (Some(approver), _) if may_approve(declared, change.kind, approver) => Approval::Approved,
        (Some(_), _) => Approval::Unapproved,
    }
}

/// What a sender should know of the approver of a deployment.
pub(super) fn doubt(change: &Change, rules: &Rules<'_>) -> Option<Found> {
    let approver = change.approver.as_ref().filter(|it| !may_approve(rules.declared, change.kind, it))?;
    Some(Found::Doubt("approver", format!("{approver} is not declared as an approver of {} changes", change.kind)))
}

/// Whether somebody may approve changes of a kind. Where nobody is declared, everybody may.
pub(super) fn may_approve(declared: &model::Changes, kind: ChangeKind, approver: &str) -> bool {
    declared.approvers.get(&kind).is_none_or(|approvers| approvers.iter().any(|known| known == approver))
}

impl Approved {
    /// Whether it approves this change: the approver may, and didn't make it.
    pub fn counts_for(&self, change: &Change, rules: &Rules<'_>) -> bool {
        change.is_meant_by(&self.named)
            && change.author.as_ref() != Some(&self.approver)
            && may_approve(rules.declared, change.kind, &self.approver)
    }

    fn is_before(&self, change: &Change) -> bool {
        self.at <= change.at
    }

    pub fn is_in_time_for(&self, change: &Change) -> bool {
        change.at.since(self.at) <= APPROVED_BEFORE
    }
}

impl Change {
    /// Takes what was approved before it was deployed.
    pub(super) fn approve_from(&mut self, approvals: &[Approved], rules: &Rules<'_>) {
        let approves = |it: &Approved| it.is_before(self) && it.is_in_time_for(self) && it.counts_for(self, rules);
        if approvals.iter().any(approves) {
            self.approval = Approval::Approved;
        }
    }

    /// Takes what was approved after it was deployed; true when that is new.
    pub(super) fn approve_later_from(&mut self, approvals: &[Approved], rules: &Rules<'_>) -> bool {
        let approves = |it: &Approved| !it.is_before(self) && it.counts_for(self, rules);
        approvals.iter().any(approves) && self.approve_later()
    }

    pub(super) fn approve_later(&mut self) -> bool {
        self.approval != Approval::Approved && !std::mem::replace(&mut self.approved_later, true)
    }
}

//! An approval that comes in an event apart from its deployment, before it or after it.

use super::approved::{APPROVED_BEFORE, Approved, may_approve};
use super::change::Change;
use super::deployed::Deployed;
use super::found::{Found, Named, Rules};
use crate::event::ChangeKind;

impl Deployed {
    /// Takes an approval, for the deployments that are known and for those that may still come.
    pub(super) fn approve(&mut self, approved: Approved, rules: &Rules<'_>) -> Vec<Found> {
        let mut found: Vec<Found> = self.doubt_of(&approved, rules).into_iter().collect();
        for index in self.meant_by(&approved) {
            let change = &mut self.changes[index];
            // Its deployment was counted without it, so it is a later one, whatever its time.
            if approved.counts_for(change, rules) && change.approve_later() {
                found.push(Found::ApprovedLater(change.kind));
            }
        }
        self.approvals.retain(|known| rules.now.since(known.at) <= APPROVED_BEFORE);
        let over = (self.approvals.len() + 1).saturating_sub(rules.max);
        self.approvals.drain(..over);
        self.approvals.push(approved);
        if !found.is_empty() {
            self.settle(rules, &mut found);
        }
        found
    }

    /// The last deployment of each kind that an approval is for.
    fn meant_by(&self, approved: &Approved) -> Vec<usize> {
        let is_meant =
            |change: &Change| change.counted && change.is_meant_by(&approved.named) && approved.is_in_time_for(change);
        let last = |kind: &ChangeKind| self.changes.iter().rposition(|change| change.kind == *kind && is_meant(change));
        ChangeKind::ALL.iter().filter_map(last).collect()
    }

    /// What the sender should know: nothing can be approved by this.
    fn doubt_of(&self, approved: &Approved, rules: &Rules<'_>) -> Option<Found> {
        let (approver, what) = (&approved.approver, approved.named.text());
        let meant = self.meant_by(approved);
        let kinds: Vec<ChangeKind> = match (&approved.named, meant.is_empty()) {
            (Named::Version(kind, _), true) => vec![*kind],
            (Named::Change(_), true) => ChangeKind::ALL.to_vec(),
            (_, false) => meant.iter().map(|index| self.changes[*index].kind).collect(),
        };
        let why = if !kinds.iter().any(|kind| may_approve(rules.declared, *kind, approver)) {
            "is not declared as its approver"
        } else if !meant.is_empty() && !meant.iter().any(|index| approved.counts_for(&self.changes[*index], rules)) {
            "is its author, or not declared as its approver"
        } else {
            return None;
        };
        Some(Found::Doubt("approver", format!("{approver} {why}, so {what} is not approved by this")))
    }
}

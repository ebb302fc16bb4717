//! [`Versions`]: which version of a kind is in force, from its deployments and restorings by time.
//!
//! Each version remembers the one before it, so that after a restoring the version before *that* is known too: with v1, v2,
//! a restoring of v1 and then v3, the version before v3 is v1.

use serde::{Deserialize, Serialize};

use super::super::words::ApprovalNow;
use super::change::Change;
use crate::event::Timestamp;
use crate::state::engine::correction::Correction;

/// A version in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InForce {
    /// Since when: its deployment, or the restoring that put it back.
    pub since: Timestamp,
    /// `None` where nobody said which it is.
    pub version: Option<String>,
    /// How it was approved, where its deployment was seen.
    pub approval: Option<ApprovalNow>,
    /// When it was deployed, where that was seen.
    pub deployed: Option<Timestamp>,
    /// The change that deployed it, and its group.
    change: Option<(u64, u64)>,
    may_fail: bool,
    /// Kept for the oldest version alone, whose deployment is no longer remembered.
    before: Option<Box<InForce>>,
}

/// A rollback put the version before back, in the kinds in which its change was in force.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Restoring {
    pub at: Timestamp,
    pub id: u64,
    /// The change that it undid.
    pub group: u64,
}

impl Restoring {
    pub fn place(&self) -> (Timestamp, u64) {
        (self.at, self.id)
    }
}

/// The versions of one kind, on the way from the oldest to the newest.
#[derive(Debug)]
pub(super) struct Versions {
    /// Each with the place of the one before it.
    all: Vec<(InForce, Option<usize>)>,
    now: Option<usize>,
}

impl Versions {
    /// Begins with what was in force before anything that is remembered.
    pub fn after(base: Option<&InForce>) -> Versions {
        let mut versions = Versions { all: Vec::new(), now: None };
        if let Some(base) = base {
            let before = base.before.as_deref().map(|before| versions.push(before.clone(), None));
            versions.now = Some(versions.push(InForce { before: None, ..base.clone() }, before));
        }
        versions
    }

    pub fn now(&self) -> Option<&InForce> {
        self.now.map(|now| &self.all[now].0)
    }

    /// The version before the one in force.
    pub fn before(&self) -> Option<&InForce> {
        self.all[self.now?].1.map(|before| &self.all[before].0)
    }

    /// As the base of a shorter history.
    pub fn into_base(self) -> Option<InForce> {
        let before = self.before().cloned().map(Box::new);
        self.now().map(|now| InForce { before, ..now.clone() })
    }

    /// Takes the next deployment; false when its version is in force already.
    pub fn deploy(&mut self, change: &Change) -> bool {
        if self.is_in_force(change) {
            return false;
        }
        // Where nobody knows what was in force before, the sender says.
        let before = match self.now.filter(|now| self.all[*now].0.version.is_some()) {
            Some(now) => Some(now),
            None => change.previous_version.clone().map(|version| self.push(InForce::seen_before(version), None)),
        };
        self.now = Some(self.push(InForce::by(change), before));
        true
    }

    /// The group of the change in force, when this puts the version before it back within its window. A version whose own
    /// change failed is no way back. `has_failed` knows those, by their number.
    pub fn reverted_by(&self, change: &Change, has_failed: impl Fn(u64) -> bool) -> Option<u64> {
        let (now, before) = (self.now()?, self.before()?);
        let is_back = before.version.as_ref() == Some(&change.version) && !self.is_in_force(change);
        let in_time = now.deployed.is_some_and(|deployed| change.at.since(deployed) <= change.window);
        let is_revert = is_back && in_time && !before.change.is_some_and(|(id, _)| has_failed(id));
        now.change.filter(|_| is_revert).map(|(_, group)| group)
    }

    fn is_in_force(&self, change: &Change) -> bool {
        self.now().is_some_and(|now| now.version.as_ref() == Some(&change.version))
    }

    /// Puts the version before back, if the change that failed is in force.
    pub fn restore(&mut self, restoring: &Restoring) {
        let Some(now) = self.now else { return };
        let (in_force, before) = &self.all[now];
        if !in_force.may_fail || in_force.change.is_none_or(|(_, group)| group != restoring.group) {
            return;
        }
        let (back, before) = match before.map(|before| &self.all[before]) {
            Some((back, before)) => (InForce { since: restoring.at, ..back.clone() }, *before),
            None => (InForce::unknown(restoring.at), None),
        };
        self.now = Some(self.push(back, before));
    }

    fn push(&mut self, version: InForce, before: Option<usize>) -> usize {
        self.all.push((version, before));
        self.all.len() - 1
    }
}

impl InForce {
    fn by(change: &Change) -> InForce {
        InForce {
            since: change.at,
            version: Some(change.version.clone()),
            approval: Some(change.approval_now()),
            deployed: Some(change.at),
            change: Some((change.id, change.group)),
            may_fail: !change.is_revert,
            before: None,
        }
    }

    /// A version whose deployment was never seen.
    fn seen_before(version: String) -> InForce {
        InForce { version: Some(version), ..InForce::unknown(Timestamp::EPOCH) }
    }

    pub(super) fn unknown(since: Timestamp) -> InForce {
        InForce { since, version: None, approval: None, deployed: None, change: None, may_fail: false, before: None }
    }

    /// The clock was ahead: moves what was noted while it was.
    pub(super) fn correct(&mut self, clock: &Correction) {
        clock.correct(&mut self.since);
        clock.correct(&mut self.deployed);
        if let Some(before) = &mut self.before {
            before.correct(clock);
        }
    }

    /// As version 1 of the section has it.
    pub(super) fn stored(since: Timestamp, version: Option<String>) -> InForce {
        InForce { version, ..InForce::unknown(since) }
    }
}

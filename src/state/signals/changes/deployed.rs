//! [`Deployed`]: what was deployed to one system: the changes that are remembered, and the versions in force.
//!
//! Events come in any order. So what was deployed and restored is kept by time, and after each event the whole of it is read
//! again, kind by kind: what follows from it and wasn't counted yet is counted. What was counted is never taken back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::approved::{Approved, doubt};
use super::awaited::Awaited;
use super::change::{Change, Failure};
use super::found::{Found, Rules};
use super::history::{InForce, Restoring, Versions};
use crate::event::{ChangeKind, Timestamp};
use crate::state::engine::correction::Correction;

/// What was deployed to one system.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Deployed {
    /// The last changes, by time and arrival, oldest first.
    pub changes: Vec<Change>,
    /// The version in force of each kind.
    pub in_force: BTreeMap<ChangeKind, InForce>,
    pub(super) restorings: Vec<Restoring>,
    /// What was in force before the changes that are remembered.
    pub(super) base: BTreeMap<ChangeKind, InForce>,
    /// Approvals that may still find their change.
    pub(super) approvals: Vec<Approved>,
    /// Failures whose change has not arrived.
    pub(super) awaited: Vec<Awaited>,
    /// Deployments and restorings that have arrived.
    pub(super) arrivals: u64,
}

impl Deployed {
    /// Takes a deployment, and returns what follows from it.
    pub(super) fn deploy(&mut self, mut change: Change, rules: &Rules<'_>) -> Vec<Found> {
        let mut found = self.doubts(&change, rules);
        change.id = self.next_arrival();
        change.group = self.group_for(&change);
        if let Some(sibling) = self.changes.iter().find(|known| known.group == change.group) {
            (change.failure, change.restored) = (sibling.failure, sibling.restored);
        }
        let place = self.changes.partition_point(|known| known.place() <= change.place());
        self.changes.insert(place, change);
        self.settle(rules, &mut found);
        self.meet_awaited(rules, &mut found);
        self.forget_oldest(rules.max);
        found
    }

    /// What the sender should know: the deployment says something else than what day90 saw, or means nothing.
    fn doubts(&self, change: &Change, rules: &Rules<'_>) -> Vec<Found> {
        let mut doubts: Vec<Found> = doubt(change, rules).into_iter().collect();
        let versions = self.versions(change.kind, Some(change.at));
        let Some(now) = versions.now().and_then(|now| now.version.as_ref()) else { return doubts };
        let (kind, version) = (change.kind, &change.version);
        if now == version {
            doubts.push(Found::Doubt("version", format!("{kind} {version} is in force already, so this is no change")));
        } else if let Some(said) = change.previous_version.as_ref().filter(|said| *said != now) {
            let text = format!("{now} was in force before, as day90 saw it, and not {said}");
            doubts.push(Found::Doubt("previous_version", text));
        }
        doubts
    }

    pub(super) fn next_arrival(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }

    /// The group of the last change of the same name, if that lacks this kind and hadn't failed before this was deployed.
    pub(super) fn group_for(&self, change: &Change) -> u64 {
        let Some(name) = &change.change else { return change.id };
        let same = self.changes.iter().rfind(|known| known.counted && known.change.as_ref() == Some(name));
        let joined = same.map(|same| same.group).filter(|group| {
            let mut all = self.changes.iter().filter(|known| known.group == *group);
            all.all(|known| known.kind != change.kind && known.failure.is_none_or(|failure| failure.at >= change.at))
        });
        joined.unwrap_or(change.id)
    }

    /// The versions of a kind up to a moment, or all of them.
    fn versions(&self, kind: ChangeKind, until: Option<Timestamp>) -> Versions {
        let mut versions = Versions::after(self.base.get(&kind));
        let last = until.map_or((Timestamp::from_nanos(i64::MAX), u64::MAX), |until| (until, u64::MAX));
        let mut restorings = self.restorings.iter().filter(|it| it.place() <= last).peekable();
        for change in self.changes.iter().filter(|it| it.kind == kind && it.place() <= last) {
            while let Some(restoring) = restorings.next_if(|it| it.place() < change.place()) {
                versions.restore(restoring);
            }
            versions.deploy(change);
        }
        restorings.for_each(|restoring| versions.restore(restoring));
        versions
    }

    /// Reads the history again, and counts what is new in it.
    pub(super) fn settle(&mut self, rules: &Rules<'_>, found: &mut Vec<Found>) {
        for kind in self.known_kinds() {
            let deployments = self.find_reverts(kind);
            self.count_changes(&deployments, rules, found);
        }
        self.changes.iter_mut().for_each(|change| change.count(found));
        self.see_in_force();
    }

    fn known_kinds(&self) -> Vec<ChangeKind> {
        let is_known = |kind: &ChangeKind| self.changes.iter().any(|change| change.kind == *kind);
        ChangeKind::ALL.iter().copied().filter(is_known).collect()
    }

    /// Reads from the history which version of each kind is in force.
    fn see_in_force(&mut self) {
        for kind in self.known_kinds() {
            if let Some(now) = self.versions(kind, None).now() {
                self.in_force.insert(kind, now.clone());
            }
        }
    }

    /// The deployments of a kind, by their place in the list, each with whether it put another version into force. What is
    /// reverted has failed.
    fn find_reverts(&mut self, kind: ChangeKind) -> Vec<(usize, bool)> {
        let Deployed { changes, restorings, base, .. } = self;
        let mut versions = Versions::after(base.get(&kind));
        let mut restorings = restorings.iter().peekable();
        let mut deployments = Vec::new();
        for index in 0..changes.len() {
            if changes[index].kind != kind {
                continue;
            }
            let place = changes[index].place();
            while let Some(restoring) = restorings.next_if(|it| it.place() < place) {
                versions.restore(restoring);
            }
            let has_failed = |id| changes.iter().any(|change| change.id == id && change.has_failed());
            // A revert is known as one from its deployment on, whatever arrives later.
            let reverted = versions.reverted_by(&changes[index], has_failed).filter(|_| !changes[index].is_revert);
            if let Some(group) = reverted {
                changes[index].is_revert = true;
                fail(changes, group, Failure::revert(place.0));
            }
            deployments.push((index, versions.deploy(&changes[index])));
        }
        deployments
    }

    /// Counts the deployments of a kind that put another version into force.
    fn count_changes(&mut self, deployments: &[(usize, bool)], rules: &Rules<'_>, found: &mut Vec<Found>) {
        for (n, (index, is_change)) in deployments.iter().enumerate() {
            if !is_change || self.changes[*index].counted {
                continue;
            }
            // One of the same version that was counted, before this earlier one arrived, is no change any more.
            let rest = deployments[n + 1..].iter().take_while(|(_, is_change)| !is_change);
            let same = rest.map(|(later, _)| *later).find(|later| self.changes[*later].counted);
            self.changes[*index].counted = true;
            match same {
                Some(later) => self.changes[later].counted = false,
                None => self.count_change(*index, rules, found),
            }
        }
    }

    fn count_change(&mut self, index: usize, rules: &Rules<'_>, found: &mut Vec<Found>) {
        let change = &mut self.changes[index];
        change.approve_from(&self.approvals, rules);
        found.push(Found::Deployed { kind: change.kind, approval: change.approval });
        if change.approve_later_from(&self.approvals, rules) {
            found.push(Found::ApprovedLater(change.kind));
        }
    }

    /// The clock was ahead: moves what was noted while it was. What follows from the order of changes is found with the next
    /// event; which version is in force is known at once.
    pub(super) fn correct(&mut self, clock: &Correction) {
        for change in &mut self.changes {
            clock.correct(&mut change.at);
            clock.correct(&mut change.restored);
            change.failure.iter_mut().for_each(|failure| clock.correct(&mut failure.at));
        }
        self.changes.sort_by_key(Change::place);
        self.restorings.iter_mut().for_each(|restoring| clock.correct(&mut restoring.at));
        self.restorings.sort_by_key(Restoring::place);
        self.base.values_mut().chain(self.in_force.values_mut()).for_each(|version| version.correct(clock));
        self.approvals.iter_mut().for_each(|approved| clock.correct(&mut approved.at));
        for awaited in &mut self.awaited {
            clock.correct(&mut awaited.failure.at);
            awaited.restored.iter_mut().for_each(|restored| clock.correct(&mut restored.at));
            clock.end_of_grace(&mut awaited.until);
        }
        self.see_in_force();
    }

    /// Forgets the oldest changes while there are more than this many, and keeps what was in force after them.
    fn forget_oldest(&mut self, max: usize) {
        while self.changes.len() > max {
            let change = self.changes.remove(0);
            let passed = self.restorings.partition_point(|it| it.place() < change.place());
            self.restorings.drain(..passed).for_each(|it| restore_base(&mut self.base, &it));
            let mut versions = Versions::after(self.base.get(&change.kind));
            versions.deploy(&change);
            self.base.extend(versions.into_base().map(|base| (change.kind, base)));
        }
        let over = self.restorings.len().saturating_sub(max);
        self.restorings.drain(..over).for_each(|it| restore_base(&mut self.base, &it));
    }
}

fn restore_base(base: &mut BTreeMap<ChangeKind, InForce>, restoring: &Restoring) {
    for in_force in base.values_mut() {
        let mut versions = Versions::after(Some(in_force));
        versions.restore(restoring);
        in_force.clone_from(&versions.into_base().expect("it began with one"));
    }
}

/// A change fails once, in all its kinds that were deployed by then. What was deployed after that is another change.
pub(super) fn fail(changes: &mut [Change], group: u64, failure: Failure) {
    let of_group = |change: &Change| change.group == group;
    if changes.iter().any(|change| of_group(change) && change.has_failed()) {
        return;
    }
    let in_time = |change: &Change| change.at <= failure.at;
    let any_in_time = changes.iter().any(|change| of_group(change) && in_time(change));
    let another = changes.iter().filter(|change| of_group(change) && !in_time(change)).map(|change| change.id).min();
    for change in changes.iter_mut().filter(|change| change.group == group) {
        match another.filter(|_| any_in_time && !in_time(change)) {
            Some(another) => change.group = another,
            None => change.failure = Some(failure),
        }
    }
}

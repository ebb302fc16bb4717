//! Which change has failed: the one that an event names, or the last one before it. One that is still to come is awaited.

use super::super::notice::{Restored, RolledBack};
use super::awaited::Awaited;
use super::change::{Change, Failure};
use super::deployed::{Deployed, fail};
use super::found::{Attribution, Found, Named, Rules};
use super::history::Restoring;
use crate::event::Timestamp;

/// Failures that await their change in one system, at most.
const AWAITED_MAX: usize = 64;

/// Which change is meant.
enum Meant {
    Group(u64),
    /// It can't fail: it only put the version before back, or nothing.
    Blameless,
    Unknown,
}

impl Deployed {
    /// A rollback that is no drill has started: its change has failed.
    pub(super) fn roll_back(&mut self, rollback: &RolledBack, rules: &Rules<'_>) -> Vec<Found> {
        let named = rollback.named.as_deref().map(|name| Named::Change(name.to_owned()));
        let is_its = |failure: &Failure| failure.rollback == rollback.id;
        if self.changes.iter().any(|change| change.failure.as_ref().is_some_and(is_its)) {
            return Vec::new();
        }
        // A start that arrives after its completion may name what that didn't.
        self.awaited.retain(|awaited| !is_its(&awaited.failure) || awaited.named.is_some());
        if self.awaited.iter().any(|awaited| is_its(&awaited.failure)) {
            return Vec::new();
        }
        let attribution = if named.is_some() { Attribution::Named } else { Attribution::Window };
        let failure = Failure { at: rollback.started, attribution, rollback: rollback.id, as_unknown: false };
        let window = rules.declared.failure_window;
        self.blame(Awaited { named, failure, window, restored: None, until: rollback.until, given_up: false }, rules)
    }

    /// Somebody says that a change has failed.
    pub(super) fn declare_failed(
        &mut self,
        named: Named,
        at: Timestamp,
        until: Timestamp,
        rules: &Rules<'_>,
    ) -> Vec<Found> {
        let failure = Failure { at, attribution: Attribution::Declared, rollback: 0, as_unknown: false };
        self.blame(Awaited { named: Some(named), failure, window: 0, restored: None, until, given_up: false }, rules)
    }

    fn blame(&mut self, awaited: Awaited, rules: &Rules<'_>) -> Vec<Found> {
        let mut found = Vec::new();
        match self.meant(&awaited) {
            Meant::Group(group) => {
                fail(&mut self.changes, group, awaited.failure);
                self.settle(rules, &mut found);
            }
            Meant::Blameless => {}
            Meant::Unknown => {
                if self.awaited.len() >= AWAITED_MAX {
                    found.extend(self.give_up(0));
                    self.awaited.remove(0);
                }
                self.awaited.push(awaited);
            }
        }
        found
    }

    fn meant(&self, awaited: &Awaited) -> Meant {
        let at = awaited.failure.at;
        let Some(named) = &awaited.named else {
            let in_window = |change: &&Change| change.at <= at && at.since(change.at) <= awaited.window;
            let blamed = |change: &&Change| in_window(change) && change.may_fail() && !change.has_failed();
            return self.changes.iter().rfind(blamed).map_or(Meant::Unknown, |change| Meant::Group(change.group));
        };
        let mut all = self.changes.iter().filter(|change| change.is_meant_by(named));
        let before = all.clone().rfind(|change| change.may_fail() && change.at <= at);
        match before.or_else(|| all.clone().rfind(|change| change.may_fail())) {
            Some(change) => Meant::Group(change.group),
            None if all.next().is_some() => Meant::Blameless,
            None => Meant::Unknown,
        }
    }

    /// A rollback that is no drill has restored the system.
    pub(super) fn restore(&mut self, rollback: &RolledBack, restored: Restored, rules: &Rules<'_>) -> Vec<Found> {
        let mut found = Vec::new();
        let is_its = |failure: &Failure| failure.rollback == rollback.id;
        if let Some(awaited) = self.awaited.iter_mut().find(|awaited| is_its(&awaited.failure)) {
            awaited.restored.get_or_insert(restored);
            return found;
        }
        let failed = self.changes.iter().find(|change| change.failure.as_ref().is_some_and(is_its));
        if let Some(group) = failed.map(|change| change.group).or_else(|| self.group_named(rollback)) {
            self.restore_group(group, restored);
            self.settle(rules, &mut found);
        }
        found
    }

    /// The change that a rollback names, if another failure of it was first.
    fn group_named(&self, rollback: &RolledBack) -> Option<u64> {
        let named = Named::Change(rollback.named.as_deref()?.to_owned());
        let its = |change: &&Change| change.is_meant_by(&named) && change.may_fail() && change.has_failed();
        let before = self.changes.iter().rfind(|change| its(change) && change.at <= rollback.started);
        before.or_else(|| self.changes.iter().rfind(its)).map(|change| change.group)
    }

    fn restore_group(&mut self, group: u64, restored: Restored) {
        let mut last = restored.at;
        for change in self.changes.iter_mut().filter(|change| change.group == group) {
            change.restored.get_or_insert(restored.at);
            last = last.max(change.at);
        }
        // Clocks disagree: nothing is restored before it was deployed.
        let restoring = Restoring { at: last, id: self.next_arrival(), group };
        let is_known = self.restorings.iter().any(|known| (known.at, known.group) == (last, group));
        if restored.to_previous_version && !is_known {
            let place = self.restorings.partition_point(|known| known.place() <= restoring.place());
            self.restorings.insert(place, restoring);
        }
    }

    /// A deployment has arrived: what awaited it takes effect.
    pub(super) fn meet_awaited(&mut self, rules: &Rules<'_>, found: &mut Vec<Found>) {
        let met = |it: &Deployed| it.awaited.iter().position(|awaited| !matches!(it.meant(awaited), Meant::Unknown));
        while let Some(index) = met(self) {
            let meant = self.meant(&self.awaited[index]);
            let awaited = self.awaited.remove(index);
            if let Meant::Group(group) = meant {
                self.fail_late(group, awaited, found);
                self.settle(rules, found);
            }
        }
    }

    fn fail_late(&mut self, group: u64, awaited: Awaited, found: &mut Vec<Found>) {
        let as_unknown = awaited.given_up && awaited.is_rollback();
        fail(&mut self.changes, group, Failure { as_unknown, ..awaited.failure });
        if let Some(restored) = awaited.restored {
            self.restore_group(group, restored);
        }
        found.extend(awaited.named.filter(|_| as_unknown).map(Found::KnownAfterAll));
    }

    /// When the next of what is awaited has waited in vain.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.awaited.iter().filter(|awaited| !awaited.given_up).map(|awaited| awaited.until).min()
    }

    /// Gives up what has waited in vain.
    pub(super) fn expire(&mut self, now: Timestamp) -> Vec<Found> {
        let over = |index: &usize| self.awaited[*index].until <= now;
        let over: Vec<usize> = (0..self.awaited.len()).filter(over).collect();
        let found = over.into_iter().filter_map(|index| self.give_up(index)).collect();
        // The last change within the window is not one that comes later.
        self.awaited.retain(|awaited| !awaited.given_up || awaited.named.is_some());
        found
    }

    /// A change that nobody deployed fails once too, whatever number of rollbacks name it.
    fn give_up(&mut self, index: usize) -> Option<Found> {
        let same = |known: &Awaited| known.given_up && known.named == self.awaited[index].named && known.is_rollback();
        let again = self.awaited.iter().any(same);
        self.awaited[index].give_up(again)
    }
}

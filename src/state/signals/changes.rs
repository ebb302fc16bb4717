//! Behavior changes: what was changed, who approved it, which version is in force, and which changes failed.

mod approval;
mod approved;
mod awaited;
mod blame;
mod change;
mod deployed;
mod found;
mod history;
mod metrics;
mod stored;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::approved::{Approved, approval_of};
pub use self::change::Change;
pub use self::deployed::Deployed;
use self::found::{Attribution, Found, Named, Rules};
pub use self::history::InForce;
pub use self::metrics::FAMILIES;
use self::metrics::{
    ApprovalInForce, Behavior, Deployments, FAILED_KINDS, Failed, LastChange, Later, Recovery, UNKNOWN,
};
use super::facts::UnknownChange;
use super::fold::Fold;
use super::notice::Notice;
use super::signal::{Kinds, Section, Signal};
use super::words::{Approval, ApprovalNow};
use crate::config::model;
use crate::event::{Body, ChangeKind, Event, Kind, Timestamp};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::correction::Correction;
use crate::state::engine::family::{Number, Sink};
use crate::state::engine::metric::Metric;
use crate::state::engine::parts::{HasParts, parts};
use crate::state::engine::room;
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[Kind::ChangeDeployed, Kind::ChangeApproved, Kind::ChangeFailed]);
pub const SECTION: Section = Section { name: "changes", version: 2, since: [0, 3, 0], lost: "" };

/// Changes that are remembered for each system, to attribute rollbacks to.
const REMEMBERED_MAX: usize = 256;

/// Changes, and what was deployed to each system.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Changes {
    changes: Series<Deployments>,
    later: Series<Later>,
    failed: Series<Failed>,
    recovery: Series<Recovery>,
    systems: BTreeMap<SystemId, Arc<Deployed>>,
    /// When the next failure has awaited its change in vain.
    #[serde(skip)]
    due: Option<Timestamp>,
}

parts!(Changes { changes later failed recovery });

impl Signal for Changes {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        match &event.body {
            Body::ChangeDeployed { .. } => {
                let change = |rules: &Rules<'_>| change_of(event, rules.declared);
                self.with(fold, fold.system, |deployed, rules| change(rules).map(|it| deployed.deploy(it, rules)));
            }
            Body::ChangeApproved { approver, change, kind, version } => {
                let Some(named) = Named::of(change.as_deref(), *kind, version.as_deref()) else { return };
                let approved = Approved { at: event.time, approver: approver.to_string(), named };
                self.with(fold, fold.system, |deployed, rules| Some(deployed.approve(approved, rules)));
            }
            Body::ChangeFailed { change, kind, version, .. } => {
                let Some(named) = Named::of(change.as_deref(), *kind, version.as_deref()) else { return };
                let until = event.received.plus(fold.core.model.limits.arrival_grace);
                let declare = |deployed: &mut Deployed, rules: &Rules<'_>| {
                    deployed.declare_failed(named, event.time, until, rules)
                };
                self.with(fold, fold.system, |deployed, rules| Some(declare(deployed, rules)));
            }
            _ => {}
        }
    }

    fn hear<'a>(&mut self, fold: &mut Fold<'a>, notice: &Notice) {
        match notice {
            Notice::RollbackStarted { system, rollback } => {
                self.with(fold, *system, |deployed, rules| Some(deployed.roll_back(rollback, rules)));
            }
            Notice::RolledBack { system, rollback, restored } => {
                self.with(fold, *system, |deployed, rules| Some(deployed.restore(rollback, *restored, rules)));
            }
            _ => {}
        }
    }

    /// What has awaited its change in vain is given up.
    fn advance(&mut self, fold: &mut Fold<'_>) {
        let now = fold.core.now;
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        let mut systems = std::mem::take(&mut self.systems);
        for (system, deployed) in &mut systems {
            if deployed.next_due().is_some_and(|due| due <= now) {
                let found = Arc::make_mut(deployed).expire(now);
                found.into_iter().for_each(|found| self.take(fold, *system, found));
            }
        }
        self.systems = systems;
        self.due = self.next_due();
    }

    fn correct(&mut self, _: &mut Core, clock: &Correction) {
        self.systems.values_mut().for_each(|deployed| Arc::make_mut(deployed).correct(clock));
        self.due = self.next_due();
    }

    fn declare(&mut self, core: &mut Core, system: SystemId) {
        for kind in ChangeKind::ALL {
            for approval in Approval::ALL {
                self.changes.declare(core, [system, *kind as u32, *approval as u32]);
            }
            self.later.declare(core, [system, *kind as u32]);
            for attribution in Attribution::ALL {
                self.failed.declare(core, [system, *kind as u32, *attribution as u32]);
            }
            self.recovery.declare(core, [system, *kind as u32]);
        }
        self.failed.declare(core, [system, UNKNOWN, Attribution::Named as u32]);
    }

    fn drop_system(&mut self, _: &mut Core, system: SystemId) {
        self.systems.remove(&system);
        self.due = self.next_due();
    }

    fn rebuild(&mut self, core: &mut Core) {
        self.parts_mut().into_iter().for_each(|part| part.rebuild(core));
        self.due = self.next_due();
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.changes.visit(core, sink);
        self.later.visit(core, sink);
        let live = || self.systems.iter().filter(|(system, _)| core.is_live(**system));
        let in_force = || live().flat_map(|(system, it)| it.in_force.iter().map(|it| (core.system_name(*system), it)));
        ApprovalInForce::FAMILY.announce(sink);
        for (system, (kind, version)) in in_force() {
            let Some(approval) = version.approval else { continue };
            for each in ApprovalNow::ALL {
                let number = Number::Count(u64::from(*each == approval));
                sink.sample(&[system, kind.as_str(), each.as_str()], number);
            }
        }
        self.failed.visit(core, sink);
        Behavior::FAMILY.announce(sink);
        for (system, (kind, version)) in in_force() {
            let version = version.version.as_deref().unwrap_or(FAILED_KINDS[UNKNOWN as usize]);
            sink.sample(&[system, kind.as_str(), version], Number::Count(1));
        }
        LastChange::FAMILY.announce(sink);
        for (system, (kind, version)) in in_force() {
            sink.sample(&[system, kind.as_str()], version.since.into());
        }
        self.recovery.visit(core, sink);
    }
}

impl Changes {
    /// What was deployed to a system.
    pub fn of(&self, system: SystemId) -> Option<&Deployed> {
        self.systems.get(&system).map(|deployed| &**deployed)
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.systems.values().filter_map(|deployed| deployed.next_due()).min()
    }

    /// Does something with what was deployed to a system, and counts what follows.
    fn with(
        &mut self,
        fold: &mut Fold<'_>,
        system: SystemId,
        act: impl FnOnce(&mut Deployed, &Rules<'_>) -> Option<Vec<Found>>,
    ) {
        let max = room::changes(&fold.core.model.limits, fold.core.system_count(), REMEMBERED_MAX);
        let none = model::Changes::default();
        let declared = fold.core.declared(system).map_or(&none, |declared| &declared.changes);
        let rules = Rules { declared, max, now: fold.core.now };
        let deployed = Arc::make_mut(self.systems.entry(system).or_default());
        let found = act(deployed, &rules).unwrap_or_default();
        self.due = self.due.into_iter().chain(deployed.next_due()).min();
        found.into_iter().for_each(|found| self.take(fold, system, found));
    }

    /// Counts what was found, or says it.
    fn take(&mut self, fold: &mut Fold<'_>, system: SystemId, found: Found) {
        let core = &mut *fold.core;
        match found {
            Found::Deployed { kind, approval } => self.changes.add(core, [system, kind as u32, approval as u32], 1),
            Found::ApprovedLater(kind) => self.later.add(core, [system, kind as u32], 1),
            Found::Failed(kind, attribution) => {
                self.failed.add(core, [system, kind as u32, attribution as u32], 1);
            }
            Found::Recovered(kind, nanos) => self.recovery.observe(core, [system, kind as u32], nanos),
            Found::Unknown { named, at, again } => {
                self.failed.add(core, [system, UNKNOWN, Attribution::Named as u32], u64::from(!again));
                fold.facts.of(system).see_unknown(UnknownChange { at, named: named.text().into() });
            }
            Found::KnownAfterAll(named) => fold.facts.of(system).know(&named.text()),
            Found::NeverDeployed => fold.orphan(Kind::ChangeFailed),
            Found::Doubt(field, text) => fold.warn(field, || text),
        }
    }
}

/// The change that an event deploys.
fn change_of(event: &Event<'_>, declared: &model::Changes) -> Option<Change> {
    let Body::ChangeDeployed { kind, version, change, author, approver, previous_version, emergency } = &event.body
    else {
        return None;
    };
    let owned = |text: &Option<crate::event::Str<'_>>| text.as_ref().map(|text| text.to_string());
    let mut change = Change {
        change: owned(change),
        previous_version: owned(previous_version),
        author: owned(author),
        approver: owned(approver),
        window: declared.failure_window,
        ..Change::new(event.time, *kind, version.to_string())
    };
    change.approval = approval_of(declared, &change, emergency.unwrap_or(false));
    Some(change)
}

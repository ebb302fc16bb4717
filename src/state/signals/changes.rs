//! Behavior changes: what was changed, who approved it, which version is in force, and which changes failed.

mod deployed;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::deployed::{Change, Deployed};
use super::facts::Objectionable;
use super::fold::Fold;
use super::notice::{Notice, RolledBack};
use super::signal::{Kinds, Restore, Section, Signal};
use super::words::Approval;
use crate::config::model;
use crate::event::{Body, ChangeKind, Event, Kind, words};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::family::{Label, Number, SYSTEM, Sink, closed, counter, gauge, histogram, open};
use crate::state::engine::hist::Hist;
use crate::state::engine::metric::{Computed, Metric, metrics};
use crate::state::engine::parts::parts;
use crate::state::engine::room;
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[Kind::ChangeDeployed]);
pub const SECTION: Section = Section::first("changes");

words!(/// How a failed change was found: by its name in the rollback, or as the last one before it.
    Attribution { Named = "named", Window = "window" });

/// Changes that are remembered for each system, to attribute rollbacks to.
const REMEMBERED_MAX: usize = 256;

const KIND: Label = closed("kind", ChangeKind::WORDS);
/// From a minute to a week.
const RECOVERY: &[f64] =
    &[60.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 259_200.0, 604_800.0];

metrics! {
    Deployments: u64 = counter(
        "day90_changes_total",
        &[SYSTEM, KIND, closed("approval", Approval::WORDS)],
        "Behavior changes deployed, by kind and approval. Unapproved: nobody, or someone not declared for this kind, approved it; self_approved: its author did."
    );
    Failed: u64 = counter(
        "day90_changes_failed_total",
        &[SYSTEM, KIND, closed("attribution", Attribution::WORDS)],
        "Distinct changes that were rolled back, each once: named by the rollback, or the last change within the declared window before it. Drills fail no change."
    );
    InForce: Computed = gauge(
        "day90_behavior_info",
        &[SYSTEM, KIND, open("version")],
        "Always 1: the version in force of each kind of behavior. Read a spike against the change that came before it."
    );
    LastChange: Computed = gauge(
        "day90_change_last_timestamp_seconds",
        &[SYSTEM, KIND],
        "When the last change of a kind was deployed, as a Unix time."
    );
    Recovery: Hist = histogram(
        "day90_recovery_seconds",
        &[SYSTEM, KIND],
        RECOVERY,
        "Time from the deployment of a change that failed to the rollback that restored the system: how long users lived with it."
    );
}

/// Changes, and what was deployed to each system.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Changes {
    changes: Series<Deployments>,
    failed: Series<Failed>,
    recovery: Series<Recovery>,
    systems: BTreeMap<SystemId, Arc<Deployed>>,
}

parts!(Changes { changes failed recovery });

impl Restore for Changes {}

impl Signal for Changes {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let Some(change) = change_of(fold.core, fold.system, event) else { return };
        let (core, system, kind) = (&mut *fold.core, fold.system, change.kind);
        self.changes.add(core, [system, kind as u32, change.approval as u32], 1);
        if change.approval != Approval::Approved {
            let (at, version) = (event.received, Box::from(&*change.version));
            let found = Objectionable { at, kind, version, approval: change.approval };
            fold.facts.of(system).objectionable = Some(found);
        }
        let deployed = Arc::make_mut(self.systems.entry(system).or_default());
        let early = deployed.remember(change, remembered_max(core));
        if !early.is_empty() {
            self.failed.add(core, [system, kind as u32, Attribution::Named as u32], 1);
        }
        for restored in early.iter().filter_map(|early| early.restored) {
            let nanos = restored.since(event.time).max(0);
            self.recovery.observe(core, [system, kind as u32], nanos);
        }
    }

    fn hear<'a>(&mut self, fold: &mut Fold<'a>, notice: &Notice) {
        if let Notice::RolledBack { system, rollback } = notice {
            self.roll_back(fold.core, *system, rollback);
        }
    }

    fn declare(&mut self, core: &mut Core, system: SystemId) {
        for kind in ChangeKind::ALL {
            for approval in Approval::ALL {
                self.changes.declare(core, [system, *kind as u32, *approval as u32]);
            }
            for attribution in Attribution::ALL {
                self.failed.declare(core, [system, *kind as u32, *attribution as u32]);
            }
            self.recovery.declare(core, [system, *kind as u32]);
        }
    }

    fn drop_system(&mut self, _: &mut Core, system: SystemId) {
        self.systems.remove(&system);
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.changes.visit(core, sink);
        self.failed.visit(core, sink);
        let live = || self.systems.iter().filter(|(system, _)| core.is_live(**system));
        InForce::FAMILY.announce(sink);
        for (system, deployed) in live() {
            for (kind, (_, version)) in &deployed.in_force {
                let version = version.as_deref().unwrap_or("unknown");
                sink.sample(&[core.system_name(*system), kind.as_str(), version], Number::Count(1));
            }
        }
        LastChange::FAMILY.announce(sink);
        for (system, deployed) in live() {
            for (kind, at) in &deployed.last {
                sink.sample(&[core.system_name(*system), kind.as_str()], (*at).into());
            }
        }
        self.recovery.visit(core, sink);
    }
}

impl Changes {
    /// What was deployed to a system.
    pub fn of(&self, system: SystemId) -> Option<&Deployed> {
        self.systems.get(&system).map(|deployed| &**deployed)
    }

    /// A rollback that is no drill has ended: the change that it undid has failed, once.
    fn roll_back(&mut self, core: &mut Core, system: SystemId, rollback: &RolledBack) {
        let window = core.declared(system).map_or_else(model::Changes::default, |it| it.changes.clone()).failure_window;
        let deployed = Arc::make_mut(self.systems.entry(system).or_default());
        let (found, attribution) = match &rollback.named {
            Some(name) => (deployed.named(name, rollback.started), Attribution::Named),
            None => (deployed.last_within(rollback.started, window), Attribution::Window),
        };
        let Some(index) = found else {
            let max = remembered_max(core);
            return rollback.named.iter().for_each(|name| deployed.expect(name, rollback, max));
        };
        let first_time = !std::mem::replace(&mut deployed.changes[index].failed, true);
        let change = deployed.changes[index].clone();
        if let (Some(restored), true) = (rollback.restored, rollback.to_previous_version) {
            deployed.put_back(&change, restored);
        }
        if first_time {
            self.failed.add(core, [system, change.kind as u32, attribution as u32], 1);
        }
        if let Some(restored) = rollback.restored {
            let nanos = restored.since(change.at).max(0);
            self.recovery.observe(core, [system, change.kind as u32], nanos);
        }
    }
}

fn remembered_max(core: &Core) -> usize {
    room::changes(&core.model.limits, core.system_count(), REMEMBERED_MAX)
}

/// The change that an event deploys, with its approval.
fn change_of(core: &Core, system: SystemId, event: &Event<'_>) -> Option<Change> {
    let Body::ChangeDeployed { kind, version, change, author, approver, previous_version, .. } = &event.body else {
        return None;
    };
    let none = model::Changes::default();
    let declared = core.declared(system).map_or(&none, |declared| &declared.changes);
    let owned = |text: &Option<crate::event::Str<'_>>| text.as_ref().map(|text| text.to_string());
    Some(Change {
        at: event.time,
        kind: *kind,
        version: version.to_string(),
        change: owned(change),
        previous_version: owned(previous_version),
        author: owned(author),
        approver: owned(approver),
        approval: approval_of(declared, *kind, author.as_deref(), approver.as_deref()),
        failed: false,
    })
}

/// Approved means: by someone else than the author, who is declared for this kind where anyone is.
fn approval_of(declared: &model::Changes, kind: ChangeKind, author: Option<&str>, approver: Option<&str>) -> Approval {
    match (approver, author) {
        (None, _) => Approval::Unapproved,
        (Some(approver), Some(author)) if approver == author => Approval::SelfApproved,
        (Some(approver), _) => match declared.approvers.get(&kind) {
            Some(approvers) if !approvers.iter().any(|known| known == approver) => Approval::Unapproved,
            _ => Approval::Approved,
        },
    }
}

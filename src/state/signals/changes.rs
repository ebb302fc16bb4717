//! Behavior changes: what was changed, who approved it, which version is in force, and which changes failed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::facts::Objectionable;
use crate::config::model;
use crate::event::{Body, ChangeKind, Event, Timestamp, words};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Family, Number, SYSTEM, Sink, closed, counter, gauge, histogram, open};
use crate::state::engine::room;
use crate::state::engine::series::{Hist, Series};

words!(/// Whether somebody else than the author stood behind a change.
    Approval { Approved = "approved", SelfApproved = "self_approved", Unapproved = "unapproved" });
words!(/// How a failed change was found: by its name in the rollback, or as the last one before it.
    Attribution { Named = "named", Window = "window" });

/// Changes that are remembered for each system, to attribute rollbacks to.
const REMEMBERED_MAX: usize = 256;

const KIND: crate::state::engine::family::Label = closed("kind", ChangeKind::WORDS);
/// From a minute to a week.
const RECOVERY: &[f64] =
    &[60.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 259_200.0, 604_800.0];

pub static CHANGES: Family = counter(
    "day90_changes_total",
    &[SYSTEM, KIND, closed("approval", Approval::WORDS)],
    "Behavior changes deployed, by kind and approval. Unapproved: nobody, or someone not declared for this kind, approved it; self_approved: its author did.",
);
pub static FAILED: Family = counter(
    "day90_changes_failed_total",
    &[SYSTEM, KIND, closed("attribution", Attribution::WORDS)],
    "Distinct changes that were rolled back, each once: named by the rollback, or the last change within the declared window before it. Drills fail no change.",
);
pub static IN_FORCE: Family = gauge(
    "day90_behavior_info",
    &[SYSTEM, KIND, open("version")],
    "Always 1: the version in force of each kind of behavior. Read a spike against the change that came before it.",
);
pub static LAST: Family = gauge(
    "day90_change_last_timestamp_seconds",
    &[SYSTEM, KIND],
    "When the last change of a kind was deployed, as a Unix time.",
);
pub static RECOVERY_SECONDS: Family = histogram(
    "day90_recovery_seconds",
    &[SYSTEM, KIND],
    RECOVERY,
    "Time from the deployment of a change that failed to the rollback that restored the system: how long users lived with it.",
);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Changes {
    changes: Series<3, u64>,
    failed: Series<3, u64>,
    pub(crate) recovery: Series<2, Hist>,
    systems: BTreeMap<SystemId, Arc<Deployed>>,
}

share!(Changes { changes failed recovery });

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

/// What a rollback said of a change that nobody has heard of yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Early {
    change: String,
    restored: Option<Timestamp>,
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

/// A rollback that counts against a change, as `rollbacks` saw it.
pub struct Undone<'a> {
    /// The change that the rollback named.
    pub named: Option<&'a str>,
    pub started: Timestamp,
    /// When it was restored, if it was.
    pub restored: Option<Timestamp>,
    /// It went back to the previous version, so that one is in force now.
    pub to_previous_version: bool,
}

impl Changes {
    pub fn apply(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>) {
        let Body::ChangeDeployed { kind, version, change, author, approver, previous_version } = &event.body else {
            return;
        };
        let none = model::Changes::default();
        let declared = core.declared(system).map_or(&none, |declared| &declared.changes);
        let approval = approval_of(declared, *kind, author.as_deref(), approver.as_deref());
        self.changes.add(core, &CHANGES, [system, *kind as u32, approval as u32], 1);
        if approval != Approval::Approved {
            let found = Objectionable { at: event.received, kind: *kind, version: Box::from(&**version), approval };
            core.facts.of(system).objectionable = Some(found);
        }
        let owned = |text: &Option<crate::event::Str<'_>>| text.as_ref().map(|text| text.to_string());
        let new = Change {
            at: event.time,
            kind: *kind,
            version: version.to_string(),
            change: owned(change),
            previous_version: owned(previous_version),
            author: owned(author),
            approver: owned(approver),
            approval,
            failed: false,
        };
        let remembered_max = room::changes(&core.model.limits, core.system_count(), REMEMBERED_MAX);
        let deployed = Arc::make_mut(self.systems.entry(system).or_default());
        let early = deployed.remember(new, remembered_max);
        if !early.is_empty() {
            self.failed.add(core, &FAILED, [system, *kind as u32, Attribution::Named as u32], 1);
        }
        for restored in early.iter().filter_map(|early| early.restored) {
            let nanos = restored.since(event.time).max(0);
            self.recovery.observe(core, &RECOVERY_SECONDS, [system, *kind as u32], nanos);
        }
    }

    /// A rollback that is no drill has ended: the change that it undid has failed, once.
    pub fn undo(&mut self, core: &mut Core, system: SystemId, undone: &Undone<'_>) {
        let window = core.declared(system).map_or_else(model::Changes::default, |it| it.changes.clone()).failure_window;
        let deployed = Arc::make_mut(self.systems.entry(system).or_default());
        let (found, attribution) = match undone.named {
            Some(name) => (deployed.named(name, undone.started), Attribution::Named),
            None => (deployed.last_within(undone.started, window), Attribution::Window),
        };
        let Some(index) = found else {
            let remembered_max = room::changes(&core.model.limits, core.system_count(), REMEMBERED_MAX);
            return undone.named.into_iter().for_each(|name| deployed.expect(name, undone, remembered_max));
        };
        let first_time = !std::mem::replace(&mut deployed.changes[index].failed, true);
        let change = deployed.changes[index].clone();
        if let (Some(restored), true) = (undone.restored, undone.to_previous_version) {
            deployed.put_back(&change, restored);
        }
        if first_time {
            self.failed.add(core, &FAILED, [system, change.kind as u32, attribution as u32], 1);
        }
        if let Some(restored) = undone.restored {
            let nanos = restored.since(change.at).max(0);
            self.recovery.observe(core, &RECOVERY_SECONDS, [system, change.kind as u32], nanos);
        }
    }

    pub fn of(&self, system: SystemId) -> Option<&Deployed> {
        self.systems.get(&system).map(|deployed| &**deployed)
    }

    pub fn declare(&mut self, core: &mut Core, system: SystemId) {
        for kind in ChangeKind::ALL {
            for approval in Approval::ALL {
                self.changes.declare(core, &CHANGES, [system, *kind as u32, *approval as u32]);
            }
            for attribution in Attribution::ALL {
                self.failed.declare(core, &FAILED, [system, *kind as u32, *attribution as u32]);
            }
            self.recovery.declare(core, &RECOVERY_SECONDS, [system, *kind as u32]);
        }
    }

    pub fn drop_system(&mut self, system: SystemId) {
        self.systems.remove(&system);
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.changes.rebuild(core, &CHANGES);
        self.failed.rebuild(core, &FAILED);
        self.recovery.rebuild(core, &RECOVERY_SECONDS);
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.changes.visit(core, &CHANGES, sink);
        self.failed.visit(core, &FAILED, sink);
        let live = || self.systems.iter().filter(|(system, _)| core.is_live(**system));
        IN_FORCE.announce(sink);
        for (system, deployed) in live() {
            for (kind, (_, version)) in &deployed.in_force {
                let version = version.as_deref().unwrap_or("unknown");
                sink.sample(&[core.system_name(*system), kind.as_str(), version], Number::Count(1));
            }
        }
        LAST.announce(sink);
        for (system, deployed) in live() {
            for (kind, at) in &deployed.last {
                sink.sample(&[core.system_name(*system), kind.as_str()], Number::Nanos(i128::from(at.nanos())));
            }
        }
        self.recovery.visit_histograms(core, &RECOVERY_SECONDS, sink);
    }
}

impl Deployed {
    /// Remembers a change, and gives the rollbacks that have named it before it arrived.
    fn remember(&mut self, mut change: Change, max: usize) -> Vec<Early> {
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
    fn named(&self, name: &str, until: Timestamp) -> Option<usize> {
        let before = self.changes.iter().rposition(|change| change.is_called(name) && change.at <= until);
        before.or_else(|| self.changes.iter().rposition(|change| change.is_called(name)))
    }

    fn last_within(&self, until: Timestamp, window: i64) -> Option<usize> {
        let last = self.changes.iter().rposition(|change| change.at <= until)?;
        (until.since(self.changes[last].at) <= window).then_some(last)
    }

    fn expect(&mut self, change: &str, undone: &Undone<'_>, max: usize) {
        if self.undone_early.len() < max {
            let (change, restored) = (change.to_owned(), undone.restored);
            self.undone_early.push(Early { change, restored, to_previous_version: undone.to_previous_version });
        }
    }

    /// The previous version is in force again, unless something newer was deployed meanwhile.
    fn put_back(&mut self, change: &Change, restored: Timestamp) {
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

/// Approved by someone else than the author, who is declared for this kind where anyone is.
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

//! Changes: everything that deploys, fails and restores, in the order of time.

use std::collections::{BTreeMap, BTreeSet};

use super::declared::{DAY, Declared};
use super::history::{Count, Event, GRACE, History, as_seconds};
use super::rollbacks::{self, Rollback};

/// An approval counts for deployments up to this much later.
const APPROVED_AHEAD: i64 = 35 * DAY;
const APPROVALS: [&str; 5] = ["approved", "self_approved", "approved_later", "emergency", "unapproved"];

/// The version where nobody said which was in force.
const UNKNOWN: &str = "unknown";

/// One kind of a change, deployed.
struct Deployment<'h> {
    event: &'h Event,
    kind: String,
    version: String,
    /// Its change: the name, or itself.
    change: String,
    approval: &'static str,
    later: bool,
}

/// What happens, sorted by time.
enum Happening<'h> {
    Deployed(&'h Event),
    Failed(&'h Event),
    RollbackStarted(usize),
    /// And where it went.
    Restored(usize, String),
}

/// A version that was in force, and since when.
#[derive(Clone)]
struct InForce {
    version: String,
    deployment: Option<usize>,
    since: i64,
}

#[derive(Default)]
struct Story<'h> {
    deployments: Vec<Deployment<'h>>,
    /// By kind, what would come back one after the other, the version in force at the end.
    in_force: BTreeMap<String, Vec<InForce>>,
    failed: BTreeSet<String>,
    /// Deployments that brought an older version back.
    reverts: BTreeSet<String>,
    recovered: BTreeSet<String>,
    /// What a rollback blames, by its place in the list.
    blamed: BTreeMap<usize, String>,
}

pub fn count(history: &History, now: i64, count: &mut Count) {
    let rollbacks = rollbacks::all(history);
    let mut line: Vec<(i64, usize, Happening)> = Vec::new();
    line.extend(history.of(&["change.deployed"]).map(|event| (event.time, event.order, Happening::Deployed(event))));
    line.extend(history.of(&["change.failed"]).map(|event| (event.time, event.order, Happening::Failed(event))));
    for (at, rollback) in rollbacks.iter().enumerate().filter(|(_, rollback)| !rollback.drill && rollback.counts(now)) {
        let (time, event) = rollback.began();
        line.push((time, event.order, Happening::RollbackStarted(at)));
        if let Some(restored) =
            rollback.completions.iter().find(|end| end.text("result").as_deref() == Some("restored"))
        {
            line.push((restored.time, restored.order, Happening::Restored(at, rollback.went(restored))));
        }
    }
    line.sort_by_key(|(time, order, _)| (*time, *order));
    let mut story = Story::default();
    for (time, _, happening) in &line {
        match happening {
            Happening::Deployed(event) => story.deploy(history, event, count),
            Happening::Failed(event) => story.declared_failed(event, count),
            Happening::RollbackStarted(at) => story.rollback(history, *at, &rollbacks[*at], now, count),
            Happening::Restored(at, went) => story.restore(*at, went, *time, count),
        }
    }
    story.approve_later(history, count);
    story.show(count);
}

impl<'h> Story<'h> {
    fn deploy(&mut self, history: &'h History, event: &'h Event, count: &mut Count) {
        let (kind, version) = (event.or("kind", ""), event.or("version", ""));
        let stack = self.in_force.entry(kind.clone()).or_default();
        if stack.last().is_some_and(|current| current.version == version) {
            return;
        }
        stack.retain(|entry| entry.version != UNKNOWN);
        if let Some(told) = event.text("previous_version").filter(|_| stack.is_empty()) {
            stack.push(InForce { version: told, deployment: None, since: 0 });
        }
        let change = event.text("change").unwrap_or_else(|| format!("#{}", event.order));
        let declared = history.declared_at(event.received);
        let reverted = self.reverted(&kind, &version, event.time, declared);
        if let Some(reverted) = reverted {
            self.fail(&reverted, "revert", count);
            self.reverts.insert(change.clone());
        }
        let approval = approval(history, declared, event);
        count.samples.count("day90_changes_total", &[("kind", &kind), ("approval", approval)]);
        let deployment = Some(self.deployments.len());
        let entry = InForce { version: version.clone(), deployment, since: event.time };
        self.in_force.get_mut(&kind).expect("just made").push(entry);
        self.deployments.push(Deployment { event, kind, version, change, approval, later: false });
    }

    /// The change that is undone where this version was in force before the present one.
    fn reverted(&self, kind: &str, version: &str, at: i64, declared: &Declared) -> Option<String> {
        let stack = self.in_force.get(kind)?;
        let [.., before, present] = stack.as_slice() else { return None };
        let present = &self.deployments[present.deployment?];
        let before_failed = before.deployment.is_some_and(|it| self.failed.contains(&self.deployments[it].change));
        let in_window = at - present.event.time <= declared.failure_window.unwrap_or(DAY);
        let reverts = before.version == version && in_window && !before_failed;
        reverts.then(|| present.change.clone())
    }

    /// A change fails once, with all its kinds.
    fn fail(&mut self, change: &str, attribution: &str, count: &mut Count) {
        if !self.failed.insert(change.to_owned()) {
            return;
        }
        let kinds: BTreeSet<&str> = self.of(change).map(|deployment| deployment.kind.as_str()).collect();
        for kind in kinds {
            count.samples.count("day90_changes_failed_total", &[("kind", kind), ("attribution", attribution)]);
        }
    }

    fn of<'s>(&'s self, change: &'s str) -> impl Iterator<Item = &'s Deployment<'h>> {
        self.deployments.iter().filter(move |deployment| deployment.change == change)
    }

    /// The change that an event names.
    fn named(&self, event: &Event) -> Option<String> {
        self.deployments.iter().rev().find(|it| names(it, event)).map(|deployment| deployment.change.clone())
    }

    fn declared_failed(&mut self, event: &Event, count: &mut Count) {
        if let Some(change) = self.named(event) {
            self.fail(&change, "declared", count);
        }
    }

    fn rollback(&mut self, history: &History, at: usize, rollback: &Rollback, now: i64, count: &mut Count) {
        let (began, started) = rollback.began();
        if let Some(name) = rollback.change.clone() {
            if self.of(&name).next().is_some() {
                self.fail(&name, "named", count);
                self.blamed.insert(at, name);
            } else if now >= started.received + GRACE && self.failed.insert(name) {
                count.samples.count("day90_changes_failed_total", &[("kind", "unknown"), ("attribution", "named")]);
            }
            return;
        }
        let window = history.declared_at(started.received).failure_window.unwrap_or(DAY);
        let blameable = self.deployments.iter().filter(|deployment| {
            began - deployment.event.time <= window
                && !self.failed.contains(&deployment.change)
                && !self.reverts.contains(&deployment.change)
        });
        let last = blameable.max_by_key(|deployment| (deployment.event.time, deployment.event.order));
        if let Some(change) = last.map(|deployment| deployment.change.clone()) {
            self.fail(&change, "window", count);
            self.blamed.insert(at, change);
        }
    }

    fn restore(&mut self, at: usize, went: &str, time: i64, count: &mut Count) {
        let Some(change) = self.blamed.get(&at).cloned() else { return };
        if self.recovered.insert(change.clone()) {
            let kinds: Vec<(String, i64)> =
                self.of(&change).map(|deployment| (deployment.kind.clone(), deployment.event.time)).collect();
            for (kind, deployed) in kinds {
                let took = count.between(deployed, time);
                count.samples.observe("day90_recovery_seconds", &[("kind", &kind)], took);
            }
        }
        if went != "previous_version" {
            return;
        }
        for stack in self.in_force.values_mut() {
            let Some(current) = stack.last() else { continue };
            let Some(deployment) = current.deployment.map(|it| &self.deployments[it]) else { continue };
            if deployment.change != change {
                continue;
            }
            stack.pop();
            match stack.last_mut() {
                Some(before) => before.since = time,
                None => stack.push(InForce { version: UNKNOWN.into(), deployment: None, since: time }),
            }
        }
    }

    /// Approvals after the fact.
    fn approve_later(&mut self, history: &History, count: &mut Count) {
        for event in history.of(&["change.approved"]) {
            let before = self.deployments.iter().filter(|deployment| deployment.event.time < event.time);
            let Some(change) = before.rev().find(|deployment| names(deployment, event)).map(|it| it.change.clone())
            else {
                continue;
            };
            let declared = history.declared_at(event.received);
            let kind = event.text("kind").filter(|_| event.text("change").is_none());
            for deployment in self.deployments.iter_mut().filter(|deployment| deployment.change == change) {
                if kind.as_ref().is_some_and(|kind| *kind != deployment.kind) {
                    continue;
                }
                let after = event.time > deployment.event.time;
                let counts = qualified(declared, &deployment.kind, event, deployment.event.text("author"));
                if after && counts && deployment.approval != "approved" && !deployment.later {
                    deployment.later = true;
                    count.samples.count("day90_change_approvals_later_total", &[("kind", &deployment.kind)]);
                }
            }
        }
    }

    fn show(&self, count: &mut Count) {
        for (kind, stack) in &self.in_force {
            let Some(current) = stack.last() else { continue };
            count.samples.set("day90_behavior_info", &[("kind", kind), ("version", &current.version)], 1.0);
            let labels = [("kind", kind.as_str())];
            count.samples.set("day90_change_last_timestamp_seconds", &labels, as_seconds(current.since));
            let Some(deployment) = current.deployment.map(|it| &self.deployments[it]) else { continue };
            let approval = if deployment.later { "approved_later" } else { deployment.approval };
            debug_assert!(APPROVALS.contains(&approval));
            let labels = [("kind", kind.as_str()), ("approval", approval)];
            count.samples.set("day90_change_in_force_approval", &labels, 1.0);
        }
    }
}

/// Whether an event names this by `change`, or by kind and version.
fn names(deployment: &Deployment, event: &Event) -> bool {
    match event.text("change") {
        Some(name) => deployment.change == name,
        None => event.text("kind") == Some(deployment.kind.clone()) && event.or("version", "") == deployment.version,
    }
}

/// Whether somebody may approve a kind: declared for it where anybody is, and not its author.
fn qualified(declared: &Declared, kind: &str, approved: &Event, author: Option<String>) -> bool {
    let approver = approved.text("approver");
    let named = declared.approvers.get(kind);
    let may = match (&approver, named) {
        (Some(approver), Some(named)) => named.contains(approver),
        (approver, _) => approver.is_some(),
    };
    may && approver != author
}

/// The approval as at the deployment.
fn approval(history: &History, declared: &Declared, deployed: &Event) -> &'static str {
    let kind = deployed.or("kind", "");
    let ahead = history.of(&["change.approved"]).any(|event| {
        let change = event.text("change");
        let names = match &change {
            Some(_) => change == deployed.text("change"),
            None => event.or("kind", "") == kind && event.text("version") == deployed.text("version"),
        };
        let in_time = event.time <= deployed.time && deployed.time - event.time <= APPROVED_AHEAD;
        names && in_time && qualified(declared, &kind, event, deployed.text("author"))
    });
    let (author, approver) = (deployed.text("author"), deployed.text("approver"));
    if ahead {
        "approved"
    } else if deployed.flag("emergency") == Some(true) {
        "emergency"
    } else if qualified(declared, &kind, deployed, author.clone()) {
        "approved"
    } else if approver.is_some() && author == approver {
        "self_approved"
    } else {
        "unapproved"
    }
}

//! Systems: routes that can match, names that are listed once, budgets with a currency, evaluations with suites.

use std::collections::BTreeMap;

use super::super::key::written::shown;
use super::super::key::{At, Settings, WrittenValue};
use super::super::problem::{Problems, did_you_mean};
use crate::event::ChangeKind;

pub fn check(root: &Settings, values_per_label: usize, problems: &mut Problems) {
    default_system(root, problems);
    for (_, _, system) in root.table("systems") {
        let system = system.settings();
        routes(system, problems);
        let approvers = system.map("changes").map("approvers");
        ChangeKind::WORDS.iter().for_each(|kind| once_each(approvers, kind, problems));
        maintenance(system.map("maintenance"), problems);
        declared_values(system, values_per_label, problems);
    }
}

fn default_system(root: &Settings, problems: &mut Problems) {
    let systems = root.table("systems");
    let Some(name) = root.text("default_system").filter(|_| !systems.is_empty()) else { return };
    if systems.iter().all(|(system, ..)| system != name) {
        let hint = did_you_mean(name, systems.iter().map(|(system, ..)| system.as_str()));
        let message = format!("{} is not declared under systems{hint}", shown(name));
        problems.warn(root.at("default_system"), "default_system", message);
    }
}

fn routes(system: &Settings, problems: &mut Problems) {
    let mut reasons: BTreeMap<&str, At> = BTreeMap::new();
    for route in system.map("exception_path").list("routes").iter().map(WrittenValue::settings) {
        let Some(reason) = route.text("reason") else { continue };
        if let Some(message) = never_matches(reason, &reasons) {
            problems.error(route.at("reason"), &route.field("reason"), message);
        }
        reasons.entry(reason).or_insert(route.at("reason"));
        if !route.has("owner") {
            let queue = shown(route.text("queue").unwrap_or(""));
            let message = format!("queue {queue} has no owner: nobody answers for what it receives");
            problems.warn(route.at, &route.field("owner"), message);
        }
    }
}

/// Why a route for this reason has no effect after those.
fn never_matches(reason: &str, earlier: &BTreeMap<&str, At>) -> Option<String> {
    if let Some(first) = earlier.get(reason) {
        let line = first.line;
        return Some(format!("{} has a route in line {line} already; this one can never match", shown(reason)));
    }
    let line = earlier.get("*")?.line;
    Some(format!("can never match: the route for \"*\" in line {line} takes every reason; put it last"))
}

fn maintenance(written: &Settings, problems: &mut Problems) {
    let mut needs = |key: &str, other: &str, why: &str| {
        if written.has(key) && !written.has(other) {
            problems.error(written.at(key), &written.field(key), format!("needs {other}: {why}"));
        }
    };
    needs("cost_per_month", "currency", "an amount without one means nothing");
    needs("evaluate_every", "suites", "there is nothing to run");
    if written.has("evaluate_every") && written.has("suites") && written.list("suites").is_empty() {
        let (at, field) = (written.at("suites"), written.field("suites"));
        problems.error(at, &field, "is empty, so evaluate_every has nothing to run");
    }
    once_each(written, "suites", problems);
}

/// A name that is in a list twice is a slip for another.
fn once_each(written: &Settings, key: &str, problems: &mut Problems) {
    let list = written.list(key);
    for (index, value) in list.iter().enumerate() {
        if let Some(text) = value.text().filter(|text| list[..index].iter().any(|other| other.text() == Some(text))) {
            let field = format!("{}[{index}]", written.field(key));
            problems.error(value.at, &field, format!("{} is listed twice", shown(text)));
        }
    }
}

/// Declared names are label values: over the limit they would be counted as `other`.
fn declared_values(system: &Settings, values_per_label: usize, problems: &mut Problems) {
    let queues = system.map("review");
    for (written, key) in [(system, "boundaries"), (system, "inputs"), (queues, "queues")] {
        let declared = written.table(key).len();
        if declared > values_per_label {
            let message = format!(
                "{declared} names are declared, more than limits.values_per_label ({values_per_label}): some will be \
                 counted as \"other\""
            );
            problems.warn(written.at(key), &written.field(key), message);
        }
    }
}

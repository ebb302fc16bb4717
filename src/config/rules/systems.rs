//! Systems: routes that can match, names that are listed once, budgets with a currency, evaluations with suites.

use std::collections::BTreeMap;

use super::super::effective::Config;
use super::super::given::Given;
use super::super::key::written::shown;
use super::super::key::{At, Settings, What, WrittenValue};
use super::super::problem::{Problems, did_you_mean};
use super::{calendar, waivers};
use crate::event::time::DAY;
use crate::event::{ChangeKind, Timestamp};

/// How far a launch may lie ahead. More is a slip of the year.
const LAUNCH_AHEAD_MAX: i64 = 10 * 365 * DAY;

pub fn check(root: &Settings, config: &Config, given: &Given, problems: &mut Problems) {
    for (name, _, system) in root.table("systems") {
        let system = system.settings();
        launched(system, given.now, problems);
        routes(system, problems);
        calendar::check(system, config.model.systems.get(name), problems);
        waivers::check(system, given, problems);
        let approvers = system.map("changes").map("approvers");
        ChangeKind::WORDS.iter().for_each(|kind| once_each(approvers, kind, problems));
        maintenance(system.map("maintenance"), problems);
        declared_values(system, config.limits.values_per_label, problems);
    }
}

pub fn default_system(root: &Settings, config: &Config, problems: &mut Problems) {
    let systems = &config.model.systems;
    let Some(name) = root.text("default_system").filter(|_| !systems.is_empty()) else { return };
    // Events under a former name count for the system that has taken its state.
    let is_former = systems.values().any(|system| system.formerly.iter().any(|former| former == name));
    if !is_former && !systems.contains_key(name) {
        let hint = did_you_mean(name, systems.keys().map(String::as_str));
        let message = format!("{} is not declared under systems{hint}", shown(name));
        problems.warn(root.at("default_system"), "default_system", message);
    }
}

fn launched(system: &Settings, now: Timestamp, problems: &mut Problems) {
    let Some(What::Moment(moment)) = system.get("launched").map(|value| &value.what) else { return };
    if moment.since(now) > LAUNCH_AHEAD_MAX {
        let message = format!("{moment} is more than ten years ahead; is the year right?");
        problems.error(system.at("launched"), &system.field("launched"), message);
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
pub(super) fn once_each(written: &Settings, key: &str, problems: &mut Problems) {
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

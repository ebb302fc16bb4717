//! Every finding says what to do. Here somebody does it, to the letter, and the finding goes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::check_of;
use super::history::{History, shipped};
use super::lapses;
use crate::config::model::{Boundary, Route, Within};
use crate::event::time::{DAY, MINUTE, SECOND};
use crate::event::{Fixed, Mode, Timestamp};
use crate::preflight::checklist::ITEMS;

/// Advice may lead to further advice, but not on and on.
const ROUNDS_MAX: usize = 4;

#[test]
fn whoever_follows_the_advice_of_a_lapse_mends_it() {
    let (mut wrong, mut followed) = (Vec::new(), BTreeSet::new());
    for (story, turned, lapse) in lapses::all().filter(|(_, turned, _)| !turned.is_empty()) {
        let mut history = History::operated();
        lapse(&mut history);
        let report = history.grade();
        for check in *turned {
            // Folding weeks of events takes time: the same advice is followed once.
            if followed.insert((check, check_of(&report, check).next.clone())) {
                wrong.extend(follow(history.clone(), check).err().map(|why| format!("{story}: {why}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whoever_follows_all_advice_from_nothing_operates_the_system() {
    let mut history = History::fresh();
    let checks: Vec<String> = ITEMS
        .iter()
        .flat_map(|item| item.checks().iter().map(|check| format!("{}.{}", item.name, check.name)))
        .collect();
    for check in &checks {
        history = follow(history, check).unwrap_or_else(|why| panic!("{why}"));
    }
    // What was declared after something happened may ask for more.
    for check in &checks {
        history = follow(history, check).unwrap_or_else(|why| panic!("{why}"));
    }
    let report = history.grade();
    assert_eq!(report.systems[0].sentence(), "operated", "{report:#?}");
}

/// Does what a check says until it passes. A check that waits for the declaration of another one has that one's advice
/// followed first.
fn follow(mut history: History, name: &str) -> Result<History, String> {
    let mut said = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let report = history.grade();
        let check = check_of(&report, name);
        let Some(next) = check.next.clone().filter(|_| check.fails()) else { return Ok(history) };
        if next.starts_with("Declare ") && next.ends_with(" first.") {
            for declared in judges(name) {
                history = follow(history, &declared)?;
            }
        } else {
            obey(&mut history, name, &next);
        }
        said.push(next);
    }
    let report = history.grade();
    let check = check_of(&report, name);
    if check.fails() { Err(format!("{name} says {said:?}, and still: {}", check.evidence)) } else { Ok(history) }
}

/// The `declared` checks that a check judges by, as `item.check`.
fn judges(name: &str) -> Vec<String> {
    let (item, check) = name.split_once('.').unwrap();
    let item = ITEMS.iter().find(|known| known.name == item).unwrap();
    let check = item.checks().iter().find(|known| known.name == check).unwrap();
    let judges: Vec<String> = check.judges.iter().map(|name| name.replace('/', ".")).collect();
    assert!(!judges.is_empty(), "{name} sends people to a declaration that it doesn't name");
    judges
}

fn obey(history: &mut History, name: &str, next: &str) {
    // Nobody acts in the moment of the finding.
    history.now = history.now.plus(SECOND);
    if let Some(command) = next.split('`').nth(1) {
        return history.add_now(0, &event_of(command));
    }
    if let Some((_, rest)) = next.split_once("systems.refund-agent.") {
        let key: String = rest.chars().take_while(|it| it.is_ascii_alphanumeric() || "._".contains(*it)).collect();
        return declare(history, name, key.trim_end_matches('.'), next);
    }
    if let Some((_, rest)) = next.split_once("passes after ") {
        let day = Timestamp::parse_rfc3339(&format!("{}T00:00:00Z", &rest[..10])).expect("a date");
        history.now = day.plus(DAY);
        return;
    }
    happen(history, name, next);
}

/// The event that `day90 emit` sends, with the words in capitals replaced.
fn event_of(command: &str) -> String {
    let mut words = command.strip_prefix("day90 emit ").unwrap_or_else(|| panic!("{command}")).split(' ');
    let mut event = Map::new();
    event.insert("type".into(), words.next().expect("a type").into());
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("{word:?} in {command}"));
        let value = match value {
            "NAME" => "somebody",
            "ANOTHER" => "support-lead",
            "VERSION" => "v10",
            value => value,
        };
        let value = serde_json::from_str::<Value>(value).unwrap_or_else(|_| value.into());
        event.insert(key.into(), value);
    }
    Value::Object(event).to_string()
}

/// Declares a key as the shipped example has it.
fn declare(history: &mut History, name: &str, key: &str, next: &str) {
    let example = shipped().systems["refund-agent"].clone();
    let it = history.declared();
    match key {
        "boundaries" => it.boundaries = example.boundaries,
        "exception_path" | "exception_path.acknowledge_within" | "exception_path.resolve_within" => {
            it.exception_path.acknowledge_within = it.exception_path.acknowledge_within.or(Some(Within::plain(MINUTE)));
            it.exception_path.resolve_within = example.exception_path.resolve_within;
        }
        "exception_path.routes" => match next.split_once(" with queue ") {
            Some((_, rest)) => {
                let queue = rest.split(' ').next().unwrap().to_owned();
                let owner = Some("somebody".to_owned());
                let route = Route { reason: queue.clone(), queue, owner, ..Route::default() };
                it.exception_path.routes.insert(0, route);
            }
            None => it.exception_path.routes = example.exception_path.routes,
        },
        "owner" => it.owner = example.owner,
        "launched" => it.launched = example.launched,
        "objectives" | "objectives.false_pages_per_month" => it.objectives = example.objectives,
        "maintenance" => {
            let maintenance = it.maintenance.get_or_insert_default();
            *maintenance = example.maintenance.unwrap();
            if name == "maintenance.within_budget" {
                maintenance.hours_per_month = Some(Fixed::from_units(400));
                maintenance.cost_per_month = Some(Fixed::from_units(40_000));
            }
        }
        "inputs" => it.inputs = example.inputs,
        "review.queues.QUEUE.within" => it.review_queues = example.review_queues,
        "trust.appeals_within" => it.trust.appeals_within = example.trust.appeals_within,
        "changes.approvers" => it.changes.approvers = example.changes.approvers,
        "rollback" => it.rollback = example.rollback,
        key => {
            let action = key.strip_prefix("boundaries.").unwrap_or_else(|| panic!("{name} names {key}: {next}"));
            it.boundaries.insert(action.to_owned(), Boundary { mode: Mode::Decide, limit: None });
        }
    }
}

/// Sends what the advice names, or waits.
fn happen(history: &mut History, name: &str, next: &str) {
    let says = |words: &[&str]| words.iter().for_each(|word| assert!(next.contains(word), "{word}: {next}"));
    let cases: Vec<Value> = history.events.iter().filter_map(|(_, event)| event.get("case").cloned()).collect();
    let mut each_case = |fields: &str| {
        cases.iter().for_each(|case| history.add_now(0, &format!(r#"{{{fields},"case":{case}}}"#)));
    };
    match name {
        "exception_handling.unacknowledged" => {
            says(&["acknowledged", "/api/v1/cases"]);
            each_case(r#""type":"escalation.acknowledged""#);
        }
        "exception_handling.unresolved" => {
            says(&["resolved", "/api/v1/cases"]);
            each_case(r#""type":"escalation.resolved","outcome":"answered""#);
        }
        "exception_handling.receivers" => {
            says(&["escalation.reassigned", "/api/v1/cases"]);
            each_case(r#""type":"escalation.reassigned","queue":"billing""#);
        }
        "exception_handling.reviews" => {
            says(&["review.completed"]);
            each_case(r#""type":"review.completed","decision":"approved""#);
        }
        "exception_handling.appeals" => {
            says(&["appeal.decided"]);
            each_case(r#""type":"appeal.decided","outcome":"upheld""#);
        }
        "boundaries.observed" => {
            says(&["task.completed", "action.attempted"]);
            history.add_now(0, r#"{"type":"action.attempted","action":"refund.issue","mode":"decide"}"#);
        }
        "operational_quality.escalations" | "exception_handling.acknowledged_before" => {
            says(&["scalation", "escalation."]);
            history.add_now(MINUTE, r#"{"type":"escalation.opened","case":"new","reason":"low_confidence"}"#);
            history.add_now(0, r#"{"type":"escalation.acknowledged","case":"new"}"#);
        }
        "operational_quality.review_load" => {
            says(&["review.requested", "review.completed"]);
            history.add_now(MINUTE, r#"{"type":"review.requested","case":"new","queue":"billing"}"#);
            history.add_now(0, r#"{"type":"review.completed","case":"new","decision":"approved"}"#);
        }
        "operational_quality.latency" => {
            says(&["duration_seconds", "task.completed"]);
            // One escalation among 40 tasks is within the objective.
            (0..40).for_each(|_| history.add_now(0, TASK));
        }
        "operational_quality.user_trust" => {
            says(&["feedback.received"]);
            history.add_now(0, r#"{"type":"feedback.received","signal":"thumbs","value":"up"}"#);
        }
        "operational_quality.objectives_met" => {
            says(&["last 30 days"]);
            history.now = history.now.plus(31 * DAY);
        }
        "behavior_changes.known" => {
            says(&["change.deployed", "nobody", "time"]);
            let time = history.now.plus(-2 * DAY).to_string();
            let deployed = r#""type":"change.deployed","kind":"tool","version":"t2","change":"nobody""#;
            history.add_now(0, &format!(r#"{{{deployed},"time":"{time}"}}"#));
        }
        "monitoring.scraped" => {
            says(&["scrape", "/metrics"]);
            history.last_scrape = Some(history.now);
        }
        "monitoring.reporting" if next.contains("task.completed") => history.add_now(0, TASK),
        "monitoring.reporting" => {
            says(&["sender"]);
            history.add_now(0, r#"{"type":"feedback.received","signal":"thumbs","value":"up"}"#);
        }
        name => panic!("nobody knows how to follow this: {name}: {next}"),
    }
}

const TASK: &str =
    r#"{"type":"task.completed","action":"refund.issue","mode":"decide","outcome":"completed","duration_seconds":2}"#;

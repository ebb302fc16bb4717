//! Other parts of random histories: resolutions, changes with their rollbacks, the fallback, and what stands for itself.

use serde_json::{Value, json};

use super::generate::{Timing, Writer, send_all};
use super::instants::SLOTS;

/// A moment for each of several things that happen one after the other; fewer where time runs out.
fn sequence(writer: &mut Writer, from: usize, steps: usize) -> Vec<usize> {
    let mut instant = from;
    let mut all = Vec::new();
    for _ in 0..steps {
        if instant >= writer.instants.at.len() {
            break;
        }
        all.push(instant);
        instant += 1 + if writer.chance(40) { writer.dice.below(2 * SLOTS) } else { 0 };
    }
    all
}

/// A case that is closed, and what undoes it.
pub fn resolution(writer: &mut Writer) {
    let case = writer.name("c");
    let from = writer.cluster() * SLOTS + writer.slot();
    let mut steps: Vec<(&str, Value)> = Vec::new();
    if writer.chance(25) {
        steps.push(("escalation.opened", json!({"case": case, "queue": "billing", "reason": "angry"})));
        if writer.chance(50) {
            steps.push(("escalation.resolved", json!({"case": case, "outcome": "answered"})));
        }
    }
    let by = writer.pick(&["ai", "ai", "human"]);
    steps.push(("case.closed", json!({"case": case, "by": by})));
    for _ in 0..writer.dice.below(3) {
        steps.push(match writer.dice.below(7) {
            0 | 1 => ("case.reopened", json!({"case": case})),
            2 => ("escalation.opened", json!({"case": case, "queue": "triage", "reason": "refund"})),
            3 => ("feedback.received", json!({"case": case, "signal": "repeat_contact"})),
            4 => ("feedback.received", json!({"case": case, "signal": "complaint"})),
            5 => ("feedback.received", json!({"case": case, "signal": "thumbs", "value": "down"})),
            _ => ("appeal.opened", json!({"case": case})),
        });
    }
    if steps.last().is_some_and(|(kind, _)| *kind == "appeal.opened") {
        let outcome = writer.pick(&["upheld", "overturned"]);
        steps.push(("appeal.decided", json!({"case": case, "outcome": outcome})));
    }
    if by == "ai" && writer.chance(20) {
        steps.push(("case.closed", json!({"case": case, "by": "human"})));
    }
    let instants = sequence(writer, from, steps.len());
    let mut opened = false;
    for ((kind, fields), instant) in steps.into_iter().zip(instants) {
        // A case has one open escalation and one appeal here: rounds are tried elsewhere.
        if kind == "escalation.opened" && std::mem::replace(&mut opened, true) {
            continue;
        }
        let time = writer.about(instant);
        writer.send(instant, kind, fields, time);
    }
}

/// A case that is closed, and what undoes it, all of it late and in any order.
pub fn resolution_late(writer: &mut Writer) {
    let case = writer.name("c");
    let by = writer.pick(&["ai", "ai", "human"]);
    let mut steps = vec![("case.closed", json!({"case": case, "by": by}))];
    let mut undoing = vec![
        ("case.reopened", json!({"case": case})),
        ("escalation.opened", json!({"case": case, "queue": "triage", "reason": "refund"})),
        ("feedback.received", json!({"case": case, "signal": "repeat_contact"})),
        ("feedback.received", json!({"case": case, "signal": "complaint"})),
        ("appeal.decided", json!({"case": case, "outcome": "overturned"})),
    ];
    for _ in 0..writer.dice.below(4) {
        let step = undoing.remove(writer.dice.below(undoing.len()));
        steps.insert(writer.dice.below(steps.len() + 1), step);
    }
    let cluster = writer.cluster();
    let timing = Timing::shuffled(writer, cluster, steps.len());
    send_all(writer, steps, &timing);
}

/// Deployments of two kinds with what becomes of them, in order of time.
pub fn changes(writer: &mut Writer) {
    let from = writer.cluster() / 2 * SLOTS;
    let count = 3 + writer.dice.below(7);
    let instants = sequence(writer, from, count);
    let mut versions: Vec<(String, String)> = Vec::new();
    let mut releases: Vec<String> = Vec::new();
    let mut rolled_back = false;
    for instant in instants {
        match writer.dice.below(10) {
            0..5 => deploy(writer, instant, &mut versions, &mut releases),
            5 => approve(writer, instant, &versions, &releases),
            6 if !releases.is_empty() => {
                let release = writer.dice.one(&releases.clone()).clone();
                let time = writer.about(instant);
                writer.send(instant, "change.failed", json!({"change": release}), time);
            }
            7 if versions.len() > 1 => {
                // Perhaps a revert, perhaps no change.
                let (kind, version) = versions[versions.len() - 1 - writer.dice.below(2)].clone();
                let time = writer.about(instant);
                writer.send(
                    instant,
                    "change.deployed",
                    json!({"kind": kind, "version": version, "author": "dev"}),
                    time,
                );
            }
            _ if versions.is_empty() => deploy(writer, instant, &mut versions, &mut releases),
            // What follows in its grace would be judged before it.
            _ if !releases.is_empty() && !rolled_back && writer.chance(20) => {
                return rollback(writer, instant, &releases, true);
            }
            _ => {
                rolled_back = true;
                rollback(writer, instant, &releases, false);
            }
        }
    }
}

fn deploy(writer: &mut Writer, instant: usize, versions: &mut Vec<(String, String)>, releases: &mut Vec<String>) {
    let release = writer.chance(50).then(|| writer.name("rel"));
    let both = release.is_some() && writer.chance(40);
    let kinds: &[&str] = if both {
        &["prompt", "tool"]
    } else if writer.chance(50) {
        &["prompt"]
    } else {
        &["tool"]
    };
    let approver = writer.chance(60).then(|| writer.pick(&["lead", "dev", "tool-lead", "stranger"]));
    let emergency = writer.chance(10).then_some(true);
    if let Some(release) = release.clone().filter(|_| writer.chance(25)) {
        if instant > 0 {
            let time = writer.about(instant - 1);
            writer.send(instant - 1, "change.approved", json!({"change": release, "approver": "lead"}), time);
        }
    }
    for kind in kinds {
        let version = writer.name("v");
        let first = versions.iter().all(|(known, _)| known != kind);
        let before = (first && writer.chance(40)).then(|| writer.name("v"));
        let fields = json!({"kind": kind, "version": version, "change": release, "author": "dev", "approver": approver,
            "emergency": emergency, "previous_version": before});
        versions.extend(before.map(|before| (kind.to_string(), before)));
        let time = writer.about(instant);
        writer.send(instant, "change.deployed", fields, time);
        versions.push((kind.to_string(), version));
    }
    releases.extend(release);
}

fn approve(writer: &mut Writer, instant: usize, versions: &[(String, String)], releases: &[String]) {
    let approver = writer.pick(&["lead", "dev", "stranger"]);
    let fields = match (releases.last(), versions.last()) {
        (Some(release), _) if writer.chance(60) => json!({"change": release, "approver": approver}),
        (_, Some((kind, version))) => json!({"kind": kind, "version": version, "approver": approver}),
        _ => return,
    };
    let time = writer.about(instant);
    writer.send(instant, "change.approved", fields, time);
}

/// `alone`: nobody sends its start.
fn rollback(writer: &mut Writer, instant: usize, releases: &[String], alone: bool) {
    let name = writer.name("rb");
    let drill = writer.chance(20).then_some(true);
    let change = match if alone { 0 } else { writer.dice.below(10) } {
        0..4 if !releases.is_empty() => Some(writer.dice.one(releases).clone()),
        4 => Some("nobody-deployed-it".to_owned()),
        _ => None,
    };
    let to = writer.chance(60).then(|| writer.pick(&["previous_version", "previous_process"]));
    let trigger = writer.chance(60).then(|| writer.pick(&["alert", "owner", "reviewer"]));
    if !alone {
        let fields = json!({"rollback": name, "change": change, "to": to, "trigger": trigger, "drill": drill});
        let time = writer.about(instant);
        writer.send(instant, "rollback.started", fields, time);
    }
    let change = change.filter(|_| alone);
    let mut at = instant;
    for result in [writer.pick(&["restored", "restored", "failed"]), "restored"] {
        if writer.chance(15) {
            return;
        }
        at += 1 + if writer.chance(30) { writer.dice.below(SLOTS) } else { 0 };
        if at >= writer.instants.at.len() {
            return;
        }
        // As they happen: two that cross would count in the order of their arrival.
        let to = writer.chance(15).then(|| writer.pick(&["previous_version", "previous_process"]));
        let took = writer.chance(15).then(|| if alone { 1 } else { 20 + writer.dice.below(5_000) });
        let fields = json!({"rollback": name, "result": result, "change": change, "to": to, "duration_seconds": took});
        writer.send(at, "rollback.completed", fields, None);
        if result == "restored" {
            return;
        }
    }
}

/// The fallback begins and ends, by events alone.
pub fn fallback(writer: &mut Writer) {
    let cluster = writer.cluster();
    let count = 1 + writer.dice.below(3);
    let timing = Timing::live(writer, cluster, count);
    for (stage, instant) in timing.instants.iter().enumerate() {
        let kind = if stage % 2 == 0 { "fallback.started" } else { "fallback.ended" };
        writer.send(*instant, kind, json!({}), timing.times[stage]);
    }
}

/// Events that stand for themselves.
pub fn plain(writer: &mut Writer) {
    for _ in 0..4 + writer.dice.below(8) {
        let instant = writer.cluster() * SLOTS + writer.slot();
        let (kind, fields) = one(writer);
        let late =
            writer.chance(20).then(|| writer.instants.at[instant] - writer.dice.below(100_000) as i64 * 1_000_000);
        let time = late.or_else(|| writer.about(instant));
        writer.send(instant, kind, fields, time);
    }
}

fn one(writer: &mut Writer) -> (&'static str, Value) {
    let action = writer.pick(&["refund", "close", "mail"]);
    let outcome = writer.pick(&["completed", "failed", "abandoned"]);
    let duration = writer.chance(70).then(|| writer.dice.below(4_000) as f64 / 100.0 - 1.0);
    match writer.dice.below(12) {
        0..3 => {
            let mode = writer.pick(&["decide", "suggest", "escalate"]);
            (
                "task.completed",
                json!({"action": action, "outcome": outcome, "mode": mode, "duration_seconds": duration}),
            )
        }
        3 => {
            let outcome = writer.pick(&["completed", "failed"]);
            let tokens = writer.chance(50).then(|| writer.dice.below(3_000));
            let first = writer.chance(50).then_some(0.25);
            (
                "step.completed",
                json!({"kind": "model", "name": "small", "outcome": outcome, "duration_seconds": duration,
                "first_token_seconds": first, "input_tokens": tokens, "output_tokens": tokens}),
            )
        }
        4 => {
            let mode = writer.pick(&["decide", "suggest", "escalate"]);
            let allowed = writer.chance(50).then(|| writer.chance(50));
            ("action.attempted", json!({"action": action, "mode": mode, "allowed": allowed}))
        }
        5 => feedback(writer),
        6 => {
            let result = writer.pick(&["ok", "missing", "stale", "contradictory", "malformed"]);
            let age = writer.chance(60).then(|| writer.dice.below(9_000));
            ("input.checked", json!({"input": "crm", "result": result, "age_seconds": age}))
        }
        7 => {
            let currency = writer.pick(&["EUR", "USD", "eur"]);
            let cost = if writer.chance(30) { json!("0.25") } else { json!(1.5) };
            ("cost.recorded", json!({"kind": "inference", "cost": cost, "currency": currency}))
        }
        8 => {
            let activity = writer.pick(&["monitoring", "update", "incident"]);
            let seconds = writer.chance(80).then_some(600);
            let money = writer.chance(50);
            (
                "maintenance.recorded",
                json!({"activity": activity, "seconds": seconds,
                "cost": money.then_some(2.5), "currency": money.then_some("EUR")}),
            )
        }
        9 => {
            let passed = writer.chance(70);
            (
                "evaluation.completed",
                json!({"suite": "golden", "passed": passed, "score": 0.5 + writer.dice.below(50) as f64 / 100.0}),
            )
        }
        10 => {
            let owner = writer.pick(&["ops", "ops", "typo"]);
            ("owner.attested", json!({"owner": owner}))
        }
        _ => {
            let (path, result) = (writer.pick(&["exception", "rollback"]), writer.pick(&["passed", "failed"]));
            let to = (path == "rollback" && writer.chance(50))
                .then(|| writer.pick(&["previous_version", "previous_process"]));
            ("drill.completed", json!({"path": path, "result": result, "to": to}))
        }
    }
}

fn feedback(writer: &mut Writer) -> (&'static str, Value) {
    let signal = writer.pick(&["thumbs", "rating", "override", "abandonment", "appeal", "complaint"]);
    let value = match signal {
        "thumbs" => json!(writer.pick(&["up", "down"])),
        "rating" => json!(1 + writer.dice.below(5)),
        _ => Value::Null,
    };
    ("feedback.received", json!({"signal": signal, "value": value}))
}

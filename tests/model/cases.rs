//! Lifecycles of random histories: rounds, named or not, in any order, late, repeated, without their opening.

use serde_json::{Value, json};

use super::declared::HOUR;
use super::generate::{Timing, Writer, send_all};
use super::instants::{CLUSTERS, SLOTS};

const QUEUES: [&str; 5] = ["billing", "triage", "risk", "legal", "nowhere"];
const REASONS: [&str; 4] = ["low_confidence", "refund", "policy", "angry"];

pub fn escalation(writer: &mut Writer) {
    match writer.dice.below(10) {
        0 => crossed(writer),
        1 => unopened(writer),
        2 => end_before_opening(writer),
        _ => rounds(writer),
    }
}

/// A case's identity: its own name, or only the case.
fn identity(writer: &mut Writer, field: &str) -> Value {
    let case = writer.name("c");
    let mut identity = json!({"case": case});
    if writer.chance(30) {
        identity[field] = writer.name(field).into();
    } else if writer.chance(10) {
        // An integer is taken as its text.
        identity["case"] = (40_000 + writer.dice.below(1_000_000)).into();
    }
    identity
}

fn with(identity: &Value, fields: Value) -> Value {
    let mut all = identity.as_object().expect("an object").clone();
    all.extend(fields.as_object().expect("an object").clone());
    Value::Object(all)
}

/// The fields of an opening, and the queue in which it will be.
fn opening(writer: &mut Writer) -> (Value, String) {
    let reason = if writer.chance(15) { None } else { Some(writer.pick(&REASONS).to_owned()) };
    let text = reason.clone().unwrap_or_else(|| "none".into());
    let route = writer.declared.routes.iter().find(|route| route.reason == text || route.reason == "*");
    let routed = route.map(|route| route.queue.clone());
    let queue = match &routed {
        // Deadlines of a route for a queue that it doesn't name are nobody's rule.
        Some(queue) if writer.chance(30) => Some(queue.clone()),
        Some(_) => None,
        None => writer.chance(80).then(|| writer.pick(&QUEUES).to_owned()),
    };
    let severity = writer.chance(40).then(|| writer.pick(&["low", "normal", "high", "critical"]).to_owned());
    let current = queue.clone().or(routed).unwrap_or_else(|| "unrouted".into());
    (json!({"reason": reason, "queue": queue, "severity": severity}), current)
}

fn outcome(writer: &mut Writer) -> &'static str {
    writer.pick(&["upheld", "overturned", "answered", "dropped"])
}

/// The stages of a round, in the order in which they happen.
fn stages(writer: &mut Writer, identity: &Value, resolves: bool) -> Vec<(&'static str, Value)> {
    let (fields, queue) = opening(writer);
    let mut stages = vec![("escalation.opened", with(identity, fields))];
    let mut others: Vec<&str> = QUEUES.iter().filter(|other| **other != queue).copied().collect();
    let moves = [0, 0, 0, 1, 1, 2][writer.dice.below(6)];
    if writer.chance(70) {
        stages.push(("escalation.acknowledged", with(identity, json!({"by": "ann"}))));
    }
    for _ in 0..moves {
        let to = others.remove(writer.dice.below(others.len()));
        stages.push(("escalation.reassigned", with(identity, json!({"queue": to}))));
    }
    if resolves {
        let outcome = outcome(writer);
        stages.push(("escalation.resolved", with(identity, json!({"outcome": outcome}))));
    }
    stages
}

/// One to three rounds, one after the other.
fn rounds(writer: &mut Writer) {
    let identity = identity(writer, "escalation");
    let named = identity.get("escalation").is_some();
    let count = if named { 1 } else { 1 + writer.dice.below(3) };
    let mut cluster = writer.cluster();
    for round in 0..count {
        let last = round + 1 == count;
        let resolves = !last || writer.chance(75);
        let stages = stages(writer, &identity, resolves);
        let mut timing = if count == 1 {
            Timing::once(writer, cluster, stages.len())
        } else {
            Timing::any(writer, cluster, stages.len())
        };
        if round == 0 && stages.len() > 1 && stages[1].0 == "escalation.acknowledged" && writer.chance(8) {
            // Somebody else's clock is behind.
            let behind = writer.seconds(1, 200);
            timing.times[1] = timing.times[0].map(|opened| opened - behind).or(timing.times[1]);
        }
        send_all(writer, stages.clone(), &timing);
        if last && writer.chance(25) {
            repeat(writer, &stages, &timing);
        }
        if last && named && resolves && writer.chance(30) {
            reopen_named(writer, &stages[0].1, &timing);
        }
        writer.not_before = writer.instants.at[timing.last()];
        cluster = timing.last() / SLOTS + 1;
        if cluster >= CLUSTERS || timing.last() + 1 >= writer.instants.at.len() {
            return;
        }
    }
}

/// A named lifecycle happens once: within its memory, another opening is a repeat.
fn reopen_named(writer: &mut Writer, opening: &Value, timing: &Timing) {
    let from = timing.last();
    let instant = from + 1 + writer.dice.below(SLOTS);
    let Some(at) = writer.instants.at.get(instant).copied() else { return };
    if at - writer.instants.at[from] < 15 * HOUR {
        writer.send(instant, "escalation.opened", opening.clone(), None);
    }
}

/// A stage that comes twice, soon after.
fn repeat(writer: &mut Writer, stages: &[(&str, Value)], timing: &Timing) {
    let which = writer.dice.below(stages.len());
    let (kind, fields) = stages[which].clone();
    let instant = timing.last() + 1;
    let Some(at) = writer.instants.at.get(instant).copied() else { return };
    let known = timing.times[which].unwrap_or(writer.instants.at[timing.instants[which]]);
    let soon = at - writer.instants.at[timing.last()] < 15 * HOUR;
    // A reassignment that comes again is a repeat only where no other came in between.
    if !soon || kind == "escalation.reassigned" {
        return;
    }
    let opens = kind.ends_with("opened") || kind.ends_with("requested");
    let time = if opens {
        timing.times[which]
    } else if writer.chance(50) {
        Some(known)
    } else {
        None
    };
    if !opens || time.is_some() {
        writer.send(instant, kind, fields, time);
    }
}

/// The second opening arrives before the end of the first round, within its grace.
fn crossed(writer: &mut Writer) {
    let case = json!({"case": writer.name("c")});
    let cluster = writer.cluster();
    let timing = Timing::shuffled(writer, cluster, 6);
    let (first, second) = (opening(writer).0, opening(writer).0);
    let (one, two) = (outcome(writer), outcome(writer));
    let stages = [
        ("escalation.opened", with(&case, first)),
        ("escalation.acknowledged", with(&case, json!({}))),
        ("escalation.resolved", with(&case, json!({"outcome": one}))),
        ("escalation.opened", with(&case, second)),
        ("escalation.acknowledged", with(&case, json!({}))),
        ("escalation.resolved", with(&case, json!({"outcome": two}))),
    ];
    let mut slots: Vec<usize> = (0..6).map(|_| cluster * SLOTS + writer.slot()).collect();
    slots.sort_unstable();
    // By arrival: opening, perhaps its acknowledgement, the next opening, the end, and so on.
    for (at, stage) in [0, 1, 3, 2, 4, 5].into_iter().enumerate() {
        let (kind, fields) = stages[stage].clone();
        writer.send(slots[at], kind, fields, timing.times[stage]);
    }
}

/// The second round's end arrives before its opening.
fn end_before_opening(writer: &mut Writer) {
    let case = json!({"case": writer.name("c")});
    let cluster = writer.cluster();
    let timing = Timing::shuffled(writer, cluster, 4);
    let (first, second) = (opening(writer).0, opening(writer).0);
    let (one, two) = (outcome(writer), outcome(writer));
    let stages = [
        ("escalation.opened", with(&case, first)),
        ("escalation.resolved", with(&case, json!({"outcome": one}))),
        ("escalation.opened", with(&case, second)),
        ("escalation.resolved", with(&case, json!({"outcome": two}))),
    ];
    let mut slots: Vec<usize> = (0..4).map(|_| cluster * SLOTS + writer.slot()).collect();
    slots.sort_unstable();
    for (at, stage) in [0, 1, 3, 2].into_iter().enumerate() {
        let (kind, fields) = stages[stage].clone();
        writer.send(slots[at], kind, fields, timing.times[stage]);
    }
}

/// Stages whose opening never comes.
fn unopened(writer: &mut Writer) {
    let identity = identity(writer, "escalation");
    let cluster = writer.cluster();
    let outcome = outcome(writer);
    let mut stages = vec![("escalation.acknowledged", with(&identity, json!({})))];
    if writer.chance(60) {
        stages.push(("escalation.resolved", with(&identity, json!({"outcome": outcome}))));
    }
    let timing = Timing::shuffled(writer, cluster, stages.len());
    send_all(writer, stages, &timing);
}

pub fn review(writer: &mut Writer) {
    let identity = identity(writer, "review");
    let named = identity.get("review").is_some();
    let queue = writer.chance(80).then(|| writer.pick(&QUEUES[..3]).to_owned());
    let cluster = writer.cluster();
    if writer.chance(15) {
        let fields = completion(writer, queue.as_deref());
        let timing = Timing::any(writer, cluster, 1);
        return send_all(writer, vec![("review.completed", with(&identity, fields))], &timing);
    }
    let rounds = if named { 1 } else { 1 + writer.dice.below(2) };
    let mut cluster = cluster;
    for round in 0..rounds {
        let mut stages = vec![("review.requested", with(&identity, json!({"queue": queue})))];
        let starts = [0, 1, 1, 1, 2][writer.dice.below(5)];
        for _ in 0..starts {
            let by = writer.pick(&["ann", "bo"]);
            stages.push(("review.started", with(&identity, json!({"by": by}))));
        }
        let ends = round + 1 < rounds || writer.chance(80);
        if ends {
            // One that its request has no queue for may say where it was.
            let own = queue.as_deref().unwrap_or("risk");
            let own = writer.chance(30).then_some(own);
            stages.push(("review.completed", with(&identity, completion(writer, own))));
        }
        let timing = if rounds == 1 {
            Timing::once(writer, cluster, stages.len())
        } else {
            Timing::any(writer, cluster, stages.len())
        };
        send_all(writer, stages.clone(), &timing);
        if ends && round + 1 == rounds && starts < 2 && writer.chance(15) {
            repeat(
                writer,
                &stages[stages.len() - 1..],
                &Timing { instants: vec![timing.last()], times: vec![timing.times[stages.len() - 1]] },
            );
        }
        writer.not_before = writer.instants.at[timing.last()];
        cluster = timing.last() / SLOTS + 1;
        if cluster >= CLUSTERS {
            return;
        }
    }
}

fn completion(writer: &mut Writer, queue: Option<&str>) -> Value {
    let decisions = ["approved", "approved", "edited", "rejected", "responded", "expired", "cancelled", "bypassed"];
    let decision = writer.pick(&decisions);
    let handling = writer.chance(50).then(|| writer.dice.below(200) as f64 / 8.0);
    let wait = writer.chance(20).then(|| writer.dice.below(900));
    let edit = (decision == "edited").then(|| writer.dice.below(5) as f64 / 4.0);
    json!({"decision": decision, "queue": queue, "handling_seconds": handling, "wait_seconds": wait, "edit_ratio": edit})
}

pub fn appeal(writer: &mut Writer) {
    let identity = identity(writer, "appeal");
    let cluster = writer.cluster();
    let outcome = writer.pick(&["upheld", "overturned"]);
    let decided = ("appeal.decided", with(&identity, json!({"outcome": outcome})));
    let opened = ("appeal.opened", with(&identity, json!({"action": "refund"})));
    let stages = match writer.dice.below(10) {
        0 => vec![decided],
        1..4 => vec![opened],
        _ => vec![opened, decided],
    };
    let timing = Timing::once(writer, cluster, stages.len());
    send_all(writer, stages.clone(), &timing);
    if stages.len() == 2 && writer.chance(20) {
        repeat(writer, &stages, &timing);
    }
}

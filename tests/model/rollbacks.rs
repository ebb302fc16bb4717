//! Rollbacks, which count when they complete, and the fallback that they may begin.

use std::collections::BTreeMap;

use super::declared::DAY;
use super::history::{Count, Event, GRACE, History, as_seconds};

/// A rollback that hasn't ended after this is unfinished.
const UNFINISHED: i64 = 7 * DAY;

pub struct Rollback<'h> {
    pub started: Option<&'h Event>,
    /// Those that count, in the order of arrival.
    pub completions: Vec<&'h Event>,
    pub repeats: Vec<&'h Event>,
    pub trigger: String,
    pub to: String,
    pub drill: bool,
}

pub fn all(history: &History) -> Vec<Rollback<'_>> {
    let mut named: BTreeMap<String, Vec<&Event>> = BTreeMap::new();
    for event in history.of(&["rollback.started", "rollback.completed"]) {
        named.entry(event.or("rollback", "")).or_default().push(event);
    }
    named.into_values().map(|events| one(history, &events)).collect()
}

fn one<'h>(history: &History, events: &[&'h Event]) -> Rollback<'h> {
    let mut starts = events.iter().filter(|event| event.kind == "rollback.started").copied();
    let started = starts.next();
    let mut repeats: Vec<&Event> = starts.collect();
    let mut completions: Vec<&Event> = Vec::new();
    for event in events.iter().filter(|event| event.kind == "rollback.completed") {
        let restored = completions.last().is_some_and(|last| last.text("result").as_deref() == Some("restored"));
        if restored { repeats.push(event) } else { completions.push(event) }
    }
    let first = started.or(completions.first().copied()).expect("one of them");
    let said = |field: &str| {
        let by_start = started.and_then(|event| event.text(field));
        by_start.or_else(|| completions.iter().find_map(|event| event.text(field)))
    };
    let plan = history.declared_at(first.received).rollback.as_ref();
    let to = said("to").or_else(|| Some(plan?.to.clone())).unwrap_or_else(|| "previous_version".into());
    let drill = events.iter().any(|event| event.flag("drill") == Some(true));
    let trigger = said("trigger").unwrap_or_else(|| "other".into());
    Rollback { started, completions, repeats, trigger, to, drill }
}

pub fn count(history: &History, now: i64, count: &mut Count) {
    let rollbacks = all(history);
    for rollback in &rollbacks {
        rollback.repeats.iter().for_each(|event| count.repeat(event));
        completed(rollback, now, count);
        if let Some(started) = rollback.started {
            open(history, rollback, started, now, count);
        }
    }
    fallback(history, &rollbacks, now, count);
}

impl Rollback<'_> {
    /// Whether its completions have taken effect: alone, they wait for their start.
    fn counts(&self, now: i64) -> bool {
        self.started.is_some() || self.completions.first().is_some_and(|end| now >= end.received + GRACE)
    }

    fn total(&self, result: &str, count: &mut Count) {
        let drill = self.drill.to_string();
        let labels = [("trigger", &*self.trigger), ("to", &*self.to), ("result", result), ("drill", &*drill)];
        count.samples.count("day90_rollbacks_total", &labels);
    }
}

fn completed(rollback: &Rollback, now: i64, count: &mut Count) {
    if !rollback.counts(now) {
        return;
    }
    let drill = rollback.drill.to_string();
    let labels = [("drill", drill.as_str())];
    for end in &rollback.completions {
        let result = end.or("result", "");
        rollback.total(&result, count);
        let passed = result == "restored";
        if rollback.drill {
            let result = if passed { "passed" } else { "failed" };
            count.samples.count("day90_drills_total", &[("path", "rollback"), ("result", result)]);
        }
        if !passed {
            continue;
        }
        let measured = rollback.started.map(|started| count.between(started.time, end.time));
        let sent = end.number("duration_seconds").map(|sent| count.sent(sent));
        if let Some(took) = measured.or(sent) {
            count.samples.observe("day90_rollback_duration_seconds", &labels, took);
        }
        let at = as_seconds(end.time);
        count.samples.latest("day90_rollback_last_success_timestamp_seconds", &labels, at);
        if rollback.drill {
            count.samples.latest("day90_drill_last_success_timestamp_seconds", &[("path", "rollback")], at);
        }
    }
}

fn open(history: &History, rollback: &Rollback, started: &Event, now: i64, count: &mut Count) {
    let first = rollback.completions.first();
    let effective = first.map(|end| end.received.max(started.received));
    let gives_up = (started.time + UNFINISHED).max(started.received);
    let unfinished = gives_up <= now && effective.is_none_or(|at| at > gives_up);
    if unfinished {
        rollback.total("unfinished", count);
    } else if first.is_none() {
        count.samples.count("day90_rollbacks_in_progress", &[]);
    }
    let plan = history.declared_at(started.received).rollback.as_ref();
    let Some(due) = plan.and_then(|plan| Some(started.time + plan.within?)) else { return };
    let by_clock = due.max(started.received) + GRACE;
    let overdue = match (first, effective) {
        (Some(end), Some(at)) if at <= by_clock => end.time > due,
        _ => by_clock <= now,
    };
    if overdue {
        let drill = rollback.drill.to_string();
        count.samples.count("day90_rollbacks_overdue_total", &[("to", &rollback.to), ("drill", &drill)]);
    }
}

/// Starts and ends of the fallback by time.
fn fallback(history: &History, rollbacks: &[Rollback], now: i64, count: &mut Count) {
    let mut line: Vec<(i64, usize, bool)> = Vec::new();
    for event in history.of(&["fallback.started", "fallback.ended"]) {
        line.push((event.time, event.order, event.kind == "fallback.started"));
    }
    for rollback in rollbacks.iter().filter(|it| !it.drill && it.to == "previous_process" && it.counts(now)) {
        let restored = rollback.completions.iter().filter(|end| end.text("result").as_deref() == Some("restored"));
        line.extend(restored.map(|end| (end.time, end.order, true)));
    }
    line.sort_unstable();
    let mut since: Option<i64> = None;
    for (time, _, starts) in line {
        if starts {
            since.get_or_insert(time);
        } else if let Some(begun) = since.take() {
            count.samples.add("day90_fallback_seconds_total", &[], as_seconds(time - begun));
        }
    }
    if let Some(begun) = since {
        count.samples.set("day90_fallback_active", &[], 1.0);
        count.samples.set("day90_fallback_start_timestamp_seconds", &[], as_seconds(begun));
    }
}

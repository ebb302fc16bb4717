//! Rollbacks, which count when they complete, and the fallback that they may begin.

use std::collections::BTreeMap;

use super::declared::{DAY, Plan};
use super::history::{Count, Event, GRACE, History, LIFECYCLE_MEMORY, as_seconds};

/// A rollback that hasn't ended after this is unfinished.
const UNFINISHED: i64 = 7 * DAY;

pub struct Rollback<'h> {
    pub started: Option<&'h Event>,
    /// Those that count, in the order of arrival.
    pub completions: Vec<&'h Event>,
    pub repeats: Vec<&'h Event>,
    /// The change that it names.
    pub change: Option<String>,
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
    let plan = history.declared_at(first.received).rollback.as_ref();
    let said = |field: &str| started.and_then(|event| event.text(field));
    let to = said("to").or_else(|| Some(plan?.to.clone())).unwrap_or_else(|| "previous_version".into());
    let drill = events.iter().any(|event| event.flag("drill") == Some(true));
    let trigger = said("trigger").unwrap_or_else(|| "other".into());
    let change = said("change").or_else(|| completions.iter().find_map(|event| event.text("change")));
    Rollback { started, completions, repeats, change, trigger, to, drill }
}

pub fn count(history: &History, now: i64, count: &mut Count) {
    let rollbacks = all(history);
    for rollback in &rollbacks {
        rollback.repeats.iter().for_each(|event| count.repeat(event));
        completed(rollback, history.now_declared().rollback.as_ref(), now, count);
        if let Some(started) = rollback.started {
            open(history, rollback, started, now, count);
        }
    }
    fallback(history, &rollbacks, now, count);
}

impl Rollback<'_> {
    /// When it began, as far as that is known, and the event that says so.
    pub fn began(&self) -> (i64, &Event) {
        let first = self.started.or(self.completions.first().copied()).expect("one of them");
        let took = first.number("duration_seconds").filter(|_| self.started.is_none()).unwrap_or_default();
        (first.time - (took * 1e9) as i64, first)
    }

    /// Whether its completions have taken effect: alone, they wait for their start.
    pub fn counts(&self, now: i64) -> bool {
        self.started.is_some() || self.completions.first().is_some_and(|end| now >= end.received + GRACE)
    }

    /// Where it went: as its completion says, else its start, else as declared.
    pub fn went(&self, end: &Event) -> String {
        end.or("to", &self.to)
    }

    fn total(&self, result: &str, to: &str, count: &mut Count) {
        let drill = self.drill.to_string();
        let labels = [("trigger", &*self.trigger), ("to", to), ("result", result), ("drill", &*drill)];
        count.samples.count("day90_rollbacks_total", &labels);
    }
}

fn completed(rollback: &Rollback, plan: Option<&Plan>, now: i64, count: &mut Count) {
    if !rollback.counts(now) {
        return;
    }
    let drill = rollback.drill.to_string();
    let labels = [("drill", drill.as_str())];
    for end in &rollback.completions {
        let result = end.or("result", "");
        rollback.total(&result, &rollback.went(end), count);
        let passed = result == "restored";
        if rollback.drill {
            let result = if passed { "passed" } else { "failed" };
            count.samples.count("day90_drills_total", &[("path", "rollback"), ("result", result)]);
        }
        if !passed {
            continue;
        }
        let sent = end.number("duration_seconds").map(|sent| count.sent(sent));
        let took = sent.or_else(|| rollback.started.map(|started| count.between(started.time, end.time)));
        if let Some(took) = took {
            count.samples.observe("day90_rollback_duration_seconds", &labels, took);
        }
        // Only the declared way back is proven by it.
        if plan.is_some_and(|plan| plan.to != rollback.went(end)) {
            continue;
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
        rollback.total("unfinished", &rollback.to, count);
    } else if first.is_none() {
        count.samples.count("day90_rollbacks_in_progress", &[]);
    }
    let plan = history.declared_at(started.received).rollback.as_ref();
    let due = started.time + plan.and_then(|plan| plan.within).unwrap_or(DAY);
    let by_clock = due.max(started.received) + GRACE;
    let drill = rollback.drill.to_string();
    let mut overdue = |to: &str| {
        count.samples.count("day90_rollbacks_overdue_total", &[("to", to), ("drill", &drill)]);
    };
    if by_clock <= now && effective.is_none_or(|at| at > by_clock) {
        overdue(&rollback.to);
    } else if let Some(late) = rollback.completions.iter().find(|end| end.time > due) {
        overdue(&rollback.went(late));
    }
}

/// Starts and ends of the fallback by time.
fn fallback(history: &History, rollbacks: &[Rollback], now: i64, count: &mut Count) {
    let mut line: Vec<(i64, usize, bool)> = Vec::new();
    for event in history.of(&["fallback.started", "fallback.ended"]) {
        line.push((event.time, event.order, event.kind == "fallback.started"));
    }
    for rollback in rollbacks.iter().filter(|it| !it.drill && it.counts(now)) {
        let restored = rollback.completions.iter().filter(|end| end.text("result").as_deref() == Some("restored"));
        let restored = restored.filter(|end| rollback.went(end) == "previous_process");
        line.extend(restored.map(|end| (end.time, end.order, true)));
    }
    line.sort_unstable();
    let mut since: Option<i64> = None;
    let mut ended = false;
    for (time, order, starts) in line {
        if starts {
            since.get_or_insert(time);
        } else if let Some(begun) = since.take() {
            ended = true;
            count.samples.add("day90_fallback_seconds_total", &[], as_seconds(time - begun));
        } else {
            in_vain(&history.events[order], ended, now, count);
        }
    }
    if let Some(begun) = since {
        count.samples.set("day90_fallback_active", &[], 1.0);
        count.samples.set("day90_fallback_start_timestamp_seconds", &[], as_seconds(begun));
    }
}

/// An end waits for its start as long as any stage for its opening.
fn in_vain(end: &Event, ended_before: bool, now: i64, count: &mut Count) {
    if now < end.received + LIFECYCLE_MEMORY {
        return;
    }
    if ended_before { count.repeat(end) } else { count.orphan(end) }
}

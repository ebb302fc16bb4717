//! Resolutions: what was closed, and what undid it first.

use std::collections::BTreeMap;

use super::declared::{DAY, MINUTE};
use super::escalations;
use super::history::{Count, Event, GRACE, History, LIFECYCLE_MEMORY, RESOLUTION_MEMORY};

const TYPES: &[&str] = &[
    "case.closed",
    "case.reopened",
    "escalation.opened",
    "escalation.resolved",
    "appeal.decided",
    "feedback.received",
];

pub fn count(history: &History, now: i64, count: &mut Count) {
    let mut cases: BTreeMap<String, Vec<&Event>> = BTreeMap::new();
    for event in history.of(TYPES) {
        if let Some(case) = event.text("case") {
            cases.entry(case).or_default().push(event);
        }
    }
    for events in cases.values() {
        let closings = events.iter().filter(|event| event.kind == "case.closed");
        let mut undone_by = Vec::new();
        closings.for_each(|closing| one(history, closing, events, now, &mut undone_by, count));
        for event in events.iter().filter(|event| event.kind == "case.reopened" && !undone_by.contains(&event.order)) {
            let near = |closing: &&&Event| {
                closing.kind == "case.closed" && event.received - closing.received <= RESOLUTION_MEMORY
            };
            let mut closings = events.iter().filter(near);
            // Of a case that was closed only after it nothing is undone.
            match closings.clone().any(|closing| closing.order < event.order && closing.time <= event.time) {
                true => count.repeat(event),
                false if closings.next().is_some() => {}
                // It waits for its closing as long as for an opening.
                false if now >= event.received + LIFECYCLE_MEMORY => count.orphan(event),
                false => {}
            }
        }
    }
}

/// One closing, with everything that is known of its case.
fn one(history: &History, closing: &Event, events: &[&Event], now: i64, undone_by: &mut Vec<usize>, count: &mut Count) {
    let by = closing.or("by", "");
    let opened = |event: &&&Event| event.kind == "escalation.opened";
    let escalated = events.iter().filter(opened).any(|event| event.order < closing.order && event.time <= closing.time);
    let escalated = escalated.to_string();
    let labels = [("by", by.as_str()), ("escalated", escalated.as_str())];
    count.samples.count("day90_resolutions_total", &labels);
    let matures = closing.time + history.declared_at(closing.received).durable_after.unwrap_or(7 * DAY);
    let late = closing.received - closing.time > MINUTE;
    let due = if late { matures.max(closing.received + GRACE) } else { matures };
    let later_closing = events.iter().find(|event| event.kind == "case.closed" && event.order > closing.order);
    let undone = events.iter().filter(|event| {
        event.order > closing.order
            && event.time > closing.time
            && event.received - closing.received <= RESOLUTION_MEMORY
            && later_closing.is_none_or(|later| event.order <= later.order)
    });
    let undone = undone.filter_map(|event| Some((*event, how(event, &by)?))).next();
    // What was known when it arrived: the first by time.
    let known = events.iter().filter(|event| event.order < closing.order && event.time > closing.time);
    let at_once = known.filter_map(|event| Some((*event, how(event, &by)?))).min_by_key(|(event, _)| event.time);
    let undone = at_once.or(undone);
    let in_time = undone.is_some_and(|(event, _)| event.time <= matures && event.received.max(closing.received) < due);
    // Durable once the period has passed and nothing that undid it is known by then.
    if !in_time && due <= now {
        count.samples.count("day90_resolutions_durable_total", &labels);
    }
    if let Some((event, how)) = undone {
        undone_by.push(event.order);
        let matured = (event.time > matures).to_string();
        let labels = [labels[0], labels[1], ("how", how), ("matured", &matured)];
        count.samples.count("day90_resolutions_undone_total", &labels);
    }
}

/// How an event undoes a resolution that it is later than.
fn how(event: &Event, closed_by: &str) -> Option<&'static str> {
    match event.kind.as_str() {
        "case.reopened" => Some("reopened"),
        kind if kind == escalations::KIND.opening => Some("escalated"),
        "escalation.resolved" | "appeal.decided" => {
            (event.text("outcome").as_deref() == Some("overturned")).then_some("overturned")
        }
        "case.closed" => (closed_by == "ai" && event.text("by").as_deref() == Some("human")).then_some("human"),
        "feedback.received" => match event.text("signal").as_deref() {
            Some("repeat_contact") => Some("repeat_contact"),
            Some("complaint") => Some("complaint"),
            _ => None,
        },
        _ => None,
    }
}

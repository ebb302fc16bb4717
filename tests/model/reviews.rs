//! Reviews and appeals: lifecycles whose ends count alone when their opening doesn't come.

use super::escalations::{Deadline, due, judge};
use super::history::{Count, Event, GRACE, History, LIFECYCLE_MEMORY, as_seconds};
use super::rounds::{self, Kind, Round};

const REVIEW: Kind = Kind {
    field: "review",
    types: &["review.requested", "review.started", "review.completed"],
    opening: "review.requested",
    end: "review.completed",
    ends_alone: true,
};

const APPEAL: Kind = Kind {
    field: "appeal",
    types: &["appeal.opened", "appeal.decided"],
    opening: "appeal.opened",
    end: "appeal.decided",
    ends_alone: true,
};

/// Decisions that nobody made: they take no effort.
const NOBODYS: [&str; 3] = ["expired", "cancelled", "bypassed"];

pub fn count(history: &History, now: i64, count: &mut Count) {
    let found = rounds::found(history, &REVIEW, now);
    found.rounds.iter().for_each(|round| one(history, round, now, count));
    found.repeats.iter().for_each(|event| count.repeat(event));
    for life in &found.alone {
        alone(history, life, now, count);
    }
}

fn one(history: &History, round: &Round, now: i64, count: &mut Count) {
    let opening = round.opening;
    let completed = round.first("review.completed");
    let grace_over = completed.is_some_and(|end| end.received + GRACE < round.begun);
    let asked = opening.text("queue");
    let queue = match completed.filter(|_| grace_over) {
        // It had counted as a review of its own by the time its request came.
        Some(end) => end.or("queue", "none"),
        None => {
            let own = completed.and_then(|end| end.text("queue"));
            asked.clone().or(own).unwrap_or_else(|| "none".into())
        }
    };
    let starts: Vec<&Event> = round.stages.iter().filter(|stage| stage.kind == "review.started").copied().collect();
    round.stages.iter().filter(|stage| stage.kind == "review.completed").skip(1).for_each(|event| count.repeat(event));
    if let Some(end) = completed {
        let used = used(&starts, end, count);
        let first = used.iter().map(|start| start.time).min();
        let sent = end.number("wait_seconds").map(|sent| count.sent(sent));
        // What its request fills in is of the queue that it was requested in.
        let waited_in = if sent.is_some() { &queue } else { asked.as_ref().unwrap_or(&queue) };
        let wait = sent.or_else(|| first.map(|first| count.between(opening.time, first)));
        if let Some(wait) = wait {
            count.samples.observe("day90_review_wait_seconds", &[("queue", waited_in)], wait);
        }
        finished(history, end, &queue, last_start(&used, end), count);
    } else {
        let labels = [("queue", queue.as_str())];
        count.samples.count("day90_reviews_open", &labels);
        count.samples.oldest("day90_review_oldest_open_timestamp_seconds", &labels, as_seconds(opening.time));
    }
    if let Some(queue) = asked {
        let declared = history.declared_at(opening.received);
        let within = declared.review_within.get(&queue).copied().flatten();
        let due = within.map(|within| due(declared, within, opening.time));
        let met: Vec<(i64, i64)> = completed.iter().map(|end| (round.effective(end), end.time)).collect();
        let (stops, stage) = (met.first().map(|(at, _)| *at), "");
        let deadline = Deadline { round, due, stops, met, queue: &queue, current: &queue, stage, prefix: "review" };
        judge(&deadline, now, count);
    }
}

/// The starts that had arrived when it was completed. One that comes after that adds what wasn't observed yet.
fn used<'h>(starts: &[&'h Event], end: &Event, count: &mut Count) -> Vec<&'h Event> {
    let before = starts.iter().filter(|start| start.order < end.order).count();
    let (used, repeats) = starts.split_at(before.max(1).min(starts.len()));
    repeats.iter().for_each(|event| count.repeat(event));
    used.to_vec()
}

/// The last start, of those before the completion where there are any.
fn last_start(used: &[&Event], end: &Event) -> Option<i64> {
    let times = || used.iter().map(|start| start.time);
    times().filter(|start| *start <= end.time).max().or_else(|| times().max())
}

/// What a completion says by itself.
fn finished(history: &History, end: &Event, queue: &str, last_start: Option<i64>, count: &mut Count) {
    let decision = end.or("decision", "");
    count.samples.count("day90_reviews_total", &[("queue", queue), ("decision", &decision)]);
    if let Some(ratio) = end.number("edit_ratio") {
        count.samples.observe("day90_review_edit_ratio", &[("queue", queue)], ratio);
    }
    if NOBODYS.contains(&decision.as_str()) {
        return;
    }
    if history.declared_at(end.received).objectives.override_ratio.is_some() {
        count.judged("override_ratio", decision != "edited" && decision != "rejected");
    }
    let sent = end.number("handling_seconds").map(|sent| count.sent(sent));
    let Some(effort) = sent.or_else(|| last_start.map(|start| count.between(start, end.time))) else { return };
    count.samples.observe("day90_review_handling_seconds", &[("queue", queue), ("decision", &decision)], effort);
    let objective = history.declared_at(end.received).objectives.rubber_stamp_seconds;
    if let (Some(least), "approved") = (objective, decision.as_str()) {
        count.judged("rubber_stamp_seconds", effort >= least);
    }
}

/// Stages of a review that nobody requested.
fn alone(history: &History, life: &[&Event], now: i64, count: &mut Count) {
    let completed = life.iter().find(|event| event.kind == "review.completed");
    match completed {
        Some(end) if now >= end.received + GRACE => {
            let starts: Vec<&Event> = life.iter().filter(|event| event.kind == "review.started").copied().collect();
            let used = used(&starts, end, count);
            let last = last_start(&used, end);
            let queue = end.or("queue", "none");
            if let Some(wait) = end.number("wait_seconds") {
                let wait = count.sent(wait);
                count.samples.observe("day90_review_wait_seconds", &[("queue", &queue)], wait);
            }
            finished(history, end, &queue, last, count);
        }
        Some(_) => {}
        None => {
            let over = life.iter().filter(|event| now >= event.received + LIFECYCLE_MEMORY);
            over.for_each(|event| count.orphan(event));
        }
    }
}

pub fn count_appeals(history: &History, now: i64, count: &mut Count) {
    let found = rounds::found(history, &APPEAL, now);
    found.repeats.iter().for_each(|event| count.repeat(event));
    for round in &found.rounds {
        let decided = round.first("appeal.decided");
        round.stages.iter().skip(1).for_each(|event| count.repeat(event));
        match decided {
            Some(end) => {
                count.samples.count("day90_appeals_total", &[("outcome", &end.or("outcome", ""))]);
                let took = count.between(round.opening.time, end.time);
                count.samples.observe("day90_appeal_decide_seconds", &[], took);
            }
            None => {
                count.samples.count("day90_appeals_open", &[]);
                let since = as_seconds(round.opening.time);
                count.samples.oldest("day90_appeal_oldest_open_timestamp_seconds", &[], since);
            }
        }
        let declared = history.declared_at(round.opening.received);
        let due = declared.appeals_within.map(|within| due(declared, within, round.opening.time));
        let met: Vec<(i64, i64)> = decided.iter().map(|end| (round.effective(end), end.time)).collect();
        let stops = met.first().map(|(at, _)| *at);
        let deadline = Deadline { round, due, stops, met, queue: "", current: "", stage: "", prefix: "appeal" };
        judge(&deadline, now, count);
    }
    for end in found.alone.iter().filter_map(|life| life.first()) {
        if now >= end.received + GRACE {
            count.samples.count("day90_appeals_total", &[("outcome", &end.or("outcome", ""))]);
        }
    }
}

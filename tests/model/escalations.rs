//! Escalations: each round judged by its own deadlines, which were fixed when it opened.

use super::declared::{Deadlines, Declared, Route, Within};
use super::history::{Count, Event, GRACE, History, LIFECYCLE_MEMORY, as_seconds};
use super::rounds::{self, Kind, Round};

pub const KIND: Kind = Kind {
    field: "escalation",
    types: &["escalation.opened", "escalation.acknowledged", "escalation.reassigned", "escalation.resolved"],
    opening: "escalation.opened",
    end: "escalation.resolved",
};

pub fn count(history: &History, now: i64, count: &mut Count) {
    let found = rounds::found(history, &KIND);
    found.rounds.iter().for_each(|round| one(history, round, now, count));
    found.repeats.iter().for_each(|event| count.repeat(event));
    for event in found.alone.iter().flatten() {
        if now >= event.received + LIFECYCLE_MEMORY {
            count.orphan(event);
        }
    }
}

fn one(history: &History, round: &Round, now: i64, count: &mut Count) {
    let opening = round.opening;
    let declared = history.declared_at(opening.received);
    let reason = opening.or("reason", "none");
    let route = declared.routes.iter().find(|route| route.reason == reason || route.reason == "*");
    let queue = opening.text("queue").or_else(|| Some(route?.queue.clone())).unwrap_or_else(|| "unrouted".into());
    count.samples.count("day90_escalations_total", &[("queue", &queue), ("reason", &reason)]);
    let path = path(history, round, &queue, count);
    if path.iter().any(|(at, queue)| unrouted(history.declared_at(*at), queue)) {
        count.samples.count("day90_escalations_unrouted_total", &[("reason", &reason)]);
    }
    let current = &path.last().expect("it was opened in one").1;
    let (acknowledged, resolved) = (round.first("escalation.acknowledged"), round.first("escalation.resolved"));
    let again = |kind: &str| round.stages.iter().filter(|stage| stage.kind == kind).skip(1).copied().collect();
    let repeats: [Vec<&Event>; 2] = [again("escalation.acknowledged"), again("escalation.resolved")];
    repeats.iter().flatten().for_each(|event| count.repeat(event));
    if let Some(stage) = acknowledged {
        let waited = count.between(opening.time, stage.time);
        count.samples.observe("day90_escalation_acknowledge_seconds", &[("queue", &queue)], waited);
    }
    if let Some(stage) = resolved {
        let took = count.between(opening.time, stage.time);
        let outcome = stage.or("outcome", "");
        count.samples.observe("day90_escalation_resolve_seconds", &[("queue", &queue), ("outcome", &outcome)], took);
    }
    let deadlines = deadlines(declared, route, opening);
    // A resolution of a case without an acknowledgement acknowledges it.
    let looked: Vec<&Event> = by_effect(round, [acknowledged, resolved].into_iter().flatten().collect());
    let judged = [
        ("acknowledge", deadlines.acknowledge, looked),
        ("resolve", deadlines.resolve, resolved.into_iter().collect()),
    ];
    for (stage, within, by) in judged {
        let due = within.map(|within| due(declared, within, opening.time));
        judge(&Deadline { round, due, queue: &queue, current, stage, prefix: "escalation" }, &by, now, count);
    }
    gauges(opening, current, acknowledged.is_none() && resolved.is_none(), resolved.is_none(), count);
}

fn by_effect<'h>(round: &Round, mut stages: Vec<&'h Event>) -> Vec<&'h Event> {
    stages.sort_by_key(|stage| (round.effective(stage), stage.order));
    stages
}

/// The queues it was in, by time, each with the moment from which its declaration counts.
fn path(history: &History, round: &Round, opened_in: &str, count: &mut Count) -> Vec<(i64, String)> {
    let mut moves: Vec<&Event> =
        round.stages.iter().filter(|stage| stage.kind == "escalation.reassigned").copied().collect();
    moves.sort_by_key(|event| (event.time, event.order));
    let mut path = vec![(round.opening.received, opened_in.to_owned())];
    for event in moves {
        let to = event.or("queue", "");
        if path.last().is_some_and(|(_, queue)| *queue == to) {
            count.repeat(event);
            continue;
        }
        count.samples.count("day90_escalations_reassigned_total", &[("queue", opened_in)]);
        path.push((round.effective(event), to));
    }
    debug_assert!(!history.declared.is_empty());
    path
}

fn unrouted(declared: &Declared, queue: &str) -> bool {
    !declared.routes.is_empty() && declared.routes.iter().all(|route| route.queue != queue)
}

/// The route's own severity, then the shorter of the route's and the severity's, then the system's.
fn deadlines(declared: &Declared, route: Option<&Route>, opening: &Event) -> Deadlines {
    let severity = opening.text("severity");
    let of_severity = severity.as_ref().and_then(|severity| declared.severity.get(severity));
    let of_route = severity.as_ref().and_then(|severity| route?.severity.get(severity));
    let pick = |stage: fn(&Deadlines) -> Option<Within>| {
        let own = of_route.and_then(stage);
        let both = [route.and_then(|route| stage(&route.deadlines)), of_severity.and_then(stage)];
        let shorter = both.into_iter().flatten().min_by_key(|within| due(declared, *within, opening.time));
        own.or(shorter).or_else(|| stage(&declared.deadlines))
    };
    Deadlines { acknowledge: pick(|of| of.acknowledge), resolve: pick(|of| of.resolve) }
}

pub fn due(declared: &Declared, within: Within, from: i64) -> i64 {
    match &declared.calendar {
        Some(calendar) if within.business => calendar.after(from, within.nanos, declared.zone()),
        _ => from + within.nanos,
    }
}

/// A stage that has a time by which it must come.
pub struct Deadline<'r> {
    pub round: &'r Round<'r>,
    pub due: Option<i64>,
    /// Its counters' queue, and that of its gauges.
    pub queue: &'r str,
    pub current: &'r str,
    pub stage: &'r str,
    pub prefix: &'r str,
}

/// Judges a deadline by event times; the clock misses an open one as it passes. `by`: what meets it, by effect.
pub fn judge(deadline: &Deadline, by: &[&Event], now: i64, count: &mut Count) {
    let Deadline { round, due: Some(due), prefix, .. } = *deadline else { return };
    let opening = round.opening;
    let late = opening.received - opening.time > super::declared::MINUTE;
    let passes = if late { due.max(opening.received + GRACE) } else { due.max(round.begun) };
    let first = by.first();
    let met_at = first.map(|stage| round.effective(stage));
    let missed = match met_at {
        Some(at) if at <= passes => first.is_some_and(|stage| stage.time > due),
        _ => passes <= now,
    };
    let forgiven = missed && by.iter().any(|stage| stage.time <= due);
    let counters: Vec<(&str, &str)> = deadline.labels(deadline.queue);
    if missed {
        count.samples.count(&format!("day90_{prefix}_deadline_missed_total"), &counters);
    }
    if forgiven {
        count.samples.count(&format!("day90_{prefix}_deadline_forgiven_total"), &counters);
    }
    if prefix == "escalation" && (missed || met_at.is_some()) {
        let objective = format!("{}_seconds", deadline.stage);
        count.samples.count("day90_objective_events_total", &[("objective", &objective)]);
        if !missed || forgiven {
            count.samples.count("day90_objective_good_total", &[("objective", &objective)]);
        }
    }
    if met_at.is_none() && due < now {
        let gauges: Vec<(&str, &str)> = deadline.labels(deadline.current);
        count.samples.count(&format!("day90_{prefix}s_overdue"), &gauges);
        if prefix == "escalation" {
            count.samples.oldest("day90_escalation_oldest_overdue_timestamp_seconds", &gauges, as_seconds(due));
        }
    }
}

impl<'r> Deadline<'r> {
    fn labels(&self, queue: &'r str) -> Vec<(&'r str, &'r str)> {
        let all = [("queue", queue), ("stage", self.stage)];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

fn gauges(opening: &Event, queue: &str, unacknowledged: bool, open: bool, count: &mut Count) {
    let labels = [("queue", queue)];
    let since = as_seconds(opening.time);
    if open {
        count.samples.count("day90_escalations_open", &labels);
        count.samples.oldest("day90_escalation_oldest_open_timestamp_seconds", &labels, since);
    }
    if unacknowledged {
        count.samples.count("day90_escalations_unacknowledged", &labels);
        count.samples.oldest("day90_escalation_oldest_unacknowledged_timestamp_seconds", &labels, since);
    }
}

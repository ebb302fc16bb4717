//! Escalations: each round judged by its own deadlines, which were fixed when it opened.

use super::declared::{Deadlines, Declared, Route, Within};
use super::history::{Count, Event, GRACE, History, LIFECYCLE_MEMORY, as_seconds};
use super::rounds::{self, Kind, Round};

pub const KIND: Kind = Kind {
    field: "escalation",
    types: &["escalation.opened", "escalation.acknowledged", "escalation.reassigned", "escalation.resolved"],
    opening: "escalation.opened",
    end: "escalation.resolved",
    ends_alone: false,
};

pub fn count(history: &History, now: i64, count: &mut Count) {
    let found = rounds::found(history, &KIND, now);
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
    let acknowledgement = Acknowledgement::of(round, acknowledged, resolved, count);
    if let Some((_, time)) = acknowledgement.judged.first().filter(|(at, _)| *at <= now) {
        let waited = count.between(opening.time, *time);
        count.samples.observe("day90_escalation_acknowledge_seconds", &[("queue", &queue)], waited);
    }
    if let Some(stage) = resolved {
        let took = count.between(opening.time, stage.time);
        let outcome = stage.or("outcome", "");
        count.samples.observe("day90_escalation_resolve_seconds", &[("queue", &queue), ("outcome", &outcome)], took);
    }
    let deadlines = deadlines(declared, route, opening);
    let resolution: Vec<(i64, i64)> = resolved.iter().map(|end| (round.effective(end), end.time)).collect();
    let ended = resolution.first().map(|(at, _)| *at);
    let stages = [
        ("acknowledge", deadlines.acknowledge, acknowledgement.stops, acknowledgement.judged),
        ("resolve", deadlines.resolve, ended, resolution),
    ];
    for (stage, within, stops, met) in stages {
        let due = within.map(|within| due(declared, within, opening.time));
        let deadline = Deadline { round, due, stops, met, queue: &queue, current, stage, prefix: "escalation" };
        judge(&deadline, now, count);
    }
    gauges(opening, current, acknowledged.is_none() && resolved.is_none(), resolved.is_none(), count);
}

/// What acknowledges a round.
struct Acknowledgement {
    /// When nobody waits for it any more.
    stops: Option<i64>,
    /// When it counts, and the time by which it is judged; what comes after it can only forgive.
    judged: Vec<(i64, i64)>,
}

impl Acknowledgement {
    /// A resolution of a case without an acknowledgement acknowledges it, when none has arrived within the grace.
    fn of(round: &Round, by_hand: Option<&Event>, resolved: Option<&Event>, count: &mut Count) -> Acknowledgement {
        let effect = |stage: &Event| round.effective(stage);
        let instead = resolved.map(|end| (effect(end) + GRACE, end.time));
        let by_hand = by_hand.map(|stage| (effect(stage), stage));
        let stops = [by_hand.map(|(at, _)| at), resolved.map(effect)].into_iter().flatten().min();
        let judged = match (by_hand, instead) {
            (Some((at, stage)), Some((until, time))) if at > until => {
                count.repeat(stage);
                vec![(until, time), (at, stage.time)]
            }
            (Some((at, stage)), _) => vec![(at, stage.time)],
            (None, instead) => instead.into_iter().collect(),
        };
        Acknowledgement { stops, judged }
    }
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
        path.push((event.received, to));
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
    /// When nobody waits for it any more.
    pub stops: Option<i64>,
    /// What met it: when it counts, and its time.
    pub met: Vec<(i64, i64)>,
    /// Its counters' queue, and that of its gauges.
    pub queue: &'r str,
    pub current: &'r str,
    pub stage: &'r str,
    pub prefix: &'r str,
}

/// Judges a deadline by event times; the clock misses an open one as it passes.
pub fn judge(deadline: &Deadline, now: i64, count: &mut Count) {
    let Deadline { round, due: Some(due), stops, prefix, .. } = *deadline else { return };
    let opening = round.opening;
    let late = opening.received - opening.time > super::declared::MINUTE;
    let passes = if late { due.max(opening.received + GRACE) } else { due.max(round.begun) };
    let met: Vec<i64> = deadline.met.iter().filter(|(at, _)| *at <= now).map(|(_, time)| *time).collect();
    let by_clock = passes <= now && stops.is_none_or(|stops| passes < stops);
    let missed = by_clock || met.first().is_some_and(|time| *time > due);
    let forgiven = missed && met.iter().any(|time| *time <= due);
    let counters: Vec<(&str, &str)> = deadline.labels(deadline.queue);
    if missed {
        count.samples.count(&format!("day90_{prefix}_deadline_missed_total"), &counters);
    }
    if forgiven {
        count.samples.count(&format!("day90_{prefix}_deadline_forgiven_total"), &counters);
    }
    if prefix == "escalation" && (missed || !met.is_empty()) {
        count.judged(&format!("{}_seconds", deadline.stage), !missed || forgiven);
    }
    if stops.is_none() && due < now {
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

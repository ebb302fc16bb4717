//! What must be counted, from the words of the event contract alone: stages of lifecycles are collected in plain rows,
//! and every series is a sum over rows. Nothing here calls the fold.

use std::collections::{BTreeMap, HashMap, HashSet};

use day90::config::Model as Operating;
use day90::event::Timestamp;
use day90::event::time::SECOND;

use super::events::{Happening, Kind, Stage, What};

/// A deadline that had passed before its escalation was received is held against the clock only after this.
const ARRIVAL_GRACE: i64 = 5 * SECOND;
const UNFINISHED_AFTER: i64 = 24 * 3_600 * SECOND;

/// Series by name and labels, as the text format spells them.
pub type Samples = BTreeMap<String, f64>;

/// What the sender of one batch must be told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    pub accepted: u64,
    pub duplicates: u64,
    /// Positions of openings over the bound.
    pub rejected: Vec<u32>,
}

#[derive(Clone, Default)]
pub struct Model {
    pub operating: Operating,
    now: Option<Timestamp>,
    ids: HashSet<(&'static str, String)>,
    /// Live systems, and whether they were ever declared.
    systems: BTreeMap<String, bool>,
    /// Values that a label of a system shows, and whether they were declared first.
    labels: HashMap<(String, &'static str), BTreeMap<String, bool>>,
    rows: HashMap<(Kind, String, String), Row>,
    /// Of what needs no row, and of rows that are gone.
    counts: Samples,
    finished: u64,
}

#[derive(Clone)]
struct Row {
    opened: Option<Opened>,
    /// Acknowledged, or started.
    begun: Option<Timestamp>,
    ended: Option<(Timestamp, &'static str)>,
    moves: Vec<(Timestamp, String)>,
    missed_by_clock: [bool; 2],
    /// When waiting, or being remembered, ends.
    until: Timestamp,
    /// The order in which rows finished; 0 before.
    finished: u64,
}

#[derive(Clone)]
struct Opened {
    at: Timestamp,
    received: Timestamp,
    queue: String,
    /// A reason; or what a rollback says of itself.
    word: String,
    due: [Option<Timestamp>; 2],
    unrouted: bool,
}

impl Row {
    fn new(until: Timestamp) -> Row {
        let missed_by_clock = [false; 2];
        Row { opened: None, begun: None, ended: None, moves: Vec::new(), missed_by_clock, until, finished: 0 }
    }

    fn is_open(&self) -> bool {
        self.opened.is_some() && self.ended.is_none()
    }

    fn is_finished(&self) -> bool {
        self.opened.is_some() && self.ended.is_some()
    }

    fn queue_now(&self, opened: &Opened) -> String {
        self.moves.iter().max_by_key(|(at, _)| *at).map_or(&opened.queue, |(_, queue)| queue).clone()
    }

    /// When the clock calls a stage missed, unless an event says otherwise before.
    fn clock_due(&self, kind: Kind, stage: usize) -> Option<Timestamp> {
        let opened = self.opened.as_ref()?;
        let due = opened.due[stage]?;
        let ended_in_time = self.ended.is_some_and(|(at, _)| stage == 1 || at <= due);
        let done = ended_in_time || kind == Kind::Escalation && stage == 0 && self.begun.is_some();
        (!done && !self.missed_by_clock[stage]).then(|| due.max(opened.received.plus(ARRIVAL_GRACE)))
    }

    fn due(&self, kind: Kind) -> Option<Timestamp> {
        let end = (!self.is_open()).then_some(self.until);
        [self.clock_due(kind, 0), self.clock_due(kind, 1), end].into_iter().flatten().min()
    }

    fn missed(&self, stage: usize) -> bool {
        let end = [self.begun, self.ended.map(|(at, _)| at)][stage];
        let due = self.opened.as_ref().and_then(|opened| opened.due[stage]);
        self.missed_by_clock[stage] || end.zip(due).is_some_and(|(end, due)| end > due)
    }
}

impl Model {
    /// What each batch of one commit comes to, and the events that are new.
    pub fn judge(&self, batches: &[&[Happening]]) -> (Vec<Verdict>, Vec<Happening>) {
        let open = self.rows.values().filter(|row| row.is_open()).count();
        let mut left = self.operating.limits.open_cases.saturating_sub(open);
        let mut here = HashSet::new();
        let (mut verdicts, mut fresh) = (Vec::new(), Vec::new());
        for batch in batches {
            let mut verdict = Verdict::default();
            for (index, event) in batch.iter().enumerate() {
                let id = event.id.clone().map(|id| (event.system, id));
                if id.as_ref().is_some_and(|id| self.ids.contains(id) || here.contains(id)) {
                    verdict.duplicates += 1;
                    continue;
                }
                if self.would_open(event) {
                    if left == 0 {
                        verdict.rejected.push(index as u32);
                        continue;
                    }
                    left -= 1;
                }
                here.extend(id);
                verdict.accepted += 1;
                fresh.push(event.clone());
            }
            verdicts.push(verdict);
        }
        (verdicts, fresh)
    }

    fn would_open(&self, event: &Happening) -> bool {
        let What::Lifecycle(kind, Stage::Opened { .. }) = &event.what else { return false };
        self.rows.get(&event.row(*kind)).is_none_or(|row| !row.is_open())
    }

    /// A commit: the clock, then its events.
    pub fn commit(&mut self, at: Timestamp, events: &[Happening]) {
        self.advance(at);
        for event in events {
            self.ids.extend(event.id.clone().map(|id| (event.system, id)));
            self.event(event);
        }
    }

    pub fn configure(&mut self, at: Timestamp, operating: Operating) {
        self.advance(at);
        let systems = std::mem::take(&mut self.systems);
        for (name, declared) in systems {
            if declared && !operating.systems.contains_key(&name) {
                self.remove(&name);
            } else {
                self.systems.insert(name, declared);
            }
        }
        for (name, system) in &operating.systems {
            self.systems.insert(name.clone(), true);
            for route in &system.exception_path.routes {
                self.declare(name, "queue", &route.queue);
                if route.reason != "*" {
                    self.declare(name, "reason", &route.reason);
                }
            }
            system.review_queues.keys().for_each(|queue| self.declare(name, "queue", queue));
        }
        self.operating = operating;
    }

    /// Nothing of a system that is no longer declared is shown; its name may be used again.
    fn remove(&mut self, name: &str) {
        let label = format!("system=\"{name}\"");
        self.counts.retain(|series, _| !series.contains(&label));
        self.rows.retain(|(_, system, _), _| system != name);
        self.labels.retain(|(system, _), _| system != name);
    }

    /// What is due by the clock: deadlines, and the end of waiting and remembering.
    pub fn advance(&mut self, to: Timestamp) {
        if self.now.is_some_and(|now| to <= now) {
            return;
        }
        self.now = Some(to);
        let mut gone = Vec::new();
        for (key, row) in &mut self.rows {
            while let Some(due) = row.due(key.0).filter(|due| *due <= to) {
                match [0, 1].into_iter().find(|stage| row.clock_due(key.0, *stage) == Some(due)) {
                    Some(stage) => row.missed_by_clock[stage] = true,
                    None => {
                        gone.push(key.clone());
                        break;
                    }
                }
            }
        }
        gone.iter().for_each(|key| self.forget(key));
    }

    fn forget(&mut self, key: &(Kind, String, String)) {
        let row = self.rows.remove(key).expect("listed from the rows");
        let (kind, system, _) = key;
        if row.opened.is_some() {
            return tell(*kind, system, &row, &mut |series, number| *self.counts.entry(series).or_default() += number);
        }
        let mut orphan = |stage: &str| self.count(format!("day90_lifecycle_orphans_total{{type=\"{stage}\"}}"));
        row.begun.iter().for_each(|_| orphan(kind.begun()));
        row.moves.iter().for_each(|_| orphan("escalation.reassigned"));
        row.ended.iter().for_each(|_| orphan(kind.ended()));
    }

    fn event(&mut self, event: &Happening) {
        let system = event.system;
        self.systems.entry(system.to_owned()).or_insert(false);
        self.count(format!("day90_events_total{{type=\"{}\",source=\"http\"}}", event.kind()));
        match &event.what {
            What::Task { action, mode, outcome } => self.count(format!(
                "day90_tasks_total{{system=\"{system}\",action=\"{action}\",mode=\"{mode}\",outcome=\"{outcome}\"}}"
            )),
            What::Feedback { signal, value } => {
                let polarity = match *value {
                    "\"up\"" | "4" | "5" => "positive",
                    "3" => "neutral",
                    _ => "negative",
                };
                self.count(format!(
                    "day90_feedback_total{{system=\"{system}\",signal=\"{signal}\",polarity=\"{polarity}\"}}"
                ));
            }
            What::Change { kind, author, approver, .. } => {
                let approvers = self.operating.systems.get(system).map(|system| &system.changes.approvers);
                let declared = approvers.and_then(|all| all.iter().find(|(of, _)| of.as_str() == *kind));
                let approval = match approver {
                    None => "unapproved",
                    Some(approver) if approver == author => "self_approved",
                    Some(approver) if declared.is_some_and(|(_, all)| !all.iter().any(|one| one == approver)) => {
                        "unapproved"
                    }
                    Some(_) => "approved",
                };
                self.count(format!(
                    "day90_changes_total{{system=\"{system}\",kind=\"{kind}\",approval=\"{approval}\"}}"
                ));
            }
            What::Lifecycle(kind, stage) => self.stage(event, *kind, stage),
        }
    }

    fn stage(&mut self, event: &Happening, kind: Kind, stage: &Stage) {
        let limits = self.operating.limits.clone();
        let received = event.received;
        let opened = self.opened(event, kind, stage);
        let moved = match stage {
            Stage::Moved { queue } => self.label(event.system, "queue", queue),
            _ => String::new(),
        };
        let key = event.row(kind);
        if !self.rows.contains_key(&key) {
            self.make_room(kind, limits.open_cases);
            self.rows.insert(key.clone(), Row::new(received.plus(limits.lifecycle_memory)));
        }
        // A later opening after the end is a lifecycle of its own.
        let row = &self.rows[&key];
        let again = kind != Kind::Rollback
            && row.is_finished()
            && opened.as_ref().zip(row.ended).is_some_and(|(opened, (end, _))| opened.at > end);
        if again {
            self.forget(&key);
            self.rows.insert(key.clone(), Row::new(received));
        }
        let row = self.rows.get_mut(&key).expect("made above");
        let fresh = match stage {
            Stage::Opened { .. } => row.opened.is_none() && row.opened.replace(opened.expect("an opening")).is_none(),
            Stage::Begun => row.begun.is_none() && row.begun.replace(event.time).is_none(),
            Stage::Moved { .. } => {
                let new = !row.moves.contains(&(event.time, moved.clone()));
                row.moves.extend(new.then_some((event.time, moved)));
                new
            }
            Stage::Ended { outcome } => row.ended.is_none() && row.ended.replace((event.time, outcome)).is_none(),
        };
        if fresh && row.is_finished() {
            row.until = received.plus(limits.lifecycle_memory);
            if row.finished == 0 {
                self.finished += 1;
                row.finished = self.finished;
            }
        }
        if !fresh {
            self.count(format!("day90_lifecycle_repeats_total{{type=\"{}\"}}", event.kind()));
        }
    }

    fn opened(&mut self, event: &Happening, kind: Kind, stage: &Stage) -> Option<Opened> {
        let Stage::Opened { queue, word } = stage else { return None };
        let declared = self.operating.systems.get(event.system).cloned().unwrap_or_default();
        let path = &declared.exception_path;
        let (mut within, mut routed, mut unrouted) = ([None, None], *queue, false);
        match kind {
            Kind::Escalation => {
                within = [path.acknowledge_within, path.resolve_within].map(|within| within.map(|within| within.nanos));
                let reason = word.unwrap_or("none");
                let route = path.routes.iter().find(|route| route.reason == reason || route.reason == "*");
                routed = queue.or(route.map(|route| route.queue.as_str()));
                let known = |queue: &str| {
                    declared.review_queues.contains_key(queue) || path.routes.iter().any(|route| route.queue == queue)
                };
                unrouted = route.is_none() && !queue.is_some_and(known);
            }
            Kind::Rollback => {
                within[1] = Some(declared.rollback.and_then(|plan| plan.within).unwrap_or(UNFINISHED_AFTER));
            }
            _ => {}
        }
        let absent = if kind == Kind::Escalation { "unrouted" } else { "none" };
        let queue = routed.map_or(absent.to_owned(), |queue| self.label(event.system, "queue", queue));
        let word = match (kind, word) {
            (Kind::Escalation, Some(reason)) => self.label(event.system, "reason", reason),
            (_, word) => word.unwrap_or("none").to_owned(),
        };
        let due = within.map(|within| within.map(|within| event.time.plus(within)));
        Some(Opened { at: event.time, received: event.received, queue, word, due, unrouted })
    }

    /// The oldest finished rows are forgotten while the table holds more than its bound.
    fn make_room(&mut self, kind: Kind, bound: usize) {
        loop {
            let settled = self.rows.iter().filter(|((of, ..), row)| *of == kind && row.opened.is_some());
            if settled.count() < bound {
                return;
            }
            let finished = self.rows.iter().filter(|((of, ..), row)| *of == kind && row.is_finished());
            let Some(oldest) = finished.min_by_key(|(_, row)| row.finished).map(|(key, _)| key.clone()) else { return };
            self.forget(&oldest);
        }
    }

    /// The value that an event's label shows: over the bound it is `other`.
    fn label(&mut self, system: &str, label: &'static str, value: &str) -> String {
        let bound = self.operating.limits.values_per_label;
        let values = self.labels.entry((system.to_owned(), label)).or_default();
        if !values.contains_key(value) {
            if values.values().filter(|declared| !**declared).count() >= bound {
                return "other".to_owned();
            }
            values.insert(value.to_owned(), false);
        }
        value.to_owned()
    }

    fn declare(&mut self, system: &str, label: &'static str, value: &str) {
        self.labels.entry((system.to_owned(), label)).or_default().entry(value.to_owned()).or_insert(true);
    }

    fn count(&mut self, series: String) {
        *self.counts.entry(series).or_default() += 1.0;
    }

    /// Every series that must be there with another value than 0, as of a moment.
    pub fn samples(&self, at: Timestamp) -> Samples {
        let mut then = self.clone();
        then.advance(at);
        let mut samples = then.counts;
        for ((kind, system, _), row) in &then.rows {
            tell(*kind, system, row, &mut |series, number| *samples.entry(series).or_default() += number);
            oldest(*kind, system, row, &mut samples);
        }
        samples
    }
}

/// What a row adds to the series of its kind.
fn tell(kind: Kind, system: &str, row: &Row, add: &mut dyn FnMut(String, f64)) {
    let Some(opened) = &row.opened else { return };
    let Opened { queue, word, .. } = opened;
    let of = format!("system=\"{system}\"");
    let here = format!("{of},queue=\"{queue}\"");
    let mut one = |name: &str, labels: String| add(format!("day90_{name}{{{labels}}}"), 1.0);
    match kind {
        Kind::Escalation => {
            one("escalations_total", format!("{here},reason=\"{word}\""));
            if opened.unrouted {
                one("escalations_unrouted_total", format!("{of},reason=\"{word}\""));
            }
            row.begun.iter().for_each(|_| one("escalation_acknowledge_seconds_count", here.clone()));
            row.moves.iter().for_each(|_| one("escalations_reassigned_total", here.clone()));
            for (stage, name) in ["acknowledge", "resolve"].iter().enumerate().filter(|(stage, _)| row.missed(*stage)) {
                debug_assert!(opened.due[stage].is_some());
                one("escalation_deadline_missed_total", format!("{here},stage=\"{name}\""));
            }
            let now = format!("{of},queue=\"{}\"", row.queue_now(opened));
            match row.ended {
                Some((_, outcome)) => one("escalation_resolve_seconds_count", format!("{here},outcome=\"{outcome}\"")),
                None => {
                    one("escalations_open", now.clone());
                    if row.begun.is_none() {
                        one("escalations_unacknowledged", now);
                    }
                }
            }
        }
        Kind::Review => {
            row.begun.iter().for_each(|_| one("review_wait_seconds_count", here.clone()));
            match row.ended {
                Some((_, decision)) => one("reviews_total", format!("{here},decision=\"{decision}\"")),
                None => one("reviews_open", here.clone()),
            }
        }
        Kind::Appeal => match row.ended {
            Some((_, outcome)) => one("appeals_total", format!("{of},outcome=\"{outcome}\"")),
            None => one("appeals_open", of.clone()),
        },
        Kind::Rollback => {
            if row.ended.is_none() {
                one("rollbacks_in_progress", of.clone());
            }
            let result = match row.ended {
                _ if row.missed(1) => "unfinished",
                Some((_, result)) => result,
                None => return,
            };
            let (trigger, rest) = word.split_once(' ').expect("trigger, to and drill");
            let (to, drill) = rest.split_once(' ').expect("trigger, to and drill");
            let labels = format!("trigger=\"{trigger}\",to=\"{to}\",result=\"{result}\",drill=\"{drill}\"");
            one("rollbacks_total", format!("{of},{labels}"));
        }
    }
}

/// The gauges of the oldest open case are its time, and no sum.
fn oldest(kind: Kind, system: &str, row: &Row, samples: &mut Samples) {
    let Some(opened) = row.opened.as_ref().filter(|_| row.is_open()) else { return };
    let mut see = |name: &str, queue: &str| {
        let series = format!("day90_{name}_timestamp_seconds{{system=\"{system}\",queue=\"{queue}\"}}");
        let at = opened.at.as_seconds_f64();
        samples.entry(series).and_modify(|oldest| *oldest = oldest.min(at)).or_insert(at);
    };
    match kind {
        Kind::Escalation => {
            see("escalation_oldest_open", &row.queue_now(opened));
            if row.begun.is_none() {
                see("escalation_oldest_unacknowledged", &row.queue_now(opened));
            }
        }
        Kind::Review => see("review_oldest_open", &opened.queue),
        _ => {}
    }
}

/// The families that the model speaks of.
const FAMILIES: &[&str] = &[
    "day90_appeals_open",
    "day90_appeals_total",
    "day90_changes_total",
    "day90_escalation_acknowledge_seconds_count",
    "day90_escalation_deadline_missed_total",
    "day90_escalation_oldest_open_timestamp_seconds",
    "day90_escalation_oldest_unacknowledged_timestamp_seconds",
    "day90_escalation_resolve_seconds_count",
    "day90_escalations_open",
    "day90_escalations_reassigned_total",
    "day90_escalations_total",
    "day90_escalations_unacknowledged",
    "day90_escalations_unrouted_total",
    "day90_events_total",
    "day90_feedback_total",
    "day90_lifecycle_orphans_total",
    "day90_lifecycle_repeats_total",
    "day90_review_oldest_open_timestamp_seconds",
    "day90_review_wait_seconds_count",
    "day90_reviews_open",
    "day90_reviews_total",
    "day90_rollbacks_in_progress",
    "day90_rollbacks_total",
    "day90_tasks_total",
];

/// The samples of an exposition that the model speaks of and that are not 0.
pub fn shown(text: &str) -> Samples {
    let mut samples = Samples::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        if FAMILIES.binary_search(&name).is_ok() {
            let (series, number) = line.rsplit_once(' ').expect("a sample has a number");
            let number: f64 = number.parse().expect("a sample has a number");
            if number != 0.0 {
                samples.insert(series.to_owned(), number);
            }
        }
    }
    samples
}

/// Where an exposition and the model disagree; empty when they agree.
pub fn disagreements(shown: &Samples, model: &Samples) -> Vec<String> {
    let of = |samples: &Samples, series: &str| samples.get(series).copied().unwrap_or_default();
    let names: HashSet<&String> = shown.keys().chain(model.keys()).collect();
    let apart = names.into_iter().filter(|name| (of(shown, name) - of(model, name)).abs() > 1e-6);
    let mut apart: Vec<String> =
        apart.map(|name| format!("{name}: day90 says {}, the model {}", of(shown, name), of(model, name))).collect();
    apart.sort_unstable();
    apart
}

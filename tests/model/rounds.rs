//! Rounds of a lifecycle, found by sorting what is known of it.

use std::collections::BTreeMap;

use super::history::{Event, GRACE, History, LIFECYCLE_MEMORY};

/// The words of one kind of lifecycle.
pub struct Kind {
    /// The field that names one.
    pub field: &'static str,
    pub types: &'static [&'static str],
    pub opening: &'static str,
    pub end: &'static str,
    /// An end whose opening doesn't come within the grace counts alone.
    pub ends_alone: bool,
}

/// One round, with all that belongs to it in the order of arrival.
pub struct Round<'h> {
    pub opening: &'h Event,
    /// When its opening took effect.
    pub begun: i64,
    pub stages: Vec<&'h Event>,
}

/// All that is known of the lifecycles of a kind.
#[derive(Default)]
pub struct Found<'h> {
    pub rounds: Vec<Round<'h>>,
    /// Stages that change nothing.
    pub repeats: Vec<&'h Event>,
    /// Stages whose opening never came, life by life.
    pub alone: Vec<Vec<&'h Event>>,
}

impl<'h> Round<'h> {
    /// The first of a type to arrive: a stage that comes twice counts as it first arrived.
    pub fn first(&self, kind: &str) -> Option<&'h Event> {
        self.stages.iter().find(|stage| stage.kind == kind).copied()
    }

    /// When a stage takes effect: not before its opening.
    pub fn effective(&self, stage: &Event) -> i64 {
        stage.received.max(self.begun)
    }
}

/// The rounds of every lifecycle of this kind.
pub fn found<'h>(history: &'h History, kind: &'h Kind, now: i64) -> Found<'h> {
    let mut lifecycles: BTreeMap<(bool, String), Vec<&'h Event>> = BTreeMap::new();
    for event in history.of(kind.types) {
        let named = event.text(kind.field);
        let key = (named.is_some(), named.or_else(|| event.text("case")).unwrap_or_default());
        lifecycles.entry(key).or_default().push(event);
    }
    let mut found = Found::default();
    for ((named, _), events) in lifecycles {
        lives(&events, kind).into_iter().for_each(|life| live(life, named, kind, now, &mut found));
    }
    found
}

/// A lifecycle is forgotten some time after its end: what comes then begins a new life.
fn lives<'h>(events: &[&'h Event], kind: &Kind) -> Vec<Vec<&'h Event>> {
    let mut lives: Vec<Vec<&'h Event>> = Vec::new();
    for event in events {
        let over = lives.last().is_none_or(|life| {
            let last = life.last().expect("not empty");
            let opened = life.iter().filter(|known| known.kind == kind.opening).count();
            let ended = life.iter().filter(|known| known.kind == kind.end).count();
            // One that counted alone is remembered from then on.
            let waited = if kind.ends_alone && opened == 0 && ended > 0 { GRACE } else { 0 };
            event.received - last.received > LIFECYCLE_MEMORY + waited && ended >= opened
        });
        match lives.last_mut() {
            Some(life) if !over => life.push(event),
            _ => lives.push(vec![event]),
        }
    }
    lives
}

fn live<'h>(life: Vec<&'h Event>, named: bool, kind: &Kind, now: i64, found: &mut Found<'h>) {
    let openings: Vec<&Event> = life.iter().filter(|event| event.kind == kind.opening).copied().collect();
    let Some(first) = openings.first().copied() else {
        found.alone.push(life);
        return;
    };
    let mut rounds = if named {
        found.repeats.extend(&openings[1..]);
        vec![Round { opening: first, begun: first.received, stages: Vec::new() }]
    } else {
        by_time(&life, kind, now, found)
    };
    for stage in life.iter().filter(|event| event.kind != kind.opening) {
        // The last round that opened at or before its time; up to 5 minutes before the first, it is that one's.
        let at = rounds.iter().rposition(|round| round.opening.time <= stage.time).unwrap_or(0);
        // After its end a stage waits for a later opening; without one it is that round's after all.
        let over = !named && rounds[at].first(kind.end).is_some_and(|end| end.time < stage.time);
        if at > 0 && stage.received + GRACE < rounds[at].begun {
            found.repeats.push(stage);
        } else if !over || now >= stage.received + GRACE {
            rounds[at].stages.push(stage);
        }
    }
    found.rounds.extend(rounds);
}

/// Openings and ends of a case by time: an opening after the end before it begins the next round.
fn by_time<'h>(life: &[&'h Event], kind: &Kind, now: i64, found: &mut Found<'h>) -> Vec<Round<'h>> {
    let mut line: Vec<&Event> =
        life.iter().filter(|event| event.kind == kind.opening || event.kind == kind.end).copied().collect();
    line.sort_by_key(|event| (event.time, event.order));
    // It waits for an end that was earlier, unless it is the same opening once more.
    let is_known = |repeat: &Event, opening: &Event| now >= repeat.received + GRACE || repeat.time == opening.time;
    let mut rounds: Vec<Round> = Vec::new();
    let mut end: Option<&Event> = None;
    for event in line {
        if event.kind == kind.end {
            // Of two ends the one that arrived first is the end.
            if !rounds.is_empty() && end.is_none_or(|end| event.order < end.order) {
                end = Some(event);
            }
            continue;
        }
        match rounds.last_mut() {
            None => rounds.push(Round { opening: event, begun: event.received, stages: Vec::new() }),
            Some(round) => match end.take_if(|end| end.time < event.time && end.received <= event.received + GRACE) {
                Some(end) => {
                    let begun = event.received.max(end.received);
                    rounds.push(Round { opening: event, begun, stages: Vec::new() });
                }
                None if event.order < round.opening.order => {
                    found.repeats.extend(Some(round.opening).filter(|repeat| is_known(repeat, event)));
                    round.opening = event;
                    round.begun = round.begun.min(event.received);
                }
                None => found.repeats.extend(Some(event).filter(|repeat| is_known(repeat, round.opening))),
            },
        }
    }
    rounds
}

//! What must be counted. Which events a sender was told are accepted, and which configuration is in force, is kept here; the
//! counting is [`crate::model`]'s, in closed form over everything that was accepted.
//!
//! A second judge is a state that never met a disk: the fold of the same records. It knows nothing better than the fold, so
//! it says nothing about how things count; but it says of every series of every family, and near every limit, that
//! nothing was lost and nothing came twice.

use std::collections::{BTreeSet, HashSet};

use day90::config::{self, Overrides};
use day90::daemon;
use day90::event::{Timestamp, binary};
use day90::state::State;
use day90::state::engine::dedupe::HashKey;

use super::events::{Happening, Identity, SYSTEMS, system};
use super::world::exposition;
use crate::model::declared::Declared;
use crate::model::history::{Event, History};
use crate::model::samples::{Samples, shown, shown_raw};

/// What the sender of one batch must be told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    pub accepted: u64,
    pub duplicates: u64,
    /// Positions of openings over the bound.
    pub rejected: Vec<u32>,
}

/// A configuration as the daemon reads it, and as the closed form does.
#[derive(Clone, Default)]
pub struct Operating {
    pub model: config::Model,
    /// Nothing of a system that isn't declared.
    declared: Vec<Option<Declared>>,
}

impl Operating {
    pub fn new(limits: &str, declared: Vec<Option<Declared>>, now: Timestamp) -> Operating {
        let mut text = format!("limits: {{{limits}}}\nsystems:\n  nobody: {{}}\n");
        for (at, declared) in declared.iter().enumerate() {
            let Some(declared) = declared else { continue };
            text.push_str(&format!("  {}: {:#}\n", system(at), declared.written()).replace('\n', "\n    "));
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        let (config, problems) = config::check_text("day90.yaml", &text, &Overrides::default(), &daemon::given(now));
        let config = config.unwrap_or_else(|| panic!("{problems}\n{text}"));
        Operating { model: (*config.model).clone(), declared }
    }

    /// The part of `limits.open_cases` that a declared system has by right.
    fn own_share(&self) -> u64 {
        self.model.limits.open_cases as u64 / 2 / self.model.systems.len() as u64
    }
}

/// A frame of the journal.
#[derive(Clone)]
enum Record {
    Configured(Timestamp, config::Model),
    Events(Timestamp, Vec<Vec<u8>>),
}

#[derive(Clone)]
pub struct Model {
    pub operating: Operating,
    /// Limits are low, which the closed form knows nothing of.
    tight: bool,
    /// The closed form is asked.
    counts: bool,
    ids: HashSet<Identity>,
    histories: Vec<History>,
    /// The latest time of an event, and of a configuration: the closed form tells by the time which was first.
    received: i64,
    configured: i64,
    records: Vec<Record>,
}

impl Model {
    pub fn new(tight: bool, counts: bool) -> Model {
        let nothing = History { declared: vec![(i64::MIN, Declared::default())], events: Vec::new() };
        Model {
            operating: Operating::default(),
            tight,
            counts,
            ids: HashSet::new(),
            histories: vec![nothing; SYSTEMS],
            received: 0,
            configured: 0,
            records: Vec::new(),
        }
    }

    /// What each batch of one commit comes to where these positions were rejected, and the events that are new.
    pub fn judge(&self, batches: &[&[Happening]], rejected: &[Vec<u32>]) -> (Vec<Verdict>, Vec<Happening>) {
        let mut here = HashSet::new();
        let (mut verdicts, mut fresh) = (Vec::new(), Vec::new());
        for (batch, rejected) in batches.iter().zip(rejected) {
            let mut verdict = Verdict::default();
            for (index, event) in batch.iter().enumerate() {
                let id = event.identity();
                if id.as_ref().is_some_and(|id| self.ids.contains(id) || here.contains(id)) {
                    verdict.duplicates += 1;
                } else if rejected.contains(&(index as u32)) {
                    verdict.rejected.push(index as u32);
                } else {
                    here.extend(id);
                    verdict.accepted += 1;
                    fresh.push(event.clone());
                }
            }
            verdicts.push(verdict);
        }
        (verdicts, fresh)
    }

    /// Which positions would have been rejected in a commit that nobody answered.
    pub fn would_reject(&self, at: Timestamp, batches: &[&[Happening]]) -> Vec<Vec<u32>> {
        let mut rejected = vec![Vec::new(); batches.len()];
        if !self.tight {
            return rejected;
        }
        let state = self.without_disk(at);
        let Some(mut left) = state.openings_left(batches.iter().map(|batch| batch.len()).sum()) else {
            return rejected;
        };
        let mut here = HashSet::new();
        for (batch, rejected) in batches.iter().zip(&mut rejected) {
            for (index, event) in batch.iter().enumerate() {
                let id = event.identity();
                if id.as_ref().is_some_and(|id| self.ids.contains(id) || here.contains(id)) {
                    continue;
                }
                let (decoded, _) = binary::decode(&event.bytes).expect("it was encoded");
                match state.admit(&mut left, &decoded) {
                    Ok(()) => here.extend(id),
                    Err(_) => rejected.push(index as u32),
                }
            }
        }
        rejected
    }

    /// The contract's sentence: half of the limit is divided between the declared systems, the other half is taken by whoever
    /// comes. So an opening is rejected only where the other half is taken, and its system's share as well; or where all are at
    /// the limit, since whoever holds more than a share that a reload made smaller keeps it.
    pub fn check_rejected(&self, at: Timestamp, batches: &[&[Happening]], rejected: &[Vec<u32>]) {
        if rejected.iter().all(Vec::is_empty) {
            return;
        }
        assert!(self.tight, "rejected far from every limit: {rejected:?}");
        let text = exposition(&self.without_disk(at).snapshot());
        let is_opening = |event: &Happening| {
            ["escalation.opened", "review.requested", "appeal.opened", "rollback.started"].contains(&event.kind())
        };
        let asked: Vec<&Happening> =
            batches.iter().flat_map(|batch| batch.iter()).filter(|it| is_opening(it)).collect();
        let limit = self.operating.model.limits.open_cases as u64;
        let open = shown_raw(&text, "day90_open_lifecycles") as u64 + asked.len() as u64;
        assert!(open > limit / 2, "{open} of {limit} would be open, and one was rejected");
        let shown = shown(&text);
        for (batch, rejected) in batches.iter().zip(rejected) {
            for event in rejected.iter().map(|index| &batch[*index as usize]) {
                assert!(is_opening(event), "rejected, and opens nothing: {}", event.json);
                let here = shown.systems.get(&system(event.system)).map_or(0.0, open_in);
                let here = here as usize + asked.iter().filter(|one| one.system == event.system).count();
                let declared = self.operating.model.systems.contains_key(&system(event.system));
                let share = self.operating.own_share();
                let is_over = here as u64 > share || open > limit;
                assert!(
                    !declared || is_over,
                    "{here} of its own {share}, {open} of {limit} would be open: {}",
                    event.json
                );
            }
        }
    }

    /// A commit of events.
    pub fn commit(&mut self, at: Timestamp, events: &[Happening]) {
        for event in events {
            self.ids.extend(event.identity());
            let received = event.received.nanos().max(self.configured + 1);
            self.received = self.received.max(received);
            let history = &mut self.histories[event.system].events;
            let order = history.len();
            history.push(Event::new(&event.event, received, 0, order));
        }
        self.records.push(Record::Events(at, events.iter().map(|event| event.bytes.clone()).collect()));
    }

    pub fn configure(&mut self, at: Timestamp, operating: Operating) {
        // Whether a record that changes nothing was written, nobody can see.
        if operating.model == self.operating.model {
            return;
        }
        self.configured = at.nanos().max(self.received + 1);
        for (history, declared) in self.histories.iter_mut().zip(&operating.declared) {
            history.declared.push((self.configured, declared.clone().unwrap_or_default()));
        }
        self.records.push(Record::Configured(at, operating.model.clone()));
        self.operating = operating;
    }

    /// The fold of everything that was acknowledged.
    fn without_disk(&self, at: Timestamp) -> State {
        let mut state = State::new(HashKey(1, 2));
        let mut sequence = 1;
        for record in &self.records {
            match record {
                Record::Configured(at, model) => {
                    state.advance(*at);
                    state.configure(model.clone(), sequence);
                    sequence += 1;
                }
                Record::Events(at, events) => {
                    state.advance(*at);
                    for bytes in events {
                        let (event, _) = binary::decode(bytes).expect("it was encoded");
                        state.apply(&event, sequence);
                        sequence += 1;
                    }
                }
            }
        }
        state.advance(at);
        state
    }

    /// Where an exposition and the fold without a disk disagree; empty when they agree.
    pub fn lost_or_twice(&self, text: &str, at: Timestamp) -> Vec<String> {
        let other = exposition(&self.without_disk(at).snapshot());
        if text == other {
            return Vec::new();
        }
        let (here, there): (BTreeSet<&str>, BTreeSet<&str>) = (text.lines().collect(), other.lines().collect());
        let here_only = here.difference(&there).map(|line| format!("day90 says {line}"));
        here_only.chain(there.difference(&here).map(|line| format!("without a disk {line}"))).collect()
    }

    /// Where an exposition and the closed form disagree, after what happened; empty when they agree.
    pub fn disagreements(&self, text: &str, at: Timestamp) -> Vec<String> {
        // Before the first configuration no system is known.
        if !self.counts || self.records.is_empty() {
            return Vec::new();
        }
        let (shown, now) = (shown(text), at.nanos().max(self.received).max(self.configured));
        let (nothing, mut all) = (Samples::default(), Samples::default());
        let mut lines = Vec::new();
        for (place, history) in self.histories.iter().enumerate() {
            let count = history.count(now);
            all.merge(&count.all);
            let name = system(place);
            let apart = count.samples.apart(shown.systems.get(&name).unwrap_or(&nothing));
            if !apart.is_empty() {
                lines.extend(happened(history));
            }
            lines.extend(told(&name, apart));
        }
        let apart = all.apart(&shown.all);
        if !apart.is_empty() {
            lines.extend(self.histories.iter().flat_map(happened));
        }
        lines.extend(told("", apart));
        lines
    }
}

/// What happened, for whoever looks for the cause.
fn happened(history: &History) -> impl Iterator<Item = String> {
    history.events.iter().map(|event| {
        let fields = serde_json::to_string(&event.fields).expect("JSON");
        format!("{} {fields}", Timestamp::from_nanos(event.received))
    })
}

fn told(system: &str, apart: Vec<(String, f64, f64)>) -> impl Iterator<Item = String> {
    apart.into_iter().map(move |(key, model, day90)| format!("{system} {key}: day90 says {day90}, the model {model}"))
}

/// What is open of a system. A rollback that was given up is still open.
fn open_in(samples: &Samples) -> f64 {
    const OPEN: [&str; 4] =
        ["day90_escalations_open", "day90_reviews_open", "day90_appeals_open", "day90_rollbacks_in_progress"];
    let unfinished = |key: &str| key.starts_with("day90_rollbacks_total") && key.contains(";result=unfinished");
    let counts = |key: &str| OPEN.contains(&key.split(';').next().unwrap_or_default()) || unfinished(key);
    samples.sorted().filter(|(key, _)| counts(key)).map(|(_, value)| value).sum()
}

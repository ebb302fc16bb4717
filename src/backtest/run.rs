//! The fold, driven by the times of recorded events, and the tracks of the systems in it.

use std::collections::BTreeMap;

use super::counts::Counts;
use super::history::Recorded;
use super::rule::Rule;
use super::track::Track;
use crate::config::Model;
use crate::event::time::{DAY, MINUTE};
use crate::event::{Body, Event, Fixed, Timestamp, binary};
use crate::state::State;
use crate::state::engine::dedupe::HashKey;

/// Systems that are followed; events of further ones are counted.
const SYSTEMS_MAX: usize = 200;
/// How often the detectors are read. Nanoseconds.
const LOOK: i64 = 5 * MINUTE;
/// In a silence longer than this nothing is left to see. Nanoseconds.
const SILENCE: i64 = 7 * DAY;

/// A run under way.
pub(crate) struct Run {
    state: State,
    sequence: u64,
    setting: Option<Fixed>,
    rule: Option<Rule>,
    tracks: BTreeMap<String, Track>,
    next_look: Option<Timestamp>,
    over_bounds: u64,
    duplicates: u64,
}

/// What came of a recording.
pub(crate) struct BacktestResult {
    pub systems: BTreeMap<String, Track>,
    pub read: Counts,
}

impl Run {
    pub(crate) fn new(mut model: Model, setting: Option<Fixed>, rule: Option<Rule>) -> Run {
        // A secret key keeps senders from guessing hashes; here there is no sender to keep out.
        let mut state = State::new(HashKey(0, 0));
        if setting.is_some() {
            model.systems.values_mut().for_each(|system| system.objectives.false_pages_per_month = setting);
        }
        state.configure(model, 1);
        Run {
            state,
            sequence: 1,
            setting,
            rule,
            tracks: BTreeMap::new(),
            next_look: None,
            over_bounds: 0,
            duplicates: 0,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.state.now()
    }

    /// Folds one event as if it was received when it happened.
    pub(crate) fn take(&mut self, recorded: Recorded) {
        let (event, _) = binary::decode(&recorded.bytes).expect("what was just encoded can be decoded");
        let now = event.time.max(self.state.now());
        self.look_until(now);
        self.state.advance(now);
        let event = Event { received: now, ..event };
        if !self.admit(&event) {
            return;
        }
        self.sequence += 1;
        self.state.apply(&event, self.sequence);
        self.note(&event, now);
    }

    /// Whether the daemon's writer would take it: known ids count once, and openings have a bound.
    fn admit(&mut self, event: &Event<'_>) -> bool {
        let id = self.state.id_of(event);
        if id != 0 && self.state.have_seen(&[id])[0] {
            self.duplicates += 1;
            return false;
        }
        let known = self.tracks.contains_key(&*event.system);
        let full = !known && self.tracks.len() >= SYSTEMS_MAX;
        let admitted = self.state.openings_left(1).is_none_or(|mut left| self.state.admit(&mut left, event).is_ok());
        if full || !admitted {
            self.over_bounds += 1;
            return false;
        }
        if !known {
            self.begin(&event.system);
        }
        true
    }

    fn begin(&mut self, system: &str) {
        if self.setting.is_some() && !self.state.model().systems.contains_key(system) {
            let mut model = (**self.state.model()).clone();
            model.systems.entry(system.to_owned()).or_default().objectives.false_pages_per_month = self.setting;
            self.sequence += 1;
            self.state.configure(model, self.sequence);
        }
        let declared = self.state.model().systems.get(system);
        self.tracks.insert(system.to_owned(), Track::begin(declared, self.rule.clone(), self.state.now()));
    }

    fn note(&mut self, event: &Event<'_>, now: Timestamp) {
        let Some(track) = self.tracks.get_mut(&*event.system) else { return };
        track.note(event, now);
        if matches!(event.body, Body::EscalationOpened { .. }) {
            track.look(&self.state, &event.system);
        }
    }

    /// Reads the detectors every few minutes up to `now`.
    fn look_until(&mut self, now: Timestamp) {
        let mut next = self.next_look.unwrap_or_else(|| whole(now));
        while next <= now {
            self.state.advance(next);
            let open = self.look();
            next = next.plus(LOOK);
            let last = self.tracks.values().map(|track| track.last).max().unwrap_or(now);
            if !open && next.since(last) > SILENCE {
                next = next.max(whole(now));
            }
        }
        self.next_look = Some(next);
    }

    /// Reads all detectors now; true while a page is open.
    fn look(&mut self) -> bool {
        let mut open = false;
        for (system, track) in &mut self.tracks {
            let Some(glimpse) = track.look(&self.state, system) else { continue };
            track.curve.add(self.state.now(), &glimpse);
            open |= glimpse.page.is_some();
        }
        open
    }

    pub(crate) fn end(mut self, read: Counts) -> BacktestResult {
        for (system, track) in &mut self.tracks {
            track.end(&self.state, system);
        }
        self.tracks.retain(|_, track| track.tasks + track.escalations > 0);
        let read = Counts { over_bounds: self.over_bounds, duplicates: self.duplicates, ..read };
        BacktestResult { systems: self.tracks, read }
    }
}

/// The next whole five minutes.
fn whole(now: Timestamp) -> Timestamp {
    now.plus(LOOK - now.nanos().rem_euclid(LOOK))
}

//! The fold, driven by the times of recorded events, and what the detectors said on the way.

use std::collections::BTreeMap;

use super::history::{Counts, Recorded};
use super::rule::{Rule, Watched};
use crate::config::Model;
use crate::event::time::{DAY, MINUTE};
use crate::event::{Body, Event, Fixed, Timestamp, binary};
use crate::state::State;
use crate::state::engine::dedupe::HashKey;
use crate::state::signals::spike::SpikeState;
use crate::state::signals::spike::counted::Counted;
use crate::state::views::spike::report::{Glimpse, Report};
use crate::state::signals::spike::watch::Unit;

/// Systems that are followed; events of more are counted.
const SYSTEMS_MAX: usize = 200;
/// How often the detectors are looked at, and a silence after which there is nothing to see.
const LOOK: i64 = 5 * MINUTE;
const SILENCE: i64 = 7 * DAY;
/// Pages and changes that are kept of a system; all pages are counted.
const PAGES_MAX: usize = 1_000;
const CHANGES_MAX: usize = 1_000;
/// Points of a curve; when there are more, two become one.
const POINTS_MAX: usize = 800;
/// Tasks below which a ratio is not drawn.
const DRAWN_TASKS_MIN: f64 = 5.0;

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

/// What became of one system.
#[derive(Debug)]
pub(crate) struct Track {
    pub first: Timestamp,
    pub last: Timestamp,
    pub tasks: u64,
    pub escalations: u64,
    pub pages: Vec<PageMade>,
    pub paged: u64,
    pub unconfirmed: u64,
    /// When it had learned enough.
    pub learned: Option<Timestamp>,
    pub curve: Curve,
    pub changes: Vec<(Timestamp, String)>,
    pub rule: Option<Watched>,
    pub timezone: String,
    pub unit: Unit,
    pub false_pages_per_month: f64,
}

/// A page that the detector would have made.
#[derive(Clone, Debug)]
pub(crate) struct PageMade {
    pub began: Timestamp,
    pub onset: Timestamp,
    /// `None`: it was open still when the recording ended.
    pub ended: Option<Timestamp>,
    pub confirmed: bool,
    pub new_normal: bool,
    pub why: Option<Report>,
}

/// The ratio and the usual one over time, in a bounded number of points.
#[derive(Debug, Default)]
pub(crate) struct Curve {
    pub points: Vec<Point>,
    /// How many looks make one point.
    every: usize,
    pending: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub at: Timestamp,
    pub until: Timestamp,
    /// The ratios of half an hour or so.
    pub low: f64,
    pub high: f64,
    /// Escalations and their exposure, each counted in several looks.
    count: f64,
    exposure: f64,
    pub usual: Option<f64>,
}

pub(crate) struct Result {
    pub systems: BTreeMap<String, Track>,
    pub read: Counts,
}

impl Run {
    pub(crate) fn new(mut model: Model, setting: Option<Fixed>, rule: Option<Rule>) -> Run {
        // The key keeps a daemon's senders from guessing hashes; here is nobody to keep out.
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

    /// Folds one event, received when it happened.
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

    /// As the daemon's writer: known ids count once, and openings have a bound.
    fn admit(&mut self, event: &Event<'_>) -> bool {
        if let Some(id) = &event.id {
            let id = self.state.key().hash(event.source.as_ref().unwrap_or(&event.system), id);
            if self.state.have_seen(&[id])[0] {
                self.duplicates += 1;
                return false;
            }
        }
        let known = self.tracks.contains_key(&*event.system);
        let full = !known && self.tracks.len() >= SYSTEMS_MAX;
        let admitted = self.state.would_open(event).is_none_or(|table| self.state.openings_left().admit(table).is_ok());
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
        let setting = declared.and_then(|declared| declared.objectives.false_pages_per_month);
        let now = self.state.now();
        let track = Track {
            first: now,
            last: now,
            tasks: 0,
            escalations: 0,
            pages: Vec::new(),
            paged: 0,
            unconfirmed: 0,
            learned: None,
            curve: Curve::default(),
            changes: Vec::new(),
            rule: self.rule.clone().map(|rule| Watched::new(rule, now)),
            timezone: declared.map_or_else(String::new, |declared| declared.timezone.clone()),
            unit: Unit::Seconds,
            false_pages_per_month: setting.map_or(1.0, |setting| setting.as_f64()),
        };
        self.tracks.insert(system.to_owned(), track);
    }

    fn note(&mut self, event: &Event<'_>, now: Timestamp) {
        let Some(track) = self.tracks.get_mut(&*event.system) else { return };
        track.last = now;
        match &event.body {
            Body::TaskCompleted { .. } => {
                track.tasks += 1;
                track.rule.iter_mut().for_each(|rule| rule.count(now, false));
            }
            Body::EscalationOpened { .. } => {
                track.escalations += 1;
                track.rule.iter_mut().for_each(|rule| rule.count(now, true));
                self.look_at(&event.system);
            }
            Body::ChangeDeployed { kind, version, .. } if track.changes.len() < CHANGES_MAX => {
                track.changes.push((event.time, format!("{} {version}", kind.as_str())));
            }
            _ => {}
        }
    }

    /// Looks at all systems every few minutes up to `now`.
    fn look_until(&mut self, now: Timestamp) {
        let mut next = self.next_look.unwrap_or_else(|| whole(now));
        while next <= now {
            self.state.advance(next);
            let mut open = false;
            for (system, track) in &mut self.tracks {
                open |= look(&self.state, system, track, true);
            }
            next = next.plus(LOOK);
            let last = self.tracks.values().map(|track| track.last).max().unwrap_or(now);
            if !open && next.since(last) > SILENCE {
                next = next.max(whole(now));
            }
        }
        self.next_look = Some(next);
    }

    fn look_at(&mut self, system: &str) {
        if let Some(track) = self.tracks.get_mut(system) {
            look(&self.state, system, track, false);
        }
    }

    pub(crate) fn end(mut self, read: Counts) -> Result {
        let now = self.state.now();
        for (system, track) in &mut self.tracks {
            look(&self.state, system, track, false);
            track.rule.iter_mut().for_each(|rule| rule.advance(now));
            let report = self.state.snapshot().spike(system).and_then(|report| report.page);
            if let (Some(page), Some(open)) = (report, track.pages.last_mut().filter(|page| page.ended.is_none())) {
                open.confirmed = page.confirmed;
            }
        }
        self.tracks.retain(|_, track| track.tasks + track.escalations > 0);
        let read = Counts { over_bounds: self.over_bounds, duplicates: self.duplicates, ..read };
        Result { systems: self.tracks, read }
    }
}

/// The next whole five minutes.
fn whole(now: Timestamp) -> Timestamp {
    now.plus(LOOK - now.nanos().rem_euclid(LOOK))
}

/// What the detector says of a system now; true while a page is open.
fn look(state: &State, system: &str, track: &mut Track, draw: bool) -> bool {
    let Some(glimpse) = state.spike(system) else { return false };
    track.unit = glimpse.unit;
    if track.learned.is_none() && glimpse.state != SpikeState::Learning {
        track.learned = Some(state.now());
    }
    let open = track.pages.last().filter(|page| page.ended.is_none()).map(|page| page.began);
    if let Some(began) = open
        && glimpse.page.is_none_or(|page| page.began != began)
    {
        end_page(track, &glimpse, state.now());
    }
    if let Some(page) = glimpse.page
        && glimpse.pages > track.paged
    {
        track.paged = glimpse.pages;
        if track.pages.len() < PAGES_MAX {
            let why = state.snapshot().spike(system);
            let (began, onset) = (page.began, page.onset);
            track.pages.push(PageMade { began, onset, ended: None, confirmed: true, new_normal: false, why });
        }
    }
    track.unconfirmed = glimpse.unconfirmed;
    if draw {
        track.curve.add(state.now(), &glimpse);
    }
    glimpse.page.is_some()
}

fn end_page(track: &mut Track, glimpse: &Glimpse, now: Timestamp) {
    let Some(page) = track.pages.last_mut() else { return };
    page.ended = Some(now);
    page.confirmed = glimpse.unconfirmed == track.unconfirmed;
    page.new_normal = glimpse.state == SpikeState::NewNormal;
}

impl Curve {
    fn add(&mut self, at: Timestamp, glimpse: &Glimpse) {
        let enough = glimpse.unit == Unit::Seconds || glimpse.lately.exposure >= DRAWN_TASKS_MIN;
        let Some(ratio) = glimpse.lately.ratio().filter(|_| enough) else { return };
        let Counted { count, exposure, .. } = glimpse.lately;
        let point = Point { at, until: at, low: ratio, high: ratio, count, exposure, usual: glimpse.usual };
        self.every = self.every.max(1);
        match self.points.last_mut().filter(|_| self.pending > 0) {
            Some(last) => *last = last.and(point),
            None => self.points.push(point),
        }
        self.pending = (self.pending + 1) % self.every;
        if self.points.len() >= POINTS_MAX && self.pending == 0 {
            self.every *= 2;
            self.points = self.points.chunks(2).map(|two| two[0].and(two[two.len() - 1])).collect();
        }
    }
}

impl Point {
    pub(crate) fn ratio(&self) -> f64 {
        self.count / self.exposure
    }

    fn and(self, later: Point) -> Point {
        Point {
            at: self.at,
            until: later.until,
            low: self.low.min(later.low),
            high: self.high.max(later.high),
            count: self.count + later.count,
            exposure: self.exposure + later.exposure,
            usual: later.usual.or(self.usual),
        }
    }
}

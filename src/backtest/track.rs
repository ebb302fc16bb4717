//! [`Track`]: what the detector did with one system over the whole recording.

use super::curve::Curve;
use super::rule::{Rule, Watched};
use crate::config::model::System;
use crate::event::{Body, Event, Timestamp};
use crate::state::State;
use crate::state::signals::spike::SpikeState;
use crate::state::signals::spike::pages::Page;
use crate::state::signals::spike::watch::Unit;
use crate::state::views::spike::report::{Glimpse, SpikeReport};

/// Pages and changes that are kept of a system; all pages are counted.
const PAGES_MAX: usize = 1_000;
const CHANGES_MAX: usize = 1_000;

/// One system.
#[derive(Debug)]
pub(crate) struct Track {
    pub first: Timestamp,
    pub last: Timestamp,
    pub tasks: u64,
    pub escalations: u64,
    pub pages: Vec<PageMade>,
    pub paged: u64,
    pub unconfirmed: u64,
    /// When the detector had learned enough.
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
    /// `None` if it was still open when the recording ended.
    pub ended: Option<Timestamp>,
    pub confirmed: bool,
    pub new_normal: bool,
    pub why: Option<SpikeReport>,
}

impl Track {
    /// A system that is seen for the first time; `declared` is what its configuration says.
    pub(crate) fn begin(declared: Option<&System>, rule: Option<Rule>, now: Timestamp) -> Track {
        let setting = declared.and_then(|declared| declared.objectives.false_pages_per_month);
        Track {
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
            rule: rule.map(|rule| Watched::new(rule, now)),
            timezone: declared.map_or_else(String::new, |declared| declared.timezone.clone()),
            unit: Unit::Seconds,
            false_pages_per_month: setting.map_or(1.0, |setting| setting.as_f64()),
        }
    }

    /// Counts an event that was folded.
    pub(crate) fn note(&mut self, event: &Event<'_>, now: Timestamp) {
        self.last = now;
        match &event.body {
            Body::TaskCompleted { .. } => {
                self.tasks += 1;
                self.rule.iter_mut().for_each(|rule| rule.count(now, false));
            }
            Body::EscalationOpened { .. } => {
                self.escalations += 1;
                self.rule.iter_mut().for_each(|rule| rule.count(now, true));
            }
            Body::ChangeDeployed { kind, version, .. } if self.changes.len() < CHANGES_MAX => {
                self.changes.push((event.time, format!("{} {version}", kind.as_str())));
            }
            _ => {}
        }
    }

    /// Reads the detector now: pages that began or ended, and whether it is still learning. Returns its glimpse, if it has
    /// one.
    pub(crate) fn look(&mut self, state: &State, system: &str) -> Option<Glimpse> {
        let glimpse = state.spike(system)?;
        self.unit = glimpse.unit;
        if self.learned.is_none() && glimpse.state != SpikeState::Learning {
            self.learned = Some(state.now());
        }
        let open = self.pages.last().filter(|page| page.ended.is_none()).map(|page| page.began);
        if open.is_some_and(|began| glimpse.page.is_none_or(|page| page.began != began)) {
            self.end_page(&glimpse, state.now());
        }
        if let Some(page) = glimpse.page
            && glimpse.pages > self.paged
        {
            self.paged = glimpse.pages;
            self.begin_page(&page, state, system);
        }
        self.unconfirmed = glimpse.unconfirmed;
        Some(glimpse)
    }

    fn begin_page(&mut self, page: &Page, state: &State, system: &str) {
        if self.pages.len() < PAGES_MAX {
            let why = state.snapshot().spike(system);
            let (began, onset) = (page.began, page.onset);
            self.pages.push(PageMade { began, onset, ended: None, confirmed: true, new_normal: false, why });
        }
    }

    fn end_page(&mut self, glimpse: &Glimpse, now: Timestamp) {
        let Some(page) = self.pages.last_mut() else { return };
        page.ended = Some(now);
        page.confirmed = glimpse.unconfirmed == self.unconfirmed;
        page.new_normal = glimpse.state == SpikeState::NewNormal;
    }

    /// Looks once more at the end of the recording.
    pub(crate) fn end(&mut self, state: &State, system: &str) {
        self.look(state, system);
        self.rule.iter_mut().for_each(|rule| rule.advance(state.now()));
        let report = state.snapshot().spike(system).and_then(|report| report.page);
        if let (Some(page), Some(open)) = (report, self.pages.last_mut().filter(|page| page.ended.is_none())) {
            open.confirmed = page.confirmed;
        }
    }
}

//! The open cases of a snapshot, oldest first, in pages: `GET /api/v1/cases`.

use serde::Serialize;

use crate::event::Timestamp;
use crate::state::Snapshot;
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::deadline::Deadline;
use crate::state::engine::labels::Sym;
use crate::state::engine::lifecycle::round::Round;
use crate::state::engine::lifecycle::rounds::Rounds;
use crate::state::signals::escalations::Escalation;
use crate::state::signals::reviews::Review;
use crate::state::signals::trust::Appeal;

/// Cases on one page, at most.
pub const PAGE_MAX: usize = 1_000;

/// One open piece of work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenCase {
    /// `escalation`, `review` or `appeal`.
    pub kind: &'static str,
    pub system: String,
    pub case: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip)]
    pub at: Timestamp,
    /// RFC 3339.
    pub opened: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<bool>,
    /// What people owe on it next, by a deadline: `acknowledge`, `resolve`, `complete` or `decide`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owed: Option<&'static str>,
    /// By when, RFC 3339. What is owed first comes first; of what is past, what passed first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// Whether that has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue: Option<bool>,
}

/// Which cases are asked for; all where nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct CaseFilter<'a> {
    pub system: Option<&'a str>,
    pub queue: Option<&'a str>,
}

/// An open row of any kind.
#[derive(Clone, Copy)]
enum Open<'a> {
    Escalation(&'a Rounds<Escalation>),
    Review(&'a Rounds<Review>),
    Appeal(&'a Rounds<Appeal>),
}

impl Snapshot {
    /// The open cases of a system, or of all, oldest first: those from `offset` on, and how many there are.
    pub fn cases(&self, system: Option<&str>, offset: usize, limit: usize) -> (Vec<OpenCase>, usize) {
        self.cases_of(&CaseFilter { system, queue: None }, self.now(), offset, limit)
    }

    /// As [`Snapshot::cases`], by a filter; deadlines are judged by `now`.
    pub fn cases_of(
        &self,
        filter: &CaseFilter<'_>,
        now: Timestamp,
        offset: usize,
        limit: usize,
    ) -> (Vec<OpenCase>, usize) {
        let core = &self.state.core;
        let signals = &self.state.signals;
        let is_in = |open: &Open<'_>, queue| open.queue().is_some_and(|sym| core.labels.text(sym) == queue);
        let chosen = |open: &Open<'_>| {
            let id = open.system();
            core.is_live(id)
                && filter.system.is_none_or(|name| core.system_name(id) == name)
                && filter.queue.is_none_or(|queue| is_in(open, queue))
        };
        let escalations = signals.escalations.open_rows().map(Open::Escalation);
        let reviews = signals.reviews.open_rows().map(Open::Review);
        let appeals = signals.trust.open_rows().map(Open::Appeal);
        let open = escalations.chain(reviews).chain(appeals).filter(chosen);
        let mut found: Vec<(Timestamp, Open<'_>)> = open.filter_map(|open| Some((open.opened()?, open))).collect();
        // Stable: cases of one moment stay in the order of their kinds and slots.
        found.sort_by_key(|(at, _)| *at);
        // The texts are made for one page alone.
        let page = found.iter().skip(offset).take(limit.min(PAGE_MAX));
        (page.map(|(at, open)| open.shown(core, *at, now)).collect(), found.len())
    }
}

impl Open<'_> {
    fn system(&self) -> SystemId {
        match self {
            Open::Escalation(row) => row.system,
            Open::Review(row) => row.system,
            Open::Appeal(row) => row.system,
        }
    }

    fn opened(&self) -> Option<Timestamp> {
        match self {
            Open::Escalation(row) => row.newest().opened(),
            Open::Review(row) => row.newest().opened(),
            Open::Appeal(row) => row.newest().opened(),
        }
    }

    fn queue(&self) -> Option<Sym> {
        match self {
            Open::Escalation(row) => row.newest().queue_now(),
            Open::Review(row) => row.newest().requested.map(|requested| requested.queue()),
            Open::Appeal(_) => None,
        }
    }

    /// What is owed first, and by when.
    fn owed(&self) -> Option<(&'static str, Timestamp)> {
        match self {
            Open::Escalation(row) => {
                let due = |deadline: &Deadline| Some((deadline.as_str(), row.newest().owed_by(*deadline)?));
                Deadline::ALL.iter().filter_map(due).min_by_key(|(_, due)| *due)
            }
            Open::Review(row) => Some(("complete", row.newest().owed_by()?)),
            Open::Appeal(row) => Some(("decide", row.newest().owed_by()?)),
        }
    }

    fn shown(&self, core: &Core, at: Timestamp, now: Timestamp) -> OpenCase {
        let (kind, case) = match self {
            Open::Escalation(row) => (<Escalation as Round>::WORD, &row.case),
            Open::Review(row) => (<Review as Round>::WORD, &row.case),
            Open::Appeal(row) => (<Appeal as Round>::WORD, &row.case),
        };
        let (reason, acknowledged) = match self {
            Open::Escalation(row) => {
                let escalation = row.newest();
                let reason = escalation.opened.as_ref().map(|opened| opened.reason);
                (reason, Some(escalation.acknowledged.is_some()))
            }
            Open::Review(_) | Open::Appeal(_) => (None, None),
        };
        let text = |sym| core.labels.text(sym).to_owned();
        let owed = self.owed();
        OpenCase {
            kind,
            system: core.system_name(self.system()).to_owned(),
            case: case.to_string(),
            queue: self.queue().map(text),
            reason: reason.map(text),
            at,
            opened: at.to_string(),
            acknowledged,
            owed: owed.map(|(what, _)| what),
            deadline: owed.map(|(_, due)| due.to_string()),
            overdue: owed.map(|(_, due)| now > due),
        }
    }
}

//! The open cases of a snapshot, oldest first, in pages: `GET /api/v1/cases`.

use serde::Serialize;

use crate::event::Timestamp;
use crate::state::Snapshot;
use crate::state::engine::lifecycle::{Phase, Stages};

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
}

impl Snapshot {
    /// The open cases of a system, or of all, oldest first: those from `offset` on, and how many there are.
    pub fn cases(&self, system: Option<&str>, offset: usize, limit: usize) -> (Vec<OpenCase>, usize) {
        let core = &self.state.core;
        let chosen = |id: u32| core.is_live(id) && system.is_none_or(|name| core.system_name(id) == name);
        let text = |sym: u32| Some(core.labels.text(sym).to_owned());
        // Only (time, place) is sorted; the texts are made for one page.
        let mut found: Vec<(Timestamp, u8, usize)> = Vec::new();
        let escalations: Vec<_> = self.state.escalations.rows().iter().map(|(_, row)| row).collect();
        let reviews: Vec<_> = self.state.reviews.rows().iter().map(|(_, row)| row).collect();
        let appeals: Vec<_> = self.state.trust.appeals().iter().map(|(_, row)| row).collect();
        for (place, row) in escalations.iter().enumerate().filter(|(_, row)| row.is_open() && chosen(row.system)) {
            found.extend(row.opened.as_ref().map(|opened| (opened.at, 0, place)));
        }
        for (place, row) in
            reviews.iter().enumerate().filter(|(_, row)| row.phase() == Phase::Open && chosen(row.system))
        {
            found.extend(row.requested.map(|(at, _)| (at, 1, place)));
        }
        for (place, row) in
            appeals.iter().enumerate().filter(|(_, row)| row.phase() == Phase::Open && chosen(row.system))
        {
            found.extend(row.opened.map(|at| (at, 2, place)));
        }
        found.sort_unstable();
        let open = |kind, system, case: &str, queue, reason, at: Timestamp, acknowledged| OpenCase {
            kind,
            system: core.system_name(system).to_owned(),
            case: case.to_owned(),
            queue,
            reason,
            at,
            opened: at.to_string(),
            acknowledged,
        };
        let page = found.iter().skip(offset).take(limit.min(PAGE_MAX)).map(|&(at, kind, place)| match kind {
            0 => {
                let row = escalations[place];
                let reason = row.opened.as_ref().and_then(|opened| text(opened.reason));
                let queue = row.queue_now().and_then(text);
                open("escalation", row.system, &row.case, queue, reason, at, Some(row.acknowledged.is_some()))
            }
            1 => {
                let row = reviews[place];
                open("review", row.system, &row.case, row.requested.and_then(|(_, queue)| text(queue)), None, at, None)
            }
            _ => open("appeal", appeals[place].system, &appeals[place].case, None, None, at, None),
        });
        (page.collect(), found.len())
    }
}

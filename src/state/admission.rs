//! What may still come in, and what is forgotten to make room for it.
//!
//! What is finished is forgotten first, the oldest of whatever kind. When what is open has filled its part, openings are
//! rejected, and nothing else: see [`crate::state::engine::room`] for the parts.

use std::borrow::Cow;

use super::State;
use crate::config::budget;
use crate::config::model::Bounds;
use crate::event::{Event, Reason, Rejection};
use crate::state::engine::core::SystemId;
use crate::state::engine::lifecycle::rows::Rows;
use crate::state::engine::openings::{Openings, Shares};
use crate::state::engine::room;

/// Says whose event was rejected.
fn about(event: &Event<'_>, rejection: Rejection) -> Rejection {
    Rejection { kind: Some(event.body.kind()), system: Some(event.system.to_string()), ..rejection }
}

impl State {
    /// What bounds openings, when so many of them might be one too many; `None` when all can be admitted whatever they open.
    pub fn openings_left(&self, openings: usize) -> Option<Openings> {
        let kinds: Vec<&dyn Rows> = self.rows().filter(|rows| rows.opens()).collect();
        let limits = &self.core.model.limits;
        let shares = Shares::of(limits, self.core.model.systems.len());
        let rows: Vec<_> = kinds.iter().map(|rows| (rows.row_bytes(), rows.counts().open)).collect();
        if shares.suffice(&rows, openings) {
            return None;
        }
        let mut left = Openings::new(shares, kinds.iter().map(|rows| (rows.word(), rows.row_bytes())).collect());
        self.core.declared_systems().into_iter().for_each(|system| left.declare(system));
        for (kind, rows) in kinds.iter().enumerate() {
            for (system, count) in rows.open_of().counts().iter().enumerate().filter(|(_, count)| **count > 0) {
                left.count(kind, Some(system as SystemId), *count as u64);
            }
        }
        Some(left)
    }

    /// Admits an event, if there is room for what it opens.
    ///
    /// # Errors
    /// When there is none: a sentence for the sender.
    pub fn admit(&self, left: &mut Openings, event: &Event<'_>) -> Result<(), Rejection> {
        match self.would_open(event) {
            Some(kind) => {
                left.admit(kind, self.core.known_system(&event.system)).map_err(|rejection| about(event, rejection))
            }
            None => Ok(()),
        }
    }

    /// The kind of lifecycle that the event would open and that isn't open yet.
    pub fn would_open(&self, event: &Event<'_>) -> Option<&'static str> {
        let known = self.core.known_system(&event.system);
        let event = known.map_or(Cow::Borrowed(event), |system| self.core.by_key(system, event));
        let signal = self.signals.all().find(|signal| signal.would_open(&event));
        signal.and_then(|signal| signal.rows()).map(Rows::word)
    }

    /// Whether the state of this event's system was ended by `removed`.
    ///
    /// # Errors
    /// A sentence for the sender.
    pub fn refuse_removed(&self, event: &Event<'_>) -> Result<(), Rejection> {
        if !self.core.model.removed.contains(&*event.system) {
            return Ok(());
        }
        let error = format!(
            "`system`: {} is listed in `removed` of day90's configuration, which ended it; send the event under another \
             name, or take this one out of the list",
            event.system
        );
        let rejection = Rejection { field: Some("system".to_owned()), ..Rejection::new(Reason::Removed, error) };
        Err(about(event, rejection))
    }

    /// Forgets the oldest that is finished, of whatever kind, until there is room for what an event adds.
    pub(super) fn make_room(&mut self) {
        while !self.has_room {
            let (mut taken, mut waiting) = (0, 0);
            self.signals.each_rows(|rows| {
                let bytes = rows.bytes();
                taken += bytes.all();
                waiting += bytes.waiting;
            });
            let limits = &self.core.model.limits;
            self.core.rows = room::RowRoom::at(limits, taken, waiting);
            self.has_room = !room::is_tight(limits, taken) || !self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) -> bool {
        let mut rows: Vec<_> = self.signals.all_mut().filter_map(|signal| signal.rows_mut()).collect();
        let oldest = rows.iter_mut().enumerate().filter_map(|(place, rows)| Some((rows.oldest_finished()?, place)));
        let Some((_, place)) = oldest.min() else { return false };
        rows[place].forget_oldest();
        true
    }

    /// The state's share of `limits.memory` that it would take to hold what is open and counted, which no limit makes smaller:
    /// `None` when these bounds hold it.
    pub fn outgrows(&self, bounds: &Bounds) -> Option<u64> {
        // What is declared is admitted over the bound, and the bytes are a high estimate.
        const TOLERATED: (u64, u64) = (5, 4);
        let open = self.rows().map(|rows| rows.bytes().open + rows.bytes().waiting).sum();
        let needed = room::state_for(open, self.core.taken.bytes + self.core.taken.rare);
        let (times, of) = TOLERATED;
        (needed > (bounds.state_bytes / of).saturating_mul(times)).then_some(needed)
    }

    /// Bytes that each part takes; a high estimate.
    pub(super) fn bytes(&self) -> Vec<(String, u64)> {
        // While the table of ids doesn't grow.
        let ids = ("ids".to_owned(), self.dedupe.len() as u64 * budget::ID_BYTES * 3 / 4);
        let rows = self.rows().map(|rows| (format!("{}s", rows.word()), rows.bytes().all()));
        [ids]
            .into_iter()
            .chain(rows)
            .chain([("series".to_owned(), self.core.taken.bytes + self.core.taken.rare)])
            .collect()
    }

    /// Bytes that parts may take.
    pub(super) fn room_bytes(&self) -> [(&'static str, u64); 3] {
        let limits = &self.core.model.limits;
        [
            ("ids", limits.dedupe_ids as u64 * budget::ID_BYTES),
            ("lifecycles", room::pool(limits)),
            ("series", room::series_bytes(limits)),
        ]
    }
}

//! What may still come in, and what gives way for it.
//!
//! What is finished gives way first, the oldest of whatever kind. When what is open has filled its part, openings are
//! rejected, and nothing else: see [`crate::state::engine::room`] for the parts.

use super::State;
use crate::config::budget;
use crate::event::{Event, Reason, Rejection};
use crate::state::engine::core::Table;
use crate::state::engine::room;

/// What events open, in the order of [`Openings`].
const LIFECYCLES: [Table; 4] = [Table::Escalations, Table::Reviews, Table::Appeals, Table::Rollbacks];

/// Openings that may still be admitted: their number, and the bytes for them, of all kinds together and of each kind.
#[derive(Clone, Copy, Debug)]
pub struct Openings {
    number: usize,
    bytes: u64,
    kinds: [u64; 4],
}

impl Openings {
    /// So many events can be admitted whatever they open.
    pub fn suffice(&self, events: usize) -> bool {
        let bytes = events as u64 * room::row_bytes(Table::Escalations);
        self.number >= events && self.bytes >= bytes && self.kinds.iter().all(|left| *left >= bytes)
    }

    /// Admits one opening of a kind.
    ///
    /// # Errors
    /// What its sender is told when there is no room.
    pub fn admit(&mut self, kind: usize) -> Result<(), Rejection> {
        let no = |reason, error: &str| Rejection { reason, field: None, error: error.to_owned() };
        if self.number == 0 {
            return Err(no(
                Reason::OpenCases,
                "as many cases are open as limits.open_cases allows; close some or raise it, then send this opening again",
            ));
        }
        let row = room::row_bytes(LIFECYCLES[kind]);
        if self.kinds[kind] < row || self.bytes < row {
            return Err(no(
                Reason::Memory,
                "as many cases are open as limits.memory has room for; close some or raise it, then send \
                 this opening again",
            ));
        }
        self.number -= 1;
        self.bytes -= row;
        self.kinds[kind] -= row;
        Ok(())
    }
}

/// What the parts of the state take, and what they may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes {
    pub(crate) taken: [(&'static str, u64); 7],
    pub(crate) room: [(&'static str, u64); 3],
}

impl State {
    /// Openings that may still be admitted before a bound is reached.
    pub fn openings_left(&self) -> Openings {
        let limits = &self.core.model.limits;
        let (all, one) = room::open(limits);
        let open = self.row_bytes().map(|[_, open, _]| open);
        Openings {
            number: limits.open_cases.saturating_sub(self.open_count()),
            bytes: all.saturating_sub(open.iter().sum()),
            kinds: LIFECYCLES.map(|kind| one.saturating_sub(open[kind as usize])),
        }
    }

    /// Bytes of rows, waiting, open and finished, in the order of [`Table`].
    pub(crate) fn row_bytes(&self) -> [[u64; 3]; 5] {
        [
            self.escalations.rows().bytes(),
            self.reviews.rows().bytes(),
            self.trust.appeals().bytes(),
            self.rollbacks.rows().bytes(),
            self.resolutions.rows().bytes(),
        ]
    }

    /// Forgets the oldest that is finished, of whatever kind, until there is room for what an event adds.
    pub(crate) fn make_room(&mut self) {
        while !self.has_room {
            let rows = self.row_bytes();
            let taken = rows.iter().flatten().sum();
            let limits = &self.core.model.limits;
            self.core.rows = room::Rows::at(limits, taken, rows.iter().map(|[waiting, ..]| waiting).sum());
            self.has_room = !room::is_tight(limits, taken) || !self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) -> bool {
        let ends = [
            self.escalations.rows_mut().oldest_finished(),
            self.reviews.rows_mut().oldest_finished(),
            self.trust.appeals_mut().oldest_finished(),
            self.rollbacks.rows_mut().oldest_finished(),
            self.resolutions.rows_mut().oldest_finished(),
        ];
        let oldest = ends.iter().enumerate().filter_map(|(table, end)| Some(((*end)?, table))).min();
        let Some((_, table)) = oldest else { return false };
        match table {
            0 => self.escalations.rows_mut().forget_oldest(),
            1 => self.reviews.rows_mut().forget_oldest(),
            2 => self.trust.appeals_mut().forget_oldest(),
            3 => self.rollbacks.rows_mut().forget_oldest(),
            _ => self.resolutions.rows_mut().forget_oldest(),
        }
        self.core.forgotten[table] += 1;
        true
    }

    /// The kind of lifecycle that the event would open and that isn't open yet, as a position in [`Openings`].
    pub fn would_open(&self, event: &Event<'_>) -> Option<usize> {
        let would = [
            self.escalations.would_open(event),
            self.reviews.would_open(event),
            self.trust.would_open(event),
            self.rollbacks.would_open(event),
        ];
        would.iter().position(|would| *would)
    }

    /// Bytes that each part takes, and those that parts may take; a high estimate.
    pub(crate) fn bytes(&self) -> Bytes {
        let limits = &self.core.model.limits;
        let ids = [self.dedupe.len(), limits.dedupe_ids].map(|ids| ids as u64 * budget::ID_BYTES);
        let [escalations, reviews, appeals, rollbacks, cases] = self.row_bytes().map(|rows| rows.iter().sum());
        Bytes {
            taken: [
                // While the table doesn't grow.
                ("ids", ids[0] * 3 / 4),
                ("escalations", escalations),
                ("reviews", reviews),
                ("appeals", appeals),
                ("rollbacks", rollbacks),
                ("cases", cases),
                ("series", self.core.taken.bytes),
            ],
            room: [("ids", ids[1]), ("lifecycles", room::pool(limits)), ("series", room::series_bytes(limits))],
        }
    }

    fn open_count(&self) -> usize {
        self.lifecycles().iter().map(|(_, counts)| counts.open).sum()
    }
}

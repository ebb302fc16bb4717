//! What may still come in, and what is forgotten to make room for it.
//!
//! What is finished is forgotten first, the oldest of whatever kind. When what is open has filled its part, openings are
//! rejected, and nothing else: see [`crate::state::engine::room`] for the parts.

use super::State;
use crate::config::budget;
use crate::event::{Event, Reason, Rejection};
use crate::state::engine::lifecycle::rows::Rows;
use crate::state::engine::room;

/// Openings that may still be admitted: their number, and the bytes for them, of all kinds together and of each kind.
#[derive(Clone, Debug)]
pub struct Openings {
    number: usize,
    bytes: u64,
    kinds: Vec<Opening>,
}

/// A kind of lifecycle that events open: its word, what a row takes, and the bytes that are left for it.
#[derive(Clone, Copy, Debug)]
struct Opening {
    word: &'static str,
    row_bytes: u64,
    left: u64,
}

impl Openings {
    /// Whether this many events can be admitted whatever they open.
    pub fn suffice(&self, events: usize) -> bool {
        let largest = self.kinds.iter().map(|kind| kind.row_bytes).max().unwrap_or_default();
        let bytes = events as u64 * largest;
        self.number >= events && self.bytes >= bytes && self.kinds.iter().all(|kind| kind.left >= bytes)
    }

    /// Admits one opening of a kind.
    ///
    /// # Errors
    /// When there is no room: a sentence for the sender.
    pub fn admit(&mut self, word: &str) -> Result<(), Rejection> {
        let no = |reason, error: &str| Rejection::new(reason, error);
        if self.number == 0 {
            return Err(no(
                Reason::OpenCases,
                "as many cases are open as limits.open_cases allows; close some or raise it, then send this opening again",
            ));
        }
        let Some(kind) = self.kinds.iter_mut().find(|kind| kind.word == word) else { return Ok(()) };
        if kind.left < kind.row_bytes || self.bytes < kind.row_bytes {
            return Err(no(
                Reason::Memory,
                "as many cases are open as limits.memory has room for; close some or raise it, then send \
                 this opening again",
            ));
        }
        self.number -= 1;
        self.bytes -= kind.row_bytes;
        kind.left -= kind.row_bytes;
        Ok(())
    }
}

impl State {
    /// Openings that may still be admitted before a bound is reached.
    pub fn openings_left(&self) -> Openings {
        let limits = &self.core.model.limits;
        let (all, one) = room::open(limits);
        let (mut open, mut number, mut kinds) = (0, 0, Vec::new());
        for rows in self.rows() {
            let bytes = rows.bytes().open;
            open += bytes;
            number += rows.counts().open;
            if rows.opens() {
                let left = one.saturating_sub(bytes);
                kinds.push(Opening { word: rows.word(), row_bytes: rows.row_bytes(), left });
            }
        }
        Openings { number: limits.open_cases.saturating_sub(number), bytes: all.saturating_sub(open), kinds }
    }

    /// The kind of lifecycle that the event would open and that isn't open yet.
    pub fn would_open(&self, event: &Event<'_>) -> Option<&'static str> {
        let signal = self.signals.all().find(|signal| signal.would_open(event));
        signal.and_then(|signal| signal.rows()).map(Rows::word)
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

    /// Bytes that each part takes; a high estimate.
    pub(super) fn bytes(&self) -> Vec<(String, u64)> {
        // While the table of ids doesn't grow.
        let ids = ("ids".to_owned(), self.dedupe.len() as u64 * budget::ID_BYTES * 3 / 4);
        let rows = self.rows().map(|rows| (format!("{}s", rows.word()), rows.bytes().all()));
        [ids].into_iter().chain(rows).chain([("series".to_owned(), self.core.taken.bytes)]).collect()
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

//! [`Moves`]: the queues that a case was reassigned to. Most cases never are, so an empty list takes one word.

use serde::{Deserialize, Serialize};

use super::labels::Sym;
use crate::event::Timestamp;

/// When, and to which queue.
pub type Move = (Timestamp, Sym);

/// Reassignments in order of arrival. Serialized as a plain list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Move>", into = "Vec<Move>")]
#[expect(clippy::box_collection, reason = "one word in each row instead of three, and nearly always empty")]
pub struct Moves(Option<Box<Vec<Move>>>);

impl Moves {
    pub fn all(&self) -> &[Move] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    pub fn push(&mut self, at: Timestamp, queue: Sym) {
        self.0.get_or_insert_default().push((at, queue));
    }

    /// The queue of the latest reassignment, by event time.
    pub fn last_by_time(&self) -> Option<Sym> {
        self.all().iter().max().map(|(_, queue)| *queue)
    }
}

impl From<Vec<Move>> for Moves {
    fn from(moves: Vec<Move>) -> Moves {
        Moves((!moves.is_empty()).then(|| Box::new(moves)))
    }
}

impl From<Moves> for Vec<Move> {
    fn from(Moves(moves): Moves) -> Vec<Move> {
        moves.map_or_else(Vec::new, |moves| *moves)
    }
}

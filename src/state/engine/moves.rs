//! [`Moves`]: the queues that a case was moved to. Few bounce: the others carry one word for it.

use serde::{Deserialize, Serialize};

use super::labels::Sym;
use crate::event::Timestamp;

/// (when, to which queue).
pub type Move = (Timestamp, Sym);

/// In order of arrival.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Move>", into = "Vec<Move>")]
#[expect(clippy::box_collection, reason = "a word in each row, and nearly always empty")]
pub struct Moves(Option<Box<Vec<Move>>>);

impl Moves {
    pub fn all(&self) -> &[Move] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    pub fn push(&mut self, at: Timestamp, queue: Sym) {
        self.0.get_or_insert_default().push((at, queue));
    }

    /// The queue of the last one by its time.
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

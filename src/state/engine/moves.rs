//! [`Moves`]: the queues that a case was reassigned to. Most cases never are, so an empty list takes one word.

use serde::{Deserialize, Serialize};

use super::correction::Correction;
use super::labels::Sym;
use super::maybe::Maybe;
use crate::event::Timestamp;

/// One reassignment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Move {
    pub at: Timestamp,
    pub queue: Sym,
    /// No route names the queue.
    pub unrouted: bool,
}

/// Reassignments in order of arrival.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Moves(Option<Box<Moved>>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Moved {
    all: Vec<Move>,
    /// Those that were counted as repeats: they moved nothing.
    repeats: u32,
    /// When the rest is judged.
    settled: Maybe,
}

impl Moves {
    pub fn all(&self) -> &[Move] {
        self.0.as_deref().map_or(&[], |moved| &moved.all)
    }

    /// Takes one in. Whether it moved the case is known for certain at `settled`: an earlier one may come late.
    pub fn push(&mut self, new: Move, settled: Timestamp) {
        let none = || Box::new(Moved { all: Vec::new(), repeats: 0, settled: Maybe::NEVER });
        let moved = self.0.get_or_insert_with(none);
        moved.all.push(new);
        moved.settled = settled.into();
    }

    /// The queue of the latest reassignment, by event time.
    pub fn last_by_time(&self) -> Option<Sym> {
        self.all().iter().max_by_key(|each| each.at).map(|each| each.queue)
    }

    /// How often they changed the queue of a case that was opened in this one.
    pub fn changes(&self, opened_in: Sym) -> usize {
        self.changing(opened_in).len()
    }

    /// Whether one of them moved a case that was opened in this queue to one that no route names.
    pub fn lead_astray(&self, opened_in: Sym) -> bool {
        self.changing(opened_in).iter().any(|each| each.unrouted)
    }

    /// Those that changed the queue, by their time.
    fn changing(&self, opened_in: Sym) -> Vec<Move> {
        let mut all = self.all().to_vec();
        all.sort_by_key(|each| each.at);
        let mut queue = opened_in;
        all.retain(|each| std::mem::replace(&mut queue, each.queue) != each.queue);
        all
    }

    /// When [`Moves::settle`] has to be called.
    pub fn due(&self) -> Option<Timestamp> {
        self.0.as_ref().and_then(|moved| moved.settled.get())
    }

    /// Those that moved nothing are repeats by now.
    pub fn settle(&mut self, opened_in: Sym) {
        let changes = self.changes(opened_in);
        if let Some(moved) = &mut self.0 {
            moved.settled = Maybe::NEVER;
            moved.repeats = moved.repeats.max((moved.all.len() - changes) as u32);
        }
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        if let Some(moved) = &mut self.0 {
            moved.all.iter_mut().for_each(|each| clock.correct(&mut each.at));
            clock.end_of_grace(&mut moved.settled);
        }
    }

    /// Those that are repeats.
    pub fn repeats(&self) -> u32 {
        self.0.as_ref().map_or(0, |moved| moved.repeats)
    }
}

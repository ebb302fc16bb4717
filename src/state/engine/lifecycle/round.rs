//! [`Round`]: one time through a lifecycle, from its opening to its end, as a kind of lifecycle keeps it; and what taking
//! a stage has changed.

use std::fmt::Debug;

use super::super::correction::Correction;
use crate::event::{Kind, Timestamp};

/// What a stage does to its round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StagePart {
    Opens,
    Ends,
    /// Anything between, or after the end.
    Other,
}

/// One stage: what an event says, without its time.
pub trait Staged: Clone + Debug {
    fn part(&self) -> StagePart;
    /// The type under which it counts as a repeat or an orphan.
    fn kind(&self) -> Kind;
    /// The clock was ahead: moves what its event said, and what was counted from that.
    fn correct(&mut self, clock: &Correction);
}

/// One round, as far as its stages have arrived. The default has none.
///
/// It says which facts follow from its stages, whatever their order; whoever feeds it counts the facts that are new.
pub trait Round: Clone + Debug + Default {
    /// What a lifecycle of this kind is called in labels.
    const WORD: &'static str;
    /// See [`Stages::ROW_BYTES`].
    ///
    /// [`Stages::ROW_BYTES`]: super::rows::Stages::ROW_BYTES
    const ROW_BYTES: u64;
    /// Whether an end whose opening doesn't come within `limits.arrival_grace` makes a round of its own.
    const ENDS_ALONE: bool = false;
    type Stage: Staged;
    type Facts: Default;

    fn opened(&self) -> Option<Timestamp>;
    fn ended(&self) -> Option<Timestamp>;
    /// Takes a stage in; false when it has it. What another stage may still change is settled at `settled`.
    fn take(&mut self, at: Timestamp, stage: &Self::Stage, settled: Timestamp) -> bool;
    /// Its stages but the opening: a later opening may turn out to lie before some of them.
    fn stages(&self) -> Vec<(Timestamp, Self::Stage)>;
    fn facts(&self) -> Self::Facts;

    /// When [`Round::tick`] has something to do: a deadline passes, or something is settled.
    fn due(&self) -> Option<Timestamp> {
        None
    }
    /// Does all that is due by now.
    fn tick(&mut self, _now: Timestamp) {}
    /// The clock was ahead: moves what was noted while it was.
    fn correct(&mut self, clock: &Correction);
    /// A stage that may still join it waits until then.
    fn expect(&mut self, _stage: &Self::Stage, _until: Timestamp) {}
}

/// One thing that has changed, to be counted.
#[derive(Clone, Debug)]
pub enum Found<F> {
    /// The facts of a round. Before a round began there are none.
    Facts {
        before: F,
        after: F,
        /// The round has begun with this.
        began: bool,
    },
    /// A stage changes nothing.
    Repeat(Kind),
    /// A stage whose opening didn't come.
    Orphan(Kind),
}

/// All that has changed, in order. Nearly always it is one thing, which takes no allocation.
#[derive(Clone, Debug)]
pub struct AllFound<F> {
    first: Option<Found<F>>,
    more: Vec<Found<F>>,
}

impl<F> Default for AllFound<F> {
    fn default() -> Self {
        AllFound { first: None, more: Vec::new() }
    }
}

impl<F> AllFound<F> {
    pub fn one(found: Found<F>) -> AllFound<F> {
        AllFound { first: Some(found), more: Vec::new() }
    }

    pub fn push(&mut self, found: Found<F>) {
        match self.first {
            None => self.first = Some(found),
            Some(_) => self.more.push(found),
        }
    }
}

impl<F> IntoIterator for AllFound<F> {
    type Item = Found<F>;
    type IntoIter = std::iter::Chain<std::option::IntoIter<Found<F>>, std::vec::IntoIter<Found<F>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.more)
    }
}

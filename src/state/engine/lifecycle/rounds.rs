//! [`Rounds`]: one case (or one named lifecycle) as a row: its last rounds, and the stages that wait.
//!
//! Most cases have one round, whose stages arrive in order. That round is part of the row. What else there may be is in
//! memory of its own: earlier rounds, and loose stages, which have no place yet.
//!
//! All rounds but the newest have ended. They are in the order of their openings. `place` decides where a stage belongs,
//! `arrive` and `pass` take stages in and let time pass.

mod arrive;
mod pass;
mod place;

use serde::{Deserialize, Serialize};

use super::super::core::{Core, SystemId};
use super::super::correction::Correction;
use super::round::{AllFound, Found, Round, StagePart, Staged};
use super::rows::{Phase, Stages};
use crate::event::Timestamp;
use crate::event::time::MINUTE;
use crate::state::engine::maybe::Maybe;

/// Rounds that are kept of a case before the newest.
const EARLIER_MAX: usize = 3;
/// Loose stages that are kept of a case. One more finds its place at once.
const LOOSE_MAX: usize = 16;
/// A stage that happened up to this long before its opening belongs to it: clocks disagree. Nanoseconds.
const SKEW: i64 = 5 * MINUTE;

/// A case as a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(
    serialize = "R: Serialize, R::Stage: Serialize",
    deserialize = "R: Deserialize<'de>, R::Stage: Deserialize<'de>"
))]
pub struct Rounds<R: Round> {
    pub system: SystemId,
    /// It has a name of its own, and happens once.
    named: bool,
    /// Empty once it is over, where its name says as much.
    pub case: Box<str>,
    newest: R,
    /// When the newest round is forgotten, once it has ended.
    until: Timestamp,
    more: Option<Box<More<R>>>,
}

/// What few cases have.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(
    serialize = "R: Serialize, R::Stage: Serialize",
    deserialize = "R: Deserialize<'de>, R::Stage: Deserialize<'de>"
))]
struct More<R: Round> {
    /// In the order of their openings, and when each is forgotten. At most [`EARLIER_MAX`].
    earlier: Vec<(R, Timestamp)>,
    /// In order of arrival. At most [`LOOSE_MAX`].
    loose: Vec<Loose<R::Stage>>,
}

/// A stage that has no place yet, or an end that came again.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Loose<S> {
    at: Timestamp,
    stage: S,
    received: Timestamp,
    /// When it no longer waits. An end that came again doesn't wait: it has counted as a repeat, and only shows that its
    /// round was over by then.
    until: Maybe,
}

/// What the arrival of an event, or the passing of time, brings along.
#[derive(Clone, Copy)]
pub struct When {
    now: Timestamp,
    /// `limits.arrival_grace` and `limits.lifecycle_memory`.
    grace: i64,
    memory: i64,
    /// There is room for loose stages and earlier rounds.
    may_keep: bool,
}

impl When {
    pub fn new(core: &Core, now: Timestamp) -> When {
        let limits = &core.model.limits;
        let (grace, memory) = (limits.arrival_grace, limits.lifecycle_memory);
        When { now, grace, memory, may_keep: core.rows.may_wait }
    }

    /// The same limits at another when.
    pub fn at(self, now: Timestamp) -> When {
        When { now, ..self }
    }

    fn settled(&self) -> Timestamp {
        self.now.plus(self.grace)
    }

    fn forgotten(&self) -> Timestamp {
        self.now.plus(self.memory)
    }
}

impl<R: Round> Rounds<R> {
    pub fn new(system: SystemId, named: bool, case: Box<str>, until: Timestamp) -> Rounds<R> {
        Rounds { system, named, case, newest: R::default(), until, more: None }
    }

    /// A row with this round, to be forgotten then.
    pub fn of(system: SystemId, case: Box<str>, newest: R, until: Timestamp) -> Rounds<R> {
        Rounds { newest, ..Rounds::new(system, false, case, until) }
    }

    /// Adds a stage that waits for its opening until then.
    pub fn wait(&mut self, at: Timestamp, stage: R::Stage, received: Timestamp, until: Timestamp) {
        self.more_mut().loose.push(Loose { at, stage, received, until: until.into() });
    }

    /// The newest round. Only this one can be open.
    pub fn newest(&self) -> &R {
        &self.newest
    }

    /// Whether nothing is kept any more.
    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0 && self.loose().is_empty()
    }

    fn count(&self) -> usize {
        if begun(&self.newest).is_none() { 0 } else { self.earlier().len() + 1 }
    }

    fn earlier(&self) -> &[(R, Timestamp)] {
        self.more.as_ref().map_or(&[], |more| &more.earlier)
    }

    fn loose(&self) -> &[Loose<R::Stage>] {
        self.more.as_ref().map_or(&[], |more| &more.loose)
    }

    fn more_mut(&mut self) -> &mut More<R> {
        self.more.get_or_insert_with(|| Box::new(More { earlier: Vec::new(), loose: Vec::new() }))
    }

    fn round(&self, index: usize) -> &R {
        self.earlier().get(index).map_or(&self.newest, |(round, _)| round)
    }

    /// A round, and when it is forgotten.
    fn round_mut(&mut self, index: usize) -> (&mut R, &mut Timestamp) {
        match self.more.as_mut().and_then(|more| more.earlier.get_mut(index)) {
            Some((round, until)) => (round, until),
            None => (&mut self.newest, &mut self.until),
        }
    }

    /// When a round began, which gives it its place among the others.
    fn begun(&self, index: usize) -> Timestamp {
        begun(self.round(index)).expect("it is one of the rounds")
    }

    /// Gives memory back that nothing needs.
    fn tidy(&mut self) {
        if self.count() == 0
            && let Some(more) = &mut self.more
        {
            more.loose.retain(|loose| loose.until.is_some());
        }
        if self.more.as_ref().is_some_and(|more| more.earlier.is_empty() && more.loose.is_empty()) {
            self.more = None;
        }
    }
}

/// When a round opened. One whose opening never came began at its end.
fn begun<R: Round>(round: &R) -> Option<Timestamp> {
    round.opened().or_else(|| round.ended())
}

impl<R: Round> Stages for Rounds<R> {
    const WORD: &'static str = R::WORD;
    const ROW_BYTES: u64 = R::ROW_BYTES;

    fn system(&self) -> SystemId {
        self.system
    }

    fn phase(&self) -> Phase {
        match (self.newest.opened(), self.newest.ended()) {
            (None, None) => Phase::Waiting,
            (Some(_), None) => Phase::Open,
            (_, Some(_)) => Phase::Finished,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let forgotten = self.newest.ended().map(|_| self.until);
        let newest = self.newest.due().into_iter().chain(forgotten).min();
        let Some(more) = &self.more else { return newest };
        let earlier = more.earlier.iter().flat_map(|(round, until)| round.due().into_iter().chain([*until]));
        let loose = more.loose.iter().filter_map(|loose| loose.until.get());
        newest.into_iter().chain(earlier).chain(loose).min()
    }

    fn correct(&mut self, clock: &Correction) {
        self.newest.correct(clock);
        clock.end_of_memory(&mut self.until);
        let Some(more) = &mut self.more else { return };
        for (round, until) in &mut more.earlier {
            round.correct(clock);
            clock.end_of_memory(until);
        }
        more.earlier.sort_by_key(|(round, _)| begun(round));
        for loose in &mut more.loose {
            loose.stage.correct(clock);
            clock.correct(&mut loose.at);
            clock.correct_receipt(&mut loose.received);
            clock.end_of_memory(&mut loose.until);
        }
    }

    fn extra_bytes(&self) -> u64 {
        let Some(more) = &self.more else { return 0 };
        let (earlier, loose) = (size_of::<(R, Timestamp)>(), size_of::<Loose<R::Stage>>());
        // A list that grows has room for up to twice as many.
        let bytes = size_of::<More<R>>() + 2 * (more.earlier.len() * earlier + more.loose.len() * loose);
        bytes as u64 + EXTRA_OVERHEAD
    }
}

/// Three allocations.
const EXTRA_OVERHEAD: u64 = 72;

//! One escalation as a row: the stages that have arrived, in whatever order, and what follows from them.

use serde::{Deserialize, Serialize};

use super::ARRIVAL_GRACE;
use crate::event::{EscalationOutcome, Timestamp};
use crate::state::engine::core::{SystemId, Table};
use crate::state::engine::labels::Sym;
use crate::state::engine::lifecycle::{Phase, Stages};
use crate::state::engine::maybe::Maybe;
use crate::state::engine::moves::Moves;

/// One escalation, as far as its stages have arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Escalation {
    pub system: SystemId,
    /// Empty once it is over, where its name says as much.
    pub case: Box<str>,
    pub opened: Option<Opened>,
    pub acknowledged: Maybe,
    pub resolved: Option<(Timestamp, EscalationOutcome)>,
    pub(crate) moves: Moves,
    /// Deadlines that the clock called missed: nothing that comes late takes that back.
    pub(crate) missed_by_clock: [bool; 2],
    /// When waiting, or being remembered, ends.
    pub(crate) until: Timestamp,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Opened {
    pub at: Timestamp,
    pub queue: Sym,
    pub reason: Sym,
    /// No route matches its reason, and its queue is declared nowhere.
    pub(crate) unrouted: bool,
    pub(crate) received: Timestamp,
    /// Deadlines for `acknowledge` and `resolve`.
    pub(crate) due: [Maybe; 2],
}

/// What follows from the stages that have arrived, whatever their order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    pub(crate) acknowledge: Option<i64>,
    pub(crate) resolve: Option<(i64, EscalationOutcome)>,
    pub(crate) missed: [bool; 2],
    pub(crate) moves: u64,
    /// The queue it is open in now, and whether it is unacknowledged.
    pub(crate) open: Option<(Sym, bool)>,
}

/// What is counted of a row after it has changed.
pub(crate) struct Now {
    pub(crate) system: SystemId,
    pub(crate) opened: Option<Opened>,
    pub(crate) facts: Facts,
    /// The queues that it was reassigned to.
    pub(crate) queues: Vec<Sym>,
}

impl Escalation {
    pub(crate) fn new(system: SystemId, case: Box<str>, received: Timestamp, memory: i64) -> Escalation {
        Escalation {
            system,
            case,
            opened: None,
            acknowledged: Maybe::NEVER,
            resolved: None,
            moves: Moves::default(),
            missed_by_clock: [false; 2],
            until: received.plus(memory),
        }
    }

    /// The queue it is in now: that of the last reassignment by time, else the one it was opened in.
    pub fn queue_now(&self) -> Option<Sym> {
        self.moves.last_by_time().or_else(|| self.opened.as_ref().map(|opened| opened.queue))
    }

    pub fn is_open(&self) -> bool {
        self.opened.is_some() && self.resolved.is_none()
    }

    /// The deadline of a stage (0 acknowledge, 1 resolve) that has passed while the stage is still owed.
    pub fn past_deadline(&self, stage: usize, now: Timestamp) -> Option<Timestamp> {
        let due = self.opened.as_ref()?.due[stage].get()?;
        let owed = self.is_open() && (stage == 1 || self.acknowledged.is_none());
        (owed && now > due).then_some(due)
    }

    pub(crate) fn facts(&self) -> Facts {
        let Some(opened) = &self.opened else { return Facts::default() };
        let ends = [self.acknowledged.get(), self.resolved.map(|(at, _)| at)];
        let late = |stage: usize| match (opened.due[stage].get(), ends[stage]) {
            (Some(due), Some(end)) => end > due,
            _ => false,
        };
        Facts {
            acknowledge: self.acknowledged.get().map(|at| at.since(opened.at)),
            resolve: self.resolved.map(|(at, outcome)| (at.since(opened.at), outcome)),
            missed: [0, 1].map(|stage| self.missed_by_clock[stage] || late(stage)),
            moves: self.moves.all().len() as u64,
            open: self.is_open().then(|| (self.queue_now().expect("it is opened"), self.acknowledged.is_none())),
        }
    }

    pub(crate) fn to_count(&self) -> Now {
        let queues = self.moves.all().iter().map(|(_, queue)| *queue).collect();
        Now { system: self.system, opened: self.opened, facts: self.facts(), queues }
    }

    /// When the clock will call a stage missed, unless an event says otherwise before.
    pub(crate) fn clock_due(&self, stage: usize) -> Option<Timestamp> {
        let opened = self.opened.as_ref()?;
        let due = opened.due[stage].get()?;
        let resolved_by_then = self.resolved.is_some_and(|(at, _)| stage == 1 || at <= due);
        let done = resolved_by_then || stage == 0 && self.acknowledged.is_some() || self.missed_by_clock[stage];
        (!done).then(|| due.max(opened.received.plus(ARRIVAL_GRACE)))
    }
}

impl Stages for Escalation {
    const TABLE: Table = Table::Escalations;

    fn phase(&self) -> Phase {
        match (&self.opened, self.resolved) {
            (None, _) => Phase::Waiting,
            (Some(_), None) => Phase::Open,
            (Some(_), Some(_)) => Phase::Finished,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let end = (self.phase() != Phase::Open).then_some(self.until);
        [self.clock_due(0), self.clock_due(1), end].into_iter().flatten().min()
    }
}

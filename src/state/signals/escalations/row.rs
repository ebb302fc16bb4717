//! One escalation as a row: the stages that have arrived, in whatever order, and what follows from them.

use serde::{Deserialize, Serialize};

use crate::event::{EscalationOutcome, Event, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::deadline::{ByDeadline, Deadline};
use crate::state::engine::labels::Sym;
use crate::state::engine::lifecycle::rows::{Phase, Stages};
use crate::state::engine::lifecycle::steps::{ARRIVAL_GRACE, Steps};
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
    pub(super) moves: Moves,
    /// Deadlines that the clock found missed: no later event takes that back.
    missed_by_clock: ByDeadline<bool>,
    /// When waiting, or being remembered, ends.
    until: Timestamp,
}

/// An opening, with where it went and by when people owe something.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Opened {
    pub at: Timestamp,
    pub queue: Sym,
    pub reason: Sym,
    /// No route matches its reason, and its queue is declared nowhere.
    pub(super) unrouted: bool,
    pub(super) received: Timestamp,
    pub(super) due: ByDeadline<Maybe>,
}

/// What follows from the stages that have arrived, whatever their order.
#[derive(Clone, Debug, Default)]
pub struct EscalationFacts {
    pub(super) opened: Option<Opened>,
    /// Nanoseconds from the opening.
    pub(super) acknowledge: Option<i64>,
    pub(super) resolve: Option<(i64, EscalationOutcome)>,
    pub(super) missed: ByDeadline<bool>,
    /// The queues it was moved to, in order of arrival.
    pub(super) queues: Vec<Sym>,
    pub(super) open: Option<OpenIn>,
}

/// Where an open escalation is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct OpenIn {
    pub queue: Sym,
    pub unacknowledged: bool,
}

impl Escalation {
    /// The queue it is in now: that of the last reassignment by time, else the one it was opened in.
    pub fn queue_now(&self) -> Option<Sym> {
        self.moves.last_by_time().or_else(|| self.opened.as_ref().map(|opened| opened.queue))
    }

    /// A deadline that has passed while what it asks for is still owed.
    pub fn past_deadline(&self, deadline: Deadline, now: Timestamp) -> Option<Timestamp> {
        let due = self.opened.as_ref()?.due[deadline].get()?;
        let owed = match deadline {
            Deadline::Acknowledge => self.acknowledged.is_none(),
            Deadline::Resolve => true,
        };
        (self.phase() == Phase::Open && owed && now > due).then_some(due)
    }

    /// Marks what the clock finds missed at this moment; false when the timer was for something else.
    pub(super) fn miss_by_clock(&mut self, now: Timestamp) -> bool {
        let missed = Deadline::ALL.iter().find(|deadline| self.clock_due(**deadline) == Some(now));
        missed.is_some_and(|deadline| !std::mem::replace(&mut self.missed_by_clock[*deadline], true))
    }

    /// When the clock will find a deadline missed, unless an event says otherwise before.
    fn clock_due(&self, deadline: Deadline) -> Option<Timestamp> {
        let opened = self.opened.as_ref()?;
        let due = opened.due[deadline].get()?;
        let done = match (deadline, self.resolved) {
            (Deadline::Resolve, resolved) => resolved.is_some(),
            (Deadline::Acknowledge, resolved) => {
                self.acknowledged.is_some() || resolved.is_some_and(|(at, _)| at <= due)
            }
        };
        let open = !done && !self.missed_by_clock[deadline];
        open.then(|| due.max(opened.received.plus(ARRIVAL_GRACE)))
    }

    fn is_missed(&self, opened: &Opened, deadline: Deadline) -> bool {
        let end = match deadline {
            Deadline::Acknowledge => self.acknowledged.get(),
            Deadline::Resolve => self.resolved.map(|(at, _)| at),
        };
        let late = opened.due[deadline].get().zip(end).is_some_and(|(due, end)| end > due);
        self.missed_by_clock[deadline] || late
    }
}

impl EscalationFacts {
    /// Whether a deadline has been kept or missed.
    pub(super) fn is_judged(&self, deadline: Deadline) -> bool {
        let over = match deadline {
            Deadline::Acknowledge => self.acknowledge.is_some(),
            Deadline::Resolve => self.resolve.is_some(),
        };
        over || self.missed[deadline]
    }
}

impl Stages for Escalation {
    const WORD: &'static str = "escalation";
    const ROW_BYTES: u64 = 344;

    fn system(&self) -> SystemId {
        self.system
    }

    fn phase(&self) -> Phase {
        match (&self.opened, self.resolved) {
            (None, _) => Phase::Waiting,
            (Some(_), None) => Phase::Open,
            (Some(_), Some(_)) => Phase::Finished,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let end = (self.phase() != Phase::Open).then_some(self.until);
        let [acknowledge, resolve] = [Deadline::Acknowledge, Deadline::Resolve].map(|it| self.clock_due(it));
        [acknowledge, resolve, end].into_iter().flatten().min()
    }
}

impl Steps for Escalation {
    type Facts = EscalationFacts;
    type Opening = Timestamp;

    fn new(system: SystemId, case: Box<str>, until: Timestamp) -> Escalation {
        Escalation {
            system,
            case,
            opened: None,
            acknowledged: Maybe::NEVER,
            resolved: None,
            moves: Moves::default(),
            missed_by_clock: ByDeadline::default(),
            until,
        }
    }

    fn facts(&self) -> EscalationFacts {
        let Some(opened) = &self.opened else { return EscalationFacts::default() };
        let open =
            || OpenIn { queue: self.queue_now().unwrap_or(opened.queue), unacknowledged: self.acknowledged.is_none() };
        EscalationFacts {
            opened: Some(*opened),
            acknowledge: self.acknowledged.get().map(|at| at.since(opened.at)),
            resolve: self.resolved.map(|(at, outcome)| (at.since(opened.at), outcome)),
            missed: ByDeadline::of(|deadline| self.is_missed(opened, deadline)),
            queues: self.moves.all().iter().map(|(_, queue)| *queue).collect(),
            open: (self.phase() == Phase::Open).then(open),
        }
    }

    fn opening(&self) -> Option<Timestamp> {
        self.opened.as_ref().map(|opened| opened.at)
    }

    fn round_ended(&self) -> Option<Timestamp> {
        self.resolved.map(|(at, _)| at)
    }

    fn set_until(&mut self, until: Timestamp) {
        self.until = until;
    }

    fn case(&self) -> Option<&str> {
        Some(&self.case)
    }

    fn case_mut(&mut self) -> Option<&mut Box<str>> {
        Some(&mut self.case)
    }
}

impl Escalation {
    /// Puts an opening into the row; false when there is one already.
    pub(super) fn open(&mut self, event: &Event<'_>, opened: Opened) -> bool {
        self.begin_round(event) && self.opened.replace(opened).is_none()
    }

    /// Moves it to a queue; false when that move is known, or as many as `max` are.
    pub(super) fn move_to(&mut self, queue: Sym, at: Timestamp, max: usize) -> bool {
        let known = self.moves.all();
        let is_new = !known.contains(&(at, queue)) && known.len() < max;
        if is_new {
            self.moves.push(at, queue);
        }
        is_new
    }
}

//! One escalation as a round: the stages that have arrived, in whatever order, and what follows from them.

use serde::{Deserialize, Serialize};

use crate::event::{EscalationOutcome, Kind, Timestamp};
use crate::state::engine::correction::Correction;
use crate::state::engine::deadline::{ByDeadline, Deadline};
use crate::state::engine::labels::Sym;
use crate::state::engine::lifecycle::round::{Round, StagePart, Staged};
use crate::state::engine::maybe::Maybe;
use crate::state::engine::moves::{Move, Moves};

/// One escalation, as far as its stages have arrived.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Escalation {
    pub opened: Option<Opened>,
    /// By somebody, or by the resolution.
    pub acknowledged: Maybe,
    pub resolved: Option<(Timestamp, EscalationOutcome)>,
    pub(super) moves: Moves,
    /// Deadlines that the clock found missed.
    pub(super) missed_by_clock: ByDeadline<bool>,
    /// It is resolved, and nobody has acknowledged it: until then an acknowledgement may come, and then it was the
    /// resolution that acknowledged it.
    pub(super) unacknowledged_until: Maybe,
}

/// An opening, with where it went and by when people owe something.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Opened {
    pub at: Timestamp,
    pub queue: Sym,
    pub reason: Sym,
    /// No route names its queue.
    pub(super) unrouted: bool,
    /// Before this the clock finds no deadline missed.
    pub(super) judged_from: Timestamp,
    pub(super) due: ByDeadline<Maybe>,
}

/// What an event says of an escalation.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum EscalationStage {
    Opened(Opened),
    Acknowledged,
    /// Whether no route names the queue; and how many reassignments there is room for.
    Moved {
        queue: Sym,
        unrouted: bool,
        room: u8,
    },
    Resolved(EscalationOutcome),
}

/// What follows from the stages that have arrived, whatever their order.
#[derive(Clone, Debug, Default)]
pub struct EscalationFacts {
    pub(super) opened: Option<Opened>,
    /// Nanoseconds from the opening.
    pub(super) acknowledge: Option<i64>,
    pub(super) resolve: Option<(i64, EscalationOutcome)>,
    pub(super) missed: ByDeadline<bool>,
    /// The clock found it missed, but it was kept.
    pub(super) forgiven: ByDeadline<bool>,
    /// It was in a queue that no route names.
    pub(super) unrouted: bool,
    /// The queues it was moved to, in order of arrival.
    pub(super) queues: Vec<Sym>,
    /// How often it came to another queue, and how many reassignments moved nothing.
    pub(super) moved: usize,
    pub(super) repeats: u32,
    pub(super) open: Option<OpenIn>,
}

/// Where an open escalation is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct OpenIn {
    pub queue: Sym,
    pub unacknowledged: bool,
}

/// Reassignments that are kept of one escalation; more count as repeats.
pub(super) const MOVES_MAX: u8 = 32;

impl Opened {
    fn correct(&mut self, clock: &Correction) {
        clock.correct_opening(&mut self.at, &mut self.due);
        clock.end_of_grace(&mut self.judged_from);
    }
}

impl EscalationStage {
    pub(super) fn moved(queue: Sym, unrouted: bool) -> EscalationStage {
        EscalationStage::Moved { queue, unrouted, room: MOVES_MAX }
    }
}

impl Escalation {
    /// The queue it is in now: that of the last reassignment by time, else the one it was opened in.
    pub fn queue_now(&self) -> Option<Sym> {
        self.moves.last_by_time().or_else(|| self.opened.as_ref().map(|opened| opened.queue))
    }

    /// By when what a deadline asks for is owed, while it is.
    pub fn owed_by(&self, deadline: Deadline) -> Option<Timestamp> {
        let due = self.opened.as_ref()?.due[deadline].get()?;
        let owed = deadline == Deadline::Resolve || self.acknowledged.is_none();
        (self.resolved.is_none() && owed).then_some(due)
    }

    /// A deadline that has passed while what it asks for is still owed.
    pub fn past_deadline(&self, deadline: Deadline, now: Timestamp) -> Option<Timestamp> {
        self.owed_by(deadline).filter(|due| now > *due)
    }

    /// When the clock will find a deadline missed, unless an event says otherwise before.
    fn clock_due(&self, deadline: Deadline) -> Option<Timestamp> {
        let opened = self.opened.as_ref()?;
        let due = opened.due[deadline].get()?;
        let done = self.resolved.is_some() || deadline == Deadline::Acknowledge && self.acknowledged.is_some();
        let open = !done && !self.missed_by_clock[deadline];
        open.then(|| due.max(opened.judged_from))
    }

    /// Whether a deadline was kept, by the times of events.
    fn was_kept(&self, opened: &Opened, deadline: Deadline) -> Option<bool> {
        let end = match deadline {
            Deadline::Acknowledge => self.acknowledged.get(),
            Deadline::Resolve => self.resolved.map(|(at, _)| at),
        };
        opened.due[deadline].get().zip(end).map(|(due, end)| end <= due)
    }

    fn move_to(&mut self, new: Move, room: u8, settled: Timestamp) -> bool {
        let known = self.moves.all();
        let is_known = known.iter().any(|each| (each.at, each.queue) == (new.at, new.queue));
        if is_known || known.len() >= usize::from(room) {
            return false;
        }
        self.moves.push(new, settled);
        true
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

impl Staged for EscalationStage {
    fn part(&self) -> StagePart {
        match self {
            EscalationStage::Opened(_) => StagePart::Opens,
            EscalationStage::Resolved(_) => StagePart::Ends,
            EscalationStage::Acknowledged | EscalationStage::Moved { .. } => StagePart::Other,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            EscalationStage::Opened(_) => Kind::EscalationOpened,
            EscalationStage::Acknowledged => Kind::EscalationAcknowledged,
            EscalationStage::Moved { .. } => Kind::EscalationReassigned,
            EscalationStage::Resolved(_) => Kind::EscalationResolved,
        }
    }

    fn correct(&mut self, clock: &Correction) {
        if let EscalationStage::Opened(opened) = self {
            opened.correct(clock);
        }
    }
}

impl Round for Escalation {
    const WORD: &'static str = "escalation";
    const ROW_BYTES: u64 = 344;
    type Stage = EscalationStage;
    type Facts = EscalationFacts;

    fn opened(&self) -> Option<Timestamp> {
        self.opened.as_ref().map(|opened| opened.at)
    }

    fn ended(&self) -> Option<Timestamp> {
        self.resolved.map(|(at, _)| at)
    }

    fn take(&mut self, at: Timestamp, stage: &EscalationStage, settled: Timestamp) -> bool {
        let is_new = match *stage {
            EscalationStage::Opened(opened) => self.opened.is_none() && self.opened.replace(opened).is_none(),
            EscalationStage::Acknowledged => self.acknowledged.set(at),
            EscalationStage::Moved { queue, unrouted, room } => {
                self.move_to(Move { at, queue, unrouted }, room, settled)
            }
            EscalationStage::Resolved(outcome) => {
                self.resolved.is_none() && self.resolved.replace((at, outcome)).is_none()
            }
        };
        if self.acknowledged.is_some() {
            self.unacknowledged_until = Maybe::NEVER;
        } else if self.resolved.is_some() && is_new {
            self.unacknowledged_until.set(settled);
        }
        is_new
    }

    fn stages(&self) -> Vec<(Timestamp, EscalationStage)> {
        let acknowledged = self.acknowledged.get().map(|at| (at, EscalationStage::Acknowledged));
        let resolved = self.resolved.map(|(at, outcome)| (at, EscalationStage::Resolved(outcome)));
        let moves = self.moves.all().iter().map(|each| (each.at, EscalationStage::moved(each.queue, each.unrouted)));
        acknowledged.into_iter().chain(resolved).chain(moves).collect()
    }

    fn facts(&self) -> EscalationFacts {
        let Some(opened) = &self.opened else { return EscalationFacts::default() };
        let open =
            || OpenIn { queue: self.queue_now().unwrap_or(opened.queue), unacknowledged: self.acknowledged.is_none() };
        let kept = ByDeadline::of(|deadline| self.was_kept(opened, deadline));
        EscalationFacts {
            opened: Some(*opened),
            acknowledge: self.acknowledged.get().map(|at| at.since(opened.at)),
            resolve: self.resolved.map(|(at, outcome)| (at.since(opened.at), outcome)),
            missed: ByDeadline::of(|it| self.missed_by_clock[it] || kept[it] == Some(false)),
            forgiven: ByDeadline::of(|it| self.missed_by_clock[it] && kept[it] == Some(true)),
            unrouted: opened.unrouted || self.moves.lead_astray(opened.queue),
            queues: self.moves.all().iter().map(|each| each.queue).collect(),
            moved: self.moves.changes(opened.queue),
            repeats: self.moves.repeats(),
            open: self.resolved.is_none().then(open),
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let clock = Deadline::ALL.iter().filter_map(|deadline| self.clock_due(*deadline));
        clock.chain(self.unacknowledged_until.get()).chain(self.moves.due()).min()
    }

    fn tick(&mut self, now: Timestamp) {
        for deadline in Deadline::ALL.iter().copied() {
            self.missed_by_clock[deadline] |= self.clock_due(deadline).is_some_and(|due| due <= now);
        }
        if self.unacknowledged_until.get().is_some_and(|until| until <= now) {
            self.unacknowledged_until = Maybe::NEVER;
            self.acknowledged = self.resolved.map(|(at, _)| at).into();
        }
        if let (Some(until), Some(opened)) = (self.moves.due(), &self.opened)
            && until <= now
        {
            self.moves.settle(opened.queue);
        }
    }

    fn correct(&mut self, clock: &Correction) {
        let Escalation { opened, acknowledged, resolved, moves, missed_by_clock: _, unacknowledged_until } = self;
        opened.iter_mut().for_each(|opened| opened.correct(clock));
        clock.correct(acknowledged);
        resolved.iter_mut().for_each(|(at, _)| clock.correct(at));
        moves.correct(clock);
        clock.end_of_memory(unacknowledged_until);
    }

    fn expect(&mut self, stage: &EscalationStage, until: Timestamp) {
        let awaited = self.unacknowledged_until.get().filter(|awaited| *awaited < until);
        if matches!(stage, EscalationStage::Acknowledged) && awaited.is_some() {
            self.unacknowledged_until = until.into();
        }
    }
}

//! One rollback as a row: the stages that have arrived, and what follows from them.

use serde::{Deserialize, Serialize};

use super::super::words::RollbackEnd;
use crate::event::kinds::EVENT_AGE;
use crate::event::time::DAY;
use crate::event::{RollbackTo, Timestamp, Trigger};
use crate::state::engine::core::SystemId;
use crate::state::engine::correction::Correction;
use crate::state::engine::lifecycle::rows::{Phase, Stages};

/// Without a completion a rollback counts as unfinished after this. Nanoseconds.
pub(super) const UNFINISHED: i64 = 7 * DAY;
/// One that hasn't restored the system is remembered for this long: it may still be completed, however late. Nanoseconds.
const NOT_RESTORED: i64 = EVENT_AGE;
/// Completions of one rollback that are remembered, to know repeats.
const COMPLETIONS_MAX: usize = 8;

/// One rollback, as far as its stages have arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rollback {
    pub system: SystemId,
    pub(super) started: Option<Started>,
    /// In order of arrival.
    pub(super) completions: Vec<Completion>,
    /// It was counted without its start.
    pub(super) alone: bool,
    pub(super) overdue: bool,
    /// It was counted as unfinished.
    pub(super) unfinished: bool,
    /// Nobody expects its completion any more, so it is in progress no longer. A completion counts all the same.
    pub(super) given_up: bool,
    /// When waiting, or being remembered, ends.
    pub(super) until: Timestamp,
}

/// The start of a rollback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Started {
    pub at: Timestamp,
    /// By when it should be completed.
    pub due: Timestamp,
    /// When the clock finds it overdue.
    pub overdue_at: Timestamp,
    pub unfinished_at: Timestamp,
    /// Until when its change may arrive.
    pub change_until: Timestamp,
    pub change: Option<Box<str>>,
    pub trigger: Trigger,
    pub to: Option<RollbackTo>,
    pub drill: bool,
}

/// A completion of a rollback. One that failed may be completed again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Completion {
    pub at: Timestamp,
    pub restored: bool,
    pub change: Option<Box<str>>,
    pub to: Option<RollbackTo>,
    pub drill: bool,
    /// How long it took, where the sender says so.
    pub nanos: Option<i64>,
    /// That is longer than declared.
    pub took_long: bool,
    /// Until when it waits for its start.
    pub until: Timestamp,
    pub counted: bool,
    /// Its duration was observed.
    pub timed: bool,
}

/// What follows from the stages that have arrived.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// It began, and is no drill.
    Started(Beginning),
    Ended(Ending),
    /// It restored the system, in this time: negative where the clocks disagree.
    Took {
        drill: bool,
        nanos: i64,
    },
    /// It left the system restored, and is no drill.
    Restored {
        beginning: Beginning,
        at: Timestamp,
        to: Option<RollbackTo>,
    },
    Overdue {
        at: Timestamp,
        to: Option<RollbackTo>,
        drill: bool,
    },
}

/// How a rollback began.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Beginning {
    /// The change that it undoes.
    pub named: Option<Box<str>>,
    pub at: Timestamp,
    /// Until when that change may arrive.
    pub until: Timestamp,
}

/// How a rollback ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ending {
    pub at: Timestamp,
    pub end: RollbackEnd,
    pub trigger: Trigger,
    pub to: Option<RollbackTo>,
    pub drill: bool,
    pub nanos: Option<i64>,
}

impl Rollback {
    pub(super) fn new(system: SystemId) -> Rollback {
        Rollback {
            system,
            started: None,
            completions: Vec::new(),
            alone: false,
            overdue: false,
            unfinished: false,
            given_up: false,
            until: Timestamp::EPOCH,
        }
    }

    /// Takes the start; false when there is one. What is over is remembered for this long.
    pub(super) fn start(&mut self, started: Started, received: Timestamp, memory: i64) -> bool {
        if self.started.is_some() {
            return false;
        }
        self.started = Some(started);
        self.until = received.plus(self.remembered(memory));
        true
    }

    /// Takes a completion; false when it is a repeat: it is known, or the rollback had restored the system before it.
    pub(super) fn complete(&mut self, completion: Completion, received: Timestamp, memory: i64) -> bool {
        let mut restored = self.completions.iter().filter(|known| known.restored);
        let is_over = restored.any(|known| completion.restored || completion.at >= known.at);
        let is_known = |known: &Completion| (known.at, known.restored) == (completion.at, completion.restored);
        if is_over || self.completions.iter().any(is_known) {
            return false;
        }
        if self.completions.len() == COMPLETIONS_MAX {
            self.completions.remove(0);
        }
        let until = completion.until;
        self.completions.reserve_exact(1);
        self.completions.push(completion);
        match (self.is_waiting(), self.completions.len()) {
            (true, 1) => self.until = until,
            (true, _) => {}
            (false, _) => self.until = received.plus(self.remembered(memory)),
        }
        true
    }

    fn remembered(&self, memory: i64) -> i64 {
        let is_restored = self.completions.iter().any(|completion| completion.restored);
        if is_restored { memory } else { memory.max(NOT_RESTORED) }
    }

    fn is_waiting(&self) -> bool {
        self.started.is_none() && !self.alone
    }

    /// Its time by the clock has come: what follows, or `None` when it is to be forgotten.
    pub(super) fn pass(&mut self, now: Timestamp, memory: i64) -> Option<Vec<Effect>> {
        match self.phase() {
            Phase::Finished => return None,
            Phase::Waiting => {
                self.alone = true;
                self.until = now.plus(self.remembered(memory));
                return Some(self.settle());
            }
            Phase::Open => {}
        }
        let started = self.started.as_ref()?;
        let (at, to, drill) = (started.at, started.to, started.drill);
        if !self.overdue && started.overdue_at <= now {
            self.overdue = true;
            return Some(vec![Effect::Overdue { at, to, drill }]);
        }
        let ending = Ending { at: now, end: RollbackEnd::Unfinished, trigger: started.trigger, to, drill, nanos: None };
        let is_counted = std::mem::replace(&mut self.unfinished, true);
        (self.given_up, self.until) = (true, now.plus(self.remembered(memory)));
        Some(Some(Effect::Ended(ending)).filter(|_| !is_counted).into_iter().collect())
    }

    /// What follows from the stages that have arrived, and wasn't taken yet. What it began with and what it left may be said
    /// again, when a later stage says more of it.
    pub(super) fn settle(&mut self) -> Vec<Effect> {
        if self.is_waiting() {
            return Vec::new();
        }
        let beginning = self.beginning();
        let mut effects: Vec<Effect> = beginning.clone().map(Effect::Started).into_iter().collect();
        let Rollback { started, completions, overdue, .. } = self;
        for completion in completions {
            completion.settle(started.as_ref(), overdue, &mut effects);
            let to = completion.to.or(started.as_ref().and_then(|started| started.to));
            if let Some(beginning) = beginning.clone().filter(|_| completion.restored && !completion.drill) {
                effects.push(Effect::Restored { beginning, at: completion.at, to });
            }
        }
        effects
    }

    /// How it began, unless it is a drill.
    fn beginning(&self) -> Option<Beginning> {
        let named = self.completions.iter().find_map(|completion| completion.change.clone());
        if let Some(Started { at, change_until, change, drill, .. }) = &self.started {
            let named = change.clone().or(named);
            return (!drill).then_some(Beginning { named, at: *at, until: *change_until });
        }
        let first = self.completions.first().filter(|first| !first.drill)?;
        Some(Beginning { named, at: first.at.plus(-first.nanos.unwrap_or(0)), until: first.until })
    }
}

impl Completion {
    fn settle(&mut self, started: Option<&Started>, overdue: &mut bool, effects: &mut Vec<Effect>) {
        let drill = self.drill || started.is_some_and(|started| started.drill);
        let to = self.to.or(started.and_then(|started| started.to));
        let nanos = self.nanos.or(started.map(|started| self.at.since(started.at)));
        let is_late = started.map_or(self.took_long, |started| self.at > started.due);
        if is_late && !std::mem::replace(overdue, true) {
            effects.push(Effect::Overdue { at: self.at, to, drill });
        }
        if let Some(nanos) = nanos.filter(|_| self.restored && !self.timed) {
            self.timed = true;
            effects.push(Effect::Took { drill, nanos });
        }
        let end = if self.restored { RollbackEnd::Restored } else { RollbackEnd::Failed };
        let trigger = started.map_or(Trigger::Other, |started| started.trigger);
        if !std::mem::replace(&mut self.counted, true) {
            effects.push(Effect::Ended(Ending { at: self.at, end, trigger, to, drill, nanos }));
        }
    }
}

impl Stages for Rollback {
    const WORD: &'static str = "rollback";
    const ROW_BYTES: u64 = 344;

    fn system(&self) -> SystemId {
        self.system
    }

    fn phase(&self) -> Phase {
        match (&self.started, self.completions.is_empty()) {
            (None, _) if !self.alone => Phase::Waiting,
            (Some(_), true) if !self.given_up => Phase::Open,
            _ => Phase::Finished,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        match (&self.started, self.phase()) {
            (Some(started), Phase::Open) => {
                let overdue = (!self.overdue).then_some(started.overdue_at);
                overdue.into_iter().chain([started.unfinished_at]).min()
            }
            _ => Some(self.until),
        }
    }

    fn correct(&mut self, clock: &Correction) {
        if let Some(started) = &mut self.started {
            let before = started.at;
            clock.correct(&mut started.at);
            let back = started.at.since(before);
            for moment in [&mut started.due, &mut started.overdue_at, &mut started.unfinished_at] {
                *moment = moment.plus(back);
            }
            clock.end_of_grace(&mut started.change_until);
        }
        for completion in &mut self.completions {
            clock.correct(&mut completion.at);
            clock.end_of_memory(&mut completion.until);
        }
        clock.end_of(NOT_RESTORED, &mut self.until);
    }
}

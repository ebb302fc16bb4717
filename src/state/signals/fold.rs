//! [`Fold`]: what a signal gets to work with: the shared state, the accounts that all signals write to, and a way to tell the
//! others what it found.

use std::collections::VecDeque;

use super::facts::Facts;
use super::notice::Notice;
use super::objectives::{Objective, Objectives};
use super::rare::RareEvents;
use super::statistics::Statistics;
use super::warnings::Warnings;
use crate::event::Kind;
use crate::state::engine::core::{Core, SystemId};

/// The context of one event or timer.
pub struct Fold<'a> {
    pub core: &'a mut Core,
    pub facts: &'a mut Facts,
    pub statistics: &'a mut Statistics,
    pub objectives: &'a mut Objectives,
    pub rare: &'a mut RareEvents,
    pub warnings: &'a mut Warnings,
    /// The system of the event. A timer's row knows its own.
    pub system: SystemId,
    /// What the others will hear once all signals have taken the event, in the order in which it was said.
    pub notices: VecDeque<Notice>,
}

impl<'a> Fold<'a> {
    /// Counts one event that an objective judges.
    pub fn judge(&mut self, system: SystemId, objective: Objective, good: bool) {
        self.objectives.judge(self.core, system, objective, good);
        let now = self.core.now;
        self.facts.of(system).judge(objective, now, 1, u32::from(good));
    }

    /// An event that an objective judged as missed was in time after all.
    pub fn forgive(&mut self, system: SystemId, objective: Objective) {
        self.objectives.forgive(self.core, system, objective);
        let now = self.core.now;
        self.facts.of(system).judge(objective, now, 0, 1);
    }

    /// An event whose opening never came.
    pub fn orphan(&mut self, kind: Kind) {
        self.statistics.orphan(self.core, kind);
    }

    /// An event whose stage had arrived before.
    pub fn repeat(&mut self, kind: Kind) {
        self.statistics.repeat(self.core, kind);
    }

    /// A duration that ended with an event of this type, in nanoseconds: never negative, and counted as skew when it would
    /// be.
    pub fn duration(&mut self, kind: Kind, nanos: i64) -> i64 {
        self.statistics.duration(self.core, kind, nanos)
    }

    /// Tells the sender of the event that something of it has no effect, or not the one that was meant. `field` is the one
    /// to look at; each is said once a request.
    pub fn warn(&mut self, field: &'static str, warning: impl FnOnce() -> String) {
        self.warnings.add(field, warning);
    }

    /// Tells the other signals.
    pub fn say(&mut self, notice: Notice) {
        self.notices.push_back(notice);
    }

    /// What the other signals have to hear next.
    pub fn next_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }
}

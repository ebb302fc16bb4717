//! [`Facts`]: what the checklist needs to know of the past and no series says: when something last happened, how often each
//! signal family reports, and how the last 30 days compare with the objectives.
//!
//! A few moments for each system, handed to every signal with its context, so that it can note what it sees. No event
//! allocates, except for rare findings. What happened "recently" goes by the event's own time, since a late event is of the day
//! it tells of; silence goes by receipt.

mod month;
mod pace;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::month::Month;
pub use self::month::OBJECTIVE_DAYS;
use self::pace::Pace;
pub use self::stored::FactsV1;
use super::objectives::Objective;
use super::words::RollbackEnd;
use crate::event::{Body, DrillPath, Event, Mode, Timestamp, words};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::correction::Correction;
use crate::state::engine::cow::{CowVec, share};
use crate::state::engine::labels::Sym;

/// Findings of a kind (undeclared actions, escalations without an owner) that are remembered by name in each system; the one
/// that was seen longest ago is dropped first.
const FINDINGS_MAX: usize = 16;

words!(/// The signal families of operational quality.
    QualityFamily { Escalations = "escalations", ReviewLoad = "review_load", Latency = "latency", UserTrust = "user_trust",
        RollbackEvents = "rollback_events" });

/// The facts of every system, by its number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    rows: CowVec<SystemFacts, 1>,
}

share!(Facts { rows });

/// The facts of one system.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SystemFacts {
    paces: [Pace; QualityFamily::ALL.len()],
    /// When something of each family last counted, by its own time.
    counted: [Option<Timestamp>; QualityFamily::ALL.len()],
    /// When a declared action was last seen.
    pub action: Option<Timestamp>,
    /// Actions that nobody declared when they were seen, and when they last were.
    undeclared: Vec<(Sym, Timestamp)>,
    /// The last violation of a boundary that took effect.
    pub violation: Option<Violation>,
    /// Where escalations came to a queue that nobody owned, and when they last did.
    ownerless: Vec<(Ownerless, Timestamp)>,
    /// When an escalation was last acknowledged, and when within its deadline.
    pub acknowledged: Option<Timestamp>,
    pub acknowledged_in_time: Option<Timestamp>,
    /// The last change that a rollback named and nobody deployed.
    pub unknown_change: Option<UnknownChange>,
    /// The last rollback or drill that ended.
    pub rollback: Option<LastRollback>,
    judged: BTreeMap<Objective, Month>,
    /// An escalation ratio is declared: kept here, since every task asks.
    judges_escalations: bool,
}

/// An escalation in a queue that nobody owns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ownerless {
    pub queue: Sym,
    pub reason: Sym,
}

/// A violation of a boundary that took effect.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Violation {
    pub at: Timestamp,
    pub action: Sym,
    pub declared: Mode,
    pub attempted: Mode,
}

/// A change that a rollback named and nobody deployed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnknownChange {
    /// When the rollback started.
    pub at: Timestamp,
    pub named: Box<str>,
}

/// A rollback or a drill that ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct LastRollback {
    pub at: Timestamp,
    pub end: RollbackEnd,
    pub drill: bool,
    /// How long it took, where that is known. Nanoseconds.
    pub nanos: Option<i64>,
}

impl Facts {
    /// The facts of a system, to note something.
    pub fn of(&mut self, system: SystemId) -> &mut SystemFacts {
        self.rows.grow_mut(system as usize)
    }

    pub fn get(&self, system: SystemId) -> Option<&SystemFacts> {
        self.rows.get(system as usize)
    }

    pub fn drop_system(&mut self, system: SystemId) {
        if let Some(row) = self.rows.get_mut(system as usize) {
            *row = SystemFacts::default();
        }
    }

    /// Notes what an event says by its type alone.
    pub fn apply(&mut self, core: &Core, system: SystemId, event: &Event<'_>) {
        let is_task = matches!(event.body, Body::TaskCompleted { .. });
        let family = family_of(&event.body);
        if family.is_none() && !is_task {
            return;
        }
        // One look-up serves both: this is done for every event.
        let row = self.of(system);
        if let Some(family) = family {
            row.paces[family as usize].see(event.received);
            // Each event of these counts by itself; the others are told by their signals once they do.
            if matches!(family, QualityFamily::Latency | QualityFamily::RollbackEvents) {
                row.see_counted(family, event.time);
            }
        }
        if is_task && row.judges_escalations {
            row.judge(Objective::EscalationRatio, core.now, 1, 0);
        }
    }

    /// Notes an escalation that counts in the ratio of escalations to tasks.
    pub fn escalated(&mut self, core: &Core, system: SystemId) {
        let row = self.of(system);
        if row.judges_escalations {
            row.judge(Objective::EscalationRatio, core.now, 0, 1);
        }
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        self.rows.each_mut(|row| row.correct(clock));
    }

    /// Takes what is declared of a system into force.
    pub fn declare(&mut self, core: &Core, system: SystemId) {
        let objectives = core.declared(system).map(|declared| &declared.objectives);
        self.of(system).judges_escalations = objectives.is_some_and(|declared| declared.escalation_ratio.is_some());
    }
}

impl SystemFacts {
    fn correct(&mut self, clock: &Correction) {
        self.paces.iter_mut().for_each(|pace| pace.correct(clock));
        self.counted.iter_mut().for_each(|at| clock.correct(at));
        for at in [&mut self.action, &mut self.acknowledged, &mut self.acknowledged_in_time] {
            clock.correct(at);
        }
        self.undeclared.iter_mut().for_each(|(_, at)| clock.correct(at));
        self.ownerless.iter_mut().for_each(|(_, at)| clock.correct(at));
        self.violation.iter_mut().for_each(|last| clock.correct(&mut last.at));
        self.unknown_change.iter_mut().for_each(|last| clock.correct(&mut last.at));
        self.rollback.iter_mut().for_each(|last| clock.correct(&mut last.at));
        self.judged.values_mut().for_each(|month| month.go_back(clock.to()));
    }

    pub fn pace(&self, family: QualityFamily) -> &Pace {
        &self.paces[family as usize]
    }

    /// When something of a family last counted.
    pub fn counted(&self, family: QualityFamily) -> Option<Timestamp> {
        self.counted[family as usize]
    }

    pub fn see_counted(&mut self, family: QualityFamily, at: Timestamp) {
        let counted = &mut self.counted[family as usize];
        *counted = (*counted).max(Some(at));
    }

    /// The queues that nobody owned when an escalation came to them, with the moments when one last did.
    pub fn ownerless(&self) -> &[(Ownerless, Timestamp)] {
        &self.ownerless
    }

    pub fn see_ownerless(&mut self, found: Ownerless, at: Timestamp) {
        see(&mut self.ownerless, found, at);
    }

    /// The actions that nobody declared when they were seen, with the moments when they last were.
    pub fn undeclared(&self) -> &[(Sym, Timestamp)] {
        &self.undeclared
    }

    /// (events, good) of an objective in the last [`OBJECTIVE_DAYS`] days; (tasks, escalations) of the escalation ratio.
    pub fn judged(&self, objective: Objective, now: Timestamp) -> (u64, u64) {
        self.judged.get(&objective).map_or((0, 0), |month| month.sums(now))
    }

    pub fn judge(&mut self, objective: Objective, now: Timestamp, all: u32, part: u32) {
        self.judged.entry(objective).or_default().add(now, all, part);
    }

    pub fn see_undeclared(&mut self, action: Sym, at: Timestamp) {
        see(&mut self.undeclared, action, at);
    }

    /// An escalation was acknowledged at this moment, in time for its deadline or not.
    pub fn see_acknowledged(&mut self, at: Timestamp, in_time: bool) {
        self.acknowledged = self.acknowledged.max(Some(at));
        if in_time {
            self.acknowledged_in_time = self.acknowledged_in_time.max(Some(at));
        }
    }

    /// A rollback named a change that nobody deployed; the last one by its own time counts.
    pub fn see_unknown(&mut self, unknown: UnknownChange) {
        if self.unknown_change.as_ref().is_none_or(|last| unknown.at >= last.at) {
            self.unknown_change = Some(unknown);
        }
    }

    /// A change was deployed after all.
    pub fn know(&mut self, change: &str) {
        self.unknown_change.take_if(|unknown| *unknown.named == *change);
    }

    /// A boundary was violated, and it took effect; the last one by its own time counts.
    pub fn see_violation(&mut self, violation: Violation) {
        if self.violation.is_none_or(|last| violation.at >= last.at) {
            self.violation = Some(violation);
        }
    }

    /// A rollback or a drill has ended; the last one by its own time counts.
    pub fn see_rollback(&mut self, rollback: LastRollback) {
        if self.rollback.is_none_or(|last| rollback.at >= last.at) {
            self.rollback = Some(rollback);
        }
    }
}

/// Notes a finding with its moment.
fn see<T: PartialEq>(findings: &mut Vec<(T, Timestamp)>, found: T, at: Timestamp) {
    if let Some((_, last)) = findings.iter_mut().find(|(known, _)| *known == found) {
        *last = at.max(*last);
        return;
    }
    if findings.len() == FINDINGS_MAX {
        let oldest = findings.iter().enumerate().min_by_key(|(_, (_, at))| *at).map_or(0, |(index, _)| index);
        findings.remove(oldest);
    }
    findings.push((found, at));
}

fn family_of(body: &Body<'_>) -> Option<QualityFamily> {
    Some(match body {
        Body::EscalationOpened { .. }
        | Body::EscalationAcknowledged { .. }
        | Body::EscalationReassigned { .. }
        | Body::EscalationResolved { .. } => QualityFamily::Escalations,
        Body::ReviewRequested { .. } | Body::ReviewStarted { .. } | Body::ReviewCompleted { .. } => {
            QualityFamily::ReviewLoad
        }
        Body::TaskCompleted { duration_seconds: Some(_), .. }
        | Body::StepCompleted { duration_seconds: Some(_), .. } => QualityFamily::Latency,
        Body::FeedbackReceived { .. } | Body::AppealOpened { .. } | Body::AppealDecided { .. } => {
            QualityFamily::UserTrust
        }
        Body::RollbackStarted { .. } | Body::RollbackCompleted { .. } => QualityFamily::RollbackEvents,
        Body::DrillCompleted { path: DrillPath::Rollback, .. } => QualityFamily::RollbackEvents,
        _ => return None,
    })
}

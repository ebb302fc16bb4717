//! What the checklist needs to know of the past and no series says: when something last happened, how often each
//! signal family reports, and how the last 30 days stand against the objectives.
//!
//! A few moments for each system, kept in [`crate::state::engine::core::Core`] so that every signal can note what it sees. No event
//! allocates, except for rare findings. "Recent" is by time of receipt; proofs (a drill, an acknowledgement) hold
//! from the time at which they happened.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::changes::Approval;
use super::objectives::Objective;
use super::rollbacks::End;
use crate::event::time::DAY;
use crate::event::{Body, ChangeKind, DrillPath, Event, Mode, Timestamp, words};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::cow::{CowVec, share};
use crate::state::engine::labels::Sym;

/// Undeclared actions that are remembered by name in each system; the one that was seen longest ago goes first.
const UNDECLARED_MAX: usize = 16;
/// Calendar days, UTC, today included, over which objectives are judged.
pub const OBJECTIVE_DAYS: usize = 30;
/// A usual pace is forgotten in about this time. Nanoseconds.
const PACE_MEMORY: i64 = 30 * DAY;
/// Different days on which a family must have reported before it has a usual pace: a working week and a weekend.
const PACE_DAYS_MIN: u32 = 7;
/// However dense a family usually is, a shorter silence says nothing. Nanoseconds.
const SILENCE_MIN: i64 = DAY;

words!(/// The signal families of operational quality.
    Family { Escalations = "escalations", ReviewLoad = "review_load", Latency = "latency", UserTrust = "user_trust",
        RollbackEvents = "rollback_events" });

/// The facts of every system, by its number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    rows: CowVec<Row, 1>,
}

share!(Facts { rows });

/// The facts of one system.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Row {
    paces: [Pace; 5],
    /// When a declared action was last seen.
    pub action: Option<Timestamp>,
    /// Actions that nobody declared when they were seen, and when they last were.
    undeclared: Vec<(Sym, Timestamp)>,
    /// The last violation of a boundary that took effect.
    pub violation: Option<Violation>,
    /// The last escalation that nobody was meant to receive: when, and its reason.
    pub unrouted: Option<(Timestamp, Sym)>,
    /// When an escalation was last acknowledged, and when within its deadline.
    pub acknowledged: Option<Timestamp>,
    pub acknowledged_in_time: Option<Timestamp>,
    /// The last change that somebody else didn't stand behind.
    pub objectionable: Option<Objectionable>,
    /// The last rollback or drill that ended.
    pub rollback: Option<LastRollback>,
    judged: BTreeMap<Objective, Month>,
    /// An escalation ratio is declared: kept here, since every task asks.
    judges_escalations: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Violation {
    pub at: Timestamp,
    pub action: Sym,
    pub declared: Mode,
    pub attempted: Mode,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Objectionable {
    pub at: Timestamp,
    pub kind: ChangeKind,
    pub version: Box<str>,
    pub approval: Approval,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct LastRollback {
    pub at: Timestamp,
    pub end: End,
    pub drill: bool,
    /// How long it took, where that is known. Nanoseconds.
    pub nanos: Option<i64>,
}

/// How often a family reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    pub last: Option<Timestamp>,
    /// The longest usual silence in nanoseconds. It fades over [`PACE_MEMORY`], so that nights and weekends count
    /// and one long-gone outage doesn't.
    longest: i64,
    /// Different days on which it reported.
    days: u32,
}

impl Pace {
    fn see(&mut self, at: Timestamp) {
        let Some(last) = self.last else {
            *self = Pace { last: Some(at), longest: 0, days: 1 };
            return;
        };
        if at <= last {
            return;
        }
        let gap = at.since(last);
        let faded = (i128::from(self.longest) * i128::from(gap.min(PACE_MEMORY)) / i128::from(PACE_MEMORY)) as i64;
        self.longest = gap.max(self.longest - faded);
        self.days = self.days.saturating_add(u32::from(day_of(at) > day_of(last)));
        self.last = Some(at);
    }

    /// The silence that would be longer than usual, in nanoseconds: twice the longest usual one. `None` until the
    /// family has reported on enough days to have a usual pace.
    pub fn silence_max(&self) -> Option<i64> {
        (self.days >= PACE_DAYS_MIN).then(|| self.longest.saturating_mul(2).max(SILENCE_MIN))
    }
}

/// (all, part) of the last [`OBJECTIVE_DAYS`] days, in a ring by day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Month {
    /// The newest day.
    day: i64,
    ring: Vec<(u32, u32)>,
}

impl Month {
    fn add(&mut self, at: Timestamp, all: u32, part: u32) {
        let day = day_of(at).max(self.day);
        if self.ring.is_empty() {
            self.ring = vec![(0, 0); OBJECTIVE_DAYS];
        }
        // The days that nothing was said of are empty, not what they were a month ago.
        for passed in (self.day + 1..=day).rev().take(OBJECTIVE_DAYS) {
            self.ring[place(passed)] = (0, 0);
        }
        self.day = day;
        let of_day = &mut self.ring[place(day)];
        *of_day = (of_day.0.saturating_add(all), of_day.1.saturating_add(part));
    }

    fn sums(&self, now: Timestamp) -> (u64, u64) {
        let today = day_of(now);
        let first = today - OBJECTIVE_DAYS as i64 + 1;
        let days =
            (first.max(self.day - OBJECTIVE_DAYS as i64 + 1)..=self.day.min(today)).filter(|_| !self.ring.is_empty());
        let days = days.map(|day| self.ring[place(day)]);
        days.fold((0, 0), |(all, part), day| (all + u64::from(day.0), part + u64::from(day.1)))
    }
}

fn day_of(at: Timestamp) -> i64 {
    at.nanos().div_euclid(DAY)
}

fn place(day: i64) -> usize {
    day.rem_euclid(OBJECTIVE_DAYS as i64) as usize
}

impl Facts {
    /// The facts of a system, to note something.
    pub fn of(&mut self, system: SystemId) -> &mut Row {
        self.rows.grow_mut(system as usize)
    }

    pub fn get(&self, system: SystemId) -> Option<&Row> {
        self.rows.get(system as usize)
    }

    pub fn drop_system(&mut self, system: SystemId) {
        if let Some(row) = self.rows.get_mut(system as usize) {
            *row = Row::default();
        }
    }
}

impl Row {
    pub fn pace(&self, family: Family) -> &Pace {
        &self.paces[family as usize]
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
        if let Some((_, last)) = self.undeclared.iter_mut().find(|(known, _)| *known == action) {
            *last = at.max(*last);
            return;
        }
        if self.undeclared.len() == UNDECLARED_MAX {
            let oldest =
                self.undeclared.iter().enumerate().min_by_key(|(_, (_, at))| *at).map_or(0, |(index, _)| index);
            self.undeclared.remove(oldest);
        }
        self.undeclared.push((action, at));
    }

    /// An escalation was acknowledged at this moment, in time for its deadline or not.
    pub fn see_acknowledged(&mut self, at: Timestamp, in_time: bool) {
        self.acknowledged = self.acknowledged.max(Some(at));
        if in_time {
            self.acknowledged_in_time = self.acknowledged_in_time.max(Some(at));
        }
    }

    /// A rollback or a drill has ended; the last one by its own time counts.
    pub fn see_rollback(&mut self, rollback: LastRollback) {
        if self.rollback.is_none_or(|last| rollback.at >= last.at) {
            self.rollback = Some(rollback);
        }
    }
}

/// Notes what an event says by its type alone.
pub fn apply(core: &mut Core, system: SystemId, event: &Event<'_>) {
    let is_task = matches!(event.body, Body::TaskCompleted { .. });
    let family = family_of(&event.body);
    if family.is_none() && !is_task {
        return;
    }
    // One look-up serves both: this is done for every event.
    let (now, row) = (core.now, core.facts.of(system));
    if let Some(family) = family {
        row.paces[family as usize].see(event.received);
    }
    if is_task && row.judges_escalations {
        row.judge(Objective::EscalationRatio, now, 1, 0);
    }
}

/// An escalation was opened, and counts against the tasks.
pub fn escalated(core: &mut Core, system: SystemId) {
    let (now, row) = (core.now, core.facts.of(system));
    if row.judges_escalations {
        row.judge(Objective::EscalationRatio, now, 0, 1);
    }
}

/// Takes what is declared of a system into force.
pub fn declare(core: &mut Core, system: SystemId) {
    let declared = core.declared(system).is_some_and(|declared| declared.objectives.escalation_ratio.is_some());
    core.facts.of(system).judges_escalations = declared;
}

fn family_of(body: &Body<'_>) -> Option<Family> {
    Some(match body {
        Body::EscalationOpened { .. }
        | Body::EscalationAcknowledged { .. }
        | Body::EscalationReassigned { .. }
        | Body::EscalationResolved { .. } => Family::Escalations,
        Body::ReviewRequested { .. } | Body::ReviewStarted { .. } | Body::ReviewCompleted { .. } => Family::ReviewLoad,
        Body::TaskCompleted { duration_seconds: Some(_), .. }
        | Body::StepCompleted { duration_seconds: Some(_), .. } => Family::Latency,
        Body::FeedbackReceived { .. } | Body::AppealOpened { .. } | Body::AppealDecided { .. } => Family::UserTrust,
        Body::RollbackStarted { .. } | Body::RollbackCompleted { .. } => Family::RollbackEvents,
        Body::DrillCompleted { path: DrillPath::Rollback, .. } => Family::RollbackEvents,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::time::HOUR;

    const START: Timestamp = Timestamp::from_seconds(1_795_424_400);

    #[test]
    fn a_family_is_silent_beyond_twice_its_longest_usual_gap() {
        let mut pace = Pace::default();
        for day in 0..6 {
            pace.see(START.plus(day * DAY));
        }
        assert_eq!(pace.silence_max(), None, "six days are no pace");
        // A weekend.
        pace.see(START.plus(8 * DAY));
        assert_eq!(pace.silence_max(), Some(6 * DAY));
        for hour in 1..=30 * 24 {
            pace.see(START.plus(8 * DAY + hour * HOUR));
        }
        let after = pace.silence_max().expect("known for long");
        assert!((DAY..3 * DAY).contains(&after), "the weekend fades: {after}");
    }

    #[test]
    fn a_dense_family_may_rest_a_day() {
        let mut pace = Pace::default();
        (0..7 * 24 * 60).for_each(|minute| pace.see(START.plus(minute * 60_000_000_000)));
        assert_eq!(pace.silence_max(), Some(DAY));
    }

    #[test]
    fn objectives_forget_after_their_days() {
        let mut month = Month::default();
        assert_eq!(month.sums(START), (0, 0));
        month.add(START, 10, 1);
        month.add(START.plus(29 * DAY), 5, 5);
        assert_eq!(month.sums(START.plus(29 * DAY)), (15, 6));
        assert_eq!(month.sums(START.plus(30 * DAY)), (5, 5), "by the clock alone");
        month.add(START.plus(30 * DAY), 1, 0);
        assert_eq!(month.sums(START.plus(30 * DAY)), (6, 5));
        month.add(START.plus(400 * DAY), 2, 1);
        assert_eq!(month.sums(START.plus(400 * DAY)), (2, 1));
        assert_eq!(month.sums(START.plus(500 * DAY)), (0, 0));
    }

    #[test]
    fn undeclared_actions_are_bounded_and_the_newest_stay() {
        let mut row = Row::default();
        (0..40).for_each(|action| row.see_undeclared(action, START.plus(i64::from(action))));
        row.see_undeclared(39, START.plus(100));
        assert_eq!(row.undeclared().len(), UNDECLARED_MAX);
        assert_eq!(row.undeclared().last(), Some(&(39, START.plus(100))));
        assert!(row.undeclared().iter().all(|(action, _)| *action >= 24));
    }
}

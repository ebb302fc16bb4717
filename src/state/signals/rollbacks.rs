//! Rollbacks: whether the business can go back, how long it takes, and how long it lived without the system.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::changes::{Changes, Undone};
use super::escalations::ARRIVAL_GRACE;
use super::facts::LastRollback;
use super::itself::Itself;
use crate::event::{
    Body, DrillPath, DrillResult, Event, Kind, RollbackResult, RollbackTo, Timestamp, Trigger, time::DAY, words,
};
use crate::state::engine::core::{Core, SystemId, Table, Timer};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Family, Number, SYSTEM, Sink, closed, counter, gauge, histogram};
use crate::state::engine::lifecycle::{Lifecycles, Phase, Stages, name_of};
use crate::state::engine::series::{Hist, Nanos, Series};

words!(/// How a rollback ended for the counter.
    End { Restored = "restored", Failed = "failed", Unfinished = "unfinished" });

const DRILL: crate::state::engine::family::Label = closed("drill", &["false", "true"]);
/// From half a minute to a day.
const DURATIONS: &[f64] = &[30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 86_400.0];

pub static ROLLBACKS: Family = counter(
    "day90_rollbacks_total",
    &[SYSTEM, closed("trigger", Trigger::WORDS), closed("to", RollbackTo::WORDS), closed("result", End::WORDS), DRILL],
    "Rollbacks that ended, by what triggered them, what they went back to and how they ended. Unfinished: not completed within the declared time.",
);
pub static DURATION: Family = histogram(
    "day90_rollback_duration_seconds",
    &[SYSTEM, DRILL],
    DURATIONS,
    "Time from a rollback's start to restored.",
);
pub static IN_PROGRESS: Family =
    gauge("day90_rollbacks_in_progress", &[SYSTEM], "Rollbacks that were started and not completed.");
pub static LAST_SUCCESS: Family = gauge(
    "day90_rollback_last_success_timestamp_seconds",
    &[SYSTEM, DRILL],
    "When a rollback last restored the system, as a Unix time; drill=\"true\" is the last good drill. time() minus this is how long the way back is unproven.",
);
pub static FALLBACK_ACTIVE: Family =
    gauge("day90_fallback_active", &[SYSTEM], "1 while the previous process serves instead of the system.");
pub static FALLBACK_START: Family = gauge(
    "day90_fallback_start_timestamp_seconds",
    &[SYSTEM],
    "When the running fallback began, as a Unix time; absent while there is none.",
);
pub static FALLBACK_SECONDS: Family = counter(
    "day90_fallback_seconds_total",
    &[SYSTEM],
    "Time that the previous process served instead of the system, counted when a fallback ends.",
);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rollbacks {
    rows: Lifecycles<Rollback>,
    counted: Series<5, u64>,
    pub(crate) duration: Series<2, Hist>,
    in_progress: Series<1, u64>,
    last_success: BTreeMap<(SystemId, bool), Timestamp>,
    fallback: BTreeMap<SystemId, Timestamp>,
    /// An end of a fallback whose start has not arrived yet: when it ended, and until when it waits.
    ended_early: BTreeMap<SystemId, (Timestamp, Timestamp)>,
    fallback_seconds: Series<1, Nanos>,
    /// The last drill of each path: when, and whether it passed.
    drills: BTreeMap<(SystemId, DrillPath, bool), Timestamp>,
}

share!(Rollbacks { rows counted duration in_progress fallback_seconds });

/// One rollback, as far as its stages have arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rollback {
    pub system: SystemId,
    started: Option<Started>,
    completed: Option<(Timestamp, RollbackResult)>,
    unfinished_by_clock: bool,
    until: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Started {
    at: Timestamp,
    received: Timestamp,
    due: Timestamp,
    change: Option<Box<str>>,
    trigger: Trigger,
    to: RollbackTo,
    drill: bool,
}

impl Rollback {
    /// How it ended, once that is known. A completion after the deadline only ends what it left open.
    fn end(&self) -> Option<End> {
        let started = self.started.as_ref()?;
        match self.completed {
            _ if self.unfinished_by_clock => Some(End::Unfinished),
            Some((at, _)) if at > started.due => Some(End::Unfinished),
            Some((_, RollbackResult::Restored)) => Some(End::Restored),
            Some((_, RollbackResult::Failed)) => Some(End::Failed),
            None => None,
        }
    }
}

impl Stages for Rollback {
    const TABLE: Table = Table::Rollbacks;
    fn phase(&self) -> Phase {
        match (&self.started, self.completed) {
            (None, _) => Phase::Waiting,
            (Some(_), None) => Phase::Open,
            (Some(_), Some(_)) => Phase::Finished,
        }
    }
    fn due(&self) -> Option<Timestamp> {
        match (&self.started, self.phase()) {
            (Some(started), Phase::Open) => {
                (!self.unfinished_by_clock).then(|| started.due.max(started.received.plus(ARRIVAL_GRACE)))
            }
            _ => Some(self.until),
        }
    }
}

impl Rollbacks {
    pub fn rows(&self) -> &Lifecycles<Rollback> {
        &self.rows
    }
    pub fn rows_mut(&mut self) -> &mut Lifecycles<Rollback> {
        &mut self.rows
    }

    /// True when the event would start a rollback that isn't running yet.
    pub fn would_open(&self, event: &Event<'_>) -> bool {
        let Body::RollbackStarted { rollback, .. } = &event.body else { return false };
        self.rows.get(name_of(&event.system, rollback)).is_none_or(|row| row.phase() != Phase::Open)
    }

    pub fn apply(
        &mut self,
        core: &mut Core,
        itself: &mut Itself,
        changes: &mut Changes,
        system: SystemId,
        event: &Event<'_>,
    ) {
        match &event.body {
            Body::RollbackStarted { rollback, change, trigger, to, drill } => {
                let plan = core.declared(system).and_then(|declared| declared.rollback.as_ref());
                let within = plan.and_then(|plan| plan.within).unwrap_or(DAY);
                let started = Started {
                    at: event.time,
                    received: event.received,
                    due: event.time.plus(within),
                    change: change.as_deref().map(Box::from),
                    trigger: *trigger,
                    to: *to,
                    drill: *drill,
                };
                let stage = |row: &mut Rollback| row.started.is_none() && row.started.replace(started).is_none();
                self.stage(core, itself, changes, system, event, rollback, stage);
            }
            Body::RollbackCompleted { rollback, result } => {
                let stage = |row: &mut Rollback| {
                    row.completed.is_none() && row.completed.replace((event.time, *result)).is_none()
                };
                self.stage(core, itself, changes, system, event, rollback, stage);
            }
            Body::FallbackEnded => match self.fallback.remove(&system) {
                Some(since) => self.end_fallback(core, itself, system, since, event.time),
                None if self.ended_early.contains_key(&system) => itself.repeat(core, Kind::FallbackEnded),
                None => {
                    let until = event.received.plus(core.model.limits.lifecycle_memory);
                    self.ended_early.insert(system, (event.time, until));
                }
            },
            Body::DrillCompleted { path, result, seconds } => {
                let passed = *result == DrillResult::Passed;
                let last = self.drills.entry((system, *path, passed)).or_insert(event.time);
                *last = event.time.max(*last);
                if *path == DrillPath::Rollback {
                    let end = if passed { End::Restored } else { End::Failed };
                    let nanos = seconds.map(|seconds| seconds.nanos());
                    core.facts.of(system).see_rollback(LastRollback { at: event.time, end, drill: true, nanos });
                }
                if *path == DrillPath::Rollback && passed {
                    self.succeeded(system, true, event.time);
                }
            }
            _ => {}
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the signals that share a stage are passed apart, not hidden in a bag"
    )]
    fn stage(
        &mut self,
        core: &mut Core,
        itself: &mut Itself,
        changes: &mut Changes,
        system: SystemId,
        event: &Event<'_>,
        rollback: &str,
        change: impl FnOnce(&mut Rollback) -> bool,
    ) {
        let kind = event.body.kind();
        let memory = core.model.limits.lifecycle_memory;
        let new = || Rollback {
            system,
            started: None,
            completed: None,
            unfinished_by_clock: false,
            until: event.received.plus(memory),
        };
        let changed = self.rows.change(core, name_of(&event.system, rollback), new, |_, row| {
            let (end, phase) = (row.end(), row.phase());
            let fresh = change(row);
            if fresh && row.phase() == Phase::Finished {
                row.until = event.received.plus(memory);
            }
            (fresh, end, phase, row.clone())
        });
        match changed {
            Err(_) => itself.orphan(core, kind),
            Ok((false, ..)) => itself.repeat(core, kind),
            Ok((true, end, phase, row)) => {
                let (was, is) = (phase == Phase::Open, row.phase() == Phase::Open);
                let running = self.in_progress.at(core, &IN_PROGRESS, [system]);
                *running = (*running + u64::from(is)).saturating_sub(u64::from(was));
                if end.is_none() {
                    self.count(core, itself, changes, &row);
                }
            }
        }
    }

    /// Counts a rollback when its end has become known.
    fn count(&mut self, core: &mut Core, itself: &mut Itself, changes: &mut Changes, row: &Rollback) {
        let (Some(started), Some(end)) = (&row.started, row.end()) else { return };
        let drill = u32::from(started.drill);
        let key = [row.system, started.trigger as u32, started.to as u32, end as u32, drill];
        self.counted.add(core, &ROLLBACKS, key, 1);
        let restored = row.completed.map(|(at, _)| at).filter(|_| end == End::Restored);
        let (at, nanos) = match row.completed {
            Some((at, _)) => (at, Some(at.since(started.at).max(0))),
            None => (core.now, None),
        };
        core.facts.of(row.system).see_rollback(LastRollback { at, end, drill: started.drill, nanos });
        if let Some(at) = restored {
            let nanos = itself.duration(core, Kind::RollbackCompleted, at.since(started.at));
            self.duration.observe(core, &DURATION, [row.system, drill], nanos);
            self.succeeded(row.system, started.drill, at);
        }
        if started.drill {
            return;
        }
        if let (Some(at), RollbackTo::PreviousProcess) = (restored, started.to) {
            self.begin_fallback(core, itself, row.system, at);
        }
        let to_previous_version = started.to == RollbackTo::PreviousVersion;
        let undone = Undone { named: started.change.as_deref(), started: started.at, restored, to_previous_version };
        changes.undo(core, row.system, &undone);
    }

    fn begin_fallback(&mut self, core: &mut Core, itself: &mut Itself, system: SystemId, at: Timestamp) {
        match self.ended_early.remove(&system) {
            Some((ended, _)) if ended >= at => return self.end_fallback(core, itself, system, at, ended),
            Some(_) => itself.orphan(core, Kind::FallbackEnded),
            None => {}
        }
        let since = self.fallback.entry(system).or_insert(at);
        *since = at.min(*since);
    }

    fn end_fallback(
        &mut self,
        core: &mut Core,
        itself: &mut Itself,
        system: SystemId,
        since: Timestamp,
        ended: Timestamp,
    ) {
        let nanos = itself.duration(core, Kind::FallbackEnded, ended.since(since));
        self.fallback_seconds.add_nanos(core, &FALLBACK_SECONDS, [system], nanos);
    }

    /// An end that has waited in vain for its start is an orphan.
    pub fn advance(&mut self, core: &mut Core, itself: &mut Itself) {
        let now = core.now;
        let before = self.ended_early.len();
        self.ended_early.retain(|_, (_, until)| *until > now);
        (self.ended_early.len()..before).for_each(|_| itself.orphan(core, Kind::FallbackEnded));
    }

    fn succeeded(&mut self, system: SystemId, drill: bool, at: Timestamp) {
        let last = self.last_success.entry((system, drill)).or_insert(at);
        *last = at.max(*last);
    }

    pub fn on_timer(&mut self, core: &mut Core, itself: &mut Itself, changes: &mut Changes, timer: Timer) {
        let open = self.rows.on_timer(core, timer, |_, row| {
            let open = row.phase() == Phase::Open;
            row.unfinished_by_clock |= open;
            open.then(|| row.clone())
        });
        match open {
            Some(Some(row)) => self.count(core, itself, changes, &row),
            Some(None) => {
                let row = self.rows.remove(timer.slot);
                row.iter()
                    .filter(|row| row.started.is_none())
                    .for_each(|_| itself.orphan(core, Kind::RollbackCompleted));
            }
            None => {}
        }
    }

    /// The last passed (or failed) drill of a path.
    pub fn last_drill(&self, system: SystemId, path: DrillPath, passed: bool) -> Option<Timestamp> {
        self.drills.get(&(system, path, passed)).copied()
    }

    /// The last rollback or drill that restored the system.
    pub fn last_success(&self, system: SystemId) -> Option<Timestamp> {
        [false, true].iter().filter_map(|drill| self.last_success.get(&(system, *drill)).copied()).max()
    }

    /// The first rollback must be visible to `increase()`: what can happen stands at 0 from the first scrape.
    pub fn declare(&mut self, core: &mut Core, system: SystemId) {
        let declared = core.declared(system).and_then(|declared| declared.rollback.as_ref()).and_then(|plan| plan.to);
        for to in RollbackTo::ALL.iter().filter(|to| declared.is_none_or(|declared| declared == **to)) {
            for trigger in Trigger::ALL {
                for end in End::ALL {
                    for drill in [0, 1] {
                        let key = [system, *trigger as u32, *to as u32, *end as u32, drill];
                        self.counted.declare(core, &ROLLBACKS, key);
                    }
                }
            }
        }
        // Rare, so the first must be seen by increase(): a series that begins with it would hide it.
        for drill in [0, 1] {
            self.duration.declare(core, &DURATION, [system, drill]);
        }
        self.in_progress.declare(core, &IN_PROGRESS, [system]);
        self.fallback_seconds.declare(core, &FALLBACK_SECONDS, [system]);
    }

    pub fn drop_system(&mut self, system: SystemId) {
        for slot in self.rows.slots(|row| row.system == system) {
            self.rows.remove(slot);
        }
        self.fallback.remove(&system);
        self.ended_early.remove(&system);
        self.last_success.retain(|(id, _), _| *id != system);
        self.drills.retain(|(id, ..), _| *id != system);
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.rows.rebuild();
        self.counted.rebuild(core, &ROLLBACKS);
        self.duration.rebuild(core, &DURATION);
        self.in_progress.rebuild(core, &IN_PROGRESS);
        self.fallback_seconds.rebuild(core, &FALLBACK_SECONDS);
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.counted.visit(core, &ROLLBACKS, sink);
        self.duration.visit_histograms(core, &DURATION, sink);
        self.in_progress.visit(core, &IN_PROGRESS, sink);
        LAST_SUCCESS.announce(sink);
        for (&(system, drill), at) in self.last_success.iter().filter(|((system, _), _)| core.is_live(*system)) {
            let labels = [core.system_name(system), if drill { "true" } else { "false" }];
            sink.sample(&labels, Number::Nanos(i128::from(at.nanos())));
        }
        FALLBACK_ACTIVE.announce(sink);
        for (system, name) in core.systems() {
            sink.sample(&[name], Number::Count(u64::from(self.fallback.contains_key(&system))));
        }
        FALLBACK_START.announce(sink);
        for (&system, since) in self.fallback.iter().filter(|(system, _)| core.is_live(**system)) {
            sink.sample(&[core.system_name(system)], Number::Nanos(i128::from(since.nanos())));
        }
        self.fallback_seconds.visit_nanos(core, &FALLBACK_SECONDS, sink);
    }
}

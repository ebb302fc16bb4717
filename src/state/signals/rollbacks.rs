//! Rollbacks: whether the business can go back, how long it takes, and how long it lived without the system.

mod fallback;
mod row;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::fallback::{Fallbacks, Fell};
use self::row::{Rollback, Started};
use super::facts::LastRollback;
use super::fold::Fold;
use super::notice::{Notice, RolledBack};
use super::signal::{Kinds, Restore, Section, Signal};
use super::words::RollbackEnd;
use crate::config::model;
use crate::event::{Body, Event, Kind, RollbackTo, Timestamp, Trigger, time::DAY};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::erasure::name_of;
use crate::state::engine::family::{FLAG, Label, Number, SYSTEM, Sink, closed, counter, gauge, histogram};
use crate::state::engine::hist::Hist;
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::rows::Rows;
use crate::state::engine::lifecycle::steps::{Step, Stepped};
use crate::state::engine::metric::{Computed, Metric, metrics};
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;
use crate::state::engine::value::Nanos;

pub const TAKES: Kinds = Kinds::of(&[Kind::RollbackStarted, Kind::RollbackCompleted, Kind::FallbackEnded]);
pub const SECTION: Section = Section::first("rollbacks");

const DRILL: Label = closed("drill", FLAG);
/// From half a minute to a day.
const DURATIONS: &[f64] = &[30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 86_400.0];

metrics! {
    Ended: u64 = counter(
        "day90_rollbacks_total",
        &[
            SYSTEM,
            closed("trigger", Trigger::WORDS),
            closed("to", RollbackTo::WORDS),
            closed("result", RollbackEnd::WORDS),
            DRILL,
        ],
        "Rollbacks that ended, by what triggered them, what they went back to and how they ended. Unfinished: not completed within the declared time."
    );
    Duration: Hist = histogram(
        "day90_rollback_duration_seconds",
        &[SYSTEM, DRILL],
        DURATIONS,
        "Time from a rollback's start to restored."
    );
    InProgress: u64 = gauge(
        "day90_rollbacks_in_progress",
        &[SYSTEM],
        "Rollbacks that were started and not completed."
    );
    LastSuccess: Computed = gauge(
        "day90_rollback_last_success_timestamp_seconds",
        &[SYSTEM, DRILL],
        "When a rollback last restored the system, as a Unix time; drill=\"true\" is the last good drill. time() minus this is how long the way back is unproven."
    );
    FallbackActive: Computed = gauge(
        "day90_fallback_active",
        &[SYSTEM],
        "1 while the previous process serves instead of the system."
    );
    FallbackStart: Computed = gauge(
        "day90_fallback_start_timestamp_seconds",
        &[SYSTEM],
        "When the running fallback began, as a Unix time; absent while there is none."
    );
    FallbackSeconds: Nanos = counter(
        "day90_fallback_seconds_total",
        &[SYSTEM],
        "Time that the previous process served instead of the system, counted when a fallback ends."
    );
}

/// Rollbacks and fallbacks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rollbacks {
    rows: Lifecycles<Rollback>,
    ended: Series<Ended>,
    duration: Series<Duration>,
    in_progress: Series<InProgress>,
    /// When a rollback, and a drill, last restored a system.
    last_success: BTreeMap<(SystemId, bool), Timestamp>,
    fallbacks: Fallbacks,
    fallback_seconds: Series<FallbackSeconds>,
}

parts!(Rollbacks { rows ended duration in_progress fallback_seconds });

impl Restore for Rollbacks {}

impl Signal for Rollbacks {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        match &event.body {
            Body::RollbackStarted { rollback, .. } => {
                let started = started_of(fold, event);
                self.step(fold, event, rollback, &mut |row| {
                    row.started.is_none() && row.started.replace(started.clone()).is_none()
                });
            }
            Body::RollbackCompleted { rollback, result, .. } => {
                self.step(fold, event, rollback, &mut |row| {
                    row.completed.is_none() && row.completed.replace((event.time, *result)).is_none()
                });
            }
            Body::FallbackEnded { .. } => {
                let until = event.received.plus(fold.core.model.limits.lifecycle_memory);
                let fell = self.fallbacks.end(fold.system, event.time, until);
                self.count_fallback(fold, fold.system, fell);
            }
            _ => {}
        }
    }

    fn hear<'a>(&mut self, _: &mut Fold<'a>, notice: &Notice<'a>) {
        if let Notice::RollbackDrillPassed { system, at } = *notice {
            self.succeeded(system, true, at);
        }
    }

    /// A rollback that is still open has missed its deadline; any other is dropped. A completion that waited in vain is an
    /// orphan.
    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let missed = |_, row: &mut Rollback| row.miss_by_clock().then(|| row.clone());
        let Some((slot, missed)) = self.rows.run_timer(fold.core, missed) else { return };
        if let Some(row) = missed {
            self.count(fold, &row);
        } else if self.rows.remove(slot).is_some_and(|row| row.started.is_none()) {
            fold.orphan(Kind::RollbackCompleted);
        }
    }

    /// The end of a fallback that has waited in vain for its start is an orphan.
    fn advance(&mut self, fold: &mut Fold<'_>) {
        (0..self.fallbacks.expire(fold.core.now)).for_each(|_| fold.orphan(Kind::FallbackEnded));
    }

    /// The first rollback must be visible to `increase()`: what can happen is at 0 from the first scrape.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        let declared = core.declared(system).and_then(|declared| declared.rollback.as_ref()).and_then(|plan| plan.to);
        for to in RollbackTo::ALL.iter().filter(|to| declared.is_none_or(|declared| declared == **to)) {
            for trigger in Trigger::ALL {
                for end in RollbackEnd::ALL {
                    for drill in [false, true] {
                        let key = [system, *trigger as u32, *to as u32, *end as u32, u32::from(drill)];
                        self.ended.declare(core, key);
                    }
                }
            }
        }
        for drill in [false, true] {
            self.duration.declare(core, [system, u32::from(drill)]);
        }
        self.in_progress.declare(core, [system]);
        self.fallback_seconds.declare(core, [system]);
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.rollback != now.rollback
    }

    fn drop_system(&mut self, _: &mut Core, system: SystemId) {
        self.rows.drop_system(system);
        self.fallbacks.drop_system(system);
        self.last_success.retain(|(id, _), _| *id != system);
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.rows)
    }

    fn rows_mut(&mut self) -> Option<&mut dyn Rows> {
        Some(&mut self.rows)
    }

    fn would_open(&self, event: &Event<'_>) -> bool {
        let Body::RollbackStarted { rollback, .. } = &event.body else { return false };
        self.rows.would_open(Step { event, system: 0, own: Some(rollback) })
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.ended.visit(core, sink);
        self.duration.visit(core, sink);
        self.in_progress.visit(core, sink);
        LastSuccess::FAMILY.announce(sink);
        for (&(system, drill), at) in self.last_success.iter().filter(|((system, _), _)| core.is_live(*system)) {
            sink.sample(&[core.system_name(system), FLAG[usize::from(drill)]], (*at).into());
        }
        FallbackActive::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            sink.sample(&[name], Number::Count(u64::from(self.fallbacks.active(system))));
        }
        FallbackStart::FAMILY.announce(sink);
        for (system, since) in self.fallbacks.iter().filter(|(system, _)| core.is_live(*system)) {
            sink.sample(&[core.system_name(system)], since.into());
        }
        self.fallback_seconds.visit(core, sink);
    }
}

impl Rollbacks {
    /// The last rollback or drill that restored the system.
    pub fn last_success(&self, system: SystemId) -> Option<Timestamp> {
        [false, true].iter().filter_map(|drill| self.last_success.get(&(system, *drill)).copied()).max()
    }

    fn step(
        &mut self,
        fold: &mut Fold<'_>,
        event: &Event<'_>,
        rollback: &str,
        change: &mut dyn FnMut(&mut Rollback) -> bool,
    ) {
        let Stepped::New { before, after } = fold.step(&mut self.rows, event, Some(rollback), change) else { return };
        let key = |open: bool| open.then_some([fold.system]);
        let (from, to) = (key(before.open), key(after.open));
        self.in_progress.at(fold.core, [fold.system]);
        self.in_progress.shift(fold.core, from, to);
        if before.end.is_none()
            && let Some(row) = self.rows.get(name_of(&event.system, rollback)).cloned()
        {
            self.count(fold, &row);
        }
    }

    /// Counts a rollback when its end has become known.
    fn count(&mut self, fold: &mut Fold<'_>, row: &Rollback) {
        let (Some(started), Some(end), system) = (&row.started, row.end(), row.system) else { return };
        let drill = u32::from(started.drill);
        self.ended.add(fold.core, [system, started.trigger as u32, started.to as u32, end as u32, drill], 1);
        let (at, nanos) = match row.completed {
            Some((at, _)) => (at, Some(at.since(started.at).max(0))),
            None => (fold.core.now, None),
        };
        fold.facts.of(system).see_rollback(LastRollback { at, end, drill: started.drill, nanos });
        let restored = (end == RollbackEnd::Restored).then_some(at);
        if let Some(at) = restored {
            let nanos = fold.duration(Kind::RollbackCompleted, at.since(started.at));
            self.duration.observe(fold.core, [system, drill], nanos);
            self.succeeded(system, started.drill, at);
        }
        if !started.drill {
            self.take_effect(fold, system, started, restored);
        }
    }

    /// What a real rollback changes: the fallback, and the change that it undid.
    fn take_effect(&mut self, fold: &mut Fold<'_>, system: SystemId, started: &Started, restored: Option<Timestamp>) {
        if let (Some(at), RollbackTo::PreviousProcess) = (restored, started.to) {
            let fell = self.fallbacks.begin(system, at);
            self.count_fallback(fold, system, fell);
        }
        let rollback = RolledBack {
            named: started.change.clone(),
            started: started.at,
            restored,
            to_previous_version: started.to == RollbackTo::PreviousVersion,
        };
        fold.say(Notice::RolledBack { system, rollback });
    }

    fn count_fallback(&mut self, fold: &mut Fold<'_>, system: SystemId, fell: Fell) {
        match fell {
            Fell::Over { since, ended } => {
                let nanos = fold.duration(Kind::FallbackEnded, ended.since(since));
                self.fallback_seconds.add_nanos(fold.core, [system], nanos);
            }
            Fell::Orphan => fold.orphan(Kind::FallbackEnded),
            Fell::Repeat => fold.repeat(Kind::FallbackEnded),
            Fell::Pending => {}
        }
    }

    fn succeeded(&mut self, system: SystemId, drill: bool, at: Timestamp) {
        let last = self.last_success.entry((system, drill)).or_insert(at);
        *last = at.max(*last);
    }
}

/// The start that an event tells of, with its deadline: the declared one, else a day.
fn started_of(fold: &Fold<'_>, event: &Event<'_>) -> Started {
    let Body::RollbackStarted { change, trigger, to, drill, .. } = &event.body else { unreachable!("a start") };
    let plan = fold.core.declared(fold.system).and_then(|declared| declared.rollback.as_ref());
    Started {
        at: event.time,
        received: event.received,
        due: event.time.plus(plan.and_then(|plan| plan.within).unwrap_or(DAY)),
        change: change.as_deref().map(Box::from),
        trigger: *trigger,
        to: to.or(plan.and_then(|plan| plan.to)).unwrap_or(RollbackTo::PreviousVersion),
        drill: *drill,
    }
}

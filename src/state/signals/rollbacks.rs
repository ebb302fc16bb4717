//! Rollbacks: whether the business can go back, how long it takes, and how long it lived without the system.

mod effects;
mod fallback;
mod metrics;
mod row;
mod stored;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::fallback::{Fallbacks, InVain};
pub use self::metrics::FAMILIES;
use self::metrics::{
    Duration, Ended, FallbackActive, FallbackSeconds, FallbackStart, InProgress, LastSuccess, Overdue,
};
use self::row::{Completion, Rollback, Started, UNFINISHED};
use super::fold::Fold;
use super::notice::Notice;
use super::signal::{Kinds, Section, Signal};
use super::words::RollbackEnd;
use crate::config::model;
use crate::event::time::DAY;
use crate::event::{Body, Event, Kind, RollbackResult, RollbackTo, Timestamp, Trigger};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::correction::Correction;
use crate::state::engine::erasure::name_of;
use crate::state::engine::family::{FLAG, Number, Sink};
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::rows::{Phase, Rows, Stages};
use crate::state::engine::metric::Metric;
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;

pub const TAKES: Kinds =
    Kinds::of(&[Kind::RollbackStarted, Kind::RollbackCompleted, Kind::FallbackStarted, Kind::FallbackEnded]);
pub const SECTION: Section = Section { name: "rollbacks", version: 2, since: [0, 3, 0], lost: "" };

/// How long a rollback may take where nothing is declared. Nanoseconds.
const WITHIN: i64 = DAY;

/// Rollbacks and fallbacks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rollbacks {
    rows: Lifecycles<Rollback>,
    ended: Series<Ended>,
    overdue: Series<Overdue>,
    duration: Series<Duration>,
    in_progress: Series<InProgress>,
    /// When a rollback, and a drill, last restored a system, and to what; `None` is whatever is declared.
    last_success: BTreeMap<(SystemId, bool, Option<RollbackTo>), Timestamp>,
    fallbacks: Fallbacks,
    fallback_seconds: Series<FallbackSeconds>,
}

parts!(Rollbacks { rows ended overdue duration in_progress fallback_seconds });

impl Signal for Rollbacks {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let memory = fold.core.model.limits.lifecycle_memory;
        match &event.body {
            Body::RollbackStarted { rollback, .. } => {
                let started = started_of(fold, event);
                self.change(fold, event, rollback, |row| row.start(started, event.received, memory));
            }
            Body::RollbackCompleted { rollback, .. } => {
                let completion = completion_of(fold, event);
                self.change(fold, event, rollback, |row| row.complete(completion, event.received, memory));
            }
            Body::FallbackStarted { .. } => self.begin_fallback(fold, fold.system, event.time, true),
            Body::FallbackEnded { .. } => {
                match self.fallbacks.end(fold.system, event.time, event.received.plus(memory)) {
                    Some(nanos) => self.fallback_seconds.add_nanos(fold.core, [fold.system], nanos),
                    None => fold.repeat(Kind::FallbackEnded),
                }
            }
            _ => {}
        }
    }

    fn hear<'a>(&mut self, _: &mut Fold<'a>, notice: &Notice) {
        if let Notice::RollbackDrillPassed { system, at, to } = *notice {
            self.succeeded(system, true, to, at);
        }
    }

    /// What the clock finds: a completion without its start, a rollback that is overdue or unfinished, and one whose time to
    /// be remembered is over.
    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let memory = fold.core.model.limits.lifecycle_memory;
        let passed = self.rows.run_timer(fold.core, |timer, row| {
            let was_open = row.phase() == Phase::Open;
            let effects = row.pass(timer.due, memory);
            (row.system, was_open && row.phase() != Phase::Open, effects)
        });
        let Some((slot, (system, is_given_up, effects))) = passed else { return };
        self.in_progress.shift(fold.core, is_given_up.then_some([system]), None);
        match (effects, self.rows.name_at(slot)) {
            (Some(effects), Some(id)) => effects.into_iter().for_each(|effect| self.take(fold, system, id, effect)),
            _ => drop(self.rows.remove(slot)),
        }
    }

    fn correct(&mut self, _: &mut Core, clock: &Correction) {
        clock.correct(&mut self.last_success);
        self.fallbacks.correct(clock);
    }

    /// The end of a fallback that has waited in vain for its start is an orphan, or a repeat.
    fn advance(&mut self, fold: &mut Fold<'_>) {
        for in_vain in self.fallbacks.expire(fold.core.now) {
            match in_vain {
                InVain::Orphan => fold.orphan(Kind::FallbackEnded),
                InVain::Repeat => fold.repeat(Kind::FallbackEnded),
            }
        }
    }

    /// The first rollback must be visible to `increase()`, wherever it goes: what can happen is at 0 from the first scrape.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        for to in RollbackTo::ALL {
            for drill in [0, 1] {
                self.overdue.declare(core, [system, *to as u32, drill]);
                for trigger in Trigger::ALL {
                    for end in RollbackEnd::ALL {
                        self.ended.declare(core, [system, *trigger as u32, *to as u32, *end as u32, drill]);
                    }
                }
            }
        }
        for drill in [0, 1] {
            self.duration.declare(core, [system, drill]);
        }
        self.in_progress.declare(core, [system]);
        self.fallback_seconds.declare(core, [system]);
    }

    fn drop_system(&mut self, _: &mut Core, system: SystemId) {
        self.rows.drop_system(system);
        self.fallbacks.drop_system(system);
        self.last_success.retain(|(id, ..), _| *id != system);
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.rows)
    }

    fn rows_mut(&mut self) -> Option<&mut dyn Rows> {
        Some(&mut self.rows)
    }

    fn would_open(&self, event: &Event<'_>) -> bool {
        let Body::RollbackStarted { rollback, .. } = &event.body else { return false };
        self.rows.get(name_of(&event.system, rollback)).is_none_or(|row| row.phase() != Phase::Open)
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.ended.visit(core, sink);
        self.overdue.visit(core, sink);
        self.duration.visit(core, sink);
        self.in_progress.visit(core, sink);
        LastSuccess::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            for drill in [false, true] {
                let last = self.last_success_of(core, system, drill);
                last.into_iter().for_each(|at| sink.sample(&[name, FLAG[usize::from(drill)]], at.into()));
            }
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
    /// The last rollback or drill that restored the system to what is declared.
    pub fn last_success(&self, core: &Core, system: SystemId) -> Option<Timestamp> {
        [false, true].iter().filter_map(|drill| self.last_success_of(core, system, *drill)).max()
    }

    fn last_success_of(&self, core: &Core, system: SystemId, drill: bool) -> Option<Timestamp> {
        let proves = |to: Option<RollbackTo>| proves_declared(core, system, to);
        let of = self.last_success.range((system, drill, None)..=(system, drill, Some(RollbackTo::PreviousProcess)));
        of.filter(|((_, _, to), _)| proves(*to)).map(|(_, at)| *at).max()
    }

    fn succeeded(&mut self, system: SystemId, drill: bool, to: Option<RollbackTo>, at: Timestamp) {
        let last = self.last_success.entry((system, drill, to)).or_insert(at);
        *last = at.max(*last);
    }

    /// Takes a stage into the row of its rollback, and whatever follows from it.
    fn change(
        &mut self,
        fold: &mut Fold<'_>,
        event: &Event<'_>,
        rollback: &str,
        change: impl FnOnce(&mut Rollback) -> bool,
    ) {
        let (system, id) = (fold.system, name_of(&event.system, rollback));
        let changed = self.rows.change(
            fold.core,
            id,
            || Rollback::new(system),
            |_, row| {
                let was_open = row.phase() == Phase::Open;
                let effects = change(row).then(|| row.settle());
                effects.map(|effects| (was_open, row.phase() == Phase::Open, effects))
            },
        );
        let (was_open, is_open, effects) = match changed {
            Ok(Some(changed)) => changed,
            Ok(None) => return fold.repeat(event.body.kind()),
            Err(_) => return fold.orphan(event.body.kind()),
        };
        let key = |open: bool| open.then_some([system]);
        self.in_progress.at(fold.core, [system]);
        self.in_progress.shift(fold.core, key(was_open), key(is_open));
        effects.into_iter().for_each(|effect| self.take(fold, system, id, effect));
    }
}

/// Whether going back to this proves the declared way back. Where none is declared, any way proves that there is one.
pub(super) fn proves_declared(core: &Core, system: SystemId, to: Option<RollbackTo>) -> bool {
    let declared = declared_to(core, system);
    to.zip(declared).is_none_or(|(to, declared)| to == declared)
}

pub(super) fn declared_to(core: &Core, system: SystemId) -> Option<RollbackTo> {
    core.declared(system)?.rollback.as_ref()?.to
}

fn plan<'a>(fold: &'a Fold<'_>) -> Option<&'a model::RollbackPlan> {
    fold.core.declared(fold.system)?.rollback.as_ref()
}

/// The start that an event tells of, with its deadlines.
fn started_of(fold: &Fold<'_>, event: &Event<'_>) -> Started {
    let Body::RollbackStarted { change, trigger, to, drill, .. } = &event.body else { unreachable!("a start") };
    let grace = fold.core.model.limits.arrival_grace;
    let due = event.time.plus(plan(fold).and_then(|plan| plan.within).unwrap_or(WITHIN));
    let arrived = event.received.plus(grace);
    Started {
        at: event.time,
        due,
        overdue_at: due.plus(grace).max(arrived),
        unfinished_at: event.time.plus(UNFINISHED).max(arrived),
        change_until: arrived,
        change: change.as_deref().map(Box::from),
        trigger: *trigger,
        to: *to,
        drill: *drill,
    }
}

fn completion_of(fold: &Fold<'_>, event: &Event<'_>) -> Completion {
    let Body::RollbackCompleted { result, change, to, drill, duration_seconds, .. } = &event.body else {
        unreachable!("a completion")
    };
    let nanos = duration_seconds.map(|seconds| seconds.nanos());
    let within = plan(fold).and_then(|plan| plan.within).unwrap_or(WITHIN);
    Completion {
        at: event.time,
        restored: *result == RollbackResult::Restored,
        change: change.as_deref().map(Box::from),
        to: *to,
        drill: drill.unwrap_or(false),
        nanos,
        took_long: nanos.is_some_and(|nanos| nanos > within),
        until: event.received.plus(fold.core.model.limits.arrival_grace),
        counted: false,
        timed: false,
    }
}

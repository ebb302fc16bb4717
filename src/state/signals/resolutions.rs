//! Resolutions: who really finished a case, and whether it stayed finished.

use serde::{Deserialize, Serialize};

use super::escalations::ARRIVAL_GRACE;
use super::itself::Itself;
use crate::config::model;
use crate::event::{Body, ClosedBy, Event, Kind, Timestamp};
use crate::state::engine::core::{Core, SystemId, Table, Timer};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Family, SYSTEM, Sink, closed, counter};
use crate::state::engine::lifecycle::{Lifecycles, Phase, Stages, name_of};
use crate::state::engine::maybe::Maybe;
use crate::state::engine::series::Series;
use crate::state::forget::Gone;

const LABELS: &[crate::state::engine::family::Label] =
    &[SYSTEM, closed("by", ClosedBy::WORDS), closed("escalated", &["false", "true"])];

pub static RESOLUTIONS: Family = counter(
    "day90_resolutions_total",
    LABELS,
    "Cases closed, by who finished them and whether they had been escalated. Closed by ai and never escalated is automation.",
);
pub static REOPENED: Family =
    counter("day90_resolutions_reopened_total", LABELS, "Closed cases that were reopened, by who had closed them.");
pub static DURABLE: Family = counter(
    "day90_resolutions_durable_total",
    LABELS,
    "Cases closed by the AI that stayed closed for the maturity period (default 7 days): resolutions that held.",
);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Resolutions {
    rows: Lifecycles<Case>,
    closed: Series<3, u64>,
    reopened: Series<3, u64>,
    durable: Series<3, u64>,
}

share!(Resolutions { rows closed reopened durable });

/// What is known of a case: whether it was escalated, closed, reopened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    system: SystemId,
    escalated: bool,
    /// By whom, and whether it had been escalated by then.
    closed: Option<(ClosedBy, bool)>,
    reopened: bool,
    /// When it becomes durable, while that is awaited.
    matures: Maybe,
    until: Timestamp,
}

impl Stages for Case {
    const TABLE: Table = Table::Cases;
    /// A closed case has to mature: forgetting it early would lose a durable resolution.
    const FINISHED_MAX: usize = usize::MAX;
    fn phase(&self) -> Phase {
        // A closed case is never "open work": it must not stand in the way of new openings.
        if self.closed.is_none() && self.reopened { Phase::Waiting } else { Phase::Finished }
    }
    fn due(&self) -> Option<Timestamp> {
        Some(self.matures.get().unwrap_or(self.until))
    }
}

impl Resolutions {
    /// Marks the case of an opened escalation; true when it is its first.
    pub fn escalate(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>) -> bool {
        let Some(case) = event.case.as_deref() else { return false };
        // Known for as long as a case may take to mature.
        let new =
            Case::new(system, event.received.plus(core.model.limits.lifecycle_memory.max(durable_after(core, system))));
        let until = new.until;
        let mark = |_: &mut Core, row: &mut Case| {
            row.until = until.max(row.until);
            !std::mem::replace(&mut row.escalated, true)
        };
        self.rows.change(core, name_of(&event.system, case), || new, mark).unwrap_or(false)
    }

    pub fn apply(&mut self, core: &mut Core, itself: &mut Itself, system: SystemId, event: &Event<'_>) {
        let kind = event.body.kind();
        let Some(case) = event.case.as_deref() else { return };
        let durable_after = durable_after(core, system);
        let memory = core.model.limits.lifecycle_memory;
        let mut new = Case::new(system, event.received.plus(memory.max(durable_after)));
        let name = name_of(&event.system, case);
        let stage = match &event.body {
            Body::CaseClosed { by } => Stage::Closed(*by),
            Body::CaseReopened { .. } => Stage::Reopened,
            _ => return,
        };
        if matches!(stage, Stage::Reopened) {
            new.until = event.received.plus(memory);
        }
        let until = event.received.plus(memory.max(durable_after));
        let matures = event.time.plus(durable_after).max(event.received.plus(ARRIVAL_GRACE));
        let counted = self.rows.change(core, name, || new, |_, row| row.take(stage, matures, until));
        match counted {
            Err(_) => itself.orphan(core, kind),
            Ok(None) => itself.repeat(core, kind),
            Ok(Some(Counted { closed, reopened })) => {
                if let Some(key) = closed {
                    self.closed.add(core, &RESOLUTIONS, [system, key.0 as u32, u32::from(key.1)], 1);
                }
                if let Some(key) = reopened {
                    self.reopened.add(core, &REOPENED, [system, key.0 as u32, u32::from(key.1)], 1);
                }
            }
        }
    }

    pub fn on_timer(&mut self, core: &mut Core, itself: &mut Itself, timer: Timer) {
        let durable = self.rows.on_timer(core, timer, |_, row| row.matures.take().and(row.closed));
        match durable {
            None => {}
            Some(Some((by, escalated))) => {
                let system = self.rows.at(timer.slot).map_or(0, |row| row.system);
                self.durable.add(core, &DURABLE, [system, by as u32, u32::from(escalated)], 1);
            }
            Some(None) => {
                let row = self.rows.remove(timer.slot);
                row.iter()
                    .filter(|row| row.phase() == Phase::Waiting)
                    .for_each(|_| itself.orphan(core, Kind::CaseReopened));
            }
        }
    }

    /// Forgets a case, and whether it was known. One that matures goes on under a name that leads nowhere.
    pub fn forget_case(&mut self, core: &Core, gone: &Gone) -> usize {
        let slots = self.rows.named(|name, _| gone.has(name));
        for (number, slot) in slots.iter().enumerate() {
            if self.rows.at(*slot).is_some_and(|row| row.matures.is_some()) {
                // No event has a system without a name.
                self.rows.rename(*slot, name_of("", &format!("forgotten {} {number}", core.sequence)));
            } else {
                self.rows.remove(*slot);
            }
        }
        slots.len()
    }

    pub fn rows(&self) -> &Lifecycles<Case> {
        &self.rows
    }
    pub fn rows_mut(&mut self) -> &mut Lifecycles<Case> {
        &mut self.rows
    }

    pub fn drop_system(&mut self, system: SystemId) {
        for slot in self.rows.slots(|row| row.system == system) {
            self.rows.remove(slot);
        }
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.rows.rebuild();
        self.closed.rebuild(core, &RESOLUTIONS);
        self.reopened.rebuild(core, &REOPENED);
        self.durable.rebuild(core, &DURABLE);
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.closed.visit(core, &RESOLUTIONS, sink);
        self.reopened.visit(core, &REOPENED, sink);
        self.durable.visit(core, &DURABLE, sink);
    }
}

#[derive(Clone, Copy)]
enum Stage {
    Closed(ClosedBy),
    Reopened,
}

/// What a stage adds to the counters.
#[derive(Default)]
struct Counted {
    closed: Option<(ClosedBy, bool)>,
    reopened: Option<(ClosedBy, bool)>,
}

/// How long a case must stay closed to be durable, in nanoseconds.
fn durable_after(core: &Core, system: SystemId) -> i64 {
    core.declared(system).map_or_else(model::Trust::default, |declared| declared.trust.clone()).durable_after
}

impl Case {
    fn new(system: SystemId, until: Timestamp) -> Case {
        Case { system, escalated: false, closed: None, reopened: false, matures: Maybe::NEVER, until }
    }

    /// `None` when the stage is a repeat.
    fn take(&mut self, stage: Stage, matures: Timestamp, until: Timestamp) -> Option<Counted> {
        match stage {
            Stage::Closed(by) => {
                if self.closed.is_some() && !self.reopened {
                    return None;
                }
                // The reopening may have arrived before the closing that it undoes.
                let undone = self.closed.is_none() && self.reopened;
                let key = (by, self.escalated);
                self.closed = Some(key);
                self.reopened = undone;
                self.matures = (by == ClosedBy::Ai && !undone).then_some(matures).into();
                self.until = until.max(matures);
                Some(Counted { closed: Some(key), reopened: undone.then_some(key) })
            }
            Stage::Reopened if self.reopened => None,
            Stage::Reopened => {
                self.reopened = true;
                self.matures = Maybe::NEVER;
                Some(Counted { closed: None, reopened: self.closed })
            }
        }
    }
}

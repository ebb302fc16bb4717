//! Resolutions: who really finished a case, and whether it stayed finished.

mod row;

use serde::{Deserialize, Serialize};

use self::row::{Case, Counted, Stage};
use super::fold::Fold;
use super::notice::{EscalatedCase, Notice};
use super::signal::{Kinds, Restore, Section, Signal};
use crate::config::model;
use crate::event::{Body, ClosedBy, Event, Kind};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::erasure::{Gone, name_of};
use crate::state::engine::family::{FLAG, Label, SYSTEM, Sink, closed, counter};
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::rows::{Phase, Rows, Stages};
use crate::state::engine::lifecycle::steps::ARRIVAL_GRACE;
use crate::state::engine::metric::metrics;
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[Kind::CaseClosed, Kind::CaseReopened]);
pub const SECTION: Section = Section::first("resolutions");

const LABELS: &[Label] = &[SYSTEM, closed("by", ClosedBy::WORDS), closed("escalated", FLAG)];

metrics! {
    Resolved: u64 = counter(
        "day90_resolutions_total",
        LABELS,
        "Cases closed, by who finished them and whether they had been escalated. Closed by ai and never escalated is automation."
    );
    Reopened: u64 = counter(
        "day90_resolutions_reopened_total",
        LABELS,
        "Closed cases that were reopened, by who had closed them."
    );
    Durable: u64 = counter(
        "day90_resolutions_durable_total",
        LABELS,
        "Cases closed by the AI that stayed closed for the maturity period (default 7 days): resolutions that held."
    );
}

/// Cases, and how many were closed, reopened, or stayed closed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Resolutions {
    rows: Lifecycles<Case>,
    closed: Series<Resolved>,
    reopened: Series<Reopened>,
    durable: Series<Durable>,
}

parts!(Resolutions { rows closed reopened durable });

impl Restore for Resolutions {}

impl Signal for Resolutions {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let Some(case) = event.case.as_deref() else { return };
        let (core, system) = (&mut *fold.core, fold.system);
        let memory = core.model.limits.lifecycle_memory;
        let durable_after = durable_after(core, system);
        let until = event.received.plus(memory.max(durable_after));
        let (stage, new_until) = match &event.body {
            Body::CaseClosed { by } => (Stage::Closed(*by), until),
            Body::CaseReopened { .. } => (Stage::Reopened, event.received.plus(memory)),
            _ => return,
        };
        let matures = event.time.plus(durable_after).max(event.received.plus(ARRIVAL_GRACE));
        let (name, new) = (name_of(&event.system, case), || Case::new(system, new_until));
        match self.rows.change(core, name, new, |_, row| row.take(stage, matures, until)) {
            Err(_) => fold.orphan(event.body.kind()),
            Ok(None) => fold.repeat(event.body.kind()),
            Ok(Some(Counted { closed, reopened })) => {
                let key = |(by, escalated)| [system, by as u32, u32::from(escalated)];
                closed.into_iter().for_each(|of| self.closed.add(fold.core, key(of), 1));
                reopened.into_iter().for_each(|of| self.reopened.add(fold.core, key(of), 1));
            }
        }
    }

    /// Marks the case of an opened escalation, and tells when it is its first.
    fn hear<'a>(&mut self, fold: &mut Fold<'a>, notice: &Notice) {
        let Notice::Escalated(escalated) = *notice else { return };
        if self.escalate(fold.core, escalated) {
            fold.say(Notice::FirstEscalation(escalated));
        }
    }

    /// A case has matured, or its time is over.
    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let matured = |_, row: &mut Case| row.mature().map(|of| (row.system, of));
        let Some((slot, matured)) = self.rows.run_timer(fold.core, matured) else { return };
        if let Some((system, (by, escalated))) = matured {
            self.durable.add(fold.core, [system, by as u32, u32::from(escalated)], 1);
        } else if self.rows.remove(slot).is_some_and(|row| row.phase() == Phase::Waiting) {
            fold.orphan(Kind::CaseReopened);
        }
    }

    /// A case that still has to mature is kept under a name that no event has.
    fn forget_case(&mut self, core: &mut Core, gone: &Gone) -> usize {
        let slots = self.rows.slots(|name, _| gone.has(name));
        for (number, slot) in slots.iter().enumerate() {
            if self.rows.at(*slot).is_some_and(Case::has_to_mature) {
                // No event has a system without a name.
                self.rows.rename(*slot, name_of("", &format!("forgotten {} {number}", core.sequence)));
            } else {
                self.rows.remove(*slot);
            }
        }
        slots.len()
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.rows)
    }

    fn rows_mut(&mut self) -> Option<&mut dyn Rows> {
        Some(&mut self.rows)
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.closed.visit(core, sink);
        self.reopened.visit(core, sink);
        self.durable.visit(core, sink);
    }
}

impl Resolutions {
    /// Marks a case as escalated; true when it wasn't yet. It is remembered for as long as a case may take to mature.
    fn escalate(&mut self, core: &mut Core, escalated: EscalatedCase) -> bool {
        let EscalatedCase { system, case, received, .. } = escalated;
        let memory = core.model.limits.lifecycle_memory.max(durable_after(core, system));
        let until = received.plus(memory);
        let new = || Case::new(system, until);
        self.rows.change(core, case, new, |_, row| row.escalate(until)).unwrap_or(false)
    }
}

/// How long a case must stay closed to be durable, in nanoseconds.
fn durable_after(core: &Core, system: SystemId) -> i64 {
    core.declared(system).map_or_else(model::Trust::default, |declared| declared.trust.clone()).durable_after
}

//! Resolutions: who really finished a case, whether it stayed finished, and what undid it.
//!
//! A resolution is undone once, and what undoes it is judged by its own time among what is known when it arrives. That is
//! never taken back: counters don't fall.

mod row;
mod stored;

use serde::{Deserialize, Serialize};

use self::row::{Case, Closing, Mark, Marked, Of};
use super::fold::Fold;
use super::notice::{EscalatedCase, Notice};
use super::signal::{Kinds, Section, Signal};
use super::words::Undoing;
use crate::config::model;
use crate::event::time::MINUTE;
use crate::event::{Body, ClosedBy, Event, Kind, Signal as FeedbackSignal};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::erasure::{Gone, name_of};
use crate::state::engine::family::{FLAG, Label, SYSTEM, Sink, closed, counter};
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::rows::Rows;
use crate::state::engine::metric::metrics;
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;
use crate::state::engine::timers::Timer;

pub const TAKES: Kinds = Kinds::of(&[Kind::CaseClosed, Kind::CaseReopened, Kind::FeedbackReceived]);
pub const SECTION: Section = Section { name: "resolutions", version: 2, since: [0, 3, 0], lost: "" };

/// A closing that arrives later than this may have been undone by what arrives right after it. Nanoseconds.
const LATE: i64 = MINUTE;

const LABELS: &[Label] = &[SYSTEM, closed("by", ClosedBy::WORDS), closed("escalated", FLAG)];

metrics! {
    Resolved: u64 = counter(
        "day90_resolutions_total",
        LABELS,
        "Cases closed, by who finished them and whether they had ever been escalated before. Closed by ai, never escalated and not undone is automation."
    );
    Durable: u64 = counter(
        "day90_resolutions_durable_total",
        LABELS,
        "Closed cases that nothing undid for the maturity period (default 7 days): resolutions that held."
    );
    Undone: u64 = counter(
        "day90_resolutions_undone_total",
        &[
            SYSTEM,
            closed("by", ClosedBy::WORDS),
            closed("escalated", FLAG),
            closed("how", Undoing::WORDS),
            closed("matured", FLAG),
        ],
        "Closed cases that did not hold, each once, by what undid them first: reopened, escalated afterwards, an appeal or escalation overturned, closed again by a person, a repeat contact or a complaint. What was undone after it had matured is durable too."
    );
}

/// Cases, and how many were closed, undone, or stayed closed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Resolutions {
    rows: Lifecycles<Case>,
    closed: Series<Resolved>,
    undone: Series<Undone>,
    durable: Series<Durable>,
}

parts!(Resolutions { rows closed undone durable });

impl Signal for Resolutions {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let Some(case) = event.case.as_deref() else { return };
        let (name, system) = (name_of(&event.system, case), fold.system);
        let how = match &event.body {
            Body::CaseClosed { by } => return self.close(fold, name, event, *by),
            Body::CaseReopened { .. } => return self.reopen(fold, name, event),
            Body::FeedbackReceived { signal: FeedbackSignal::RepeatContact, .. } => Undoing::RepeatContact,
            Body::FeedbackReceived { signal: FeedbackSignal::Complaint, .. } => Undoing::Complaint,
            _ => return,
        };
        self.mark(fold, system, name, Mark { at: event.time, how });
    }

    /// Marks the case of an opened escalation, and tells when it is its first.
    fn hear<'a>(&mut self, fold: &mut Fold<'a>, notice: &Notice) {
        match *notice {
            Notice::Escalated(escalated) => {
                if self.escalate(fold.core, escalated) {
                    fold.say(Notice::FirstEscalation(escalated));
                }
            }
            Notice::AppealOverturned { system, case, at } | Notice::EscalationOverturned { system, case, at } => {
                self.mark(fold, system, case, Mark { at, how: Undoing::Overturned });
            }
            _ => {}
        }
    }

    /// Resolutions have matured, or the time of a case is over.
    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let matured = |timer: Timer, row: &mut Case| (row.system, row.mature(timer.due));
        let Some((slot, (system, matured))) = self.rows.run_timer(fold.core, matured) else { return };
        for of in &matured {
            self.durable.add(fold.core, key(system, *of), 1);
        }
        if matured.is_empty()
            && let Some(row) = self.rows.remove(slot)
        {
            (0..row.orphans()).for_each(|_| fold.orphan(Kind::CaseReopened));
        }
    }

    /// What the durable resolution ratio of the AI is made of.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        for escalated in [false, true] {
            let of = Of { by: ClosedBy::Ai, escalated };
            self.closed.declare(core, key(system, of));
            self.durable.declare(core, key(system, of));
        }
        for how in Undoing::ALL {
            let of = Of { by: ClosedBy::Ai, escalated: false };
            self.undone.declare(core, undone_key(system, row::Undone { of, how: *how, matured: false }));
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
        self.durable.visit(core, sink);
        self.undone.visit(core, sink);
    }
}

impl Resolutions {
    fn close(&mut self, fold: &mut Fold<'_>, name: u128, event: &Event<'_>, by: ClosedBy) {
        let (core, system) = (&mut *fold.core, fold.system);
        let matures = event.time.plus(durable_after(core, system));
        let is_late = event.received.since(event.time) > LATE;
        let due = if is_late { matures.max(core.now.plus(core.model.limits.arrival_grace)) } else { matures };
        let closing = Closing { at: event.time, by, matures, due };
        let until = core.now.plus(core.model.limits.resolution_memory).max(due);
        let new = || Case::new(system, until);
        let closed = self.rows.change(core, name, new, |core, row| {
            row.until = until.max(row.until);
            row.close(closing, core.rows.may_wait)
        });
        let Ok(Some(closed)) = closed else { return fold.repeat(Kind::CaseClosed) };
        self.closed.add(fold.core, key(system, closed.of), 1);
        for undone in [closed.before, closed.at_once].into_iter().flatten() {
            self.undone.add(fold.core, undone_key(system, undone), 1);
        }
    }

    fn reopen(&mut self, fold: &mut Fold<'_>, name: u128, event: &Event<'_>) {
        let system = fold.system;
        match self.mark(fold, system, name, Mark { at: event.time, how: Undoing::Reopened }) {
            None => fold.orphan(Kind::CaseReopened),
            Some(Marked::TooLate) => fold.repeat(Kind::CaseReopened),
            Some(_) => {}
        }
    }

    /// Takes what may undo a resolution. It waits for its closing as any stage waits for its opening. `None` when it would
    /// have to, and no more can.
    fn mark(&mut self, fold: &mut Fold<'_>, system: SystemId, name: u128, mark: Mark) -> Option<Marked> {
        let core = &mut *fold.core;
        let until = core.now.plus(core.model.limits.lifecycle_memory);
        let marked = self.rows.change(
            core,
            name,
            || Case::new(system, until),
            |core, row| {
                let room = core.rows.may_wait;
                row.mark(mark, room)
            },
        );
        self.count_mark(core, system, marked.as_ref().ok());
        marked.ok()
    }

    /// Takes an escalation; true when it is the first of its case. It is remembered for as long as a closed case.
    fn escalate(&mut self, core: &mut Core, escalated: EscalatedCase) -> bool {
        let EscalatedCase { system, case, at, .. } = escalated;
        let until = core.now.plus(core.model.limits.resolution_memory);
        let new = || Case::new(system, until);
        let escalated = self.rows.change(core, case, new, |core, row| {
            row.until = until.max(row.until);
            row.escalate(at, core.rows.may_wait)
        });
        let Ok((is_first, marked)) = escalated else { return false };
        self.count_mark(core, system, Some(&marked));
        is_first
    }

    fn count_mark(&mut self, core: &mut Core, system: SystemId, marked: Option<&Marked>) {
        if let Some(Marked::Undid(undone)) = marked {
            self.undone.add(core, undone_key(system, *undone), 1);
        }
    }
}

fn key(system: SystemId, of: Of) -> [u32; 3] {
    [system, of.by as u32, u32::from(of.escalated)]
}

fn undone_key(system: SystemId, undone: row::Undone) -> [u32; 5] {
    let [system, by, escalated] = key(system, undone.of);
    [system, by, escalated, undone.how as u32, u32::from(undone.matured)]
}

/// How long a case must stay closed to be durable, in nanoseconds.
fn durable_after(core: &Core, system: SystemId) -> i64 {
    core.declared(system).map_or_else(model::Trust::default, |declared| declared.trust.clone()).durable_after
}

//! Escalations: who received the case, how soon, how often it bounced, and how it ended.
//!
//! Histograms and counters carry the queue in which an escalation was opened; gauges carry the queue in which it is now.
//! Deadlines are fixed when it opens. They are missed by event times, and by the clock while it is open.

mod metrics;
mod route;
mod row;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::metrics::FAMILIES;
use self::metrics::{
    Acknowledge, Escalated, Missed, OldestOpen, OldestUnacknowledged, OpenNow, Reassigned, Resolve, Unacknowledged,
    Unrouted,
};
use self::route::route;
use self::row::EscalationFacts;
pub use self::row::{Escalation, Opened};
use super::fold::Fold;
use super::notice::{Cause, Notice};
use super::objectives::Objective;
use super::signal::{Kinds, Restore, Section, Signal};
use crate::config::model;
use crate::event::{Body, Event, Kind};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::deadline::Deadline;
use crate::state::engine::erasure::Gone;
use crate::state::engine::family::Sink;
use crate::state::engine::labels::{NONE, Open, UNROUTED};
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::rows::Rows;
use crate::state::engine::lifecycle::steps::{Step, Stepped, Steps};
use crate::state::engine::metric::Metric;
use crate::state::engine::oldest::Oldest;
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[
    Kind::EscalationOpened,
    Kind::EscalationAcknowledged,
    Kind::EscalationReassigned,
    Kind::EscalationResolved,
]);
pub const SECTION: Section = Section::first("escalations");

/// Reassignments that are kept of one escalation; more count as repeats.
const MOVES_MAX: usize = 32;
/// The same, while more than a sixteenth of the room for rows is taken.
const MOVES_MAX_BUSY: usize = 4;

/// Escalations and what is counted of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Escalations {
    rows: Lifecycles<Escalation>,
    opened: Series<Escalated>,
    open: Series<OpenNow>,
    unacknowledged: Series<Unacknowledged>,
    acknowledge: Series<Acknowledge>,
    resolve: Series<Resolve>,
    missed: Series<Missed>,
    reassigned: Series<Reassigned>,
    unrouted: Series<Unrouted>,
}

parts!(Escalations { rows opened open unacknowledged acknowledge resolve missed reassigned unrouted });

impl Restore for Escalations {}

impl Signal for Escalations {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        match &event.body {
            Body::EscalationOpened { .. } => {
                let cause = self.open(fold, event);
                fold.say(Notice::Escalated { system: fold.system, event, cause });
            }
            Body::EscalationAcknowledged { escalation, .. } => {
                self.step(fold, event, escalation.as_deref(), &mut |row| row.acknowledged.set(event.time));
            }
            Body::EscalationReassigned { escalation, queue, .. } => {
                let queue = fold.core.label(fold.system, Reassigned::FAMILY, Open::Queue, queue);
                let moves_max = if fold.core.rows.plenty { MOVES_MAX } else { MOVES_MAX_BUSY };
                self.step(fold, event, escalation.as_deref(), &mut |row| row.move_to(queue, event.time, moves_max));
            }
            Body::EscalationResolved { escalation, outcome, .. } => {
                self.step(fold, event, escalation.as_deref(), &mut |row| {
                    row.resolved.is_none() && row.resolved.replace((event.time, *outcome)).is_none()
                });
            }
            _ => {}
        }
    }

    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let ran = self.rows.run_timer(fold.core, |timer, row| {
            let before = row.facts();
            row.miss_by_clock(timer.due).then(|| (row.system, before, row.facts()))
        });
        match ran {
            Some((_, Some((system, before, after)))) => self.count(fold, system, &before, &after),
            Some((slot, None)) => self.forget(fold, slot),
            None => {}
        }
    }

    /// The declared queues and reasons are at 0 from the first scrape; so are those of a system that declares nothing,
    /// as far as they can be known.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = Arc::clone(&core.model);
        let routes = model.systems.get(core.system_name(system)).map(|declared| &declared.exception_path.routes[..]);
        let mut queues = Vec::new();
        for route in routes.unwrap_or_default() {
            let queue = core.declared_label(system, Open::Queue, &route.queue);
            let reason = match route.reason.as_str() {
                "*" => NONE,
                reason => core.declared_label(system, Open::Reason, reason),
            };
            queues.push(queue);
            self.opened.declare(core, [system, queue, reason]);
        }
        if queues.is_empty() {
            queues.push(UNROUTED);
            self.opened.declare(core, [system, UNROUTED, NONE]);
        }
        for queue in queues {
            self.open.declare(core, [system, queue]);
            self.unacknowledged.declare(core, [system, queue]);
            self.reassigned.declare(core, [system, queue]);
            for deadline in Deadline::ALL {
                self.missed.declare(core, [system, queue, *deadline as u32]);
            }
        }
        self.unrouted.declare(core, [system, NONE]);
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.exception_path != now.exception_path
    }

    fn forget_case(&mut self, core: &mut Core, gone: &Gone) -> usize {
        let forgotten = self.rows.forget_case(core, gone);
        for row in &forgotten {
            let open = row.facts().open;
            self.move_gauges(core, row.system, open, None);
        }
        forgotten.len()
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.rows)
    }

    fn rows_mut(&mut self) -> Option<&mut dyn Rows> {
        Some(&mut self.rows)
    }

    fn would_open(&self, event: &Event<'_>) -> bool {
        let Body::EscalationOpened { escalation, .. } = &event.body else { return false };
        self.rows.would_open(Step { event, system: 0, own: escalation.as_deref() })
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.opened.visit(core, sink);
        self.open.visit(core, sink);
        self.unacknowledged.visit(core, sink);
        let (mut open, mut unacknowledged) = (Oldest::default(), Oldest::default());
        for row in self.rows.open() {
            let (Some(opened), Some(queue)) = (&row.opened, row.queue_now()) else { continue };
            open.see([row.system, queue], opened.at);
            if row.acknowledged.is_none() {
                unacknowledged.see([row.system, queue], opened.at);
            }
        }
        open.visit::<OldestOpen>(core, sink);
        unacknowledged.visit::<OldestUnacknowledged>(core, sink);
        self.acknowledge.visit(core, sink);
        self.resolve.visit(core, sink);
        self.missed.visit(core, sink);
        self.reassigned.visit(core, sink);
        self.unrouted.visit(core, sink);
    }
}

impl Escalations {
    /// The open ones, in order of their slots.
    pub fn open_rows(&self) -> impl Iterator<Item = &Escalation> {
        self.rows.open()
    }

    /// Takes an opening, and says the queue and reason with which its escalation was opened.
    fn open(&mut self, fold: &mut Fold<'_>, event: &Event<'_>) -> Cause {
        let Body::EscalationOpened { escalation, queue, reason, .. } = &event.body else { unreachable!("an opening") };
        let opened = route(fold, event, queue.as_deref(), reason.as_deref());
        let after = self.step(fold, event, escalation.as_deref(), &mut |row| row.open(event, opened));
        let opened = after.and_then(|facts| facts.opened);
        opened.map_or(Cause { queue: UNROUTED, reason: NONE }, |it| Cause { queue: it.queue, reason: it.reason })
    }

    /// Takes a stage and counts what is new; returns the facts after it.
    fn step(
        &mut self,
        fold: &mut Fold<'_>,
        event: &Event<'_>,
        own: Option<&str>,
        change: &mut dyn FnMut(&mut Escalation) -> bool,
    ) -> Option<EscalationFacts> {
        match fold.step(&mut self.rows, event, own, change) {
            Stepped::Orphan => None,
            Stepped::Repeat(after) => Some(after),
            Stepped::New { before, after } => {
                if let (Kind::EscalationOpened, Some(opened)) = (event.body.kind(), &after.opened) {
                    self.count_opening(fold, opened);
                }
                self.count(fold, fold.system, &before, &after);
                Some(after)
            }
        }
    }

    fn count_opening(&mut self, fold: &mut Fold<'_>, opened: &Opened) {
        let system = fold.system;
        self.opened.add_case(fold.core, [system, opened.queue, opened.reason]);
        if opened.unrouted {
            self.unrouted.add_case(fold.core, [system, opened.reason]);
            fold.facts.of(system).unrouted = Some((fold.core.now, opened.reason));
        }
        fold.facts.escalated(fold.core, system);
    }

    /// Counts the facts that are new.
    fn count(&mut self, fold: &mut Fold<'_>, system: SystemId, before: &EscalationFacts, after: &EscalationFacts) {
        let Some(opened) = &after.opened else { return };
        let queue = opened.queue;
        self.count_times(fold, system, before, after);
        // A queue that was passed through before the opening arrived is at 0 all the same.
        for queue in after.queues.iter().copied().chain([queue]) {
            self.open.at(fold.core, [system, queue]);
            self.unacknowledged.at(fold.core, [system, queue]);
        }
        if after.queues.len() > before.queues.len() {
            let moves = (after.queues.len() - before.queues.len()) as u64;
            self.reassigned.add(fold.core, [system, queue], moves);
        }
        for deadline in Deadline::ALL.iter().copied() {
            if after.missed[deadline] && !before.missed[deadline] {
                self.missed.add(fold.core, [system, queue, deadline as u32], 1);
            }
            // Judged once: when it is over, or when the clock finds it missed.
            if opened.due[deadline].is_some() && after.is_judged(deadline) && !before.is_judged(deadline) {
                fold.judge(system, objective_of(deadline), !after.missed[deadline]);
            }
        }
        if before.open != after.open {
            self.move_gauges(fold.core, system, before.open, after.open);
        }
    }

    fn count_times(
        &mut self,
        fold: &mut Fold<'_>,
        system: SystemId,
        before: &EscalationFacts,
        after: &EscalationFacts,
    ) {
        let Some(opened) = &after.opened else { return };
        if let (None, Some(nanos)) = (before.acknowledge, after.acknowledge) {
            let in_time = opened.due[Deadline::Acknowledge].is_some() && !after.missed[Deadline::Acknowledge];
            fold.facts.of(system).see_acknowledged(opened.at.plus(nanos), in_time);
            let nanos = fold.duration(Kind::EscalationAcknowledged, nanos);
            self.acknowledge.observe(fold.core, [system, opened.queue], nanos);
        }
        if let (None, Some((nanos, outcome))) = (before.resolve, after.resolve) {
            let nanos = fold.duration(Kind::EscalationResolved, nanos);
            self.resolve.observe(fold.core, [system, opened.queue, outcome as u32], nanos);
        }
    }

    fn move_gauges(&mut self, core: &mut Core, system: SystemId, from: Option<row::OpenIn>, to: Option<row::OpenIn>) {
        let key = |open: row::OpenIn| [system, open.queue];
        self.open.shift(core, from.map(key), to.map(key));
        let waiting = |open: Option<row::OpenIn>| open.filter(|open| open.unacknowledged).map(key);
        self.unacknowledged.shift(core, waiting(from), waiting(to));
    }

    /// Drops a row whose time is over. The stages of one that waited in vain are orphans.
    fn forget(&mut self, fold: &mut Fold<'_>, slot: u32) {
        let Some(row) = self.rows.remove(slot) else { return };
        if row.opened.is_some() {
            return;
        }
        row.acknowledged.get().iter().for_each(|_| fold.orphan(Kind::EscalationAcknowledged));
        row.moves.all().iter().for_each(|_| fold.orphan(Kind::EscalationReassigned));
        row.resolved.iter().for_each(|_| fold.orphan(Kind::EscalationResolved));
    }
}

fn objective_of(deadline: Deadline) -> Objective {
    match deadline {
        Deadline::Acknowledge => Objective::AcknowledgeSeconds,
        Deadline::Resolve => Objective::ResolveSeconds,
    }
}

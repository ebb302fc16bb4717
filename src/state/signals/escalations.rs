//! Escalations: who received the case, how soon, how often it bounced, and how it ended.
//!
//! Histograms and counters carry the queue in which an escalation was opened; gauges carry the queue in which it
//! is now. Deadlines are fixed when it opens. They are missed by event times, and by the clock while it is open.

mod row;

use serde::{Deserialize, Serialize};

pub use self::row::{Escalation, Opened};
use self::row::{Facts, Now};
use super::facts;
use super::itself::Itself;
use super::objectives::{Objective, Objectives};
use crate::event::{Body, EscalationOutcome, Event, Kind, time::SECOND};
use crate::state::engine::core::{Core, SystemId, Timer};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Family, SYSTEM, Sink, closed, counter, gauge, histogram, open};
use crate::state::engine::labels::{NONE, Open, Sym, UNROUTED};
use crate::state::engine::lifecycle::{Lifecycles, Phase, Stages, case_of, keep_case, lifecycle_name, name_of};
use crate::state::engine::oldest::Oldest;
use crate::state::engine::series::{Hist, Series};
use crate::state::forget::Gone;

/// Stages of one history may come in several requests: a deadline that had passed before its escalation was
/// even received is held against the clock only after this. Nanoseconds.
pub const ARRIVAL_GRACE: i64 = 5 * SECOND;

/// Reassignments that are told apart in one escalation; more count as repeats.
const MOVES_MAX: usize = 32;
/// As [`MOVES_MAX`], while more than a sixteenth of the room for rows is taken.
const MOVES_MAX_BUSY: usize = 4;

const STAGES: &[&str] = &["acknowledge", "resolve"];
const QUEUE: &[crate::state::engine::family::Label] = &[SYSTEM, open("queue")];
/// From half a minute to three days.
const PATIENCE: &[f64] =
    &[15.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 259_200.0];

pub static OPENED: Family = counter(
    "day90_escalations_total",
    &[SYSTEM, open("queue"), open("reason")],
    "Escalations opened: cases that the system handed to a person, by the queue and reason they were opened with. Divide by day90_tasks_total for the escalation ratio.",
);
pub static OPEN: Family =
    gauge("day90_escalations_open", QUEUE, "Escalations that are open now, in the queue they are in now.");
pub static UNACKNOWLEDGED: Family = gauge(
    "day90_escalations_unacknowledged",
    QUEUE,
    "Open escalations that nobody has acknowledged yet, in the queue they are in now.",
);
pub static OLDEST_OPEN: Family = gauge(
    "day90_escalation_oldest_open_timestamp_seconds",
    QUEUE,
    "When the oldest open escalation of a queue was opened, as a Unix time; absent while none is open. time() minus this is its age.",
);
pub static OLDEST_UNACKNOWLEDGED: Family = gauge(
    "day90_escalation_oldest_unacknowledged_timestamp_seconds",
    QUEUE,
    "When the oldest unacknowledged escalation of a queue was opened, as a Unix time; absent while all are acknowledged. The best single sign that nobody is looking.",
);
pub static ACKNOWLEDGE: Family = histogram(
    "day90_escalation_acknowledge_seconds",
    QUEUE,
    PATIENCE,
    "Time from opened to acknowledged, by the events' own times.",
);
pub static RESOLVE: Family = histogram(
    "day90_escalation_resolve_seconds",
    &[SYSTEM, open("queue"), closed("outcome", EscalationOutcome::WORDS)],
    PATIENCE,
    "Time from opened to resolved. Outcomes overturned and answered mean that the system was right to ask.",
);
pub static MISSED: Family = counter(
    "day90_escalation_deadline_missed_total",
    &[SYSTEM, open("queue"), closed("stage", STAGES)],
    "Escalations that missed their declared deadline, once for each stage; counted by the clock while they are open, without waiting for an event.",
);
pub static REASSIGNED: Family = counter(
    "day90_escalations_reassigned_total",
    QUEUE,
    "Reassignments to another queue, by the queue the escalation was opened in: cases that bounce.",
);
pub static UNROUTED_TOTAL: Family = counter(
    "day90_escalations_unrouted_total",
    &[SYSTEM, open("reason")],
    "Escalations that no declared route matches and whose queue is declared nowhere: nobody was meant to receive them.",
);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Escalations {
    rows: Lifecycles<Escalation>,
    opened: Series<3, u64>,
    open: Series<2, u64>,
    unacknowledged: Series<2, u64>,
    pub(crate) acknowledge: Series<2, Hist>,
    pub(crate) resolve: Series<3, Hist>,
    missed: Series<3, u64>,
    reassigned: Series<2, u64>,
    unrouted: Series<2, u64>,
}

share!(Escalations { rows opened open unacknowledged acknowledge resolve missed reassigned unrouted });

impl Escalations {
    pub fn rows(&self) -> &Lifecycles<Escalation> {
        &self.rows
    }
    pub fn rows_mut(&mut self) -> &mut Lifecycles<Escalation> {
        &mut self.rows
    }

    /// True when the event would open an escalation that isn't open yet.
    pub fn would_open(&self, event: &Event<'_>) -> bool {
        let Body::EscalationOpened { escalation, .. } = &event.body else { return false };
        let name = name_of(&event.system, lifecycle_name(event, escalation.as_deref()));
        self.rows.get(name).is_none_or(|row| !row.is_open())
    }

    /// Says the queue and reason with which the escalation of the event was opened.
    pub fn apply(
        &mut self,
        core: &mut Core,
        itself: &mut Itself,
        objectives: &mut Objectives,
        system: SystemId,
        event: &Event<'_>,
    ) -> (Sym, Sym) {
        let opened = match &event.body {
            Body::EscalationOpened { escalation, queue, reason, .. } => {
                let opened = self.route(core, system, event, queue.as_deref(), reason.as_deref());
                self.stage(core, itself, objectives, system, event, escalation.as_deref(), &mut |row| {
                    let again = row.resolved.is_some_and(|(at, _)| opened.at > at);
                    if row.opened.is_some() && again {
                        *row = Escalation::new(row.system, std::mem::take(&mut row.case), event.received, 0);
                    }
                    row.opened.is_none() && row.opened.replace(opened).is_none()
                })
            }
            Body::EscalationAcknowledged { escalation, .. } => {
                let mut stage = |row: &mut Escalation| row.acknowledged.set(event.time);
                self.stage(core, itself, objectives, system, event, escalation.as_deref(), &mut stage)
            }
            Body::EscalationReassigned { escalation, queue, .. } => {
                let queue = core.label(system, &REASSIGNED, Open::Queue, queue);
                let moves_max = if core.rows.plenty { MOVES_MAX } else { MOVES_MAX_BUSY };
                self.stage(core, itself, objectives, system, event, escalation.as_deref(), &mut |row| {
                    let new = !row.moves.all().contains(&(event.time, queue)) && row.moves.all().len() < moves_max;
                    if new {
                        row.moves.push(event.time, queue);
                    }
                    new
                })
            }
            Body::EscalationResolved { escalation, outcome, .. } => {
                let mut stage = |row: &mut Escalation| {
                    row.resolved.is_none() && row.resolved.replace((event.time, *outcome)).is_none()
                };
                self.stage(core, itself, objectives, system, event, escalation.as_deref(), &mut stage)
            }
            _ => None,
        };
        opened.map_or((UNROUTED, NONE), |opened| (opened.queue, opened.reason))
    }

    /// Where an opening goes: its own queue, or that of the first route that matches its reason.
    fn route(
        &mut self,
        core: &mut Core,
        system: SystemId,
        event: &Event<'_>,
        queue: Option<&str>,
        reason: Option<&str>,
    ) -> Opened {
        let model = std::sync::Arc::clone(&core.model);
        let declared = model.systems.get(core.system_name(system));
        let path = declared.map(|declared| &declared.exception_path);
        let word = reason.unwrap_or("none");
        let route = path.and_then(|path| path.routes.iter().find(|route| route.reason == word || route.reason == "*"));
        let queue_sym = match queue.or(route.map(|route| route.queue.as_str())) {
            Some(queue) => core.label(system, &OPENED, Open::Queue, queue),
            None => UNROUTED,
        };
        let reason_sym = reason.map_or(NONE, |reason| core.label(system, &OPENED, Open::Reason, reason));
        // A queue is declared by a route, or as a review queue.
        let is_declared = |queue: &str| {
            path.is_some_and(|path| path.routes.iter().any(|route| route.queue == queue))
                || declared.is_some_and(|declared| declared.review_queues.contains_key(queue))
        };
        let within = [path.and_then(|path| path.acknowledge_within), path.and_then(|path| path.resolve_within)];
        Opened {
            at: event.time,
            queue: queue_sym,
            reason: reason_sym,
            unrouted: route.is_none() && !queue.is_some_and(is_declared),
            received: event.received,
            due: within.map(|within| within.map(|within| event.time.plus(within)).into()),
        }
    }

    /// One way for all stages, whatever they `change`: a copy for each would not fit into the processor's cache together.
    #[expect(
        clippy::too_many_arguments,
        reason = "the signals that share a stage are passed apart, not hidden in a bag"
    )]
    fn stage(
        &mut self,
        core: &mut Core,
        itself: &mut Itself,
        objectives: &mut Objectives,
        system: SystemId,
        event: &Event<'_>,
        lifecycle: Option<&str>,
        change: &mut dyn FnMut(&mut Escalation) -> bool,
    ) -> Option<Opened> {
        let kind = event.body.kind();
        let name = name_of(&event.system, lifecycle_name(event, lifecycle));
        let memory = core.model.limits.lifecycle_memory;
        let new = || Escalation::new(system, case_of(event), event.received, memory);
        let changed = self.rows.change(core, name, new, |core, row| {
            let before = row.facts();
            let was_open = row.opened.as_ref().map(|opened| opened.at);
            let fresh = change(row);
            // A second opening of the case is a lifecycle of its own: what was counted stays counted.
            let reopened = was_open.is_some() && row.opened.as_ref().map(|opened| opened.at) != was_open;
            if row.phase() == Phase::Finished && fresh {
                row.until = event.received.plus(memory);
            }
            keep_case(core, system, event, lifecycle, row.phase(), &mut row.case);
            (fresh, if reopened { Facts::default() } else { before }, row.to_count())
        });
        let (fresh, before, now) = match changed {
            Ok(changed) => changed,
            Err(row) => {
                itself.orphan(core, kind);
                return row.opened;
            }
        };
        if !fresh {
            itself.repeat(core, kind);
            return now.opened;
        }
        if kind == Kind::EscalationOpened {
            self.count_opening(core, &now);
        }
        self.count(core, itself, objectives, &before, &now);
        now.opened
    }

    fn count_opening(&mut self, core: &mut Core, now: &Now) {
        let (system, opened) = (now.system, now.opened.expect("called for an opening"));
        self.opened.add_case(core, &OPENED, [system, opened.queue, opened.reason]);
        if opened.unrouted {
            self.unrouted.add_case(core, &UNROUTED_TOTAL, [system, opened.reason]);
            core.facts.of(system).unrouted = Some((core.now, opened.reason));
        }
        facts::escalated(core, system);
    }

    /// Counts the facts that are new.
    fn count(&mut self, core: &mut Core, itself: &mut Itself, objectives: &mut Objectives, before: &Facts, now: &Now) {
        let Some(opened) = &now.opened else { return };
        let (after, system, queue) = (&now.facts, now.system, opened.queue);
        if let (None, Some(nanos)) = (before.acknowledge, after.acknowledge) {
            let in_time = opened.due[0].is_some() && !after.missed[0];
            core.facts.of(system).see_acknowledged(opened.at.plus(nanos), in_time);
            let nanos = itself.duration(core, Kind::EscalationAcknowledged, nanos);
            self.acknowledge.observe(core, &ACKNOWLEDGE, [system, queue], nanos);
        }
        if let (None, Some((nanos, outcome))) = (before.resolve, after.resolve) {
            let nanos = itself.duration(core, Kind::EscalationResolved, nanos);
            self.resolve.observe(core, &RESOLVE, [system, queue, outcome as u32], nanos);
        }
        // A queue that was passed through before the opening arrived stands at 0 all the same.
        for queue in now.queues.iter().copied().chain([queue]) {
            self.open.at(core, &OPEN, [system, queue]);
            self.unacknowledged.at(core, &UNACKNOWLEDGED, [system, queue]);
        }
        if after.moves > before.moves {
            self.reassigned.add(core, &REASSIGNED, [system, queue], after.moves - before.moves);
        }
        for stage in [0, 1] {
            if after.missed[stage] && !before.missed[stage] {
                self.missed.add(core, &MISSED, [system, queue, stage as u32], 1);
            }
            self.judge(core, objectives, stage, opened, before, after, system);
        }
        if before.open != after.open {
            self.move_gauge(core, system, before.open, after.open);
        }
    }

    /// An objective judges a stage once: when it is over, or when the clock calls it missed.
    #[expect(clippy::too_many_arguments, reason = "plain facts of one stage")]
    fn judge(
        &mut self,
        core: &mut Core,
        objectives: &mut Objectives,
        stage: usize,
        opened: &Opened,
        before: &Facts,
        after: &Facts,
        system: SystemId,
    ) {
        if opened.due[stage].is_none() {
            return;
        }
        let judged = |facts: &Facts| {
            let over = [facts.acknowledge.is_some(), facts.resolve.is_some()][stage];
            over || facts.missed[stage]
        };
        if judged(after) && !judged(before) {
            let objective = [Objective::AcknowledgeSeconds, Objective::ResolveSeconds][stage];
            objectives.judge(core, system, objective, !after.missed[stage]);
        }
    }

    /// Forgets the escalations of a case, and how many they were.
    pub fn forget_case(&mut self, core: &mut Core, gone: &Gone) -> usize {
        let slots = self.rows.named(|name, row| gone.is(core, name, row.system, &row.case));
        for row in slots.iter().filter_map(|slot| self.rows.remove(*slot)).collect::<Vec<_>>() {
            self.move_gauge(core, row.system, row.facts().open, None);
        }
        slots.len()
    }

    fn move_gauge(
        &mut self,
        core: &mut Core,
        system: SystemId,
        before: Option<(Sym, bool)>,
        after: Option<(Sym, bool)>,
    ) {
        if let Some((queue, unacknowledged)) = after {
            *self.open.at(core, &OPEN, [system, queue]) += 1;
            *self.unacknowledged.at(core, &UNACKNOWLEDGED, [system, queue]) += u64::from(unacknowledged);
        }
        if let Some((queue, unacknowledged)) = before {
            let open = self.open.at(core, &OPEN, [system, queue]);
            *open = open.saturating_sub(1);
            let waiting = self.unacknowledged.at(core, &UNACKNOWLEDGED, [system, queue]);
            *waiting = waiting.saturating_sub(u64::from(unacknowledged));
        }
    }

    pub fn on_timer(&mut self, core: &mut Core, itself: &mut Itself, objectives: &mut Objectives, timer: Timer) {
        enum Then {
            Forget,
            Count(Facts, Box<Now>),
        }
        let then = self.rows.on_timer(core, timer, |_, row| {
            let before = row.facts();
            for stage in [0, 1] {
                if row.clock_due(stage) == Some(timer.due) {
                    row.missed_by_clock[stage] = true;
                    return Then::Count(before, Box::new(row.to_count()));
                }
            }
            Then::Forget
        });
        match then {
            Some(Then::Count(before, now)) => self.count(core, itself, objectives, &before, &now),
            Some(Then::Forget) => self.forget(core, itself, timer.slot),
            None => {}
        }
    }

    /// A row that waited in vain is orphaned, stage by stage; a finished one just goes.
    fn forget(&mut self, core: &mut Core, itself: &mut Itself, slot: u32) {
        let Some(row) = self.rows.remove(slot) else { return };
        if row.opened.is_some() {
            return;
        }
        row.acknowledged.get().iter().for_each(|_| itself.orphan(core, Kind::EscalationAcknowledged));
        row.moves.all().iter().for_each(|_| itself.orphan(core, Kind::EscalationReassigned));
        row.resolved.iter().for_each(|_| itself.orphan(core, Kind::EscalationResolved));
    }

    /// The declared queues and reasons stand at 0 from the first scrape; so do those of a system that declares
    /// nothing, as far as they can be known.
    pub fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = std::sync::Arc::clone(&core.model);
        let routes = model.systems.get(core.system_name(system)).map(|declared| &declared.exception_path.routes[..]);
        let mut queues = Vec::new();
        for route in routes.unwrap_or_default() {
            let queue = core.declared_label(system, Open::Queue, &route.queue);
            let reason = match route.reason.as_str() {
                "*" => NONE,
                reason => core.declared_label(system, Open::Reason, reason),
            };
            queues.push(queue);
            self.opened.declare(core, &OPENED, [system, queue, reason]);
        }
        if queues.is_empty() {
            queues.push(UNROUTED);
            self.opened.declare(core, &OPENED, [system, UNROUTED, NONE]);
        }
        for queue in queues {
            self.open.declare(core, &OPEN, [system, queue]);
            self.unacknowledged.declare(core, &UNACKNOWLEDGED, [system, queue]);
            self.reassigned.declare(core, &REASSIGNED, [system, queue]);
            self.missed.declare(core, &MISSED, [system, queue, 0]);
            self.missed.declare(core, &MISSED, [system, queue, 1]);
        }
        self.unrouted.declare(core, &UNROUTED_TOTAL, [system, NONE]);
    }

    /// Drops what is open in a system that was removed.
    pub fn drop_system(&mut self, system: SystemId) {
        for slot in self.rows.slots(|row| row.system == system) {
            self.rows.remove(slot);
        }
    }

    pub(crate) fn forget_exemplars(&mut self, core: &Core, gone: &Gone) {
        self.opened.forget_case(core, gone);
        self.unrouted.forget_case(core, gone);
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.rows.rebuild();
        self.opened.rebuild(core, &OPENED);
        self.open.rebuild(core, &OPEN);
        self.unacknowledged.rebuild(core, &UNACKNOWLEDGED);
        self.acknowledge.rebuild(core, &ACKNOWLEDGE);
        self.resolve.rebuild(core, &RESOLVE);
        self.missed.rebuild(core, &MISSED);
        self.reassigned.rebuild(core, &REASSIGNED);
        self.unrouted.rebuild(core, &UNROUTED_TOTAL);
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.opened.visit(core, &OPENED, sink);
        self.open.visit(core, &OPEN, sink);
        self.unacknowledged.visit(core, &UNACKNOWLEDGED, sink);
        let mut oldest = [Oldest::default(), Oldest::default()];
        for (_, row) in self.rows.iter().filter(|(_, row)| row.is_open()) {
            let (Some(opened), Some(queue)) = (&row.opened, row.queue_now()) else { continue };
            oldest[0].see([row.system, queue], opened.at);
            if row.acknowledged.is_none() {
                oldest[1].see([row.system, queue], opened.at);
            }
        }
        oldest[0].visit(core, &OLDEST_OPEN, sink);
        oldest[1].visit(core, &OLDEST_UNACKNOWLEDGED, sink);
        self.acknowledge.visit_histograms(core, &ACKNOWLEDGE, sink);
        self.resolve.visit_histograms(core, &RESOLVE, sink);
        self.missed.visit(core, &MISSED, sink);
        self.reassigned.visit(core, &REASSIGNED, sink);
        self.unrouted.visit(core, &UNROUTED_TOTAL, sink);
    }
}

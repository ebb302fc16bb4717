//! Review load: what waits for a reviewer, how long it waits, how long it takes, and what is decided.

use serde::{Deserialize, Serialize};

use super::itself::Itself;
use super::objectives::{Objective, Objectives};
use crate::event::{Body, Decision, Event, Fixed, Kind, Timestamp};
use crate::state::engine::core::{Core, SystemId, Table, Timer};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Family, Number, SYSTEM, Sink, closed, counter, gauge, histogram, open};
use crate::state::engine::labels::{NONE, Open, Sym};
use crate::state::engine::lifecycle::{Lifecycles, Phase, Stages, case_of, keep_case, lifecycle_name, name_of};
use crate::state::engine::maybe::Maybe;
use crate::state::engine::oldest::Oldest;
use crate::state::engine::series::{Hist, Series};
use crate::state::forget::Gone;

const QUEUE: &[crate::state::engine::family::Label] = &[SYSTEM, open("queue")];
const WAITS: &[f64] = &[10.0, 30.0, 60.0, 300.0, 600.0, 1_800.0, 3_600.0, 14_400.0, 28_800.0, 86_400.0, 259_200.0];
/// Seconds of a reviewer: the low end tells rubber stamps apart.
const EFFORT: &[f64] = &[1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
const RATIOS: &[f64] = &[0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0];

pub static COMPLETED: Family = counter(
    "day90_reviews_total",
    &[SYSTEM, open("queue"), closed("decision", Decision::WORDS)],
    "Reviews completed, by queue and decision. Edited and rejected are overrides; expired, cancelled and bypassed were decided by nobody.",
);
pub static AUDITED: Family = counter(
    "day90_reviews_audited_total",
    &[SYSTEM, closed("decision", Decision::WORDS), closed("appropriate", &["false", "true"])],
    "Reviews that were looked at again, and whether their decision was appropriate: an override rate alone is no quality.",
);
pub static EDIT_RATIO: Family = histogram(
    "day90_review_edit_ratio",
    QUEUE,
    RATIOS,
    "How much of the output reviewers changed, from 0 to 1, as the sender computed it; texts never come here.",
);
pub static OPEN: Family =
    gauge("day90_reviews_open", QUEUE, "Reviews that are requested and not completed: the depth of the queue.");
pub static OLDEST: Family = gauge(
    "day90_review_oldest_open_timestamp_seconds",
    QUEUE,
    "When the oldest open review of a queue was requested, as a Unix time; absent while none is open.",
);
pub static WAIT: Family =
    histogram("day90_review_wait_seconds", QUEUE, WAITS, "Time from a review's request to its start.");
pub static HANDLING: Family = histogram(
    "day90_review_handling_seconds",
    &[SYSTEM, open("queue"), closed("decision", Decision::WORDS)],
    EFFORT,
    "Effort of reviewers: handling_seconds as sent, else start to completion. The rate of its sum is the review load.",
);
pub static CAPACITY: Family = gauge(
    "day90_review_capacity_seconds_per_hour",
    QUEUE,
    "Declared capacity of a queue: reviewers × hours a day × 3600 ÷ 24. Handling seconds per hour divided by it is the utilization.",
);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reviews {
    rows: Lifecycles<Review>,
    completed: Series<3, u64>,
    audited: Series<3, u64>,
    pub(crate) edit_ratio: Series<2, Hist>,
    open: Series<2, u64>,
    pub(crate) wait: Series<2, Hist>,
    pub(crate) handling: Series<3, Hist>,
}

share!(Reviews { rows completed audited edit_ratio open wait handling });

/// One review, as far as its stages have arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Review {
    pub system: SystemId,
    /// Empty once it is over, where its name says as much.
    pub case: Box<str>,
    pub requested: Option<(Timestamp, Sym)>,
    pub started: Maybe,
    completed: Option<Completed>,
    /// Whether the decision was appropriate, from an audit that named no decision.
    audited: Option<bool>,
    until: Timestamp,
}

/// Puts a stage into a row; false when it had happened before.
type Stage = Box<dyn FnOnce(&mut Review) -> bool>;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Completed {
    at: Timestamp,
    decision: Decision,
    handling: Option<Fixed>,
    edit_ratio: Option<Fixed>,
}

/// What follows from the stages that have arrived, whatever their order.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    wait: Option<i64>,
    completed: Option<Completed>,
    handling: Option<i64>,
    audit: Option<(Decision, bool)>,
    open: Option<Sym>,
}

impl Review {
    fn facts(&self) -> Facts {
        let audit = self.completed.zip(self.audited).map(|(completed, appropriate)| (completed.decision, appropriate));
        let Some((requested, queue)) = self.requested else { return Facts { audit, ..Facts::default() } };
        let effort = |completed: Completed| {
            let given = completed.handling.map(Fixed::nanos);
            given.or_else(|| self.started.get().map(|started| completed.at.since(started)))
        };
        Facts {
            wait: self.started.get().map(|started| started.since(requested)),
            completed: self.completed,
            handling: self.completed.and_then(effort),
            audit,
            open: self.completed.is_none().then_some(queue),
        }
    }
}

impl Stages for Review {
    const TABLE: Table = Table::Reviews;
    fn phase(&self) -> Phase {
        match (self.requested, self.completed) {
            (None, _) => Phase::Waiting,
            (Some(_), None) => Phase::Open,
            (Some(_), Some(_)) => Phase::Finished,
        }
    }
    fn due(&self) -> Option<Timestamp> {
        (self.phase() != Phase::Open).then_some(self.until)
    }
}

impl Reviews {
    pub fn rows(&self) -> &Lifecycles<Review> {
        &self.rows
    }
    pub fn rows_mut(&mut self) -> &mut Lifecycles<Review> {
        &mut self.rows
    }

    /// True when the event would open a review that isn't open yet.
    pub fn would_open(&self, event: &Event<'_>) -> bool {
        let Body::ReviewRequested { review, .. } = &event.body else { return false };
        let name = name_of(&event.system, lifecycle_name(event, review.as_deref()));
        self.rows.get(name).is_none_or(|row| row.phase() != Phase::Open)
    }

    pub fn apply(
        &mut self,
        core: &mut Core,
        itself: &mut Itself,
        objectives: &mut Objectives,
        system: SystemId,
        event: &Event<'_>,
    ) {
        let (review, stage): (_, Stage) = match &event.body {
            Body::ReviewRequested { review, queue, .. } => {
                let queue = queue.as_deref().map_or(NONE, |queue| core.label(system, &COMPLETED, Open::Queue, queue));
                let (at, received) = (event.time, event.received);
                (
                    review,
                    Box::new(move |row| {
                        if row.requested.is_some() && row.completed.is_some_and(|completed| at > completed.at) {
                            // A later request after the completion is a review of its own.
                            *row = Review::new(row.system, std::mem::take(&mut row.case), received, 0);
                        }
                        row.requested.is_none() && row.requested.replace((at, queue)).is_none()
                    }),
                )
            }
            Body::ReviewStarted { review, .. } => {
                let at = event.time;
                (review, Box::new(move |row| row.started.set(at)))
            }
            Body::ReviewCompleted { review, decision, handling_seconds, edit_ratio, .. } => {
                let completed = Completed {
                    at: event.time,
                    decision: *decision,
                    handling: *handling_seconds,
                    edit_ratio: *edit_ratio,
                };
                (review, Box::new(move |row| row.completed.is_none() && row.completed.replace(completed).is_none()))
            }
            Body::ReviewAudited { appropriate, decision: Some(decision), .. } => {
                return self.audited.add(core, &AUDITED, [system, *decision as u32, u32::from(*appropriate)], 1);
            }
            Body::ReviewAudited { review, appropriate, decision: None } => {
                let appropriate = *appropriate;
                (review, Box::new(move |row| row.audited.is_none() && row.audited.replace(appropriate).is_none()))
            }
            _ => return,
        };
        let kind = event.body.kind();
        let name = name_of(&event.system, lifecycle_name(event, review.as_deref()));
        let memory = core.model.limits.lifecycle_memory;
        let new = || Review::new(system, case_of(event), event.received, memory);
        let changed = self.rows.change(core, name, new, |core, row| {
            let (before, requested) = (row.facts(), row.requested);
            let fresh = stage(row);
            if fresh && row.phase() == Phase::Finished {
                row.until = event.received.plus(memory);
            }
            keep_case(core, system, event, review.as_deref(), row.phase(), &mut row.case);
            let again = requested.is_some() && row.requested != requested;
            (fresh, if again { Facts::default() } else { before }, row.facts(), row.requested)
        });
        match changed {
            Err(_) => itself.orphan(core, kind),
            Ok((false, ..)) => itself.repeat(core, kind),
            Ok((true, before, after, requested)) => {
                let queue = requested.map_or(NONE, |(_, queue)| queue);
                self.count(core, itself, objectives, system, queue, &before, &after);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "plain facts of one review")]
    fn count(
        &mut self,
        core: &mut Core,
        itself: &mut Itself,
        objectives: &mut Objectives,
        system: SystemId,
        queue: Sym,
        before: &Facts,
        after: &Facts,
    ) {
        if let (None, Some(nanos)) = (before.wait, after.wait) {
            let nanos = itself.duration(core, Kind::ReviewStarted, nanos);
            self.wait.observe(core, &WAIT, [system, queue], nanos);
        }
        if let (None, Some(completed)) = (before.completed, after.completed) {
            self.open.at(core, &OPEN, [system, queue]);
            self.completed.add(core, &COMPLETED, [system, queue, completed.decision as u32], 1);
            if let Some(ratio) = completed.edit_ratio {
                self.edit_ratio.observe(core, &EDIT_RATIO, [system, queue], ratio.nanos());
            }
            judge_override(core, objectives, system, completed.decision);
        }
        if let (None, Some(nanos), Some(completed)) = (before.handling, after.handling, after.completed) {
            let nanos = itself.duration(core, Kind::ReviewCompleted, nanos);
            self.handling.observe(core, &HANDLING, [system, queue, completed.decision as u32], nanos);
            judge_stamp(core, objectives, system, completed.decision, nanos);
        }
        if let (None, Some((decision, appropriate))) = (before.audit, after.audit) {
            self.audited.add(core, &AUDITED, [system, decision as u32, u32::from(appropriate)], 1);
        }
        if before.open != after.open {
            if let Some(queue) = after.open {
                *self.open.at(core, &OPEN, [system, queue]) += 1;
            }
            if let Some(queue) = before.open {
                let open = self.open.at(core, &OPEN, [system, queue]);
                *open = open.saturating_sub(1);
            }
        }
    }

    pub fn on_timer(&mut self, core: &mut Core, itself: &mut Itself, timer: Timer) {
        if self.rows.on_timer(core, timer, |_, _| ()).is_none() {
            return;
        }
        let Some(row) = self.rows.remove(timer.slot) else { return };
        if row.requested.is_some() {
            return;
        }
        row.started.get().iter().for_each(|_| itself.orphan(core, Kind::ReviewStarted));
        row.completed.iter().for_each(|_| itself.orphan(core, Kind::ReviewCompleted));
        // An audit was counted if the completion told its decision.
        row.audited.iter().filter(|_| row.completed.is_none()).for_each(|_| itself.orphan(core, Kind::ReviewAudited));
    }

    /// Forgets the reviews of a case, and how many they were.
    pub fn forget_case(&mut self, core: &mut Core, gone: &Gone) -> usize {
        let slots = self.rows.named(|name, row| gone.is(core, name, row.system, &row.case));
        for row in slots.iter().filter_map(|slot| self.rows.remove(*slot)).collect::<Vec<_>>() {
            if let Some(queue) = row.facts().open {
                let open = self.open.at(core, &OPEN, [row.system, queue]);
                *open = open.saturating_sub(1);
            }
        }
        slots.len()
    }

    /// Declared queues stand at 0 from the first scrape.
    pub fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = std::sync::Arc::clone(&core.model);
        let Some(declared) = model.systems.get(core.system_name(system)) else { return };
        for queue in declared.review_queues.keys() {
            let queue = core.declared_label(system, Open::Queue, queue);
            self.open.declare(core, &OPEN, [system, queue]);
        }
    }

    pub fn drop_system(&mut self, system: SystemId) {
        for slot in self.rows.slots(|row| row.system == system) {
            self.rows.remove(slot);
        }
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.rows.rebuild();
        self.completed.rebuild(core, &COMPLETED);
        self.audited.rebuild(core, &AUDITED);
        self.edit_ratio.rebuild(core, &EDIT_RATIO);
        self.open.rebuild(core, &OPEN);
        self.wait.rebuild(core, &WAIT);
        self.handling.rebuild(core, &HANDLING);
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.completed.visit(core, &COMPLETED, sink);
        self.audited.visit(core, &AUDITED, sink);
        self.edit_ratio.visit_histograms(core, &EDIT_RATIO, sink);
        self.open.visit(core, &OPEN, sink);
        let mut oldest = Oldest::default();
        for (_, row) in self.rows.iter().filter(|(_, row)| row.phase() == Phase::Open) {
            row.requested.iter().for_each(|(at, queue)| oldest.see([row.system, *queue], *at));
        }
        oldest.visit(core, &OLDEST, sink);
        self.wait.visit_histograms(core, &WAIT, sink);
        self.handling.visit_histograms(core, &HANDLING, sink);
        CAPACITY.announce(sink);
        for (system, name) in core.systems() {
            for (queue, declared) in core.declared(system).map(|it| &it.review_queues).into_iter().flatten() {
                let nanos = i128::from(declared.reviewers) * i128::from(declared.hours_per_day.nanos()) * 3_600 / 24;
                sink.sample(&[name, queue], Number::Nanos(nanos));
            }
        }
    }
}

impl Review {
    fn new(system: SystemId, case: Box<str>, received: Timestamp, memory: i64) -> Review {
        Review {
            system,
            case,
            requested: None,
            started: Maybe::NEVER,
            completed: None,
            audited: None,
            until: received.plus(memory),
        }
    }
}

/// Overrides are judged among the reviews that a person decided.
fn judge_override(core: &mut Core, objectives: &mut Objectives, system: SystemId, decision: Decision) {
    let by_a_person = !matches!(decision, Decision::Expired | Decision::Cancelled | Decision::Bypassed);
    let declared = core.declared(system).is_some_and(|declared| declared.objectives.override_ratio.is_some());
    if by_a_person && declared {
        let good = !matches!(decision, Decision::Edited | Decision::Rejected);
        objectives.judge(core, system, Objective::OverrideRatio, good);
    }
}

/// An approval faster than anyone can read is a rubber stamp.
fn judge_stamp(core: &mut Core, objectives: &mut Objectives, system: SystemId, decision: Decision, nanos: i64) {
    let least = core.declared(system).and_then(|declared| declared.objectives.rubber_stamp_seconds);
    if let (Decision::Approved, Some(least)) = (decision, least) {
        objectives.judge(core, system, Objective::RubberStampSeconds, nanos >= least.nanos());
    }
}

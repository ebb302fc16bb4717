//! Review load: what waits for a reviewer, how long it waits, how long it takes, and what is decided.

mod row;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::row::Review;
use self::row::{Completed, ReviewFacts};
use super::fold::Fold;
use super::objectives::Objective;
use super::signal::{Kinds, Restore, Section, Signal};
use crate::config::model;
use crate::event::{Body, Decision, Event, Kind};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::erasure::Gone;
use crate::state::engine::family::{FLAG, Label, Number, SYSTEM, Sink, closed, counter, gauge, histogram, open};
use crate::state::engine::hist::Hist;
use crate::state::engine::labels::{NONE, Open};
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::rows::Rows;
use crate::state::engine::lifecycle::steps::{Step, Stepped, Steps};
use crate::state::engine::metric::{Computed, Metric, metrics};
use crate::state::engine::oldest::Oldest;
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;

pub const TAKES: Kinds =
    Kinds::of(&[Kind::ReviewRequested, Kind::ReviewStarted, Kind::ReviewCompleted, Kind::ReviewAudited]);
pub const SECTION: Section = Section::first("reviews");

const QUEUE: &[Label] = &[SYSTEM, open("queue")];
const WAITS: &[f64] = &[10.0, 30.0, 60.0, 300.0, 600.0, 1_800.0, 3_600.0, 14_400.0, 28_800.0, 86_400.0, 259_200.0];
/// Seconds of a reviewer: the low end shows rubber stamps.
const EFFORT: &[f64] = &[1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
const RATIOS: &[f64] = &[0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0];

metrics! {
    CompletedReviews: u64 = counter(
        "day90_reviews_total",
        &[SYSTEM, open("queue"), closed("decision", Decision::WORDS)],
        "Reviews completed, by queue and decision. Edited and rejected are overrides; expired, cancelled and bypassed were decided by nobody."
    );
    Audited: u64 = counter(
        "day90_reviews_audited_total",
        &[SYSTEM, closed("decision", Decision::WORDS), closed("appropriate", FLAG)],
        "Reviews that were looked at again, and whether their decision was appropriate: an override rate alone is no quality."
    );
    EditRatio: Hist = histogram(
        "day90_review_edit_ratio",
        QUEUE,
        RATIOS,
        "How much of the output reviewers changed, from 0 to 1, as the sender computed it; texts never come here."
    );
    OpenReviews: u64 = gauge(
        "day90_reviews_open",
        QUEUE,
        "Reviews that are requested and not completed: the depth of the queue."
    );
    OldestReview: Computed = gauge(
        "day90_review_oldest_open_timestamp_seconds",
        QUEUE,
        "When the oldest open review of a queue was requested, as a Unix time; absent while none is open."
    );
    Wait: Hist = histogram("day90_review_wait_seconds", QUEUE, WAITS, "Time from a review's request to its start.");
    Handling: Hist = histogram(
        "day90_review_handling_seconds",
        &[SYSTEM, open("queue"), closed("decision", Decision::WORDS)],
        EFFORT,
        "Effort of reviewers: handling_seconds as sent, else start to completion. The rate of its sum is the review load."
    );
    Capacity: Computed = gauge(
        "day90_review_capacity_seconds_per_hour",
        QUEUE,
        "Declared capacity of a queue: reviewers × hours a day × 3600 ÷ 24. Handling seconds per hour divided by it is the utilization."
    );
}

/// Reviews and what is counted of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reviews {
    rows: Lifecycles<Review>,
    completed: Series<CompletedReviews>,
    audited: Series<Audited>,
    edit_ratio: Series<EditRatio>,
    open: Series<OpenReviews>,
    wait: Series<Wait>,
    handling: Series<Handling>,
}

parts!(Reviews { rows completed audited edit_ratio open wait handling });

impl Restore for Reviews {}

impl Signal for Reviews {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        match &event.body {
            Body::ReviewRequested { review, queue, .. } => {
                let label = |queue| fold.core.label(fold.system, CompletedReviews::FAMILY, Open::Queue, queue);
                let requested = (event.time, queue.as_deref().map_or(NONE, label));
                self.step(fold, event, review.as_deref(), &mut |row| {
                    row.begin_round(event) && row.requested.replace(requested).is_none()
                });
            }
            Body::ReviewStarted { review, .. } => {
                self.step(fold, event, review.as_deref(), &mut |row| row.started.set(event.time));
            }
            Body::ReviewCompleted { review, decision, handling_seconds, edit_ratio, .. } => {
                let (at, handling, edit_ratio) = (event.time, *handling_seconds, *edit_ratio);
                let completed = Completed { at, decision: *decision, handling, edit_ratio };
                self.step(fold, event, review.as_deref(), &mut |row| {
                    row.completed.is_none() && row.completed.replace(completed).is_none()
                });
            }
            Body::ReviewAudited { appropriate, decision: Some(decision), .. } => {
                self.audited.add(fold.core, [fold.system, *decision as u32, u32::from(*appropriate)], 1);
            }
            Body::ReviewAudited { review, appropriate, decision: None } => {
                self.step(fold, event, review.as_deref(), &mut |row| {
                    row.audited.is_none() && row.audited.replace(*appropriate).is_none()
                });
            }
            _ => {}
        }
    }

    /// A review whose time is over is dropped. The stages of one that waited in vain are orphans.
    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let Some((slot, ())) = self.rows.run_timer(fold.core, |_, _| ()) else { return };
        let Some(row) = self.rows.remove(slot) else { return };
        if row.requested.is_some() {
            return;
        }
        row.started.get().iter().for_each(|_| fold.orphan(Kind::ReviewStarted));
        row.completed.iter().for_each(|_| fold.orphan(Kind::ReviewCompleted));
        // An audit was counted if the completion named its decision.
        row.audited.iter().filter(|_| row.completed.is_none()).for_each(|_| fold.orphan(Kind::ReviewAudited));
    }

    /// Declared queues are at 0 from the first scrape.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = Arc::clone(&core.model);
        let Some(declared) = model.systems.get(core.system_name(system)) else { return };
        for queue in declared.review_queues.keys() {
            let queue = core.declared_label(system, Open::Queue, queue);
            self.open.declare(core, [system, queue]);
        }
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.review_queues != now.review_queues
    }

    fn forget_case(&mut self, core: &mut Core, gone: &Gone) -> usize {
        let forgotten = self.rows.forget_case(core, gone);
        for row in &forgotten {
            self.open.shift(core, row.facts().open.map(|queue| [row.system, queue]), None);
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
        let Body::ReviewRequested { review, .. } = &event.body else { return false };
        self.rows.would_open(Step { event, system: 0, own: review.as_deref() })
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.completed.visit(core, sink);
        self.audited.visit(core, sink);
        self.edit_ratio.visit(core, sink);
        self.open.visit(core, sink);
        let mut oldest = Oldest::default();
        for row in self.rows.open() {
            row.requested.iter().for_each(|(at, queue)| oldest.see([row.system, *queue], *at));
        }
        oldest.visit::<OldestReview>(core, sink);
        self.wait.visit(core, sink);
        self.handling.visit(core, sink);
        Capacity::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            for (queue, declared) in core.declared(system).map(|it| &it.review_queues).into_iter().flatten() {
                let nanos = i128::from(declared.reviewers) * i128::from(declared.hours_per_day.nanos()) * 3_600 / 24;
                sink.sample(&[name, queue], Number::Nanos(nanos));
            }
        }
    }
}

impl Reviews {
    /// The open ones, in order of their slots.
    pub fn open_rows(&self) -> impl Iterator<Item = &Review> {
        self.rows.open()
    }

    fn step(
        &mut self,
        fold: &mut Fold<'_>,
        event: &Event<'_>,
        own: Option<&str>,
        change: &mut dyn FnMut(&mut Review) -> bool,
    ) {
        if let Stepped::New { before, after } = fold.step(&mut self.rows, event, own, change) {
            self.count(fold, &before, &after);
        }
    }

    /// Counts the facts that are new.
    fn count(&mut self, fold: &mut Fold<'_>, before: &ReviewFacts, after: &ReviewFacts) {
        let (system, queue) = (fold.system, after.requested.map_or(NONE, |(_, queue)| queue));
        if let (None, Some(nanos)) = (before.wait, after.wait) {
            let nanos = fold.duration(Kind::ReviewStarted, nanos);
            self.wait.observe(fold.core, [system, queue], nanos);
        }
        if let (None, Some(completed)) = (before.completed, after.completed) {
            self.open.at(fold.core, [system, queue]);
            self.completed.add(fold.core, [system, queue, completed.decision as u32], 1);
            if let Some(ratio) = completed.edit_ratio {
                self.edit_ratio.observe(fold.core, [system, queue], ratio.nanos());
            }
            judge_override(fold, completed.decision);
        }
        if let (None, Some(nanos), Some(completed)) = (before.handling, after.handling, after.completed) {
            let nanos = fold.duration(Kind::ReviewCompleted, nanos);
            self.handling.observe(fold.core, [system, queue, completed.decision as u32], nanos);
            judge_stamp(fold, completed.decision, nanos);
        }
        if let (None, Some((decision, appropriate))) = (before.audit, after.audit) {
            self.audited.add(fold.core, [system, decision as u32, u32::from(appropriate)], 1);
        }
        if before.open != after.open {
            let key = |queue| [system, queue];
            self.open.shift(fold.core, before.open.map(key), after.open.map(key));
        }
    }
}

/// Overrides are judged among the reviews that a person decided.
fn judge_override(fold: &mut Fold<'_>, decision: Decision) {
    let by_a_person = !matches!(decision, Decision::Expired | Decision::Cancelled | Decision::Bypassed);
    let declared = fold.core.declared(fold.system).is_some_and(|declared| declared.objectives.override_ratio.is_some());
    if by_a_person && declared {
        let good = !matches!(decision, Decision::Edited | Decision::Rejected);
        fold.judge(fold.system, Objective::OverrideRatio, good);
    }
}

/// An approval faster than anyone can read is a rubber stamp.
fn judge_stamp(fold: &mut Fold<'_>, decision: Decision, nanos: i64) {
    let least = fold.core.declared(fold.system).and_then(|declared| declared.objectives.rubber_stamp_seconds);
    if let (Decision::Approved, Some(least)) = (decision, least) {
        fold.judge(fold.system, Objective::RubberStampSeconds, nanos >= least.nanos());
    }
}

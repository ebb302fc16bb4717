//! Counting what is new of a review.

use super::Reviews;
use super::row::{Completed, ReviewFacts};
use crate::event::{Decision, Kind};
use crate::state::engine::core::SystemId;
use crate::state::engine::lifecycle::round::Found;
use crate::state::signals::facts::QualityFamily;
use crate::state::signals::fold::Fold;
use crate::state::signals::objectives::Objective;

impl Reviews {
    /// Counts what was found when an event arrived, or as time passed.
    pub(super) fn count(&mut self, fold: &mut Fold<'_>, system: SystemId, found: &Found<ReviewFacts>) {
        match found {
            Found::Facts { before, after, .. } => self.count_facts(fold, system, before, after),
            Found::Repeat(kind) => fold.repeat(*kind),
            Found::Orphan(kind) => fold.orphan(*kind),
        }
    }

    fn count_facts(&mut self, fold: &mut Fold<'_>, system: SystemId, before: &ReviewFacts, after: &ReviewFacts) {
        let queue = after.queue;
        if let (None, Some(completed)) = (before.completed, after.completed) {
            self.count_completion(fold, system, after, &completed);
        }
        if let (None, Some(nanos)) = (before.wait, after.wait) {
            let nanos = fold.duration(Kind::ReviewStarted, nanos);
            self.wait.observe(fold.core, [system, queue], nanos);
        }
        if let (None, Some(nanos), Some(completed)) = (before.handling, after.handling, after.completed) {
            let nanos = fold.duration(Kind::ReviewCompleted, nanos);
            self.handling.observe(fold.core, [system, queue, completed.decision as u32], nanos);
            judge_stamp(fold, system, completed.decision, nanos);
        }
        if let (None, Some((decision, appropriate))) = (before.audit, after.audit) {
            self.audited.add(fold.core, [system, decision as u32, u32::from(appropriate)], 1);
        }
        let Some(requested_in) = after.requested_in else { return };
        let key = [system, requested_in];
        if after.missed && !before.missed {
            self.missed.add(fold.core, key, 1);
        }
        if after.forgiven && !before.forgiven {
            self.forgiven.add(fold.core, key, 1);
        }
        // A queue that was passed through before the request arrived is at 0 all the same.
        self.open.at(fold.core, key);
        let key = |queue| [system, queue];
        self.open.shift(fold.core, before.open.map(key), after.open.map(key));
    }

    fn count_completion(&mut self, fold: &mut Fold<'_>, system: SystemId, after: &ReviewFacts, completed: &Completed) {
        self.completed.add(fold.core, [system, after.queue, completed.decision as u32], 1);
        if let Some(ratio) = completed.edit_ratio {
            self.edit_ratio.observe(fold.core, [system, after.queue], ratio.nanos());
        }
        // Nobody reviews what expired, was cancelled or bypassed.
        if completed.by_a_person() {
            fold.facts.of(system).see_counted(QualityFamily::ReviewLoad, completed.at);
        }
        judge_override(fold, system, completed);
    }
}

/// Overrides are judged among the reviews that a person decided.
fn judge_override(fold: &mut Fold<'_>, system: SystemId, completed: &Completed) {
    let declared = fold.core.declared(system).is_some_and(|declared| declared.objectives.override_ratio.is_some());
    if completed.by_a_person() && declared {
        let good = !matches!(completed.decision, Decision::Edited | Decision::Rejected);
        fold.judge(system, Objective::OverrideRatio, good);
    }
}

/// An approval faster than anyone can read is a rubber stamp.
fn judge_stamp(fold: &mut Fold<'_>, system: SystemId, decision: Decision, nanos: i64) {
    let least = fold.core.declared(system).and_then(|declared| declared.objectives.rubber_stamp_seconds);
    if let (Decision::Approved, Some(least)) = (decision, least) {
        fold.judge(system, Objective::RubberStampSeconds, nanos >= least.nanos());
    }
}

//! All histograms of the fold: what is done to each of them alike.
//!
//! Their classic counts are stored with their signals, as day90 0.1.0 stored them. The native buckets beside them are a
//! section of their own, so that a reader without it goes on; then, and behind 0.1.0, they are made of the classic ones:
//! their count is the same to the last observation, and `rate()` never sees where an older one stands.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::State;
use super::forget::Gone;
use crate::state::engine::core::Chosen;
use crate::state::engine::family::Family;
use crate::state::engine::native::Parts;
use crate::state::engine::series::Histograms;
use crate::state::signals::{changes, escalations, inputs, reviews, rollbacks, trust, work};

/// Every histogram but the ratings, whose buckets follow a declared scale.
macro_rules! histograms {
    ($state:ident $($mutable:ident)?) => {{
        let list: [(&'static Family, &$($mutable)? dyn Histograms); 12] = [
            (&work::TASK_DURATION, &$($mutable)? $state.work.task_duration),
            (&work::STEP_DURATION, &$($mutable)? $state.work.step_duration),
            (&work::STEP_FIRST_TOKEN, &$($mutable)? $state.work.step_first_token),
            (&escalations::ACKNOWLEDGE, &$($mutable)? $state.escalations.acknowledge),
            (&escalations::RESOLVE, &$($mutable)? $state.escalations.resolve),
            (&reviews::EDIT_RATIO, &$($mutable)? $state.reviews.edit_ratio),
            (&reviews::WAIT, &$($mutable)? $state.reviews.wait),
            (&reviews::HANDLING, &$($mutable)? $state.reviews.handling),
            (&changes::RECOVERY_SECONDS, &$($mutable)? $state.changes.recovery),
            (&rollbacks::DURATION, &$($mutable)? $state.rollbacks.duration),
            (&trust::DECIDE, &$($mutable)? $state.trust.decide),
            (&inputs::AGE, &$($mutable)? $state.inputs.age),
        ];
        list
    }};
}

/// The native buckets as a checkpoint stores them: by family, by row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Natives(BTreeMap<String, Vec<Parts>>);

impl State {
    pub(crate) fn natives(&self) -> Natives {
        Natives(histograms!(self).map(|(family, series)| (family.name.to_owned(), series.natives().collect())).into())
    }

    /// Puts back what a checkpoint had.
    pub(crate) fn restore_natives(&mut self) {
        let Natives(mut natives) = std::mem::take(&mut self.read_natives);
        let core = &mut self.core;
        for (family, series) in histograms!(self mut) {
            series.restore(core, family, natives.remove(family.name).unwrap_or_default());
        }
    }

    /// Follows the bounds of the model; `before` are those that were in force.
    pub(crate) fn rebucket(&mut self, before: &Chosen) {
        let core = &mut self.core;
        for (family, series) in histograms!(self mut) {
            if before.bounds(family) != core.bounds(family) {
                series.rebucket(core, family, before.bounds(family));
            }
        }
    }

    /// With the classic buckets that day90 0.1.0 has: it knows no others.
    pub(crate) fn with_first_buckets(&self) -> Cow<'_, State> {
        if self.core.model.buckets.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut state = self.clone();
        let chosen = state.core.chosen_bounds();
        state.core.unchoose_buckets();
        state.rebucket(&chosen);
        Cow::Owned(state)
    }

    pub(crate) fn forget_exemplars(&mut self, gone: &Gone) {
        let core = &self.core;
        for (_, series) in histograms!(self mut) {
            series.forget_case(core, gone);
        }
        self.escalations.forget_exemplars(core, gone);
        self.boundaries.forget_exemplars(core, gone);
    }
}

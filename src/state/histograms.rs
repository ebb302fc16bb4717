//! All histograms of the fold: what is done to each of them alike.
//!
//! Their native buckets are a section of their own in a checkpoint, so that a reader that doesn't know it can go on; then,
//! and after a checkpoint of 0.1.0, they are made from the classic ones.

use super::State;
use crate::state::engine::core::{Chosen, Core};
use crate::state::engine::family::Family;
use crate::state::engine::histograms::{Histogram, rebucketed};
use crate::state::engine::natives::Natives;

impl State {
    pub(super) fn natives(&self) -> Natives {
        let parts = self.signals.all().flat_map(|signal| signal.parts());
        let histograms = parts.filter_map(|part| part.histogram());
        Natives(histograms.map(|(family, series)| (family.name.to_owned(), series.natives())).collect())
    }

    /// Puts back what a checkpoint had.
    pub(super) fn restore_natives(&mut self) {
        let Natives(mut natives) = std::mem::take(&mut self.read_natives);
        self.each_histogram(|core, family, series| {
            series.restore(core, family, natives.remove(family.name).unwrap_or_default());
        });
    }

    /// Follows the bounds of the model; `before` are those that were in force.
    pub(super) fn rebucket(&mut self, before: &Chosen) {
        let mut changed = Vec::new();
        self.each_histogram(|core, family, series| {
            if before.bounds(family) != core.bounds(family) {
                series.rebucket(core, family, before.bounds(family));
                changed.push(family);
            }
        });
        for family in changed {
            let after = self.core.bounds(family);
            self.marks.rewrite(family.name, |column| rebucketed(column, before.bounds(family), after));
        }
    }

    /// Every histogram but the ratings, whose buckets follow a declared scale.
    fn each_histogram(&mut self, mut each: impl FnMut(&mut Core, &'static Family, &mut dyn Histogram)) {
        let core = &mut self.core;
        let parts = self.signals.all_mut().flat_map(|signal| signal.parts_mut());
        for (family, series) in parts.filter_map(|part| part.histogram_mut()) {
            each(core, family, series);
        }
    }
}

//! The samples of reviews, with those that are made from the open rows when somebody asks.

use std::collections::BTreeMap;

use super::Reviews;
use super::metrics::{Capacity, OldestReview, OverdueReviews};
use crate::config::model::Reviewers;
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::family::{Number, Sink};
use crate::state::engine::metric::Metric;
use crate::state::engine::oldest::Oldest;

impl Reviews {
    pub(super) fn show(&self, core: &Core, sink: &mut dyn Sink) {
        self.completed.visit(core, sink);
        self.audited.visit(core, sink);
        self.edit_ratio.visit(core, sink);
        self.open.visit(core, sink);
        self.show_open(core, sink);
        self.missed.visit(core, sink);
        self.forgiven.visit(core, sink);
        self.wait.visit(core, sink);
        self.handling.visit(core, sink);
        Capacity::FAMILY.announce(sink);
        for (system, queue, declared) in queues(core) {
            let nanos = i128::from(declared.reviewers) * i128::from(declared.hours_per_day.nanos()) * 3_600 / 24;
            sink.sample(&[core.system_name(system), queue], Number::Nanos(nanos));
        }
    }

    /// Queues with a declared deadline are at 0 from the first scrape.
    fn show_open(&self, core: &Core, sink: &mut dyn Sink) {
        let with_deadline = queues(core).filter(|(_, _, declared)| declared.within.is_some());
        let mut overdue: BTreeMap<_, u64> = with_deadline.map(|(system, queue, _)| ((system, queue), 0)).collect();
        let mut oldest = Oldest::default();
        for row in self.rows.open() {
            let review = row.newest();
            let Some(requested) = review.requested else { continue };
            oldest.see([row.system, requested.queue()], requested.at);
            if review.past_deadline(core.now).is_some() {
                *overdue.entry((row.system, core.labels.text(requested.queue()))).or_default() += 1;
            }
        }
        oldest.visit::<OldestReview>(core, sink);
        OverdueReviews::FAMILY.announce(sink);
        for ((system, queue), count) in overdue.into_iter().filter(|((system, _), _)| core.is_live(*system)) {
            sink.sample(&[core.system_name(system), queue], Number::Count(count));
        }
    }
}

/// The declared queues of all systems.
fn queues(core: &Core) -> impl Iterator<Item = (SystemId, &str, &Reviewers)> {
    core.systems().flat_map(|(system, _)| {
        let declared = core.declared(system).map(|declared| &declared.review_queues).into_iter().flatten();
        declared.map(move |(queue, declared)| (system, queue.as_str(), declared))
    })
}

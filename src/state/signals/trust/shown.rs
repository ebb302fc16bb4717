//! The samples of user trust, with those that are made from the open appeals when somebody asks.

use std::collections::BTreeMap;

use super::Trust;
use super::metrics::{OldestAppeal, OverdueAppeals, Rating};
use crate::state::engine::core::Core;
use crate::state::engine::family::{Number, Sink};
use crate::state::engine::metric::Metric;
use crate::state::engine::oldest::Oldest;

impl Trust {
    pub(super) fn show(&self, core: &Core, sink: &mut dyn Sink) {
        self.decided.visit(core, sink);
        self.open.visit(core, sink);
        self.show_open(core, sink);
        self.missed.visit(core, sink);
        self.forgiven.visit(core, sink);
        self.decide.visit(core, sink);
        self.feedback.visit(core, sink);
        Rating::FAMILY.announce(sink);
        for (system, ratings) in self.ratings.iter().filter(|(system, _)| core.is_live(**system)) {
            sink.histogram(&[core.system_name(*system)], ratings.buckets());
        }
    }

    /// A system with a declared deadline is at 0 from the first scrape.
    fn show_open(&self, core: &Core, sink: &mut dyn Sink) {
        let has_deadline = |system| core.declared(system).is_some_and(|it| it.trust.appeals_within.is_some());
        let declared = core.systems().filter(|(system, _)| has_deadline(*system));
        let mut overdue: BTreeMap<_, u64> = declared.map(|(system, _)| (system, 0)).collect();
        let mut oldest = Oldest::default();
        for row in self.appeals.open() {
            let appeal = row.newest();
            appeal.opened.iter().for_each(|opened| oldest.see([row.system], opened.at));
            if appeal.past_deadline(core.now).is_some() {
                *overdue.entry(row.system).or_default() += 1;
            }
        }
        oldest.visit::<OldestAppeal>(core, sink);
        OverdueAppeals::FAMILY.announce(sink);
        for (system, count) in overdue.into_iter().filter(|(system, _)| core.is_live(*system)) {
            sink.sample(&[core.system_name(system)], Number::Count(count));
        }
    }
}

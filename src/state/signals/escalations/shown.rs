//! The samples of escalations, with those that are made from the open rows when somebody asks.

use std::collections::BTreeMap;

use super::Escalations;
use super::metrics::{OldestOpen, OldestOverdue, OldestUnacknowledged, OverdueNow};
use crate::config::model::exception_path::Promise;
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::deadline::Deadline;
use crate::state::engine::family::{Number, Sink};
use crate::state::engine::metric::Metric;
use crate::state::engine::oldest::Oldest;

impl Escalations {
    pub(super) fn show(&self, core: &Core, sink: &mut dyn Sink) {
        self.opened.visit(core, sink);
        self.open.visit(core, sink);
        self.unacknowledged.visit(core, sink);
        let (mut open, mut unacknowledged, mut overdue) = (Oldest::default(), Oldest::default(), Oldest::default());
        let mut counts = no_overdue(core);
        for row in self.rows.open() {
            let escalation = row.newest();
            let (Some(opened), Some(queue)) = (&escalation.opened, escalation.queue_now()) else { continue };
            open.see([row.system, queue], opened.at);
            if escalation.acknowledged.is_none() {
                unacknowledged.see([row.system, queue], opened.at);
            }
            for deadline in Deadline::ALL.iter().filter(|deadline| opened.due[**deadline].get().is_some()) {
                let count = counts.entry((row.system, core.labels.text(queue), deadline.as_str())).or_default();
                if let Some(due) = escalation.past_deadline(*deadline, core.now) {
                    *count += 1;
                    overdue.see([row.system, queue, *deadline as u32], due);
                }
            }
        }
        open.visit::<OldestOpen>(core, sink);
        unacknowledged.visit::<OldestUnacknowledged>(core, sink);
        self.acknowledge.visit(core, sink);
        self.resolve.visit(core, sink);
        self.missed.visit(core, sink);
        self.forgiven.visit(core, sink);
        show_overdue(&counts, core, sink);
        overdue.visit::<OldestOverdue>(core, sink);
        self.reassigned.visit(core, sink);
        self.unrouted.visit(core, sink);
    }
}

/// Escalations by system, queue and deadline.
type Counts<'a> = BTreeMap<(SystemId, &'a str, &'a str), u64>;

/// Queues with a declared deadline are at 0 from the first scrape. Without the series nothing is declared, and an alert may
/// go by the age.
fn no_overdue(core: &Core) -> Counts<'_> {
    let mut counts = Counts::new();
    for (system, _) in core.systems() {
        let Some(path) = core.declared(system).map(|declared| &declared.exception_path) else { continue };
        for route in &path.routes {
            let severities = path.severity.values().chain(route.severity.values()).copied();
            let promises: Vec<Promise> = [path.promise(), route.promise()].into_iter().chain(severities).collect();
            let declared =
                Deadline::ALL.iter().filter(|deadline| promises.iter().any(|promise| has(promise, **deadline)));
            counts.extend(declared.map(|deadline| ((system, route.queue.as_str(), deadline.as_str()), 0)));
        }
    }
    counts
}

fn has(promise: &Promise, deadline: Deadline) -> bool {
    match deadline {
        Deadline::Acknowledge => promise.acknowledge_within.is_some(),
        Deadline::Resolve => promise.resolve_within.is_some(),
    }
}

fn show_overdue(counts: &Counts<'_>, core: &Core, sink: &mut dyn Sink) {
    OverdueNow::FAMILY.announce(sink);
    for ((system, queue, stage), count) in counts.iter().filter(|((system, ..), _)| core.is_live(*system)) {
        sink.sample(&[core.system_name(*system), queue, stage], Number::Count(*count));
    }
}

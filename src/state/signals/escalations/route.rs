//! Routing: to which queue an escalation goes when it opens, and by when people owe something.

use std::sync::Arc;

use super::metrics::Escalated;
use super::row::Opened;
use crate::config::model;
use crate::event::time::MINUTE;
use crate::event::{Event, Severity};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::deadline::{ByDeadline, Deadline};
use crate::state::engine::labels::{NONE, Open, UNROUTED};
use crate::state::engine::metric::Metric;
use crate::state::signals::fold::Fold;

/// An opening that arrives later than this after its time may be followed by its other stages, which are late too.
/// Nanoseconds.
const LATE: i64 = MINUTE;

/// Puts an opening into its own queue, or that of the first route that matches its reason.
pub(super) fn route(
    fold: &mut Fold<'_>,
    event: &Event<'_>,
    queue: Option<&str>,
    reason: Option<&str>,
    severity: Option<Severity>,
) -> Opened {
    let (core, system) = (&mut *fold.core, fold.system);
    let model = Arc::clone(&core.model);
    let declared = model.systems.get(core.system_name(system));
    let route = declared.and_then(|declared| declared.route(reason));
    let queue = queue.or(route.map(|route| route.queue.as_str()));
    let due = declared.map(|declared| declared.escalation_due(event.time, route, severity.map(Severity::as_str)));
    let due = due.unwrap_or_default();
    let is_late = event.received.since(event.time) > LATE;
    Opened {
        at: event.time,
        queue: queue.map_or(UNROUTED, |queue| core.label(system, Escalated::FAMILY, Open::Queue, queue)),
        reason: reason.map_or(NONE, |reason| core.label(system, Escalated::FAMILY, Open::Reason, reason)),
        unrouted: declared.is_some_and(|declared| is_unrouted(declared, queue)),
        judged_from: if is_late { event.received.plus(model.limits.arrival_grace) } else { event.time },
        due: ByDeadline::of(|deadline| match deadline {
            Deadline::Acknowledge => due.acknowledge.into(),
            Deadline::Resolve => due.resolve.into(),
        }),
    }
}

/// Whether no route of the system names this queue.
pub(super) fn names_no_route(core: &Core, system: SystemId, queue: &str) -> bool {
    core.declared(system).is_some_and(|declared| is_unrouted(declared, Some(queue)))
}

/// Where nothing is routed, nothing is unrouted.
fn is_unrouted(declared: &model::System, queue: Option<&str>) -> bool {
    let routes = &declared.exception_path.routes;
    !routes.is_empty() && !routes.iter().any(|route| Some(route.queue.as_str()) == queue)
}

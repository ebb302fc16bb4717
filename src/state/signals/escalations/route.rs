//! Routing: to which queue an escalation goes when it opens, and by when people owe something.

use std::sync::Arc;

use super::metrics::Escalated;
use super::row::Opened;
use crate::config::model::{self, ExceptionPath, Within};
use crate::event::Event;
use crate::state::engine::deadline::{ByDeadline, Deadline};
use crate::state::engine::labels::{NONE, Open, UNROUTED};
use crate::state::engine::metric::Metric;
use crate::state::signals::fold::Fold;

/// Puts an opening into its own queue, or that of the first route that matches its reason.
pub(super) fn route(fold: &mut Fold<'_>, event: &Event<'_>, queue: Option<&str>, reason: Option<&str>) -> Opened {
    let (core, system) = (&mut *fold.core, fold.system);
    let model = Arc::clone(&core.model);
    let declared = model.systems.get(core.system_name(system));
    let path = declared.map(|declared| &declared.exception_path);
    let word = reason.unwrap_or("none");
    let route = path.and_then(|path| path.routes.iter().find(|route| route.reason == word || route.reason == "*"));
    let queue_sym = match queue.or(route.map(|route| route.queue.as_str())) {
        Some(queue) => core.label(system, Escalated::FAMILY, Open::Queue, queue),
        None => UNROUTED,
    };
    let reason_sym = reason.map_or(NONE, |reason| core.label(system, Escalated::FAMILY, Open::Reason, reason));
    Opened {
        at: event.time,
        queue: queue_sym,
        reason: reason_sym,
        unrouted: route.is_none() && !declared.zip(queue).is_some_and(|(declared, queue)| declares(declared, queue)),
        received: event.received,
        due: ByDeadline::of(|deadline| {
            declared
                .and_then(|declared| Some(declared.due(event.time, within(&declared.exception_path, deadline)?)))
                .into()
        }),
    }
}

/// A queue is declared by a route, or as a review queue.
fn declares(declared: &model::System, queue: &str) -> bool {
    let mut routes = declared.exception_path.routes.iter();
    routes.any(|route| route.queue == queue) || declared.review_queues.contains_key(queue)
}

/// How long a deadline is, where one is declared.
fn within(path: &ExceptionPath, deadline: Deadline) -> Option<Within> {
    match deadline {
        Deadline::Acknowledge => path.acknowledge_within,
        Deadline::Resolve => path.resolve_within,
    }
}

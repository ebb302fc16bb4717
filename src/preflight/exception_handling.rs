//! Question 2: does a person take the case, and in time?

use crate::state::engine::deadline::Deadline;
use super::words::{count, listed, plural, span, when};
use super::{Checks, Stage, Subject};

pub(super) fn grade(subject: &Subject<'_>, checks: &mut Checks) {
    let path = &subject.declared.exception_path;
    // A queue has an owner when any of its routes names one.
    let owned = |queue: &str| path.routes.iter().any(|route| route.queue == queue && route.owner.is_some());
    let mut ownerless: Vec<&str> =
        path.routes.iter().map(|route| &*route.queue).filter(|queue| !owned(queue)).collect();
    ownerless.dedup();
    checks.add(
        Stage::Declared,
        "receivers",
        !path.routes.is_empty() && ownerless.is_empty(),
        || match (path.routes.len(), ownerless.is_empty()) {
            (0, _) => "no route is declared".into(),
            (routes, true) => format!("the queues of {} have owners", plural(routes, "route", "routes")),
            (_, false) => format!("no owner: {}", listed(&ownerless)),
        },
        || "Name an owner in a route of each queue.".into(),
    );
    let Some(history) = &subject.history else { return };
    checks.add(
        Stage::Exercised,
        "acknowledged_before",
        history.acknowledged.is_some(),
        || format!("last acknowledged {}", when(history.acknowledged, subject.now)),
        || "Acknowledge an escalation from where people work, so that escalation.acknowledged is sent.".into(),
    );
    let deadlines = [
        (Deadline::Acknowledge, "unacknowledged", path.acknowledge_within, "acknowledge_within"),
        (Deadline::Resolve, "unresolved", path.resolve_within, "resolve_within"),
    ];
    for (verb, check, within, key) in deadlines {
        let overdue = history.past.overdue[verb];
        checks.add(
            Stage::Current,
            check,
            overdue.count == 0 && within.is_some(),
            || match overdue.since {
                Some(since) => format!(
                    "{} past the deadline, the first by {}",
                    count(overdue.count),
                    span(subject.now.since(since))
                ),
                None if within.is_none() => format!("{key} is not declared"),
                None => "none is past its deadline".into(),
            },
            || match overdue.count {
                0 => format!("Declare exception_path.{key} first."),
                _ => format!("Have them {verb}d: GET /api/v1/cases?system={} lists the oldest first.", subject.name),
            },
        );
    }
}

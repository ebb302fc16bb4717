//! Question 2: does a person take the case, and in time?

use crate::config::model::Within;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::subject::{History, Subject};
use crate::preflight::words::{count, listed, span, when};
use crate::state::engine::deadline::Deadline;
use crate::state::views::past::Overdue;
use crate::words::plural;

pub(super) const LINE: Line = Line {
    title: "Exception handling: does a person take the case, in time",
    checks: &[
        Check {
            name: "receivers",
            passes_when: "every queue of a route has an owner",
            to_pass: "`owner` in a route",
            grade: Grade::Declared(receivers),
        },
        Check {
            name: "acknowledged_before",
            passes_when: "an escalation was acknowledged once",
            to_pass: "`escalation.acknowledged`",
            grade: Grade::Exercised(acknowledged_before),
        },
        Check {
            name: "unacknowledged",
            passes_when: "no open escalation is past its deadline to be acknowledged",
            to_pass: "`GET /api/v1/cases` lists them",
            grade: Grade::Current(unacknowledged),
        },
        Check {
            name: "unresolved",
            passes_when: "no open escalation is past its deadline to be resolved",
            to_pass: "`GET /api/v1/cases` lists them",
            grade: Grade::Current(unresolved),
        },
    ],
};

fn receivers(subject: &Subject<'_>, judge: Judge) -> Judged {
    let routes = &subject.declared.exception_path.routes;
    // A queue has an owner if any of its routes names one.
    let owned = |queue: &str| routes.iter().any(|route| route.queue == queue && route.owner.is_some());
    let mut ownerless: Vec<&str> = routes.iter().map(|route| &*route.queue).filter(|queue| !owned(queue)).collect();
    ownerless.dedup();
    judge.result(
        !routes.is_empty() && ownerless.is_empty(),
        || match (routes.len(), ownerless.is_empty()) {
            (0, _) => "no route is declared".into(),
            (routes, true) => format!("the queues of {} have owners", plural(routes as u64, "route")),
            (_, false) => format!("no owner: {}", listed(&ownerless)),
        },
        || "Name an owner in a route of each queue.".into(),
    )
}

fn acknowledged_before(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let acknowledged = history.facts().acknowledged;
    judge.result(
        acknowledged.is_some(),
        || format!("last acknowledged {}", when(acknowledged, subject.now)),
        || "Acknowledge an escalation from where people work, so that escalation.acknowledged is sent.".into(),
    )
}

/// A deadline, as the configuration and people call it.
struct Owed {
    within: Option<Within>,
    key: &'static str,
    done: &'static str,
}

fn unacknowledged(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let within = subject.declared.exception_path.acknowledge_within;
    let deadline = Owed { within, key: "acknowledge_within", done: "acknowledged" };
    let overdue = history.past.overdue[Deadline::Acknowledge];
    on_time(subject, &deadline, overdue, judge)
}

fn unresolved(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let within = subject.declared.exception_path.resolve_within;
    let deadline = Owed { within, key: "resolve_within", done: "resolved" };
    let overdue = history.past.overdue[Deadline::Resolve];
    on_time(subject, &deadline, overdue, judge)
}

fn on_time(subject: &Subject<'_>, deadline: &Owed, overdue: Overdue, judge: Judge) -> Judged {
    let Owed { within, key, done } = deadline;
    judge.result(
        overdue.count == 0 && within.is_some(),
        || match overdue.since {
            Some(since) => {
                let late = span(subject.now.since(since));
                format!("{} past the deadline, the first by {late}", count(overdue.count))
            }
            None if within.is_none() => format!("{key} is not declared"),
            None => "none is past its deadline".into(),
        },
        || match overdue.count {
            0 => format!("Declare exception_path.{key} first."),
            _ => format!("Have them {done}: GET /api/v1/cases?system={} lists the oldest first.", subject.name),
        },
    )
}

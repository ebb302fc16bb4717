//! Question 2: does a person take the case, and in time?

use crate::config::model::Promise;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::early::{AskedFrom, Early};
use crate::preflight::subject::{History, Subject};
use crate::preflight::words::{listed, span, when};
use crate::state::engine::deadline::Deadline;
use crate::state::views::past::Overdue;
use crate::words::plural;

pub(super) const LINE: Line = Line {
    title: "Exception handling: does a person take the case, in time",
    checks: &[
        Check {
            name: "receivers",
            passes_when: "every queue of a route, and every queue with open escalations, has an owner",
            to_pass: "`owner` in a route",
            judges: &["exception_path/routes"],
            grade: Grade::Declared(receivers),
            ..Check::USUAL
        },
        Check {
            name: "acknowledged_before",
            passes_when: "an escalation was acknowledged once",
            to_pass: "`escalation.acknowledged`",
            early: Some(Early { from: AskedFrom::CASES, nothing_yet: |_, _| true }),
            grade: Grade::Exercised(acknowledged_before),
            ..Check::USUAL
        },
        Check {
            name: "unacknowledged",
            passes_when: "no open escalation is past its deadline to be acknowledged",
            to_pass: "`GET /api/v1/cases` lists them",
            judges: &["exception_path/deadlines"],
            grade: Grade::Current(unacknowledged),
            ..Check::USUAL
        },
        Check {
            name: "unresolved",
            passes_when: "no open escalation is past its deadline to be resolved",
            to_pass: "`GET /api/v1/cases` lists them",
            judges: &["exception_path/deadlines"],
            grade: Grade::Current(unresolved),
            ..Check::USUAL
        },
        Check {
            name: "reviews",
            passes_when: "no open review is past its deadline",
            to_pass: "`within` of the review queues; complete the reviews",
            grade: Grade::Current(reviews),
            ..Check::USUAL
        },
        Check {
            name: "appeals",
            passes_when: "no open appeal is past its deadline",
            to_pass: "`trust.appeals_within`; decide the appeals",
            grade: Grade::Current(appeals),
            ..Check::USUAL
        },
    ],
};

fn receivers(subject: &Subject<'_>, judge: Judge) -> Judged {
    let declared = subject.declared;
    let routes = &declared.exception_path.routes;
    // A queue has an owner if any of its routes names one.
    let owned = |queue: &str| declared.owns(queue);
    let mut ownerless: Vec<&str> = routes.iter().map(|route| &*route.queue).filter(|queue| !owned(queue)).collect();
    ownerless.dedup();
    let open = subject.history.iter().flat_map(|history| history.past.open_queues());
    let astray: Vec<&str> = open.filter(|queue| !owned(queue) && !ownerless.contains(queue)).collect();
    judge.result(
        !routes.is_empty() && ownerless.is_empty() && astray.is_empty(),
        || match (routes.len(), ownerless.is_empty(), astray.is_empty()) {
            (0, ..) => "no route is declared".into(),
            (_, false, _) => format!("no owner: {}", listed(&ownerless)),
            (_, true, false) => format!("open escalations without an owner in {}", listed(&astray)),
            (routes, true, true) => format!("the queues of {} have owners", plural(routes as u64, "route")),
        },
        || match (routes.len(), ownerless.is_empty()) {
            (0, _) => "Declare routes first.".into(),
            (_, false) => {
                let name = subject.name;
                format!("Name an owner in a route of {}, in systems.{name}.exception_path.routes.", listed(&ownerless))
            }
            (_, true) => format!(
                "Move the open cases in {} with escalation.reassigned to a queue with an owner. \
                 GET /api/v1/cases?system={} lists them.",
                listed(&astray),
                subject.name
            ),
        },
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

/// What people owe, as the configuration and people call it.
struct Owed {
    /// Whether a deadline is declared to judge by.
    is_declared: bool,
    key: &'static str,
    what: &'static str,
    done: &'static str,
    /// What to do about those that are late.
    next: String,
}

fn unacknowledged(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let is_declared = promised(subject, |promise| promise.acknowledge_within.is_some());
    let next = cases(subject, "Have them acknowledged");
    let (key, what, done) = ("exception_path.acknowledge_within", "escalation", "acknowledged");
    on_time(subject, history.past.overdue(Deadline::Acknowledge), Owed { is_declared, key, what, done, next }, judge)
}

fn unresolved(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let is_declared = promised(subject, |promise| promise.resolve_within.is_some());
    let next = cases(subject, "Have them resolved");
    let (key, what, done) = ("exception_path.resolve_within", "escalation", "resolved");
    on_time(subject, history.past.overdue(Deadline::Resolve), Owed { is_declared, key, what, done, next }, judge)
}

fn reviews(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let is_declared = subject.declared.review_queues.values().any(|queue| queue.within.is_some());
    let next = "Have them completed: their cases are those with review.requested and no review.completed.".to_owned();
    let (key, what, done) = ("review.queues.QUEUE.within", "review", "completed");
    on_time(subject, history.past.overdue_reviews(), Owed { is_declared, key, what, done, next }, judge)
}

fn appeals(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let is_declared = subject.declared.trust.appeals_within.is_some();
    let next = "Have them decided: their cases are those with appeal.opened and no appeal.decided.".to_owned();
    let (key, what, done) = ("trust.appeals_within", "appeal", "decided");
    on_time(subject, history.past.overdue_appeals(), Owed { is_declared, key, what, done, next }, judge)
}

/// Whether every escalation has a deadline: by the system's, or by each route's own.
fn promised(subject: &Subject<'_>, has: impl Fn(Promise) -> bool) -> bool {
    let path = &subject.declared.exception_path;
    has(path.promise()) || !path.routes.is_empty() && path.routes.iter().all(|route| has(route.promise()))
}

fn cases(subject: &Subject<'_>, what: &str) -> String {
    format!("{what}: GET /api/v1/cases?system={} lists the oldest first.", subject.name)
}

fn on_time(subject: &Subject<'_>, overdue: Overdue, owed: Owed, judge: Judge) -> Judged {
    let Owed { is_declared, key, what, done, next } = owed;
    judge.result(
        overdue.count == 0 && is_declared,
        || match overdue.since {
            Some(since) => {
                let late = span(subject.now.since(since));
                format!("{} past the deadline to be {done}, the first by {late}", plural(overdue.count, what))
            }
            None if !is_declared => format!("{key} is not declared"),
            None => format!("no open {what} is past its deadline"),
        },
        || match overdue.count {
            0 => format!("Declare systems.{}.{key}.", subject.name),
            _ => next,
        },
    )
}

//! Line 2: who receives the case when the agent is unsure or wrong.

use crate::config::model::{Promise, Within};
use crate::event::Timestamp;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::subject::{DRILL_EVERY, History, Subject};
use crate::preflight::words::{date, declared_span, emit, when};
use crate::state::engine::labels::{NONE, UNROUTED};
use crate::state::signals::facts::Ownerless;
use crate::words::plural;

pub(super) const LINE: Line = Line {
    title: "Exception path: who receives the case when it is unsure or wrong",
    checks: &[
        Check {
            name: "routes",
            passes_when: "a route with reason `*` catches every other reason",
            to_pass: "`exception_path.routes`",
            grade: Grade::Declared(routes),
            ..Check::USUAL
        },
        Check {
            name: "deadlines",
            passes_when: "`acknowledge_within` and `resolve_within` are there, or each route has its own",
            to_pass: "`exception_path`",
            grade: Grade::Declared(deadlines),
            ..Check::USUAL
        },
        Check {
            name: "drilled",
            passes_when: "a drill passed, or an escalation was acknowledged in time, within `drill_every`, and no drill failed since",
            to_pass: "`drill.completed` with `path=exception`",
            before_launch: true,
            judges: &["exception_path/routes"],
            grade: Grade::Exercised(drilled),
            ..Check::USUAL
        },
        Check {
            name: "routed",
            passes_when: "no recent escalation came to a queue that has no owner even now",
            to_pass: "a route with `owner` for its reason or queue",
            judges: &["exception_path/routes"],
            grade: Grade::Current(routed),
            ..Check::USUAL
        },
    ],
};

fn routes(subject: &Subject<'_>, judge: Judge) -> Judged {
    let routes = &subject.declared.exception_path.routes;
    let catch_all = routes.iter().any(|route| route.reason == "*");
    judge.result(
        catch_all,
        || match (plural(routes.len() as u64, "route"), catch_all) {
            _ if routes.is_empty() => "no route is declared".into(),
            (routes, true) => format!("{routes}, one of them for every other reason"),
            (routes, false) => format!("{routes}, none for every other reason"),
        },
        || {
            let name = subject.name;
            format!("Declare a route with reason \"*\", queue and owner as the last of systems.{name}.exception_path.routes.")
        },
    )
}

fn deadlines(subject: &Subject<'_>, judge: Judge) -> Judged {
    let path = &subject.declared.exception_path;
    let by_route =
        |has: fn(Promise) -> bool| !path.routes.is_empty() && path.routes.iter().all(|route| has(route.promise()));
    let acknowledge = path.acknowledge_within.is_some() || by_route(|promise| promise.acknowledge_within.is_some());
    let resolve = path.resolve_within.is_some() || by_route(|promise| promise.resolve_within.is_some());
    judge.result(
        acknowledge && resolve,
        || {
            let shown = |within: Option<Within>, by_route: bool| match within {
                Some(within) => format!("within {within}"),
                None if by_route => "as each route says".to_owned(),
                None => "not declared".to_owned(),
            };
            let (acknowledge, resolve) =
                (shown(path.acknowledge_within, acknowledge), shown(path.resolve_within, resolve));
            format!("acknowledge {acknowledge}, resolve {resolve}")
        },
        || format!("Declare acknowledge_within and resolve_within under systems.{}.exception_path.", subject.name),
    )
}

fn drilled(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let every = subject.declared.exception_path.drill_every.unwrap_or(DRILL_EVERY);
    let drill = ("drill passed", history.past.exception_drill(true));
    let acknowledged = ("acknowledged in time", history.facts().acknowledged_in_time);
    let (what, at) = if acknowledged.1 >= drill.1 { acknowledged } else { drill };
    let failed = history.past.exception_drill(false).filter(|failed| at.is_none_or(|at| *failed > at));
    judge.result(
        subject.within(at, every) && failed.is_none(),
        || match (at, failed) {
            (_, Some(_)) => format!("a drill failed {}, and none passed since", when(failed, subject.now)),
            (Some(_), None) => format!("{what} {}; good for {}", when(at, subject.now), declared_span(every)),
            (None, None) => "no drill passed, and no escalation was acknowledged in time".into(),
        },
        || {
            let first = if failed.is_some() { "Mend what made it fail. Then run" } else { "Run" };
            let command = emit("drill.completed", subject.name, &[("path", "exception"), ("result", "passed")]);
            format!("{first} a drill and record it: {command}.")
        },
    )
}

fn routed(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let is_declared = !subject.declared.exception_path.routes.is_empty();
    let astray = last_astray(subject, history);
    judge.result(
        astray.is_none() && is_declared,
        || match astray {
            Some((found, at)) => {
                let (day, reason) = (date(at), history.past.text(found.reason));
                match found.queue {
                    UNROUTED => format!("{day}: nobody receives reason {reason}"),
                    queue => format!("{day}: nobody owns queue {}, which received {reason}", history.past.text(queue)),
                }
            }
            None if !is_declared => "no route is declared to judge by".into(),
            None => "every escalation of 30 days had somebody to go to".into(),
        },
        || match astray {
            Some((found, _)) => {
                let (name, reason) = (subject.name, history.past.text(found.reason));
                let routes = format!("systems.{name}.exception_path.routes");
                match found.queue {
                    UNROUTED if found.reason == NONE => format!("Declare a route with owner for \"*\" in {routes}."),
                    UNROUTED => format!("Declare a route with owner for {reason}, or for \"*\", in {routes}."),
                    queue => {
                        let queue = history.past.text(queue);
                        format!("Name an owner in a route with queue {queue} in {routes}, or send no case there.")
                    }
                }
            }
            None => "Declare routes first.".into(),
        },
    )
}

/// The last recent escalation in a queue without an owner. What is declared now counts: a route that was mended since is mended.
fn last_astray(subject: &Subject<'_>, history: &History<'_>) -> Option<(Ownerless, Timestamp)> {
    let declared = subject.declared;
    let is_owned = |found: &Ownerless| match found.queue {
        UNROUTED => {
            let reason = (found.reason != NONE).then(|| history.past.text(found.reason));
            declared.route(reason).is_some_and(|route| declared.owns(&route.queue))
        }
        queue => declared.owns(history.past.text(queue)),
    };
    let recent = history.facts().ownerless().iter().filter(|(_, at)| subject.recent(Some(*at)));
    recent.filter(|(found, _)| !is_owned(found)).max_by_key(|(_, at)| *at).copied()
}

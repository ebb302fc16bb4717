//! Line 2: who receives the case when the agent is unsure or wrong.

use crate::config::model::Within;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::subject::{DRILL_EVERY, History, Subject};
use crate::preflight::words::{date, declared_span, when};
use crate::words::plural;

pub(super) const LINE: Line = Line {
    title: "Exception path: who receives the case when it is unsure or wrong",
    checks: &[
        Check {
            name: "routes",
            passes_when: "a route with reason `*` catches every other reason",
            to_pass: "`exception_path.routes`",
            grade: Grade::Declared(routes),
        },
        Check {
            name: "deadlines",
            passes_when: "`acknowledge_within` and `resolve_within` are there",
            to_pass: "`exception_path`",
            grade: Grade::Declared(deadlines),
        },
        Check {
            name: "drilled",
            passes_when: "a drill passed, or an escalation was acknowledged in time, within `drill_every`, and no drill failed since",
            to_pass: "`drill.completed` with `path=exception`",
            grade: Grade::Exercised(drilled),
        },
        Check {
            name: "routed",
            passes_when: "no recent escalation was unrouted",
            to_pass: "a route for its reason",
            grade: Grade::Current(routed),
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
            format!("Declare a route with reason \"*\" as the last of systems.{name}.exception_path.routes.")
        },
    )
}

fn deadlines(subject: &Subject<'_>, judge: Judge) -> Judged {
    let path = &subject.declared.exception_path;
    let (acknowledge, resolve) = (path.acknowledge_within, path.resolve_within);
    judge.result(
        acknowledge.is_some() && resolve.is_some(),
        || {
            let shown = |within: Option<Within>| within.map_or("not declared".into(), |within| within.to_string());
            format!("acknowledge within {}, resolve within {}", shown(acknowledge), shown(resolve))
        },
        || "Declare acknowledge_within and resolve_within of exception_path.".into(),
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
            let name = subject.name;
            format!("Run a drill and record it: day90 emit drill.completed system={name} path=exception result=passed.")
        },
    )
}

fn routed(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let declared = !subject.declared.exception_path.routes.is_empty();
    let unrouted = history.facts().unrouted.filter(|(at, _)| subject.recent(Some(*at)));
    judge.result(
        unrouted.is_none() && declared,
        || match unrouted {
            Some((at, reason)) => format!("{}: nobody receives reason {}", date(at), history.past.text(reason)),
            None if !declared => "no route is declared to judge by".into(),
            None => "every escalation of 30 days had somewhere to go".into(),
        },
        || match unrouted {
            Some((_, reason)) => format!("Declare a route for {}, or one for \"*\".", history.past.text(reason)),
            None => "Declare routes first.".into(),
        },
    )
}

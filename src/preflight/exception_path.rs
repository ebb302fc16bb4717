//! Line 2: who receives the case when the agent is unsure or wrong.

use super::words::{date, declared as spelt, plural, when};
use super::{Checks, DRILL_EVERY, Stage, Subject};

pub(super) fn grade(subject: &Subject<'_>, checks: &mut Checks) {
    let path = &subject.declared.exception_path;
    let name = subject.name;
    let catch_all = path.routes.iter().any(|route| route.reason == "*");
    checks.add(
        Stage::Declared,
        "routes",
        catch_all,
        || match (path.routes.len(), catch_all) {
            (0, _) => "no route is declared".into(),
            (routes, true) => format!("{}, one of them for every other reason", plural(routes, "route", "routes")),
            (routes, false) => format!("{}, none for every other reason", plural(routes, "route", "routes")),
        },
        || format!("Declare a route with reason \"*\" as the last of systems.{name}.exception_path.routes."),
    );
    let within = (path.acknowledge_within, path.resolve_within);
    checks.add(
        Stage::Declared,
        "deadlines",
        within.0.is_some() && within.1.is_some(),
        || {
            let shown = |span: Option<i64>| span.map_or("not declared".into(), spelt);
            format!("acknowledge within {}, resolve within {}", shown(within.0), shown(within.1))
        },
        || "Declare acknowledge_within and resolve_within of exception_path.".into(),
    );
    let Some(history) = &subject.history else { return };
    let every = path.drill_every.unwrap_or(DRILL_EVERY);
    let proofs =
        [("drill passed", history.past.exception_drill()), ("acknowledged in time", history.acknowledged_in_time)];
    let last = proofs.into_iter().max_by_key(|(_, at)| *at).filter(|(_, at)| at.is_some());
    checks.add(
        Stage::Exercised,
        "drilled",
        last.is_some_and(|(_, at)| subject.within(at, every)),
        || match last {
            Some((what, at)) => format!("{what} {}; good for {}", when(at, subject.now), spelt(every)),
            None => "no drill passed, and no escalation was acknowledged in time".into(),
        },
        || format!("Run a drill and record it: day90 emit drill.completed system={name} path=exception result=passed."),
    );
    let unrouted = history.unrouted.filter(|(at, _)| subject.recent(Some(*at)));
    checks.add(
        Stage::Current,
        "routed",
        unrouted.is_none() && !path.routes.is_empty(),
        || match unrouted {
            Some((at, reason)) => format!("{}: nobody receives reason {}", date(at), history.past.text(reason)),
            None if path.routes.is_empty() => "no route is declared to hold it against".into(),
            None => "every escalation of 30 days had somewhere to go".into(),
        },
        || match unrouted {
            Some((_, reason)) => format!("Declare a route for {}, or one for \"*\".", history.past.text(reason)),
            None => "Declare routes first.".into(),
        },
    );
}

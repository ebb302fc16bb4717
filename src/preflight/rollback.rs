//! Question 5: can the business return to the previous process?

use super::words::{date, declared as spelt, span, when};
use super::{Checks, DRILL_EVERY, Stage, Subject};
use crate::event::time::DAY;
use crate::state::signals::words::RollbackEnd;

pub(super) fn grade(subject: &Subject<'_>, checks: &mut Checks) {
    let plan = subject.declared.rollback.as_ref();
    let name = subject.name;
    let (to, text) = (plan.and_then(|plan| plan.to), plan.and_then(|plan| plan.plan.as_deref()));
    checks.add(
        Stage::Declared,
        "plan",
        to.is_some() && text.is_some_and(|text| !text.is_empty()),
        || match (to, text) {
            (Some(to), Some(text)) => format!("to {to}: {text}"),
            (Some(to), None) => format!("to {to}, without a plan"),
            (None, Some(text)) => format!("{text}, without saying to what"),
            (None, None) => "no plan is declared".into(),
        },
        || format!("Declare systems.{name}.rollback with to and plan."),
    );
    let Some(history) = &subject.history else { return };
    let every = plan.and_then(|plan| plan.drill_every).unwrap_or(DRILL_EVERY);
    let restored = history.past.restored();
    checks.add(
        Stage::Exercised,
        "drilled",
        subject.within(restored, every),
        || match restored {
            Some(_) => format!("last restored {}; good for {}", when(restored, subject.now), spelt(every)),
            None => "no drill or rollback has restored it".into(),
        },
        || format!("Practise it and record it: day90 emit drill.completed system={name} path=rollback result=passed."),
    );
    let within = plan.and_then(|plan| plan.within).unwrap_or(DAY);
    let last = history.rollback;
    let in_time = |nanos: Option<i64>| nanos.is_none_or(|nanos| nanos <= within);
    checks.add(
        Stage::Current,
        "succeeded",
        last.is_some_and(|last| last.end == RollbackEnd::Restored && in_time(last.nanos)),
        || match last {
            None => "no drill or rollback was seen".into(),
            Some(last) => {
                let what = if last.drill { "drill" } else { "rollback" };
                let took = last.nanos.map(|nanos| format!(" in {}", span(nanos))).unwrap_or_default();
                format!("{}: {what} {}{took}; {} is the most", date(last.at), last.end, spelt(within))
            }
        },
        || match last {
            None => "Practise the way back before it is needed.".into(),
            Some(_) => "Repair the way back, and practise it until it restores in time.".into(),
        },
    );
}

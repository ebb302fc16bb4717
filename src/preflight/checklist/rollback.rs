//! Question 5: can the business return to the previous process?

use crate::event::time::DAY;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::subject::{DRILL_EVERY, History, Subject};
use crate::preflight::words::{date, declared_span, emit, span, when};
use crate::state::signals::words::RollbackEnd;

pub(super) const LINE: Line = Line {
    title: "Rollback: can the business return to the previous process",
    checks: &[
        Check {
            name: "plan",
            passes_when: "`to` and `plan` are there",
            to_pass: "`rollback`",
            grade: Grade::Declared(plan),
            ..Check::USUAL
        },
        Check {
            name: "drilled",
            passes_when: "a good drill or rollback to the declared `to` within `drill_every`",
            to_pass: "`drill.completed` with `path=rollback`",
            before_launch: true,
            judges: &["rollback/plan"],
            grade: Grade::Exercised(drilled),
            ..Check::USUAL
        },
        Check {
            name: "succeeded",
            passes_when: "the last rollback or drill restored the system, within `rollback.within`",
            to_pass: "repair the way back",
            judges: &["rollback/plan"],
            grade: Grade::Current(succeeded),
            ..Check::USUAL
        },
    ],
};

fn plan(subject: &Subject<'_>, judge: Judge) -> Judged {
    let plan = subject.declared.rollback.as_ref();
    let (to, text) = (plan.and_then(|plan| plan.to), plan.and_then(|plan| plan.plan.as_deref()));
    judge.result(
        to.is_some() && text.is_some_and(|text| !text.is_empty()),
        || match (to, text) {
            (Some(to), Some(text)) => format!("to {to}: {text}"),
            (Some(to), None) => format!("to {to}, without a plan"),
            (None, Some(text)) => format!("{text}, without saying to what"),
            (None, None) => "no plan is declared".into(),
        },
        || format!("Declare systems.{}.rollback with to and plan.", subject.name),
    )
}

fn drilled(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let every = subject.declared.rollback.as_ref().and_then(|plan| plan.drill_every).unwrap_or(DRILL_EVERY);
    let restored = history.past.restored();
    let to = subject.declared.rollback.as_ref().and_then(|plan| plan.to);
    let to = to.map(|to| format!(" to {to}")).unwrap_or_default();
    judge.result(
        subject.within(restored, every),
        || match restored {
            Some(_) => format!("last restored{to} {}; good for {}", when(restored, subject.now), declared_span(every)),
            None => format!("no drill or rollback{to} has restored it"),
        },
        || format!("Practise it and record it, with the seconds it took: {}.", emit_passed(subject)),
    )
}

fn succeeded(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let within = subject.declared.rollback.as_ref().and_then(|plan| plan.within).unwrap_or(DAY);
    let last = history.facts().rollback.as_ref();
    let in_time = |nanos: Option<i64>| nanos.is_none_or(|nanos| nanos <= within);
    judge.result(
        last.is_some_and(|last| last.end == RollbackEnd::Restored && in_time(last.nanos)),
        || match last {
            None => "no drill or rollback was seen".into(),
            Some(last) => {
                let what = if last.drill { "drill" } else { "rollback" };
                let took = last.nanos.map(|nanos| format!(" in {}", span(nanos))).unwrap_or_default();
                format!("{}: {what} {}{took}; {} is the most", date(last.at), last.end, declared_span(within))
            }
        },
        || match last {
            None => {
                format!("Practise the way back before it is needed, and record it: {}.", emit_passed(subject))
            }
            Some(_) => format!(
                "Repair the way back, practise it until it restores in time, and record that: {}.",
                emit_passed(subject)
            ),
        },
    )
}

fn emit_passed(subject: &Subject<'_>) -> String {
    let drill = [("path", "rollback"), ("result", "passed"), ("seconds", "60")];
    emit("drill.completed", subject.name, &drill)
}

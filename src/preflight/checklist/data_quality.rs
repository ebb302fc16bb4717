//! Question 1: are the inputs messy, stale or contradictory?

use crate::event::InputResult;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::early::{AskedFrom, Early};
use crate::preflight::subject::{History, RECENT, Subject};
use crate::preflight::words::{declared_span, emit, listed, span};
use crate::words::plural;

pub(super) const LINE: Line = Line {
    title: "Data quality: are inputs messy, stale, contradictory",
    checks: &[
        Check {
            name: "inputs",
            passes_when: "at least one input is declared",
            to_pass: "`inputs`",
            grade: Grade::Declared(inputs),
            ..Check::USUAL
        },
        Check {
            name: "checked",
            passes_when: "every declared input was checked once",
            to_pass: "`input.checked`",
            early: Some(Early { from: AskedFrom::TRAFFIC, nothing_yet: inputs_are_declared }),
            judges: &["data_quality/inputs"],
            grade: Grade::Exercised(checked),
            ..Check::USUAL
        },
        Check {
            name: "fresh",
            passes_when: "the last check of each input was ok, found it no older than `max_age`, and is itself no longer ago than that (30 days without `max_age`)",
            to_pass: "repair the input",
            early: Some(Early { from: AskedFrom::TRAFFIC, nothing_yet: none_was_checked }),
            judges: &["data_quality/inputs"],
            follows: &["data_quality/checked"],
            grade: Grade::Current(fresh),
            ..Check::USUAL
        },
    ],
};

fn inputs(subject: &Subject<'_>, judge: Judge) -> Judged {
    let inputs = &subject.declared.inputs;
    judge.result(
        !inputs.is_empty(),
        || if inputs.is_empty() { "no input is declared".into() } else { listed(inputs.keys()) },
        || format!("Declare what the system depends on, and its max_age, under systems.{}.inputs.", subject.name),
    )
}

fn checked(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let inputs = &subject.declared.inputs;
    let never: Vec<&String> = inputs.keys().filter(|input| history.past.input(input).is_none()).collect();
    judge.result(
        !inputs.is_empty() && never.is_empty(),
        || match (inputs.len(), never.is_empty()) {
            (0, _) => "no input is declared".into(),
            (inputs, true) => format!("{} checked", plural(inputs as u64, "input")),
            (_, false) => format!("never checked: {}", listed(&never)),
        },
        || match never.first() {
            Some(input) => format!("Check it where it is read, and send the result: {}.", emit_ok(subject, input)),
            None => "Declare inputs first.".into(),
        },
    )
}

fn inputs_are_declared(subject: &Subject<'_>, _: &History<'_>) -> bool {
    !subject.declared.inputs.is_empty()
}

fn emit_ok(subject: &Subject<'_>, input: &str) -> String {
    emit("input.checked", subject.name, &[("input", input), ("result", "ok"), ("age_seconds", "60")])
}

fn fresh(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let inputs = &subject.declared.inputs;
    let found = |input: &str, max_age: &Option<i64>| finding(subject, history, input, *max_age);
    let findings: Vec<String> = inputs.iter().filter_map(|(input, max_age)| found(input, max_age)).collect();
    let first = inputs.iter().find(|(input, max_age)| found(input, max_age).is_some());
    judge.result(
        !inputs.is_empty() && findings.is_empty(),
        || match (inputs.len(), findings.is_empty()) {
            (0, _) => "no input is declared".into(),
            (inputs, true) => format!("{} ok and fresh", plural(inputs as u64, "input")),
            (_, false) => listed(&findings),
        },
        || match first {
            Some((input, _)) => format!(
                "Repair the input, or let the system escalate while it is bad. Then send what a check finds: {}.",
                emit_ok(subject, input)
            ),
            None => "Declare inputs first.".into(),
        },
    )
}

/// Whether all that is missing is the first check of inputs.
fn none_was_checked(subject: &Subject<'_>, history: &History<'_>) -> bool {
    let inputs = &subject.declared.inputs;
    let mut checked = inputs.iter().filter(|(input, _)| history.past.input(input).is_some());
    !inputs.is_empty() && checked.all(|(input, max_age)| finding(subject, history, input, *max_age).is_none())
}

/// What is wrong with an input now. Its last check must be ok, have found it no older than its maximum age, and be no longer
/// ago than that itself (a month if no age is declared), because an unchecked input may have any state.
fn finding(subject: &Subject<'_>, history: &History<'_>, input: &str, max_age: Option<i64>) -> Option<String> {
    let Some(last) = history.past.input(input) else { return Some(format!("{input} was never checked")) };
    if last.result != InputResult::Ok {
        return Some(format!("{input} is {}", last.result));
    }
    let silent = subject.now.since(last.at);
    if silent > max_age.unwrap_or(RECENT) {
        return Some(format!("{input} was last checked {} ago", span(silent)));
    }
    let (age, most) = (last.age?.nanos(), max_age?);
    (age > most).then(|| format!("{input} is {} old, and {} is the most", span(age), declared_span(most)))
}

//! Question 1: are the inputs messy, stale or contradictory?

use crate::event::InputResult;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::subject::{History, RECENT, Subject};
use crate::preflight::words::{declared_span, listed, span};
use crate::words::plural;

pub(super) const LINE: Line = Line {
    title: "Data quality: are inputs messy, stale, contradictory",
    checks: &[
        Check {
            name: "inputs",
            passes_when: "at least one input is declared",
            to_pass: "`inputs`",
            grade: Grade::Declared(inputs),
        },
        Check {
            name: "checked",
            passes_when: "every declared input was checked once",
            to_pass: "`input.checked`",
            grade: Grade::Exercised(checked),
        },
        Check {
            name: "fresh",
            passes_when: "the last check of each input was ok, found it no older than `max_age`, and is itself no longer ago than that (30 days without `max_age`)",
            to_pass: "repair the input",
            grade: Grade::Current(fresh),
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
            Some(input) => format!("Check it where it is read, and send input.checked with input={input}."),
            None => "Declare inputs first.".into(),
        },
    )
}

fn fresh(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let inputs = &subject.declared.inputs;
    let findings: Vec<String> =
        inputs.iter().filter_map(|(input, max_age)| finding(subject, history, input, *max_age)).collect();
    judge.result(
        !inputs.is_empty() && findings.is_empty(),
        || match (inputs.len(), findings.is_empty()) {
            (0, _) => "no input is declared".into(),
            (inputs, true) => format!("{} ok and fresh", plural(inputs as u64, "input")),
            (_, false) => listed(&findings),
        },
        || match inputs.is_empty() {
            false => "Repair the input, or let the system escalate while it is bad.".into(),
            true => "Declare inputs first.".into(),
        },
    )
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

//! Question 1: are the inputs messy, stale or contradictory?

use super::words::{declared as spelt, listed, plural, span};
use super::{Checks, History, RECENT, Stage, Subject};
use crate::event::InputResult;

pub(super) fn grade(subject: &Subject<'_>, checks: &mut Checks) {
    let inputs = &subject.declared.inputs;
    let name = subject.name;
    let any = !inputs.is_empty();
    checks.add(
        Stage::Declared,
        "inputs",
        any,
        || if any { listed(inputs.keys()) } else { "no input is declared".into() },
        || format!("Declare what the system depends on, and its max_age, under systems.{name}.inputs."),
    );
    let Some(history) = &subject.history else { return };
    let never: Vec<&String> = inputs.keys().filter(|input| history.past.input(input).is_none()).collect();
    checks.add(
        Stage::Exercised,
        "checked",
        any && never.is_empty(),
        || match (any, never.is_empty()) {
            (false, _) => "no input is declared".into(),
            (true, true) => format!("{} checked", plural(inputs.len(), "input", "inputs")),
            (true, false) => format!("never checked: {}", listed(&never)),
        },
        || match never.first() {
            Some(input) => format!("Check it where it is read, and send input.checked with input={input}."),
            None => "Declare inputs first.".into(),
        },
    );
    let findings: Vec<String> =
        inputs.iter().filter_map(|(input, max_age)| finding(subject, history, input, *max_age)).collect();
    checks.add(
        Stage::Current,
        "fresh",
        any && findings.is_empty(),
        || match (any, findings.is_empty()) {
            (false, _) => "no input is declared".into(),
            (true, true) => format!("{} ok and fresh", plural(inputs.len(), "input", "inputs")),
            (true, false) => listed(&findings),
        },
        || match any {
            true => "Repair the input, or let the system escalate while it is bad.".into(),
            false => "Declare inputs first.".into(),
        },
    );
}

/// What is wrong with an input now. Its last check must be ok, find it no older than its maximum age, and be no
/// longer ago than that itself (a month, where no age is declared): an input that is not checked may be anything.
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
    (age > most).then(|| format!("{input} is {} old, and {} is the most", span(age), spelt(most)))
}

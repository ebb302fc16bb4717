//! Line 1: what the system may decide, suggest, escalate, and never do.

use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::early::{AskedFrom, Early};
use crate::preflight::subject::{History, RECENT, Subject};
use crate::preflight::words::{date, listed, when};
use crate::words::plural;

pub(super) const LINE: Line = Line {
    title: "Boundaries: what may it decide, suggest, escalate, never do",
    checks: &[
        Check {
            name: "declared",
            passes_when: "at least one action has a boundary",
            to_pass: "`boundaries`",
            grade: Grade::Declared(declared),
            ..Check::USUAL
        },
        Check {
            name: "observed",
            passes_when: "a declared action was seen, and no recent one is still undeclared",
            to_pass: "`task.completed`, `action.attempted`; declare what is named",
            early: Some(Early { from: AskedFrom::TRAFFIC, nothing_yet: nothing_observed }),
            judges: &["boundaries/declared"],
            grade: Grade::Exercised(observed),
            ..Check::USUAL
        },
        Check {
            name: "respected",
            passes_when: "no recent attempt beyond a boundary took effect",
            to_pass: "stop it where it acts",
            judges: &["boundaries/declared"],
            grade: Grade::Current(respected),
            ..Check::USUAL
        },
    ],
};

fn declared(subject: &Subject<'_>, judge: Judge) -> Judged {
    let actions = subject.declared.boundaries.len();
    judge.result(
        actions > 0,
        || if actions > 0 { plural(actions as u64, "action") } else { "no action is declared".into() },
        || format!("Declare the most that each action may do, under systems.{}.boundaries.", subject.name),
    )
}

fn observed(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let action = history.facts().action;
    let undeclared = undeclared(subject, history);
    judge.result(
        action.is_some() && undeclared.is_empty(),
        || match (action, undeclared.is_empty()) {
            (_, false) => format!("seen and not declared: {}", listed(&undeclared)),
            (None, true) => "no declared action was seen".into(),
            (Some(_), true) => format!("last action {}, all declared", when(action, subject.now)),
        },
        || match undeclared.first() {
            Some(action) => {
                let name = subject.name;
                format!("Decide what it may do at most, and declare it: systems.{name}.boundaries.{action}, with mode.")
            }
            None if subject.declared.boundaries.is_empty() => "Declare boundaries first.".into(),
            None => "Send task.completed or action.attempted for each action.".into(),
        },
    )
}

fn nothing_observed(subject: &Subject<'_>, history: &History<'_>) -> bool {
    !subject.declared.boundaries.is_empty()
        && history.facts().action.is_none()
        && undeclared(subject, history).is_empty()
}

/// Recent undeclared actions, without those that were declared since.
fn undeclared<'a>(subject: &Subject<'_>, history: &'a History<'_>) -> Vec<&'a str> {
    let recent = history.facts().undeclared().iter().filter(|(_, at)| subject.recent(Some(*at)));
    let names = recent.map(|(action, _)| history.past.text(*action));
    names.filter(|action| !subject.declared.boundaries.contains_key(*action)).collect()
}

fn respected(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let declared = !subject.declared.boundaries.is_empty();
    let recent = history.facts().violation.as_ref().filter(|violation| subject.recent(Some(violation.at)));
    judge.result(
        declared && recent.is_none(),
        || match (recent, declared) {
            (_, false) => "no boundary is declared to judge by".into(),
            (None, _) => "no violation took effect in 30 days".into(),
            (Some(violation), _) => {
                let (day, action) = (date(violation.at), history.past.text(violation.action));
                let (limit, done) = (violation.declared, violation.attempted);
                format!("{day}: {action} is declared {limit}, and {done} took effect")
            }
        },
        || match recent {
            None => "Declare boundaries first.".into(),
            Some(violation) => {
                let until = date(violation.at.plus(RECENT));
                format!(
                    "Stop it where it acts, and roll back the change that let it through. Without another one this \
                     passes after {until}."
                )
            }
        },
    )
}

//! Line 1: what the system may decide, suggest, escalate, and never do.

use super::words::{date, listed, plural, when};
use super::{Checks, Stage, Subject};

pub(super) fn grade(subject: &Subject<'_>, checks: &mut Checks) {
    let declared = &subject.declared.boundaries;
    let name = subject.name;
    let any = !declared.is_empty();
    checks.add(
        Stage::Declared,
        "declared",
        any,
        || if any { plural(declared.len(), "action", "actions") } else { "no action is declared".into() },
        || format!("Declare the most that each action may do, under systems.{name}.boundaries."),
    );
    let Some(history) = &subject.history else { return };
    // What was declared meanwhile is no finding any more.
    let undeclared: Vec<&str> = history
        .undeclared()
        .iter()
        .filter(|(_, at)| subject.recent(Some(*at)))
        .map(|(action, _)| history.past.text(*action))
        .filter(|action| !declared.contains_key(*action))
        .collect();
    let seen = history.action.is_some();
    checks.add(
        Stage::Exercised,
        "observed",
        seen && undeclared.is_empty(),
        || match (seen, undeclared.is_empty()) {
            (_, false) => format!("seen and not declared: {}", listed(&undeclared)),
            (false, true) => "no declared action was seen".into(),
            (true, true) => format!("last action {}, all declared", when(history.action, subject.now)),
        },
        || match undeclared.first() {
            Some(action) => format!("Decide what the system may do, and declare it: boundaries.{action}."),
            None => "Send task.completed or action.attempted for each action.".into(),
        },
    );
    let recent = history.violation.filter(|violation| subject.recent(Some(violation.at)));
    checks.add(
        Stage::Current,
        "respected",
        any && recent.is_none(),
        || match (recent, any) {
            (_, false) => "no boundary is declared to hold it against".into(),
            (None, _) => "no violation took effect in 30 days".into(),
            (Some(violation), _) => format!(
                "{}: {} is declared {}, and {} took effect",
                date(violation.at),
                history.past.text(violation.action),
                violation.declared,
                violation.attempted
            ),
        },
        || match recent {
            None => "Declare the boundaries first.".into(),
            Some(_) => "Stop it where it acts, and roll back the change that let it through.".into(),
        },
    );
}

//! What a check of the checklist is: its name, what it asks for, when it is asked, and the function that grades it.
//!
//! The stage of a check follows from the kind of its function: only the later stages are given what happened, so a check
//! cannot claim a stage whose facts it doesn't have.

use super::early::Early;
use super::subject::{History, Subject};
use crate::event::words as closed_set;

closed_set!(/// How far a check goes; each stage includes those before it.
    Stage { Declared = "declared", Exercised = "exercised", Current = "current" });
closed_set!(/// The result of a check. Only `pass` and `fail` are in a ratio and in a series.
    Status { Pass = "pass", Fail = "fail", TooEarly = "too_early", NotAsked = "not_asked",
        NotApplicable = "not_applicable" });

/// One line or question of the checklist: what its file declares.
pub struct Line {
    /// Its question, as the checklist words it.
    pub title: &'static str,
    pub checks: &'static [Check],
}

/// One check.
pub struct Check {
    /// Its name within the line; the value of the label `check`.
    pub name: &'static str,
    /// When it passes, for the documentation.
    pub passes_when: &'static str,
    /// What makes it pass, for the documentation.
    pub to_pass: &'static str,
    /// It is of a later stage and asked before the launch all the same, because it can be practised.
    pub before_launch: bool,
    /// How long after the launch nothing can have made it pass yet.
    pub early: Option<Early>,
    /// The `declared` checks, as ITEM/CHECK, whose declarations it judges by: where they don't apply, neither does this.
    pub judges: &'static [&'static str],
    /// The checks of an earlier stage, as ITEM/CHECK, that find first what makes this one fail too.
    pub follows: &'static [&'static str],
    pub(super) grade: Grade,
}

/// How a check is graded, and so its stage.
pub(super) enum Grade {
    Declared(fn(&Subject<'_>, Judge) -> Judged),
    Exercised(WithHistory),
    Current(WithHistory),
}

pub(super) type WithHistory = fn(&Subject<'_>, &History<'_>, Judge) -> Judged;

/// Makes the results of checks.
#[derive(Clone, Copy)]
pub(super) struct Judge {
    /// Without this, texts stay empty: a scrape has no use for them.
    pub explain: bool,
}

/// The result of a check, where it is asked.
pub(super) struct Judged {
    pub pass: bool,
    /// What the result is based on.
    pub evidence: String,
    /// What to do; `None` if it passes.
    pub next: Option<String>,
}

impl Check {
    /// What most checks are: asked from the launch on, by nothing that another check asks for.
    pub(super) const USUAL: Check = Check {
        name: "",
        passes_when: "",
        to_pass: "",
        before_launch: false,
        early: None,
        judges: &[],
        follows: &[],
        grade: Grade::Declared(|_, judge| judge.result(true, String::new, String::new)),
    };

    pub fn stage(&self) -> Stage {
        match self.grade {
            Grade::Declared(_) => Stage::Declared,
            Grade::Exercised(_) => Stage::Exercised,
            Grade::Current(_) => Stage::Current,
        }
    }

    /// Whether it is asked of a system whose launch lies ahead.
    pub(super) fn gates_launch(&self) -> bool {
        self.before_launch || self.stage() == Stage::Declared
    }

    /// The result, or `None` if it needs to know what happened and nothing of that is known.
    pub(super) fn judge(&self, subject: &Subject<'_>, judge: Judge) -> Option<Judged> {
        match self.grade {
            Grade::Declared(grade) => Some(grade(subject, judge)),
            Grade::Exercised(grade) | Grade::Current(grade) => {
                subject.history.as_ref().map(|history| grade(subject, history, judge))
            }
        }
    }
}

impl Judge {
    /// A result; its texts are made only if somebody reads them.
    pub(super) fn result(self, pass: bool, evidence: impl FnOnce() -> String, next: impl FnOnce() -> String) -> Judged {
        Judged { pass, evidence: self.text(evidence), next: (self.explain && !pass).then(next) }
    }

    /// A text, if somebody reads it.
    pub(super) fn text(self, text: impl FnOnce() -> String) -> String {
        if self.explain { text() } else { String::new() }
    }
}

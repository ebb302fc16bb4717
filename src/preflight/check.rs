//! What a check of the checklist is: its name, what it asks for, and the function that grades it.
//!
//! The stage of a check follows from the kind of its function: only the later stages are given what happened, so a check
//! cannot claim a stage whose facts it doesn't have.

use super::subject::{History, Subject};
use crate::event::words as closed_set;

closed_set!(/// How far a check goes; each stage includes those before it.
    Stage { Declared = "declared", Exercised = "exercised", Current = "current" });

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

/// The result of a check.
pub(super) struct Judged {
    pub pass: bool,
    /// What the result is based on.
    pub evidence: String,
    /// What to do; `None` if it passes.
    pub next: Option<String>,
}

impl Check {
    pub fn stage(&self) -> Stage {
        match self.grade {
            Grade::Declared(_) => Stage::Declared,
            Grade::Exercised(_) => Stage::Exercised,
            Grade::Current(_) => Stage::Current,
        }
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
        let evidence = if self.explain { evidence() } else { String::new() };
        Judged { pass, evidence, next: (self.explain && !pass).then(next) }
    }
}

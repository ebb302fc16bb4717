//! [`Verdict`]: whether a system is operated, in one word.

use super::subject::Subject;
use crate::event::words as closed_set;

closed_set!(/// Whether a system is operated, or only deployed. Without a daemon: whether it is written down.
    Verdict { Operated = "operated", NotOperated = "not_operated", NotLaunched = "not_launched",
        Declared = "declared", NotDeclared = "not_declared" });

impl Verdict {
    /// The verdict on a system, by whether any of its checks fails.
    pub(super) fn of(subject: &Subject<'_>, fails: bool) -> Verdict {
        match (subject.history.is_some(), subject.launches().is_some(), fails) {
            (false, _, false) => Verdict::Declared,
            (false, _, true) => Verdict::NotDeclared,
            (true, true, _) => Verdict::NotLaunched,
            (true, false, false) => Verdict::Operated,
            (true, false, true) => Verdict::NotOperated,
        }
    }

    /// In words, without what speaks against it.
    pub fn text(self) -> &'static str {
        match self {
            Verdict::Operated => "operated",
            Verdict::NotOperated => "not operated",
            Verdict::NotLaunched => "not launched yet",
            Verdict::Declared => "declared",
            Verdict::NotDeclared => "not declared",
        }
    }

    /// Whether nothing speaks against it.
    pub fn is_good(self) -> bool {
        matches!(self, Verdict::Operated | Verdict::Declared)
    }
}

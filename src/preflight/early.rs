//! [`Early`]: until when, after a launch, a check fails nothing because nothing can have made it pass yet.
//!
//! It excuses only what is missing because no time has passed. What is declared nowhere, or went wrong, fails from the first
//! day. A check that could have been passed before the launch (a drill, an attestation) is never too early.

use super::subject::{History, Subject};
use crate::event::Timestamp;
use crate::event::time::DAY;

/// No check is too early for longer than this after the launch. Days.
pub const EARLY_DAYS_MAX: i64 = 30;

/// When a check is too early.
#[derive(Clone, Copy)]
pub struct Early {
    pub from: AskedFrom,
    /// Whether what is missing can still come: nothing has failed, and what it is graded by is declared.
    pub(super) nothing_yet: fn(&Subject<'_>, &History<'_>) -> bool,
}

/// The day from which a check is asked; the day of the launch is day 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AskedFrom {
    /// As many days after the launch.
    Day(i64),
    /// As long after the launch as evaluations may take.
    EvaluateEvery,
}

impl AskedFrom {
    /// The first traffic comes on the day of the launch.
    pub const TRAFFIC: AskedFrom = AskedFrom::Day(1);
    /// In a week some case goes to a person.
    pub const CASES: AskedFrom = AskedFrom::Day(7);
    /// Users, work on it and changes of it come within a month.
    pub const MONTH: AskedFrom = AskedFrom::Day(EARLY_DAYS_MAX);

    /// For the documentation.
    pub fn describe(self) -> String {
        match self {
            AskedFrom::Day(day) => format!("from day {day}"),
            AskedFrom::EvaluateEvery => {
                format!("`evaluate_every` after the launch, from day {EARLY_DAYS_MAX} at the latest")
            }
        }
    }

    fn span(self, subject: &Subject<'_>) -> i64 {
        match self {
            AskedFrom::Day(day) => day * DAY,
            AskedFrom::EvaluateEvery => {
                let every = subject.declared.maintenance.as_ref().and_then(|maintenance| maintenance.evaluate_every);
                every.unwrap_or(0).min(EARLY_DAYS_MAX * DAY)
            }
        }
    }
}

impl Early {
    /// From when the check is asked, where that lies ahead and nothing speaks against waiting.
    pub(super) fn asked_from(&self, subject: &Subject<'_>, history: &History<'_>) -> Option<Timestamp> {
        let from = subject.launch_day()?.plus(self.from.span(subject));
        (subject.now < from && (self.nothing_yet)(subject, history)).then_some(from)
    }
}

//! [`Subject`]: what one system is graded by.

use crate::config::model;
use crate::event::Timestamp;
use crate::event::time::DAY;
use crate::state::signals::facts::SystemFacts;
use crate::state::views::past::Past;

/// What counts as recent. Nanoseconds.
pub(super) const RECENT: i64 = 30 * DAY;
/// How long a drill proves its path if `drill_every` is not declared. Nanoseconds.
pub(super) const DRILL_EVERY: i64 = 90 * DAY;

/// One system at a moment.
pub(super) struct Subject<'a> {
    pub name: &'a str,
    /// Empty for a system that is not declared.
    pub declared: &'a model::System,
    /// `None` where only the configuration is known.
    pub history: Option<History<'a>>,
    pub now: Timestamp,
}

/// What happened.
pub(super) struct History<'a> {
    pub past: &'a Past<'a>,
    /// When `/metrics` was last asked for.
    pub last_scrape: Option<Timestamp>,
}

impl History<'_> {
    pub(super) fn facts(&self) -> &SystemFacts {
        &self.past.facts
    }
}

impl Subject<'_> {
    /// Whether a moment is at most `span` nanoseconds ago.
    pub(super) fn within(&self, at: Option<Timestamp>, span: i64) -> bool {
        at.is_some_and(|at| self.now.since(at) <= span)
    }

    pub(super) fn recent(&self, at: Option<Timestamp>) -> bool {
        self.within(at, RECENT)
    }
}

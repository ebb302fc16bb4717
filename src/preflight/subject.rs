//! [`Subject`]: what one system is graded by.

use crate::config::model;
use crate::config::model::Waiver;
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

impl<'a> Subject<'a> {
    /// Whether a moment is at most `span` nanoseconds ago.
    pub(super) fn within(&self, at: Option<Timestamp>, span: i64) -> bool {
        at.is_some_and(|at| self.now.since(at) <= span)
    }

    pub(super) fn recent(&self, at: Option<Timestamp>) -> bool {
        self.within(at, RECENT)
    }

    /// The begin of the day of the launch, UTC: day 0.
    pub(super) fn launch_day(&self) -> Option<Timestamp> {
        let launched = self.declared.launched?;
        Some(Timestamp::from_nanos(launched.nanos().div_euclid(DAY) * DAY))
    }

    /// The day of the launch, where it lies ahead.
    pub(super) fn launches(&self) -> Option<Timestamp> {
        self.launch_day().filter(|day| self.now < *day)
    }

    /// Days since the day of the launch, which is day 0; negative before it.
    pub(super) fn day(&self) -> Option<i64> {
        Some(self.now.since(self.launch_day()?).div_euclid(DAY))
    }

    /// The waiver of a check, given as ITEM/CHECK, and whether it has lapsed.
    pub(super) fn waiver(&self, check: &str) -> Option<(&'a Waiver, bool)> {
        let waiver = self.declared.not_applicable.get(check)?;
        Some((waiver, waiver.until.has_begun(self.now)))
    }
}

//! [`Given`]: what a file is checked against, apart from itself. Whoever reads a configuration hands it in.

use crate::event::Timestamp;

/// The time, what the fold has, and what preflight asks.
#[derive(Clone, Debug)]
pub struct Given {
    /// The present time: a launch many years after it is a slip.
    pub now: Timestamp,
    /// Every histogram of the events.
    pub histograms: Vec<GivenHistogram>,
    /// Every check of preflight, as ITEM/CHECK.
    pub checks: Vec<String>,
}

/// A histogram whose classic buckets may be chosen.
#[derive(Clone, Copy, Debug)]
pub struct GivenHistogram {
    pub name: &'static str,
    /// Its buckets follow the rating scale of each system, so they cannot be chosen.
    pub follows_rating_scale: bool,
}

//! [`Given`]: what a file is checked against, apart from itself. Whoever reads a configuration hands it in.

use crate::event::Timestamp;

/// The time, and what the fold has.
#[derive(Clone, Debug)]
pub struct Given {
    /// The present time: declared dates may not be after it.
    pub now: Timestamp,
    /// Every histogram of the events.
    pub histograms: Vec<GivenHistogram>,
}

/// A histogram whose classic buckets may be chosen.
#[derive(Clone, Copy, Debug)]
pub struct GivenHistogram {
    pub name: &'static str,
    /// Its buckets follow the rating scale of each system, so they cannot be chosen.
    pub follows_rating_scale: bool,
}

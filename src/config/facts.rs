//! [`Facts`]: what a file is checked against, besides itself. Whoever reads a configuration hands them in.

use crate::event::Timestamp;

#[derive(Clone, Debug)]
pub struct Facts {
    /// The present time: declared dates may not be after it.
    pub now: Timestamp,
    /// Every histogram of the events.
    pub histograms: Vec<Histogram>,
}

#[derive(Clone, Copy, Debug)]
pub struct Histogram {
    pub name: &'static str,
    /// Its buckets follow the rating scale of each system, so they cannot be chosen.
    pub follows_rating_scale: bool,
}

//! What a configuration is checked against: the time, and the histograms that the fold has.

use crate::config::model::bounds::BUCKETS_MAX;
use crate::config::{Facts, Histogram};
use crate::event::Timestamp;
use crate::state::FAMILIES;
use crate::state::engine::family;
use crate::state::signals::trust::RATING;

// A configuration may choose as many bounds as a histogram can have.
const _: () = assert!(BUCKETS_MAX == family::BUCKETS_MAX);

/// The facts at this time.
pub fn facts(now: Timestamp) -> Facts {
    let histograms = FAMILIES.iter().filter(|family| !family.buckets.is_empty() || family.name == RATING.name);
    let histograms =
        histograms.map(|family| Histogram { name: family.name, follows_rating_scale: family.name == RATING.name });
    Facts { now, histograms: histograms.collect() }
}

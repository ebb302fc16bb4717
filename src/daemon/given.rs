//! What a configuration is checked against: the time, the histograms that the fold has, and the checks of preflight.

use crate::config::{Given, GivenHistogram};
use crate::event::Timestamp;
use crate::preflight::checklist::ITEMS;
use crate::state::FAMILIES;
use crate::state::engine::metric::Metric;
use crate::state::signals::trust::Rating;

/// What is given at this time.
pub fn given(now: Timestamp) -> Given {
    let histograms = FAMILIES.iter().filter(|family| !family.buckets.is_empty() || family.name == Rating::FAMILY.name);
    let histograms = histograms
        .map(|family| GivenHistogram { name: family.name, follows_rating_scale: family.name == Rating::FAMILY.name });
    let checks =
        ITEMS.iter().flat_map(|item| item.checks().iter().map(|check| format!("{}/{}", item.name, check.name)));
    Given { now, histograms: histograms.collect(), checks: checks.collect() }
}

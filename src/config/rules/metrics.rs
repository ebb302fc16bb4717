//! Chosen buckets: of histograms that there are, each bound above the one before.

use super::super::effective::Config;
use super::super::given::GivenHistogram;
use super::super::key::Settings;
use super::super::key::written::shown;
use super::super::problem::{Problems, did_you_mean};

pub fn buckets(written: &Settings, config: &Config, histograms: &[GivenHistogram], problems: &mut Problems) {
    for (name, at, bounds) in written.table("buckets") {
        let field = format!("{}.{name}", written.field("buckets"));
        if let Some(message) = unknown(name, histograms) {
            problems.error(*at, &field, message);
        }
        let numbers = config.model.buckets.get(name).map_or(&[][..], Vec::as_slice);
        if let Some(index) = numbers.windows(2).position(|pair| pair[0] >= pair[1]) {
            let message =
                format!("{} follows {}; each bound must be above the one before", numbers[index + 1], numbers[index]);
            problems.error(bounds.at, &format!("{field}[{}]", index + 1), message);
        }
    }
}

/// Why this histogram's buckets cannot be chosen.
fn unknown(name: &str, histograms: &[GivenHistogram]) -> Option<String> {
    match histograms.iter().find(|histogram| histogram.name == name) {
        Some(GivenHistogram { follows_rating_scale: false, .. }) => None,
        Some(_) => Some("its buckets follow trust.rating_scale of each system; leave it out here".to_owned()),
        None => {
            let choosable = histograms.iter().filter(|histogram| !histogram.follows_rating_scale);
            let hint = did_you_mean(name, choosable.map(|histogram| histogram.name));
            Some(format!("no histogram of the events is called {}{hint}", shown(name)))
        }
    }
}

//! `metrics`: how `/metrics` answers.

use std::collections::BTreeMap;

use super::super::key::{Map, Names, ValueForm, form};
use super::super::model::bounds::BUCKETS_MAX;
use crate::event::Fixed;
use crate::event::time::SECOND;

/// Histograms whose buckets can be chosen: more than there are.
const HISTOGRAMS_MAX: usize = 100;

/// How `/metrics` answers, whatever the scraper asks for.
/// Spans are nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metrics {
    pub gzip: bool,
    /// In protobuf.
    pub native_histograms: bool,
    /// In OpenMetrics, as separate series.
    pub created: bool,
    /// How long a series that is new is shown at 0 to Prometheus.
    pub newborn: i64,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics { gzip: true, native_histograms: true, created: false, newborn: 65 * SECOND }
    }
}

/// The section: the answers of `/metrics`, and the buckets, which are part of the operating model.
#[derive(Debug, Default)]
pub struct MetricsSection {
    pub answers: Metrics,
    pub buckets: BTreeMap<String, Vec<Fixed>>,
}

pub fn keys() -> ValueForm<MetricsSection> {
    let mut keys = Map::<MetricsSection>::new();
    keys.key("gzip", form::boolean(), "true", "Whether scrapes that accept gzip get it.", |metrics| {
        &mut metrics.answers.gzip
    });
    keys.key(
        "native_histograms",
        form::boolean(),
        "true",
        "Whether a scrape in protobuf has native histograms as well as the classic buckets. A Prometheus that takes the \
         native ones leaves the classic series out unless its scrape configuration asks for both; the shipped rules \
         read either: see metrics.md.",
        |metrics| &mut metrics.answers.native_histograms,
    );
    keys.key(
        "created",
        form::boolean(),
        "false",
        "Whether OpenMetrics says of each counter and histogram when it began, in a series that ends in _created: one \
         more for each. Protobuf always says it, and takes no series for it.",
        |metrics| &mut metrics.answers.created,
    );
    keys.key(
        "newborn",
        form::duration(),
        "65s",
        "How long Prometheus is shown a new counter or histogram at 0, so that increase() sees all of it. Longer than the \
         longest scrape interval.",
        |metrics| &mut metrics.answers.newborn,
    );
    let bounds = form::list(form::number(1_000_000_000), 1, BUCKETS_MAX);
    keys.section(
        "buckets",
        form::table(Names::Any, bounds, HISTOGRAMS_MAX),
        "Upper bounds of the classic buckets of a histogram, by its name, where those of metrics.md don't suit. They may \
         change at any time and nothing is lost: what was counted before is counted at the first new bound that it is \
         certain to be under.",
        |metrics| &mut metrics.buckets,
    );
    keys.into_form()
}

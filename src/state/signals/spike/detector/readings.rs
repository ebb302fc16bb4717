//! What people and metrics read of a detector.

use super::Detector;
use crate::state::signals::spike::baseline::Baseline;
use crate::state::signals::spike::kept::Kept;
use crate::state::signals::spike::latch::Latch;
use crate::state::signals::spike::noise::Noise;
use crate::state::signals::spike::seconds::DAY_SECONDS;

/// The usual ratio is called known after this many escalations and this time.
const LEARNED_ESCALATIONS: f64 = 100.0;
const LEARNED_SECONDS: f64 = 3.0 * DAY_SECONDS;

impl Detector {
    /// How much speaks for a rise, on a logarithmic scale: 1 is a page. At least 1 during a page.
    pub fn score(&self) -> f64 {
        self.score
    }

    pub fn page(&self) -> Option<&Latch> {
        self.open.as_ref().filter(|open| open.paged).map(|open| &open.latch)
    }

    /// A rise stayed, and nobody has said whether it is usual now: seconds until what was usual before is forgotten.
    pub fn new_normal(&self) -> Option<f64> {
        self.kept.as_ref().map(Kept::left)
    }

    /// The least and the most seconds before the page that the rise may have begun. The evidence rests while a page is open.
    pub fn onset_between(&self) -> (f64, f64) {
        self.evidence.onset_between()
    }

    /// The usual ratio at this hour of the week; 0 while nothing is known.
    pub fn usual_ratio(&self, hour: usize) -> f64 {
        self.baseline.ratio() * self.season.factor(hour)
    }

    pub fn baseline(&self) -> &Baseline {
        &self.baseline
    }

    /// Average exposure per second over half an hour, adjusted for the season; 0 before anything was learned.
    pub fn rate(&self) -> f64 {
        self.rate.max(0.0)
    }

    pub fn noise(&self) -> &Noise {
        &self.noise
    }

    pub fn hour_factor(&self, hour: usize) -> f64 {
        self.season.factor(hour)
    }

    /// Pages that were not confirmed by what came after them: the detector's own count of false pages.
    pub fn unconfirmed(&self) -> u64 {
        self.temper.unconfirmed()
    }

    /// Progress of learning: escalations and seconds, each with the number needed.
    pub fn learned(&self) -> [(f64, f64); 2] {
        [(self.seen, LEARNED_ESCALATIONS), (self.age, LEARNED_SECONDS)]
    }

    /// Whether too little was observed to call the ratio known. The detector can page all the same, for rises that are
    /// large enough.
    pub fn is_learning(&self) -> bool {
        self.learned().iter().any(|(now, needed)| now < needed)
    }
}

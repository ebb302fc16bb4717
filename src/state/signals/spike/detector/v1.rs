//! A detector as version 1 of its section has it, of day90 0.2.0. What it knew of the usual ratio, its hours and its noise is
//! taken over, and an open page goes on; the days of the week and past episodes are learned from now on.

use serde::Deserialize;

use super::{Detector, Open};
use crate::state::signals::spike::baseline::Baseline;
use crate::state::signals::spike::counted::Counted;
use crate::state::signals::spike::episodes::Bars;
use crate::state::signals::spike::evidence::Evidence;
use crate::state::signals::spike::latch::Latch;
use crate::state::signals::spike::noise::Noise;
use crate::state::signals::spike::rises::overshoot_correction;
use crate::state::signals::spike::season::{Season, Slot};
use crate::state::signals::spike::temper::Temper;

#[derive(Clone, Debug, Deserialize)]
pub struct DetectorV1 {
    threshold: f64,
    age: f64,
    evidence: Evidence,
    baseline: Baseline,
    noise: Noise,
    season: SeasonV1,
    latch: Option<LatchV1>,
    temper: Temper,
    rate: f64,
    fresh: Counted,
    score: f64,
}

#[derive(Clone, Debug, Deserialize)]
struct SeasonV1 {
    hours: Vec<Slot>,
    found: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct LatchV1 {
    rise: f64,
    since: Counted,
    expected: f64,
    over: f64,
    after: f64,
    confirmed: bool,
}

impl From<DetectorV1> for Detector {
    fn from(old: DetectorV1) -> Detector {
        let DetectorV1 { threshold, age, evidence, baseline, noise, season, latch, temper, rate, fresh, score } = old;
        let seconds = threshold / overshoot_correction();
        // What was decayed since is not known: a baseline that is still remembered was seen.
        let seen = baseline.count();
        let season = Season::of_hours(season.hours, season.found);
        let open = latch.map(LatchV1::open);
        Detector {
            age,
            evidence,
            baseline,
            noise,
            season,
            open,
            temper,
            rate,
            fresh,
            score,
            seen,
            ..Detector::new(seconds)
        }
    }
}

impl LatchV1 {
    fn open(self) -> Open {
        let LatchV1 { rise, since, expected, over, after, confirmed } = self;
        let latch = Latch::resumed(rise, since, expected, [over, after], confirmed);
        Open { latch, bars: Bars::NONE, peak: 0.0, scaled: 0.0, seconds: since.seconds, paged: true }
    }
}

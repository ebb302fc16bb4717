//! The baseline: the usual escalation ratio, as escalations and exposure that both decay with time.
//!
//! New observations wait for an hour before they count, and longer while the score is high: the beginning of a spike must
//! not become part of the baseline. After a day they count in any case.

use serde::{Deserialize, Serialize};

use super::counted::Counted;
use super::evidence::Usual;
use super::maths::pow;
use super::seconds::{DAY_SECONDS, HOUR_SECONDS};

/// Below this score, what waited for an hour counts.
const CALM_SCORE: f64 = 0.5;
/// The half-life is such that about this many escalations are remembered, within the bounds below.
const MEMORY_ESCALATIONS: f64 = 2_000.0;
const HALF_LIFE_SECONDS_MIN: f64 = 2.0 * DAY_SECONDS;
const HALF_LIFE_SECONDS_MAX: f64 = 14.0 * DAY_SECONDS;
/// A system with few escalations remembers this many, for up to the time below.
const MEMORY_ESCALATIONS_MIN: f64 = 120.0;
const RARE_HALF_LIFE_SECONDS_MAX: f64 = 60.0 * DAY_SECONDS;
/// A wandering ratio is remembered for this many times the escalations after which its wander outweighs chance, and for
/// the time below at least.
const MEMORY_STEADINESS: f64 = 4.0;
const WANDERING_HALF_LIFE_SECONDS_MIN: f64 = DAY_SECONDS;
/// A new normal starts with the weight of this many escalations at most: it was learned from one day, during a page.
const ADOPTED_ESCALATIONS_MAX: f64 = 300.0;
/// A declared ratio counts like this many escalations.
const EXPECTED_ESCALATIONS: f64 = 20.0;
/// Added to the count in the ratio, so that a system without escalations has a ratio above 0.
const COUNT_PRIOR: f64 = 0.5;

/// What is known of the usual ratio. Exposure is adjusted for the season.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    count: f64,
    exposure: f64,
    waiting: Counted,
    half_life_seconds: f64,
}

impl Baseline {
    /// A ratio that is given, not learned.
    pub fn known(ratio: f64) -> Baseline {
        const MUCH: f64 = 1e12;
        Baseline { count: MUCH, exposure: MUCH / ratio, ..Baseline::default() }
    }

    /// A ratio that somebody expects: it has the weight of a few escalations.
    pub fn expected(ratio: f64) -> Baseline {
        Baseline { count: EXPECTED_ESCALATIONS, exposure: EXPECTED_ESCALATIONS / ratio, ..Baseline::default() }
    }

    pub fn usual(&self) -> Usual {
        Usual { count: self.count, exposure: self.exposure }
    }

    /// The (decayed) number of escalations it was learned from.
    pub fn count(&self) -> f64 {
        self.count
    }

    /// Seconds after which half of it is forgotten; 0 before anything was learned.
    pub fn half_life(&self) -> f64 {
        self.half_life_seconds
    }

    /// Escalations per unit of exposure; 0 while nothing is known.
    pub fn ratio(&self) -> f64 {
        if self.exposure > 0.0 { (self.count + COUNT_PRIOR) / self.exposure } else { 0.0 }
    }

    /// Learns from new observations, see [`super::noise::Noise::steadiness`] for `steadiness`.
    pub fn learn(&mut self, new: Counted, score: f64, steadiness: f64) {
        self.waiting.add(new);
        let waited = self.waiting.seconds;
        if (waited >= HOUR_SECONDS && score < CALM_SCORE) || waited >= DAY_SECONDS {
            self.commit(steadiness);
        }
    }

    /// Drops what waits: a page was opened, so it contains the spike.
    pub fn discard(&mut self) {
        self.waiting = Counted::default();
    }

    /// Makes what came since the page the new baseline.
    pub fn adopt(&mut self, since_page: Counted) {
        let part = (ADOPTED_ESCALATIONS_MAX / since_page.count).min(1.0);
        self.count = since_page.count * part;
        self.exposure = since_page.exposure * part;
    }

    fn commit(&mut self, steadiness: f64) {
        let Counted { count, exposure, seconds } = std::mem::take(&mut self.waiting);
        let rate = (self.ratio() * exposure / seconds).max(1e-12);
        self.half_life_seconds = half_life(rate, steadiness);
        let decay = pow(0.5, seconds / self.half_life_seconds);
        self.count = self.count * decay + count;
        self.exposure = self.exposure * decay + exposure;
    }
}

/// In seconds, at `rate` escalations a second.
fn half_life(rate: f64, steadiness: f64) -> f64 {
    let seconds_for = |escalations: f64| escalations * std::f64::consts::LN_2 / rate;
    let wandering = seconds_for(MEMORY_STEADINESS * steadiness).max(WANDERING_HALF_LIFE_SECONDS_MIN);
    let usually = seconds_for(MEMORY_ESCALATIONS).clamp(HALF_LIFE_SECONDS_MIN, HALF_LIFE_SECONDS_MAX);
    let rarely = seconds_for(MEMORY_ESCALATIONS_MIN).min(RARE_HALF_LIFE_SECONDS_MAX);
    usually.max(rarely).min(wandering)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_half_life_keeps_about_two_thousand_escalations_within_its_bounds() {
        let never = f64::INFINITY;
        // In equilibrium a decayed count is rate · half-life / ln 2.
        let rate = 2_000.0 / (7.0 * DAY_SECONDS);
        assert!((rate * half_life(rate, never) / std::f64::consts::LN_2 - 2_000.0).abs() < 1e-6);
        assert_eq!(half_life(1.0, never), 2.0 * DAY_SECONDS);
        assert_eq!(half_life(1e-9, never), 60.0 * DAY_SECONDS);
        assert_eq!(half_life(10.0 / DAY_SECONDS, never), 14.0 * DAY_SECONDS);
        assert_eq!(half_life(1.0, 1.0), DAY_SECONDS, "a ratio that wanders is forgotten sooner");
    }

    #[test]
    fn a_high_score_delays_learning_for_a_day() {
        let hour = Counted { count: 4.0, exposure: 100.0, seconds: HOUR_SECONDS };
        let mut baseline = Baseline::default();
        (0..23).for_each(|_| baseline.learn(hour, 0.9, f64::INFINITY));
        assert_eq!(baseline.ratio(), 0.0);
        baseline.learn(hour, 0.9, f64::INFINITY);
        assert_eq!(baseline.count(), 96.0);
    }
}

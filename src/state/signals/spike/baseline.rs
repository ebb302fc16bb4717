//! What is usual: escalations and exposure, both forgotten slowly.
//!
//! What is new waits for an hour, and longer while it looks like the beginning of a spike: a spike must not teach that it
//! is usual. After a day it counts anyway.

use serde::{Deserialize, Serialize};

use super::evidence::Usual;
use super::maths::pow;

const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;
/// A score below which what waits is believed after an hour.
const CALM_SCORE: f64 = 0.5;
/// Escalations that are remembered, by and large, within bounds of days.
const MEMORY_ESCALATIONS: f64 = 2_000.0;
const HALF_LIFE_MIN: f64 = 2.0 * DAY;
const HALF_LIFE_MAX: f64 = 14.0 * DAY;
/// Of a ratio that wanders less is remembered: so many times what steadies it, but a day.
const MEMORY_STEADIED: f64 = 4.0;
const HALF_LIFE_WANDERING_MIN: f64 = 1.0 * DAY;
/// What a new normal may count for at first: it was learned in a hurry.
const ADOPTED_MAX: f64 = 300.0;

/// Escalations in an exposure: tasks, or seconds for a system that sends none. Adjusted for the hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    pub count: f64,
    pub exposure: f64,
    pub seconds: f64,
}

impl Counted {
    pub fn add(&mut self, other: Counted) {
        self.count += other.count;
        self.exposure += other.exposure;
        self.seconds += other.seconds;
    }

    /// Escalations for one unit of exposure; `None` without any exposure to speak of.
    pub fn ratio(&self) -> Option<f64> {
        Some(self.count / self.exposure).filter(|ratio| self.exposure > 0.0 && ratio.is_finite())
    }

    pub fn scale(&mut self, by: f64) {
        self.count *= by;
        self.exposure *= by;
        self.seconds *= by;
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    count: f64,
    exposure: f64,
    waiting: Counted,
    half_life: f64,
}

impl Baseline {
    /// A ratio that is known and not learned.
    pub fn known(ratio: f64) -> Baseline {
        const MUCH: f64 = 1e12;
        Baseline { count: MUCH, exposure: MUCH / ratio, ..Baseline::default() }
    }

    pub fn usual(&self) -> Usual {
        Usual { count: self.count, exposure: self.exposure }
    }

    /// Escalations that it rests on.
    pub fn count(&self) -> f64 {
        self.count
    }

    /// Seconds after which half of it is forgotten; 0 before anything was learned.
    pub fn half_life(&self) -> f64 {
        self.half_life
    }

    /// Escalations for one unit of exposure; 0 while nothing is known.
    pub fn ratio(&self) -> f64 {
        if self.exposure > 0.0 { (self.count + 0.5) / self.exposure } else { 0.0 }
    }

    /// `steady` is the escalations after which the ratio's own wander is in doubt no longer, see
    /// [`super::noise::Noise::steadiness`].
    pub fn learn(&mut self, new: Counted, score: f64, steady: f64) {
        self.waiting.add(new);
        let waited = self.waiting.seconds;
        if (waited >= HOUR && score < CALM_SCORE) || waited >= DAY {
            self.commit(steady);
        }
    }

    /// A page was opened: what waits holds the spike.
    pub fn discard(&mut self) {
        self.waiting = Counted::default();
    }

    /// What came since the page is the new normal.
    pub fn adopt(&mut self, since: Counted) {
        let part = (ADOPTED_MAX / since.count).min(1.0);
        self.count = since.count * part;
        self.exposure = since.exposure * part;
    }

    fn commit(&mut self, steady: f64) {
        let Counted { count, exposure, seconds } = std::mem::take(&mut self.waiting);
        let rate = (self.ratio() * exposure / seconds).max(1e-12);
        let half_life = |escalations: f64| escalations * std::f64::consts::LN_2 / rate;
        let steadied = half_life(MEMORY_STEADIED * steady).max(HALF_LIFE_WANDERING_MIN);
        self.half_life = half_life(MEMORY_ESCALATIONS).clamp(HALF_LIFE_MIN, HALF_LIFE_MAX).min(steadied);
        let decay = pow(0.5, seconds / self.half_life);
        self.count = self.count * decay + count;
        self.exposure = self.exposure * decay + exposure;
    }
}

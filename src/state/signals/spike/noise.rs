//! How much a system's counts vary while nothing is wrong.
//!
//! * **Dispersion**: the variance of counts over their mean. 1 is Poisson; above 1 escalations come in bursts; below 1 a
//!   task escalates at most once and many do (binomial).
//! * **Wander**: the ratio itself drifts up and down. It is the standard deviation of the ratio over its mean: 0.1 is a
//!   tenth.
//!
//! Both are estimated from blocks of time (`blocks`): the variance that comes from dispersion grows with the expected
//! count, the one that comes from wander with its square, so blocks of two lengths tell them apart. Small rises are found
//! over hours, so blocks of half an hour and of six hours apply to them. Large rises are found within minutes, in which the
//! same system is steadier, so blocks as short as the counts allow apply to those. The estimate of dispersion is an upper
//! bound, so that a short history does not look calm.

mod blocks;
mod power;

use serde::{Deserialize, Serialize};

use self::blocks::{Bound, Scale, Summary, remaining_dispersion, wander_between};
use self::power::power;
use super::maths::pow;
use super::rises::{Corrections, RISES};
use super::seconds::{DAY_SECONDS, HOUR_SECONDS};

const SHORT_BLOCK_SECONDS: f64 = 0.5 * HOUR_SECONDS;
const LONG_BLOCK_SECONDS: f64 = 6.0 * HOUR_SECONDS;
/// A quick block ends at this many expected escalations, or at the length of a short one.
const QUICK_BLOCK_EXPECTED: f64 = 15.0;
/// Quick blocks apply to rises above this: all but the two smallest.
const QUICK_RISE_MIN: f64 = 2.0;
/// Quick blocks are used only if short ones expect at least this many times the count.
const QUICK_DISTANCE: f64 = 1.5;
/// Half-life of the observed blocks.
const MEMORY_SECONDS: f64 = 14.0 * DAY_SECONDS;
/// The baseline must rest on this many escalations before blocks are compared with it.
const BASELINE_ESCALATIONS_MIN: f64 = 30.0;
/// Dispersion is taken to be at least this until the system was watched for the time below. Then this fades to 1 with the
/// escalations that the baseline rests on.
const DISPERSION_PRIOR: f64 = 5.0;
const DISPERSION_PRIOR_SECONDS: f64 = 3.0 * DAY_SECONDS;
const DISPERSION_PRIOR_ESCALATIONS: f64 = 100.0;
/// Prior of the wander. Slow drift cannot be seen in the first weeks, and pages for it would be false. The prior fades from
/// the first of these ages to the second.
const WANDER_PRIOR: f64 = 0.1;
const WANDER_PRIOR_FADES_SECONDS: f64 = 14.0 * DAY_SECONDS;
const WANDER_PRIOR_ENDS_SECONDS: f64 = 20.0 * DAY_SECONDS;
/// After this age the prior is at most an upper bound of the observed wander: this many standard errors above the estimate.
const WANDER_BOUND_SECONDS: f64 = 7.0 * DAY_SECONDS;
const WANDER_BOUND_ERRORS: f64 = 2.0;
/// A ratio within this many standard deviations of wander has not risen: over hours, and within minutes.
const WANDER_DEVIATIONS: f64 = 2.5;
const QUICK_WANDER_DEVIATIONS: f64 = 2.0;

/// The estimates of one system and the blocks they come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    quick: Scale,
    short: Scale,
    long: Scale,
    /// A page was open in the current long block.
    paged: bool,
    dispersion: f64,
    wander: f64,
    /// Prior of the wander, as far as it has not faded.
    wander_prior: f64,
    corrections: Corrections,
}

/// Estimates over minutes, which apply to large rises.
#[derive(Clone, Copy)]
struct Quick {
    dispersion: f64,
    wander: f64,
}

impl Default for Noise {
    fn default() -> Noise {
        let mut noise = Noise {
            quick: Scale::default(),
            short: Scale::default(),
            long: Scale::default(),
            paged: false,
            dispersion: DISPERSION_PRIOR,
            wander: 0.0,
            wander_prior: WANDER_PRIOR,
            corrections: Corrections::NONE,
        };
        noise.correct(Quick { dispersion: noise.dispersion, wander: noise.wander });
        noise
    }
}

impl Noise {
    /// A system whose counts are known to be Poisson.
    pub fn none() -> Noise {
        Noise { dispersion: 1.0, wander_prior: 0.0, corrections: Corrections::NONE, ..Noise::default() }
    }

    /// Variance over mean of the counts while nothing is wrong.
    pub fn dispersion(&self) -> f64 {
        self.dispersion
    }

    /// Standard deviation of the ratio over hours, as a part of the ratio.
    pub fn wander(&self) -> f64 {
        self.wander.max(self.wander_prior)
    }

    /// The number of escalations at which sampling error and wander contribute equally to the error of the ratio; older
    /// history adds little. Infinite without wander.
    pub fn steadiness(&self) -> f64 {
        self.dispersion.max(1.0) / (self.wander * self.wander)
    }

    /// Up to this multiple of its baseline, for hours, the ratio has not risen.
    pub fn ceiling(&self) -> f64 {
        1.0 + WANDER_DEVIATIONS * self.wander()
    }

    pub fn corrections(&self) -> &Corrections {
        &self.corrections
    }

    /// Adds `seconds` without a page to the current blocks.
    pub fn add(&mut self, seconds: f64, count: f64, expected: f64) {
        let decay = pow(0.5, seconds / MEMORY_SECONDS);
        self.scales().into_iter().for_each(|scale| scale.add(seconds, count, expected, decay));
    }

    /// Notes the score at the end of what was added: blocks with a high score are not used.
    pub fn note_score(&mut self, score: f64) {
        self.scales().into_iter().for_each(|scale| scale.note_score(score));
    }

    /// A page was opened: the current blocks are not used.
    pub fn note_page(&mut self) {
        self.paged = true;
    }

    /// Drops all closed blocks: their expected counts were wrong.
    pub fn forget(&mut self) {
        self.scales().into_iter().for_each(Scale::forget);
    }

    /// Closes the blocks that are full; true if the estimates were updated, which is when a long block ends. `baseline` is
    /// the escalations that the baseline rests on, `age` the seconds since the first event.
    pub fn close(&mut self, baseline: f64, age: f64) -> bool {
        let usable = !self.paged && baseline >= BASELINE_ESCALATIONS_MIN;
        let bound = Bound { dispersion: self.dispersion.max(1.0), wander: self.wander };
        if self.quick.expected() >= QUICK_BLOCK_EXPECTED || self.quick.seconds() >= SHORT_BLOCK_SECONDS {
            self.quick.close(usable, bound);
        }
        if self.short.seconds() >= SHORT_BLOCK_SECONDS {
            self.short.close(usable, bound);
        }
        if self.long.seconds() < LONG_BLOCK_SECONDS {
            return false;
        }
        self.long.close(usable, bound);
        self.paged = false;
        self.estimate(baseline, age);
        true
    }

    fn scales(&mut self) -> [&mut Scale; 3] {
        [&mut self.quick, &mut self.short, &mut self.long]
    }

    fn estimate(&mut self, baseline: f64, age: f64) {
        let left = (WANDER_PRIOR_ENDS_SECONDS - age) / (WANDER_PRIOR_ENDS_SECONDS - WANDER_PRIOR_FADES_SECONDS);
        self.wander_prior = self.wander_prior.min(WANDER_PRIOR * left.max(0.0));
        let mut quick = Quick { dispersion: self.dispersion, wander: self.wander };
        if let (Some(short), Some(long)) = (self.short.summary(baseline), self.long.summary(baseline)) {
            self.estimate_over_hours(&short, &long, age);
            quick = self.estimate_over_minutes(&short, baseline);
        } else if baseline >= BASELINE_ESCALATIONS_MIN {
            // Nothing was seen that says how much it varies: the prior alone.
            self.dispersion = 1.0;
            quick.dispersion = 1.0;
        }
        let prior = dispersion_prior(baseline, age);
        if self.dispersion < prior || quick.dispersion < prior {
            self.dispersion = self.dispersion.max(prior);
            quick.dispersion = quick.dispersion.max(prior);
        }
        self.correct(quick);
    }

    fn estimate_over_hours(&mut self, short: &Summary, long: &Summary, age: f64) {
        let error = long.error * long.variance.max(1.0);
        self.wander = wander_between(short, long, error);
        if age >= WANDER_BOUND_SECONDS {
            self.wander_prior = self.wander_prior.min(wander_between(short, long, -WANDER_BOUND_ERRORS * error));
        }
        self.dispersion = remaining_dispersion(self.wander, short);
    }

    fn estimate_over_minutes(&self, short: &Summary, baseline: f64) -> Quick {
        match self.quick.summary(baseline) {
            Some(quick) if short.mean > QUICK_DISTANCE * quick.mean => {
                let wander = wander_between(&quick, short, quick.error).max(self.wander);
                Quick { dispersion: remaining_dispersion(wander, &quick).min(self.dispersion), wander }
            }
            _ => Quick { dispersion: self.dispersion, wander: self.wander },
        }
    }

    fn correct(&mut self, quick: Quick) {
        let quick_ceiling = 1.0 + QUICK_WANDER_DEVIATIONS * quick.wander.max(self.wander_prior);
        for (size, rise) in RISES.into_iter().enumerate() {
            let (dispersion, ceiling) = if rise > QUICK_RISE_MIN {
                (quick.dispersion, quick_ceiling)
            } else {
                (self.dispersion, self.ceiling())
            };
            self.corrections.powers[size] = power(dispersion, rise);
            self.corrections.ceilings[size] = ceiling;
        }
    }
}

/// What the dispersion is at least, as long as too little was seen to know it.
fn dispersion_prior(baseline: f64, age: f64) -> f64 {
    if age < DISPERSION_PRIOR_SECONDS {
        return DISPERSION_PRIOR;
    }
    let unseen = (1.0 - baseline / DISPERSION_PRIOR_ESCALATIONS).max(0.0);
    if unseen > 0.0 { 1.0 + (DISPERSION_PRIOR - 1.0) * unseen * unseen * unseen } else { 0.0 }
}

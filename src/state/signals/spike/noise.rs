//! How unsteady a system is when nothing is wrong: its dispersion and its wander.
//!
//! * **Dispersion**: counts that come in bursts vary more than chance. 1 is chance alone; below 1 where a task can
//!   escalate only once and many do.
//! * **Wander**: the ratio itself drifts to and fro. 0.1 means by about a tenth.
//!
//! Both are read from blocks of time: the variance of bursts grows with the expected count, that of wander with its
//! square. Small rises are found over hours: half an hour and six hours judge them. Large rises are found within minutes,
//! in which the same system is steadier: blocks as short as counting allows judge those. Dispersion is an upper bound of
//! what was seen, so that a short history doesn't look calm.

use serde::{Deserialize, Serialize};

use super::evidence::{RISES, SIZES};
use super::maths::{ln, pow, sqrt};

const DAY: f64 = 86_400.0;
const SHORT_BLOCK_SECONDS: f64 = 1_800.0;
const LONG_BLOCK_SECONDS: f64 = 21_600.0;
/// A quick block is over with so many expected escalations, or with the short one.
const QUICK_BLOCK_EXPECTED: f64 = 15.0;
/// Rises above this are judged by quick blocks: all but the two smallest.
const QUICK_RISE: f64 = 2.0;
/// Short blocks must expect so many times what quick ones do, before their difference says anything.
const QUICK_APART: f64 = 1.5;
/// Half-life of what was seen.
const MEMORY_SECONDS: f64 = 14.0 * DAY;
/// Escalations in the baseline before blocks are judged against it.
const BASELINE_MIN: f64 = 30.0;
/// A block in which the score came so near a page says nothing about quiet times.
const DOUBTFUL_SCORE: f64 = 0.8;
/// What is assumed of bursts, until so much was seen.
const DISPERSION_AT_FIRST: f64 = 5.0;
const DISPERSION_SEEN_SECONDS: f64 = 3.0 * DAY;
const DISPERSION_SEEN_ESCALATIONS: f64 = 100.0;
/// Counts steadier than this are not believed.
const DISPERSION_MIN: f64 = 0.3;
/// Wander that is assumed at first, fading: slow drift can't be seen sooner, and pages for it are false.
const WANDER_AT_FIRST: f64 = 0.1;
const WANDER_FADES_FROM: f64 = 14.0 * DAY;
const WANDER_FADED: f64 = 20.0 * DAY;
/// After a week, no more is assumed than blocks so many doubts above what was seen would show.
const WANDER_EXCLUDED_FROM: f64 = 7.0 * DAY;
const WANDER_EXCLUDED_DOUBTS: f64 = 2.0;
const WANDER_MAX: f64 = 1.0;
/// How many standard deviations of wander are not taken for a rise.
const WANDER_DEVIATIONS: f64 = 2.5;
/// The same within minutes, in which fewer of them fit.
const QUICK_WANDER_DEVIATIONS: f64 = 2.0;
/// The evidence of steady counts is sharpened no further.
const POWER_MAX: f64 = 3.0;

/// How carefully the evidence for each size of rise is weighed, so that noise doesn't look like it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Care {
    /// The likelihood ratio counts to this power.
    pub powers: [f64; SIZES],
    /// The ratio may be so many times its usual one without having risen.
    pub ceilings: [f64; SIZES],
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    quick: Scale,
    short: Scale,
    long: Scale,
    /// A page was open in the long block under way.
    paged: bool,
    dispersion: f64,
    wander: f64,
    /// Wander that is assumed for want of history.
    assumed: f64,
    care: Care,
}

impl Default for Noise {
    fn default() -> Noise {
        let mut noise = Noise {
            quick: Scale::default(),
            short: Scale::default(),
            long: Scale::default(),
            paged: false,
            dispersion: DISPERSION_AT_FIRST,
            wander: 0.0,
            assumed: WANDER_AT_FIRST,
            care: Care { powers: [1.0; SIZES], ceilings: [1.0; SIZES] },
        };
        noise.take_care(noise.dispersion, noise.wander);
        noise
    }
}

impl Noise {
    /// A system whose counts are known to vary by chance alone.
    pub fn none() -> Noise {
        let care = Care { powers: [1.0; SIZES], ceilings: [1.0; SIZES] };
        Noise { dispersion: 1.0, assumed: 0.0, care, ..Noise::default() }
    }

    /// Variance over mean of the counts, when nothing is wrong.
    pub fn dispersion(&self) -> f64 {
        self.dispersion
    }

    /// Standard deviation of the ratio's own drift over hours, as a part of the ratio.
    pub fn wander(&self) -> f64 {
        self.wander.max(self.assumed)
    }

    /// Escalations after which chance and bursts leave as much doubt about the ratio as its own wander does; what is
    /// older tells little. Infinite without wander.
    pub fn steadiness(&self) -> f64 {
        self.dispersion.max(1.0) / (self.wander * self.wander)
    }

    /// The ratio may be so many times its usual one for hours without having risen.
    pub fn ceiling(&self) -> f64 {
        ceiling(self.wander())
    }

    pub fn care(&self) -> &Care {
        &self.care
    }

    /// Takes a stretch of time without a page.
    pub fn add(&mut self, seconds: f64, count: f64, expected: f64) {
        let decay = pow(0.5, seconds / MEMORY_SECONDS);
        for scale in [&mut self.quick, &mut self.short, &mut self.long] {
            scale.seen.decay(decay);
            scale.block.count += count;
            scale.block.expected += expected;
            scale.block.seconds += seconds;
        }
    }

    /// The score at the end of a stretch, before the next begins.
    pub fn note(&mut self, score: f64) {
        for scale in [&mut self.quick, &mut self.short, &mut self.long] {
            scale.block.score = scale.block.score.max(score);
        }
    }

    /// A page was opened: its blocks say nothing.
    pub fn spoil(&mut self) {
        self.paged = true;
    }

    /// What was expected was wrong until now: what was seen against it says nothing.
    pub fn forget(&mut self) {
        for scale in [&mut self.quick, &mut self.short, &mut self.long] {
            scale.seen = Moments::default();
        }
    }

    /// Closes the blocks that are full; true when something was learned. `baseline` is the escalations it rests on,
    /// `age` the seconds since the first event.
    pub fn close(&mut self, baseline: f64, age: f64) -> bool {
        let counts = !self.paged && baseline >= BASELINE_MIN;
        let bound = Bound { dispersion: self.dispersion.max(1.0), wander: self.wander };
        let quick = &self.quick.block;
        if quick.expected >= QUICK_BLOCK_EXPECTED || quick.seconds >= SHORT_BLOCK_SECONDS {
            self.quick.close(counts, bound);
        }
        if self.short.block.seconds >= SHORT_BLOCK_SECONDS {
            self.short.close(counts, bound);
        }
        if self.long.block.seconds < LONG_BLOCK_SECONDS {
            return false;
        }
        self.long.close(counts, bound);
        self.paged = false;
        self.learn(baseline, age);
        true
    }

    fn learn(&mut self, baseline: f64, age: f64) {
        let left = (WANDER_FADED - age) / (WANDER_FADED - WANDER_FADES_FROM);
        self.assumed = self.assumed.min(WANDER_AT_FIRST * left.max(0.0));
        let (mut quick_dispersion, mut quick_wander) = (self.dispersion, self.wander);
        if self.long.seen.expected > 0.0 && self.short.seen.expected > 0.0 {
            let of = |scale: &Scale| scale.seen.summary(baseline.max(1.0));
            let (quick, short, long) = (of(&self.quick), of(&self.short), of(&self.long));
            let doubt = long.doubt * long.variance.max(1.0);
            self.wander = wander_between(&short, &long, doubt);
            if age >= WANDER_EXCLUDED_FROM {
                self.assumed = self.assumed.min(wander_between(&short, &long, -WANDER_EXCLUDED_DOUBTS * doubt));
            }
            self.dispersion = dispersion_beside(self.wander, &short);
            (quick_dispersion, quick_wander) = (self.dispersion, self.wander);
            if short.mean > QUICK_APART * quick.mean {
                quick_wander = wander_between(&quick, &short, quick.doubt).max(self.wander);
                quick_dispersion = dispersion_beside(quick_wander, &quick).min(self.dispersion);
            }
        }
        if age < DISPERSION_SEEN_SECONDS || baseline < DISPERSION_SEEN_ESCALATIONS {
            self.dispersion = self.dispersion.max(DISPERSION_AT_FIRST);
            quick_dispersion = self.dispersion;
        }
        self.take_care(quick_dispersion, quick_wander);
    }

    fn take_care(&mut self, quick_dispersion: f64, quick_wander: f64) {
        for (at, rise) in RISES.into_iter().enumerate() {
            let quick = rise > QUICK_RISE;
            self.care.powers[at] = power(if quick { quick_dispersion } else { self.dispersion }, rise);
            let quick_ceiling = 1.0 + QUICK_WANDER_DEVIATIONS * quick_wander.max(self.assumed);
            self.care.ceilings[at] = if quick { quick_ceiling } else { self.ceiling() };
        }
    }
}

fn ceiling(wander: f64) -> f64 {
    1.0 + WANDER_DEVIATIONS * wander
}

/// Wander that explains why the longer blocks vary more for their size, beyond a doubt.
fn wander_between(shorter: &Summary, longer: &Summary, doubt: f64) -> f64 {
    let more = longer.variance - shorter.variance - doubt;
    sqrt((more / (longer.mean - shorter.mean).max(1e-9)).max(0.0)).min(WANDER_MAX)
}

/// What wander leaves unexplained, at most.
fn dispersion_beside(wander: f64, blocks: &Summary) -> f64 {
    (blocks.variance - wander * wander * blocks.mean + blocks.doubt).max(DISPERSION_MIN)
}

/// Blocks of one length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Scale {
    seen: Moments,
    /// The one under way.
    block: Block,
}

/// Escalations and what was expected of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Block {
    count: f64,
    expected: f64,
    seconds: f64,
    /// The highest score in it.
    score: f64,
}

/// Sums over closed blocks, forgotten slowly: squared deviation, expected, expected squared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Moments {
    deviation: f64,
    expected: f64,
    expected_squared: f64,
}

/// What is known already, to bound what one block can say.
#[derive(Clone, Copy)]
struct Bound {
    dispersion: f64,
    wander: f64,
}

struct Summary {
    /// Variance over mean, without the part that comes from the baseline's own error.
    variance: f64,
    /// Expected count of a block.
    mean: f64,
    /// Standard error of the variance over the mean, roughly.
    doubt: f64,
}

impl Scale {
    fn close(&mut self, counts: bool, bound: Bound) {
        let block = std::mem::take(&mut self.block);
        if counts && block.score < DOUBTFUL_SCORE && block.expected > 0.0 {
            self.seen.take(&block, bound);
        }
    }
}

impl Moments {
    fn decay(&mut self, by: f64) {
        self.deviation *= by;
        self.expected *= by;
        self.expected_squared *= by;
    }

    fn take(&mut self, block: &Block, bound: Bound) {
        const DEVIATIONS_SQUARED: f64 = 25.0;
        let by_wander = 1.0 + bound.wander * bound.wander * block.expected;
        let most = DEVIATIONS_SQUARED * bound.dispersion * (block.expected + 1.0) * by_wander;
        let deviation = block.count - block.expected;
        self.deviation += (deviation * deviation).min(most);
        self.expected += block.expected;
        self.expected_squared += block.expected * block.expected;
    }

    fn summary(&self, baseline: f64) -> Summary {
        let mean = self.expected_squared / self.expected;
        let blocks = (self.expected / mean).max(1.0);
        Summary {
            variance: self.deviation / self.expected - mean / baseline,
            mean,
            doubt: sqrt(2.0 / blocks) + sqrt(1.0 / self.expected),
        }
    }
}

/// The largest power at which the likelihood ratio of a rise stays an e-value (its mean at most 1 while nothing has
/// risen): for negative binomial counts of this dispersion above 1, for binomial ones below.
fn power(dispersion: f64, rise: f64) -> f64 {
    let excess = dispersion - 1.0;
    if excess.abs() < 1e-6 {
        return 1.0;
    }
    let fair = |power: f64| {
        // ln E[rise^(power·x)] for a mean of 1: one expression for both distributions.
        let left = 1.0 - excess * (pow(rise, power) - 1.0);
        left > 0.0 && -ln(left) / excess <= (rise - 1.0) * power
    };
    let (mut low, mut high) = if excess > 0.0 { (0.0, 1.0) } else { (1.0, POWER_MAX) };
    if fair(high) {
        return high;
    }
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if fair(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_temper_the_evidence_and_steadiness_sharpens_it() {
        assert!((power(1.0, 2.3) - 1.0).abs() < 1e-12);
        assert!((0.46..0.50).contains(&power(2.0, 1.3)), "{}", power(2.0, 1.3));
        assert!((0.25..0.29).contains(&power(2.0, 12.0)), "{}", power(2.0, 12.0));
        assert!(power(0.6, 1.3) > 1.2, "{}", power(0.6, 1.3));
    }
}

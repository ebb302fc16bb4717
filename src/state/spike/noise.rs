//! How unsteady a system is when nothing is wrong: its dispersion and its wander.
//!
//! * **Dispersion**: counts that come in bursts vary more than chance. 1 is chance alone; below 1 where a task can
//!   escalate only once and many do.
//! * **Wander**: the ratio itself drifts to and fro over hours. 0.1 means by about a tenth.
//!
//! Both are estimated from blocks of half an hour and of six hours: the variance of bursts grows with the mean, that of
//! wander with its square. They are upper bounds of what was seen, so that a short history doesn't look calm.

use serde::{Deserialize, Serialize};

use super::evidence::{RISES, SIZES};
use super::maths::{ln, pow, sqrt};

const SHORT_BLOCK_SECONDS: f64 = 1_800.0;
const LONG_BLOCK_SECONDS: f64 = 21_600.0;
/// Half-life of what was seen.
const MEMORY_SECONDS: f64 = 14.0 * 86_400.0;
/// Escalations in the baseline before blocks are judged against it.
const BASELINE_MIN: f64 = 30.0;
/// A block in which the score came so near a page says nothing about quiet times.
const DOUBTFUL_SCORE: f64 = 0.8;
/// What is assumed of bursts until enough was seen.
const DISPERSION_AT_FIRST: f64 = 5.0;
/// Wander that is assumed for the first weeks: slow drift can't be seen sooner, and pages for it are false.
const WANDER_AT_FIRST: f64 = 0.1;
const WANDER_MAX: f64 = 1.0;
/// How many standard deviations of wander are not taken for a rise.
const WANDER_DEVIATIONS: f64 = 2.5;

/// Escalations and what was expected of them, in the block under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Block {
    count: f64,
    expected: f64,
    seconds: f64,
    /// The highest score in it.
    score: f64,
    /// A page was open in it.
    paged: bool,
}

/// Sums over closed blocks: squared deviation, expected, expected squared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Moments {
    deviation: f64,
    expected: f64,
    expected_squared: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    short: Moments,
    long: Moments,
    quick: Moments,
    short_block: Block,
    long_block: Block,
    quick_block: Block,
    /// As learned.
    dispersion: f64,
    wander: f64,
    /// Whether three weeks of life are over.
    grown: bool,
    /// The power at which each likelihood ratio stays fair under this dispersion.
    powers: [f64; SIZES],
}

impl Default for Noise {
    fn default() -> Noise {
        Noise {
            short: Moments::default(),
            long: Moments::default(),
            quick: Moments::default(),
            short_block: Block::default(),
            long_block: Block::default(),
            quick_block: Block::default(),
            dispersion: DISPERSION_AT_FIRST,
            wander: 0.0,
            grown: false,
            powers: powers(DISPERSION_AT_FIRST, DISPERSION_AT_FIRST),
        }
    }
}

impl Noise {
    /// A system whose counts are known to vary by chance alone.
    pub fn none() -> Noise {
        Noise { dispersion: 1.0, grown: true, powers: [1.0; SIZES], ..Noise::default() }
    }

    /// Variance over mean of the counts, when nothing is wrong.
    pub fn dispersion(&self) -> f64 {
        self.dispersion
    }

    /// Standard deviation of the ratio's own drift, as a part of the ratio.
    pub fn wander(&self) -> f64 {
        if self.grown { self.wander } else { self.wander.max(WANDER_AT_FIRST) }
    }

    /// The ratio may be so many times its usual one without having risen.
    pub fn ceiling(&self) -> f64 {
        1.0 + WANDER_DEVIATIONS * self.wander()
    }

    pub fn powers(&self) -> &[f64; SIZES] {
        &self.powers
    }

    /// Takes a stretch of time without a page.
    pub fn add(&mut self, seconds: f64, count: f64, expected: f64) {
        let decay = pow(0.5, seconds / MEMORY_SECONDS);
        self.short.decay(decay);
        self.long.decay(decay);
        self.quick.decay(decay);
        for block in [&mut self.quick_block, &mut self.short_block, &mut self.long_block] {
            block.count += count;
            block.expected += expected;
            block.seconds += seconds;
        }
    }

    /// The score at the end of a stretch, before the next begins.
    pub fn note(&mut self, score: f64) {
        for block in [&mut self.quick_block, &mut self.short_block, &mut self.long_block] {
            block.score = block.score.max(score);
        }
    }

    /// A page was opened: its blocks say nothing.
    pub fn spoil(&mut self) {
        self.long_block.paged = true;
    }

    /// Closes the blocks that are full; true when something was learned. `baseline` is the escalations it rests on,
    /// `age` the seconds since the first event.
    pub fn close(&mut self, baseline: f64, age: f64) -> bool {
        let cap = |block: &Block, it: &Noise| {
            25.0 * it.dispersion.max(1.0) * (block.expected + 1.0) * (1.0 + it.wander * it.wander * block.expected)
        };
        if self.quick_block.expected >= QUICK_BLOCK_EXPECTED || self.quick_block.seconds >= SHORT_BLOCK_SECONDS {
            let block = self.quick_block;
            if !self.long_block.paged && block.speaks(baseline) {
                self.quick.take(&block, cap(&block, self));
            }
            self.quick_block = Block::default();
        }
        if self.short_block.seconds >= SHORT_BLOCK_SECONDS {
            let block = self.short_block;
            if !self.long_block.paged && block.speaks(baseline) {
                self.short.take(&block, cap(&block, self));
            }
            self.short_block = Block::default();
        }
        if self.long_block.seconds < LONG_BLOCK_SECONDS {
            return false;
        }
        let block = self.long_block;
        if !block.paged && block.speaks(baseline) {
            self.long.take(&block, cap(&block, self));
        }
        self.long_block = Block::default();
        self.learn(baseline, age);
        true
    }

    fn learn(&mut self, baseline: f64, age: f64) {
        const DAY: f64 = 86_400.0;
        let mut quick_d = self.dispersion;
        if self.long.expected > 0.0 && self.short.expected > 0.0 {
            let baseline = baseline.max(1.0);
            let (short, long) = (self.short.summary(), self.long.summary());
            // The part that comes from the baseline's own error goes.
            let (a1, a2) = (short.variance - short.mean / baseline, long.variance - long.mean / baseline);
            let wander = (a2 - a1 - long.doubt * a2.max(1.0)) / (long.mean - short.mean).max(1e-9);
            self.wander = sqrt(wander.max(0.0)).min(WANDER_MAX);
            let quick = self.quick.summary();
            let aq = quick.variance - quick.mean / baseline;
            quick_d = (aq - self.wander * self.wander * quick.mean + quick.doubt).max(DISPERSION_MIN);
            let bursts = a1 - self.wander * self.wander * short.mean + short.doubt;
            self.dispersion = bursts.max(DISPERSION_MIN);
        }
        if age < 3.0 * DAY || baseline < 100.0 {
            self.dispersion = self.dispersion.max(DISPERSION_AT_FIRST);
            quick_d = self.dispersion;
        }
        self.grown |= age >= 21.0 * DAY;
        self.powers = powers(self.dispersion, quick_d.min(self.dispersion));
    }
}

/// Counts steadier than this are not believed.
const DISPERSION_MIN: f64 = 0.3;

impl Block {
    fn speaks(&self, baseline: f64) -> bool {
        self.score < DOUBTFUL_SCORE && self.expected > 0.0 && baseline >= BASELINE_MIN
    }
}

struct Summary {
    /// Variance over mean.
    variance: f64,
    /// Mean expected count of a block.
    mean: f64,
    /// Standard error of the variance over the mean, roughly.
    doubt: f64,
}

impl Moments {
    fn decay(&mut self, by: f64) {
        self.deviation *= by;
        self.expected *= by;
        self.expected_squared *= by;
    }

    fn take(&mut self, block: &Block, cap: f64) {
        let deviation = block.count - block.expected;
        self.deviation += (deviation * deviation).min(cap);
        self.expected += block.expected;
        self.expected_squared += block.expected * block.expected;
    }

    fn summary(&self) -> Summary {
        let mean = self.expected_squared / self.expected;
        let blocks = (self.expected / mean).max(1.0);
        Summary {
            variance: self.deviation / self.expected,
            mean,
            doubt: sqrt(2.0 / blocks) + sqrt(1.0 / self.expected),
        }
    }
}

fn powers(dispersion: f64, quick: f64) -> [f64; SIZES] {
    RISES.map(|rise| power(if rise > QF { quick } else { dispersion }, rise))
}

/// The largest power at which the likelihood ratio of a rise stays an e-value (its mean at most 1 while nothing has
/// risen): for negative binomial counts of this dispersion above 1, for binomial ones below.
fn power(dispersion: f64, rise: f64) -> f64 {
    let fair = |power: f64| {
        let grown = pow(rise, power) - 1.0;
        let excess = dispersion - 1.0;
        // The same expression for both: ln E[rise^(power·x)] for a mean of 1.
        let z = 1.0 - excess * grown;
        z > 0.0 && -ln(z) / excess <= (rise - 1.0) * power
    };
    if (dispersion - 1.0).abs() < 1e-6 {
        return 1.0;
    }
    let (mut low, mut high) = if dispersion > 1.0 { (0.0, 1.0) } else { (1.0, POWER_MAX) };
    if fair(high) {
        return high;
    }
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if fair(middle) { low = middle } else { high = middle }
    }
    low
}

const QF: f64 = 3.0;
const QUICK_BLOCK_EXPECTED: f64 = 30.0;
const POWER_MAX: f64 = 3.0;

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

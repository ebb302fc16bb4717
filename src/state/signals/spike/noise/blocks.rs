//! Blocks of one length: how far their counts were from what the baseline expected, and what variance that shows.

use serde::{Deserialize, Serialize};

use crate::state::signals::spike::maths::sqrt;

/// A block with a score this high may contain the beginning of a spike, and is not used.
const SCORE_MAX: f64 = 0.8;
/// One block adds at most the square of this many standard deviations, as they were known before.
const DEVIATIONS_MAX: f64 = 5.0;
/// Estimates of dispersion below this are not trusted.
const DISPERSION_MIN: f64 = 0.3;
const WANDER_MAX: f64 = 1.0;

/// Blocks of one length: sums over the closed ones, and the current one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    seen: Moments,
    current: Block,
}

/// What is known already. It bounds what a single block can add.
#[derive(Clone, Copy)]
pub struct Bound {
    pub dispersion: f64,
    pub wander: f64,
}

/// What closed blocks show.
pub struct Summary {
    /// Variance over mean of the counts, without the part that is the baseline's own error.
    pub variance: f64,
    /// Mean expected count of a block, weighted by the expected count.
    pub mean: f64,
    /// Standard error of `variance`, for a variance of 1 (approximately).
    pub error: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Block {
    count: f64,
    expected: f64,
    seconds: f64,
    highest_score: f64,
}

/// Sums over closed blocks, decayed with time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Moments {
    squared_deviation: f64,
    expected: f64,
    squared_expected: f64,
}

impl Scale {
    /// Adds to the current block and decays the closed ones.
    pub fn add(&mut self, seconds: f64, count: f64, expected: f64, decay: f64) {
        self.seen.decay(decay);
        self.current.count += count;
        self.current.expected += expected;
        self.current.seconds += seconds;
    }

    pub fn note_score(&mut self, score: f64) {
        self.current.highest_score = self.current.highest_score.max(score);
    }

    pub fn forget(&mut self) {
        self.seen = Moments::default();
    }

    /// Expected escalations in the current block.
    pub fn expected(&self) -> f64 {
        self.current.expected
    }

    /// Length of the current block.
    pub fn seconds(&self) -> f64 {
        self.current.seconds
    }

    /// Ends the current block; its count is used only if it is `usable`.
    pub fn close(&mut self, usable: bool, bound: Bound) {
        let block = std::mem::take(&mut self.current);
        if usable && block.highest_score < SCORE_MAX && block.expected > 0.0 {
            self.seen.add(&block, bound);
        }
    }

    /// `None` without a closed block. `baseline` is the escalations that the baseline rests on.
    pub fn summary(&self, baseline: f64) -> Option<Summary> {
        (self.seen.expected > 0.0).then(|| self.seen.summary(baseline.max(1.0)))
    }
}

impl Moments {
    fn decay(&mut self, by: f64) {
        self.squared_deviation *= by;
        self.expected *= by;
        self.squared_expected *= by;
    }

    fn add(&mut self, block: &Block, bound: Bound) {
        let by_wander = 1.0 + bound.wander * bound.wander * block.expected;
        let most = DEVIATIONS_MAX * DEVIATIONS_MAX * bound.dispersion * (block.expected + 1.0) * by_wander;
        let deviation = block.count - block.expected;
        self.squared_deviation += (deviation * deviation).min(most);
        self.expected += block.expected;
        self.squared_expected += block.expected * block.expected;
    }

    fn summary(&self, baseline: f64) -> Summary {
        let mean = self.squared_expected / self.expected;
        let blocks = (self.expected / mean).max(1.0);
        Summary {
            variance: self.squared_deviation / self.expected - mean / baseline,
            mean,
            error: sqrt(2.0 / blocks) + sqrt(1.0 / self.expected),
        }
    }
}

/// The wander that explains why longer blocks have more variance relative to their mean, after subtracting `error` from
/// the difference.
pub fn wander_between(shorter: &Summary, longer: &Summary, error: f64) -> f64 {
    let more = longer.variance - shorter.variance - error;
    sqrt((more / (longer.mean - shorter.mean).max(1e-9)).max(0.0)).min(WANDER_MAX)
}

/// Upper bound of the dispersion that is left after the variance that `wander` explains.
pub fn remaining_dispersion(wander: f64, blocks: &Summary) -> f64 {
    (blocks.variance - wander * wander * blocks.mean + blocks.error).max(DISPERSION_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks that expect `mean`, and whose counts alternate at one standard deviation around it.
    fn blocks(mean: f64, variance: f64) -> Summary {
        let mut scale = Scale::default();
        let bound = Bound { dispersion: 100.0, wander: 1.0 };
        for block in 0..2_000 {
            let off = variance.sqrt() * if block % 2 == 0 { 1.0 } else { -1.0 };
            scale.add(1_800.0, mean + off, mean, 1.0);
            scale.close(true, bound);
        }
        scale.summary(f64::INFINITY).expect("closed blocks")
    }

    #[test]
    fn two_lengths_of_block_separate_dispersion_from_wander() {
        // Variance of a count: dispersion · mean + wander² · mean².
        let variance = |mean: f64| 3.0 * mean + 0.2 * 0.2 * mean * mean;
        let [short, long] = [50.0, 600.0].map(|mean| blocks(mean, variance(mean)));
        let wander = wander_between(&short, &long, 0.0);
        assert!((wander - 0.2).abs() < 1e-6, "{wander}");
        let dispersion = remaining_dispersion(wander, &short) - short.error;
        assert!((dispersion - 3.0).abs() < 1e-6, "{dispersion}");
    }

    #[test]
    fn a_block_near_a_page_is_not_used_and_one_outlier_is_bounded() {
        let mut scale = Scale::default();
        let bound = Bound { dispersion: 1.0, wander: 0.0 };
        scale.add(1_800.0, 90.0, 10.0, 1.0);
        scale.note_score(0.9);
        scale.close(true, bound);
        assert!(scale.summary(1e9).is_none());
        scale.add(1_800.0, 1_000.0, 10.0, 1.0);
        scale.close(true, bound);
        assert!(scale.summary(1e9).is_some_and(|summary| summary.variance < 28.0));
    }
}

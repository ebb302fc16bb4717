//! Traffic at a constant rate and ratio.

use super::random::Random;

/// Tasks and escalations of a bin with a mean of `mean` tasks, of which the part `ratio` is escalated.
pub fn steady(random: &mut Random, mean: f64, ratio: f64) -> (f64, f64) {
    let count = random.poisson(mean * ratio);
    (count + random.poisson(mean * (1.0 - ratio)), count)
}

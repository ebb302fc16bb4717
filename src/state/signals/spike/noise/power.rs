//! The power of the likelihood ratio that makes up for over- and underdispersed counts. Pure mathematics.

use crate::state::signals::spike::maths::{ln, pow};

/// Upper bound of the power for underdispersed counts.
const POWER_MAX: f64 = 3.0;
const BISECTIONS: usize = 40;

/// The largest power at which the Poisson likelihood ratio of a rise is an e-value, that is, has a mean of at most 1 while
/// nothing has risen. Above a dispersion of 1 counts are negative binomial, below 1 they are binomial.
pub fn power(dispersion: f64, rise: f64) -> f64 {
    let excess = dispersion - 1.0;
    if excess.abs() < 1e-6 {
        return 1.0;
    }
    let (mut low, mut high) = if excess > 0.0 { (0.0, 1.0) } else { (1.0, POWER_MAX) };
    if is_e_value(excess, rise, high) {
        return high;
    }
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if is_e_value(excess, rise, middle) { low = middle } else { high = middle }
    }
    low
}

/// Whether ln E[rise^(power·x)] for counts x of mean 1 is at most (rise − 1)·power. One expression serves both
/// distributions.
fn is_e_value(excess: f64, rise: f64, power: f64) -> bool {
    let left = 1.0 - excess * (pow(rise, power) - 1.0);
    left > 0.0 && -ln(left) / excess <= (rise - 1.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overdispersion_weakens_the_evidence_and_underdispersion_sharpens_it() {
        assert!((power(1.0, 2.3) - 1.0).abs() < 1e-12);
        assert!((0.46..0.50).contains(&power(2.0, 1.3)), "{}", power(2.0, 1.3));
        assert!((0.25..0.29).contains(&power(2.0, 12.0)), "{}", power(2.0, 12.0));
        assert!(power(0.6, 1.3) > 1.2, "{}", power(0.6, 1.3));
    }

    /// The largest powers by summing the distributions' probabilities with 30 digits (mpmath): negative binomial counts of
    /// mean 1 above a dispersion of 1; binomial ones of two and of four trials below.
    #[test]
    fn powers_are_those_of_the_distributions() {
        for (dispersion, rise, expected) in [
            (2.0, 1.3, 0.477_447_058_123),
            (2.0, 12.0, 0.268_283_221_473),
            (5.0, 2.3, 0.156_446_161_722),
            (1.5, 3.5, 0.552_071_553_033),
            (0.5, 1.7, 2.586_887_937_25),
            (0.75, 3.5, 1.746_172_393_47),
        ] {
            let power = power(dispersion, rise);
            assert!((power - expected).abs() < 1e-10, "{dispersion} {rise}: {power}, not {expected}");
        }
    }
}

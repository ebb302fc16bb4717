//! exp and ln from one library, pinned: a journal replayed on another machine must page alike to the last bit.

pub use libm::{exp, log as ln, pow, sqrt};

/// Below this the series is exact to the last few bits, and a fifth of the cost.
const SERIES_BELOW: f64 = 1e-3;

/// ln(1 + x).
pub fn ln_1p(x: f64) -> f64 {
    if x.abs() < SERIES_BELOW {
        return x * (1.0 - x * (0.5 - x * (1.0 / 3.0 - x * (0.25 - x * (0.2 - x * (1.0 / 6.0))))));
    }
    libm::log1p(x)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_series_meets_the_library() {
        for x in [0.0, 1e-12, -3e-7, 9.9e-4, -9.9e-4, 2e-3, 5.0] {
            let (ours, theirs) = (super::ln_1p(x), f64::ln_1p(x));
            assert!((ours - theirs).abs() <= 2e-16 * theirs.abs().max(1e-3), "{x}: {ours} {theirs}");
        }
    }
}

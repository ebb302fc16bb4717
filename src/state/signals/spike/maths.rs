//! Elementary functions that give the same bits on every machine: a journal replayed elsewhere must give the same pages.
//!
//! exp, ln, pow and sqrt come from one library in a pinned version. [`exp_quick`] and [`ln_1p`] are for the evidence, which
//! needs a dozen of them for each escalation. They have no branches, tables or calls, only additions, multiplications and a
//! division, so compilers can compute several at once without changing the result.

pub use libm::{exp, log as ln, pow, sqrt};

/// 1.5 · 2⁵². Adding it rounds a number to an integer, which is then in the lowest bits.
const ROUNDING: f64 = 6_755_399_441_055_744.0;
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const EXPONENT_BITS: u32 = 52;

/// e^x with a relative error of about 1e-15. `x` is clamped to ±700.
#[inline]
pub fn exp_quick(x: f64) -> f64 {
    const ONE_EXPONENT: u64 = 1_023;
    let x = x.clamp(-700.0, 700.0);
    let rounded = x * std::f64::consts::LOG2_E + ROUNDING;
    let whole = rounded - ROUNDING;
    let r = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
    // Taylor series up to r¹³, summed in pairs. |r| is at most ln 2 / 2.
    let (r2, one) = (r * r, 1.0);
    let low = (one + r) + r2 * (1.0 / 2.0 + r * (1.0 / 6.0)) + r2 * r2 * (1.0 / 24.0 + r * (1.0 / 120.0));
    let high = (1.0 / 720.0 + r * (1.0 / 5_040.0))
        + r2 * (1.0 / 40_320.0 + r * (1.0 / 362_880.0))
        + r2 * r2 * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0))
        + r2 * r2 * r2 * (1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0));
    let scale = f64::from_bits(rounded.to_bits().wrapping_add(ONE_EXPONENT) << EXPONENT_BITS);
    (low + r2 * r2 * r2 * high) * scale
}

/// ln(1 + x) for x of at least 0, with a relative error of about 1e-15.
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    const ROOT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    /// The bits of 2⁵². An integer fits into the lowest of them.
    const WHOLE: u64 = 0x4330_0000_0000_0000;
    const WHOLE_VALUE: f64 = 4_503_599_627_370_496.0;
    let bits = (1.0 + x).to_bits();
    let exponent = bits.wrapping_sub(ROOT_HALF) >> EXPONENT_BITS;
    let mantissa = f64::from_bits(bits.wrapping_sub(exponent << EXPONENT_BITS));
    let exponent = f64::from_bits(exponent | WHOLE) - WHOLE_VALUE;
    // With an exponent of 0, x still has the digits that the sum has rounded away.
    let f = if exponent == 0.0 { x } else { mantissa - 1.0 };
    // ln(1 + f) = 2 artanh(f / (2 + f)).
    let s = f / (2.0 + f);
    let z = s * s;
    let z2 = z * z;
    let low = (1.0 + z * (1.0 / 3.0)) + z2 * (1.0 / 5.0 + z * (1.0 / 7.0));
    let high = (1.0 / 9.0 + z * (1.0 / 11.0))
        + z2 * (1.0 / 13.0 + z * (1.0 / 15.0))
        + z2 * z2 * (1.0 / 17.0 + z * (1.0 / 19.0));
    let last = z2 * z2 * z2 * (1.0 / 21.0);
    exponent * LN_2_HIGH + (exponent * LN_2_LOW + 2.0 * s * (low + z2 * z2 * (high + last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: f64, theirs: f64) -> bool {
        (ours - theirs).abs() <= 2e-15 * theirs.abs()
    }

    #[test]
    fn the_quick_functions_agree_with_the_library() {
        for step in 0..=2_000 {
            let x = f64::from(step - 1_000) * 0.69;
            assert!(close(exp_quick(x), exp(x)), "exp {x}: {} {}", exp_quick(x), exp(x));
            let small = pow(1.03, f64::from(step - 1_500));
            assert!(close(ln_1p(small), libm::log1p(small)), "ln_1p {small}: {} {}", ln_1p(small), libm::log1p(small));
        }
        assert_eq!((exp_quick(0.0), ln_1p(0.0)), (1.0, 0.0));
        assert!(exp_quick(-1e300) > 0.0 && exp_quick(1e300).is_finite());
    }

    /// From tables with 20 digits (mpmath).
    #[test]
    fn the_quick_functions_agree_with_tables() {
        for (x, expected) in [
            (-20.5, 1.250_152_866_386_742_6e-9),
            (-0.3, 0.740_818_220_681_717_9),
            (1e-9, 1.000_000_001),
            (10.0, 22_026.465_794_806_718),
            (300.0, 1.942_426_395_241_256e130),
        ] {
            assert!(close(exp_quick(x), expected), "exp {x}: {}", exp_quick(x));
        }
        for (x, expected) in [
            (1e-12, 9.999_999_999_995e-13),
            (0.001, 0.000_999_500_333_083_533_2),
            (0.5, 0.405_465_108_108_164_4),
            (3.0, 1.386_294_361_119_890_6),
            (1e6, 13.815_511_557_963_774),
        ] {
            assert!(close(ln_1p(x), expected), "ln_1p {x}: {}", ln_1p(x));
        }
    }
}

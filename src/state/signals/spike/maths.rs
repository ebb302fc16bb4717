//! exp and ln from one library, pinned: a journal replayed on another machine must page alike to the last bit.
//!
//! [`exp_quick`] and [`ln_1p`] are for the evidence, which needs a dozen of them for each escalation. They are written
//! without branches, tables or calls, in additions, multiplications and a division, so that they are the same to the last
//! bit everywhere, and compilers may do several at once.

pub use libm::{exp, log as ln, pow, sqrt};

/// Adding it rounds to a whole number, which is then in the lowest bits: 1.5 · 2⁵².
const ROUNDING: f64 = 6_755_399_441_055_744.0;
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const EXPONENT_BITS: u32 = 52;

/// e^x, to some 1e-15 of itself. Beyond ±700 it is that of ±700.
#[inline]
pub fn exp_quick(x: f64) -> f64 {
    const ONE_EXPONENT: u64 = 1_023;
    let x = x.clamp(-700.0, 700.0);
    let rounded = x * std::f64::consts::LOG2_E + ROUNDING;
    let whole = rounded - ROUNDING;
    let r = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
    // Taylor's series up to r¹³, in pairs: |r| is at most ln 2 / 2.
    let (r2, one) = (r * r, 1.0);
    let low = (one + r) + r2 * (1.0 / 2.0 + r * (1.0 / 6.0)) + r2 * r2 * (1.0 / 24.0 + r * (1.0 / 120.0));
    let high = (1.0 / 720.0 + r * (1.0 / 5_040.0))
        + r2 * (1.0 / 40_320.0 + r * (1.0 / 362_880.0))
        + r2 * r2 * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0))
        + r2 * r2 * r2 * (1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0));
    let scale = f64::from_bits(rounded.to_bits().wrapping_add(ONE_EXPONENT) << EXPONENT_BITS);
    (low + r2 * r2 * r2 * high) * scale
}

/// ln(1 + x) for x of at least 0, to some 1e-15 of itself.
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    const ROOT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    /// The bits of 2⁵², into whose lowest a whole number fits.
    const WHOLE: u64 = 0x4330_0000_0000_0000;
    const WHOLE_VALUE: f64 = 4_503_599_627_370_496.0;
    let bits = (1.0 + x).to_bits();
    let exponent = bits.wrapping_sub(ROOT_HALF) >> EXPONENT_BITS;
    let mantissa = f64::from_bits(bits.wrapping_sub(exponent << EXPONENT_BITS));
    let exponent = f64::from_bits(exponent | WHOLE) - WHOLE_VALUE;
    // Without an exponent, what the sum rounded away is still in x.
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
    fn the_quick_ones_meet_the_library() {
        for step in 0..=2_000 {
            let x = f64::from(step - 1_000) * 0.69;
            assert!(close(exp_quick(x), exp(x)), "exp {x}: {} {}", exp_quick(x), exp(x));
            let small = pow(1.03, f64::from(step - 1_500));
            assert!(close(ln_1p(small), libm::log1p(small)), "ln_1p {small}: {} {}", ln_1p(small), libm::log1p(small));
        }
        assert_eq!((exp_quick(0.0), ln_1p(0.0)), (1.0, 0.0));
        assert!(exp_quick(-1e300) > 0.0 && exp_quick(1e300).is_finite());
    }
}

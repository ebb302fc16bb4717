//! [`Fixed`]: a decimal number with nine digits after the point, in an `i64`.
//!
//! Sums of durations and money must not depend on the order in which events arrive, and floats do. So seconds,
//! money, scores and ratings are whole numbers of 1e-9, and their sums are exact.

use std::fmt;

/// A number in units of 1e-9: nanoseconds for seconds, nano-units for money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Fixed(i64);

impl Fixed {
    pub const ZERO: Fixed = Fixed(0);
    pub const ONE: Fixed = Fixed(1_000_000_000);
    /// The largest magnitude that is accepted: a billion (as seconds, 31 years).
    pub const MAX_UNITS: i64 = 1_000_000_000;

    pub const fn from_nanos(nanos: i64) -> Fixed {
        Fixed(nanos)
    }
    pub const fn from_units(units: i64) -> Fixed {
        Fixed(units * 1_000_000_000)
    }
    /// The nearest multiple of 1e-9; `None` when not finite or beyond [`Fixed::MAX_UNITS`].
    pub fn from_f64(number: f64) -> Option<Fixed> {
        if !number.is_finite() || number.abs() > Self::MAX_UNITS as f64 {
            return None;
        }
        Some(Fixed((number * 1e9).round() as i64))
    }
    pub const fn nanos(self) -> i64 {
        self.0
    }
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_nanos(f, i128::from(self.0))
    }
}

/// Writes a sum of 1e-9 units exactly, without trailing zeros.
pub fn write_nanos(out: &mut impl fmt::Write, nanos: i128) -> fmt::Result {
    let (sign, magnitude) = if nanos < 0 { ("-", nanos.unsigned_abs()) } else { ("", nanos.unsigned_abs()) };
    let (whole, part) = (magnitude / 1_000_000_000, magnitude % 1_000_000_000);
    if part == 0 {
        return write!(out, "{sign}{whole}");
    }
    let digits = format!("{part:09}");
    write!(out, "{sign}{whole}.{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_a_plain_decimal() {
        for (nanos, text) in
            [(0, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (-20_000_000, "-0.02"), (3_000_000_000, "3")]
        {
            assert_eq!(Fixed(nanos).to_string(), text);
        }
    }

    #[test]
    fn numbers_beyond_the_bound_are_none() {
        assert_eq!(Fixed::from_f64(1e9), Some(Fixed::from_units(1_000_000_000)));
        assert_eq!(Fixed::from_f64(1.1e9), None);
        assert_eq!(Fixed::from_f64(f64::NAN), None);
        assert_eq!(Fixed::from_f64(0.1), Some(Fixed(100_000_000)));
    }
}

//! From the digits of a JSON number to the exact numbers of the contract, without a float in between.

use super::super::fixed::Fixed;
use super::super::kinds::COUNT_MAX;

/// Why a number cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::event) enum Bad {
    Negative,
    TooLarge,
    NotWhole,
}

/// The nearest multiple of 1e-9, up to [`Fixed::MAX_UNITS`] in magnitude. `digits` is a number of JSON's grammar.
pub(super) fn fixed(digits: &str) -> Result<Fixed, Bad> {
    const NANOS_MAX: i64 = Fixed::MAX_UNITS * 1_000_000_000;
    let (negative, magnitude) = digits.strip_prefix('-').map_or((false, digits), |rest| (true, rest));
    let Some(nanos) = plain_nanos(magnitude.as_bytes()) else {
        // An exponent, or a whole number of many digits: both rare.
        let number: f64 = digits.parse().map_err(|_| Bad::TooLarge)?;
        return Fixed::from_f64(number).ok_or(Bad::TooLarge);
    };
    if nanos > NANOS_MAX {
        return Err(Bad::TooLarge);
    }
    Ok(Fixed::from_nanos(if negative { -nanos } else { nanos }))
}

/// As [`fixed`], for what is never negative. Minus zero is zero.
pub(super) fn positive(digits: &str) -> Result<Fixed, Bad> {
    let is_negative = digits.starts_with('-');
    if is_negative && significand(digits).bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        return Err(Bad::Negative);
    }
    fixed(digits)
}

/// A whole number from 0 to [`COUNT_MAX`]; `12.0` and `1.2e1` are whole.
pub(super) fn count(digits: &str) -> Result<u64, Bad> {
    if digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(digits.bytes().fold(0, |number, byte| number * 10 + u64::from(byte - b'0')));
    }
    let number: f64 = digits.parse().map_err(|_| Bad::TooLarge)?;
    match number {
        _ if number < 0.0 => Err(Bad::Negative),
        _ if number > COUNT_MAX as f64 => Err(Bad::TooLarge),
        _ if number.fract() != 0.0 => Err(Bad::NotWhole),
        _ => Ok(number as u64),
    }
}

fn significand(digits: &str) -> &str {
    digits.split(['e', 'E']).next().unwrap_or(digits)
}

/// `123.456` as nanos; half a nano goes up. `None` when that isn't all there is.
fn plain_nanos(digits: &[u8]) -> Option<i64> {
    /// A billion has ten digits.
    const WHOLE_DIGITS_MAX: usize = 10;
    let mut at = 0;
    let mut nanos = 0;
    while let Some(byte @ b'0'..=b'9') = digits.get(at) {
        if at == WHOLE_DIGITS_MAX {
            return None;
        }
        nanos = nanos * 10 + i64::from(byte - b'0');
        at += 1;
    }
    if nanos > Fixed::MAX_UNITS {
        return None;
    }
    nanos *= 1_000_000_000;
    if at == digits.len() {
        return Some(nanos);
    }
    if digits[at] != b'.' {
        return None;
    }
    let mut weight = 100_000_000;
    for byte in &digits[at + 1..] {
        if !byte.is_ascii_digit() {
            return None;
        }
        let digit = i64::from(byte - b'0');
        nanos += digit * weight;
        // After the ninth digit only the tenth counts.
        if weight == 0 {
            continue;
        }
        weight /= 10;
    }
    let tenth = digits.get(at + 10).is_some_and(|&digit| digit >= b'5');
    Some(nanos + i64::from(tenth))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_nine_digits_exactly() {
        for (digits, nanos) in [
            ("0", 0),
            ("-0", 0),
            ("-0.0", 0),
            ("1", 1_000_000_000),
            ("0.1", 100_000_000),
            ("4.000000001", 4_000_000_001),
            ("0.0000000005", 1),
            ("0.00000000049999", 0),
            ("0.99999999999", 1_000_000_000),
            ("1e-3", 1_000_000),
            ("1.5E+3", 1_500_000_000_000),
            ("1000000000", 1_000_000_000_000_000_000),
            ("1000000000.0000000", 1_000_000_000_000_000_000),
        ] {
            assert_eq!(positive(digits), Ok(Fixed::from_nanos(nanos)), "{digits}");
        }
    }

    #[test]
    fn says_what_it_cannot_keep() {
        for (digits, bad) in [
            ("-1", Bad::Negative),
            ("-0.0000000001", Bad::Negative),
            ("-1e-400", Bad::Negative),
            ("1000000001", Bad::TooLarge),
            ("1000000000.000000001", Bad::TooLarge),
            ("9999999999", Bad::TooLarge),
            ("99999999999999999999999", Bad::TooLarge),
            ("1e999", Bad::TooLarge),
        ] {
            assert_eq!(positive(digits), Err(bad), "{digits}");
        }
    }

    #[test]
    fn counts_are_whole() {
        for (digits, expected) in [
            ("0", Ok(0)),
            ("-0", Ok(0)),
            ("12.0", Ok(12)),
            ("1e3", Ok(1000)),
            ("9007199254740992", Ok(COUNT_MAX)),
            ("9007199254740994", Err(Bad::TooLarge)),
            ("1e999", Err(Bad::TooLarge)),
            ("-3", Err(Bad::Negative)),
            ("1.5", Err(Bad::NotWhole)),
        ] {
            assert_eq!(count(digits), expected, "{digits}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_float_to_its_last_digits(digits in "-?(0|[1-9][0-9]{0,9})(\\.[0-9]{1,12})?([eE][+-]?[0-3])?") {
            let float: f64 = digits.parse().expect("a number");
            match fixed(&digits) {
                Ok(fixed) => prop_assert!((fixed.as_f64() - float).abs() <= 1e-9 + float.abs() * 1e-15, "{} {}", digits, fixed),
                Err(_) => prop_assert!(float.abs() >= Fixed::MAX_UNITS as f64),
            }
        }
    }
}

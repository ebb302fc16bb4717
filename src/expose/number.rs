//! Numbers as text. Whole numbers and decimals are exact; floats are spelled as Go spells them, because whoever joins on `le`
//! labels compares them as text.

use std::io::Write;

use crate::state::engine::family::Number;

/// Two decimal digits for each number below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};
/// Digits of the largest `u64`.
const U64_DIGITS: usize = 20;
/// Units in 1: numbers are kept in units of 1e-9.
const NANOS: u128 = 1_000_000_000;

/// A sample's value.
pub fn write(out: &mut Vec<u8>, number: Number) {
    match number {
        Number::Count(count) => write_u64(out, count),
        Number::Nanos(nanos) => write_nanos(out, nanos),
        Number::Float(float) => write_f64(out, float),
    }
}

/// A whole number.
pub fn write_u64(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; U64_DIGITS];
    let mut at = U64_DIGITS;
    while number >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(number % 100) as usize]);
        number /= 100;
    }
    if number > 0 || at == U64_DIGITS {
        at -= 1;
        digits[at] = b'0' + number as u8;
    }
    out.extend_from_slice(&digits[at..]);
}

/// A number of 1e-9 units as a plain decimal, exactly, without trailing zeros.
fn write_nanos(out: &mut Vec<u8>, nanos: i128) {
    if nanos < 0 {
        out.push(b'-');
    }
    let (whole, part) = (nanos.unsigned_abs() / NANOS, nanos.unsigned_abs() % NANOS);
    match u64::try_from(whole) {
        Ok(whole) => write_u64(out, whole),
        Err(_) => _ = write!(out, "{whole}"),
    }
    if part == 0 {
        return;
    }
    // A leading 1 keeps the zeros after the point; it is then replaced by the point.
    let point = out.len();
    write_u64(out, (NANOS + part) as u64);
    out[point] = b'.';
    let zeros = out.iter().rev().take_while(|digit| **digit == b'0').count();
    out.truncate(out.len() - zeros);
}

/// The shortest text that reads back as the same number; with an exponent below 1e-4 and from 1e6 on.
pub fn write_f64(out: &mut Vec<u8>, float: f64) {
    if float.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if float.is_infinite() {
        return out.extend_from_slice(if float > 0.0 { b"+Inf" } else { b"-Inf" });
    }
    // Writing to a Vec cannot fail.
    if float == 0.0 || (1e-4..1e6).contains(&float.abs()) {
        _ = write!(out, "{float}");
        return;
    }
    let text = format!("{float:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    _ = write!(out, "{digits}e{sign}{exponent:0>2}");
}

/// As [`write_f64`], but never as a whole number: `1.0`. The canonical form of OpenMetrics.
pub fn write_canonical(out: &mut Vec<u8>, float: f64) {
    let begin = out.len();
    write_f64(out, float);
    if float.is_finite() && !out[begin..].iter().any(|byte| b".e".contains(byte)) {
        out.extend_from_slice(b".0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_floats_are_never_whole() {
        for (float, spelled) in [(0.0, "0.0"), (1.0, "1.0"), (2.5, "2.5"), (1e6, "1e+06"), (f64::INFINITY, "+Inf")] {
            let mut out = Vec::new();
            write_canonical(&mut out, float);
            assert_eq!(out, spelled.as_bytes());
        }
    }

    fn text(number: Number) -> String {
        let mut out = Vec::new();
        write(&mut out, number);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn counts_are_whole() {
        for count in [0, 1, 9, 10, 99, 100, 101, 1_000, 12_345, 999_999, u64::MAX - 1, u64::MAX] {
            assert_eq!(text(Number::Count(count)), count.to_string());
        }
    }

    #[test]
    fn sums_are_exact_decimals() {
        for (nanos, decimal) in [
            (0, "0"),
            (1, "0.000000001"),
            (-20_000_000, "-0.02"),
            (1_500_000_000, "1.5"),
            (10_000_000_000, "10"),
            (1_795_413_000_123_000_000, "1795413000.123"),
            (i128::from(u64::MAX) * 1_000_000_000 * 10, "184467440737095516150"),
        ] {
            assert_eq!(text(Number::Nanos(nanos)), decimal);
        }
    }

    #[test]
    fn floats_are_spelled_as_go_spells_them() {
        for (float, spelled) in [
            (0.005, "0.005"),
            (1.0, "1"),
            (2.5, "2.5"),
            (100_000.0, "100000"),
            (1_000_000.0, "1e+06"),
            (12_345_678.5, "1.23456785e+07"),
            (0.0001, "0.0001"),
            (0.000_05, "5e-05"),
            (1e-7, "1e-07"),
            (1e100, "1e+100"),
            (-0.25, "-0.25"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(text(Number::Float(float)), spelled);
        }
    }
}

//! Which bucket a value belongs to, and how a bucket and its count are packed into one word.

/// 2^(-8/8), 2^(-7/8) … 2^(-1/8): where the buckets of schema 3 end among fractions from 0.5 on.
const FRACTIONS: [f64; 8] = [
    0.5,
    0.5452538663326288,
    0.5946035575013605,
    0.6484197773255048,
    0.7071067811865475,
    0.7711054127039704,
    0.8408964152537144,
    0.9170040432046711,
];

/// A bucket: its index plus [`BIAS`] in the upper 12 bits, and its count in the lower 52.
pub(super) type Cell = u64;
pub(super) const COUNT_BITS: u32 = 52;
pub(super) const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;
/// Makes every index positive.
const BIAS: i16 = 1 << 11;
/// The lowest and highest index at schema 3: those of 1e-9 and of the largest `i64` in units of 1e-9.
pub(super) const INDEXES: [i16; 2] = [-239, 265];

pub(super) fn cell_of(index: i16) -> Cell {
    debug_assert!((-BIAS..BIAS).contains(&index), "{index} fits into 12 bits");
    ((index + BIAS) as u64) << COUNT_BITS
}

pub(super) fn index_of(cell: Cell) -> i16 {
    (cell >> COUNT_BITS) as i16 - BIAS
}

/// The bucket of a positive, normal number at schema 3.
pub(super) fn index(value: f64) -> i16 {
    const MANTISSA: u64 = (1 << 52) - 1;
    debug_assert!(value.is_normal() && value > 0.0, "{value}");
    let bits = value.to_bits();
    // value = fraction × 2^exponent, 0.5 ≤ fraction < 1.
    let exponent = (bits >> 52) as i16 - 1022;
    let fraction = f64::from_bits(bits & MANTISSA | 1022 << 52);
    let at = FRACTIONS.iter().filter(|bound| **bound < fraction).count();
    at as i16 + (exponent - 1) * 8
}

/// The bucket that contains bucket `index` after the resolution was halved this often.
pub(super) fn coarser(index: i16, halvings: i8) -> i16 {
    (index + (1 << halvings) - 1) >> halvings
}

//! Protobuf's wire format: tags, varints, and values of a few kinds. A length always comes before what it measures.

use crate::event::Timestamp;
use crate::event::time::SECOND;

/// Wire types.
const VARINT: u32 = 0;
const DOUBLE: u32 = 1;
pub(super) const BYTES: u32 = 2;

/// A `google.protobuf.Timestamp`.
pub(super) fn moment(out: &mut Vec<u8>, field: u32, at: Timestamp) {
    let (seconds, nanos) = (at.nanos().div_euclid(SECOND) as u64, at.nanos().rem_euclid(SECOND) as u64);
    tag(out, field, BYTES);
    varint(out, (2 + length_of(seconds) + length_of(nanos)) as u64);
    number(out, 1, seconds);
    number(out, 2, nanos);
}

pub(super) fn tag(out: &mut Vec<u8>, field: u32, wire: u32) {
    varint(out, u64::from(field << 3 | wire));
}

pub(super) fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    tag(out, field, VARINT);
    varint(out, value);
}

pub(super) fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    tag(out, field, DOUBLE);
    out.extend_from_slice(&value.to_le_bytes());
}

pub(super) fn message(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    tag(out, field, BYTES);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[inline]
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes that a value takes as a varint.
pub(super) fn length_of(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

pub(super) fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_as_long_as_they_say() {
        for value in (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit]).chain([u64::MAX]) {
            let mut out = Vec::new();
            varint(&mut out, value);
            assert_eq!(out.len(), length_of(value), "{value}");
        }
        assert_eq!([0, -1, 1, i64::MIN].map(zigzag), [0, 1, 2, u64::MAX]);
    }
}

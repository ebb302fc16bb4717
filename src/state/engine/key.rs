//! [`Key`]: the label values of one series, packed into an array of numbers.
//!
//! A number is the system's, an interned text's, or a position in a closed set. Keys are compared as a whole, never by
//! hash alone, so label values that look alike stay apart.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The labels of a family, at most: [`Key`]s are arrays of up to this many numbers.
pub const LABELS_MAX: usize = 8;

/// Label values in the order of their family, `system` included.
pub trait Key: Copy + Eq + fmt::Debug + AsRef<[u32]> + AsMut<[u32]> + 'static {
    const LEN: usize;
    const ZERO: Self;
    fn hash(&self) -> u64;
}

impl<const N: usize> Key for [u32; N] {
    const LEN: usize = N;
    const ZERO: Self = [0; N];

    /// Takes two labels at a time. An event asks for a dozen series, and the numbers in their keys are small and dense: one
    /// multiplication folded onto itself spreads them well enough, and costs less than a hash made for texts.
    #[inline]
    fn hash(&self) -> u64 {
        let mut hash = 0x2436_a2c1_5f6b_88a9;
        let mut at = 0;
        while at < N {
            let second = if at + 1 < N { self[at + 1] } else { 0 };
            let pair = u64::from(second) << 32 | u64::from(self[at]);
            let product = u128::from(hash ^ pair) * 0x9e37_79b9_7f4a_7c15;
            hash = (product >> 64) as u64 ^ product as u64;
            at += 2;
        }
        hash
    }
}

/// A key as a checkpoint stores it: a tuple, without its length.
pub(super) struct Stored<K>(pub K);

impl<K: Key> Serialize for Stored<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(K::LEN)?;
        for value in self.0.as_ref() {
            tuple.serialize_element(value)?;
        }
        tuple.end()
    }
}

impl<'de, K: Key> Deserialize<'de> for Stored<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(K::LEN, Values(PhantomData))
    }
}

struct Values<K>(PhantomData<K>);

impl<'de, K: Key> Visitor<'de> for Values<K> {
    type Value = Stored<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} label values", K::LEN)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Stored<K>, A::Error> {
        let mut key = K::ZERO;
        for (position, value) in key.as_mut().iter_mut().enumerate() {
            *value = seq.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(position, &self))?;
        }
        Ok(Stored(key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The judge is a random hash: 100,000 keys thrown at 2^17 places leave as many places empty.
    #[test]
    fn keys_of_small_dense_numbers_are_spread_as_by_a_random_hash() {
        let keys =
            (0..50_u32).flat_map(|system| (0..200).flat_map(move |name| (0..10).map(move |word| (system, name, word))));
        let spread = |hash: &dyn Fn(u32, u32, u32) -> u64| {
            keys.clone().map(|(system, name, word)| hash(system, name, word) >> 47).collect::<BTreeSet<_>>().len()
        };
        let expected = (1 << 17) as f64 * (1.0 - (-100_000.0 / (1 << 17) as f64).exp());
        for places in [
            spread(&|system, name, word| [system, word / 2, name, word % 2].hash()),
            spread(&|system, name, word| [system, name, word].hash()),
            spread(&|system, name, word| [system, name * 10 + word].hash()),
            spread(&|system, name, word| [word, system, 1, name, 0].hash()),
        ] {
            assert!(places as f64 > 0.97 * expected, "{places} of {expected}");
        }
    }
}

//! Bounds of buckets, loss of resolution, and what is stored: by hand, and for random observations.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn of(nanos: impl IntoIterator<Item = i64>) -> Native {
    let mut native = Native::default();
    nanos.into_iter().for_each(|nanos| _ = native.observe(nanos, true));
    native
}

/// Where bucket `index` of schema 3 ends.
fn end(index: i16) -> f64 {
    f64::from(index).exp2().powf(0.125)
}

#[test]
fn a_bucket_ends_at_each_eighth_of_a_doubling() {
    for (value, at) in [(1.0, 0), (2.0, 8), (0.5, -8), (1.05, 1), (1.0905077326652577, 1), (1.0906, 2), (4.0, 16)] {
        assert_eq!(index(value), at, "{value}");
    }
    for [value, at] in [[1, 0], [i64::MAX, 1]] {
        assert_eq!(index(value as f64 / 1e9), INDEXES[at as usize], "{value}");
    }
}

#[test]
fn zeros_and_negative_observations_count_as_zero() {
    let native = of([0, 0, -5, 1_000_000_000]);
    assert_eq!((native.zeros(), native.count()), (3, 4));
    const { assert!(ZERO_THRESHOLD > 0.0 && ZERO_THRESHOLD < 1e-9) };
}

#[test]
fn too_many_buckets_halve_the_resolution_and_lose_nothing() {
    // Each in a separate bucket, more than the bound allows.
    let nanos: Vec<i64> = (0..400).map(|step| (1000.0 * 1.0906_f64.powi(step)) as i64).collect();
    let native = of(nanos.iter().copied().filter(|nanos| *nanos < i64::MAX));
    assert!(native.schema() < SCHEMA && native.cells.len() <= CELLS_MAX, "{} {}", native.schema(), native.cells.len());
    assert_eq!(native.count(), nanos.iter().filter(|nanos| **nanos < i64::MAX).count() as u64);
    assert!(native.bytes() <= (CELLS_MAX * 8) as u64);
}

#[test]
fn without_memory_it_stays_small() {
    let mut native = Native::default();
    for step in 0..400 {
        native.observe((1.0 + 1.0906_f64.powi(step)).min(9e18) as i64, false);
    }
    assert!(native.cells.len() <= CELLS_MIN + CELLS_STEP, "{}", native.cells.len());
    assert_eq!(native.count(), 400);
}

#[test]
fn runs_include_small_gaps_and_counts_are_differences() {
    let mut native = Native::default();
    for (index, count) in [(-3, 2), (-2, 5), (1, 1), (9, 4)] {
        native.put(index, count);
    }
    let (mut spans, mut deltas) = (Vec::new(), Vec::new());
    native.spans(&mut spans, &mut deltas);
    assert_eq!(spans, [Span { offset: -3, length: 5 }, Span { offset: 7, length: 1 }]);
    assert_eq!(deltas, [2, 3, -5, 0, 1, 3]);
}

#[test]
fn classic_counts_are_placed_at_their_bounds() {
    let native = Native::of_classic(&[0.0, 1.0, 2.0], &[7, 3, 4, 2]);
    assert_eq!(native.zeros(), 7);
    assert_eq!(native.buckets().collect::<Vec<_>>(), [(0, 3), (8, 4), (9, 2)]);
    assert_eq!(Native::of_classic(&[], &[5]).count(), 5);
}

#[test]
fn impossible_parts_are_not_restored() {
    let parts = |schema, buckets: &[(i16, u64)]| Parts(schema, 1, 0, buckets.to_vec());
    assert!(Native::restore(parts(3, &[(0, 1), (5, 1)])).is_some());
    for wrong in [
        parts(4, &[]),
        parts(-3, &[]),
        parts(3, &[(5, 1), (0, 1)]),
        parts(3, &[(5, 1), (5, 1)]),
        parts(3, &[(0, 0)]),
        parts(3, &[(266, 1)]),
        parts(3, &[(-240, 1)]),
        parts(2, &[(200, 1)]),
        parts(3, &[(0, COUNT_MAX + 1)]),
    ] {
        assert!(Native::restore(wrong.clone()).is_none(), "{wrong:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_observation_is_within_its_bucket(nanos in 1..i64::MAX) {
        let (value, at) = (nanos as f64 / 1e9, index(nanos as f64 / 1e9));
        // With a margin for the rounding of `powf`.
        prop_assert!(value <= end(at) * 1.000_000_001 && value > end(at - 1) * 0.999_999_999, "{value} {at}");
    }

    #[test]
    fn counts_are_exact_whatever_the_resolution(nanos in prop::collection::vec(0..i64::MAX, 0..600), shift in 0..60_u32) {
        let nanos: Vec<i64> = nanos.into_iter().map(|nanos| nanos >> (nanos as u32 % (shift + 1))).collect();
        let native = of(nanos.iter().copied());
        let mut expected = BTreeMap::new();
        for nanos in nanos.iter().filter(|nanos| **nanos > 0) {
            *expected.entry(coarser(index(*nanos as f64 / 1e9), SCHEMA - native.schema())).or_insert(0) += 1;
        }
        prop_assert_eq!(native.buckets().collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(native.count(), nanos.len() as u64);
        let stored = postcard::to_stdvec(&native.parts()).unwrap();
        prop_assert_eq!(Native::restore(postcard::from_bytes(&stored).unwrap()), Some(native));
    }
}

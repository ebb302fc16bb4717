//! The window: what it knows and forgets, its stored forms of all versions, and a model of it for random steps.

use std::collections::VecDeque;
use std::ops::Range;

use proptest::prelude::*;

use super::*;

const KEY: HashKey = HashKey(1, 2);

/// Distinct ids, by number.
fn ids(range: Range<u32>) -> impl Iterator<Item = u128> {
    range.map(|n| KEY.hash("agent", &n.to_string()))
}

#[test]
fn an_id_is_known_until_it_leaves_the_window() {
    let mut dedupe = Dedupe::new(15_000);
    ids(0..15_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
    assert!(ids(0..15_000).all(|id| dedupe.contains(id)));
    assert!(!ids(15_000..30_000).any(|id| dedupe.contains(id)));
    ids(15_000..24_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
    assert!(!ids(0..9_000).any(|id| dedupe.contains(id)), "each new id drops the oldest");
    assert!(ids(9_000..24_000).all(|id| dedupe.contains(id)), "the newest 15,000 stayed");
    assert_eq!(dedupe.len(), 15_000);
}

#[test]
fn a_window_of_another_size_keeps_the_newest() {
    let mut dedupe = Dedupe::new(10_000);
    ids(0..12_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
    dedupe.resize(100);
    let seen = |dedupe: &Dedupe| ids(0..20_000).map(|id| dedupe.contains(id)).collect::<Vec<_>>();
    let only = |range: Range<usize>| (0..20_000).map(|n| range.contains(&n)).collect::<Vec<_>>();
    assert_eq!(seen(&dedupe), only(11_900..12_000));
    dedupe.resize(10_000);
    ids(12_000..20_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
    assert_eq!(seen(&dedupe), only(11_900..20_000));
}

#[test]
fn the_window_says_how_far_it_reaches_back() {
    let mut dedupe = Dedupe::new(10_000);
    assert_eq!(dedupe.reaches_back_to(), None);
    for (second, id) in ids(0..40_000).enumerate() {
        dedupe.insert(id, Timestamp::from_seconds(second as i64));
    }
    // The oldest id in the window came in second 30,000. Its part has lost some ids, so the next part's start counts.
    assert_eq!(dedupe.reaches_back_to(), Some(Timestamp::from_seconds(3_334 * 9)));
}

#[test]
fn source_and_id_are_hashed_apart() {
    assert_ne!(KEY.hash("ab", "c"), KEY.hash("a", "bc"));
}

fn written(dedupe: &Dedupe) -> Vec<u8> {
    let mut written = Vec::new();
    dedupe.write_to(&mut written).unwrap();
    written
}

#[test]
fn a_checkpoint_keeps_what_was_seen() {
    // Large enough for parts of several pieces; some ids of the oldest page have left.
    let mut dedupe = Dedupe::new(15_000);
    ids(0..18_000).for_each(|id| dedupe.insert(id, Timestamp::from_seconds(id as i64 % 7)));
    let mut restored: Dedupe = postcard::from_bytes(&written(&dedupe)).unwrap();
    restored.resize(15_000);
    assert!(ids(3_000..18_000).all(|id| restored.contains(id)) && !ids(0..3_000).any(|id| restored.contains(id)));
    assert_eq!(restored.len(), 15_000);
    assert_eq!(written(&restored), written(&dedupe));
}

#[test]
fn a_restored_window_continues_exactly_as_the_stored_one() {
    for (max, before) in [(1, 3), (2, 3), (4, 9), (100, 34), (100, 350), (15_000, 9_000), (15_000, 41_000)] {
        let (mut dedupe, mut at) = (Dedupe::new(max), 0..);
        let mut receive = |dedupe: &mut Dedupe, ids: Range<u32>| {
            self::ids(ids).for_each(|id| dedupe.insert(id, Timestamp::from_seconds(at.next().unwrap())));
        };
        receive(&mut dedupe, 0..before);
        dedupe.resize(max - max / 5);
        receive(&mut dedupe, before..before + max as u32 / 2);
        let mut restored: Dedupe = postcard::from_bytes(&written(&dedupe)).unwrap();
        restored.resize(max - max / 5);
        for number in 0..2 * max as u32 {
            assert_eq!(restored.reaches_back_to(), dedupe.reaches_back_to(), "{max} {before} {number}");
            let id = KEY.hash("later", &number.to_string());
            let moment = Timestamp::from_seconds(1 << 20 | i64::from(number));
            dedupe.insert(id, moment);
            restored.insert(id, moment);
        }
        assert_eq!(written(&restored), written(&dedupe), "{max} {before}");
    }
}

#[test]
fn a_window_stored_in_four_parts_is_read() {
    let bytes = |range| ids(range).flat_map(u128::to_le_bytes).collect::<Vec<u8>>();
    let parts = [bytes(9_000..10_000), bytes(6_000..9_000), bytes(3_000..6_000), bytes(0..3_000)];
    let moments = [3, 2, 1, 0].map(Timestamp::from_seconds);
    // In postcard, a list of bytes looks the same as bytes in one piece.
    let stored: Vec<_> = moments.iter().zip(&parts).collect();
    let mut restored: Dedupe = postcard::from_bytes(&postcard::to_stdvec(&(stored, 3_000)).unwrap()).unwrap();
    restored.resize(9_000);
    assert!(ids(1_000..10_000).all(|id| restored.contains(id)) && !ids(0..1_000).any(|id| restored.contains(id)));
    assert_eq!(restored.reaches_back_to(), Some(Timestamp::from_seconds(1)), "the oldest part has lost some ids");
}

#[test]
fn an_id_that_is_cut_short_is_refused() {
    let stored = (vec![(Timestamp::EPOCH, vec![7_u8; 17])], 3_000_usize);
    assert!(postcard::from_bytes::<Dedupe>(&postcard::to_stdvec(&stored).unwrap()).is_err());
}

#[test]
fn the_parts_of_0_1_0_are_half_of_the_window_and_keep_every_id() {
    let mut dedupe = Dedupe::new(15_000);
    ids(0..20_000).for_each(|id| dedupe.insert(id, Timestamp::EPOCH));
    dedupe.divide_as_0_1_0(15_000);
    let parts = dedupe.window.parts();
    assert!(parts.len() <= 3, "0.1.0 has three parts: {parts:?}");
    assert!(parts[..parts.len() - 1].iter().all(|part| dedupe.window.ids_in(part) >= 7_500), "{parts:?}");
    let mut restored: Dedupe = postcard::from_bytes(&written(&dedupe)).unwrap();
    restored.resize(15_000);
    assert!(ids(5_000..20_000).all(|id| restored.contains(id)));
}

#[test]
fn row_numbers_wrap_around() {
    let mut dedupe = Dedupe::new(10);
    dedupe.insert(1, Timestamp::EPOCH);
    dedupe.window.pages[0].first = u32::MAX - 1;
    dedupe.rebuild_index();
    for id in 2..=30 {
        dedupe.insert(id, Timestamp::EPOCH);
        let known = (1..=30).filter(|known| dedupe.contains(*known)).collect::<Vec<u128>>();
        assert_eq!(known, (id.saturating_sub(9).max(1)..=id).collect::<Vec<u128>>());
    }
}

/// What a test does to a window.
#[derive(Clone, Debug)]
enum Step {
    Insert(u32),
    Resize(usize),
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..60_u32).prop_map(Step::Insert),
        1 => (1..100_usize).prop_map(Step::Resize),
        1 => Just(Step::Restore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Compares with a queue of ids: inserts, other sizes and restarts in any order.
    #[test]
    fn the_newest_ids_are_known_and_no_others(steps in proptest::collection::vec(step(), 0..40)) {
        let (mut dedupe, mut model, mut max, mut next) = (Dedupe::new(50), VecDeque::new(), 50, 0);
        for step in steps {
            match step {
                Step::Insert(count) => for id in ids(next..next + count) {
                    dedupe.insert(id, Timestamp::EPOCH);
                    model.push_back(id);
                },
                Step::Resize(ids) => {
                    max = ids;
                    dedupe.resize(max);
                }
                Step::Restore => {
                    dedupe = postcard::from_bytes(&written(&dedupe)).unwrap();
                    dedupe.resize(max);
                }
            }
            next += if let Step::Insert(count) = step { count } else { 0 };
            model.drain(..model.len().saturating_sub(max));
            prop_assert_eq!(dedupe.len(), model.len());
            let newest = next.saturating_sub(120)..next + 5;
            let known: Vec<u128> = ids(newest).filter(|id| dedupe.contains(*id)).collect();
            prop_assert_eq!(&known, model.make_contiguous());
        }
    }
}

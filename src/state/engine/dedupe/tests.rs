//! The window: what it knows and forgets, its shares, its stored forms of all versions, and a model of it for random steps.

use std::collections::VecDeque;
use std::ops::Range;

use proptest::prelude::*;

use super::*;

const KEY: HashKey = HashKey(1, 2);

/// Distinct ids, by number.
fn ids(range: Range<u32>) -> impl Iterator<Item = u128> {
    range.map(|n| KEY.hash("agent", Kind::TaskCompleted, &n.to_string()))
}

fn seen(id: u128, system: SystemId, second: i64) -> SeenId {
    SeenId { id, system: Some(system), received: Timestamp::from_seconds(second) }
}

/// Inserts these ids, each received in the second of its number.
fn take(dedupe: &mut Dedupe, system: SystemId, range: Range<u32>) {
    for (id, second) in ids(range.clone()).zip(range) {
        dedupe.insert_all(&[seen(id, system, i64::from(second))]);
    }
}

fn knows_all(dedupe: &Dedupe, range: Range<u32>) -> bool {
    ids(range).all(|id| dedupe.contains(id))
}

fn knows_none(dedupe: &Dedupe, range: Range<u32>) -> bool {
    !ids(range).any(|id| dedupe.contains(id))
}

fn written(dedupe: &Dedupe) -> Vec<u8> {
    let mut written = Vec::new();
    dedupe.write_to(&mut written).unwrap();
    written
}

fn restored(dedupe: &Dedupe, ids: usize, declared: &[SystemId]) -> Dedupe {
    let bytes = written(dedupe);
    let (mut restored, rest) = Dedupe::restore(2, &bytes).unwrap();
    assert!(rest.is_empty());
    restored.configure(ids, declared);
    restored
}

#[test]
fn source_type_and_id_are_hashed_apart() {
    let hash = |source, kind, id| KEY.hash(source, kind, id);
    let all = [
        hash("ab", Kind::TaskCompleted, "c"),
        hash("a", Kind::TaskCompleted, "bc"),
        hash("ab", Kind::EscalationOpened, "c"),
        KEY.first("ab", "c"),
    ];
    assert!((1..all.len()).all(|at| !all[..at].contains(&all[at])));
}

#[test]
fn an_id_is_known_until_it_leaves_the_window() {
    let mut dedupe = Dedupe::new(15_000);
    take(&mut dedupe, 0, 0..15_000);
    assert!(knows_all(&dedupe, 0..15_000) && knows_none(&dedupe, 15_000..30_000));
    take(&mut dedupe, 0, 15_000..24_000);
    assert!(knows_none(&dedupe, 0..9_000), "each new id drops the oldest");
    assert!(knows_all(&dedupe, 9_000..24_000), "the newest 15,000 stayed");
    assert_eq!(dedupe.len(), 15_000);
}

#[test]
fn a_window_of_another_size_keeps_the_newest() {
    let mut dedupe = Dedupe::new(10_000);
    take(&mut dedupe, 0, 0..12_000);
    dedupe.configure(100, &[]);
    assert!(knows_all(&dedupe, 11_900..12_000) && knows_none(&dedupe, 0..11_900));
    dedupe.configure(10_000, &[]);
    take(&mut dedupe, 0, 12_000..20_000);
    assert!(knows_all(&dedupe, 11_900..20_000));
}

/// The defaults: a million ids, and one sender with more than that.
#[test]
fn one_sender_flushes_nothing_of_what_is_in_the_share_of_another() {
    for flooder in [1, 7] {
        let mut dedupe = Dedupe::default();
        dedupe.configure(1_000_000, &[0, 1]);
        take(&mut dedupe, 0, 0..1_000);
        take(&mut dedupe, flooder, 10_000..1_110_000);
        assert!(knows_all(&dedupe, 0..1_000), "the retries of system 0 still count once");
        assert_eq!((dedupe.len(), dedupe.of(0).0, dedupe.of(flooder).0), (1_000_000, 1_000, 999_000));
        assert!(knows_all(&dedupe, 1_110_000 - 990_000..1_110_000), "what nobody else uses is not kept empty");
    }
}

#[test]
fn a_system_gets_its_share_back_from_those_who_hold_more() {
    let mut dedupe = Dedupe::default();
    dedupe.configure(10_000, &[0, 1]);
    take(&mut dedupe, 5, 0..10_000);
    take(&mut dedupe, 0, 20_000..23_000);
    take(&mut dedupe, 5, 30_000..40_000);
    // A quarter of the window each; the rest is taken by whoever comes.
    assert!(knows_all(&dedupe, 20_500..23_000), "the newest 2,500 of system 0");
    assert_eq!(dedupe.of(0).0, 2_500);
    take(&mut dedupe, 1, 50_000..52_000);
    assert!(knows_all(&dedupe, 20_500..23_000) && knows_all(&dedupe, 50_000..52_000));
    assert_eq!((dedupe.of(1).0, dedupe.of(5).0, dedupe.len()), (2_000, 5_500, 10_000));
}

#[test]
fn declarations_change_the_shares_and_lose_no_id_that_fits() {
    let mut dedupe = Dedupe::new(10_000);
    take(&mut dedupe, 0, 0..4_000);
    take(&mut dedupe, 1, 4_000..10_000);
    for declared in [&[0][..], &[0, 1], &[1], &[0, 1, 2, 3], &[]] {
        dedupe.configure(10_000, declared);
        assert!(knows_all(&dedupe, 0..10_000), "{declared:?}");
    }
    dedupe.configure(10_000, &[0]);
    take(&mut dedupe, 9, 20_000..40_000);
    assert!(knows_all(&dedupe, 0..4_000) && knows_none(&dedupe, 4_000..10_000));
}

#[test]
fn the_window_says_how_far_it_reaches_back_for_each_system() {
    let mut dedupe = Dedupe::default();
    dedupe.configure(10_000, &[0]);
    assert_eq!((dedupe.of(0), dedupe.of_others(&[0])), ((0, None), (0, None)));
    take(&mut dedupe, 0, 5..1_005);
    take(&mut dedupe, 1, 2_000..42_000);
    assert_eq!(dedupe.of(0), (1_000, Some(Timestamp::from_seconds(5))), "nothing of it was ever dropped");
    let (len, since) = dedupe.of_others(&[0]);
    // The oldest that is kept came in second 33,000. Its page has lost some, so the start of the next one counts.
    let late = since.unwrap().since(Timestamp::from_seconds(33_000)) / 1_000_000_000;
    assert!(len == 9_000 && (0..PAGE_IDS_OF_10_000).contains(&late), "{late}");
    let again = restored(&dedupe, 10_000, &[0]);
    assert_eq!((again.of(0), again.of_others(&[0])), (dedupe.of(0), dedupe.of_others(&[0])));
}

/// Ids in a page of a window of 10,000 ids with few systems, at most.
const PAGE_IDS_OF_10_000: i64 = 10_000 / 16 / 2;

#[test]
fn many_systems_cost_little_more_room_than_one() {
    let mut dedupe = Dedupe::default();
    let declared: Vec<SystemId> = (0..1_000).collect();
    dedupe.configure(100_000, &declared);
    for system in 0..1_000 {
        take(&mut dedupe, system, system * 100..system * 100 + 65);
    }
    assert_eq!(dedupe.len(), 65_000);
    let room: usize = dedupe.window.room();
    assert!(room < 65_000 * 2 + 1_000, "{room}");
}

#[test]
fn a_checkpoint_keeps_what_was_seen() {
    let mut dedupe = Dedupe::default();
    dedupe.configure(15_000, &[2]);
    take(&mut dedupe, 2, 0..9_000);
    take(&mut dedupe, 4, 9_000..18_000);
    let again = restored(&dedupe, 15_000, &[2]);
    assert_eq!((again.len(), again.of(2), again.of(4)), (dedupe.len(), dedupe.of(2), dedupe.of(4)));
    assert!(ids(0..18_000).all(|id| again.contains(id) == dedupe.contains(id)));
    assert_eq!(written(&again), written(&dedupe));
}

#[test]
fn an_id_of_the_first_format_is_known_until_it_leaves_and_takes_no_share() {
    let bytes = |range: Range<u32>| ids(range).flat_map(u128::to_le_bytes).collect::<Vec<u8>>();
    let parts = [bytes(9_000..10_000), bytes(6_000..9_000), bytes(3_000..6_000), bytes(0..3_000)];
    let moments = [3, 2, 1, 0].map(Timestamp::from_seconds);
    // In postcard, a list of bytes looks the same as bytes in one piece.
    let stored: Vec<_> = moments.iter().zip(&parts).collect();
    let stored = postcard::to_stdvec(&(stored, 3_000)).unwrap();
    let (mut dedupe, rest) = Dedupe::restore(1, &stored).unwrap();
    dedupe.configure(10_000, &[0]);
    assert!(rest.is_empty() && knows_all(&dedupe, 0..10_000) && dedupe.has_first());
    assert_eq!(dedupe.of_others(&[0]), (10_000, Some(Timestamp::from_seconds(0))));
    take(&mut dedupe, 0, 20_000..30_000);
    assert!(knows_none(&dedupe, 0..10_000) && !dedupe.has_first());
}

#[test]
fn an_id_that_is_cut_short_is_refused() {
    let first = (vec![(Timestamp::EPOCH, vec![7_u8; 17])], 3_000_usize);
    assert!(Dedupe::restore(1, &postcard::to_stdvec(&first).unwrap()).is_err());
    for ids in [17, 0] {
        let stored = (1_u64, vec![(false, vec![(0_u64, Timestamp::EPOCH, 0_u32, vec![7_u8; ids])])]);
        assert!(Dedupe::restore(2, &postcard::to_stdvec(&stored).unwrap()).is_err());
    }
}

/// What a test does to a window.
#[derive(Clone, Debug)]
enum Step {
    Insert(SystemId, u32),
    Configure(usize, Vec<SystemId>),
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4_u32, 0..160_u32).prop_map(|(system, count)| Step::Insert(system, count)),
        1 => (1..400_usize, proptest::collection::btree_set(0..4_u32, 0..4))
            .prop_map(|(ids, declared)| Step::Configure(ids, declared.into_iter().collect())),
        1 => Just(Step::Restore),
    ]
}

/// Ids as plain lists.
#[derive(Default)]
struct Model {
    queues: [VecDeque<u128>; 4],
    max: usize,
    declared: Vec<SystemId>,
}

impl Model {
    fn len(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// At least what a system has by right is kept of it, and nothing where there is room.
    fn least(&self, system: usize) -> usize {
        let share = (self.max / 2).checked_div(self.declared.len()).unwrap_or(0);
        let has = self.queues[system].len();
        if self.declared.contains(&(system as u32)) { share.min(has) } else { 0 }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Compares with lists: of each system the newest ids are known, at least its share of them, and the window is full when
    /// more came. After a restart everything continues as it would have.
    #[test]
    fn the_newest_ids_of_each_system_are_known(steps in proptest::collection::vec(step(), 0..40)) {
        let (mut dedupe, mut twin) = (Dedupe::new(50), Dedupe::new(50));
        let (mut model, mut next) = (Model { max: 50, ..Model::default() }, 0);
        for step in steps {
            match step {
                Step::Insert(system, count) => {
                    let new: Vec<SeenId> = (next..).zip(ids(next..next + count))
                        .map(|(at, id)| seen(id, system, i64::from(at)))
                        .collect();
                    // Together, and one by one.
                    dedupe.insert_all(&new);
                    for seen in new {
                        twin.insert_all(&[seen]);
                        model.queues[system as usize].push_back(seen.id);
                    }
                    next += count;
                }
                Step::Configure(ids, declared) => {
                    dedupe.configure(ids, &declared);
                    twin.configure(ids, &declared);
                    (model.max, model.declared) = (ids, declared);
                }
                Step::Restore => dedupe = restored(&dedupe, model.max, &model.declared),
            }
            prop_assert_eq!(dedupe.len(), model.len().min(model.max));
            for system in 0..4 {
                let kept = dedupe.of(system as u32).0;
                prop_assert!(kept >= model.least(system), "{} of {}", kept, system);
                let queue = &mut model.queues[system];
                let (old, new) = (queue.len() - kept, queue.len());
                prop_assert!(queue.range(..old).all(|id| !dedupe.contains(*id)));
                prop_assert!(queue.range(old..new).all(|id| dedupe.contains(*id)));
                queue.drain(..old);
            }
        }
        prop_assert_eq!(written(&dedupe), written(&twin));
    }
}

//! A flood of cases to forget.

use std::ops::Range;

use super::*;
use crate::pipeline::{CaseName, Erased};

/// How many of these were forgotten within an hour, each asked for when the one before was done, and how many checkpoints
/// that took.
fn forgotten_in_an_hour(day: &mut Day, cases: Range<u64>) -> (u64, usize) {
    let (begun, mut done, mut taken) = (day.clock.now(), 0, BTreeSet::new());
    for case in cases {
        let case = CaseName { case: case.to_string(), system: None };
        let mut answer = day.handle.begin_forget(case).unwrap();
        let erased: Erased = loop {
            day.turns();
            taken.extend(day.checkpoints());
            if day.clock.now().since(begun) > 3_600 * SECOND {
                return (done, taken.len());
            }
            match answer.try_recv() {
                Ok(erased) => break erased.unwrap(),
                Err(_) => day.idle(1),
            }
        };
        assert!(erased.work > 0 && erased.left.is_empty());
        done += 1;
    }
    (done, taken.len())
}

#[test]
fn a_few_cases_are_forgotten_at_once_and_a_flood_leaves_three_quarters_of_the_time() {
    let mut day = Day::on(&FakeDisk::new(), u64::MAX);
    day.send(2_000, 0).unwrap();
    day.slow.store(2, Ordering::Relaxed);
    let begun = day.clock.now();
    assert_eq!(forgotten_in_an_hour(&mut day, 0..3).0, 3);
    assert!(day.clock.now().since(begun) <= 20 * SECOND, "{}", day.clock.now().since(begun) / SECOND);
    let (done, checkpoints) = forgotten_in_an_hour(&mut day, 3..2_000);
    assert!((400..500).contains(&checkpoints) && done > 150, "{checkpoints} checkpoints of 2 s for {done}");
}

#[test]
fn those_who_wait_share_their_checkpoints() {
    let mut day = Day::on(&FakeDisk::new(), u64::MAX);
    day.send(2_000, 0).unwrap();
    day.slow.store(2, Ordering::Relaxed);
    let case = |number: u64| CaseName { case: number.to_string(), system: None };
    let mut answers: Vec<_> = (0..500).map(|number| day.handle.begin_forget(case(number)).unwrap()).collect();
    let before = day.checkpoints().len();
    day.turns();
    day.idle(60);
    assert!(answers.iter_mut().all(|answer| matches!(answer.try_recv(), Ok(Ok(_)))), "all are done");
    assert!(day.checkpoints().len() - before <= 2);
}

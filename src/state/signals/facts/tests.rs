//! How long a family may be silent, and what the objectives count over 30 days.

use super::month::Month;
use super::pace::Pace;
use super::*;
use crate::event::Timestamp;
use crate::event::time::{DAY, HOUR};

const START: Timestamp = Timestamp::from_seconds(1_795_424_400);

#[test]
fn a_family_is_silent_beyond_twice_its_longest_usual_gap() {
    let mut pace = Pace::default();
    for day in 0..6 {
        pace.see(START.plus(day * DAY));
    }
    assert_eq!(pace.silence_max(), None, "six days are too few for a pace");
    // A weekend.
    pace.see(START.plus(8 * DAY));
    assert_eq!(pace.silence_max(), Some(6 * DAY));
    for hour in 1..=30 * 24 {
        pace.see(START.plus(8 * DAY + hour * HOUR));
    }
    let after = pace.silence_max().expect("it has reported for weeks");
    assert!((DAY..3 * DAY).contains(&after), "the weekend fades: {after}");
}

#[test]
fn a_dense_family_may_rest_a_day() {
    let mut pace = Pace::default();
    (0..7 * 24 * 60).for_each(|minute| pace.see(START.plus(minute * 60_000_000_000)));
    assert_eq!(pace.silence_max(), Some(DAY));
}

#[test]
fn objectives_forget_after_their_days() {
    let mut month = Month::default();
    assert_eq!(month.sums(START), (0, 0));
    month.add(START, 10, 1);
    month.add(START.plus(29 * DAY), 5, 5);
    assert_eq!(month.sums(START.plus(29 * DAY)), (15, 6));
    assert_eq!(month.sums(START.plus(30 * DAY)), (5, 5), "by the clock alone");
    month.add(START.plus(30 * DAY), 1, 0);
    assert_eq!(month.sums(START.plus(30 * DAY)), (6, 5));
    month.add(START.plus(400 * DAY), 2, 1);
    assert_eq!(month.sums(START.plus(400 * DAY)), (2, 1));
    assert_eq!(month.sums(START.plus(500 * DAY)), (0, 0));
}

#[test]
fn undeclared_actions_are_bounded_and_the_newest_stay() {
    let mut row = SystemFacts::default();
    (0..40).for_each(|action| row.see_undeclared(action, START.plus(i64::from(action))));
    row.see_undeclared(39, START.plus(100));
    assert_eq!(row.undeclared().len(), FINDINGS_MAX);
    assert_eq!(row.undeclared().last(), Some(&(39, START.plus(100))));
    assert!(row.undeclared().iter().all(|(action, _)| *action >= 24));
}

//! Time in fallback: from a start, or a rollback to the previous process, until the system serves again.

use super::harness::*;
use crate::event::time::{DAY, SECOND};
use crate::state::signals::rare::OF_SYSTEM_MAX;

const ACTIVE: &str = "day90_fallback_active";
const SECONDS: &str = "day90_fallback_seconds_total";
const SINCE: &str = "day90_fallback_start_timestamp_seconds";
const ORPHANS: &str = "day90_lifecycle_orphans_total{type=fallback.ended}";
const REPEATS: &str = "day90_lifecycle_repeats_total{type=fallback.ended}";
const STARTED: &str = "fallback.started";
const ENDED: &str = "fallback.ended";

fn at(seconds: i64) -> f64 {
    START.plus(seconds * SECOND).as_seconds_f64()
}

impl Fold {
    /// A rollback to the previous process that restored at this moment.
    fn fall_back(&mut self, name: &str, seconds: i64) -> &mut Fold {
        let start = format!(r#""rollback":"{name}","to":"previous_process""#);
        self.tell("rollback.started", seconds - 5, &start);
        self.tell("rollback.completed", seconds, &format!(r#""rollback":"{name}","result":"restored""#))
    }
}

#[test]
fn a_fallback_lasts_until_it_is_ended() {
    let mut fold = Fold::new();
    fold.fall_back("r", 60).expect(ACTIVE, 1.0).expect(SINCE, at(60)).expect(SECONDS, 0.0);
    fold.tell(ENDED, 360, "").expect(ACTIVE, 0.0).expect_none(SINCE).expect(SECONDS, 300.0);
}

#[test]
fn a_fallback_starts_without_a_rollback_too() {
    let mut fold = Fold::new();
    fold.tell(STARTED, 60, r#""reason":"provider_outage""#).expect(ACTIVE, 1.0).expect(SINCE, at(60));
    fold.tell(ENDED, 360, "").expect(ACTIVE, 0.0).expect(SECONDS, 300.0);
}

#[test]
fn the_stages_of_a_fallback_give_the_same_in_any_order() {
    let told = [(STARTED, 0, ""), (STARTED, 50, ""), (ENDED, 100, "")];
    let mut fold = Fold::in_any_order(Fold::new, &told);
    fold.expect(ACTIVE, 0.0).expect(SECONDS, 100.0).advance(2 * DAY).expect(ORPHANS, 0.0).expect(REPEATS, 0.0);
}

#[test]
fn it_follows_the_last_of_restored_started_and_ended_by_time() {
    let mut fold = Fold::new();
    fold.tell(STARTED, 200, "").tell(ENDED, 300, "").tell(STARTED, 220, "").expect(ACTIVE, 0.0).expect(SECONDS, 100.0);
    // The one before arrives later.
    fold.tell(ENDED, 100, "").tell(STARTED, 0, "").expect(ACTIVE, 0.0).expect(SECONDS, 200.0);
    fold.advance(2 * DAY).expect(ORPHANS, 0.0).expect(REPEATS, 0.0);
    fold.fall_back("r", 250).expect(ACTIVE, 0.0).expect(SECONDS, 200.0);
    fold.fall_back("s", 400).expect(ACTIVE, 1.0).expect(SINCE, at(400));
}

#[test]
fn a_second_start_in_a_fallback_keeps_the_earlier_one() {
    let mut fold = Fold::new();
    fold.fall_back("r-1", 60).fall_back("r-2", 40).tell(STARTED, 90, "");
    fold.expect(SINCE, at(40)).tell(ENDED, 100, "").expect(SECONDS, 60.0);
}

#[test]
fn the_same_start_twice_is_a_repeat() {
    let mut fold = Fold::new();
    fold.tell(STARTED, 60, "").tell(STARTED, 60, "");
    fold.expect("day90_lifecycle_repeats_total{type=fallback.started}", 1.0).expect(ACTIVE, 1.0);
}

#[test]
fn an_end_before_the_start_by_time_ends_nothing() {
    let mut fold = Fold::new();
    fold.tell(STARTED, 60, "").tell(ENDED, 59, "").expect(ACTIVE, 1.0).expect(SECONDS, 0.0);
    fold.advance(DAY).expect(ORPHANS, 1.0).expect(ACTIVE, 1.0);
}

#[test]
fn an_end_whose_start_never_comes_is_an_orphan_after_a_day() {
    let mut fold = Fold::new();
    fold.tell(ENDED, 360, "").advance(DAY - SECOND).expect(ORPHANS, 0.0).advance(SECOND).expect(ORPHANS, 1.0);
    fold.tell(STARTED, 60, "").expect(ACTIVE, 1.0);
}

#[test]
fn a_second_end_is_a_repeat_when_no_start_came_between() {
    let mut fold = Fold::new();
    fold.tell(STARTED, 60, "").tell(ENDED, 360, "").tell(ENDED, 360, "").expect(REPEATS, 1.0);
    fold.tell(ENDED, 400, "").expect(SECONDS, 300.0).advance(DAY).expect(REPEATS, 2.0).expect(ORPHANS, 0.0);
}

#[test]
fn fallbacks_are_remembered_within_a_bound_and_their_seconds_stay() {
    let mut fold = Fold::new();
    for round in 0..500 {
        fold.tell(STARTED, round * 10, "").tell(ENDED, round * 10 + 4, "");
    }
    fold.expect(SECONDS, 2_000.0).expect(ACTIVE, 0.0);
    for start in 0..500 {
        fold.tell(STARTED, 10_000 + start, "");
    }
    let rare = OF_SYSTEM_MAX * 64;
    assert!(fold.stored().len() < Fold::new().stored().len() + 8_000 + rare, "{}", fold.stored().len());
    fold.expect(SINCE, at(10_000)).tell(ENDED, 11_000, "").expect(SECONDS, 3_000.0);
}

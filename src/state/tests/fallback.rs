//! Time in fallback: from a rollback to the previous process until the system serves again.

use super::harness::*;
use crate::event::time::{DAY, SECOND};
use crate::event::{Body, Event, RollbackTo};

const ACTIVE: &str = "day90_fallback_active";
const SECONDS: &str = "day90_fallback_seconds_total";
const SINCE: &str = "day90_fallback_start_timestamp_seconds";
const ORPHANS: &str = "day90_lifecycle_orphans_total{type=fallback.ended}";
const TO: RollbackTo = RollbackTo::PreviousProcess;

fn ended(seconds: i64) -> Event<'static> {
    event("none", seconds, Body::FallbackEnded { reason: None })
}

#[test]
fn a_fallback_lasts_until_it_is_ended() {
    let mut fold = Fold::new();
    fold.take(rollback_started("r-1", 0, TO)).expect(ACTIVE, 0.0).take(rollback_completed("r-1", 60));
    fold.expect(ACTIVE, 1.0).expect(SINCE, START.as_seconds_f64() + 60.0).expect(SECONDS, 0.0);
    fold.take(ended(360)).expect(ACTIVE, 0.0).expect_none(SINCE).expect(SECONDS, 300.0);
}

#[test]
fn a_rollback_to_the_previous_version_is_no_fallback() {
    let mut fold = Fold::new();
    fold.take(rollback_started("r-1", 0, RollbackTo::PreviousVersion)).take(rollback_completed("r-1", 60));
    fold.expect(ACTIVE, 0.0);
}

#[test]
fn a_second_rollback_in_a_fallback_keeps_the_earlier_start() {
    let mut fold = Fold::new();
    for (name, end) in [("r-1", 60), ("r-2", 40), ("r-3", 90)] {
        fold.take(rollback_started(name, 0, TO)).take(rollback_completed(name, end));
    }
    fold.expect(SINCE, START.as_seconds_f64() + 40.0).take(ended(100)).expect(SECONDS, 60.0);
}

#[test]
fn an_end_that_arrives_first_waits_for_the_start() {
    let mut fold = Fold::new();
    fold.take(ended(360)).take(rollback_started("r-1", 0, TO)).take(rollback_completed("r-1", 60));
    fold.expect(ACTIVE, 0.0).expect(SECONDS, 300.0);
    fold.advance(DAY).expect(ORPHANS, 0.0);
}

#[test]
fn a_second_end_that_waits_is_a_repeat() {
    let mut fold = Fold::new();
    fold.take(ended(360)).take(ended(400)).expect("day90_lifecycle_repeats_total{type=fallback.ended}", 1.0);
}

#[test]
fn an_end_whose_start_never_comes_is_an_orphan_after_a_day() {
    let mut fold = Fold::new();
    fold.take(ended(360)).advance(DAY - SECOND).expect(ORPHANS, 0.0).advance(SECOND).expect(ORPHANS, 1.0);
    fold.take(rollback_started("r-1", 0, TO)).take(rollback_completed("r-1", 60)).expect(ACTIVE, 1.0);
}

#[test]
fn an_end_from_before_the_start_is_an_orphan_and_the_fallback_runs() {
    let mut fold = Fold::new();
    fold.take(ended(59)).take(rollback_started("r-1", 0, TO)).take(rollback_completed("r-1", 60));
    fold.expect(ORPHANS, 1.0).expect(ACTIVE, 1.0).expect(SECONDS, 0.0);
}

#[test]
fn an_end_before_its_start_counts_as_skew_and_zero() {
    let mut fold = Fold::new();
    fold.take(rollback_started("r-1", 0, TO)).take(rollback_completed("r-1", 60)).take(ended(59));
    fold.expect(ACTIVE, 0.0).expect(SECONDS, 0.0).expect("day90_clock_skew_total{type=fallback.ended}", 1.0);
}

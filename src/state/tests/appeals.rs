//! Appeals: opened and decided, in any order.

use super::harness::*;
use crate::event::time::{DAY, SECOND};
use crate::event::{AppealOutcome, Body};

const OPEN: &str = "day90_appeals_open";
const OVERTURNED: &str = "day90_appeals_total{outcome=overturned}";
const SECONDS: &str = "day90_appeal_decide_seconds_sum";
const ORPHANS: &str = "day90_lifecycle_orphans_total{type=appeal.decided}";

fn repeats(stage: &str) -> String {
    format!("day90_lifecycle_repeats_total{{type=appeal.{stage}}}")
}

#[test]
fn an_appeal_is_open_until_it_is_decided() {
    let mut fold = Fold::new();
    fold.take(appealed("c-1", 0)).take(appealed("c-2", 0)).expect(OPEN, 2.0).expect(OVERTURNED, 0.0);
    fold.take(decided("c-1", 500)).expect(OPEN, 1.0).expect(OVERTURNED, 1.0).expect(SECONDS, 500.0);
    fold.take(event("c-2", 100, Body::AppealDecided { appeal: None, outcome: AppealOutcome::Upheld }));
    fold.expect(OPEN, 0.0).expect("day90_appeals_total{outcome=upheld}", 1.0).expect(SECONDS, 600.0);
}

#[test]
fn a_decision_that_arrives_first_counts_when_the_appeal_arrives() {
    let mut fold = Fold::new();
    fold.take(decided("c-1", 500)).expect(OVERTURNED, 0.0);
    fold.take(appealed("c-1", 0)).expect(OPEN, 0.0).expect(OVERTURNED, 1.0).expect(SECONDS, 500.0);
}

#[test]
fn a_decision_from_before_the_appeal_counts_as_skew_and_zero() {
    let mut fold = Fold::new();
    fold.take(appealed("c-1", 0)).take(decided("c-1", -1)).expect(OVERTURNED, 1.0).expect(SECONDS, 0.0);
    fold.expect("day90_clock_skew_total{type=appeal.decided}", 1.0);
}

#[test]
fn repeated_stages_change_nothing_but_the_counter_of_repeats() {
    let mut fold = Fold::new();
    fold.take(appealed("c-1", 0)).take(appealed("c-1", 0)).expect(OPEN, 1.0).expect(&repeats("opened"), 1.0);
    fold.take(decided("c-1", 5)).take(decided("c-1", 9)).expect(OPEN, 0.0).expect(&repeats("decided"), 1.0);
    fold.expect(OVERTURNED, 1.0).expect(SECONDS, 5.0);
}

#[test]
fn an_appeal_after_the_decision_is_another_one_and_an_earlier_one_a_repeat() {
    let mut fold = Fold::new();
    fold.take(appealed("c-1", 0)).take(decided("c-1", 50)).take(appealed("c-1", 50));
    fold.expect(OPEN, 0.0).expect(&repeats("opened"), 1.0);
    fold.take(appealed("c-1", 51)).expect(OPEN, 1.0).expect(OVERTURNED, 1.0);
    fold.take(decided("c-1", 61)).expect(OPEN, 0.0).expect(OVERTURNED, 2.0).expect(SECONDS, 60.0);
}

#[test]
fn a_decision_whose_appeal_never_comes_is_an_orphan_after_a_day() {
    let mut fold = Fold::new();
    fold.take(decided("c-1", 0)).advance(DAY - SECOND).expect(ORPHANS, 0.0).advance(SECOND).expect(ORPHANS, 1.0);
    fold.take(appealed("c-1", 0)).expect(OPEN, 1.0).expect(OVERTURNED, 0.0);
}

#[test]
fn a_decided_appeal_is_forgotten_after_a_day_and_is_no_orphan() {
    let mut fold = Fold::new();
    fold.take(appealed("c-1", 0)).advance(2 * DAY).take(decided("c-1", 60)).expect(OVERTURNED, 1.0);
    fold.advance(DAY - SECOND).take(decided("c-1", 60)).expect(&repeats("decided"), 1.0);
    fold.advance(SECOND).take(decided("c-1", 60)).expect(&repeats("decided"), 1.0).expect(ORPHANS, 0.0);
}

#[test]
fn a_case_may_have_several_appeals_by_name() {
    let named = |name: &'static str| event("c-1", 0, Body::AppealOpened { appeal: Some(name.into()), action: None });
    let mut fold = Fold::new();
    fold.take(named("a-1")).take(named("a-2")).take(named("a-1"));
    fold.expect(OPEN, 2.0).expect(&repeats("opened"), 1.0);
}

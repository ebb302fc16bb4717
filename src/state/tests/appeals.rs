//! Appeals: opened and decided, in any order, by a deadline.

use serde_json::json;

use super::harness::*;
use super::rules::declared;
use crate::event::time::{DAY, MINUTE, SECOND};

const DAYS: i64 = 86_400;
const OPEN: &str = "day90_appeals_open";
const OVERTURNED: &str = "day90_appeals_total{outcome=overturned}";
const SECONDS: &str = "day90_appeal_decide_seconds_sum";
const DECISIONS: &str = "day90_appeal_decide_seconds_count";
const MISSED: &str = "day90_appeal_deadline_missed_total";
const FORGIVEN: &str = "day90_appeal_deadline_forgiven_total";
const OVERDUE: &str = "day90_appeals_overdue";
const OLDEST: &str = "day90_appeal_oldest_open_timestamp_seconds";

fn repeats(stage: &str) -> String {
    format!("day90_lifecycle_repeats_total{{type=appeal.{stage}}}")
}

impl Fold {
    fn appeal(&mut self, seconds: i64) -> &mut Fold {
        self.say(seconds, "appeal.opened", r#""case":"c""#)
    }

    fn overturn(&mut self, seconds: i64) -> &mut Fold {
        self.say(seconds, "appeal.decided", r#""case":"c","outcome":"overturned""#)
    }
}

/// An appeal must be decided within two weeks.
fn within_two_weeks() -> Fold {
    declared(json!({"trust": {"appeals_within": 14 * DAY}}))
}

#[test]
fn an_appeal_is_open_until_it_is_decided() {
    let mut fold = Fold::new();
    fold.say(0, "appeal.opened", r#""case":"first""#).appeal(60).expect(OPEN, 2.0).expect(OVERTURNED, 0.0);
    fold.expect(OLDEST, START.as_seconds_f64()).say(100, "appeal.decided", r#""case":"first","outcome":"upheld""#);
    fold.expect(OPEN, 1.0).expect(OLDEST, START.as_seconds_f64() + 60.0).expect(SECONDS, 100.0);
    fold.overturn(560).expect(OPEN, 0.0).expect(OVERTURNED, 1.0).expect(SECONDS, 600.0).expect_none(OLDEST);
}

#[test]
fn a_decision_that_arrives_first_counts_when_the_appeal_arrives() {
    let mut fold = Fold::new();
    fold.overturn(500).expect(OVERTURNED, 0.0);
    fold.appeal(0).expect(OPEN, 0.0).expect(OVERTURNED, 1.0).expect(SECONDS, 500.0);
}

#[test]
fn a_decision_whose_appeal_never_comes_counts_after_the_grace_as_one_of_its_own() {
    let orphans = "day90_lifecycle_orphans_total{type=appeal.decided}";
    let mut fold = Fold::new();
    fold.overturn(500).advance(5 * MINUTE - 1).expect(OVERTURNED, 0.0).advance(1).expect(OVERTURNED, 1.0);
    fold.expect_none(SECONDS).expect(OPEN, 0.0);
    // Should the opening still come, it only fills in what was missing.
    fold.appeal(0).expect(OVERTURNED, 1.0).expect(OPEN, 0.0).expect(SECONDS, 500.0).expect(&repeats("opened"), 0.0);
    fold.advance(2 * DAY).expect(orphans, 0.0).expect(DECISIONS, 1.0);
}

#[test]
fn a_decision_from_before_the_appeal_counts_as_skew_and_zero() {
    let mut fold = Fold::new();
    fold.appeal(1).overturn(0).expect(OVERTURNED, 1.0).expect(SECONDS, 0.0);
    fold.expect("day90_clock_skew_total{type=appeal.decided}", 1.0);
}

#[test]
fn repeated_stages_change_nothing_but_the_counter_of_repeats() {
    let mut fold = Fold::new();
    fold.appeal(0).appeal(0).expect(OPEN, 1.0).expect(&repeats("opened"), 1.0).overturn(5).overturn(9);
    fold.advance(5 * MINUTE).expect(OPEN, 0.0).expect(&repeats("decided"), 1.0);
    fold.expect(OVERTURNED, 1.0).expect(SECONDS, 5.0);
}

#[test]
fn an_appeal_after_the_decision_is_another_one_and_an_earlier_one_a_repeat() {
    let mut fold = Fold::new();
    fold.appeal(0).overturn(50).appeal(50).advance(5 * MINUTE).expect(OPEN, 0.0).expect(&repeats("opened"), 1.0);
    fold.appeal(51).expect(OPEN, 1.0).expect(OVERTURNED, 1.0);
    fold.overturn(61).expect(OPEN, 0.0).expect(OVERTURNED, 2.0).expect(SECONDS, 60.0);
}

#[test]
fn the_second_round_may_come_in_any_order_too() {
    let mut fold = Fold::new();
    fold.appeal(0).overturn(50).overturn(150).appeal(100).expect(OPEN, 0.0);
    fold.expect(OVERTURNED, 2.0).expect(SECONDS, 100.0).advance(DAY).expect(OVERTURNED, 2.0).expect(OPEN, 0.0);
}

#[test]
fn a_decided_appeal_is_forgotten_after_a_day() {
    let mut fold = Fold::new();
    fold.appeal(0).overturn(60).advance(DAY - SECOND).overturn(60).expect(&repeats("decided"), 1.0);
    fold.advance(SECOND).overturn(60).expect(&repeats("decided"), 1.0);
}

#[test]
fn a_case_may_have_several_appeals_by_name_and_each_happens_once() {
    let mut fold = Fold::new();
    let mut named = |seconds, name: &str, what: &str, outcome: &str| {
        fold.say(seconds, what, &format!(r#""case":"c","appeal":"{name}"{outcome}"#));
    };
    let upheld = r#","outcome":"upheld""#;
    named(0, "a-1", "appeal.opened", "");
    named(0, "a-2", "appeal.opened", "");
    named(0, "a-1", "appeal.opened", "");
    named(60, "a-1", "appeal.decided", upheld);
    named(90, "a-1", "appeal.opened", "");
    fold.expect(OPEN, 1.0).expect(&repeats("opened"), 2.0).expect("day90_appeals_total{outcome=upheld}", 1.0);
}

/// Case P5: an appeal that is open for 60 days.
#[test]
fn the_clock_misses_the_deadline_while_an_appeal_is_open() {
    let mut fold = within_two_weeks();
    fold.expect(MISSED, 0.0).expect(FORGIVEN, 0.0).expect(OVERDUE, 0.0).appeal(0).advance(14 * DAY - 1);
    fold.expect(MISSED, 0.0).expect(OVERDUE, 0.0).advance(2).expect(MISSED, 1.0).expect(OVERDUE, 1.0);
    fold.overturn(15 * DAYS).expect(OVERDUE, 0.0).expect(MISSED, 1.0).expect(FORGIVEN, 0.0);
}

#[test]
fn an_appeal_that_was_decided_in_time_and_says_so_late_is_forgiven() {
    let mut fold = within_two_weeks();
    fold.appeal(0).advance(20 * DAY).expect(MISSED, 1.0).overturn(14 * DAYS).expect(FORGIVEN, 1.0).expect(MISSED, 1.0);
}

#[test]
fn deadlines_are_judged_by_event_times_and_late_arrival_is_no_missed_deadline() {
    let mut fold = within_two_weeks();
    fold.advance(30 * DAY).appeal(0).overturn(14 * DAYS).expect(MISSED, 0.0);
    let mut fold = within_two_weeks();
    fold.advance(30 * DAY).appeal(0).overturn(14 * DAYS + 1).expect(MISSED, 1.0).expect(FORGIVEN, 0.0);
    let mut fold = within_two_weeks();
    fold.advance(30 * DAY).appeal(0).advance(5 * MINUTE - 1).expect(MISSED, 0.0).advance(1).expect(MISSED, 1.0);
}

#[test]
fn without_a_declared_deadline_there_is_none() {
    let mut fold = Fold::new();
    fold.appeal(0).advance(60 * DAY).expect_none(MISSED).expect_none(OVERDUE);
}

#[test]
fn a_decision_undoes_a_resolution_when_it_arrives_though_it_waits_for_its_appeal() {
    let undone = "day90_resolutions_undone_total{by=ai,escalated=false,how=overturned,matured=false}";
    let mut fold = Fold::new();
    fold.say(0, "case.closed", r#""case":"c","by":"ai""#).overturn(60).expect(undone, 1.0).appeal(30);
    fold.advance(DAY).expect(undone, 1.0);
}

#[test]
fn a_second_decision_of_an_appeal_undoes_nothing() {
    let mut fold = Fold::new();
    fold.appeal(0).say(60, "appeal.decided", r#""case":"c","outcome":"upheld""#);
    fold.say(70, "case.closed", r#""case":"c","by":"ai""#).overturn(90).advance(DAY);
    fold.expect("day90_resolutions_undone_total{by=ai,escalated=false,how=overturned,matured=false}", 0.0);
    fold.expect(&repeats("decided"), 1.0);
}

#[test]
fn a_restart_between_any_two_stages_changes_nothing() {
    let (mut live, mut restarted) = (within_two_weeks(), within_two_weeks());
    let steps: [fn(&mut Fold); 5] = [
        |fold| _ = fold.overturn(150),
        |fold| _ = fold.appeal(0),
        |fold| _ = fold.appeal(200),
        |fold| _ = fold.advance(15 * DAY),
        |fold| _ = fold.overturn(300),
    ];
    for step in steps {
        step(&mut live);
        restarted = restarted.restarted();
        step(&mut restarted);
        assert_eq!(restarted.samples(), live.samples());
    }
    live.advance(2 * DAY);
    restarted = restarted.restarted();
    restarted.advance(2 * DAY);
    assert_eq!((restarted.samples(), restarted.stored()), (live.samples(), live.stored()));
}

//! Reviews: queue depth, wait and effort, decisions and their audits, in any order.

use super::harness::*;
use crate::config::Model;
use crate::config::model::{Objectives, Reviewers, System};
use crate::event::time::{DAY, SECOND};
use crate::event::{Body, Decision, Event, Fixed};

const OPEN: &str = "day90_reviews_open{queue=second-look}";
const WAIT: &str = "day90_review_wait_seconds_sum{queue=second-look}";
const EDITED: &str = "day90_reviews_total{queue=second-look,decision=edited}";
const HANDLING: &str = "day90_review_handling_seconds_sum{queue=second-look,decision=edited}";
const APPROPRIATE: &str = "day90_reviews_audited_total{decision=edited,appropriate=true}";

fn repeats(stage: &str) -> String {
    format!("day90_lifecycle_repeats_total{{type=review.{stage}}}")
}

fn orphans(stage: &str) -> String {
    format!("day90_lifecycle_orphans_total{{type=review.{stage}}}")
}

/// A completion with the effort and the edit ratio that its sender measured, in thousandths.
fn measured(case: &str, seconds: i64, handling: i64, ratio: i64) -> Event<'static> {
    let body = Body::ReviewCompleted {
        review: None,
        decision: Decision::Edited,
        by: None,
        handling_seconds: Some(Fixed::from_units(handling)),
        edit_ratio: Some(Fixed::from_nanos(ratio * 1_000_000)),
        queue: None,
        action: None,
        wait_seconds: None,
    };
    event(case, seconds, body)
}

#[test]
fn a_review_waits_is_started_and_completed() {
    let oldest = "day90_review_oldest_open_timestamp_seconds{queue=second-look}";
    let mut fold = Fold::new();
    fold.take(requested("c-1", 0)).expect(OPEN, 1.0).expect(oldest, START.as_seconds_f64());
    fold.take(started("c-1", 20)).expect(WAIT, 20.0).expect(OPEN, 1.0);
    fold.take(completed("c-1", 50, Decision::Edited)).expect(OPEN, 0.0).expect_none(oldest);
    fold.expect(EDITED, 1.0).expect(HANDLING, 30.0);
    fold.expect_none("day90_review_edit_ratio_count{queue=second-look}");
}

#[test]
fn effort_that_was_measured_goes_before_start_to_completion() {
    let mut fold = Fold::new();
    fold.take(requested("c-1", 0)).take(started("c-1", 20)).take(measured("c-1", 50, 9, 250)).expect(HANDLING, 9.0);
    fold.expect("day90_review_edit_ratio_sum{queue=second-look}", 0.25);
}

#[test]
fn a_review_without_a_start_has_no_wait_and_no_effort() {
    let mut fold = Fold::new();
    fold.take(requested("c-1", 0)).take(completed("c-1", 50, Decision::Edited));
    fold.expect(EDITED, 1.0).expect_none(HANDLING).expect_none(WAIT);
    // A start that arrives late completes the facts.
    fold.take(started("c-1", 20)).expect(WAIT, 20.0).expect(HANDLING, 30.0).expect(EDITED, 1.0);
}

#[test]
fn stages_that_arrive_before_the_request_count_when_it_arrives() {
    let mut fold = Fold::new();
    fold.take(completed("c-1", 50, Decision::Edited)).take(started("c-1", 20)).expect_none(EDITED).expect_none(WAIT);
    fold.take(requested("c-1", 0)).expect(OPEN, 0.0).expect(EDITED, 1.0).expect(WAIT, 20.0).expect(HANDLING, 30.0);
}

#[test]
fn times_that_run_backwards_count_as_skew_and_zero() {
    let mut fold = Fold::new();
    fold.take(requested("c-1", 0)).take(started("c-1", -3)).take(completed("c-1", -5, Decision::Edited));
    fold.expect(WAIT, 0.0).expect(HANDLING, 0.0);
    fold.expect("day90_clock_skew_total{type=review.started}", 1.0);
    fold.expect("day90_clock_skew_total{type=review.completed}", 1.0);
}

#[test]
fn repeated_stages_change_nothing_but_the_counter_of_repeats() {
    let mut fold = Fold::new();
    let all = [requested("c-1", 0), started("c-1", 20), completed("c-1", 50, Decision::Edited)];
    for event in all.iter().chain(&all) {
        fold.take(event.clone());
    }
    fold.take(audited("c-1", 90, true, None)).take(audited("c-1", 95, false, None));
    for stage in ["requested", "started", "completed", "audited"] {
        fold.expect(&repeats(stage), 1.0);
    }
    fold.expect(OPEN, 0.0).expect(EDITED, 1.0).expect(WAIT, 20.0).expect(HANDLING, 30.0).expect(APPROPRIATE, 1.0);
    fold.expect_none("day90_reviews_audited_total{decision=edited,appropriate=false}");
}

#[test]
fn a_request_after_the_completion_is_another_review_and_an_earlier_one_a_repeat() {
    let mut fold = Fold::new();
    fold.take(requested("c-1", 0)).take(started("c-1", 20)).take(completed("c-1", 50, Decision::Edited));
    fold.take(requested("c-1", 50)).expect(OPEN, 0.0).expect(&repeats("requested"), 1.0);
    fold.take(requested("c-1", 51)).expect(OPEN, 1.0).expect(EDITED, 1.0);
    fold.take(started("c-1", 61)).take(completed("c-1", 70, Decision::Edited));
    fold.expect(OPEN, 0.0).expect(EDITED, 2.0).expect(WAIT, 30.0).expect(HANDLING, 39.0);
}

#[test]
fn an_audit_that_names_its_decision_always_counts() {
    let mut fold = Fold::new();
    fold.take(audited("c-1", 0, true, Some(Decision::Edited))).expect(APPROPRIATE, 1.0);
    fold.take(audited("c-1", 0, true, Some(Decision::Edited))).expect(APPROPRIATE, 2.0);
    fold.advance(2 * DAY).expect(&orphans("audited"), 0.0).expect(&repeats("audited"), 0.0);
}

#[test]
fn an_audit_that_names_none_takes_the_decision_of_the_completion() {
    let mut fold = Fold::new();
    fold.take(audited("c-1", 90, true, None)).expect_none(APPROPRIATE);
    // The request isn't needed for that.
    fold.take(completed("c-1", 50, Decision::Edited)).expect(APPROPRIATE, 1.0);
    fold.advance(DAY).expect(&orphans("audited"), 0.0).expect(&orphans("completed"), 1.0);
}

#[test]
fn stages_whose_request_never_comes_are_orphans_after_a_day() {
    let mut fold = Fold::new();
    fold.take(started("c-1", 0)).take(audited("c-1", 9, true, None)).take(completed("c-2", 0, Decision::Edited));
    fold.advance(DAY - SECOND).expect(&orphans("started"), 0.0).expect(&orphans("completed"), 0.0);
    fold.advance(SECOND).expect(&orphans("started"), 1.0).expect(&orphans("completed"), 1.0);
    fold.expect(&orphans("audited"), 1.0).expect_none(EDITED);
}

#[test]
fn a_finished_review_is_forgotten_after_a_day_and_is_no_orphan() {
    let mut fold = Fold::new();
    fold.take(requested("c-1", 0)).take(completed("c-1", 50, Decision::Edited)).advance(DAY - SECOND);
    fold.take(completed("c-1", 50, Decision::Edited)).expect(&repeats("completed"), 1.0).advance(SECOND);
    fold.take(completed("c-1", 50, Decision::Edited)).expect(&repeats("completed"), 1.0).advance(DAY);
    fold.expect(&orphans("completed"), 1.0).expect(&orphans("requested"), 0.0);
}

#[test]
fn a_review_without_a_queue_is_in_the_queue_none() {
    let mut fold = Fold::new();
    fold.take(event("c-1", 0, Body::ReviewRequested { review: None, queue: None, action: None }));
    fold.expect("day90_reviews_open{queue=none}", 1.0);
}

/// Two reviewers for twelve hours a day, and objectives for overrides and rubber stamps.
fn judged() -> Model {
    let objectives = Objectives {
        override_ratio: Some(Fixed::from_nanos(100_000_000)),
        rubber_stamp_seconds: Some(Fixed::from_units(10)),
        ..Objectives::default()
    };
    let reviewers = Reviewers { reviewers: 2, hours_per_day: Fixed::from_units(12), within: None };
    declared(System { objectives, review_queues: [("second-look".to_owned(), reviewers)].into(), ..System::default() })
}

#[test]
fn a_declared_queue_has_its_capacity_and_is_at_zero_from_the_start() {
    let mut fold = Fold::with(judged());
    fold.expect("day90_review_capacity_seconds_per_hour{queue=second-look}", 3_600.0).expect(OPEN, 0.0);
}

#[test]
fn overrides_are_judged_among_the_decisions_of_people() {
    let [events, good] =
        ["events", "good"].map(|what| format!("day90_objective_{what}_total{{objective=override_ratio}}"));
    let mut fold = Fold::with(judged());
    for (number, decision) in Decision::ALL.iter().enumerate() {
        let case = format!("c-{number}");
        fold.take(requested(&case, 0)).take(completed(&case, 50, *decision));
    }
    // Approved, edited, rejected and responded; of these, approved and responded let the output be.
    fold.expect(&events, 4.0).expect(&good, 2.0);
}

#[test]
fn an_approval_that_is_too_quick_is_a_rubber_stamp() {
    let [events, good] =
        ["events", "good"].map(|what| format!("day90_objective_{what}_total{{objective=rubber_stamp_seconds}}"));
    let mut fold = Fold::with(judged());
    for (case, decision, seconds) in
        [("c-1", Decision::Approved, 9), ("c-2", Decision::Approved, 10), ("c-3", Decision::Rejected, 1)]
    {
        fold.take(requested(case, 0)).take(started(case, 5)).take(completed(case, 5 + seconds, decision));
    }
    fold.expect(&events, 2.0).expect(&good, 1.0);
}

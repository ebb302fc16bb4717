//! Escalations: their stages in any order, queues, repeats and orphans, and deadlines missed by event or by the clock.

use super::harness::*;
use crate::config::Model;
use crate::config::model::{Bounds, ExceptionPath, Reviewers, System};
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::event::{Body, Event, Fixed};

const OPENED: &str = "day90_escalations_total{queue=billing,reason=low_confidence}";
const OPEN: &str = "day90_escalations_open{queue=billing}";
const UNACKNOWLEDGED: &str = "day90_escalations_unacknowledged{queue=billing}";
const ACKNOWLEDGED: &str = "day90_escalation_acknowledge_seconds_count{queue=billing}";
const ACKNOWLEDGE_MISSED: &str = "day90_escalation_deadline_missed_total{queue=billing,stage=acknowledge}";
const RESOLVE_MISSED: &str = "day90_escalation_deadline_missed_total{queue=billing,stage=resolve}";

fn repeats(stage: &str) -> String {
    format!("day90_lifecycle_repeats_total{{type=escalation.{stage}}}")
}

fn orphans(stage: &str) -> String {
    format!("day90_lifecycle_orphans_total{{type=escalation.{stage}}}")
}

#[test]
fn an_escalation_is_counted_open_and_then_resolved() {
    let oldest = "day90_escalation_oldest_open_timestamp_seconds{queue=billing}";
    let unseen = "day90_escalation_oldest_unacknowledged_timestamp_seconds{queue=billing}";
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).expect(OPENED, 1.0).expect(OPEN, 1.0).expect(UNACKNOWLEDGED, 1.0);
    fold.expect(oldest, START.as_seconds_f64()).expect(unseen, START.as_seconds_f64());
    fold.take(acknowledged("c-1", 60)).expect(OPEN, 1.0).expect(UNACKNOWLEDGED, 0.0);
    fold.expect(oldest, START.as_seconds_f64()).expect_none(unseen);
    fold.take(resolved("c-1", 300)).expect(OPEN, 0.0).expect_none(oldest);
    fold.expect("day90_escalation_acknowledge_seconds_sum{queue=billing}", 60.0)
        .expect("day90_escalation_resolve_seconds_sum{queue=billing,outcome=upheld}", 300.0);
}

#[test]
fn the_oldest_escalation_of_a_queue_is_the_earliest_that_is_still_open() {
    let oldest = "day90_escalation_oldest_open_timestamp_seconds{queue=billing}";
    let mut fold = Fold::new();
    fold.take(opened("c-2", 20)).take(opened("c-1", 10)).take(opened("c-3", 30));
    fold.expect(oldest, START.as_seconds_f64() + 10.0);
    fold.take(resolved("c-1", 40)).expect(oldest, START.as_seconds_f64() + 20.0);
}

#[test]
fn gauges_follow_a_reassignment_and_counters_stay_with_the_first_queue() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(reassigned("c-1", 10, "fraud"));
    fold.expect(OPEN, 0.0)
        .expect("day90_escalations_open{queue=fraud}", 1.0)
        .expect("day90_escalations_reassigned_total{queue=billing}", 1.0);
    // The later one by event time decides, although it arrived first.
    fold.take(reassigned("c-1", 5, "legal")).expect("day90_escalations_open{queue=fraud}", 1.0);
    fold.expect("day90_escalations_open{queue=legal}", 0.0)
        .expect("day90_escalations_reassigned_total{queue=billing}", 2.0);
}

#[test]
fn stages_that_arrive_before_the_opening_count_when_it_arrives() {
    let mut fold = Fold::new();
    fold.take(reassigned("c-1", 10, "fraud"))
        .take(acknowledged("c-1", 60))
        .expect_none(OPENED)
        .expect_none(ACKNOWLEDGED);
    fold.take(opened("c-1", 0)).expect(OPENED, 1.0).expect(ACKNOWLEDGED, 1.0);
    fold.expect(OPEN, 0.0)
        .expect("day90_escalations_open{queue=fraud}", 1.0)
        .expect("day90_escalations_unacknowledged{queue=fraud}", 0.0)
        .expect("day90_escalations_reassigned_total{queue=billing}", 1.0);
}

#[test]
fn a_repeated_stage_changes_nothing_but_the_counter_of_repeats() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(acknowledged("c-1", 60)).take(reassigned("c-1", 70, "fraud"));
    fold.take(resolved("c-1", 80));
    let before = fold.samples().all;
    fold.take(opened("c-1", 0)).take(acknowledged("c-1", 90)).take(reassigned("c-1", 70, "fraud"));
    fold.take(resolved("c-1", 95));
    for stage in ["opened", "acknowledged", "reassigned", "resolved"] {
        fold.expect(&repeats(stage), 1.0);
    }
    let counts_events = |series: &str| series.contains("repeats_total") || series.contains("day90_events_total");
    let mut after = fold.samples().all;
    after.retain(|series, value| !counts_events(series) && before.get(series) != Some(value));
    assert!(after.is_empty(), "{after:?}");
}

#[test]
fn a_repeated_opening_moves_neither_the_escalation_nor_its_deadline() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).take(opened_with("c-1", 600, Some("fraud"), None)).expect(&repeats("opened"), 1.0);
    fold.expect(OPEN, 1.0).expect_none("day90_escalations_open{queue=fraud}");
    fold.advance(15 * MINUTE).expect(ACKNOWLEDGE_MISSED, 1.0);
}

#[test]
fn the_reassignments_that_one_escalation_counts_are_bounded() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0));
    for second in 1..=40 {
        fold.take(reassigned("c-1", second, "fraud"));
    }
    fold.expect("day90_escalations_reassigned_total{queue=billing}", 32.0).expect(&repeats("reassigned"), 8.0);
}

#[test]
fn with_little_room_fewer_reassignments_are_counted() {
    let limits = Bounds { state_bytes: 100_000, ..Bounds::default() };
    let mut fold = Fold::with(Model { limits, ..routed() });
    for case in 0..40 {
        fold.take(opened(&format!("c-{case}"), 0));
    }
    for second in 1..=40 {
        fold.take(reassigned("c-1", second, "billing"));
    }
    fold.expect("day90_escalations_reassigned_total{queue=billing}", 4.0).expect(&repeats("reassigned"), 36.0);
}

#[test]
fn an_escalation_with_a_name_is_separate_from_that_of_its_case() {
    let named = |event: Event<'static>| {
        let escalation = Some("e-2".into());
        let body = match event.body {
            Body::EscalationOpened { queue, reason, action, severity, .. } => {
                Body::EscalationOpened { escalation, queue, reason, action, severity }
            }
            Body::EscalationAcknowledged { by, .. } => Body::EscalationAcknowledged { escalation, by },
            other => other,
        };
        Event { body, ..event }
    };
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(named(opened("c-1", 5))).expect(OPENED, 2.0).expect(OPEN, 2.0);
    fold.take(named(acknowledged("c-1", 10))).expect(UNACKNOWLEDGED, 1.0).expect(ACKNOWLEDGED, 1.0);
}

#[test]
fn a_case_that_is_escalated_again_after_its_resolution_counts_twice() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).take(acknowledged("c-1", 30)).take(resolved("c-1", 60)).take(opened("c-1", 120));
    fold.expect(OPENED, 2.0).expect(OPEN, 1.0).expect(UNACKNOWLEDGED, 1.0);
    fold.take(acknowledged("c-1", 150)).expect(ACKNOWLEDGED, 2.0).expect(&repeats("acknowledged"), 0.0);
    fold.expect("day90_objective_events_total{objective=acknowledge_seconds}", 2.0);
}

#[test]
fn an_opening_from_before_the_resolution_is_a_repeat() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(resolved("c-1", 60)).take(opened("c-1", 60));
    fold.expect(OPENED, 1.0).expect(OPEN, 0.0).expect(&repeats("opened"), 1.0);
}

#[test]
fn stages_whose_opening_never_comes_are_orphans_after_a_day() {
    let mut fold = Fold::new();
    fold.take(acknowledged("c-1", 0)).take(reassigned("c-1", 5, "fraud")).take(reassigned("c-1", 6, "legal"));
    fold.take(resolved("c-1", 9)).advance(DAY - SECOND);
    for stage in ["acknowledged", "reassigned", "resolved"] {
        fold.expect(&orphans(stage), 0.0);
    }
    fold.advance(SECOND).expect(&orphans("acknowledged"), 1.0).expect(&orphans("reassigned"), 2.0);
    fold.expect(&orphans("resolved"), 1.0);
    // The opening is too late: nothing joins it.
    fold.take(opened("c-1", 0)).expect(OPENED, 1.0).expect(OPEN, 1.0).expect_none(ACKNOWLEDGED);
}

#[test]
fn a_finished_escalation_is_remembered_for_a_day() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(resolved("c-1", 60)).advance(DAY - SECOND);
    fold.take(acknowledged("c-1", 30)).expect(ACKNOWLEDGED, 1.0).advance(DAY - SECOND);
    fold.take(acknowledged("c-1", 30)).expect(&repeats("acknowledged"), 1.0).advance(SECOND);
    fold.take(acknowledged("c-1", 30)).expect(&repeats("acknowledged"), 1.0).advance(DAY);
    fold.expect(&orphans("acknowledged"), 1.0).expect(&orphans("resolved"), 0.0);
}

#[test]
fn an_open_case_misses_its_deadline_by_the_clock_once() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).advance(15 * MINUTE - 1).expect(ACKNOWLEDGE_MISSED, 0.0);
    fold.advance(1).expect(ACKNOWLEDGE_MISSED, 1.0);
    // A late acknowledgement with an early time doesn't undo the miss, and adds no second one.
    fold.take(acknowledged("c-1", 30)).advance(HOUR).expect(ACKNOWLEDGE_MISSED, 1.0);
    fold.advance(7 * HOUR).expect(RESOLVE_MISSED, 1.0);
}

#[test]
fn a_stage_after_its_deadline_misses_it_without_the_clock() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).take(acknowledged("c-1", 15 * 60 + 1)).take(resolved("c-1", 8 * 3_600 + 1));
    fold.expect(ACKNOWLEDGE_MISSED, 1.0).expect(RESOLVE_MISSED, 1.0);
    fold.take(opened("c-2", 0)).take(acknowledged("c-2", 15 * 60)).take(resolved("c-2", 8 * 3_600)).advance(DAY);
    fold.expect(ACKNOWLEDGE_MISSED, 1.0).expect(RESOLVE_MISSED, 1.0);
}

#[test]
fn a_resolution_in_time_needs_no_acknowledgement_and_a_later_one_does() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).take(resolved("c-1", 15 * 60)).advance(HOUR).expect(ACKNOWLEDGE_MISSED, 0.0);
    fold.take(opened("c-2", 0)).take(resolved("c-2", 15 * 60 + 1)).advance(HOUR).expect(ACKNOWLEDGE_MISSED, 1.0);
    fold.expect(RESOLVE_MISSED, 0.0);
}

#[test]
fn objectives_judge_each_stage_once() {
    let judged = |stage: &str| {
        ["events", "good"].map(|what| format!("day90_objective_{what}_total{{objective={stage}_seconds}}"))
    };
    let ([acknowledge, in_time], [resolve, resolved_in_time]) = (judged("acknowledge"), judged("resolve"));
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).expect(&acknowledge, 0.0);
    fold.take(acknowledged("c-1", 60)).expect(&acknowledge, 1.0).expect(&in_time, 1.0).expect(&resolve, 0.0);
    fold.take(opened("c-2", 0)).advance(15 * MINUTE).expect(&acknowledge, 2.0).expect(&in_time, 1.0);
    fold.take(acknowledged("c-2", 60)).expect(&acknowledge, 2.0).expect(&in_time, 1.0);
    fold.take(resolved("c-1", 300)).advance(DAY).expect(&resolve, 2.0).expect(&resolved_in_time, 1.0);
}

#[test]
fn without_deadlines_nothing_is_missed_or_judged() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).advance(30 * DAY).take(acknowledged("c-1", 30 * 86_400));
    fold.expect_none(ACKNOWLEDGE_MISSED).expect_none("day90_objective_events_total{objective=acknowledge_seconds}");
}

#[test]
fn deadlines_that_pass_at_the_same_moment_are_all_missed_by_the_clock() {
    let mut fold = Fold::with(routed());
    // It was received after both deadlines, so the grace for late arrivals ends for both at once.
    fold.take(opened("c-1", -86_400))
        .advance(5 * SECOND - 1)
        .expect(ACKNOWLEDGE_MISSED, 0.0)
        .expect(RESOLVE_MISSED, 0.0);
    fold.advance(1).expect(ACKNOWLEDGE_MISSED, 1.0).expect(RESOLVE_MISSED, 1.0);
}

#[test]
fn history_that_comes_in_two_requests_misses_no_deadline() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", -86_400)).advance(SECOND).take(acknowledged("c-1", -86_340)).take(resolved("c-1", -86_000));
    fold.advance(DAY).expect(ACKNOWLEDGE_MISSED, 0.0).expect(RESOLVE_MISSED, 0.0);
}

#[test]
fn a_stage_before_the_opening_counts_as_skew_and_zero() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(acknowledged("c-1", -5)).take(resolved("c-1", -4));
    fold.expect("day90_escalation_acknowledge_seconds_sum{queue=billing}", 0.0)
        .expect("day90_escalation_resolve_seconds_sum{queue=billing,outcome=upheld}", 0.0)
        .expect("day90_clock_skew_total{type=escalation.acknowledged}", 1.0)
        .expect("day90_clock_skew_total{type=escalation.resolved}", 1.0);
}

/// One exact route, one for every other reason, and a review queue.
fn two_routes() -> Model {
    let routes = vec![route("fraud", "fraud-desk"), route("*", "front-desk")];
    let reviewers = Reviewers { reviewers: 1, hours_per_day: Fixed::from_units(8), within: None };
    declared(System {
        exception_path: ExceptionPath { routes, ..ExceptionPath::default() },
        review_queues: [("second-look".to_owned(), reviewers)].into(),
        ..System::default()
    })
}

#[test]
fn an_opening_without_a_queue_gets_that_of_the_first_route_that_matches() {
    let mut fold = Fold::with(two_routes());
    fold.take(opened_with("c-1", 0, None, Some("fraud"))).take(opened_with("c-2", 0, None, Some("odd")));
    fold.take(opened_with("c-3", 0, None, None)).take(opened_with("c-4", 0, Some("mine"), Some("fraud")));
    fold.expect("day90_escalations_total{queue=fraud-desk,reason=fraud}", 1.0)
        .expect("day90_escalations_total{queue=front-desk,reason=odd}", 1.0)
        .expect("day90_escalations_total{queue=front-desk,reason=none}", 1.0)
        .expect("day90_escalations_total{queue=mine,reason=fraud}", 1.0)
        .expect("day90_escalations_unrouted_total{reason=none}", 0.0)
        .expect_none("day90_escalations_unrouted_total{reason=fraud}");
}

#[test]
fn an_escalation_is_unrouted_if_neither_its_reason_nor_its_queue_is_declared() {
    let mut model = two_routes();
    model.systems.get_mut("agent").unwrap().exception_path.routes.truncate(1);
    let mut fold = Fold::with(model);
    let unrouted = "day90_escalations_unrouted_total{reason=odd}";
    for queue in ["fraud-desk", "second-look"] {
        fold.take(opened_with(queue, 0, Some(queue), Some("odd"))).expect_none(unrouted);
    }
    fold.take(opened_with("c-1", 0, Some("mine"), Some("odd"))).expect(unrouted, 1.0);
    fold.take(opened_with("c-2", 0, None, Some("odd"))).expect(unrouted, 2.0);
    fold.expect("day90_escalations_total{queue=unrouted,reason=odd}", 1.0);
}

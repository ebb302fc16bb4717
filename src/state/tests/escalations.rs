//! Escalations: their stages in any order, queues, repeats and orphans, and deadlines missed by event or by the clock.

use super::harness::*;
use crate::config::Model;
use crate::config::model::{Bounds, ExceptionPath, Promise, Reviewers, System, Within};
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::event::{Body, Event, Fixed, Severity};

const OPENED: &str = "day90_escalations_total{queue=billing,reason=low_confidence}";
const OPEN: &str = "day90_escalations_open{queue=billing}";
const UNACKNOWLEDGED: &str = "day90_escalations_unacknowledged{queue=billing}";
const ACKNOWLEDGED: &str = "day90_escalation_acknowledge_seconds_count{queue=billing}";
const ACKNOWLEDGE_MISSED: &str = "day90_escalation_deadline_missed_total{queue=billing,stage=acknowledge}";
const ACKNOWLEDGE_FORGIVEN: &str = "day90_escalation_deadline_forgiven_total{queue=billing,stage=acknowledge}";
const RESOLVE_FORGIVEN: &str = "day90_escalation_deadline_forgiven_total{queue=billing,stage=resolve}";
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
    // What is later than the end may be of another round.
    fold.expect(&repeats("opened"), 1.0).expect(&repeats("resolved"), 0.0).advance(5 * MINUTE);
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
    fold.take(opened("c-1", 0)).take(opened_with("c-1", 600, Some("fraud"), None));
    fold.expect(OPEN, 1.0).expect_none("day90_escalations_open{queue=fraud}");
    fold.advance(5 * MINUTE - 1).expect(&repeats("opened"), 0.0).advance(1).expect(&repeats("opened"), 1.0);
    fold.expect(OPENED, 1.0).expect(OPEN, 1.0).expect(ACKNOWLEDGE_MISSED, 0.0);
    fold.advance(10 * MINUTE).expect(ACKNOWLEDGE_MISSED, 1.0);
}

#[test]
fn the_reassignments_that_one_escalation_counts_are_bounded() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0));
    for second in 1..=40 {
        fold.take(reassigned("c-1", second, if second % 2 == 0 { "billing" } else { "fraud" }));
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
        fold.take(reassigned("c-1", second, if second % 2 == 0 { "billing" } else { "fraud" }));
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
    fold.advance(5 * MINUTE).expect(OPENED, 1.0).expect(OPEN, 0.0).expect(&repeats("opened"), 1.0);
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
    fold.take(opened("c-1", 0)).take(acknowledged("c-1", 30)).take(resolved("c-1", 60)).advance(DAY - SECOND);
    fold.take(acknowledged("c-1", 30)).expect(&repeats("acknowledged"), 1.0).advance(SECOND);
    fold.take(acknowledged("c-1", 30)).expect(&repeats("acknowledged"), 1.0).advance(DAY);
    fold.expect(&orphans("acknowledged"), 1.0).expect(&orphans("resolved"), 0.0);
}

#[test]
fn an_open_case_misses_its_deadline_by_the_clock_once() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).advance(15 * MINUTE - 1).expect(ACKNOWLEDGE_MISSED, 0.0);
    fold.advance(1).expect(ACKNOWLEDGE_MISSED, 1.0);
    // One with a time of its own that is late adds no second one.
    fold.take(acknowledged("c-1", 15 * 60 + 1)).advance(HOUR).expect(ACKNOWLEDGE_MISSED, 1.0);
    fold.expect(ACKNOWLEDGE_FORGIVEN, 0.0);
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
    // It was in time after all.
    fold.take(acknowledged("c-2", 60)).expect(&acknowledge, 2.0).expect(&in_time, 2.0);
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
        .advance(5 * MINUTE - 1)
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
        // No route names its queue, though one matches its reason.
        .expect("day90_escalations_unrouted_total{reason=fraud}", 1.0)
        .expect_none("day90_escalations_unrouted_total{reason=odd}");
}

#[test]
fn an_escalation_is_unrouted_once_when_it_comes_to_a_queue_that_no_route_names() {
    let mut model = two_routes();
    model.systems.get_mut("agent").unwrap().exception_path.routes.truncate(1);
    let mut fold = Fold::with(model);
    let unrouted = "day90_escalations_unrouted_total{reason=odd}";
    fold.take(opened_with("c-1", 0, Some("fraud-desk"), Some("odd"))).expect_none(unrouted);
    fold.take(reassigned("c-1", 5, "mine")).expect(unrouted, 1.0);
    fold.take(reassigned("c-1", 6, "fraud-desk")).take(reassigned("c-1", 7, "mine")).expect(unrouted, 1.0);
    // A review queue is no route.
    fold.take(opened_with("c-2", 0, Some("second-look"), Some("odd"))).expect(unrouted, 2.0);
    fold.take(opened_with("c-3", 0, None, Some("odd"))).expect(unrouted, 3.0);
    fold.expect("day90_escalations_total{queue=unrouted,reason=odd}", 1.0);
}

/// It is judged by the routes of its arrival, which a reload may change before the opening comes.
#[test]
fn a_reassignment_to_the_queue_that_it_was_opened_in_leads_nobody_astray() {
    let mut model = routed();
    let routes = &mut model.systems.get_mut("agent").expect("declared").exception_path.routes;
    let mut mine = routes[0].clone();
    (mine.reason, mine.queue) = ("odd".into(), "mine".into());
    routes.insert(0, mine);
    let unrouted = "day90_escalations_unrouted_total{reason=odd}";
    let mut fold = Fold::with(routed());
    fold.take(reassigned("c-1", 5, "mine")).configure(model);
    fold.take(opened_with("c-1", 0, None, Some("odd"))).expect("day90_escalations_open{queue=mine}", 1.0);
    fold.expect_none(unrouted);
}

#[test]
fn where_nothing_is_routed_nothing_is_unrouted() {
    let mut fold = Fold::with(declared(System::default()));
    fold.take(opened_with("c-1", 0, Some("mine"), Some("odd"))).take(opened_with("c-2", 0, None, Some("odd")));
    fold.take(reassigned("c-1", 5, "yours")).expect_none("day90_escalations_unrouted_total{reason=odd}");
    fold.expect("day90_escalations_unrouted_total{reason=none}", 0.0);
}

#[test]
fn a_reassignment_to_the_queue_it_is_in_is_a_repeat() {
    let bounced = "day90_escalations_reassigned_total{queue=billing}";
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(reassigned("c-1", 10, "billing")).take(reassigned("c-1", 20, "fraud"));
    fold.take(reassigned("c-1", 30, "fraud")).expect(bounced, 1.0).expect(&repeats("reassigned"), 0.0);
    fold.advance(5 * MINUTE).expect(bounced, 1.0).expect(&repeats("reassigned"), 2.0);
}

#[test]
fn reassignments_count_by_their_times_in_whatever_order_they_come() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut fold = Fold::new();
        fold.take(opened("c-1", 0));
        for index in order {
            fold.take(reassigned("c-1", 10 * (index + 1), ["fraud", "billing", "billing"][index as usize]));
        }
        fold.advance(5 * MINUTE).expect(&repeats("reassigned"), 1.0).expect(OPEN, 1.0);
        fold.expect("day90_escalations_reassigned_total{queue=billing}", 2.0);
    }
}

#[test]
fn a_stage_in_time_that_arrives_late_takes_a_miss_by_the_clock_back() {
    let good = "day90_objective_good_total{objective=resolve_seconds}";
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).advance(9 * HOUR).expect(ACKNOWLEDGE_MISSED, 1.0).expect(RESOLVE_MISSED, 1.0);
    fold.expect(ACKNOWLEDGE_FORGIVEN, 0.0).expect(RESOLVE_FORGIVEN, 0.0).expect(good, 0.0);
    fold.take(acknowledged("c-1", 60)).take(resolved("c-1", 300));
    fold.expect(ACKNOWLEDGE_FORGIVEN, 1.0).expect(RESOLVE_FORGIVEN, 1.0).expect(good, 1.0);
    fold.expect(ACKNOWLEDGE_MISSED, 1.0).expect(RESOLVE_MISSED, 1.0);
    fold.expect("day90_objective_events_total{objective=resolve_seconds}", 1.0);
}

#[test]
fn late_openings_whose_acknowledgements_follow_miss_nothing() {
    let mut fold = Fold::with(routed());
    for case in 0..20 {
        fold.take(opened(&format!("c-{case}"), -7_200));
    }
    fold.advance(8 * SECOND).expect(ACKNOWLEDGE_MISSED, 0.0);
    for case in 0..20 {
        fold.take(acknowledged(&format!("c-{case}"), -7_140));
    }
    fold.advance(HOUR).expect(ACKNOWLEDGE_MISSED, 0.0).expect(ACKNOWLEDGE_FORGIVEN, 0.0);
}

#[test]
fn an_opening_that_arrives_within_a_minute_is_judged_by_the_clock_at_once() {
    let mut fold = Fold::with(routed());
    fold.advance(MINUTE).take(opened("c-1", 0)).advance(14 * MINUTE - 1).expect(ACKNOWLEDGE_MISSED, 0.0);
    fold.advance(1).expect(ACKNOWLEDGE_MISSED, 1.0);
    // It arrives 13 minutes after its time: the clock waits, though its deadline passes in two.
    fold.take(opened("c-2", 2 * 60)).advance(5 * MINUTE - 1).expect(ACKNOWLEDGE_MISSED, 1.0);
    fold.advance(1).expect(ACKNOWLEDGE_MISSED, 2.0);
}

#[test]
fn escalations_past_their_own_deadline_are_overdue() {
    let [count, oldest] = ["s_overdue", "_oldest_overdue_timestamp_seconds"]
        .map(|name| move |stage: &str| format!("day90_escalation{name}{{queue=billing,stage={stage}}}"));
    let mut fold = Fold::with(routed());
    fold.expect(&count("acknowledge"), 0.0).expect(&count("resolve"), 0.0).expect_none(&oldest("acknowledge"));
    fold.take(opened("c-1", 0)).advance(MINUTE).take(opened("c-2", 60)).advance(14 * MINUTE);
    fold.expect(&count("acknowledge"), 0.0).advance(1).expect(&count("acknowledge"), 1.0);
    fold.expect(&oldest("acknowledge"), START.as_seconds_f64() + 900.0).expect(&count("resolve"), 0.0);
    fold.advance(MINUTE).expect(&count("acknowledge"), 2.0).take(acknowledged("c-1", 960));
    fold.expect(&count("acknowledge"), 1.0).expect(&oldest("acknowledge"), START.as_seconds_f64() + 960.0);
    fold.take(resolved("c-2", 961)).expect(&count("acknowledge"), 0.0).expect_none(&oldest("acknowledge"));
}

#[test]
fn a_route_and_a_severity_have_deadlines_of_their_own() {
    let mut model = routed();
    let path = &mut model.systems.get_mut("agent").unwrap().exception_path;
    path.routes[0].acknowledge_within = Some(Within::plain(10 * MINUTE));
    let critical = Promise { acknowledge_within: Some(Within::plain(5 * MINUTE)), resolve_within: None };
    path.severity.insert("critical".to_owned(), critical);
    let mut fold = Fold::with(model);
    let body = |severity| Body::EscalationOpened {
        escalation: None,
        queue: None,
        reason: Some("low_confidence".into()),
        action: None,
        severity,
    };
    fold.take(event("c-1", 0, body(None))).take(event("c-2", 0, body(Some(Severity::Critical))));
    fold.advance(5 * MINUTE).expect(ACKNOWLEDGE_MISSED, 1.0).advance(5 * MINUTE - 1).expect(ACKNOWLEDGE_MISSED, 1.0);
    fold.advance(1).expect(ACKNOWLEDGE_MISSED, 2.0);
}

#[test]
fn a_resolution_acknowledges_what_nobody_acknowledged() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).take(resolved("c-1", 60)).expect_none(ACKNOWLEDGED).expect(UNACKNOWLEDGED, 0.0);
    fold.advance(5 * MINUTE).expect(ACKNOWLEDGED, 1.0);
    fold.expect("day90_escalation_acknowledge_seconds_sum{queue=billing}", 60.0);
    fold.expect("day90_objective_good_total{objective=acknowledge_seconds}", 1.0);
    // Somebody else did, and nobody knew in time.
    fold.take(acknowledged("c-1", 30)).expect(ACKNOWLEDGED, 1.0).expect(&repeats("acknowledged"), 1.0);
    fold.take(opened("c-2", 0)).take(resolved("c-2", 60)).take(acknowledged("c-2", 30)).advance(HOUR);
    fold.expect("day90_escalation_acknowledge_seconds_sum{queue=billing}", 90.0).expect(ACKNOWLEDGED, 2.0);
}

//! Rounds of one case, in any order: what belongs together is found by the times of events, and each round counts once.

use super::harness::*;
use crate::event::time::{DAY, MINUTE};
use crate::event::{Body, Event};

const OPENED: &str = "day90_escalations_total{queue=billing,reason=low_confidence}";
const OPEN: &str = "day90_escalations_open{queue=billing}";
const RESOLVED: &str = "day90_escalation_resolve_seconds_count{queue=billing,outcome=upheld}";
const RESOLVED_SUM: &str = "day90_escalation_resolve_seconds_sum{queue=billing,outcome=upheld}";
const ACKNOWLEDGED: &str = "day90_escalation_acknowledge_seconds_count{queue=billing}";
const ACKNOWLEDGED_SUM: &str = "day90_escalation_acknowledge_seconds_sum{queue=billing}";

fn repeats(stage: &str) -> String {
    format!("day90_lifecycle_repeats_total{{type=escalation.{stage}}}")
}

fn orphans(stage: &str) -> String {
    format!("day90_lifecycle_orphans_total{{type=escalation.{stage}}}")
}

/// Every order of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = orders(last);
    let with_last = |order: &Vec<usize>| {
        let order = order.clone();
        (0..count).map(move |at| {
            let mut order = order.clone();
            order.insert(at, last);
            order
        })
    };
    shorter.iter().flat_map(with_last).collect()
}

/// The samples after these events, when all that waits has been settled. Some speak of the order of arrival alone.
fn samples(events: &[Event<'static>], order: &[usize]) -> Samples {
    let mut fold = Fold::with(routed());
    for index in order {
        fold.take(events[*index].clone());
    }
    fold.advance(10 * MINUTE);
    let mut samples = fold.samples();
    let arrival = ["day90_escalation_spike", "day90_escalation_recent", "day90_escalation_wander"];
    samples.all.retain(|series, _| !arrival.iter().any(|name| series.starts_with(name)));
    samples
}

fn round(base: i64) -> Vec<Event<'static>> {
    vec![
        opened("c-1", base),
        acknowledged("c-1", base + 60),
        reassigned("c-1", base + 70, "fraud"),
        resolved("c-1", base + 300),
    ]
}

#[test]
fn the_stages_of_one_round_give_the_same_in_any_order() {
    let events = round(0);
    let expected = samples(&events, &[0, 1, 2, 3]);
    for order in orders(4) {
        assert_eq!(samples(&events, &order).all, expected.all, "{order:?}");
    }
}

#[test]
fn an_acknowledgement_after_the_resolution_counts_the_same_in_any_order() {
    let events = [opened("c-1", 0), resolved("c-1", 50), acknowledged("c-1", 60)];
    let expected = samples(&events, &[0, 1, 2]);
    assert_eq!(expected.all[ACKNOWLEDGED_SUM], 60.0);
    for order in orders(3) {
        assert_eq!(samples(&events, &order).all, expected.all, "{order:?}");
    }
}

#[test]
fn two_rounds_that_arrive_one_by_one_give_the_same_in_any_order_of_their_stages() {
    let events = [round(0), round(1_000)].concat();
    let expected = samples(&events, &[0, 1, 2, 3, 4, 5, 6, 7]);
    for (series, value) in [(OPENED, 2.0), (OPEN, 0.0), (RESOLVED_SUM, 600.0), (ACKNOWLEDGED_SUM, 120.0)] {
        assert_eq!(expected.all[series], value, "{series}");
    }
    for first in orders(4) {
        for second in orders(4) {
            let second: Vec<_> = second.iter().map(|index| index + 4).collect();
            for order in [[first.clone(), second.clone()].concat(), [second, first.clone()].concat()] {
                let found = samples(&events, &order).all;
                let differ: Vec<_> =
                    expected.all.iter().filter(|(name, value)| found.get(*name) != Some(value)).collect();
                assert!(differ.is_empty() && found.len() == expected.all.len(), "{order:?}: {differ:?}");
            }
        }
    }
}

/// No two stages are further apart than clocks may be.
#[test]
fn rounds_that_arrive_interleaved_count_once_each() {
    for apart in [10, 400] {
        let rounds: Vec<_> = (0..3)
            .flat_map(|round| [opened("c-1", 3 * round * apart), resolved("c-1", (3 * round + 1) * apart)])
            .collect();
        for order in orders(6) {
            let samples = samples(&rounds, &order);
            let counts = [OPENED, OPEN, RESOLVED, ACKNOWLEDGED].map(|series| samples.all[series]);
            assert_eq!(counts, [3.0, 0.0, 3.0, 3.0], "{apart} seconds apart, {order:?}");
        }
    }
}

#[test]
fn two_interleaved_rounds_with_all_their_stages_count_once_each() {
    let stages = |base| [opened("c-1", base), acknowledged("c-1", base + 400), resolved("c-1", base + 800)];
    let events = [stages(0), stages(1_200)].concat();
    for order in orders(6) {
        let samples = samples(&events, &order);
        let counts = [OPENED, OPEN, RESOLVED, ACKNOWLEDGED].map(|series| samples.all[series]);
        assert_eq!(counts, [2.0, 0.0, 2.0, 2.0], "{order:?}");
    }
}

/// As many rounds as are kept of a case, in many of their orders.
#[test]
fn four_rounds_in_any_order_count_once_each() {
    let mut seed = 1_u64;
    let mut below = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound
    };
    for apart in [1, 40, 200, 500, 2_000] {
        let round = |number: i64| {
            let base = 4 * number * apart;
            [opened("c-1", base), acknowledged("c-1", base + apart), resolved("c-1", base + 2 * apart)]
        };
        let events: Vec<_> = (0..4).flat_map(round).collect();
        for _ in 0..200 {
            let mut order: Vec<_> = (0..events.len()).collect();
            (1..order.len()).for_each(|at| order.swap(at, below(at + 1)));
            let samples = samples(&events, &order);
            let counts = [OPENED, OPEN, RESOLVED, ACKNOWLEDGED].map(|series| samples.all[series]);
            assert_eq!(counts, [4.0, 0.0, 4.0, 4.0], "{apart} seconds apart, {order:?}");
        }
    }
}

#[test]
fn a_resolution_that_arrives_before_the_opening_of_its_second_round_ends_that_round() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", -600)).take(resolved("c-1", -500)).take(resolved("c-1", -100)).take(opened("c-1", -200));
    fold.expect(OPENED, 2.0).expect(OPEN, 0.0).expect(RESOLVED, 2.0).expect(RESOLVED_SUM, 200.0);
    fold.advance(DAY).expect(&repeats("resolved"), 0.0);
}

#[test]
fn an_opening_waits_for_the_end_of_the_round_before() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).take(opened("c-1", 200)).expect(OPENED, 1.0).advance(MINUTE);
    fold.take(resolved("c-1", 100)).expect(OPENED, 2.0).expect(OPEN, 1.0).expect(&repeats("opened"), 0.0);
    // Its deadlines are those of its own time.
    fold.expect("day90_escalation_oldest_open_timestamp_seconds{queue=billing}", START.as_seconds_f64() + 200.0);
    fold.take(resolved("c-1", 300)).expect(OPEN, 0.0).expect(RESOLVED_SUM, 200.0);
}

#[test]
fn an_opening_that_waited_in_vain_is_a_repeat() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(opened("c-1", 200)).take(opened("c-1", 200)).expect(&repeats("opened"), 1.0);
    fold.advance(5 * MINUTE).expect(&repeats("opened"), 2.0).take(resolved("c-1", 100));
    fold.expect(OPENED, 1.0).expect(OPEN, 0.0);
}

#[test]
fn an_opening_before_all_rounds_needs_an_end_of_its_own() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 1_000)).take(opened("c-1", 0)).expect(OPENED, 1.0);
    fold.take(acknowledged("c-1", 50)).take(resolved("c-1", 100)).expect(OPENED, 2.0).expect(OPEN, 1.0);
    fold.expect(RESOLVED_SUM, 100.0).expect(ACKNOWLEDGED_SUM, 50.0);
    fold.expect("day90_escalations_unacknowledged{queue=billing}", 1.0);
}

#[test]
fn a_named_escalation_happens_once() {
    let named = |event: Event<'static>| {
        let escalation = Some("e-1".into());
        let body = match event.body {
            Body::EscalationOpened { queue, reason, action, severity, .. } => {
                Body::EscalationOpened { escalation, queue, reason, action, severity }
            }
            Body::EscalationResolved { outcome, by, .. } => Body::EscalationResolved { escalation, outcome, by },
            other => other,
        };
        Event { body, ..event }
    };
    let mut fold = Fold::new();
    fold.take(named(opened("c-1", 0))).take(named(resolved("c-1", 60))).take(named(opened("c-1", 120)));
    fold.expect(OPENED, 1.0).expect(OPEN, 0.0).expect(&repeats("opened"), 1.0);
    fold.take(named(resolved("c-1", 180))).expect(&repeats("resolved"), 1.0);
}

#[test]
fn the_last_four_rounds_are_known_and_older_stages_are_orphans() {
    let mut fold = Fold::new();
    for round in 0..6 {
        fold.take(opened("c-1", 1_000 * round)).take(resolved("c-1", 1_000 * round + 10));
    }
    fold.expect(OPENED, 6.0).expect(RESOLVED, 6.0);
    fold.take(acknowledged("c-1", 2_005)).take(acknowledged("c-1", 1_005)).advance(DAY - 1);
    fold.expect(&orphans("acknowledged"), 0.0).advance(1).expect(&orphans("acknowledged"), 1.0);
    // Each was acknowledged by its resolution, but for the one that somebody acknowledged.
    fold.expect(ACKNOWLEDGED, 6.0).expect(ACKNOWLEDGED_SUM, 55.0);
}

#[test]
fn a_case_that_is_opened_very_often_keeps_few_openings() {
    let mut fold = Fold::new();
    for second in 0..100 {
        fold.take(opened("c-1", second));
    }
    fold.expect(OPENED, 1.0).expect(&repeats("opened"), 83.0).advance(5 * MINUTE).expect(&repeats("opened"), 99.0);
}

#[test]
fn a_restart_keeps_what_waits() {
    let events = [round(0), round(1_000)].concat();
    for order in [[5, 7, 2, 4, 0, 6, 3, 1], [4, 0, 7, 3, 1, 2, 5, 6], [3, 7, 4, 0, 5, 1, 2, 6]] {
        let (mut live, mut restarted) = (Fold::with(routed()), Fold::with(routed()));
        for index in order {
            live.take(events[index].clone()).advance(1);
            restarted = restarted.restarted();
            restarted.take(events[index].clone()).advance(1);
            assert_eq!(restarted.samples(), live.samples());
            assert_eq!(restarted.stored(), live.stored());
        }
        for fold in [&mut live, &mut restarted] {
            fold.advance(2 * DAY);
        }
        assert_eq!(restarted.samples(), live.samples());
        assert_eq!(restarted.stored(), live.stored());
    }
}

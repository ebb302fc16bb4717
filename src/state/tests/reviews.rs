//! Reviews: queue depth, wait and effort, decisions and their audits, deadlines, in any order.

use serde_json::json;

use super::harness::*;
use super::rules::declared;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};

const OPEN: &str = "day90_reviews_open{queue=q}";
const WAIT: &str = "day90_review_wait_seconds_sum{queue=q}";
const WAITS: &str = "day90_review_wait_seconds_count{queue=q}";
const EDITED: &str = "day90_reviews_total{queue=q,decision=edited}";
const HANDLING: &str = "day90_review_handling_seconds_sum{queue=q,decision=edited}";
const APPROPRIATE: &str = "day90_reviews_audited_total{decision=edited,appropriate=true}";
const MISSED: &str = "day90_review_deadline_missed_total{queue=q}";
const FORGIVEN: &str = "day90_review_deadline_forgiven_total{queue=q}";
const OVERDUE: &str = "day90_reviews_overdue{queue=q}";
const ONE: i64 = 1_000_000_000;

fn repeats(stage: &str) -> String {
    format!("day90_lifecycle_repeats_total{{type=review.{stage}}}")
}

fn orphans(stage: &str) -> String {
    format!("day90_lifecycle_orphans_total{{type=review.{stage}}}")
}

impl Fold {
    fn request(&mut self, seconds: i64) -> &mut Fold {
        self.say(seconds, "review.requested", r#""case":"c","queue":"q""#)
    }

    fn start(&mut self, seconds: i64) -> &mut Fold {
        self.say(seconds, "review.started", r#""case":"c""#)
    }

    fn complete(&mut self, seconds: i64) -> &mut Fold {
        self.complete_with(seconds, "")
    }

    fn complete_with(&mut self, seconds: i64, fields: &str) -> &mut Fold {
        self.say(seconds, "review.completed", &format!(r#""case":"c","decision":"edited"{fields}"#))
    }

    fn audit(&mut self, seconds: i64, fields: &str) -> &mut Fold {
        self.say(seconds, "review.audited", &format!(r#""case":"c","appropriate":true{fields}"#))
    }
}

/// A queue in which a review must be completed within an hour.
fn within_an_hour() -> Fold {
    let queue = json!({"reviewers": 1, "hours_per_day": ONE, "within": 3_600 * ONE});
    declared(json!({"review_queues": {"q": queue}}))
}

#[test]
fn a_review_is_open_from_its_request_to_its_completion() {
    let oldest = "day90_review_oldest_open_timestamp_seconds{queue=q}";
    let mut fold = Fold::new();
    fold.request(0).expect(OPEN, 1.0).expect(oldest, START.as_seconds_f64()).start(20).expect(OPEN, 1.0);
    fold.complete(50).expect(OPEN, 0.0).expect_none(oldest).expect(EDITED, 1.0).expect(WAIT, 20.0);
    fold.expect(HANDLING, 30.0).expect_none("day90_review_edit_ratio_count{queue=q}");
}

#[test]
fn what_the_sender_measured_wins() {
    let mut fold = Fold::new();
    fold.request(0).start(20);
    fold.complete_with(50, r#","handling_seconds":9,"wait_seconds":11.5,"edit_ratio":0.25"#);
    fold.expect(HANDLING, 9.0).expect(WAIT, 11.5).expect("day90_review_edit_ratio_sum{queue=q}", 0.25);
}

/// Case P5: abandoned after two hours, taken by another who needed half a minute.
#[test]
fn a_wait_runs_to_the_first_start_and_effort_from_the_last() {
    let mut fold = Fold::new();
    fold.request(0).start(100).start(7_302).complete(7_332).expect(WAIT, 100.0).expect(HANDLING, 30.0);
    fold.expect(WAITS, 1.0).expect(&repeats("started"), 0.0);
    // In whatever order the starts arrived, as long as it is before the completion.
    let mut fold = Fold::new();
    fold.start(7_302).request(0).start(100).complete(7_332).expect(WAIT, 100.0).expect(HANDLING, 30.0);
}

#[test]
fn a_start_that_arrives_after_the_completion_adds_what_was_not_observed_yet() {
    let mut fold = Fold::new();
    fold.request(0).complete(50).expect(EDITED, 1.0).expect_none(HANDLING).expect_none(WAIT);
    fold.start(20).expect(WAIT, 20.0).expect(HANDLING, 30.0).expect(EDITED, 1.0);
    // Both were observed then, and that is not taken back.
    fold.start(10).expect(WAIT, 20.0).expect(HANDLING, 30.0).expect(&repeats("started"), 1.0);
    // The sender said how much effort it was, and only the wait is missing.
    let mut fold = Fold::new();
    fold.request(0).complete_with(50, r#","handling_seconds":9"#).start(20).expect(WAIT, 20.0).expect(HANDLING, 9.0);
}

#[test]
fn what_nobody_decided_has_no_effort() {
    for decision in ["expired", "cancelled", "bypassed"] {
        let mut fold = Fold::new();
        fold.request(0).start(20);
        let fields = format!(r#""case":"c","decision":"{decision}","handling_seconds":9"#);
        fold.say(50, "review.completed", &fields);
        fold.expect(&format!("day90_reviews_total{{queue=q,decision={decision}}}"), 1.0).expect(WAIT, 20.0);
        fold.expect_none(&format!("day90_review_handling_seconds_sum{{queue=q,decision={decision}}}"));
    }
}

#[test]
fn the_stages_of_a_review_give_the_same_in_any_order() {
    let stages: [fn(&mut Fold); 4] = [
        |fold| _ = fold.request(0),
        |fold| _ = fold.start(20),
        |fold| _ = fold.complete_with(50, r#","edit_ratio":0.5"#),
        |fold| _ = fold.audit(60, ""),
    ];
    let mut seen = Vec::new();
    for order in 0..24_usize {
        let mut left: Vec<_> = stages.to_vec();
        let mut fold = Fold::new();
        fold.advance(2 * MINUTE);
        for (place, count) in [4, 3, 2, 1].into_iter().enumerate() {
            let index = order / [1, 4, 12, 24][place] % count;
            left.remove(index)(&mut fold);
        }
        fold.advance(2 * DAY);
        seen.push(fold.samples());
        assert_eq!(seen[0], seen[order], "order {order}");
    }
    let all = &seen[0].all;
    for (name, value) in [(EDITED, 1.0), (WAIT, 20.0), (HANDLING, 30.0), (APPROPRIATE, 1.0), (OPEN, 0.0)] {
        assert_eq!(all[name], value, "{name}");
    }
}

/// Case P4.
#[test]
fn a_completion_alone_is_measured_from_the_last_start_that_had_arrived() {
    let mut fold = Fold::new();
    fold.start(10).start(40).complete_with(50, r#","queue":"q""#).advance(5 * MINUTE);
    fold.expect(HANDLING, 10.0).expect(&repeats("started"), 0.0);
}

#[test]
fn a_completion_without_its_request_counts_after_the_grace_as_a_review_of_its_own() {
    let mut fold = Fold::new();
    fold.complete_with(0, r#","queue":"q","handling_seconds":9,"wait_seconds":4"#);
    fold.advance(5 * MINUTE - 1).expect_none(EDITED).advance(1).expect(EDITED, 1.0);
    fold.expect(HANDLING, 9.0).expect(WAIT, 4.0).expect_none(OPEN).advance(2 * DAY).expect(&orphans("completed"), 0.0);
    let mut fold = Fold::new();
    fold.complete(0).advance(5 * MINUTE).expect("day90_reviews_total{queue=none,decision=edited}", 1.0);
}

#[test]
fn a_request_that_still_comes_only_fills_in_what_was_missing() {
    let mut fold = Fold::new();
    fold.complete_with(50, r#","queue":"q""#).start(20).advance(5 * MINUTE).expect(EDITED, 1.0).expect(HANDLING, 30.0);
    fold.expect_none(WAIT).request(0).expect(WAIT, 20.0).expect(EDITED, 1.0).expect(HANDLING, 30.0).expect(OPEN, 0.0);
    fold.expect(&repeats("requested"), 0.0).advance(2 * DAY).expect(EDITED, 1.0).expect(OPEN, 0.0);
}

#[test]
fn the_queue_is_that_of_the_request_and_else_that_of_the_completion() {
    let mut fold = Fold::new();
    fold.request(0).complete_with(50, r#","queue":"other""#).expect(EDITED, 1.0);
    let mut fold = Fold::new();
    fold.say(0, "review.requested", r#""case":"c""#).expect("day90_reviews_open{queue=none}", 1.0);
    fold.complete_with(50, r#","queue":"q""#).expect(EDITED, 1.0).expect("day90_reviews_open{queue=none}", 0.0);
}

#[test]
fn times_that_run_backwards_count_as_skew_and_zero() {
    let mut fold = Fold::new();
    fold.request(10).start(7).complete(5).expect(WAIT, 0.0).expect(HANDLING, 0.0).expect(EDITED, 1.0);
    fold.expect("day90_clock_skew_total{type=review.started}", 1.0);
    fold.expect("day90_clock_skew_total{type=review.completed}", 1.0);
}

#[test]
fn repeated_stages_change_nothing_but_the_counter_of_repeats() {
    let mut fold = Fold::new();
    for _ in 0..2 {
        fold.request(0).start(20).complete(50).audit(90, "");
    }
    fold.advance(5 * MINUTE);
    for stage in ["requested", "started", "completed", "audited"] {
        fold.expect(&repeats(stage), 1.0);
    }
    fold.expect(OPEN, 0.0).expect(EDITED, 1.0).expect(WAIT, 20.0).expect(HANDLING, 30.0).expect(APPROPRIATE, 1.0);
}

#[test]
fn a_request_after_the_completion_is_another_review_and_an_earlier_one_a_repeat() {
    let mut fold = Fold::new();
    fold.request(0).start(20).complete(50).request(50).expect(OPEN, 0.0).advance(5 * MINUTE);
    fold.expect(&repeats("requested"), 1.0).request(51).expect(OPEN, 1.0).expect(EDITED, 1.0);
    fold.start(61).complete(70).expect(OPEN, 0.0).expect(EDITED, 2.0).expect(WAIT, 30.0).expect(HANDLING, 39.0);
}

/// Case E, for a review with a name.
#[test]
fn a_review_with_a_name_happens_once() {
    let mut fold = Fold::new();
    let named = r#""case":"c","review":"r-1""#;
    fold.say(0, "review.requested", &format!(r#"{named},"queue":"q""#));
    fold.say(50, "review.completed", &format!(r#"{named},"decision":"edited""#)).expect(EDITED, 1.0);
    fold.say(60, "review.requested", &format!(r#"{named},"queue":"q""#));
    fold.expect(OPEN, 0.0).expect(&repeats("requested"), 1.0);
}

/// Case E, for the rounds of a case.
#[test]
fn the_second_round_may_come_in_any_order_too() {
    let mut fold = Fold::new();
    fold.request(0).complete(50).complete(150).start(120).request(100).advance(DAY);
    fold.expect(OPEN, 0.0).expect(EDITED, 2.0).expect(WAIT, 20.0).expect(HANDLING, 30.0);
}

/// Stages that wait for their opening find their places in the order in which they arrived, as they would have without waiting.
#[test]
fn of_the_starts_that_wait_with_their_completion_the_first_and_the_last_by_time_count() {
    let mut fold = Fold::new();
    fold.request(0).complete(50).start(140).start(120).complete(150).request(100).advance(DAY);
    fold.expect(EDITED, 2.0).expect(WAIT, 20.0).expect(HANDLING, 10.0).expect(&repeats("started"), 0.0);
}

#[test]
fn an_audit_that_names_its_decision_always_counts() {
    let mut fold = Fold::new();
    fold.audit(0, r#","decision":"edited""#).expect(APPROPRIATE, 1.0).audit(0, r#","decision":"edited""#);
    fold.expect(APPROPRIATE, 2.0).advance(2 * DAY).expect(&orphans("audited"), 0.0).expect(&repeats("audited"), 0.0);
}

#[test]
fn an_audit_that_names_none_takes_the_decision_of_the_completion() {
    let mut fold = Fold::new();
    fold.request(0).complete(50).audit(86_400, "").expect(APPROPRIATE, 1.0);
    let mut fold = Fold::new();
    fold.audit(90, "").expect_none(APPROPRIATE).complete(50).request(0).expect(EDITED, 1.0);
    fold.advance(5 * MINUTE).expect(APPROPRIATE, 1.0).advance(2 * DAY).expect(&orphans("audited"), 0.0);
}

#[test]
fn stages_whose_review_never_comes_are_orphans_after_a_day() {
    let mut fold = Fold::new();
    fold.start(0).audit(0, "").advance(DAY - SECOND).expect(&orphans("started"), 0.0).advance(SECOND);
    fold.expect(&orphans("started"), 1.0).expect(&orphans("audited"), 1.0).expect_none(EDITED);
}

#[test]
fn a_finished_review_is_forgotten_after_a_day() {
    let mut fold = Fold::new();
    fold.request(0).complete(50).advance(DAY - SECOND).complete(50).expect(&repeats("completed"), 1.0);
    fold.advance(SECOND).complete(50).expect(&repeats("completed"), 1.0).advance(5 * MINUTE);
    fold.expect("day90_reviews_total{queue=none,decision=edited}", 1.0);
}

#[test]
fn the_clock_misses_the_deadline_of_a_queue_while_a_review_is_open() {
    let mut fold = within_an_hour();
    fold.expect(MISSED, 0.0).expect(FORGIVEN, 0.0).expect(OVERDUE, 0.0).request(0).expect(OVERDUE, 0.0);
    fold.advance(HOUR + 1).expect(MISSED, 1.0).expect(OVERDUE, 1.0).complete(4_000).expect(OVERDUE, 0.0);
    fold.expect(MISSED, 1.0).expect(FORGIVEN, 0.0);
}

#[test]
fn a_review_that_was_completed_in_time_and_says_so_late_is_forgiven() {
    let mut fold = within_an_hour();
    fold.request(0).advance(2 * HOUR).expect(MISSED, 1.0).complete(3_600).expect(FORGIVEN, 1.0).expect(MISSED, 1.0);
}

#[test]
fn deadlines_are_judged_by_event_times() {
    let mut fold = within_an_hour();
    fold.advance(DAY).request(0).complete(3_600).expect(MISSED, 0.0);
    let mut fold = within_an_hour();
    fold.advance(DAY).request(0).complete(3_601).expect(MISSED, 1.0).expect(FORGIVEN, 0.0);
}

/// Case F, for reviews.
#[test]
fn a_review_that_arrives_late_is_missed_by_the_clock_only_after_the_grace() {
    let mut fold = within_an_hour();
    fold.advance(DAY).request(0).advance(5 * MINUTE - 1).expect(MISSED, 0.0).expect(OVERDUE, 1.0);
    fold.complete(60).expect(MISSED, 0.0).advance(DAY).expect(MISSED, 0.0);
    fold.say(0, "review.requested", r#""case":"d","queue":"q""#).advance(5 * MINUTE).expect(MISSED, 1.0);
    fold.say(60, "review.completed", r#""case":"d","decision":"edited""#).expect(FORGIVEN, 1.0);
}

#[test]
fn a_deadline_of_business_hours_is_kept_on_the_next_working_day() {
    let queue = json!({"reviewers": 1, "hours_per_day": ONE, "within": {"nanos": 3_600 * ONE, "business": true}});
    let calendar = json!({"hours": "Mon-Fri 09:00-17:30"});
    let mut fold = declared(json!({"calendar": calendar, "review_queues": {"q": queue}}));
    // Half an hour before the end of a Monday, so due on Tuesday at half past nine.
    fold.request(8 * 3_600).advance(16 * HOUR + 29 * MINUTE).expect(MISSED, 0.0).expect(OVERDUE, 0.0);
    fold.advance(2 * MINUTE).expect(MISSED, 1.0).expect(OVERDUE, 1.0);
}

#[test]
fn a_queue_without_a_deadline_misses_none() {
    let mut fold = within_an_hour();
    fold.say(0, "review.requested", r#""case":"c","queue":"other""#).advance(30 * DAY);
    fold.expect_none("day90_review_deadline_missed_total{queue=other}");
    fold.expect_none("day90_reviews_overdue{queue=other}").expect(MISSED, 0.0);
}

#[test]
fn a_restart_between_any_two_stages_changes_nothing() {
    let (mut live, mut restarted) = (within_an_hour(), within_an_hour());
    let steps: [fn(&mut Fold); 7] = [
        |fold| _ = fold.complete(150),
        |fold| _ = fold.start(20),
        |fold| _ = fold.request(0),
        |fold| _ = fold.request(200),
        |fold| _ = fold.audit(160, ""),
        |fold| _ = fold.advance(2 * HOUR),
        |fold| _ = fold.complete(300),
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

/// Two reviewers for twelve hours a day, and objectives for overrides and rubber stamps.
fn judged() -> Fold {
    let queue = json!({"reviewers": 2, "hours_per_day": 12 * ONE});
    declared(json!({
        "objectives": {"override_ratio": ONE / 10, "rubber_stamp_seconds": 10 * ONE}, "review_queues": {"q": queue},
    }))
}

#[test]
fn a_declared_queue_has_its_capacity_and_is_at_zero_from_the_start() {
    judged().expect("day90_review_capacity_seconds_per_hour{queue=q}", 3_600.0).expect(OPEN, 0.0);
}

#[test]
fn overrides_are_judged_among_the_decisions_of_people_and_quick_approvals_are_rubber_stamps() {
    let count = |what: &str, objective: &str| format!("day90_objective_{what}_total{{objective={objective}}}");
    let mut fold = judged();
    let decisions = ["approved", "edited", "rejected", "responded", "expired", "cancelled", "bypassed"];
    for decision in decisions {
        let case = format!(r#""case":"{decision}""#);
        fold.say(0, "review.requested", &case).say(5, "review.started", &case);
        fold.say(14, "review.completed", &format!(r#"{case},"decision":"{decision}""#));
    }
    fold.expect(&count("events", "override_ratio"), 4.0).expect(&count("good", "override_ratio"), 2.0);
    fold.expect(&count("events", "rubber_stamp_seconds"), 1.0).expect(&count("good", "rubber_stamp_seconds"), 0.0);
    // One that counts alone is judged too, once.
    fold.say(30, "review.completed", r#""case":"alone","decision":"approved","handling_seconds":10"#);
    fold.advance(5 * MINUTE).say(20, "review.requested", r#""case":"alone""#);
    fold.expect(&count("events", "rubber_stamp_seconds"), 2.0).expect(&count("good", "rubber_stamp_seconds"), 1.0);
    fold.expect(&count("events", "override_ratio"), 5.0);
}

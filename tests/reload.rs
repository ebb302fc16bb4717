//! A configuration is taken into force while the daemon runs; a bad one leaves the old in force.

use crate::harness::{Day90, Request, SOON, event, eventually, metric, repository};

const QUEUES: &str = "
systems:
  refund-agent:
    exception_path:
      routes:
        - {reason: low_confidence, queue: QUEUE, owner: billing-leads}
";

fn config(queue: &str) -> String {
    QUEUES.replace("QUEUE", queue)
}

fn reload(day90: &Day90) -> u16 {
    day90.ask(&Request::new("POST", "/-/reload")).status
}

#[test]
fn what_is_newly_declared_exists_at_zero_and_governs_what_comes() {
    let day90 = Day90::start_with(&config("billing"));
    let opened = |case: &str| event("escalation.opened").with("case", case).with("reason", "low_confidence");
    let in_queue = |queue: &str| metric("day90_escalations_total").label("queue", queue);
    day90.post([&opened("c-1")]).scrape().expect(in_queue("billing").value(1)).expect_none(in_queue("refunds"));
    day90.rewrite_config(&config("refunds"));
    assert_eq!(reload(&day90), 200);
    let scrape = day90.scrape();
    scrape.expect(in_queue("refunds").value(0)).expect(in_queue("billing").value(1));
    scrape.expect(metric("day90_config_last_reload_successful").value(1));
    day90.post([&opened("c-2")]).scrape().expect(in_queue("refunds").value(1)).expect(in_queue("billing").value(1));
    // The model is in the journal: a start without the file would still grade the old events by it.
    day90.kill9().start_again().scrape().expect(in_queue("refunds").value(1));
}

/// increase() doesn't see the event that a series begins with: what is rare must be there before it happens.
#[test]
fn what_alerts_rest_on_stands_at_zero_before_anything_happened() {
    let example = std::fs::read_to_string(repository("deploy/day90.example.yaml")).unwrap();
    let scrape = Day90::start_with(&example).scrape();
    for name in [
        "day90_escalations_total",
        "day90_escalation_deadline_missed_total",
        "day90_escalations_unrouted_total",
        "day90_rollbacks_total",
        "day90_rollback_duration_seconds_count",
        "day90_recovery_seconds_count",
        "day90_changes_total",
        "day90_changes_failed_total",
        "day90_boundary_violations_total",
        "day90_appeals_total",
        "day90_evaluations_total",
        "day90_objective_events_total",
    ] {
        scrape.expect(metric(name).label("system", "refund-agent").value(0));
    }
}

#[test]
fn a_hangup_reloads_too() {
    let day90 = Day90::start_with(&config("billing"));
    day90.rewrite_config(&config("refunds"));
    day90.signal("HUP");
    eventually("the new queue", SOON, || {
        day90.scrape().get(&metric("day90_escalations_total").label("queue", "refunds"))
    });
}

#[test]
fn a_bad_file_leaves_the_old_one_in_force_and_says_so() {
    let day90 = Day90::start_with(&config("billing"));
    day90.rewrite_config("systems: {refund-agent: {ownr: {}}}");
    let answer = day90.ask(&Request::new("POST", "/-/reload")).expect(500);
    assert!(answer.text().contains("ownr") && answer.text().contains("day90.yaml:1:"), "{}", answer.text());
    let scrape = day90.scrape();
    scrape.expect(metric("day90_config_last_reload_successful").value(0));
    scrape.expect(metric("day90_escalations_total").label("queue", "billing").value(0));
    assert_eq!(day90.get("/-/ready").status, 200, "the old one serves");
    day90.rewrite_config(&config("billing"));
    assert_eq!(reload(&day90), 200);
    day90.scrape().expect(metric("day90_config_last_reload_successful").value(1));
}

#[test]
fn what_needs_a_restart_is_said_and_not_done_by_half() {
    let day90 = Day90::start_with(&config("billing"));
    day90.rewrite_config(&format!("server: {{metrics_listen: \"127.0.0.1:0\"}}\n{}", config("refunds")));
    let answer = day90.ask(&Request::new("POST", "/-/reload")).expect(500);
    assert!(answer.text().contains("restart"), "{}", answer.text());
    day90.scrape().expect_none(metric("day90_escalations_total").label("queue", "refunds"));
}

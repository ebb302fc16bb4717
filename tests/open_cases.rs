//! At the bound of open cases an opening is rejected, and nothing else.

use crate::harness::{Day90, event, metric};

#[test]
fn openings_over_the_bound_are_rejected_and_closings_still_work() {
    let day90 = Day90::start_with("limits: {open_cases: 3}");
    let opened = |case: &str| event("escalation.opened").with("case", case).with("id", case);
    day90.post([&opened("c-1"), &opened("c-2"), &event("review.requested").with("case", "c-2")]);
    let task = event("task.completed").with("action", "refund").with("outcome", "completed").with("mode", "decide");
    let answer = day90.offer([&task, &opened("c-3"), &event("appeal.opened").with("case", "c-4"), &task]).expect(202);
    assert_eq!(answer.counts(), (2, 0, 2));
    let errors = &answer.json()["errors"];
    assert_eq!((errors[0]["index"].as_u64(), errors[1]["index"].as_u64()), (Some(1), Some(2)));
    assert!(errors[0]["error"].as_str().unwrap().contains("limits.open_cases"), "{errors}");
    let scrape = day90.scrape();
    scrape.expect(metric("day90_tasks_total").value(2));
    scrape.expect(metric("day90_escalations_total").value(2));
    scrape.expect(metric("day90_open_lifecycles").value(3));
    scrape.expect(metric("day90_events_rejected_total").label("reason", "open_cases").value(2));
    day90.post([&event("escalation.resolved").with("case", "c-1").with("outcome", "upheld")]);
    // The id of a rejected event was not remembered: sent again, it counts.
    assert_eq!(day90.offer([&opened("c-3")]).counts(), (1, 0, 0));
    let day90 = day90.kill9().start_again();
    assert_eq!(day90.offer([&opened("c-5")]).expect(400).counts(), (0, 0, 1), "the bound holds after a restart");
    assert_eq!(day90.offer([&opened("c-3")]).counts(), (0, 1, 0));
}

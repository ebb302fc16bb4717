//! What two systems and the people around them send: one that will spike, with every kind of event, and one that is steady.

use crate::harness::event;
use crate::harness::events::Event;

/// The system that spikes; the example configuration declares it.
pub const SPIKING: &str = "refund-agent";
/// The system that nothing happens to.
pub const STEADY: &str = "faq-agent";
/// The last change before the spike.
pub const BAD_VERSION: &str = "prompt-42";

/// Escalations of 20 tasks that are usual, and that are the spike.
pub const USUAL: u32 = 1;
pub const SPIKE: u32 = 12;

/// Once, before the rest: what changes rarely, and what stays open.
pub fn history() -> Vec<Event> {
    let change = |kind: &str, version: &str| event("change.deployed").with("kind", kind).with("version", version);
    let rollback = |name: &str, drill: bool| {
        let started = event("rollback.started").with("rollback", name).with("drill", drill).with("change", "chg-1");
        let started = started.with("to", "previous_process").with("trigger", "owner");
        [started, event("rollback.completed").with("rollback", name).with("result", "restored")]
    };
    let mut events = vec![
        change("model", "model-3").with("change", "chg-1").with("author", "ml-team").with("approver", "platform-lead"),
        change("prompt", "prompt-41").with("author", "support-lead").with("approver", "support-lead"),
        event("owner.attested").with("owner", "payments-ops"),
        event("owner.attested").with("system", STEADY).with("owner", "help-desk"),
        event("drill.completed").with("system", STEADY).with("path", "exception").with("result", "passed"),
        event("drill.completed").with("path", "exception").with("result", "passed").with("seconds", 240),
        event("escalation.opened").with("case", "nobody-took-it").with("reason", "low_confidence"),
        event("escalation.opened").with("case", "taken").with("reason", "policy_conflict"),
        event("escalation.acknowledged").with("case", "taken"),
        event("review.requested").with("case", "waits").with("queue", "billing"),
        event("appeal.opened").with("case", "appealed"),
    ];
    events.extend(rollback("rb-1", false));
    events.extend(rollback("rb-2", true));
    events.push(event("fallback.ended"));
    events
}

/// The change that makes it worse.
pub fn bad_change() -> Event {
    let change = event("change.deployed").with("kind", "prompt").with("version", BAD_VERSION);
    change.with("previous_version", "prompt-41").with("author", "prompt-team")
}

/// A second of both systems' work, with this many escalations on 20 tasks of the first.
pub fn second(number: u32, escalations: u32) -> Vec<Event> {
    let mut events = Vec::new();
    for task in 0..20 {
        let case = format!("t-{number}-{task}");
        let escalates = task < escalations;
        events.push(
            task_of(SPIKING, "refund.issue", if escalates { "escalate" } else { "decide" })
                .with("outcome", if task == 19 { "failed" } else { "completed" })
                .with("duration_seconds", 2 + task),
        );
        if escalates {
            events.extend(escalation(SPIKING, &case));
        }
    }
    for task in 0..25 {
        events.push(task_of(STEADY, "answer", "decide").with("duration_seconds", 1));
        if task == 0 {
            let stays = escalation(STEADY, &format!("f-{number}")).into_iter();
            events.extend(stays.filter(|event| event.get("type") != "escalation.reassigned"));
        }
    }
    events.extend(people(number));
    events.extend(upkeep());
    events
}

pub fn task_of(system: &str, action: &str, mode: &str) -> Event {
    event("task.completed")
        .with("system", system)
        .with("action", action)
        .with("mode", mode)
        .with("outcome", "completed")
}

/// An escalation from its opening to its end.
pub fn escalation(system: &str, case: &str) -> Vec<Event> {
    let of = |kind: &str| event(kind).with("system", system).with("case", case);
    vec![
        of("escalation.opened").with("reason", "low_confidence"),
        of("escalation.acknowledged"),
        of("escalation.reassigned").with("queue", "risk"),
        of("escalation.resolved").with("outcome", "overturned"),
    ]
}

/// Reviewers and users.
fn people(number: u32) -> Vec<Event> {
    let case = format!("r-{number}");
    let of = |kind: &str| event(kind).with("case", case.as_str());
    let reviewed = |decision: &str| {
        let review = format!("{case}-{decision}");
        let of = |kind: &str| of(kind).with("review", review.as_str());
        let completed = of("review.completed").with("decision", decision).with("handling_seconds", 90);
        [
            of("review.requested").with("queue", "billing"),
            of("review.started"),
            completed.with("edit_ratio", 0.2),
            of("review.audited").with("appropriate", true).with("decision", decision),
        ]
    };
    let mut events = vec![
        of("case.closed").with("by", "ai"),
        of("case.reopened"),
        of("appeal.opened"),
        of("appeal.decided").with("outcome", "overturned"),
        event("feedback.received").with("signal", "thumbs").with("value", "up"),
        event("feedback.received").with("signal", "thumbs").with("value", "down"),
        event("feedback.received").with("signal", "rating").with("value", 4),
        event("feedback.received").with("signal", "complaint"),
    ];
    events.extend(["edited", "approved"].into_iter().flat_map(reviewed));
    events
}

/// Steps, inputs, boundaries, maintenance.
fn upkeep() -> Vec<Event> {
    let step = |kind: &str, name: &str, outcome: &str| {
        let step = event("step.completed").with("kind", kind).with("name", name).with("outcome", outcome);
        step.with("duration_seconds", 0.8)
    };
    let attempt = |action: &str| event("action.attempted").with("action", action).with("mode", "decide");
    let input =
        |result: &str| event("input.checked").with("input", "crm").with("result", result).with("age_seconds", 40);
    let model = step("model", "small-model", "completed").with("first_token_seconds", 0.2);
    vec![
        model.with("input_tokens", 900).with("output_tokens", 120),
        step("tool", "ledger", "failed"),
        attempt("account.close").with("allowed", false),
        attempt("coupon.send"),
        input("ok"),
        input("stale"),
        event("evaluation.completed").with("suite", "golden").with("passed", true).with("score", 0.93),
        event("maintenance.recorded")
            .with("activity", "monitoring")
            .with("seconds", 60)
            .with("cost", 2)
            .with("currency", "EUR"),
        event("cost.recorded").with("kind", "inference").with("cost", 0.4).with("currency", "EUR"),
        // Sent every second with the same id, so all but one are repeats.
        event("fallback.ended").with("id", "the same every second"),
    ]
}

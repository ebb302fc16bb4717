//! The operating models of the history, as the journal stores them: the first one and three reloads.
//!
//! Spans are nanoseconds and numbers are units of 1e-9, as on disk.

use day90::config::Model;
use day90::event::time::{DAY, HOUR, MINUTE};
use serde_json::{Value, json};

/// Declared at first, removed by a reload, never heard of again.
pub const REMOVED: &str = "gone-agent";

const ONE: i64 = 1_000_000_000;

fn model(of: Value) -> Model {
    serde_json::from_value(of).expect("an operating model")
}

fn refund_agent() -> Value {
    json!({
        "launched": 1_788_220_800 * ONE,
        "timezone": "Europe/Berlin",
        "owner": {"name": "payments-ops", "contact": "#payments-ops", "attest_every": 90 * DAY},
        "boundaries": {
            "refund.issue": {"mode": "decide", "limit": "up to 50 EUR"},
            "refund.large": {"mode": "suggest", "limit": null},
            "refund.odd": {"mode": "escalate", "limit": null},
            "account.close": {"mode": "never", "limit": null},
        },
        "exception_path": {
            "acknowledge_within": 15 * MINUTE,
            "resolve_within": 8 * HOUR,
            "drill_every": 90 * DAY,
            "routes": [
                {"reason": "low_confidence", "queue": "billing", "owner": "billing-leads"},
                {"reason": "policy", "queue": "legal", "owner": null},
                {"reason": "*", "queue": "triage", "owner": "payments-ops"},
            ],
        },
        "review_queues": {"billing": {"reviewers": 4, "hours_per_day": 6 * ONE, "within": HOUR}, "legal": {"reviewers": 1, "hours_per_day": ONE / 2}},
        "changes": {
            "approvers": {"prompt": ["ada", "ben"], "tool": ["eve"], "policy": ["ada"], "model": ["ben"]},
            "failure_window": DAY,
        },
        "rollback": {"to": "previous_process", "plan": "https://wiki/runbook", "drill_every": 90 * DAY, "within": 15 * MINUTE},
        "inputs": {"crm": HOUR, "orders": 5 * MINUTE, "weather": null},
        "objectives": {
            "escalation_ratio": 80_000_000,
            "false_pages_per_month": ONE,
            "task_duration": {"seconds": 20 * ONE, "ratio": 950_000_000},
            "override_ratio": 150_000_000,
            "trust_ratio": 800_000_000,
            "rubber_stamp_seconds": 3 * ONE,
        },
        "trust": {"rating_scale": [ONE, 5 * ONE], "durable_after": 2 * DAY, "appeals_within": 2 * HOUR},
        "maintenance": {
            "currency": "EUR", "cost_per_month": 4_000 * ONE, "hours_per_month": 40 * ONE,
            "evaluate_every": 7 * DAY, "suites": ["golden"],
        },
    })
}

fn triage_agent() -> Value {
    json!({
        "owner": {"name": "support-lead", "contact": "#support", "attest_every": 30 * DAY},
        "trust": {"rating_scale": [0, 10 * ONE], "durable_after": DAY},
        "exception_path": {"resolve_within": HOUR},
    })
}

/// A system with an owner and a deadline, which is there for a part of the time.
fn passing_agent() -> Value {
    json!({
        "launched": 1_795_392_000 * ONE,
        "owner": {"name": "passing", "contact": "nobody", "attest_every": DAY},
        "exception_path": {"acknowledge_within": MINUTE, "routes": [{"reason": "*", "queue": "desk", "owner": null}]},
        "rollback": {"to": null, "plan": null, "drill_every": null, "within": null},
        "maintenance": {"hours_per_month": ONE, "suites": []},
    })
}

pub fn first() -> Model {
    model(json!({
        "limits": {"dedupe_ids": 1_000, "lifecycle_memory": DAY},
        "systems": {
            "refund-agent": refund_agent(), "triage-agent": triage_agent(), (REMOVED): passing_agent(), "silent-agent": {},
        },
    }))
}

/// Other rules and buckets; counters say when they were created.
pub fn second() -> Model {
    let mut refund = refund_agent();
    refund["timezone"] = json!("America/New_York");
    refund["exception_path"]["acknowledge_within"] = json!(5 * MINUTE);
    refund["exception_path"]["routes"][1] = json!({"reason": "angry", "queue": "desk", "owner": "ada"});
    refund["review_queues"]["desk"] = json!({"reviewers": 2, "hours_per_day": 8 * ONE});
    refund["inputs"] = json!({"crm": 2 * HOUR, "stock": HOUR});
    refund["objectives"]["task_duration"] = json!({"seconds": 7 * ONE, "ratio": 900_000_000});
    refund["objectives"]["false_pages_per_month"] = json!(2 * ONE);
    refund["maintenance"]["currency"] = json!("USD");
    refund["maintenance"]["suites"] = json!(["golden", "safety"]);
    model(json!({
        "limits": {"dedupe_ids": 500, "lifecycle_memory": 6 * HOUR, "created": true},
        "systems": {
            "refund-agent": refund, "triage-agent": triage_agent(), (REMOVED): passing_agent(), "silent-agent": {},
        },
        "buckets": {
            "day90_task_duration_seconds": [ONE / 2, 2 * ONE, 7 * ONE, 60 * ONE],
            "day90_review_wait_seconds": [60 * ONE, 3_600 * ONE],
        },
    }))
}

/// One system is removed, and labels have few values.
pub fn third() -> Model {
    let mut refund = refund_agent();
    refund["owner"]["name"] = json!("new-owner");
    refund["boundaries"] = json!({
        "refund.issue": {"mode": "suggest", "limit": null}, "refund.new": {"mode": "decide", "limit": null},
    });
    refund["rollback"]["within"] = json!(HOUR);
    refund["changes"]["approvers"] = json!({"prompt": ["eve"]});
    refund["objectives"]["override_ratio"] = json!(null);
    model(json!({
        "limits": {"dedupe_ids": 500, "lifecycle_memory": 6 * HOUR, "created": true, "values_per_label": 4},
        "systems": {"refund-agent": refund, "triage-agent": {}},
    }))
}

/// A bound of memory, and a system more.
pub fn fourth() -> Model {
    model(json!({
        "limits": {"dedupe_ids": 800, "lifecycle_memory": 12 * HOUR, "created": true, "state_bytes": STATE_BYTES},
        "systems": {"refund-agent": refund_agent(), "triage-agent": triage_agent(), "late-agent": passing_agent()},
    }))
}

/// So little that finished lifecycles are forgotten early.
const STATE_BYTES: u64 = 100_000;

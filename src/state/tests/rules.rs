//! The small print of each signal: what counts exactly at a limit, what is left out, and which of two things is kept.
//!
//! Events and operating models are JSON, as senders and the journal have them, so that these tests know no more of the code
//! than a user does.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::harness::*;
use crate::config::Model;
use crate::config::model::Bounds;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::event::{Context, json as reading};
use crate::event::{Fixed, Inlet};
use crate::state::State;

const ONE: i64 = 1_000_000_000;

/// A state in which `agent` is declared so.
pub(super) fn declared(system: Value) -> Fold {
    let model = json!({"systems": {"agent": system}});
    Fold::with(serde_json::from_value(model).expect("an operating model"))
}

impl Fold {
    /// Takes an event of `agent` that happened this many seconds after the start; `fields` are the others, as JSON.
    pub(super) fn say(&mut self, seconds: i64, what: &str, fields: &str) -> &mut Fold {
        let time = START.plus(seconds * SECOND);
        let comma = if fields.is_empty() { "" } else { "," };
        let line = format!(r#"{{"type":"{what}","system":"agent","time":"{time}"{comma}{fields}}}"#);
        let model = std::sync::Arc::clone(self.state.model());
        let rating_scale = |system: &str| model.rating_scale(system);
        let received = self.state.now().max(time);
        let context = Context {
            received,
            inlet: Inlet::Http,
            default_system: None,
            rating_scale: &rating_scale,
            event_age: crate::event::kinds::EVENT_AGE,
            notes: None,
        };
        let event = reading::parse(&line, 1, &context).unwrap_or_else(|rejection| panic!("{line}: {rejection:?}"));
        self.state.advance(received);
        self.sequence += 1;
        self.state.apply(&event, self.sequence);
        self
    }

    /// How many events an objective has judged, and how many were good.
    #[track_caller]
    fn expect_judged(&mut self, objective: &str, events: f64, good: f64) -> &mut Fold {
        self.expect(&format!(r#"day90_objective_events_total{{system="agent",objective="{objective}"}}"#), events);
        self.expect(&format!(r#"day90_objective_good_total{{system="agent",objective="{objective}"}}"#), good)
    }
}

#[test]
fn a_task_that_takes_exactly_the_declared_seconds_is_good() {
    let objective = json!({"task_duration": {"seconds": 20 * ONE, "ratio": ONE / 2}});
    let mut fold = declared(json!({"objectives": objective}));
    for seconds in ["19", "20", "20.000000001"] {
        let fields = format!(r#""action":"a","outcome":"completed","mode":"decide","duration_seconds":{seconds}"#);
        fold.say(0, "task.completed", &fields);
    }
    fold.expect_judged("task_duration_seconds", 3.0, 2.0);
}

#[test]
fn each_number_of_a_step_goes_where_it_belongs() {
    let mut fold = Fold::new();
    fold.say(
        0,
        "step.completed",
        r#""kind":"model","name":"m","outcome":"completed","duration_seconds":4,"first_token_seconds":0.5,"input_tokens":70,"output_tokens":3"#,
    );
    let step = r#"system="agent",kind="model",name="m""#;
    fold.expect(&format!(r#"day90_step_tokens_total{{{step},direction="input"}}"#), 70.0)
        .expect(&format!(r#"day90_step_tokens_total{{{step},direction="output"}}"#), 3.0)
        .expect(&format!("day90_step_duration_seconds_sum{{{step}}}"), 4.0)
        .expect(&format!("day90_step_first_token_seconds_sum{{{step}}}"), 0.5);
}

#[test]
fn what_comes_exactly_at_its_deadline_is_in_time() {
    let mut fold = declared(json!({"exception_path": {"acknowledge_within": 60 * ONE, "resolve_within": 600 * ONE}}));
    // All of it comes later and at once: what the clock calls missed is another matter.
    fold.advance(HOUR);
    for (case, acknowledged, resolved) in [("kept", 60, 600), ("missed", 61, 601)] {
        let case = format!(r#""case":"{case}""#);
        fold.say(0, "escalation.opened", &format!(r#"{case},"queue":"q""#));
        fold.say(acknowledged, "escalation.acknowledged", &case);
        fold.say(resolved, "escalation.resolved", &format!(r#"{case},"outcome":"upheld""#));
    }
    let missed =
        |stage: &str| format!(r#"day90_escalation_deadline_missed_total{{system="agent",queue="q",stage="{stage}"}}"#);
    fold.expect(&missed("acknowledge"), 1.0).expect(&missed("resolve"), 1.0);
    fold.expect_judged("acknowledge_seconds", 2.0, 1.0).expect_judged("resolve_seconds", 2.0, 1.0);
}

#[test]
fn the_route_for_every_other_reason_takes_what_no_route_names() {
    let routes = json!([
        {"reason": "policy", "queue": "legal", "owner": null}, {"reason": "*", "queue": "triage", "owner": null},
    ]);
    let mut fold = declared(json!({"exception_path": {"routes": routes}}));
    for (case, reason) in [("1", r#","reason":"policy""#), ("2", r#","reason":"odd""#), ("3", "")] {
        fold.say(0, "escalation.opened", &format!(r#""case":"{case}"{reason}"#));
    }
    for (queue, reason) in [("legal", "policy"), ("triage", "odd"), ("triage", "none")] {
        let series = format!(r#"day90_escalations_total{{system="agent",queue="{queue}",reason="{reason}"}}"#);
        fold.expect(&series, 1.0);
    }
    fold.expect(r#"day90_escalations_unrouted_total{system="agent",reason="none"}"#, 0.0);
    fold.expect_none(r#"day90_escalations_unrouted_total{system="agent",reason="odd"}"#);
}

#[test]
fn an_opening_is_a_second_one_only_after_the_resolution() {
    let mut fold = Fold::new();
    let opened = r#"day90_escalations_total{system="agent",queue="q",reason="none"}"#;
    fold.say(0, "escalation.opened", r#""case":"c","queue":"q""#);
    fold.say(60, "escalation.resolved", r#""case":"c","outcome":"upheld""#);
    fold.say(60, "escalation.opened", r#""case":"c","queue":"q""#).advance(HOUR).expect(opened, 1.0);
    fold.say(61, "escalation.opened", r#""case":"c","queue":"q""#).expect(opened, 2.0);
}

#[test]
fn a_backlog_misses_no_deadline_that_it_kept_if_it_comes_within_five_minutes() {
    let mut fold = declared(json!({"exception_path": {"acknowledge_within": 60 * ONE}}));
    let missed = r#"day90_escalation_deadline_missed_total{system="agent",queue="q",stage="acknowledge"}"#;
    for (case, wait) in [("quick", 5), ("slow", 6)] {
        fold.expect_none(missed);
        fold.advance(HOUR).say(0, "escalation.opened", &format!(r#""case":"{case}","queue":"q""#));
        fold.advance(wait * MINUTE - 1).say(30, "escalation.acknowledged", &format!(r#""case":"{case}""#));
    }
    fold.expect(missed, 1.0);
}

#[test]
fn the_effort_that_a_reviewer_reports_counts_and_else_the_time_from_the_start() {
    let mut fold = Fold::new();
    let handling = r#"day90_review_handling_seconds_sum{system="agent",queue="q",decision="approved"}"#;
    for (case, effort, sum) in [("told", r#","handling_seconds":7"#, 7.0), ("untold", "", 47.0)] {
        fold.say(0, "review.requested", &format!(r#""case":"{case}","queue":"q""#));
        fold.say(10, "review.started", &format!(r#""case":"{case}""#));
        fold.say(50, "review.completed", &format!(r#""case":"{case}","decision":"approved"{effort}"#));
        fold.expect(handling, sum);
    }
}

#[test]
fn overrides_are_judged_among_what_people_decided() {
    let mut fold = declared(json!({"objectives": {"override_ratio": ONE / 10}}));
    let decisions = ["approved", "responded", "edited", "rejected", "expired", "cancelled", "bypassed"];
    for decision in decisions {
        fold.say(0, "review.requested", &format!(r#""case":"{decision}""#));
        fold.say(9, "review.completed", &format!(r#""case":"{decision}","decision":"{decision}""#));
    }
    fold.expect_judged("override_ratio", 4.0, 2.0);
}

#[test]
fn an_approval_that_takes_exactly_the_declared_seconds_is_no_rubber_stamp() {
    let mut fold = declared(json!({"objectives": {"rubber_stamp_seconds": 3 * ONE}}));
    for (case, seconds, decision) in [("1", "3", "approved"), ("2", "2.999999999", "approved"), ("3", "1", "edited")] {
        fold.say(0, "review.requested", &format!(r#""case":"{case}""#));
        let fields = format!(r#""case":"{case}","decision":"{decision}","handling_seconds":{seconds}"#);
        fold.say(9, "review.completed", &fields);
    }
    fold.expect_judged("rubber_stamp_seconds", 2.0, 1.0);
}

#[test]
fn the_capacity_of_a_review_queue_is_in_reviewer_seconds_an_hour() {
    let queues = json!({"q": {"reviewers": 4, "hours_per_day": 6 * ONE}});
    let mut fold = declared(json!({"review_queues": queues}));
    let capacity = fold.samples().all.into_iter().find(|(series, _)| series.starts_with("day90_review_capacity"));
    assert_eq!(capacity.map(|(_, value)| value), Some(4.0 * 6.0 * 3_600.0 / 24.0));
    fold.say(0, "review.requested", r#""case":"c","queue":"q""#);
}

#[test]
fn what_was_closed_and_nobody_reopened_is_durable() {
    let mut fold = declared(json!({"trust": {"durable_after": 2 * DAY}}));
    fold.say(0, "case.closed", r#""case":"ai","by":"ai""#).say(0, "case.closed", r#""case":"human","by":"human""#);
    fold.say(0, "case.closed", r#""case":"back","by":"ai""#).say(60, "case.reopened", r#""case":"back""#);
    fold.say(0, "escalation.opened", r#""case":"helped""#).say(5, "case.closed", r#""case":"helped","by":"ai""#);
    let durable = |by: &str, escalated: &str| {
        format!(r#"day90_resolutions_durable_total{{system="agent",by="{by}",escalated="{escalated}"}}"#)
    };
    fold.expect(r#"day90_resolutions_total{system="agent",by="ai",escalated="true"}"#, 1.0);
    fold.expect(r#"day90_resolutions_total{system="agent",by="ai",escalated="false"}"#, 2.0);
    fold.advance(2 * DAY - 2 * MINUTE).expect(&durable("ai", "false"), 0.0).expect_none(&durable("human", "false"));
    fold.advance(3 * MINUTE).expect(&durable("ai", "false"), 1.0).expect(&durable("ai", "true"), 1.0);
    fold.expect(&durable("human", "false"), 1.0);
}

#[test]
fn feedback_reads_as_its_place_on_the_declared_scale_and_neutral_answers_judge_nothing() {
    let mut fold = declared(json!({
        "objectives": {"trust_ratio": ONE / 2}, "trust": {"rating_scale": [0, 10 * ONE], "durable_after": DAY},
    }));
    for rating in [4, 5, 6, 7, 8] {
        fold.say(0, "feedback.received", &format!(r#""signal":"rating","value":{rating}"#));
    }
    let rated =
        |polarity: &str| format!(r#"day90_feedback_total{{system="agent",signal="rating",polarity="{polarity}"}}"#);
    fold.expect(&rated("negative"), 1.0).expect(&rated("neutral"), 3.0).expect(&rated("positive"), 1.0);
    fold.expect_judged("trust_ratio", 2.0, 1.0);
}

#[test]
fn an_appeal_is_open_until_it_is_decided_and_takes_the_time_between() {
    let mut fold = Fold::new();
    let open = r#"day90_appeals_open{system="agent"}"#;
    fold.say(0, "appeal.opened", r#""case":"c""#).expect(open, 1.0);
    fold.say(7_200, "appeal.decided", r#""case":"c","outcome":"overturned""#).expect(open, 0.0);
    fold.expect(r#"day90_appeal_decide_seconds_sum{system="agent"}"#, 7_200.0);
}

#[test]
fn a_change_is_approved_by_somebody_else_who_may_approve_its_kind() {
    let mut fold = declared(json!({"changes": {"approvers": {"prompt": ["ada", "ben"]}, "failure_window": DAY}}));
    let all = [("prompt", "ada"), ("prompt", "zoe"), ("prompt", "ben"), ("tool", "zoe"), ("tool", "ben"), ("data", "")];
    for (version, (kind, approver)) in all.iter().enumerate() {
        let approver = if approver.is_empty() { String::new() } else { format!(r#","approver":"{approver}""#) };
        fold.say(0, "change.deployed", &format!(r#""kind":"{kind}","version":"{version}","author":"ben"{approver}"#));
    }
    for (kind, approval, count) in [
        ("prompt", "approved", 1.0),
        ("prompt", "unapproved", 1.0),
        ("prompt", "self_approved", 1.0),
        ("tool", "approved", 1.0),
        ("tool", "self_approved", 1.0),
        ("data", "unapproved", 1.0),
    ] {
        let series = format!(r#"day90_changes_total{{system="agent",kind="{kind}",approval="{approval}"}}"#);
        fold.expect(&series, count);
    }
}

/// A rollback of an hour, within a day: its name, when it starts, and its other fields.
fn roll_back(fold: &mut Fold, name: &str, at: i64, fields: &str) {
    fold.say(at, "rollback.started", &format!(r#""rollback":"{name}"{fields}"#));
    fold.say(at + 3_600, "rollback.completed", &format!(r#""rollback":"{name}","result":"restored""#));
}

#[test]
fn a_change_fails_once_within_its_window_and_not_by_practice() {
    let day = 86_400;
    let mut fold = declared(json!({"changes": {"approvers": {}, "failure_window": DAY}}));
    let failed = |attribution: &str| {
        format!(r#"day90_changes_failed_total{{system="agent",kind="code",attribution="{attribution}"}}"#)
    };
    fold.say(0, "change.deployed", r#""kind":"code","version":"v1","change":"one","previous_version":"v0""#);
    roll_back(&mut fold, "practice", 60, r#","change":"one","drill":true"#);
    fold.expect(&failed("named"), 0.0);
    roll_back(&mut fold, "too-late", day + 1, "");
    fold.expect(&failed("window"), 0.0);
    roll_back(&mut fold, "first", 2 * day, r#","change":"one""#);
    roll_back(&mut fold, "second", 3 * day, r#","change":"one""#);
    fold.expect(&failed("named"), 1.0);
    fold.say(4 * day, "change.deployed", r#""kind":"code","version":"v2","previous_version":"v1""#);
    roll_back(&mut fold, "in-time", 5 * day, "");
    fold.expect(&failed("window"), 1.0);
}

#[test]
fn undoing_an_older_change_leaves_a_newer_one_in_force() {
    let mut fold = Fold::new();
    fold.say(0, "change.deployed", r#""kind":"code","version":"v1","change":"one","previous_version":"v0""#);
    fold.say(60, "change.deployed", r#""kind":"code","version":"v2","change":"two","previous_version":"v1""#);
    roll_back(&mut fold, "r", 120, r#","change":"one","to":"previous_version""#);
    fold.expect(r#"day90_behavior_info{system="agent",kind="code",version="v2"}"#, 1.0);
    fold.expect_none(r#"day90_behavior_info{system="agent",kind="code",version="v0"}"#);
}

#[test]
fn a_fallback_has_lasted_since_the_first_rollback_into_it() {
    let mut fold = Fold::new();
    roll_back(&mut fold, "one", 0, r#","to":"previous_process""#);
    roll_back(&mut fold, "two", 7_200, r#","to":"previous_process""#);
    let began = START.plus(3_600 * SECOND).as_seconds_f64();
    fold.expect(r#"day90_fallback_start_timestamp_seconds{system="agent"}"#, began);
    fold.say(14_400, "fallback.ended", "");
    fold.expect(r#"day90_fallback_seconds_total{system="agent"}"#, 10_800.0);
}

#[test]
fn only_a_drill_that_passed_proves_the_way_back() {
    let mut fold = Fold::new();
    let proven = r#"day90_rollback_last_success_timestamp_seconds{system="agent",drill="true"}"#;
    fold.say(0, "drill.completed", r#""path":"exception","result":"passed""#);
    fold.say(10, "drill.completed", r#""path":"rollback","result":"failed""#).expect_none(proven);
    fold.say(20, "drill.completed", r#""path":"rollback","result":"passed""#);
    fold.say(30, "drill.completed", r#""path":"rollback","result":"failed""#);
    fold.expect(proven, START.as_seconds_f64() + 20.0);
}

#[test]
fn what_is_up_to_the_boundary_is_no_violation_and_what_was_blocked_is_shown_as_such() {
    let boundary = |mode: &str| json!({"mode": mode, "limit": null});
    let mut fold = declared(json!({"boundaries": {"refund": boundary("suggest"), "close": boundary("never")}}));
    for (action, mode, allowed) in [
        ("refund", "escalate", true),
        ("refund", "suggest", true),
        ("refund", "decide", true),
        ("close", "escalate", true),
        ("close", "suggest", false),
        ("unheard-of", "decide", true),
    ] {
        fold.say(0, "action.attempted", &format!(r#""action":"{action}","mode":"{mode}","allowed":{allowed}"#));
    }
    let violations: BTreeMap<String, f64> = fold
        .samples()
        .all
        .into_iter()
        .filter(|(series, count)| series.starts_with("day90_boundary_violations_total") && *count > 0.0)
        .collect();
    let series = |action: &str, declared: &str, attempted: &str, allowed: bool| {
        let labels = format!(r#"declared="{declared}",attempted="{attempted}",allowed="{allowed}""#);
        plain(&format!(r#"day90_boundary_violations_total{{system="agent",action="{action}",{labels}}}"#))
    };
    let expected =
        [(series("refund", "suggest", "decide", true), 1.0), (series("close", "never", "suggest", false), 1.0)];
    assert_eq!(violations, expected.into());
    fold.expect(r#"day90_boundary_undeclared_total{system="agent",action="unheard-of"}"#, 1.0);
}

#[test]
fn an_input_is_counted_by_what_was_found_with_its_age() {
    let mut fold = Fold::new();
    fold.say(0, "input.checked", r#""input":"crm","result":"stale","age_seconds":7200"#);
    fold.expect(r#"day90_inputs_total{system="agent",input="crm",result="stale"}"#, 1.0);
    fold.expect_none(r#"day90_inputs_total{system="agent",input="crm",result="ok"}"#);
    fold.expect(r#"day90_input_age_seconds_sum{system="agent",input="crm"}"#, 7_200.0);
}

#[test]
fn the_last_evaluation_by_its_own_time_is_shown() {
    let mut fold = Fold::new();
    fold.say(600, "evaluation.completed", r#""suite":"golden","passed":true,"score":0.9"#);
    fold.say(0, "evaluation.completed", r#""suite":"golden","passed":false,"score":0.2"#);
    fold.say(300, "evaluation.completed", r#""suite":"golden","passed":true,"score":0.5"#);
    let results =
        |result: &str| format!(r#"day90_evaluations_total{{system="agent",suite="golden",result="{result}"}}"#);
    fold.expect(&results("passed"), 2.0).expect(&results("failed"), 1.0);
    fold.expect(r#"day90_evaluation_score{system="agent",suite="golden"}"#, 0.9);
}

#[test]
fn a_month_begins_with_nothing_spent_and_money_is_shown_by_what_it_was_spent_on() {
    let budget = json!({"currency": "EUR", "cost_per_month": 100 * ONE, "hours_per_month": 2 * ONE, "suites": []});
    let mut fold = declared(json!({"maintenance": budget}));
    fold.say(0, "maintenance.recorded", r#""activity":"update","seconds":60,"cost":5,"currency":"EUR""#);
    fold.say(0, "cost.recorded", r#""kind":"other","cost":7,"currency":"EUR""#);
    fold.expect(r#"day90_cost_total{system="agent",kind="maintenance",currency="EUR"}"#, 5.0)
        .expect(r#"day90_cost_total{system="agent",kind="other",currency="EUR"}"#, 7.0)
        .expect(r#"day90_budget_seconds{system="agent"}"#, 7_200.0)
        .expect(r#"day90_budget_cost_spent{system="agent",currency="EUR"}"#, 5.0)
        .expect(r#"day90_budget_seconds_spent{system="agent"}"#, 60.0);
    // The first of December.
    fold.advance(8 * DAY)
        .expect(r#"day90_budget_cost_spent{system="agent",currency="EUR"}"#, 0.0)
        .expect(r#"day90_budget_seconds_spent{system="agent"}"#, 0.0)
        .expect(r#"day90_maintenance_seconds_total{system="agent",activity="update"}"#, 60.0);
}

#[test]
fn only_the_declared_owner_attests() {
    let owner = json!({"name": "ops", "contact": "#ops", "attest_every": 90 * DAY});
    let mut fold = declared(json!({"owner": owner}));
    let attested = r#"day90_owner_attested_timestamp_seconds{system="agent"}"#;
    fold.say(0, "owner.attested", r#""owner":"somebody""#).expect_none(attested);
    fold.say(5, "owner.attested", r#""owner":"ops""#).expect(attested, START.as_seconds_f64() + 5.0);
    fold.say(9, "owner.attested", r#""owner":"somebody""#).expect(attested, START.as_seconds_f64() + 5.0);
    let expires = START.plus(90 * DAY).as_seconds_f64() + 5.0;
    fold.expect(r#"day90_owner_attestation_expires_timestamp_seconds{system="agent"}"#, expires);
}

#[test]
fn two_senders_may_use_the_same_id() {
    let mut fold = Fold::new();
    let task = r#""action":"a","outcome":"completed","mode":"decide","id":"1""#;
    for source in ["one", "other", "one"] {
        let line = format!(r#"{{"type":"task.completed","system":"agent",{task},"source":"{source}"}}"#);
        let scale = |_: &str| (Fixed::ZERO, Fixed::ONE);
        let context = Context {
            received: START,
            inlet: Inlet::Http,
            default_system: None,
            rating_scale: &scale,
            event_age: crate::event::kinds::EVENT_AGE,
            notes: None,
        };
        let event = reading::parse(&line, 1, &context).unwrap();
        let seen = fold.state.have_seen(&[fold.state.id_of(&event)]);
        if !seen[0] {
            fold.sequence += 1;
            fold.state.apply(&event, fold.sequence);
        }
    }
    fold.expect(r#"day90_tasks_total{system="agent",action="a",mode="decide",outcome="completed"}"#, 2.0);
}

#[test]
fn there_are_as_many_series_as_the_bound_says() {
    let mut fold = Fold::new();
    let step = |name: &str| format!(r#""kind":"tool","name":"{name}","outcome":"completed""#);
    fold.say(0, "step.completed", &step("a"));
    let series = fold.samples().all["day90_series"];
    let limits = Bounds { series: series as usize + 1, ..Bounds::default() };
    fold.sequence += 1;
    fold.state.configure(Model { limits, ..Model::default() }, fold.sequence);
    let counted =
        |name: &str| format!(r#"day90_steps_total{{system="agent",kind="tool",name="{name}",outcome="completed"}}"#);
    fold.say(1, "step.completed", &step("b")).expect(&counted("b"), 1.0).expect("day90_series", series + 1.0);
    fold.say(2, "step.completed", &step("c")).expect(&counted("other"), 1.0).expect_none(&counted("c"));
}

const REPEATS: &str = r#"day90_lifecycle_repeats_total{type="escalation.resolved"}"#;

#[test]
fn forgetting_one_case_leaves_others_that_are_over() {
    let mut fold = Fold::new();
    for case in ["gone", "stays"] {
        fold.say(0, "escalation.opened", &format!(r#""case":"{case}""#));
        fold.say(5, "escalation.resolved", &format!(r#""case":"{case}","outcome":"upheld""#));
    }
    let names = fold.state.names_of_case("gone", None);
    fold.sequence += 1;
    fold.state.forget(names.into_iter(), fold.sequence);
    fold.say(4, "escalation.resolved", r#""case":"stays","outcome":"upheld""#).expect(REPEATS, 1.0);
    fold.say(4, "escalation.resolved", r#""case":"gone","outcome":"upheld""#).expect(REPEATS, 1.0);
}

#[test]
fn after_a_restart_too_what_was_over_first_is_forgotten_first() {
    let limits = Bounds { open_cases: 3, ..Bounds::default() };
    let mut fold = Fold::with(Model { limits, ..Model::default() });
    for case in ["1", "2", "3"] {
        fold.say(0, "escalation.opened", &format!(r#""case":"{case}""#));
    }
    for case in ["3", "2", "1"] {
        fold.say(5, "escalation.resolved", &format!(r#""case":"{case}","outcome":"upheld""#));
    }
    let mut bytes = Vec::new();
    fold.state.snapshot().encode_to(&mut bytes).unwrap();
    fold.state = State::decode(&bytes).unwrap();
    fold.say(6, "escalation.opened", r#""case":"4""#);
    fold.say(4, "escalation.resolved", r#""case":"1","outcome":"upheld""#).expect(REPEATS, 1.0);
    fold.say(4, "escalation.resolved", r#""case":"3","outcome":"upheld""#).expect(REPEATS, 1.0);
}

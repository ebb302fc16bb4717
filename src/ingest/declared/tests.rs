//! What is said of events that differ from what is declared.

use super::*;
use crate::config::{Given, Overrides, check_text};
use crate::event::json::parse;
use crate::event::{Context, Inlet, Timestamp, kinds};

const DECLARED: &str = "
systems:
  refund-agent:
    launched: 2026-09-01
    owner: {name: payments-ops, contact: '#payments-ops'}
    boundaries: {refund.issue: {mode: decide}, account.close: {mode: never}}
    exception_path:
      routes: [{reason: low_confidence, queue: billing}, {reason: policy, queue: risk}]
    review: {queues: {billing: {reviewers: 4, hours_per_day: 6}}}
    changes: {approvers: {prompt: [support-lead]}}
    rollback: {to: previous_process}
    inputs: {crm: {max_age: 1h}}
    maintenance: {currency: EUR, suites: [golden]}
  catch-all:
    launched: 2026-09-01
    exception_path: {routes: [{reason: '*', queue: triage}]}
  bare: {launched: 2026-09-01, formerly: [naked]}
";

/// What is said of these events, one after the other: `field: text`.
fn told(events: &[&str]) -> Vec<String> {
    let given = Given { now: Timestamp::from_seconds(1_795_413_000), histograms: Vec::new(), checks: Vec::new() };
    let (config, problems) = check_text("day90.yaml", DECLARED, &Overrides::default(), &given);
    let model = config.unwrap_or_else(|| panic!("{problems}")).model;
    let mut judge = Judge::by(&model);
    let context = Context {
        received: Timestamp::from_seconds(1_795_413_000),
        inlet: Inlet::Http,
        default_system: Some("refund-agent"),
        rating_scale: &|system| model.rating_scale(system),
        event_age: kinds::EVENT_AGE,
        notes: None,
    };
    let mut told = Vec::new();
    for event in events {
        let parsed = parse(event, 1, &context).unwrap_or_else(|rejection| panic!("{event}: {}", rejection.error));
        told.extend(judge.judge(&parsed).into_iter().map(|(field, text)| format!("{field}: {text}")));
    }
    told
}

#[test]
fn what_differs_from_the_declarations_is_said() {
    for (event, expected) in [
        (r#"{"type":"owner.attested","owner":"typo"}"#, "owner: the declared owner of refund-agent is payments-ops"),
        (
            r#"{"type":"task.completed","action":"refund.isue","outcome":"completed","mode":"decide"}"#,
            "did you mean refund.issue?",
        ),
        (
            r#"{"type":"action.attempted","action":"fly","mode":"decide"}"#,
            "action: refund-agent declares no action called fly",
        ),
        (r#"{"type":"appeal.opened","case":"c","action":"fly"}"#, "action: refund-agent declares no action"),
        (r#"{"type":"escalation.opened","case":"c","queue":"biling"}"#, "did you mean billing?"),
        (
            r#"{"type":"escalation.opened","case":"c","queue":"nowhere"}"#,
            "queue: refund-agent declares no route to a queue called nowhere, so the case counts as unrouted",
        ),
        (
            r#"{"type":"escalation.opened","case":"c","reason":"mood"}"#,
            "reason: refund-agent declares no route for a reason called mood, so the case counts as unrouted",
        ),
        (r#"{"type":"escalation.reassigned","case":"c","queue":"nowhere"}"#, "queue: "),
        (
            r#"{"type":"review.requested","case":"c","queue":"risk"}"#,
            "queue: refund-agent declares no review queue called risk",
        ),
        (r#"{"type":"review.completed","case":"c","decision":"approved","queue":"risk"}"#, "queue: "),
        (
            r#"{"type":"input.checked","input":"orders","result":"ok"}"#,
            "input: refund-agent declares no input called orders",
        ),
        (
            r#"{"type":"evaluation.completed","suite":"gold","passed":true}"#,
            "suite: refund-agent declares no suite called gold",
        ),
        (
            r#"{"type":"change.deployed","kind":"prompt","version":"v","approver":"ci"}"#,
            "approver: refund-agent declares no approver of prompt changes called ci, so the change counts as unapproved",
        ),
        (
            r#"{"type":"change.deployed","kind":"tool","version":"v","author":"ci","approver":"ci"}"#,
            "approver: is the author too",
        ),
        (r#"{"type":"change.approved","kind":"prompt","version":"v","approver":"ci"}"#, "this approval counts nothing"),
        (
            r#"{"type":"rollback.started","rollback":"r","to":"previous_version","drill":true}"#,
            "to: the declared way back",
        ),
        (
            r#"{"type":"drill.completed","path":"rollback","result":"passed","to":"previous_version"}"#,
            "to: the declared way back",
        ),
        (
            r#"{"type":"maintenance.recorded","activity":"update","cost":5,"currency":"USD"}"#,
            "currency: the budget of refund-agent is in EUR",
        ),
        (
            r#"{"type":"fallback.ended","system":"refund-agnt"}"#,
            "system: no system is called refund-agnt, so nothing is declared for it; did you mean refund-agent?",
        ),
    ] {
        let told = told(&[event]);
        assert!(told.len() == 1 && told[0].contains(expected), "{event}: {told:?}");
    }
}

#[test]
fn what_is_as_declared_or_where_nothing_is_declared_needs_no_word() {
    for event in [
        r#"{"type":"owner.attested","owner":"payments-ops"}"#,
        r#"{"type":"owner.attested","owner":"anybody","system":"bare"}"#,
        r#"{"type":"owner.attested","owner":"anybody","system":"naked"}"#,
        r#"{"type":"task.completed","action":"account.close","outcome":"completed","mode":"decide"}"#,
        r#"{"type":"task.completed","action":"fly","outcome":"completed","mode":"decide","system":"bare"}"#,
        r#"{"type":"escalation.opened","case":"c","queue":"risk","reason":"policy"}"#,
        r#"{"type":"escalation.opened","case":"c"}"#,
        r#"{"type":"escalation.opened","case":"c","reason":"anything","system":"catch-all"}"#,
        r#"{"type":"escalation.opened","case":"c","queue":"anywhere","system":"bare"}"#,
        r#"{"type":"review.requested","case":"c","queue":"billing"}"#,
        r#"{"type":"change.deployed","kind":"prompt","version":"v","author":"ci","approver":"support-lead"}"#,
        r#"{"type":"change.deployed","kind":"tool","version":"v","author":"ci","approver":"anybody"}"#,
        r#"{"type":"rollback.started","rollback":"r","to":"previous_version"}"#,
        r#"{"type":"drill.completed","path":"exception","result":"passed"}"#,
        r#"{"type":"maintenance.recorded","activity":"update","cost":5,"currency":"EUR"}"#,
    ] {
        assert_eq!(told(&[event]), [""; 0], "{event}");
    }
}

#[test]
fn each_field_is_told_of_once() {
    let task = |action: &str| {
        format!(r#"{{"type":"task.completed","action":"{action}","outcome":"completed","mode":"decide"}}"#)
    };
    let events = [task("a"), task("refund.issue"), task("refund.issue"), task("b"), task("a")];
    assert_eq!(told(&events.each_ref().map(String::as_str)).len(), 1);
}

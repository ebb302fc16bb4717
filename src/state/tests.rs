//! The fold as a whole: events in, samples out, by a clock that the test holds.

mod forget;
mod rules;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::State;
use crate::config::Model;
use crate::config::model::{Bounds, ExceptionPath, Owner, Route, System};
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::event::{
    AppealOutcome, Body, ChangeKind, ClosedBy, Decision, EscalationOutcome, Event, FeedbackValue, Fixed, Inlet, Mode,
    Reason, RollbackResult, RollbackTo, Signal, TaskOutcome, Thumb, Timestamp, Trigger,
};
use crate::state::engine::dedupe::HashKey;
use crate::state::engine::family::{Buckets, Number, Sink, Type};

/// 2026-11-23T09:00:00Z
const START: Timestamp = Timestamp::from_seconds(1_795_424_400);

/// A state that a test feeds.
struct Fold {
    state: State,
    sequence: u64,
}

impl Fold {
    fn new() -> Fold {
        let mut state = State::new(HashKey(1, 2));
        state.advance(START);
        Fold { state, sequence: 0 }
    }

    fn with(model: Model) -> Fold {
        let mut fold = Fold::new();
        fold.sequence += 1;
        fold.state.configure(model, fold.sequence);
        fold
    }

    /// Folds an event that is received at the state's time.
    fn take(&mut self, event: Event<'static>) -> &mut Fold {
        let received = self.state.now();
        self.sequence += 1;
        self.state.apply(&Event { received, ..event }, self.sequence);
        self
    }

    fn advance(&mut self, nanos: i64) -> &mut Fold {
        let to = self.state.now().plus(nanos);
        self.state.advance(to);
        self
    }

    fn samples(&self) -> Samples {
        let mut samples = Samples::default();
        self.state.snapshot().visit(&mut samples);
        samples
    }

    #[track_caller]
    fn expect(&mut self, series: &str, value: f64) -> &mut Fold {
        let samples = self.samples();
        assert_eq!(samples.all.get(series), Some(&value), "{series}");
        self
    }

    #[track_caller]
    fn expect_none(&mut self, series: &str) -> &mut Fold {
        assert_eq!(self.samples().all.get(series), None, "{series}");
        self
    }
}

/// Every sample by its spelling, as `name{label="value"}`.
#[derive(Default, Debug, PartialEq)]
struct Samples {
    family: (String, Vec<String>),
    all: BTreeMap<String, f64>,
}

impl Samples {
    fn put(&mut self, suffix: &str, values: &[&str], number: f64) {
        let (name, labels) = &self.family;
        let labels: Vec<_> = labels.iter().zip(values).map(|(label, value)| format!("{label}={value:?}")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let twice = self.all.insert(format!("{name}{suffix}{labels}"), number);
        assert_eq!(twice, None, "{name}{suffix}{labels} is exposed twice");
    }
}

impl Sink for Samples {
    fn family(&mut self, name: &str, _: Type, _: &str, labels: &[&str]) {
        self.family = (name.to_owned(), labels.iter().map(|label| (*label).to_owned()).collect());
    }
    fn sample(&mut self, values: &[&str], number: Number) {
        self.put("", values, number.as_f64());
    }
    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>) {
        assert_eq!(buckets.counts.len(), buckets.bounds.len() + 1);
        self.put("_sum", values, buckets.sum.as_f64());
        self.put("_count", values, buckets.counts.iter().sum::<u64>() as f64);
        for (bound, count) in buckets.bounds.iter().zip(buckets.counts) {
            self.put(&format!("_bucket_{bound}"), values, *count as f64);
        }
    }
}

fn event(case: &str, seconds: i64, body: Body<'static>) -> Event<'static> {
    Event {
        system: "agent".into(),
        id: None,
        source: None,
        time: START.plus(seconds * SECOND),
        received: START,
        inlet: Inlet::Http,
        case: Some(case.to_owned().into()),
        unknown_fields: 0,
        body,
    }
}

fn opened(case: &str, seconds: i64) -> Event<'static> {
    let body = Body::EscalationOpened {
        escalation: None,
        queue: Some("billing".into()),
        reason: Some("low_confidence".into()),
        action: None,
        severity: None,
    };
    event(case, seconds, body)
}

fn acknowledged(case: &str, seconds: i64) -> Event<'static> {
    event(case, seconds, Body::EscalationAcknowledged { escalation: None, by: None })
}

fn reassigned(case: &str, seconds: i64, queue: &'static str) -> Event<'static> {
    event(case, seconds, Body::EscalationReassigned { escalation: None, queue: queue.into(), by: None })
}

fn resolved(case: &str, seconds: i64) -> Event<'static> {
    event(case, seconds, Body::EscalationResolved { escalation: None, outcome: EscalationOutcome::Upheld, by: None })
}

fn deployed(
    version: &'static str,
    seconds: i64,
    author: Option<&'static str>,
    approver: Option<&'static str>,
) -> Event<'static> {
    let body = Body::ChangeDeployed {
        kind: ChangeKind::Prompt,
        version: version.into(),
        change: None,
        author: author.map(Into::into),
        approver: approver.map(Into::into),
        previous_version: Some("v0".into()),
    };
    event("none", seconds, body)
}

fn rollback_started(name: &'static str, seconds: i64, to: RollbackTo) -> Event<'static> {
    let body = Body::RollbackStarted { rollback: name.into(), change: None, trigger: Trigger::Alert, to, drill: false };
    event("none", seconds, body)
}

fn rollback_completed(name: &'static str, seconds: i64) -> Event<'static> {
    event("none", seconds, Body::RollbackCompleted { rollback: name.into(), result: RollbackResult::Restored })
}

fn routed() -> Model {
    let path = ExceptionPath {
        acknowledge_within: Some(15 * MINUTE),
        resolve_within: Some(8 * HOUR),
        drill_every: None,
        routes: vec![Route { reason: "low_confidence".into(), queue: "billing".into(), owner: None }],
    };
    let system = System { exception_path: path, ..System::default() };
    Model { systems: BTreeMap::from([("agent".to_owned(), system)]), ..Model::default() }
}

#[test]
fn an_escalation_is_counted_open_and_then_resolved() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0))
        .expect(r#"day90_escalations_total{system="agent",queue="billing",reason="low_confidence"}"#, 1.0)
        .expect(r#"day90_escalations_open{system="agent",queue="billing"}"#, 1.0)
        .expect(r#"day90_escalations_unacknowledged{system="agent",queue="billing"}"#, 1.0)
        .expect(
            r#"day90_escalation_oldest_open_timestamp_seconds{system="agent",queue="billing"}"#,
            START.as_seconds_f64(),
        );
    fold.take(acknowledged("c-1", 60)).take(resolved("c-1", 300));
    fold.expect(r#"day90_escalation_acknowledge_seconds_sum{system="agent",queue="billing"}"#, 60.0)
        .expect(r#"day90_escalation_resolve_seconds_sum{system="agent",queue="billing",outcome="upheld"}"#, 300.0)
        .expect(r#"day90_escalations_open{system="agent",queue="billing"}"#, 0.0)
        .expect_none(r#"day90_escalation_oldest_open_timestamp_seconds{system="agent",queue="billing"}"#);
}

#[test]
fn gauges_follow_a_reassignment_and_counters_stay() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(reassigned("c-1", 10, "fraud"));
    fold.expect(r#"day90_escalations_open{system="agent",queue="billing"}"#, 0.0)
        .expect(r#"day90_escalations_open{system="agent",queue="fraud"}"#, 1.0)
        .expect(r#"day90_escalations_reassigned_total{system="agent",queue="billing"}"#, 1.0);
}

#[test]
fn a_repeated_stage_changes_nothing_but_its_counter() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(acknowledged("c-1", 60)).take(acknowledged("c-1", 90));
    fold.expect(r#"day90_escalation_acknowledge_seconds_count{system="agent",queue="billing"}"#, 1.0)
        .expect(r#"day90_lifecycle_repeats_total{type="escalation.acknowledged"}"#, 1.0);
}

#[test]
fn a_case_that_is_escalated_again_after_its_resolution_counts_twice() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(resolved("c-1", 60)).take(opened("c-1", 120));
    fold.expect(r#"day90_escalations_total{system="agent",queue="billing",reason="low_confidence"}"#, 2.0)
        .expect(r#"day90_escalations_open{system="agent",queue="billing"}"#, 1.0);
}

#[test]
fn a_stage_whose_opening_never_comes_is_an_orphan_after_a_day() {
    let mut fold = Fold::new();
    fold.take(acknowledged("c-1", 0)).advance(DAY - SECOND);
    fold.expect(r#"day90_lifecycle_orphans_total{type="escalation.acknowledged"}"#, 0.0);
    fold.advance(SECOND).expect(r#"day90_lifecycle_orphans_total{type="escalation.acknowledged"}"#, 1.0);
}

#[test]
fn an_open_case_misses_its_deadline_by_the_clock_once() {
    let mut fold = Fold::with(routed());
    let missed = r#"day90_escalation_deadline_missed_total{system="agent",queue="billing",stage="acknowledge"}"#;
    fold.take(opened("c-1", 0)).advance(15 * MINUTE - 1).expect(missed, 0.0);
    fold.advance(1).expect(missed, 1.0);
    // A late acknowledgement with an early time takes no miss back, and counts no second one.
    fold.take(acknowledged("c-1", 30)).advance(HOUR).expect(missed, 1.0);
}

#[test]
fn deadlines_that_pass_at_the_same_moment_are_all_missed_by_the_clock() {
    let mut fold = Fold::with(routed());
    // Received so late that the grace for late arrivals ends for both at once.
    fold.take(opened("c-1", -86_400))
        .advance(DAY)
        .expect(r#"day90_escalation_deadline_missed_total{system="agent",queue="billing",stage="acknowledge"}"#, 1.0)
        .expect(r#"day90_escalation_deadline_missed_total{system="agent",queue="billing",stage="resolve"}"#, 1.0);
}

#[test]
fn history_that_comes_in_two_requests_misses_no_deadline() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", -86_400)).advance(SECOND).take(acknowledged("c-1", -86_340)).take(resolved("c-1", -86_000));
    fold.advance(DAY)
        .expect(r#"day90_escalation_deadline_missed_total{system="agent",queue="billing",stage="acknowledge"}"#, 0.0)
        .expect(r#"day90_escalation_deadline_missed_total{system="agent",queue="billing",stage="resolve"}"#, 0.0);
}

#[test]
fn an_acknowledgement_before_the_opening_counts_as_skew_and_zero() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(acknowledged("c-1", -5));
    fold.expect(r#"day90_escalation_acknowledge_seconds_sum{system="agent",queue="billing"}"#, 0.0)
        .expect(r#"day90_clock_skew_total{type="escalation.acknowledged"}"#, 1.0);
}

#[test]
fn the_version_in_force_is_the_last_by_time_and_goes_back_with_a_rollback() {
    let mut fold = Fold::new();
    fold.take(deployed("v2", 100, Some("a"), None)).take(deployed("v1", 50, Some("a"), Some("b")));
    fold.expect(r#"day90_behavior_info{system="agent",kind="prompt",version="v2"}"#, 1.0)
        .expect(r#"day90_changes_total{system="agent",kind="prompt",approval="unapproved"}"#, 1.0)
        .expect(r#"day90_changes_total{system="agent",kind="prompt",approval="approved"}"#, 1.0);
    fold.take(rollback_started("r-1", 200, RollbackTo::PreviousVersion)).take(rollback_completed("r-1", 260));
    fold.expect(r#"day90_behavior_info{system="agent",kind="prompt",version="v0"}"#, 1.0)
        .expect_none(r#"day90_behavior_info{system="agent",kind="prompt",version="v2"}"#)
        .expect(r#"day90_changes_failed_total{system="agent",kind="prompt",attribution="window"}"#, 1.0)
        .expect(r#"day90_rollback_duration_seconds_sum{system="agent",drill="false"}"#, 60.0)
        .expect(r#"day90_recovery_seconds_sum{system="agent",kind="prompt"}"#, 160.0);
}

#[test]
fn a_fallback_lasts_until_it_is_ended() {
    let mut fold = Fold::new();
    fold.take(rollback_started("r-1", 0, RollbackTo::PreviousProcess)).take(rollback_completed("r-1", 60));
    fold.expect(r#"day90_fallback_active{system="agent"}"#, 1.0);
    fold.take(event("none", 360, Body::FallbackEnded));
    fold.expect(r#"day90_fallback_active{system="agent"}"#, 0.0)
        .expect(r#"day90_fallback_seconds_total{system="agent"}"#, 300.0);
}

#[test]
fn an_end_of_the_fallback_that_arrives_first_waits_for_its_start() {
    let mut fold = Fold::new();
    fold.take(event("none", 360, Body::FallbackEnded));
    fold.take(rollback_started("r-1", 0, RollbackTo::PreviousProcess)).take(rollback_completed("r-1", 60));
    fold.expect(r#"day90_fallback_active{system="agent"}"#, 0.0)
        .expect(r#"day90_fallback_seconds_total{system="agent"}"#, 300.0);
    fold.take(event("none", 400, Body::FallbackEnded)).advance(DAY);
    fold.expect(r#"day90_lifecycle_orphans_total{type="fallback.ended"}"#, 1.0);
}

#[test]
fn a_change_that_arrives_after_its_rollback_has_failed_all_the_same() {
    let named = |seconds| {
        let body = Body::RollbackStarted {
            rollback: "r-1".into(),
            change: Some("v2".into()),
            trigger: Trigger::Alert,
            to: RollbackTo::PreviousVersion,
            drill: false,
        };
        event("none", seconds, body)
    };
    let events = [deployed("v2", 100, None, None), named(200), rollback_completed("r-1", 260)];
    let (mut straight, mut late) = (Fold::new(), Fold::new());
    events.iter().for_each(|event| drop(straight.take(event.clone()).samples()));
    events.iter().rev().for_each(|event| drop(late.take(event.clone()).samples()));
    assert_eq!(straight.samples(), late.samples());
    late.expect(r#"day90_behavior_info{system="agent",kind="prompt",version="v0"}"#, 1.0)
        .expect(r#"day90_recovery_seconds_sum{system="agent",kind="prompt"}"#, 160.0);
}

#[test]
fn a_rollback_that_is_not_completed_counts_as_unfinished_once() {
    let mut fold = Fold::new();
    let unfinished = r#"day90_rollbacks_total{system="agent",trigger="alert",to="previous_version",result="unfinished",drill="false"}"#;
    fold.take(rollback_started("r-1", 0, RollbackTo::PreviousVersion)).expect(unfinished, 0.0);
    fold.advance(DAY).expect(unfinished, 1.0).expect(r#"day90_rollbacks_in_progress{system="agent"}"#, 1.0);
    fold.take(rollback_completed("r-1", 90_000)).expect(unfinished, 1.0);
    fold.expect(r#"day90_rollbacks_in_progress{system="agent"}"#, 0.0);
}

#[test]
fn a_case_closed_by_the_ai_is_durable_when_it_stays_closed() {
    let durable = r#"day90_resolutions_durable_total{system="agent",by="ai",escalated="false"}"#;
    let mut fold = Fold::new();
    fold.take(event("c-1", 0, Body::CaseClosed { by: ClosedBy::Ai })).take(event(
        "c-2",
        0,
        Body::CaseClosed { by: ClosedBy::Ai },
    ));
    fold.take(event("c-2", 10, Body::CaseReopened { reason: None })).advance(7 * DAY - 1).expect_none(durable);
    fold.advance(1).expect(durable, 1.0);
    fold.expect(r#"day90_resolutions_reopened_total{system="agent",by="ai",escalated="false"}"#, 1.0);
}

#[test]
fn the_attestation_of_an_owner_who_has_gone_is_none_of_the_one_who_came() {
    let owned = |name: &str| {
        let owner = Owner { name: name.to_owned(), contact: "#ops".to_owned(), attest_every: 90 * DAY };
        let system = System { owner: Some(owner), ..System::default() };
        Model { systems: BTreeMap::from([("agent".to_owned(), system)]), ..Model::default() }
    };
    let attested = r#"day90_owner_attested_timestamp_seconds{system="agent"}"#;
    let mut fold = Fold::with(owned("old-team"));
    fold.take(event("none", 0, Body::OwnerAttested { owner: "old-team".into(), note: None }));
    fold.expect(attested, START.as_seconds_f64());
    let sequence = fold.sequence + 1;
    fold.state.configure(owned("new-team"), sequence);
    fold.sequence = sequence;
    fold.expect_none(attested);
    fold.take(event("none", 5, Body::OwnerAttested { owner: "new-team".into(), note: None }));
    fold.expect(attested, START.as_seconds_f64() + 5.0);
}

#[test]
fn removing_a_system_from_the_configuration_removes_its_series() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0));
    let sequence = fold.sequence + 1;
    fold.state.configure(Model::default(), sequence);
    let samples = fold.samples();
    let left: Vec<_> = samples.all.keys().filter(|series| series.contains("agent")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn label_values_over_the_bound_become_other_and_that_is_counted() {
    let limits = Bounds { values_per_label: 2, ..Bounds::default() };
    let mut fold = Fold::with(Model { limits, ..Model::default() });
    for action in ["a", "b", "c", "d"] {
        let body = Body::TaskCompleted {
            action: action.into(),
            outcome: TaskOutcome::Completed,
            mode: Mode::Decide,
            duration_seconds: None,
            version: None,
        };
        fold.take(event("none", 0, body));
    }
    fold.expect(r#"day90_tasks_total{system="agent",action="other",mode="decide",outcome="completed"}"#, 2.0)
        .expect(r#"day90_series_limited_total{metric="day90_tasks_total",label="action"}"#, 2.0);
}

#[test]
fn an_opening_at_the_bound_is_refused_and_a_repeat_of_an_open_one_is_not() {
    let limits = Bounds { open_cases: 1, ..Bounds::default() };
    let mut fold = Fold::with(Model { limits, ..Model::default() });
    fold.take(opened("c-1", 0));
    assert!(fold.state.openings_left().admit(0).is_err());
    assert!(fold.state.would_open(&opened("c-2", 0)).is_some());
    assert!(fold.state.would_open(&opened("c-1", 5)).is_none());
    assert!(fold.state.would_open(&acknowledged("c-2", 5)).is_none());
}

#[test]
fn the_rare_families_stand_at_zero_as_soon_as_a_system_is_known() {
    let mut fold = Fold::with(routed());
    for series in [
        r#"day90_escalations_total{system="agent",queue="billing",reason="low_confidence"}"#,
        r#"day90_escalation_deadline_missed_total{system="agent",queue="billing",stage="resolve"}"#,
        r#"day90_rollbacks_total{system="agent",trigger="owner",to="previous_process",result="failed",drill="true"}"#,
        r#"day90_changes_failed_total{system="agent",kind="model",attribution="named"}"#,
        r#"day90_appeals_total{system="agent",outcome="overturned"}"#,
    ] {
        fold.expect(series, 0.0);
    }
}

#[test]
fn a_restored_state_goes_on_as_if_nothing_had_happened() {
    let mut live = Fold::with(routed());
    live.take(opened("c-1", 0)).take(acknowledged("c-2", 5)).take(deployed("v1", 1, None, Some("b")));
    let mut bytes = Vec::new();
    live.state.snapshot().encode_to(&mut bytes).unwrap();
    let mut restored = Fold { state: State::decode(&bytes).unwrap(), sequence: live.sequence };
    assert_eq!(restored.samples(), live.samples());
    for fold in [&mut live, &mut restored] {
        fold.advance(20 * MINUTE)
            .take(opened("c-2", 1))
            .take(resolved("c-1", 60))
            .take(opened("c-3", 70))
            .advance(2 * DAY);
    }
    assert_eq!(restored.samples(), live.samples());
    let encode = |fold: &Fold| {
        let mut bytes = Vec::new();
        fold.state.snapshot().encode_to(&mut bytes).unwrap();
        bytes
    };
    assert_eq!(encode(&restored), encode(&live));
}

/// Room for a hundred escalations and a few label values.
fn cramped() -> Fold {
    let limits = Bounds { state_bytes: 100_000, ..Bounds::default() };
    let systems = [("agent".to_owned(), System::default())].into();
    Fold::with(Model { limits, systems, ..Model::default() })
}

#[test]
fn a_flood_of_one_kind_leaves_room_for_the_others_until_all_is_taken() {
    let mut fold = cramped();
    let mut opened_now = 0;
    while fold.state.openings_left().admit(0).is_ok() {
        fold.take(opened(&format!("c-{opened_now}"), 0));
        opened_now += 1;
    }
    assert!((200..260).contains(&opened_now), "{opened_now}");
    assert_eq!(fold.state.openings_left().admit(0).map_err(|rejection| rejection.reason), Err(Reason::Memory));
    assert_eq!(fold.state.openings_left().admit(1), Ok(()), "a review");
    fold.take(resolved("c-0", 1));
    assert_eq!(fold.state.openings_left().admit(0), Ok(()));
}

#[test]
fn what_is_finished_gives_way_to_what_is_open_the_oldest_first_and_that_is_counted() {
    let mut fold = cramped();
    for case in 0..1_000 {
        fold.take(opened(&format!("c-{case}"), 0)).take(resolved(&format!("c-{case}"), 1));
    }
    let taken: u64 = fold.state.row_bytes().iter().flatten().sum();
    assert!(taken <= crate::state::engine::room::pool(&fold.state.core.model.limits), "{taken}");
    let samples = fold.samples().all;
    let counted = samples.iter().filter(|(series, _)| series.starts_with("day90_escalations_total"));
    assert_eq!(counted.map(|(_, count)| count).sum::<f64>(), 1_000.0, "counters go on");
    assert!(samples[r#"day90_lifecycles_forgotten_total{kind="escalation"}"#] > 800.0);
    assert!(samples[r#"day90_lifecycles_forgotten_total{kind="case"}"#] > 800.0);
    let mut opened_now = 0;
    while fold.state.openings_left().admit(0).is_ok() {
        fold.take(opened(&format!("d-{opened_now}"), 2));
        opened_now += 1;
    }
    assert!(opened_now > 200, "{opened_now}");
}

#[test]
fn stages_without_an_opening_leave_room_for_openings() {
    let mut fold = cramped();
    for case in 0..1_000 {
        fold.take(acknowledged(&format!("c-{case}"), 0));
    }
    assert_eq!(fold.state.openings_left().admit(0), Ok(()));
    let orphans = fold.samples().all[r#"day90_lifecycle_orphans_total{type="escalation.acknowledged"}"#];
    assert!((900.0..1_000.0).contains(&orphans), "{orphans}");
}

#[test]
fn a_restored_state_has_the_room_that_it_had() {
    let mut fold = cramped();
    for case in 0..300 {
        let name: &'static str = format!("q-{case}").leak();
        fold.take(opened(&format!("c-{case}"), 0)).take(reassigned(&format!("c-{case}"), 1, name));
    }
    let mut bytes = Vec::new();
    fold.state.snapshot().encode_to(&mut bytes).unwrap();
    let mut restored = Fold { state: State::decode(&bytes).unwrap(), sequence: fold.sequence };
    for fold in [&mut fold, &mut restored] {
        fold.take(opened("c-more", 0)).take(reassigned("c-more", 1, "q-more")).take(resolved("c-more", 2));
    }
    assert_eq!(restored.samples().all, fold.samples().all);
    assert!(restored.state.core().is_full(), "hundreds of label values have no room here");
}

#[test]
fn every_family_is_listed_once_and_shown_in_that_order() {
    struct Names(Vec<String>);
    impl Sink for Names {
        fn family(&mut self, name: &str, _: Type, _: &str, _: &[&str]) {
            self.0.push(name.to_owned());
        }
        fn sample(&mut self, _: &[&str], _: Number) {}
        fn histogram(&mut self, _: &[&str], _: Buckets<'_>) {}
    }
    let mut names = Names(Vec::new());
    Fold::new().state.snapshot().visit(&mut names);
    let listed: Vec<_> = super::FAMILIES.iter().map(|family| family.name.to_owned()).collect();
    assert_eq!(names.0, listed);
}

/// Every stage of several lifecycles, each once, with times of their own.
fn history() -> Vec<Event<'static>> {
    let mut all = Vec::new();
    for (case, base) in [("c-1", 0), ("c-2", 7), ("c-3", 31)] {
        all.extend([opened(case, base), acknowledged(case, base + 60), reassigned(case, base + 70, "fraud")]);
        all.push(resolved(case, base + 300));
        let review = Body::ReviewRequested { review: None, queue: Some("second-look".into()), action: None };
        all.push(event(case, base + 5, review));
        all.push(event(case, base + 25, Body::ReviewStarted { review: None, by: None }));
        let handling = (base == 7).then_some(Fixed::from_units(9));
        let completed = Body::ReviewCompleted {
            review: None,
            decision: Decision::Edited,
            by: None,
            handling_seconds: handling,
            edit_ratio: None,
        };
        all.push(event(case, base + 45, completed));
        all.push(event(case, base + 90, Body::ReviewAudited { review: None, appropriate: base == 7, decision: None }));
        all.push(event(case, base + 400, Body::AppealOpened { appeal: None, action: None }));
        all.push(event(case, base + 900, Body::AppealDecided { appeal: None, outcome: AppealOutcome::Overturned }));
    }
    all.extend([rollback_started("r-1", 500, RollbackTo::PreviousProcess), rollback_completed("r-1", 530)]);
    let thumb = Body::FeedbackReceived { signal: Signal::Thumbs, value: FeedbackValue::Thumb(Thumb::Up), action: None };
    all.push(event("c-1", 910, thumb));
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// The world promises no order: the same stages, each once, end in the same samples.
    #[test]
    fn the_same_events_give_the_same_metrics_in_any_order_and_batching(
        order in Just((0..history().len()).collect::<Vec<_>>()).prop_shuffle(),
        pauses in proptest::collection::vec(any::<bool>(), history().len()),
    ) {
        let (mut straight, mut shuffled) = (Fold::with(routed()), Fold::with(routed()));
        let all = history();
        for event in &all {
            straight.take(event.clone());
        }
        for (index, pause) in order.into_iter().zip(pauses) {
            shuffled.take(all[index].clone());
            if pause {
                shuffled.advance(SECOND / 1_000);
            }
        }
        for fold in [&mut straight, &mut shuffled] {
            let end = START.plus(30 * SECOND);
            fold.state.advance(end);
        }
        let mut samples = [straight.samples(), shuffled.samples()];
        // They tell of times of receipt, which order and pauses change.
        let received = ["day90_last_event", "day90_escalation_spike", "day90_escalation_recent"];
        samples.iter_mut().for_each(|it| it.all.retain(|series, _| !received.iter().any(|name| series.starts_with(name))));
        prop_assert_eq!(&samples[0].all, &samples[1].all);
    }

    /// Time runs the same in one step and in many.
    #[test]
    fn advancing_in_steps_is_advancing_at_once(steps in proptest::collection::vec(1i64..5 * HOUR, 1..20)) {
        let (mut at_once, mut stepwise) = (Fold::with(routed()), Fold::with(routed()));
        for fold in [&mut at_once, &mut stepwise] {
            fold.take(opened("c-1", 0)).take(acknowledged("c-9", 0)).take(rollback_started("r-1", 0, RollbackTo::PreviousVersion));
        }
        for step in &steps {
            stepwise.advance(*step);
        }
        at_once.advance(steps.iter().sum());
        prop_assert_eq!(at_once.samples(), stepwise.samples());
    }
}

/// The native buckets of every histogram: how many there are, and the resolution.
#[derive(Default)]
struct Natives(Vec<(u64, i8, usize)>);

impl Sink for Natives {
    fn family(&mut self, _: &str, _: Type, _: &str, _: &[&str]) {}
    fn sample(&mut self, _: &[&str], _: Number) {}
    fn histogram(&mut self, _: &[&str], buckets: Buckets<'_>) {
        let native = buckets.native.filter(|native| native.count() > 0);
        self.0.extend(native.map(|native| (native.count(), native.schema(), native.buckets().count())));
    }
}

#[test]
fn without_memory_histograms_become_coarser_and_lose_nothing() {
    let lasting = |nanos: i64| {
        let body = Body::TaskCompleted {
            action: "refund".into(),
            outcome: TaskOutcome::Completed,
            mode: Mode::Decide,
            duration_seconds: Some(Fixed::from_nanos(nanos)),
            version: None,
        };
        event("c-1", 0, body)
    };
    for (state_bytes, schemas) in [(u64::MAX, 2..4), (1, -2..2)] {
        let limits = Bounds { state_bytes, ..Bounds::default() };
        let mut fold = Fold::with(Model { limits, ..Model::default() });
        for step in 0..200 {
            fold.take(lasting((1_000.0 * 1.1_f64.powi(step)) as i64));
        }
        let mut natives = Natives::default();
        fold.state.snapshot().visit(&mut natives);
        let (count, schema, buckets) = natives.0[0];
        assert!(count == 200 && schemas.contains(&schema) && buckets <= 160, "{:?}", natives.0);
        // What a restored state says it takes is what it took.
        let mut stored = Vec::new();
        fold.state.snapshot().encode_to(&mut stored).unwrap();
        assert_eq!(State::decode(&stored).unwrap().core().taken, fold.state.core().taken);
    }
}

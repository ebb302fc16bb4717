//! Rollbacks: their stages in any order, deadlines, drills and repeats.

use super::harness::*;
use crate::config::Model;
use crate::config::model::{RollbackPlan, System};
use crate::event::time::{DAY, HOUR, SECOND};
use crate::event::{Body, DrillPath, DrillResult, Event, Fixed, RollbackResult, RollbackTo, Trigger};

const IN_PROGRESS: &str = "day90_rollbacks_in_progress";
const ORPHANS: &str = "day90_lifecycle_orphans_total{type=rollback.completed}";
const TO: RollbackTo = RollbackTo::PreviousVersion;

fn total(result: &str) -> String {
    format!("day90_rollbacks_total{{trigger=alert,to=previous_version,result={result},drill=false}}")
}

fn drill(name: &'static str, seconds: i64) -> Event<'static> {
    let to = Some(RollbackTo::PreviousProcess);
    let body = Body::RollbackStarted { rollback: name.into(), change: None, trigger: Trigger::Owner, to, drill: true };
    event("none", seconds, body)
}

#[test]
fn a_rollback_runs_until_it_is_completed() {
    let mut fold = Fold::new();
    fold.take(rollback_started("r-1", 0, TO)).expect(IN_PROGRESS, 1.0).expect(&total("restored"), 0.0);
    fold.take(rollback_completed("r-1", 60)).expect(IN_PROGRESS, 0.0).expect(&total("restored"), 1.0);
    fold.expect("day90_rollback_duration_seconds_sum{drill=false}", 60.0);
    fold.expect("day90_rollback_last_success_timestamp_seconds{drill=false}", START.as_seconds_f64() + 60.0);
}

#[test]
fn a_rollback_that_failed_has_no_duration_and_is_no_success() {
    let mut fold = Fold::new();
    fold.take(rollback_started("r-1", 0, TO)).take(rollback_ended("r-1", 60, RollbackResult::Failed));
    fold.expect(IN_PROGRESS, 0.0).expect(&total("failed"), 1.0);
    fold.expect("day90_rollback_duration_seconds_count{drill=false}", 0.0);
    fold.expect_none("day90_rollback_last_success_timestamp_seconds{drill=false}");
}

#[test]
fn a_completion_that_arrives_first_counts_when_the_start_arrives() {
    let mut fold = Fold::new();
    fold.take(rollback_completed("r-1", 60)).expect(&total("restored"), 0.0);
    fold.take(rollback_started("r-1", 0, TO)).expect(IN_PROGRESS, 0.0).expect(&total("restored"), 1.0);
    fold.expect("day90_rollback_duration_seconds_sum{drill=false}", 60.0);
}

#[test]
fn a_completion_from_before_the_start_counts_as_skew_and_zero() {
    let mut fold = Fold::new();
    fold.take(rollback_started("r-1", 0, TO)).take(rollback_completed("r-1", -5)).expect(&total("restored"), 1.0);
    fold.expect("day90_rollback_duration_seconds_sum{drill=false}", 0.0);
    fold.expect("day90_clock_skew_total{type=rollback.completed}", 1.0);
}

#[test]
fn repeated_stages_change_nothing_but_the_counter_of_repeats() {
    let mut fold = Fold::new();
    fold.take(rollback_started("r-1", 0, TO)).take(rollback_started("r-1", 5, TO)).expect(IN_PROGRESS, 1.0);
    fold.take(rollback_completed("r-1", 60)).take(rollback_completed("r-1", 90));
    // A name is used once: a start after the completion begins no other rollback.
    fold.take(rollback_started("r-1", 120, TO)).expect(IN_PROGRESS, 0.0).expect(&total("restored"), 1.0);
    fold.expect("day90_lifecycle_repeats_total{type=rollback.started}", 2.0);
    fold.expect("day90_lifecycle_repeats_total{type=rollback.completed}", 1.0);
}

#[test]
fn of_two_completions_that_arrive_first_the_first_counts() {
    let mut fold = Fold::new();
    fold.take(rollback_completed("r-1", 60)).take(rollback_ended("r-1", 90, RollbackResult::Failed));
    fold.take(rollback_started("r-1", 0, TO)).expect(&total("restored"), 1.0).expect(&total("failed"), 0.0);
}

#[test]
fn a_completion_whose_start_never_comes_is_an_orphan_after_a_day() {
    let mut fold = Fold::new();
    fold.take(rollback_completed("r-1", 0)).advance(DAY - SECOND).expect(ORPHANS, 0.0);
    fold.advance(SECOND).expect(ORPHANS, 1.0);
}

#[test]
fn a_finished_rollback_is_forgotten_after_a_day_and_is_no_orphan() {
    let repeats = "day90_lifecycle_repeats_total{type=rollback.completed}";
    let mut fold = Fold::new();
    fold.take(rollback_started("r-1", 0, TO)).advance(HOUR).take(rollback_completed("r-1", 60)).advance(DAY - SECOND);
    fold.take(rollback_completed("r-1", 60)).expect(repeats, 1.0).advance(SECOND);
    fold.take(rollback_completed("r-1", 60)).expect(repeats, 1.0).expect(ORPHANS, 0.0);
}

#[test]
fn a_rollback_that_is_not_completed_counts_as_unfinished_once() {
    let mut fold = Fold::new();
    fold.take(rollback_started("r-1", 0, TO)).advance(DAY - 1).expect(&total("unfinished"), 0.0);
    fold.advance(1).expect(&total("unfinished"), 1.0).expect(IN_PROGRESS, 1.0);
    fold.take(rollback_completed("r-1", 90_000)).expect(&total("unfinished"), 1.0).expect(IN_PROGRESS, 0.0);
    fold.expect(&total("restored"), 0.0);
}

fn within(nanos: i64, to: Option<RollbackTo>) -> Model {
    let plan = RollbackPlan { to, plan: None, drill_every: None, within: Some(nanos) };
    declared(System { rollback: Some(plan), ..System::default() })
}

#[test]
fn a_completion_after_the_declared_time_is_unfinished_without_the_clock() {
    let mut fold = Fold::with(within(HOUR, None));
    fold.take(rollback_started("r-1", 0, TO)).take(rollback_completed("r-1", 3_601)).expect(&total("unfinished"), 1.0);
    fold.take(rollback_started("r-2", 0, TO)).take(rollback_completed("r-2", 3_600)).expect(&total("restored"), 1.0);
    fold.advance(DAY).expect(&total("unfinished"), 1.0).expect(IN_PROGRESS, 0.0);
}

#[test]
fn history_that_comes_in_two_requests_is_not_unfinished() {
    let mut fold = Fold::with(within(HOUR, None));
    fold.take(rollback_started("r-1", -86_400, TO)).advance(5 * SECOND - 1).expect(&total("unfinished"), 0.0);
    fold.take(rollback_completed("r-1", -86_300)).advance(DAY).expect(&total("restored"), 1.0);
    fold.expect(&total("unfinished"), 0.0);
}

#[test]
fn only_the_declared_way_back_is_at_zero_from_the_start() {
    let mut fold = Fold::with(within(HOUR, Some(RollbackTo::PreviousProcess)));
    fold.expect("day90_rollbacks_total{trigger=owner,to=previous_process,result=failed,drill=true}", 0.0);
    fold.expect_none(&total("failed"));
}

#[test]
fn a_rollback_as_a_drill_fails_no_change_and_starts_no_fallback() {
    let mut fold = Fold::new();
    fold.take(super::changes::deployed("v1", -60, None, None))
        .take(drill("r-1", 0))
        .take(rollback_completed("r-1", 60));
    fold.expect("day90_rollbacks_total{trigger=owner,to=previous_process,result=restored,drill=true}", 1.0);
    fold.expect("day90_rollback_duration_seconds_sum{drill=true}", 60.0);
    fold.expect("day90_rollback_last_success_timestamp_seconds{drill=true}", START.as_seconds_f64() + 60.0);
    fold.expect("day90_fallback_active", 0.0);
    fold.expect("day90_changes_failed_total{kind=prompt,attribution=window}", 0.0);
}

#[test]
fn only_a_passed_drill_of_the_rollback_path_proves_the_way_back() {
    let drilled = |seconds, path, result| {
        event("none", seconds, Body::DrillCompleted { path, result, seconds: Some(Fixed::from_units(9)), to: None })
    };
    let proven = "day90_rollback_last_success_timestamp_seconds{drill=true}";
    let mut fold = Fold::new();
    fold.take(drilled(10, DrillPath::Exception, DrillResult::Passed)).expect_none(proven);
    fold.take(drilled(20, DrillPath::Rollback, DrillResult::Failed)).expect_none(proven);
    fold.take(drilled(30, DrillPath::Rollback, DrillResult::Passed)).expect(proven, START.as_seconds_f64() + 30.0);
    // One that is reported later and happened earlier changes nothing.
    fold.take(drilled(25, DrillPath::Rollback, DrillResult::Passed)).expect(proven, START.as_seconds_f64() + 30.0);
}

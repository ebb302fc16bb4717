//! Changes: approval, the version in force, and which change a rollback counts against.

use super::harness::*;
use crate::config::model::{self, System};
use crate::event::time::{DAY, HOUR};
use crate::event::{Body, ChangeKind, Event, RollbackResult, RollbackTo, Trigger};

const BY_WINDOW: &str = "day90_changes_failed_total{kind=prompt,attribution=window}";
const BY_NAME: &str = "day90_changes_failed_total{kind=prompt,attribution=named}";
const RECOVERY: &str = "day90_recovery_seconds_sum{kind=prompt}";

pub fn deployed(
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
        emergency: None,
    };
    event("none", seconds, body)
}

/// A rollback that names the change that failed.
fn rollback_of(change: &'static str, seconds: i64) -> Event<'static> {
    let body = Body::RollbackStarted {
        rollback: "r-1".into(),
        change: Some(change.into()),
        trigger: Trigger::Alert,
        to: Some(RollbackTo::PreviousVersion),
        drill: false,
    };
    event("none", seconds, body)
}

fn in_force(version: &str) -> String {
    format!("day90_behavior_info{{kind=prompt,version={version}}}")
}

fn total(approval: &str) -> String {
    format!("day90_changes_total{{kind=prompt,approval={approval}}}")
}

#[test]
fn the_version_in_force_is_the_last_by_time_and_returns_with_a_rollback() {
    let mut fold = Fold::new();
    fold.take(deployed("v2", 100, Some("a"), None)).take(deployed("v1", 50, Some("a"), Some("b")));
    fold.expect(&in_force("v2"), 1.0).expect(&total("unapproved"), 1.0).expect(&total("approved"), 1.0);
    fold.expect("day90_change_last_timestamp_seconds{kind=prompt}", START.as_seconds_f64() + 100.0);
    fold.take(rollback_started("r-1", 200, RollbackTo::PreviousVersion)).take(rollback_completed("r-1", 260));
    fold.expect(&in_force("v0"), 1.0).expect_none(&in_force("v2")).expect(BY_WINDOW, 1.0);
    fold.expect("day90_rollback_duration_seconds_sum{drill=false}", 60.0).expect(RECOVERY, 160.0);
}

#[test]
fn authors_cannot_approve_their_own_change() {
    let mut fold = Fold::new();
    fold.take(deployed("v1", 0, Some("a"), Some("a"))).take(deployed("v2", 1, None, Some("a")));
    fold.expect(&total("self_approved"), 1.0).expect(&total("approved"), 1.0);
}

#[test]
fn where_approvers_are_declared_nobody_else_approves() {
    let approvers = [(ChangeKind::Prompt, vec!["lead".to_owned()])].into();
    let changes = model::Changes { approvers, ..model::Changes::default() };
    let mut fold = Fold::with(declared(System { changes, ..System::default() }));
    fold.take(deployed("v1", 0, Some("a"), Some("b"))).take(deployed("v2", 1, Some("a"), Some("lead")));
    fold.expect(&total("unapproved"), 1.0).expect(&total("approved"), 1.0);
}

#[test]
fn a_rollback_that_names_no_change_counts_against_the_last_one_within_the_window() {
    let changes = model::Changes { failure_window: HOUR, ..model::Changes::default() };
    let mut fold = Fold::with(declared(System { changes, ..System::default() }));
    fold.take(deployed("v1", 0, None, None));
    fold.take(rollback_started("r-1", 3_601, RollbackTo::PreviousVersion)).take(rollback_completed("r-1", 3_700));
    fold.expect(BY_WINDOW, 0.0).expect(&in_force("v1"), 1.0);
    fold.take(rollback_started("r-2", 3_600, RollbackTo::PreviousVersion)).take(rollback_completed("r-2", 3_700));
    fold.expect(BY_WINDOW, 1.0).expect(&in_force("v0"), 1.0);
}

#[test]
fn a_rollback_that_names_its_change_counts_against_that_one_once() {
    let mut fold = Fold::new();
    fold.take(deployed("v1", 0, None, None)).take(deployed("v2", 100, None, None));
    fold.take(rollback_of("v1", 200)).take(rollback_completed("r-1", 260)).expect(BY_NAME, 1.0).expect(RECOVERY, 260.0);
    fold.expect(&in_force("v2"), 1.0);
    // The same change fails again: another recovery, not another failed change.
    let Body::RollbackStarted { change, trigger, to, drill, .. } = rollback_of("v1", 300).body else { unreachable!() };
    fold.take(event("none", 300, Body::RollbackStarted { rollback: "r-2".into(), change, trigger, to, drill }));
    fold.take(rollback_completed("r-2", 310))
        .expect(BY_NAME, 1.0)
        .expect("day90_recovery_seconds_count{kind=prompt}", 2.0);
}

#[test]
fn a_rollback_that_did_not_restore_fails_the_change_and_leaves_its_version_in_force() {
    let mut fold = Fold::new();
    fold.take(deployed("v1", 0, None, None)).take(rollback_of("v1", 200));
    fold.take(rollback_ended("r-1", 260, RollbackResult::Failed));
    fold.expect(BY_NAME, 1.0).expect(&in_force("v1"), 1.0).expect("day90_recovery_seconds_count{kind=prompt}", 0.0);
}

#[test]
fn an_unfinished_rollback_fails_the_change_by_the_clock() {
    let mut fold = Fold::new();
    fold.take(deployed("v1", 0, None, None)).take(rollback_of("v1", 200)).advance(DAY).expect(BY_NAME, 0.0);
    fold.advance(HOUR).expect(BY_NAME, 1.0).expect(&in_force("v1"), 1.0);
}

#[test]
fn a_change_that_arrives_after_its_rollback_has_failed_all_the_same() {
    let events = [deployed("v2", 100, None, None), rollback_of("v2", 200), rollback_completed("r-1", 260)];
    let (mut straight, mut late) = (Fold::new(), Fold::new());
    events.iter().for_each(|event| drop(straight.take(event.clone()).samples()));
    events.iter().rev().for_each(|event| drop(late.take(event.clone()).samples()));
    assert_eq!(straight.samples(), late.samples());
    late.expect(&in_force("v0"), 1.0).expect(RECOVERY, 160.0).expect(BY_NAME, 1.0);
}

//! Changes: approval, the version in force, and which change failed.

use serde_json::json;

use super::harness::*;
use super::told::*;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::event::{Body, ChangeKind, Event};

const DEPLOYED: &str = "change.deployed";
const APPROVED: &str = "change.approved";
const FAILED: &str = "change.failed";
const STARTED: &str = "rollback.started";
const COMPLETED: &str = "rollback.completed";
const UNKNOWN: &str = "day90_changes_failed_total{kind=unknown,attribution=named}";

/// For tests of other signals.
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

fn in_force(kind: &str, version: &str) -> String {
    format!("day90_behavior_info{{kind={kind},version={version}}}")
}

fn since(kind: &str) -> String {
    format!("day90_change_last_timestamp_seconds{{kind={kind}}}")
}

fn total(kind: &str, approval: &str) -> String {
    format!("day90_changes_total{{kind={kind},approval={approval}}}")
}

fn later(kind: &str) -> String {
    format!("day90_change_approvals_later_total{{kind={kind}}}")
}

fn now(kind: &str, approval: &str) -> String {
    format!("day90_change_in_force_approval{{kind={kind},approval={approval}}}")
}

fn failed(kind: &str, attribution: &str) -> String {
    format!("day90_changes_failed_total{{kind={kind},attribution={attribution}}}")
}

fn recovered(kind: &str) -> String {
    format!("day90_recovery_seconds_count{{kind={kind}}}")
}

fn at(seconds: i64) -> f64 {
    START.plus(seconds * SECOND).as_seconds_f64()
}

/// `ada` approves prompts, `ben` tools; nobody is declared for the other kinds.
fn approvers() -> Fold {
    operated(json!({"changes": {"approvers": {"prompt": ["ada"], "tool": ["ben"]}, "failure_window": DAY}}))
}

fn deploy(version: &str) -> String {
    format!(r#""kind":"prompt","version":"{version}""#)
}

impl Fold {
    /// Deploys a prompt.
    fn prompt(&mut self, seconds: i64, version: &str) -> &mut Fold {
        self.tell(DEPLOYED, seconds, &deploy(version))
    }

    /// A rollback to the previous version that restores after ten seconds.
    fn roll_back(&mut self, name: &str, seconds: i64, fields: &str) -> &mut Fold {
        let comma = if fields.is_empty() { "" } else { "," };
        self.tell(STARTED, seconds, &format!(r#""rollback":"{name}","to":"previous_version"{comma}{fields}"#));
        self.tell(COMPLETED, seconds + 10, &format!(r#""rollback":"{name}","result":"restored""#))
    }
}

// Approval.

#[test]
fn a_change_is_approved_by_a_declared_approver_who_is_not_its_author() {
    let mut fold = approvers();
    for (version, author, approver) in
        [("1", "dev", "ada"), ("2", "dev", "zoe"), ("3", "ada", "ada"), ("4", "zoe", "zoe")]
    {
        let people = format!(r#","author":"{author}","approver":"{approver}""#);
        fold.tell(DEPLOYED, 0, &(deploy(version) + &people));
    }
    fold.tell(DEPLOYED, 0, &deploy("5"));
    // Where nobody is declared, anybody else approves.
    fold.tell(DEPLOYED, 0, r#""kind":"data","version":"d1","author":"dev","approver":"zoe""#);
    fold.expect(&total("prompt", "approved"), 1.0).expect(&total("prompt", "self_approved"), 2.0);
    fold.expect(&total("prompt", "unapproved"), 2.0).expect(&total("data", "approved"), 1.0);
}

#[test]
fn an_emergency_is_its_own_approval_until_it_is_approved_later() {
    let mut fold = approvers();
    fold.tell(DEPLOYED, 0, r#""kind":"prompt","version":"v2","author":"dev","emergency":true"#);
    fold.expect(&total("prompt", "emergency"), 1.0).expect(&now("prompt", "emergency"), 1.0);
    fold.tell(APPROVED, 60, r#""approver":"ada","kind":"prompt","version":"v2""#);
    fold.expect(&later("prompt"), 1.0).expect(&now("prompt", "approved_later"), 1.0);
    fold.expect(&now("prompt", "emergency"), 0.0).expect(&total("prompt", "emergency"), 1.0);
}

#[test]
fn an_approval_up_to_35_days_before_the_deployment_makes_it_approved() {
    let day = 86_400;
    for (days, approval) in [(35, "approved"), (36, "unapproved")] {
        let mut fold = approvers();
        fold.tell(APPROVED, 0, r#""approver":"ada","change":"rel-9""#);
        fold.tell(DEPLOYED, days * day, r#""kind":"prompt","version":"p2","change":"rel-9","author":"dev""#);
        fold.expect(&total("prompt", approval), 1.0)
            .expect(&now("prompt", approval), 1.0)
            .expect(&later("prompt"), 0.0);
    }
}

#[test]
fn an_approval_is_for_those_kinds_whose_declared_approvers_name_the_approver() {
    let mut fold = approvers();
    for kind in ["prompt", "tool", "data"] {
        fold.tell(DEPLOYED, 0, &format!(r#""kind":"{kind}","version":"9","change":"rel-9","author":"dev""#));
    }
    fold.tell(APPROVED, 60, r#""approver":"ada","change":"rel-9""#);
    fold.expect(&later("prompt"), 1.0).expect(&later("tool"), 0.0).expect(&later("data"), 1.0);
    fold.expect(&now("tool", "unapproved"), 1.0).expect(&now("prompt", "approved_later"), 1.0);
    // Once each, whoever approves it again.
    fold.tell(APPROVED, 90, r#""approver":"ada","change":"rel-9""#).expect(&later("prompt"), 1.0);
    fold.tell(APPROVED, 90, r#""approver":"ben","change":"rel-9""#).expect(&later("tool"), 1.0);
}

#[test]
fn a_later_approval_by_its_author_or_somebody_undeclared_counts_nothing_and_is_a_warning() {
    let mut fold = approvers();
    fold.tell(DEPLOYED, 0, r#""kind":"prompt","version":"v2","author":"ada""#);
    for approver in ["ada", "zoe"] {
        let said = fold.warned(APPROVED, 60, &format!(r#""approver":"{approver}","kind":"prompt","version":"v2""#));
        assert_eq!(said.iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["approver"], "{said:?}");
    }
    fold.expect(&later("prompt"), 0.0).expect(&now("prompt", "unapproved"), 1.0);
}

#[test]
fn an_approval_that_can_approve_nothing_is_a_warning_before_the_deployment_too() {
    let mut fold = approvers();
    let for_tool = r#""approver":"ada","kind":"tool","version":"t2""#;
    assert_eq!(fold.warned(APPROVED, 0, for_tool)[0].0, "approver");
    assert_eq!(fold.warned(APPROVED, 0, r#""approver":"ada","kind":"prompt","version":"v2""#), []);
    assert_eq!(fold.warned(APPROVED, 0, r#""approver":"zoe","change":"rel-9""#), [], "it may have data in it");
}

#[test]
fn a_later_approval_of_a_self_approved_change_makes_it_approved_later() {
    let mut fold = approvers();
    fold.tell(DEPLOYED, 0, r#""kind":"prompt","version":"v2","author":"dev","approver":"dev""#);
    fold.expect(&now("prompt", "self_approved"), 1.0);
    fold.tell(APPROVED, 60, r#""approver":"ada","kind":"prompt","version":"v2""#);
    fold.expect(&now("prompt", "approved_later"), 1.0).expect(&later("prompt"), 1.0);
}

#[test]
fn an_approval_may_arrive_before_its_deployment() {
    let deployment = (DEPLOYED, 100, r#""kind":"prompt","version":"p2","change":"rel-9","author":"dev""#);
    let approval = (APPROVED, 200, r#""approver":"ada","change":"rel-9""#);
    let mut fold = Fold::in_any_order(approvers, &[deployment, approval]);
    fold.expect(&total("prompt", "unapproved"), 1.0).expect(&later("prompt"), 1.0);
}

#[test]
fn the_approval_in_force_is_that_of_the_version_in_force() {
    let mut fold = approvers();
    fold.expect_none(&now("prompt", "approved"));
    fold.tell(DEPLOYED, 0, r#""kind":"prompt","version":"v1","author":"dev","approver":"ada""#);
    fold.prompt(100, "v2").expect(&now("prompt", "unapproved"), 1.0).expect(&now("prompt", "approved"), 0.0);
    fold.roll_back("r", 200, "").expect(&now("prompt", "approved"), 1.0).expect(&now("prompt", "unapproved"), 0.0);
}

#[test]
fn an_undeclared_approver_of_a_deployment_is_a_warning() {
    let mut fold = approvers();
    let said = fold.warned(DEPLOYED, 0, r#""kind":"prompt","version":"v2","author":"dev","approver":"zoe""#);
    assert_eq!(said, [("approver", "zoe is not declared as an approver of prompt changes".to_owned())]);
}

// The version in force.

#[test]
fn the_version_in_force_is_the_last_deployed_by_time_and_of_two_the_last_that_arrived() {
    let mut fold = Fold::new();
    fold.prompt(100, "v2")
        .prompt(50, "v9")
        .expect(&in_force("prompt", "v2"), 1.0)
        .expect_none(&in_force("prompt", "v9"));
    fold.expect(&since("prompt"), at(100));
    fold.prompt(100, "v1").expect(&in_force("prompt", "v1"), 1.0).expect_none(&in_force("prompt", "v2"));
}

#[test]
fn a_restored_rollback_puts_the_version_before_back_dated_by_the_restoring() {
    let mut fold = Fold::new();
    fold.prompt(0, "v1").prompt(100, "v2").roll_back("r", 200, "");
    fold.expect(&in_force("prompt", "v1"), 1.0)
        .expect_none(&in_force("prompt", "v2"))
        .expect(&since("prompt"), at(210));
    fold.expect(&failed("prompt", "window"), 1.0).expect("day90_recovery_seconds_sum{kind=prompt}", 110.0);
}

#[test]
fn the_history_of_versions_has_restorings_in_it() {
    let mut fold = Fold::new();
    fold.prompt(0, "v1").prompt(100, "v2").roll_back("r-1", 200, "");
    fold.prompt(300, "v3").roll_back("r-2", 400, "");
    fold.expect(&in_force("prompt", "v1"), 1.0).expect(&since("prompt"), at(410));
}

#[test]
fn two_changes_that_are_rolled_back_one_after_the_other_lead_two_versions_back() {
    let mut fold = Fold::new();
    fold.prompt(0, "v1").prompt(100, "v2").prompt(200, "v3").roll_back("r-1", 300, "").roll_back("r-2", 400, "");
    fold.expect(&in_force("prompt", "v1"), 1.0).expect(&failed("prompt", "window"), 2.0);
}

#[test]
fn a_restoring_that_takes_long_puts_the_version_back_all_the_same() {
    let mut fold = operated(json!({"rollback": {"to": "previous_version", "within": 15 * MINUTE}}));
    fold.tell(DEPLOYED, 0, r#""kind":"prompt","version":"v3","previous_version":"v2""#);
    fold.tell(STARTED, 60, r#""rollback":"r""#).tell(COMPLETED, 60 + 1_200, r#""rollback":"r","result":"restored""#);
    fold.expect(&in_force("prompt", "v2"), 1.0).expect(&recovered("prompt"), 1.0);
}

#[test]
fn what_day90_saw_wins_over_the_previous_version_that_is_said_and_a_difference_is_a_warning() {
    let mut fold = Fold::new();
    fold.prompt(0, "v1");
    let said = fold.warned(DEPLOYED, 100, r#""kind":"prompt","version":"v2","previous_version":"v0""#);
    assert_eq!(said[0].0, "previous_version");
    assert!(said[0].1.contains("v1") && said[0].1.contains("v0") && said.len() == 1, "{said:?}");
    fold.roll_back("r", 200, "").expect(&in_force("prompt", "v1"), 1.0);
    // The same word is none.
    assert_eq!(fold.warned(DEPLOYED, 300, r#""kind":"prompt","version":"v3","previous_version":"v1""#), []);
}

#[test]
fn without_any_word_the_version_before_is_unknown() {
    let mut fold = Fold::new();
    fold.prompt(100, "v2").roll_back("r", 200, "").expect(&in_force("prompt", "unknown"), 1.0);
    fold.expect_none(&now("prompt", "unapproved"));
    // What comes next says what it was.
    fold.tell(DEPLOYED, 300, r#""kind":"prompt","version":"v3","previous_version":"v1""#).roll_back("s", 400, "");
    fold.expect(&in_force("prompt", "v1"), 1.0);
}

#[test]
fn deploying_the_version_in_force_again_is_no_change() {
    let mut fold = Fold::new();
    fold.prompt(0, "v1");
    let said = fold.warned(DEPLOYED, 100, r#""kind":"prompt","version":"v1","approver":"ada""#);
    assert_eq!(said[0].0, "version");
    fold.expect(&total("prompt", "unapproved"), 1.0).expect(&total("prompt", "approved"), 0.0);
    fold.expect(&since("prompt"), at(0));
    // Nor is it when a rollback put it back.
    fold.prompt(200, "v2").roll_back("r", 300, "").prompt(400, "v1");
    fold.expect(&total("prompt", "unapproved"), 2.0).expect(&since("prompt"), at(310));
}

#[test]
fn deployments_and_their_rollback_give_the_same_in_any_order() {
    let told = [
        (DEPLOYED, 0, r#""kind":"prompt","version":"p1","author":"dev","approver":"ada""#),
        (DEPLOYED, 100, r#""kind":"prompt","version":"p2","change":"rel-9","author":"dev","approver":"ada""#),
        (DEPLOYED, 101, r#""kind":"tool","version":"t2","change":"rel-9","previous_version":"t1""#),
        (STARTED, 200, r#""rollback":"r","change":"rel-9","to":"previous_version","trigger":"alert""#),
        (COMPLETED, 260, r#""rollback":"r","result":"restored""#),
    ];
    let mut fold = Fold::in_any_order(approvers, &told);
    fold.expect(&in_force("prompt", "p1"), 1.0).expect(&in_force("tool", "t1"), 1.0).expect(&since("tool"), at(260));
    fold.expect(&failed("prompt", "named"), 1.0).expect(&failed("tool", "named"), 1.0);
    fold.expect("day90_recovery_seconds_sum{kind=prompt}", 160.0)
        .expect("day90_recovery_seconds_sum{kind=tool}", 159.0);
}

#[test]
fn a_version_that_came_and_went_is_seen_whatever_the_order() {
    let (one, two) = (r#""kind":"prompt","version":"v1""#, r#""kind":"prompt","version":"v2""#);
    let told = [(DEPLOYED, 0, one), (DEPLOYED, 100, two), (DEPLOYED, 200, one), (DEPLOYED, 300, one)];
    let mut fold = Fold::in_any_order(Fold::new, &told);
    fold.expect(&total("prompt", "unapproved"), 3.0).expect(&failed("prompt", "revert"), 1.0);
    fold.expect(&in_force("prompt", "v1"), 1.0).expect(&since("prompt"), at(200));
}

// Which change fails.

#[test]
fn a_change_fails_when_its_rollback_starts_whatever_comes_of_that() {
    let mut fold = Fold::new();
    fold.prompt(0, "v1").tell(STARTED, 100, r#""rollback":"r""#).expect(&failed("prompt", "window"), 1.0);
    fold.tell(COMPLETED, 160, r#""rollback":"r","result":"failed""#).expect(&failed("prompt", "window"), 1.0);
    fold.expect(&in_force("prompt", "v1"), 1.0).expect(&recovered("prompt"), 0.0);
}

#[test]
fn a_change_fails_once_however_often_it_is_rolled_back() {
    let mut fold = Fold::new();
    fold.prompt(0, "v1").prompt(100, "v2");
    fold.roll_back("r-1", 200, r#""change":"v2""#).roll_back("r-2", 300, r#""change":"v2""#);
    fold.tell(FAILED, 400, r#""kind":"prompt","version":"v2""#);
    fold.expect(&failed("prompt", "named"), 1.0).expect(&failed("prompt", "declared"), 0.0);
    // Recovery is observed by the first that restores.
    fold.expect("day90_recovery_seconds_sum{kind=prompt}", 110.0).expect(&recovered("prompt"), 1.0);
}

#[test]
fn an_unnamed_rollback_blames_the_last_change_within_the_window_that_has_not_failed() {
    let mut fold = operated(json!({"changes": {"failure_window": HOUR}}));
    fold.prompt(0, "v1").tell(DEPLOYED, 100, r#""kind":"tool","version":"t1""#);
    fold.tell(STARTED, 200, r#""rollback":"r-1""#).expect(&failed("tool", "window"), 1.0);
    fold.tell(STARTED, 3_600, r#""rollback":"r-2""#).expect(&failed("prompt", "window"), 1.0);
    fold.tell(DEPLOYED, 10_000, r#""kind":"data","version":"d1""#);
    fold.tell(STARTED, 13_601, r#""rollback":"r-3""#).advance(HOUR).expect(&failed("data", "window"), 0.0);
    fold.expect(UNKNOWN, 0.0);
}

#[test]
fn of_two_changes_at_one_time_the_last_that_arrived_is_blamed() {
    let mut fold = Fold::new();
    fold.tell(DEPLOYED, 0, r#""kind":"tool","version":"z""#).tell(DEPLOYED, 0, r#""kind":"prompt","version":"a""#);
    fold.tell(STARTED, 60, r#""rollback":"r""#)
        .expect(&failed("prompt", "window"), 1.0)
        .expect(&failed("tool", "window"), 0.0);
}

#[test]
fn kinds_under_one_name_fail_and_are_restored_together() {
    let mut fold = Fold::new();
    for (kind, old) in [("prompt", "p1"), ("tool", "t1"), ("data", "d1")] {
        fold.tell(DEPLOYED, 0, &format!(r#""kind":"{kind}","version":"{old}""#));
        let new = format!(r#""kind":"{kind}","version":"new","change":"rel-9""#);
        fold.tell(DEPLOYED, 100, &new);
    }
    // Something newer is in force of this kind, so nothing is put back there.
    fold.tell(DEPLOYED, 150, r#""kind":"data","version":"d3""#);
    fold.roll_back("r", 200, r#""change":"rel-9""#);
    for kind in ["prompt", "tool", "data"] {
        fold.expect(&failed(kind, "named"), 1.0).expect(&recovered(kind), 1.0);
    }
    fold.expect(&in_force("prompt", "p1"), 1.0)
        .expect(&in_force("tool", "t1"), 1.0)
        .expect(&in_force("data", "d3"), 1.0);
}

#[test]
fn an_unnamed_rollback_fails_all_kinds_of_the_change() {
    let mut fold = Fold::new();
    fold.tell(DEPLOYED, 0, r#""kind":"prompt","version":"p2","change":"rel-9","previous_version":"p1""#);
    fold.tell(DEPLOYED, 5, r#""kind":"tool","version":"t2","change":"rel-9","previous_version":"t1""#);
    fold.roll_back("r", 60, "").expect(&failed("prompt", "window"), 1.0).expect(&failed("tool", "window"), 1.0);
    fold.expect(&in_force("prompt", "p1"), 1.0).expect(&in_force("tool", "t1"), 1.0);
}

#[test]
fn the_same_name_again_after_its_failure_is_another_change() {
    let mut fold = Fold::new();
    let try_again = |version: &str| format!(r#""kind":"prompt","version":"{version}","change":"rel-9""#);
    fold.tell(DEPLOYED, 0, &try_again("p1")).roll_back("r-1", 100, r#""change":"rel-9""#);
    fold.tell(DEPLOYED, 200, &try_again("p2")).expect(&failed("prompt", "named"), 1.0);
    fold.roll_back("r-2", 300, r#""change":"rel-9""#).expect(&failed("prompt", "named"), 2.0);
}

#[test]
fn a_revert_fails_the_version_in_force_and_observes_no_recovery() {
    let mut fold = Fold::new();
    fold.prompt(0, "v1").prompt(100, "v2").prompt(200, "v1");
    fold.expect(&failed("prompt", "revert"), 1.0)
        .expect(&recovered("prompt"), 0.0)
        .expect(&total("prompt", "unapproved"), 3.0);
    // A later rollback cannot blame it: only v1 of the beginning is left.
    fold.tell(STARTED, 300, r#""rollback":"r-1""#).expect(&failed("prompt", "window"), 1.0);
    fold.tell(STARTED, 400, r#""rollback":"r-2""#).expect(&failed("prompt", "window"), 1.0);
    fold.advance(HOUR).expect(UNKNOWN, 0.0);
}

#[test]
fn a_rollback_after_a_revert_is_not_held_against_the_revert() {
    let mut fold = operated(json!({"changes": {"failure_window": HOUR}}));
    fold.prompt(0, "v1").prompt(10_000, "v2").prompt(10_100, "v1").expect(&failed("prompt", "revert"), 1.0);
    // The first v1 is out of the window, and v2 has failed already.
    fold.roll_back("r-1", 10_200, "").expect(&failed("prompt", "window"), 0.0).expect(&recovered("prompt"), 0.0);
    fold.expect(&in_force("prompt", "v1"), 1.0);
}

#[test]
fn a_revert_fails_every_kind_of_the_change() {
    let mut fold = Fold::new();
    fold.prompt(0, "p1").tell(DEPLOYED, 100, r#""kind":"prompt","version":"p2","change":"rel-9""#);
    fold.tell(DEPLOYED, 100, r#""kind":"tool","version":"t2","change":"rel-9","previous_version":"t1""#);
    fold.prompt(200, "p1").tell(DEPLOYED, 201, r#""kind":"tool","version":"t1""#);
    fold.expect(&failed("prompt", "revert"), 1.0).expect(&failed("tool", "revert"), 1.0);
}

#[test]
fn the_version_before_after_the_window_or_one_that_failed_itself_is_no_revert() {
    let mut fold = operated(json!({"changes": {"failure_window": HOUR}}));
    fold.prompt(0, "v1").prompt(100, "v2").prompt(3_701, "v1").expect(&failed("prompt", "revert"), 0.0);
    let mut fold = Fold::new();
    fold.prompt(0, "v1").tell(FAILED, 50, r#""kind":"prompt","version":"v1""#).prompt(100, "v2").prompt(200, "v1");
    fold.expect(&failed("prompt", "revert"), 0.0).expect(&failed("prompt", "declared"), 1.0);
    // v2 comes back after its revert: it failed itself, so the second v1 does not fail by it.
    let mut fold = Fold::new();
    fold.prompt(0, "v1").prompt(100, "v2").prompt(200, "v1").prompt(300, "v2").expect(&failed("prompt", "revert"), 1.0);
}

#[test]
fn a_change_may_be_declared_as_failed_before_it_arrives() {
    let told = [
        (DEPLOYED, 0, r#""kind":"prompt","version":"v1","change":"chg-1""#),
        (FAILED, 100, r#""change":"chg-1","reason":"wrong_amounts""#),
    ];
    let mut fold = Fold::in_any_order(Fold::new, &told);
    fold.expect(&failed("prompt", "declared"), 1.0).expect(&in_force("prompt", "v1"), 1.0);
    fold.expect(&recovered("prompt"), 0.0);
    // A rollback that restores afterwards is its recovery.
    fold.roll_back("r", 200, r#""change":"chg-1""#)
        .expect(&recovered("prompt"), 1.0)
        .expect(&failed("prompt", "named"), 0.0);
}

#[test]
fn a_failure_of_a_change_that_nobody_deployed_is_an_orphan_after_the_grace() {
    let orphans = "day90_lifecycle_orphans_total{type=change.failed}";
    let mut fold = Fold::new();
    fold.tell(FAILED, 0, r#""change":"nobody""#).advance(5 * MINUTE - 1).expect(orphans, 0.0);
    fold.advance(1).expect(orphans, 1.0).expect(UNKNOWN, 0.0);
}

#[test]
fn a_rollback_of_a_change_that_nobody_deployed_fails_one_of_an_unknown_kind_after_the_grace() {
    let mut fold = Fold::new();
    fold.prompt(0, "v1").roll_back("r", 60, r#""change":"nobody""#);
    let finding = |fold: &Fold| fold.state.snapshot().pasts(START)[0].facts.unknown_change.is_some();
    fold.advance(5 * MINUTE - 10 * SECOND - 1).expect(UNKNOWN, 0.0);
    assert!(!finding(&fold));
    fold.advance(1)
        .expect(UNKNOWN, 1.0)
        .expect(&failed("prompt", "named"), 0.0)
        .expect(&failed("prompt", "window"), 0.0);
    assert!(finding(&fold));
    fold.expect(&in_force("prompt", "v1"), 1.0);
    let restarted = fold.restarted();
    assert!(finding(&restarted));
    // It comes all the same: it was counted, and isn't in force.
    fold.tell(DEPLOYED, 30, r#""kind":"prompt","version":"v2","change":"nobody""#);
    fold.expect(UNKNOWN, 1.0).expect(&failed("prompt", "named"), 0.0).expect(&in_force("prompt", "v1"), 1.0);
    fold.expect(&recovered("prompt"), 1.0);
    assert!(!finding(&fold));
}

#[test]
fn a_rollback_that_fails_no_change_puts_nothing_back() {
    let mut fold = operated(json!({"changes": {"failure_window": HOUR}}));
    fold.tell(DEPLOYED, 0, r#""kind":"prompt","version":"v2","previous_version":"v1""#);
    fold.roll_back("r", 7_200, "").advance(HOUR);
    fold.expect(&in_force("prompt", "v2"), 1.0)
        .expect(&failed("prompt", "window"), 0.0)
        .expect(&recovered("prompt"), 0.0);
}

#[test]
fn a_drill_fails_no_change_and_changes_no_version() {
    let mut fold = Fold::new();
    fold.prompt(0, "v1").prompt(10, "v2").roll_back("r", 60, r#""change":"v2","drill":true"#).advance(DAY);
    fold.expect(&failed("prompt", "named"), 0.0)
        .expect(&in_force("prompt", "v2"), 1.0)
        .expect(&recovered("prompt"), 0.0);
}

// Bounds.

#[test]
fn changes_are_remembered_within_a_bound_and_what_was_in_force_stays_known() {
    let mut fold = Fold::new();
    let mut one = Fold::new();
    for number in 0..2_000 {
        fold.prompt(number, &format!("v{number}"));
    }
    one.prompt(0, "v0");
    fold.tell(APPROVED, 2_000, r#""approver":"ada","kind":"prompt","version":"v1999""#);
    fold.expect(&total("prompt", "unapproved"), 2_000.0).expect(&later("prompt"), 1.0);
    let per_change = (fold.stored().len() - one.stored().len()) / 256;
    assert!(per_change < 200, "{per_change} bytes for each of 256");
    fold.roll_back("r", 2_100, "").expect(&in_force("prompt", "v1998"), 1.0);
    // Names that nobody deployed don't fill the memory either.
    let before = fold.stored().len();
    for number in 0..1_000 {
        fold.tell(FAILED, 2_200, &format!(r#""change":"no-{number}""#));
        fold.tell(APPROVED, 2_200, &format!(r#""approver":"ada","change":"no-{number}""#));
    }
    assert!(fold.stored().len() - before < 256 * 200 + 64 * 200);
}

#[test]
fn what_is_remembered_survives_a_restart() {
    let mut fold = approvers();
    fold.prompt(0, "v1").prompt(100, "v2").tell(APPROVED, 100, r#""approver":"ada","change":"rel-9""#);
    fold.tell(STARTED, 200, r#""rollback":"r","to":"previous_version""#).tell(FAILED, 200, r#""change":"rel-10""#);
    let mut restarted = fold.restarted();
    for fold in [&mut fold, &mut restarted] {
        fold.tell(COMPLETED, 300, r#""rollback":"r","result":"restored""#);
        fold.tell(DEPLOYED, 310, r#""kind":"prompt","version":"v3","change":"rel-9""#).advance(HOUR);
    }
    assert_eq!(restarted.samples(), fold.samples());
    fold.expect(&in_force("prompt", "v3"), 1.0).expect(&now("prompt", "approved"), 1.0);
}

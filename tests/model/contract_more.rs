//! As [`super::contract`]: appeals, resolutions, changes, rollbacks, fallback, and what stands for itself.

use std::collections::BTreeMap;

use super::contract::Story;
use super::declared::{Declared, MINUTE, Plan, Within};

#[test]
fn appeals() {
    let declared = Declared { appeals_within: Some(Within::of(10 * MINUTE)), ..Declared::default() };
    Story::of(declared)
        .event(0, "appeal.opened", r#""case":"a""#)
        .event(0, "appeal.decided", r#""case":"b","outcome":"upheld""#)
        .shows(299, "appeals_total", "")
        .event(700, "appeal.decided", r#""case":"a","outcome":"overturned","at":500"#)
        .shows(
            701,
            "appeal",
            "
            appeals_total;outcome=upheld 1
            appeals_total;outcome=overturned 1
            appeal_decide_seconds_count 1
            appeal_decide_seconds_sum 500
            appeal_deadline_missed_total 1
            appeal_deadline_forgiven_total 1
        ",
        );
}

/// "Undone, once, by the first of …"; "what undoes it after it matured counts as undone too; durable stays".
#[test]
fn resolutions_are_undone_in_six_ways() {
    for (how, kind, fields) in [
        ("reopened", "case.reopened", r#""case":"a""#),
        ("escalated", "escalation.opened", r#""case":"a""#),
        ("overturned", "appeal.decided", r#""case":"a","outcome":"overturned""#),
        ("repeat_contact", "feedback.received", r#""case":"a","signal":"repeat_contact""#),
        ("complaint", "feedback.received", r#""case":"a","signal":"complaint""#),
    ] {
        for (at, matured) in [(50, "false"), (700_000, "true")] {
            let durable = if matured == "true" { "resolutions_durable_total;by=ai;escalated=false 1" } else { "" };
            Story::of(Declared::default())
                .event(0, "case.closed", r#""case":"a","by":"ai""#)
                .event(at, kind, fields)
                .event(at + 1, "case.reopened", r#""case":"a""#)
                .shows(
                    900_000,
                    "resolutions",
                    &format!(
                        "
                    resolutions_total;by=ai;escalated=false 1
                    {durable}
                    resolutions_undone_total;by=ai;escalated=false;how={how};matured={matured} 1
                "
                    ),
                );
        }
    }
    Story::of(Declared::default())
        .event(0, "escalation.opened", r#""case":"a""#)
        .event(1, "case.closed", r#""case":"a","by":"ai""#)
        .event(2, "case.closed", r#""case":"a","by":"human""#)
        .shows(
            900_000,
            "resolutions",
            "
            resolutions_total;by=ai;escalated=true 1
            resolutions_total;by=human;escalated=true 1
            resolutions_durable_total;by=human;escalated=true 1
            resolutions_undone_total;by=ai;escalated=true;how=human;matured=false 1
        ",
        );
}

const CHANGES: &str = "change behavior recovery";

fn approved() -> Declared {
    Declared { approvers: BTreeMap::from([("prompt".to_owned(), vec!["lead".to_owned()])]), ..Declared::default() }
}

#[test]
fn approvals_before_and_after() {
    Story::of(approved())
        .event(0, "change.approved", r#""change":"r1","approver":"lead""#)
        .event(10, "change.deployed", r#""kind":"prompt","version":"v1","change":"r1","author":"dev""#)
        .event(20, "change.deployed", r#""kind":"prompt","version":"v2","author":"dev","approver":"dev""#)
        .event(30, "change.approved", r#""kind":"prompt","version":"v2","approver":"stranger""#)
        .event(40, "change.approved", r#""kind":"prompt","version":"v2","approver":"lead""#)
        .shows(
            50,
            "changes_total change_app change_in",
            "
            changes_total;approval=approved;kind=prompt 1
            changes_total;approval=self_approved;kind=prompt 1
            change_approvals_later_total;kind=prompt 1
            change_in_force_approval;approval=approved_later;kind=prompt 1
        ",
        );
}

/// Case O4: one release of two kinds, rolled back by name, fails and goes back whole.
#[test]
fn a_change_of_two_kinds_fails_and_is_restored_whole() {
    Story::of(Declared::default())
        .event(0, "change.deployed", r#""kind":"prompt","version":"p1","approver":"x""#)
        .event(0, "change.deployed", r#""kind":"tool","version":"t1","approver":"x""#)
        .event(100, "change.deployed", r#""kind":"prompt","version":"p2","change":"r","approver":"x""#)
        .event(100, "change.deployed", r#""kind":"tool","version":"t2","change":"r","approver":"x""#)
        .event(200, "rollback.started", r#""rollback":"b","change":"r","to":"previous_version""#)
        .event(260, "rollback.completed", r#""rollback":"b","result":"restored""#)
        .shows(
            300,
            "changes_failed behavior recovery",
            "
            changes_failed_total;attribution=named;kind=prompt 1
            changes_failed_total;attribution=named;kind=tool 1
            behavior_info;kind=prompt;version=p1 1
            behavior_info;kind=tool;version=t1 1
            recovery_seconds_count;kind=prompt 1
            recovery_seconds_sum;kind=prompt 160
            recovery_seconds_count;kind=tool 1
            recovery_seconds_sum;kind=tool 160
        ",
        );
}

/// "A `revert`: within the failure window, the version in force before the present one is deployed again."
#[test]
fn a_revert_fails_the_version_in_force_and_cannot_be_blamed() {
    Story::of(Declared::default())
        .event(0, "change.deployed", r#""kind":"prompt","version":"v1","approver":"x""#)
        .event(10, "change.deployed", r#""kind":"prompt","version":"v2","approver":"x""#)
        .event(11, "change.deployed", r#""kind":"prompt","version":"v2","approver":"x""#)
        .event(20, "change.deployed", r#""kind":"prompt","version":"v1","approver":"x""#)
        .shows(
            21,
            CHANGES,
            "
            changes_total;approval=approved;kind=prompt 3
            changes_failed_total;attribution=revert;kind=prompt 1
            behavior_info;kind=prompt;version=v1 1
            change_last_timestamp_seconds;kind=prompt 1795424420
            change_in_force_approval;approval=approved;kind=prompt 1
        ",
        )
        .event(30, "rollback.started", r#""rollback":"b""#)
        .shows(
            31,
            "changes_failed",
            "
            changes_failed_total;attribution=revert;kind=prompt 1
            changes_failed_total;attribution=window;kind=prompt 1
        ",
        );
}

#[test]
fn two_unnamed_rollbacks_blame_two_changes_and_an_unknown_one_waits() {
    Story::of(Declared::default())
        .event(0, "change.deployed", r#""kind":"prompt","version":"v1","approver":"x""#)
        .event(1, "change.deployed", r#""kind":"tool","version":"v1","approver":"x""#)
        .event(2, "rollback.started", r#""rollback":"a""#)
        .event(3, "rollback.started", r#""rollback":"b""#)
        .event(4, "rollback.started", r#""rollback":"c""#)
        .event(5, "rollback.started", r#""rollback":"d","change":"nobody's""#)
        .shows(
            6,
            "changes_failed",
            "
            changes_failed_total;attribution=window;kind=prompt 1
            changes_failed_total;attribution=window;kind=tool 1
        ",
        )
        .shows(
            306,
            "changes_failed",
            "
            changes_failed_total;attribution=window;kind=prompt 1
            changes_failed_total;attribution=window;kind=tool 1
            changes_failed_total;attribution=named;kind=unknown 1
        ",
        );
}

fn planned() -> Declared {
    let plan = Plan { to: "previous_process".into(), within: Some(15 * MINUTE) };
    Declared { rollback: Some(plan), ..Declared::default() }
}

/// "A rollback counts when it completes"; overdue apart; a failed one may be completed again.
#[test]
fn rollbacks_count_when_they_complete() {
    Story::of(planned())
        .event(0, "rollback.started", r#""rollback":"a","trigger":"alert""#)
        .event(100, "rollback.completed", r#""rollback":"a","result":"failed""#)
        .event(1_000, "rollback.completed", r#""rollback":"a","result":"restored""#)
        .event(1_100, "rollback.completed", r#""rollback":"a","result":"restored""#)
        .event(2_000, "fallback.ended", "")
        .event(3_000, "rollback.started", r#""rollback":"b""#)
        .shows(
            4_000,
            "rollback fallback lifecycle",
            "
            rollbacks_total;drill=false;result=failed;to=previous_process;trigger=alert 1
            rollbacks_total;drill=false;result=restored;to=previous_process;trigger=alert 1
            rollback_duration_seconds_count;drill=false 1
            rollback_duration_seconds_sum;drill=false 1000
            rollback_last_success_timestamp_seconds;drill=false 1795425400
            rollbacks_in_progress 1
            rollbacks_overdue_total;drill=false;to=previous_process 1
            fallback_seconds_total 1000
            lifecycle_repeats_total;type=rollback.completed 1
        ",
        )
        .shows(4_201, "rollbacks_overdue", "rollbacks_overdue_total;drill=false;to=previous_process 2")
        .shows(
            700_000,
            "rollbacks_in rollbacks_total",
            "
            rollbacks_total;drill=false;result=failed;to=previous_process;trigger=alert 1
            rollbacks_total;drill=false;result=restored;to=previous_process;trigger=alert 1
            rollbacks_total;drill=false;result=unfinished;to=previous_process;trigger=other 1
        ",
        );
}

#[test]
fn the_fallback_follows_the_last_by_time() {
    Story::of(planned())
        .event(0, "rollback.started", r#""rollback":"a""#)
        .event(100, "fallback.ended", r#""at":90"#)
        .event(101, "rollback.completed", r#""rollback":"a","result":"restored","at":50"#)
        .shows(102, "fallback", "fallback_seconds_total 40")
        .event(200, "fallback.started", "")
        .shows(
            201,
            "fallback",
            "
            fallback_seconds_total 40
            fallback_active 1
            fallback_start_timestamp_seconds 1795424600
        ",
        );
}

/// "On `never`, `escalate` too is fine"; "`task.completed` always took effect".
#[test]
fn boundaries() {
    let declared = Declared {
        boundaries: BTreeMap::from([
            ("close".to_owned(), "never".to_owned()),
            ("pay".to_owned(), "suggest".to_owned()),
        ]),
        ..Declared::default()
    };
    Story::of(declared)
        .event(0, "task.completed", r#""action":"close","mode":"escalate","outcome":"completed""#)
        .event(0, "task.completed", r#""action":"pay","mode":"decide","outcome":"completed""#)
        .event(0, "action.attempted", r#""action":"close","mode":"suggest","allowed":false"#)
        .event(0, "action.attempted", r#""action":"other","mode":"suggest""#)
        .shows(
            1,
            "boundary_v boundary_u",
            "
            boundary_violations_total;action=pay;allowed=true;attempted=decide;declared=suggest 1
            boundary_violations_total;action=close;allowed=false;attempted=suggest;declared=never 1
            boundary_undeclared_total;action=other 1
        ",
        );
}

#[test]
fn what_stands_for_itself() {
    Story::of(Declared::default())
        .event(0, "feedback.received", r#""signal":"thumbs","value":"up""#)
        .event(0, "feedback.received", r#""signal":"rating","value":3"#)
        .event(0, "feedback.received", r#""signal":"complaint""#)
        .event(0, "maintenance.recorded", r#""activity":"update","seconds":60,"cost":"1.5","currency":"eur""#)
        .event(0, "task.completed", r#""id":"x","action":"a","mode":"decide","outcome":"failed","duration_seconds":-1"#)
        .event(0, "task.completed", r#""id":"x","action":"a","mode":"decide","outcome":"failed","duration_seconds":-1"#)
        .event(0, "escalation.opened", r#""id":"x","case":"c""#)
        .shows(
            1,
            "feedback cost maintenance task clock escalations_total",
            "
            feedback_total;polarity=positive;signal=thumbs 1
            feedback_total;polarity=neutral;signal=rating 1
            feedback_total;polarity=negative;signal=complaint 1
            feedback_rating_count 1
            feedback_rating_sum 3
            maintenance_seconds_total;activity=update 60
            cost_total;currency=EUR;kind=maintenance 1.5
            tasks_total;action=a;mode=decide;outcome=failed 1
            task_duration_seconds_count;action=a;outcome=failed 1
            clock_skew_total 1
            escalations_total;queue=unrouted;reason=none 1
        ",
        );
}

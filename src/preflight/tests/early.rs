//! The first 30 days: what nothing can have passed yet fails nothing, and says from when it is asked.

use super::history::{History, START};
use super::{check_of, failing, names, with_status};
use crate::event::time::{DAY, HOUR};
use crate::preflight::{Stage, Status, Verdict};

/// Declared, drilled, attested and scraped, and launched as many days ago; nothing else has happened.
fn launched(days_ago: i64) -> History {
    let mut history = History::operated();
    history.without(|_, kind| !matches!(kind, "drill.completed" | "owner.attested"));
    history.declared().launched = Some(START.plus(-days_ago * DAY));
    history
}

#[test]
fn on_the_day_of_the_launch_what_only_time_and_traffic_bring_is_too_early() {
    let report = launched(0).grade();
    assert_eq!(failing(&report), names(&[]), "{report:#?}");
    let expected = [
        "boundaries.observed",
        "operational_quality.escalations",
        "operational_quality.review_load",
        "operational_quality.latency",
        "operational_quality.user_trust",
        "maintenance.recorded",
        "maintenance.evaluated",
        "maintenance.evaluations_current",
        "data_quality.checked",
        "data_quality.fresh",
        "exception_handling.acknowledged_before",
        "behavior_changes.recorded",
        "monitoring.reporting",
    ];
    assert_eq!(with_status(&report, Status::TooEarly), names(&expected));
    assert_eq!(report.failed(Stage::Current), 0);
    assert_eq!((report.systems[0].verdict, report.systems[0].ratio), (Verdict::Operated, Some(1.0)));
    let trust = check_of(&report, "operational_quality.user_trust");
    assert_eq!(trust.evidence, "last counted never; asked from 2026-12-23");
    assert_eq!(trust.next, None);
}

/// The day on which each begins to be asked; `evaluate_every` is 7 days.
#[test]
fn each_is_asked_from_its_day_on() {
    for (day, first_asked) in [
        (1, "boundaries.observed"),
        (1, "operational_quality.latency"),
        (1, "data_quality.checked"),
        (1, "monitoring.reporting"),
        (7, "maintenance.evaluated"),
        (7, "maintenance.evaluations_current"),
        (7, "exception_handling.acknowledged_before"),
        (30, "maintenance.recorded"),
        (30, "operational_quality.user_trust"),
        (30, "behavior_changes.recorded"),
    ] {
        let status = |day| check_of(&launched(day).grade(), first_asked).status;
        assert_eq!((status(day - 1), status(day)), (Status::TooEarly, Status::Fail), "{first_asked} on day {day}");
    }
}

#[test]
fn a_suite_that_runs_every_quarter_is_asked_for_after_30_days_all_the_same() {
    let mut history = launched(30);
    history.declared().maintenance.as_mut().unwrap().evaluate_every = Some(90 * DAY);
    assert_eq!(check_of(&history.grade(), "maintenance.evaluated").status, Status::Fail);
}

/// What went wrong, or is not declared, has nothing to do with time.
#[test]
fn what_went_wrong_on_the_first_day_fails_on_the_first_day() {
    let mut history = launched(0);
    history.add(HOUR, r#"{"type":"evaluation.completed","suite":"golden","passed":false}"#);
    history.add(HOUR, r#"{"type":"input.checked","input":"crm","result":"stale"}"#);
    history.add(HOUR, r#"{"type":"action.attempted","action":"invoice.delete","mode":"suggest"}"#);
    let expected = ["maintenance.evaluations_current", "data_quality.fresh", "boundaries.observed"];
    assert_eq!(failing(&history.grade()), names(&expected));

    let mut history = launched(0);
    history.declared().inputs.clear();
    history.declared().maintenance.as_mut().unwrap().suites.clear();
    let expected = [
        "data_quality.inputs",
        "data_quality.checked",
        "data_quality.fresh",
        "maintenance.suites",
        "maintenance.evaluated",
        "maintenance.evaluations_current",
    ];
    assert_eq!(failing(&history.grade()), names(&expected));
}

/// A drill and an attestation are possible before the launch, so no grace is given.
#[test]
fn what_could_be_done_before_the_launch_is_never_too_early() {
    let mut history = launched(0);
    history.without(|_, _| true);
    history.last_scrape = None;
    let failing = failing(&history.grade());
    for check in ["exception_path.drilled", "rollback.drilled", "owner.attested", "monitoring.scraped"] {
        assert!(failing.contains(check), "{check}: {failing:?}");
    }
}

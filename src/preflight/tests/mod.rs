//! Each check has a case in which it fails and no other does, by a clock that the tests hold.

mod advice;
mod doc;
mod early;
mod history;
mod lapses;
mod launch;
pub(super) mod sample;
mod text;
mod verdict;
mod waivers;

use std::collections::BTreeSet;

use self::history::{History, START, shipped};
use super::report::CheckReport;
use super::{Report, Stage, Status, Verdict, declared, grade, metrics, schema};
use crate::config::Model;
use crate::event::time::DAY;
use crate::page::samples::Samples;

/// The check table of the metric contract, in its order.
const CONTRACT: &[(&str, &str, &str)] = &[
    ("boundaries", "declared", "declared"),
    ("boundaries", "observed", "exercised"),
    ("boundaries", "respected", "current"),
    ("exception_path", "routes", "declared"),
    ("exception_path", "deadlines", "declared"),
    ("exception_path", "drilled", "exercised"),
    ("exception_path", "routed", "current"),
    ("owner", "assigned", "declared"),
    ("owner", "launched", "declared"),
    ("owner", "attested", "exercised"),
    ("owner", "attestation_current", "current"),
    ("operational_quality", "objectives", "declared"),
    ("operational_quality", "escalations", "exercised"),
    ("operational_quality", "review_load", "exercised"),
    ("operational_quality", "latency", "exercised"),
    ("operational_quality", "user_trust", "exercised"),
    ("operational_quality", "rollback_events", "exercised"),
    ("operational_quality", "objectives_met", "current"),
    ("maintenance", "budget", "declared"),
    ("maintenance", "suites", "declared"),
    ("maintenance", "recorded", "exercised"),
    ("maintenance", "evaluated", "exercised"),
    ("maintenance", "within_budget", "current"),
    ("maintenance", "evaluations_current", "current"),
    ("data_quality", "inputs", "declared"),
    ("data_quality", "checked", "exercised"),
    ("data_quality", "fresh", "current"),
    ("exception_handling", "receivers", "declared"),
    ("exception_handling", "acknowledged_before", "exercised"),
    ("exception_handling", "unacknowledged", "current"),
    ("exception_handling", "unresolved", "current"),
    ("exception_handling", "reviews", "current"),
    ("exception_handling", "appeals", "current"),
    ("behavior_changes", "approvers", "declared"),
    ("behavior_changes", "recorded", "exercised"),
    ("behavior_changes", "approved", "current"),
    ("behavior_changes", "known", "current"),
    ("monitoring", "paging", "declared"),
    ("monitoring", "scraped", "exercised"),
    ("monitoring", "reporting", "current"),
    ("rollback", "plan", "declared"),
    ("rollback", "drilled", "exercised"),
    ("rollback", "succeeded", "current"),
];

/// The checks of a report's only system that have a status, as `item.check`.
fn with_status(report: &Report, status: Status) -> BTreeSet<String> {
    assert_eq!(report.systems.len(), 1);
    let items = report.systems[0].items.iter();
    let checks = items.flat_map(|item| item.checks.iter().map(move |check| (item.item.name, check)));
    checks.filter(|(_, check)| check.status == status).map(|(item, check)| format!("{item}.{}", check.check)).collect()
}

fn failing(report: &Report) -> BTreeSet<String> {
    with_status(report, Status::Fail)
}

/// One check of a report's only system, by its `item.check`.
fn check_of<'a>(report: &'a Report, name: &str) -> &'a CheckReport {
    let (item, check) = name.split_once('.').expect("item.check");
    let item = report.systems[0].items.iter().find(|report| report.item.name == item).expect("the item is there");
    item.checks.iter().find(|report| report.check == check).expect("the check is there")
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn an_operated_system_passes_everything() {
    let report = History::operated().grade();
    assert_eq!(failing(&report), BTreeSet::new(), "{report:#?}");
    assert_eq!((report.systems[0].ratio, report.systems[0].verdict), (Some(1.0), Verdict::Operated));
    assert_eq!(report.failed(Stage::Current), 0);
    let checks = report.systems[0].checks();
    checks.for_each(|check| assert!(check.next.is_none() && !check.evidence.is_empty(), "{check:?}"));
}

#[test]
fn the_checks_are_those_of_the_contract() {
    let report = History::operated().grade();
    let items = report.systems[0].items.iter();
    let checks = items
        .flat_map(|item| item.checks.iter().map(move |check| (item.item.name, &*check.check, check.stage.as_str())));
    assert_eq!(checks.collect::<Vec<_>>(), CONTRACT);
}

#[test]
fn an_undeclared_system_fails_everything_declared_and_the_report_says_what_to_write() {
    let report = History::operated().undeclared().grade();
    let system = &report.systems[0];
    for check in system.checks() {
        assert!(check.fails() || check.stage != Stage::Declared, "{check:?}");
        let says_what_to_do = !check.fails() || check.next.as_ref().is_some_and(|next| next.ends_with('.'));
        assert!(says_what_to_do, "{check:?}");
    }
    assert!(system.ratio < Some(0.5), "{report:#?}");
    assert_eq!(system.verdict, Verdict::NotOperated);
    assert_eq!(report.failed(Stage::Declared), 13);
}

#[test]
fn a_system_that_never_ran_fails_everything_exercised() {
    let mut history = History::operated();
    history.without(|_, _| true);
    history.last_scrape = None;
    let report = history.grade();
    for check in report.systems[0].checks() {
        match check.stage {
            Stage::Declared => assert!(!check.fails(), "{check:?}"),
            Stage::Exercised => assert!(check.fails(), "{check:?}"),
            Stage::Current => {}
        }
    }
}

#[test]
fn without_a_daemon_what_is_declared_is_graded_and_nothing_else() {
    let report = declared(&shipped(), START);
    let stages: BTreeSet<Stage> = report.systems[0].checks().map(|check| check.stage).collect();
    assert_eq!(stages, BTreeSet::from([Stage::Declared]));
    let system = &report.systems[0];
    assert_eq!((report.failed(Stage::Declared), system.ratio, system.verdict), (0, Some(1.0), Verdict::Declared));
    let bare = Model { systems: [("bare".to_owned(), Default::default())].into(), ..Model::default() };
    let bare = declared(&bare, START);
    assert_eq!((bare.failed(Stage::Declared), bare.systems[0].verdict), (13, Verdict::NotDeclared));
}

/// One fails, one is waived, and one is too early: 1, 0, or no series at all.
#[test]
fn the_metrics_say_what_the_report_says() {
    let mut history = History::operated();
    history.add(0, r#"{"type":"action.attempted","action":"account.close","mode":"decide"}"#);
    history.waive("data_quality/inputs", "2027-03-01");
    history.declared().launched = Some(START.plus(-5 * DAY));
    history.without(|_, kind| kind == "feedback.received");
    let (snapshot, report) = (history.snapshot(), history.grade());
    let mut samples = Samples::default();
    metrics::visit(&snapshot, history.now, history.last_scrape, &mut samples);
    let mut statuses = BTreeSet::new();
    for item in &report.systems[0].items {
        let name = item.item.name;
        for check in &item.checks {
            let labels = [("item", name), ("check", &*check.check), ("stage", check.stage.as_str())];
            let expected = match check.status {
                Status::Pass => Some(1.0),
                Status::Fail => Some(0.0),
                _ => None,
            };
            assert_eq!(samples.sum("refund-agent", "day90_preflight_check", &labels), expected, "{labels:?}");
            statuses.insert(check.status);
        }
        let expected = match name {
            "boundaries" => Some(2.0 / 3.0),
            "data_quality" => None,
            _ => Some(1.0),
        };
        assert_eq!(samples.sum("refund-agent", "day90_preflight_ratio", &[("item", name)]), expected, "{name}");
    }
    assert_eq!(statuses, BTreeSet::from([Status::Pass, Status::Fail, Status::TooEarly, Status::NotApplicable]));
}

#[test]
fn the_json_has_the_form_of_the_contract() {
    let report = History::operated().grade();
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["generated"], START.to_string());
    assert_eq!(json["systems"][0]["system"], "refund-agent");
    assert_eq!(json["systems"][0]["verdict"], "operated");
    let check = &json["systems"][0]["items"][2]["checks"][0];
    assert_eq!(
        *check,
        serde_json::json!({"check": "assigned", "stage": "declared", "status": "pass",
            "evidence": "payments-ops, #payments-ops", "next": null})
    );
    assert_eq!(serde_json::from_str::<Report>(&report.to_json()).unwrap(), report);
}

#[test]
fn the_published_schema_is_the_one_in_the_code() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/preflight.schema.json");
    let schema = format!("{:#}\n", schema::json_schema());
    if std::env::var_os("DAY90_BLESS").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let written = std::fs::read_to_string(&path).expect("docs/preflight.schema.json is there");
    assert!(written == schema, "docs/preflight.schema.json is out of date: DAY90_BLESS=1 cargo test preflight");
}

#[test]
fn five_hundred_systems_are_graded_within_a_scrape() {
    let model = shipped();
    let one = model.systems["refund-agent"].clone();
    let systems = (0..500).map(|number| (format!("agent-{number}"), one.clone())).collect();
    let mut history = History::operated();
    history.model = Model { systems, ..model };
    let snapshot = history.snapshot();
    let began = std::time::Instant::now();
    metrics::visit(&snapshot, history.now, None, &mut Samples::default());
    eprintln!("500 systems: {:?}", began.elapsed());
    // A debug build is ten times slower than what is shipped; a second would still be noticed.
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(grade(&snapshot, START, None).systems.len(), 501);
}

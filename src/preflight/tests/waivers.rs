//! What doesn't apply is shown with who said so, counts nowhere, and comes back on its day.

use std::collections::BTreeSet;

use super::history::{History, START};
use super::{CONTRACT, check_of, failing, names, with_status};
use crate::event::Timestamp;
use crate::preflight::checklist::ITEMS;
use crate::preflight::{Stage, Status, Verdict, declared};

const NO_INPUTS: [&str; 3] = ["data_quality.inputs", "data_quality.checked", "data_quality.fresh"];

fn without_inputs() -> History {
    let mut history = History::operated();
    history.declared().inputs.clear();
    history.without(|_, kind| kind == "input.checked");
    history
}

#[test]
fn a_waived_declaration_waives_the_checks_that_judge_by_it() {
    let mut history = without_inputs();
    assert_eq!(failing(&history.grade()), names(&NO_INPUTS));
    history.waive("data_quality/inputs", "2027-03-01");
    let report = history.grade();
    assert_eq!(with_status(&report, Status::NotApplicable), names(&NO_INPUTS));
    assert_eq!(failing(&report), names(&[]));
    let system = &report.systems[0];
    assert_eq!((system.verdict, system.ratio), (Verdict::Operated, Some(1.0)));
    let waived = check_of(&report, NO_INPUTS[0]);
    assert_eq!(waived.evidence, "it reads nothing but the ticket (risk-officer, until 2027-03-01)");
    assert_eq!(waived.next, None);
    let with_it = check_of(&report, NO_INPUTS[2]);
    assert!(with_it.evidence.starts_with("as data_quality/inputs: it reads nothing"), "{}", with_it.evidence);
}

#[test]
fn a_waiver_of_a_later_check_waives_no_other() {
    let mut history = without_inputs();
    history.waive("data_quality/fresh", "2027-03-01");
    let report = history.grade();
    assert_eq!(with_status(&report, Status::NotApplicable), names(&["data_quality.fresh"]));
    assert_eq!(failing(&report), names(&["data_quality.inputs", "data_quality.checked"]));
}

#[test]
fn a_waiver_lapses_on_its_day() {
    let mut history = without_inputs();
    history.waive("data_quality/inputs", "2026-11-24");
    assert_eq!(with_status(&history.grade(), Status::NotApplicable), names(&NO_INPUTS));
    history.now = Timestamp::parse_rfc3339("2026-11-24T00:00:00Z").unwrap();
    let report = history.grade();
    assert_eq!(with_status(&report, Status::NotApplicable), BTreeSet::new());
    let inputs = check_of(&report, NO_INPUTS[0]);
    assert_eq!(inputs.evidence, "no input is declared; risk-officer said it doesn't apply, until 2026-11-24");
}

#[test]
fn it_holds_without_a_daemon_and_before_the_launch() {
    let mut history = without_inputs();
    history.waive("data_quality/inputs", "2027-03-01");
    let report = declared(&history.model, START);
    assert_eq!((report.failed(Stage::Declared), report.systems[0].verdict), (0, Verdict::Declared));
    assert_eq!(with_status(&report, Status::NotApplicable), names(&["data_quality.inputs"]));
    history.declared().launched = Some(Timestamp::parse_rfc3339("2027-01-01T00:00:00Z").unwrap());
    assert_eq!(with_status(&history.grade(), Status::NotApplicable), names(&NO_INPUTS));
}

/// A system that fails everything, with everything waived, is in no ratio.
#[test]
fn every_check_can_be_waived() {
    let mut history = History::operated();
    history.without(|_, _| true);
    for (item, check, _) in CONTRACT {
        history.waive(&format!("{item}/{check}"), "2027-03-01");
    }
    let report = history.grade();
    assert_eq!(with_status(&report, Status::NotApplicable).len(), CONTRACT.len());
    assert_eq!(report.systems[0].ratio, None);
}

#[test]
fn what_a_check_judges_by_is_a_declared_check() {
    for check in ITEMS.iter().flat_map(|item| item.checks()) {
        for name in check.judges {
            let judged = CONTRACT.iter().find(|(item, check, _)| format!("{item}/{check}") == *name);
            assert_eq!(judged.map(|(.., stage)| *stage), Some("declared"), "{} judges by {name}", check.name);
        }
    }
}

//! A report of one system with every item and every kind of result.

use crate::preflight::check::{Stage, Status};
use crate::preflight::checklist::ITEMS;
use crate::preflight::report::{CheckReport, ItemReport, Report, SystemReport};
use crate::preflight::verdict::Verdict;

pub(crate) const COMMAND: &str = "day90 emit owner.attested system=agent owner=payments-ops";

fn check(name: &'static str, stage: Stage, status: Status, evidence: &str) -> CheckReport {
    let next = || format!("Look at it | closely, then do what is written in the runbook, and record it: `{COMMAND}`.");
    let evidence = evidence.into();
    CheckReport { check: name.into(), stage, status, evidence, next: (status == Status::Fail).then(next) }
}

pub(crate) fn report() -> Report {
    let items = ITEMS.iter().map(|item| {
        let acknowledged = if item.name == "rollback" { Status::Fail } else { Status::Pass };
        let waived = "it reads nothing but the ticket (risk-officer, until 2027-03-01)";
        ItemReport {
            item,
            checks: vec![
                check("routes", Stage::Declared, Status::Pass, "3 routes, one of them for every other reason"),
                check("acknowledged_before", Stage::Exercised, acknowledged, "last acknowledged never"),
                check("attestation_current", Stage::Current, Status::Fail, "a | b"),
                check("inputs", Stage::Declared, Status::NotApplicable, waived),
            ],
        }
    });
    let system = SystemReport::new("agent", Verdict::NotOperated, items.collect());
    Report { generated: "2026-11-23T09:00:00Z".into(), systems: vec![system] }
}

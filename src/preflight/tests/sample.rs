//! A report of one system with every item and every kind of result.

use crate::preflight::check::Stage;
use crate::preflight::checklist::ITEMS;
use crate::preflight::report::{CheckReport, ItemReport, Report, SystemReport};

fn check(name: &'static str, stage: Stage, pass: bool, evidence: &str) -> CheckReport {
    let next = || "Look at it | closely, then do the thing that is written in the runbook for it.".into();
    CheckReport { check: name.into(), stage, pass, evidence: evidence.into(), next: (!pass).then(next) }
}

pub(crate) fn report() -> Report {
    let items = ITEMS.iter().map(|item| ItemReport {
        item,
        checks: vec![
            check("routes", Stage::Declared, true, "3 routes, one of them for every other reason"),
            check("acknowledged_before", Stage::Exercised, item.name != "rollback", "last acknowledged never"),
            check("attestation_current", Stage::Current, false, "a | b"),
        ],
    });
    Report { generated: "2026-11-23T09:00:00Z".into(), systems: vec![SystemReport::new("agent", items.collect())] }
}

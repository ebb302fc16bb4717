//! What fails in a system, the worst first, and the sentence that says so.

use super::check::Stage;
use super::report::{CheckReport, ItemReport, SystemReport};
use super::verdict::Verdict;

/// How bad the failure of a check is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gravity {
    /// Something is wrong now.
    Wrong,
    /// Nobody has decided what is right.
    Undecided,
    /// What was decided was never tried.
    Untried,
    /// It fails because of what another check finds.
    Consequence,
}

/// A check that fails.
#[derive(Clone, Copy, Debug)]
pub struct FailingCheck<'a> {
    pub item: &'a ItemReport,
    pub check: &'a CheckReport,
}

impl SystemReport {
    /// What fails, the worst first.
    pub fn findings(&self) -> Vec<FailingCheck<'_>> {
        let all = self.items.iter().flat_map(|item| item.checks.iter().map(move |check| FailingCheck { item, check }));
        let mut findings: Vec<FailingCheck<'_>> = all.filter(|finding| finding.check.fails()).collect();
        // Of two that are as bad the checklist's order decides.
        findings.sort_by_key(|finding| self.gravity(finding));
        findings
    }

    /// The rows with a failing check, the one with the worst finding first.
    pub fn failing_rows(&self) -> Vec<String> {
        let mut rows: Vec<String> = Vec::new();
        for FailingCheck { item, .. } in self.findings() {
            let row = item.item.words();
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows
    }

    /// The verdict as a sentence: `not operated: rollback, owner`.
    pub fn sentence(&self) -> String {
        let (verdict, rows) = (self.verdict.text(), self.failing_rows().join(", "));
        match (self.verdict, rows.is_empty()) {
            (Verdict::NotLaunched, true) => format!("{verdict}, and what is asked before the launch passes"),
            (Verdict::NotLaunched, false) => format!("{verdict}; missing before the launch: {rows}"),
            (_, true) => verdict.to_owned(),
            (_, false) => format!("{verdict}: {rows}"),
        }
    }

    fn gravity(&self, finding: &FailingCheck<'_>) -> Gravity {
        let FailingCheck { item, check } = finding;
        let known = item.item.checks().iter().find(|known| known.name == check.check);
        let causes = known.into_iter().flat_map(|known| known.judges.iter().chain(known.follows));
        match check.stage {
            _ if causes.into_iter().any(|name| self.fails(name)) => Gravity::Consequence,
            Stage::Current => Gravity::Wrong,
            Stage::Declared => Gravity::Undecided,
            Stage::Exercised => Gravity::Untried,
        }
    }

    /// Whether a check fails, given as ITEM/CHECK.
    fn fails(&self, name: &str) -> bool {
        let Some((item, check)) = name.split_once('/') else { return false };
        let items = self.items.iter().filter(|report| report.item.name == item);
        items.flat_map(|report| &report.checks).any(|report| report.check == check && report.fails())
    }
}

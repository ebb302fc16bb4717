//! [`Report`]: the graded checklist, as its JSON has it. `schema` describes that JSON.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::check::{Stage, Status};
use super::checklist::{self, Item};
use super::verdict::Verdict;

/// The graded checklist of every system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// RFC 3339.
    pub generated: String,
    pub systems: Vec<SystemReport>,
}

/// One system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemReport {
    pub system: String,
    pub verdict: Verdict,
    /// The part that passes of the checks that pass or fail, from 0 to 1; `None` where there are none.
    pub ratio: Option<f64>,
    pub items: Vec<ItemReport>,
}

/// One line or question of the checklist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemReport {
    #[serde(with = "checklist")]
    pub item: &'static Item,
    pub checks: Vec<CheckReport>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    pub check: Cow<'static, str>,
    pub stage: Stage,
    pub status: Status,
    /// What the result is based on: numbers, dates, names; and from when it is asked, or who said that it doesn't apply.
    pub evidence: String,
    /// What to do; `None` unless it fails.
    pub next: Option<String>,
}

/// How many checks have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StatusCounts([u32; Status::ALL.len()]);

impl Report {
    /// The number of failing checks up to a stage, over all systems.
    pub fn failed(&self, require: Stage) -> usize {
        let checks = self.systems.iter().flat_map(SystemReport::checks);
        checks.filter(|check| check.fails() && check.stage <= require).count()
    }

    /// The JSON that `GET /api/v1/preflight` answers.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a report is plain data") + "\n"
    }
}

impl SystemReport {
    pub(super) fn new(system: &str, verdict: Verdict, items: Vec<ItemReport>) -> SystemReport {
        let mut report = SystemReport { system: system.to_owned(), verdict, ratio: None, items };
        report.ratio = report.counts().ratio();
        report
    }

    pub fn checks(&self) -> impl Iterator<Item = &CheckReport> {
        self.items.iter().flat_map(|item| &item.checks)
    }

    pub fn counts(&self) -> StatusCounts {
        StatusCounts::of(self.checks())
    }
}

impl ItemReport {
    pub fn counts(&self) -> StatusCounts {
        StatusCounts::of(self.checks.iter())
    }
}

impl CheckReport {
    pub fn fails(&self) -> bool {
        self.status == Status::Fail
    }
}

impl StatusCounts {
    fn of<'a>(checks: impl Iterator<Item = &'a CheckReport>) -> StatusCounts {
        let mut counts = StatusCounts::default();
        checks.for_each(|check| counts.0[check.status as usize] += 1);
        counts
    }

    pub fn get(self, status: Status) -> u32 {
        self.0[status as usize]
    }

    /// The checks that pass or fail.
    pub fn graded(self) -> u32 {
        self.get(Status::Pass) + self.get(Status::Fail)
    }

    /// The part of them that passes.
    pub fn ratio(self) -> Option<f64> {
        let (passed, graded) = (self.get(Status::Pass), self.graded());
        (graded > 0).then(|| f64::from(passed) / f64::from(graded))
    }
}

//! Grades the checklist of one system: every item, and the verdict that follows.

use super::check::Judge;
use super::checklist::{ITEMS, Item};
use super::report::{CheckReport, ItemReport, SystemReport};
use super::status;
use super::subject::Subject;
use super::verdict::Verdict;

/// The report of one system.
pub(super) fn system(subject: &Subject<'_>) -> SystemReport {
    let items = items(subject, Judge { explain: true });
    let fails = items.iter().flat_map(|item| &item.checks).any(CheckReport::fails);
    SystemReport::new(subject.name, Verdict::of(subject, fails), items)
}

/// Every item of the checklist.
pub(super) fn items(subject: &Subject<'_>, judge: Judge) -> Vec<ItemReport> {
    let graded = |item: &'static Item| {
        item.checks().iter().filter_map(|check| status::of(item, check, subject, judge)).collect()
    };
    ITEMS.iter().map(|item| ItemReport { item, checks: graded(item) }).collect()
}

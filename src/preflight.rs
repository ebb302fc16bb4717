//! The checklist graded: five lines and five questions, each with its checks, evidence, and what to do next.
//!
//! * [`grade`] holds what is declared and what happened (a snapshot) against each check; [`declared`] has only the
//!   configuration and grades only what that can show. Both are pure: the time is an input.
//! * A line of the checklist is one file: [`boundaries`], [`exception_path`], [`owner`], [`operational_quality`],
//!   [`maintenance`]; and a question: [`data_quality`], [`exception_handling`], [`behavior_changes`],
//!   [`monitoring`], [`rollback`].
//! * [`report`] is the result, with its JSON and the schema of it; [`text`] and [`markdown`] show it to people,
//!   [`metrics`] to Prometheus.
//!
//! What a check is about can't be judged where nothing is declared to judge it by: then it fails, and says so. A
//! limit that is only *not broken* because nothing happened passes; that something happens is a check of its own.

mod behavior_changes;
mod boundaries;
mod data_quality;
mod exception_handling;
mod exception_path;
mod maintenance;
pub mod markdown;
pub mod metrics;
mod monitoring;
mod operational_quality;
mod owner;
pub mod report;
mod rollback;
pub mod text;
mod words;

#[cfg(test)]
mod tests;

use crate::config::{Model, model};
use crate::event::time::DAY;
use crate::event::{Timestamp, words as closed_set};
use crate::state::Snapshot;
use crate::state::views::past::Past;
pub use report::{Check, ItemReport, Report, SystemReport};

closed_set!(/// How far a check goes; each stage includes those before it.
    Stage { Declared = "declared", Exercised = "exercised", Current = "current" });
closed_set!(/// The five lines of the checklist, then the five production questions.
    Item { Boundaries = "boundaries", ExceptionPath = "exception_path", Owner = "owner",
        OperationalQuality = "operational_quality", Maintenance = "maintenance", DataQuality = "data_quality",
        ExceptionHandling = "exception_handling", BehaviorChanges = "behavior_changes", Monitoring = "monitoring",
        Rollback = "rollback" });

/// What is recent, in nanoseconds.
const RECENT: i64 = 30 * DAY;
/// How long a drill proves its path where `drill_every` is not declared. Nanoseconds.
const DRILL_EVERY: i64 = 90 * DAY;

/// Grades every system that is declared or was heard of. `last_scrape` is when `/metrics` was last asked for.
pub fn grade(snapshot: &Snapshot, now: Timestamp, last_scrape: Option<Timestamp>) -> Report {
    let systems = snapshot.pasts(now);
    let systems = systems.iter().map(|past| {
        let items = grade_system(past.name(), past.declared(), Some((past, last_scrape)), now, true);
        SystemReport::new(past.name(), items)
    });
    Report { generated: now.to_string(), systems: systems.collect() }
}

/// Grades what a configuration declares, without knowing what happened: the checks of the first stage alone.
pub fn declared(model: &Model, now: Timestamp) -> Report {
    let systems = model.systems.iter().map(|(name, declared)| {
        let items = grade_system(name, Some(declared), None, now, true);
        SystemReport::new(name, items)
    });
    Report { generated: now.to_string(), systems: systems.collect() }
}

/// One system. Without `explain` the texts stay empty: a scrape has no use for them.
fn grade_system(
    name: &str,
    declared: Option<&model::System>,
    past: Option<(&Past<'_>, Option<Timestamp>)>,
    now: Timestamp,
    explain: bool,
) -> Vec<ItemReport> {
    let nothing = model::System::default();
    let subject = Subject {
        name,
        declared: declared.unwrap_or(&nothing),
        history: past.map(|(past, last_scrape)| History { past, last_scrape }),
        now,
    };
    let graders: [(Item, Grader); 10] = [
        (Item::Boundaries, boundaries::grade),
        (Item::ExceptionPath, exception_path::grade),
        (Item::Owner, owner::grade),
        (Item::OperationalQuality, operational_quality::grade),
        (Item::Maintenance, maintenance::grade),
        (Item::DataQuality, data_quality::grade),
        (Item::ExceptionHandling, exception_handling::grade),
        (Item::BehaviorChanges, behavior_changes::grade),
        (Item::Monitoring, monitoring::grade),
        (Item::Rollback, rollback::grade),
    ];
    let item = |(item, grade): (Item, Grader)| {
        let mut checks = Checks { explain, list: Vec::new() };
        grade(&subject, &mut checks);
        ItemReport { item, checks: checks.list }
    };
    graders.into_iter().map(item).collect()
}

/// How a line of the checklist makes its checks.
type Grader = fn(&Subject<'_>, &mut Checks);

/// What a line of the checklist is graded by.
struct Subject<'a> {
    name: &'a str,
    /// Empty for a system that is not declared.
    declared: &'a model::System,
    /// Absent where only the configuration is known.
    history: Option<History<'a>>,
    now: Timestamp,
}

/// What happened.
struct History<'a> {
    past: &'a Past<'a>,
    last_scrape: Option<Timestamp>,
}

impl std::ops::Deref for History<'_> {
    type Target = crate::state::signals::facts::SystemFacts;
    fn deref(&self) -> &Self::Target {
        &self.past.facts
    }
}

impl Subject<'_> {
    fn within(&self, at: Option<Timestamp>, span: i64) -> bool {
        at.is_some_and(|at| self.now.since(at) <= span)
    }

    fn recent(&self, at: Option<Timestamp>) -> bool {
        self.within(at, RECENT)
    }
}

/// The checks of one item, as they are made.
struct Checks {
    explain: bool,
    list: Vec<Check>,
}

impl Checks {
    /// Adds a check: what it rests on, and what to do when it fails.
    fn add(
        &mut self,
        stage: Stage,
        name: &'static str,
        pass: bool,
        evidence: impl FnOnce() -> String,
        next: impl FnOnce() -> String,
    ) {
        let evidence = if self.explain { evidence() } else { String::new() };
        let next = (self.explain && !pass).then(next);
        self.list.push(Check { check: name.into(), stage, pass, evidence, next });
    }
}

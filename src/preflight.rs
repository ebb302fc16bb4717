//! The checklist graded: five lines and five questions, each with its checks, their evidence, and what to do next.
//!
//! * [`grade`] uses what is declared and what happened (a snapshot); [`declared`] has only the configuration and grades
//!   only what that can show. Both are pure: the time is an input.
//! * `checklist` is the one list of lines and questions, a file each; `check` says what a check is, `subject` what it is
//!   graded by, `status` whether it is asked at all, `early` when not yet; `grading` puts it together.
//! * [`report`] is the result, as its JSON has it, and [`schema`] describes that; [`verdict`] says it in one word, [`findings`] in
//!   one sentence, [`text`] and [`markdown`] show it to people, [`metrics`] to Prometheus.
//!
//! A check fails, and says so, if nothing is declared to judge it by. A limit that is *not broken* because nothing
//! happened passes: whether something happens is a separate check.

pub mod check;
pub mod checklist;
pub mod early;
pub mod findings;
mod grading;
pub mod markdown;
pub mod metrics;
pub mod report;
pub mod schema;
mod status;
mod subject;
pub mod text;
pub mod verdict;
mod words;

#[cfg(test)]
mod tests;

use crate::config::{Model, model};
use crate::event::Timestamp;
use crate::state::Snapshot;
pub use check::{Stage, Status};
pub use report::Report;
use subject::{History, Subject};
pub use verdict::Verdict;

/// Grades every system that is declared or was heard of. `last_scrape` is when `/metrics` was last asked for.
pub fn grade(snapshot: &Snapshot, now: Timestamp, last_scrape: Option<Timestamp>) -> Report {
    let pasts = snapshot.pasts(now);
    let nothing = model::System::default();
    let systems = pasts.iter().map(|past| {
        let declared = past.declared().unwrap_or(&nothing);
        let history = Some(History { past, last_scrape });
        grading::system(&Subject { name: past.name(), declared, history, now })
    });
    Report { generated: now.to_string(), systems: systems.collect() }
}

/// Grades what a configuration declares, without knowing what happened: only the checks of the first stage.
pub fn declared(model: &Model, now: Timestamp) -> Report {
    let systems =
        model.systems.iter().map(|(name, declared)| grading::system(&Subject { name, declared, history: None, now }));
    Report { generated: now.to_string(), systems: systems.collect() }
}

//! What would day90 have paged for? Recorded events go through the real detector, inside the real fold, at the times that
//! they carry.
//!
//! * `history` reads the files, merges them by time, and reports what cannot be used; `counts` counts both.
//! * `run` drives the fold by the events' times; `track` follows one system, `curve` its ratio, `rule` a threshold rule.
//! * `text` says what came of it; `plot` draws it.

mod counts;
mod curve;
mod history;
mod plot;
mod progress;
mod rule;
mod run;
#[cfg(test)]
mod tests;
mod text;
mod track;

use std::path::PathBuf;

use crate::config::Config;
use crate::event::{Fixed, Timestamp};
use crate::failure::Failure;
use history::{Asked, History};
pub(crate) use plot::draw;
use progress::Progress;
pub(crate) use rule::Rule;
pub(crate) use run::BacktestResult;
use run::Run;
pub(crate) use text::text;

/// What to run the detector on.
pub(crate) struct BacktestOptions {
    pub files: Vec<PathBuf>,
    /// Only this system; all of them if `None`.
    pub system: Option<String>,
    /// False pages a month, for every system; as configured if `None`.
    pub setting: Option<Fixed>,
    pub rule: Option<Rule>,
}

/// Runs the detector over the recording. Fails if a file cannot be read to its end, or has nothing to use.
pub(crate) fn run(options: &BacktestOptions, config: &Config, now: Timestamp) -> Result<BacktestResult, Failure> {
    let mut progress = Progress::start();
    let outcome = replay(options, config, now, &mut progress);
    progress.end();
    let outcome = outcome?;
    if outcome.systems.is_empty() {
        let of = options.system.as_ref().map_or_else(String::new, |system| format!(" of {system}"));
        let read = text::read(&outcome.read);
        return Err(Failure::Refused(format!("there is no task or escalation{of} in what was read: {read}")));
    }
    Ok(outcome)
}

fn replay(
    options: &BacktestOptions,
    config: &Config,
    now: Timestamp,
    progress: &mut Progress,
) -> Result<BacktestResult, Failure> {
    let mut run = Run::new(config.model.as_ref().clone(), options.setting, options.rule.clone());
    let asked = Asked { now, default_system: config.default_system.clone(), only: options.system.clone() };
    let mut history = History::open(&options.files, asked)?;
    while let Some(recorded) = history.next(progress)? {
        run.take(recorded);
        progress.show(&history.read, run.now());
    }
    Ok(run.end(history.read))
}

//! `day90 backtest`: recorded events through the real detector in the real fold, by their own times, and what it would
//! have paged for.
//!
//! * [`history`] reads the files, merges them by time, and says what can't be used.
//! * [`run`] is the fold, driven by the events' times; [`rule`] is a threshold rule beside it.
//! * [`told`] says what came of it; [`plot`] draws it.

mod history;
mod plot;
mod progress;
mod rule;
mod run;
#[cfg(test)]
mod tests;
mod told;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::Failure;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, Overrides};
use crate::daemon;
use crate::event::Fixed;
use history::History;
use progress::Progress;
use rule::Rule;
use run::Run;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 backtest events.ndjson
  day90 backtest --config day90.yaml --system refund-agent 2026-*.ndjson.gz
  day90 backtest events.ndjson --rule 'ratio>0.1 window=1h for=10m' --plot october.svg
  day90 backtest events.ndjson --rule 'escalations>20 window=10m' --setting 2

The events go through the detector that the daemon has, at the times that they carry: nothing is sent anywhere. The
rule is evaluated once a minute, as Prometheus would: ratio is escalations to completed tasks in the window.

Files ending in .gz or .zst are unpacked, and several files are merged by time. A recording needs three weeks or more
to show anything but learning.
Exit codes: 0 done, 1 a file could not be read to its end, or had no event to use, 2 usage, 78 configuration.")]
pub(crate) struct Backtest {
    /// NDJSON files, one event a line; - is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The operating model: systems, their time zones and their settings
    #[arg(long, value_name = "FILE", env = "DAY90_CONFIG")]
    config: Option<PathBuf>,
    /// Only this system; all of them when none is named
    #[arg(long, value_name = "NAME")]
    system: Option<String>,
    /// False pages a month that one bears, for every system [default: as configured, else 1]
    #[arg(long, value_name = "N", value_parser = setting)]
    setting: Option<Fixed>,
    /// A threshold rule to hold it against: 'ratio>0.1 window=1h for=10m min_tasks=20', or escalations>N
    #[arg(long, value_name = "RULE", value_parser = Rule::parse)]
    rule: Option<Rule>,
    /// Draw ratio, usual ratio, pages, firings of the rule and changes into this file
    #[arg(long, value_name = "FILE.svg|FILE.html", value_parser = picture)]
    plot: Option<PathBuf>,
}

fn setting(text: &str) -> Result<Fixed, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && (0.001..=1_000.0).contains(&number) => {
            Ok(Fixed::from_nanos((number * 1e9).round() as i64))
        }
        _ => Err("a number from 0.001 to 1000: false pages a month".to_owned()),
    }
}

fn picture(text: &str) -> Result<PathBuf, String> {
    match Path::new(text).extension().and_then(|suffix| suffix.to_str()) {
        Some("svg" | "html") => Ok(PathBuf::from(text)),
        _ => Err("the name of a file that ends in .svg or .html".to_owned()),
    }
}

impl Backtest {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let now = SystemClock.now();
        let config = config::load(self.config.as_deref(), &Overrides::default(), &daemon::facts(now))
            .map_err(|problems| Failure::Configuration(problems.to_string()))?;
        let mut progress = Progress::start();
        let result = self.replay(&config, now, &mut progress);
        progress.end();
        let result = result?;
        let _ = std::io::stdout().write_all(told::text(&result).as_bytes());
        if let Some(path) = &self.plot {
            let drawn = plot::draw(&result, path.extension().is_some_and(|suffix| suffix == "html"));
            std::fs::write(path, drawn)
                .map_err(|error| Failure::Machine(format!("cannot write {}: {error}", path.display())))?;
            let _ = writeln!(std::io::stdout(), "drawn into {}", path.display());
        }
        Ok(ExitCode::SUCCESS)
    }

    fn replay(
        &self,
        config: &Config,
        now: crate::event::Timestamp,
        progress: &mut Progress,
    ) -> Result<run::Result, Failure> {
        let mut run = Run::new(config.model.as_ref().clone(), self.setting, self.rule.clone());
        let default_system = config.default_system.as_deref();
        let mut history = History::open(&self.files, now, default_system, self.system.as_deref())?;
        while let Some(recorded) = history.next(progress)? {
            run.take(recorded);
            progress.show(&history.read, run.now());
        }
        let result = run.end(history.read);
        if result.systems.is_empty() {
            let why = match &self.system {
                Some(system) => format!("there is no task or escalation of {system} in what was read"),
                None => "there is no task or escalation in what was read".to_owned(),
            };
            return Err(Failure::Refused(format!("{why}: {}", told::read(&result.read))));
        }
        Ok(result)
    }
}

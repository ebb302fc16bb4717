//! `day90 backtest`: reads files, setting and rule, prints what the detector would have paged for, and draws it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::backtest::{self, BacktestOptions, Rule};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Overrides};
use crate::event::Fixed;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 backtest events.ndjson
  day90 backtest --config day90.yaml --system refund-agent 2026-*.ndjson.gz
  day90 backtest events.ndjson --rule 'ratio>0.1 window=1h for=10m' --plot october.svg
  day90 backtest events.ndjson --rule 'escalations>20 window=10m' --setting 2

The events go through the daemon's own detector at the times that they carry; nothing is sent anywhere. The rule is
evaluated once a minute, as Prometheus would; ratio is escalations divided by completed tasks in the window.

Files ending in .gz or .zst are decompressed, and several files are merged by time. A recording needs three weeks or
more to show anything but learning.
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
    /// False pages a month to accept, for every system [default: as configured, else 1]
    #[arg(long, value_name = "N", value_parser = setting)]
    setting: Option<Fixed>,
    /// A threshold rule to compare with: 'ratio>0.1 window=1h for=10m min_tasks=20', or escalations>N
    #[arg(long, value_name = "RULE", value_parser = Rule::parse)]
    rule: Option<Rule>,
    /// Draw ratio, usual ratio, pages, firings of the rule and changes in this file
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
        let config = config::load(self.config.as_deref(), &Overrides::default(), &crate::daemon::given(now))
            .map_err(|problems| Failure::Configuration(problems.to_string()))?;
        let options =
            BacktestOptions { files: self.files, system: self.system, setting: self.setting, rule: self.rule };
        let outcome = backtest::run(&options, &config, now)?;
        // A closed reader (`| head`) is not an error.
        let _ = std::io::stdout().write_all(backtest::text(&outcome).as_bytes());
        if let Some(path) = &self.plot {
            let html = path.extension().is_some_and(|suffix| suffix == "html");
            std::fs::write(path, backtest::draw(&outcome, html))
                .map_err(|error| Failure::Machine(format!("cannot write {}: {error}", path.display())))?;
            let _ = writeln!(std::io::stdout(), "drawn into {}", path.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

//! `day90 check`: everything that a start of the daemon does before its first write.

use std::process::ExitCode;

use super::settings::Settings;
use crate::clock::{Clock, SystemClock};
use crate::failure::Failure;
use crate::words::plural;
use crate::{config, daemon};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 check --config day90.yaml
  day90 check --data-dir /var/lib/day90      the journal, without a configuration file

Exit codes: 0 all is well, 1 something was found.")]
pub(crate) struct Check {
    #[command(flatten)]
    settings: Settings,
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let findings = findings(&self.settings);
        let mut failed = 0;
        for (text, fails) in &findings {
            println!("{text}");
            failed += usize::from(*fails);
        }
        let about = match &self.settings.config {
            Some(path) => path.display().to_string(),
            None => "without a configuration file, nothing is declared".to_owned(),
        };
        println!("{}", summary(failed, findings.len() - failed, &about));
        Ok(ExitCode::from(u8::from(failed > 0)))
    }
}

/// All findings in the order of a start, and whether each would prevent it.
fn findings(settings: &Settings) -> Vec<(String, bool)> {
    let (config, problems) =
        config::check(settings.config.as_deref(), &settings.overrides(), &daemon::given(SystemClock.now()));
    let fails = |problem: &config::Problem| problem.gravity == config::Gravity::Error;
    let mut findings: Vec<(String, bool)> =
        problems.iter().map(|problem| (problem.to_string(), fails(problem))).collect();
    if let Some(config) = config {
        let journal = daemon::check_journal(&config).into_iter();
        findings.extend(journal.map(|finding| (finding.to_string(), finding.fails())));
    }
    findings
}

fn summary(failed: usize, warned: usize, about: &str) -> String {
    let (mistakes, warnings) = (plural(failed as u64, "mistake"), plural(warned as u64, "warning"));
    match (failed, warned) {
        (0, 0) => format!("day90: all is well ({about})"),
        (0, _) => format!("day90: {warnings} ({about})"),
        (_, 0) => format!("day90: {mistakes} ({about})"),
        (_, _) => format!("day90: {mistakes}, {warnings} ({about})"),
    }
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn the_last_line_counts() {
        assert_eq!(summary(0, 0, "a.yaml"), "day90: all is well (a.yaml)");
        assert_eq!(summary(1, 2, "a.yaml"), "day90: 1 mistake, 2 warnings (a.yaml)");
    }
}

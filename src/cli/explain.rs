//! `day90 explain`: asks a daemon why on-call was paged, or was not, and says it in words.

use std::io::Write;
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Deserialize;

use super::target::Target;
use crate::event::json::is_system;
use crate::explain;
use crate::failure::Failure;
use crate::state::views::spike::report::SpikeReport;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 explain refund-agent                   the ratio now, the usual one, since when, where, and what changed before
  day90 explain                                all systems
  day90 explain refund-agent --format json     the same for a script: what GET /api/v1/spike?system= answers

Exit codes: 0 answered (whatever the state), 1 the system is not known or the daemon doesn't answer, 2 usage")]
pub(crate) struct Explain {
    /// The system; all of them when none is named
    #[arg(value_name = "SYSTEM")]
    system: Option<String>,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    target: Target,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// The daemon's answer: about one system, or about all.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    All { systems: Vec<SpikeReport> },
    One(Box<SpikeReport>),
}

impl Explain {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let path = match &self.system {
            None => "/api/v1/spike".to_owned(),
            Some(system) if is_system(system) => format!("/api/v1/spike?system={system}"),
            Some(system) => {
                let why =
                    format!("{system:?} is not a name of a system: those have 1 to 64 of a-z, 0-9, `.`, `_` and `-`");
                return Err(Failure::Usage(why));
            }
        };
        let json = self.target.sender()?.get(&path)?;
        let shown = match self.format {
            Format::Json => json,
            Format::Text => text(&json)?,
        };
        // A closed reader (`| head`) is not an error.
        let _ = std::io::stdout().write_all(shown.as_bytes());
        Ok(ExitCode::SUCCESS)
    }
}

fn text(json: &str) -> Result<String, Failure> {
    let answer = serde_json::from_str(json).map_err(|error| {
        let versions = "is the daemon of the same version as this program?";
        Failure::Refused(format!("this is not an answer of /api/v1/spike: {error}; {versions}"))
    })?;
    let reports = match answer {
        Answer::One(report) => vec![*report],
        Answer::All { systems } => systems,
    };
    if reports.is_empty() {
        return Ok("no system is declared, and nothing was heard of any\n".to_owned());
    }
    Ok(reports.iter().map(explain::text).collect::<Vec<_>>().join("\n"))
}

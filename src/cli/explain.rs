//! `day90 explain`: asks a daemon why on-call was paged, or was not, and says it in words.

use std::io::Write;
use std::process::ExitCode;

use serde::Deserialize;

use super::format::Format;
use super::status::{query_of, read};
use super::target::Target;
use crate::explain;
use crate::failure::Failure;
use crate::state::views::spike::report::SpikeReport;
use crate::words::printable;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 explain refund-agent                   the ratio now, the usual one, since when, where, and what changed before
  day90 explain                                all systems
  day90 explain refund-agent --format json     the same for a script: what GET /api/v1/spike?system= answers

Exit codes: 0 answered (whatever the state), 1 the system is not known, 2 usage, 3 no answer")]
pub(crate) struct Explain {
    /// The system; all of them when none is named
    #[arg(value_name = "SYSTEM")]
    system: Option<String>,
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    target: Target,
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
        let path = format!("/api/v1/spike{}", query_of(self.system.as_deref())?);
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
    let answer = read(json, "/api/v1/spike")?;
    let reports = match answer {
        Answer::One(report) => vec![*report],
        Answer::All { systems } => systems,
    };
    if reports.is_empty() {
        return Ok("no system is declared, and nothing was heard of any\n".to_owned());
    }
    let texts: Vec<String> = reports.iter().map(explain::text).collect();
    // Names of queues, reasons and versions are whatever was sent.
    Ok(texts.join("\n").split_inclusive('\n').map(printable_line).collect())
}

fn printable_line(line: &str) -> String {
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    format!("{}{end}", printable(text))
}

//! `day90 schema`: prints a contract as JSON Schema.

use std::io::Write;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::failure::Failure;
use crate::{config, event};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 schema events > events.schema.json
  day90 schema config > day90.schema.json      editors complete day90.yaml from it")]
pub(crate) struct Schema {
    /// Which contract
    contract: Contract,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Contract {
    Events,
    Config,
}

impl Schema {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let schema = match self.contract {
            Contract::Events => event::schema::json_schema(),
            Contract::Config => config::schema::json_schema(),
        };
        // A closed reader (`| head`) is not an error.
        let _ = writeln!(std::io::stdout(), "{schema:#}");
        Ok(ExitCode::SUCCESS)
    }
}

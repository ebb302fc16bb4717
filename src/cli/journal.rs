//! `day90 journal`: what an operator does with a data directory, a file for each command.

mod backup;
mod directory;
mod downgrade;
mod export;
mod forget;
mod repair;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Journal {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say where a journal is damaged, and what a start would do; changes nothing
    Verify(verify::Verify),
    /// Set damaged parts aside, so that a start can continue with the rest
    Repair(repair::Repair),
    /// Copy a journal, even while a daemon runs on it
    Backup(backup::Backup),
    /// Print the events of a journal as NDJSON, to be sent again or read
    Export(export::Export),
    /// Forget a case: in the state, and on disk
    Forget(forget::Forget),
    /// Prepare a return to the previous release
    Downgrade(downgrade::Downgrade),
}

impl Journal {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Verify(verify) => verify.run(),
            Command::Repair(repair) => repair.run(),
            Command::Backup(backup) => backup.run(),
            Command::Export(export) => export.run(),
            Command::Forget(forget) => forget.run(),
            Command::Downgrade(downgrade) => downgrade.run(),
        }
    }
}

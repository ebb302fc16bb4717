//! `day90 journal`: what an operator does with a data directory, a file for each command.

mod backup;
mod downgrade;
mod forget;
mod repair;
mod verify;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;

use crate::failure::Failure;
use crate::journal::{Disk, Fatal, RealDisk};

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
            Command::Forget(forget) => forget.run(),
            Command::Downgrade(downgrade) => downgrade.run(),
        }
    }
}

/// The directory of a journal. It must exist: a mistyped name must not look like a healthy empty journal.
fn open(dir: &Path) -> Result<Arc<dyn Disk>, Failure> {
    if !dir.is_dir() {
        return Err(Failure::Usage(format!("{}: no such directory", dir.display())));
    }
    Ok(Arc::new(RealDisk::new(dir)))
}

/// Damage is a finding; anything else that stops a command is a fault of the machine.
fn failure(fatal: Fatal) -> Failure {
    match fatal {
        Fatal::Corrupt { .. } | Fatal::Content { .. } | Fatal::NewerFormat { .. } => {
            Failure::Refused(fatal.to_string())
        }
        Fatal::Io { .. } | Fatal::Locked { .. } => Failure::Machine(fatal.to_string()),
    }
}

/// `1 record`, `2 records`.
fn counted(number: u64, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

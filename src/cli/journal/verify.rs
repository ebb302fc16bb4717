//! `day90 journal verify`: where a journal is damaged.

use std::path::PathBuf;
use std::process::ExitCode;

use super::super::Failure;
use crate::pipeline::recover;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 journal verify /var/lib/day90

Exit codes: 0 it is whole, 1 something was found, 2 usage, 74 disk")]
pub(super) struct Verify {
    /// The data directory
    dir: PathBuf,
}

impl Verify {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let disk = super::open(&self.dir)?;
        let (_, recovered) = recover::recover(&disk).map_err(super::failure)?;
        recovered.warnings.iter().for_each(|warning| println!("{warning}"));
        println!("a start would go on with record {}", recovered.next_sequence);
        Ok(ExitCode::from(u8::from(!recovered.warnings.is_empty())))
    }
}

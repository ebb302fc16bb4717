//! `day90 journal backup`: a consistent copy, even while a daemon runs.

use std::path::PathBuf;
use std::process::ExitCode;

use super::directory::counted;
use crate::failure::Failure;
use crate::journal::backup::{BackupError, backup};
use crate::pipeline::recover;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 journal backup /var/lib/day90 /backup/day90-monday
  day90 serve --data-dir /backup/day90-monday                 starts on the copy

The copy holds everything that was acknowledged before the command began. It gets its name only after it was read the way a
start would read it.

Exit codes: 0 done, 1 the journal is damaged, 2 usage, 74 disk")]
pub(crate) struct Backup {
    /// The data directory
    dir: PathBuf,
    /// The copy; must not exist
    target: PathBuf,
}

impl Backup {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let disk = super::directory::open(&self.dir)?;
        let read = |copy: &_| recover::recover(copy).map(|(state, _)| (state.sequence(), state.now()));
        let (copied, (last, at)) = backup(&*disk, &self.target, read).map_err(|failed| match failed {
            BackupError::Fatal(fatal) => super::directory::failure(fatal),
            BackupError::TargetExists(_) | BackupError::Empty(_) => Failure::Usage(failed.to_string()),
        })?;
        println!(
            "{}: {} in {}, up to record {last} of {at}",
            self.target.display(),
            counted(copied.bytes, "byte"),
            match copied.checkpoint {
                Some(sequence) => format!("checkpoint {sequence} and {}", counted(copied.segments, "segment")),
                None => counted(copied.segments, "segment"),
            },
        );
        if copied.left_out > 0 {
            println!(
                "{} at the end were no whole frame and were left out: the daemon was writing them, or a crash cut \
                 them short",
                counted(copied.left_out, "byte")
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

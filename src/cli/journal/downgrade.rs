//! `day90 journal downgrade`: makes a data directory readable by the previous release.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::failure::Failure;
use crate::pipeline::downgrade::downgrade;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 journal downgrade /var/lib/day90     with day90 stopped; then start day90 0.1.0 on it

It writes the whole state once more in the format of day90 0.1.0, so that no later record is needed. Nothing else changes, and
this day90 can still read the directory. If it is interrupted, the directory is unchanged: run it again.

Exit codes: 0 done, 1 what is stored cannot be read, 2 usage, 74 disk, or a daemon has the directory")]
pub(crate) struct Downgrade {
    /// The data directory; no daemon may have it
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl Downgrade {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let disk = super::directory::open(&self.dir)?;
        let done = downgrade(disk).map_err(super::directory::failure)?;
        done.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
        println!("{} holds the whole state up to record {}, for day90 0.1.0.", done.path, done.sequence);
        match done.lost.as_slice() {
            [] => println!("Nothing is lost on the way back."),
            lost => {
                println!("Day90 0.1.0 has no place for these; they are lost once it has written its own checkpoint:");
                lost.iter().for_each(|what| println!("  {what}"));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

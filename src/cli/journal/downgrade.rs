//! `day90 journal downgrade`: makes a data directory readable by the previous release.

use std::path::PathBuf;
use std::process::ExitCode;

use super::directory::counted;
use crate::failure::Failure;
use crate::pipeline::downgrade::{NoWayBack, downgrade};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 journal downgrade /var/lib/day90     with day90 stopped; then start the release before on it

There is a way back until the first event comes in under this release. Until then this day90 has written its configuration to
the journal and nothing else; that is removed, and what the release before wrote is as it was. If it is interrupted, run it
again.

Exit codes: 0 done, 1 there is no way back any more, or what is stored cannot be read, 2 usage, 74 disk, or a daemon has the
directory")]
pub(crate) struct Downgrade {
    /// The data directory; no daemon may have it
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl Downgrade {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let disk = super::directory::open(&self.dir)?;
        let done = downgrade(&disk).map_err(|why| match why {
            NoWayBack::Journal(fatal) => super::directory::failure(fatal),
            NoWayBack::Gone(why) => Failure::Refused(format!(
                "{}: there is no way back: {why}. Nothing was changed; a backup from before the upgrade is the way back",
                self.dir.display()
            )),
        })?;
        println!(
            "{}: ready for day90 {}, up to record {}; {} of this release removed",
            done.path,
            done.release,
            done.last,
            counted(done.removed, "record")
        );
        Ok(ExitCode::SUCCESS)
    }
}

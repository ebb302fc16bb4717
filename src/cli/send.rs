//! `day90 send`: NDJSON as it comes.
//!
//! A thread reads the lines that are there; each time, all that has been read by then is one request. So a line that comes
//! alone is sent at once, and lines that come fast share requests. While the daemon doesn't answer, the same events are sent
//! again with the same ids, and when the buffer is full nothing more is read: whoever writes waits.

mod batch;
mod delivery;
mod event;
mod input;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use self::delivery::{Delivery, Patience};
use self::report::Report;
use super::target::Target;
use crate::failure::Failure;
use crate::lines::Lines;
use crate::send::Packing;

/// How long an answer may take. The daemon answers as soon as a batch is on disk.
const ANSWER: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tail -F agent.log | jq -c --unbuffered 'select(.type)' | day90 send -
  day90 send events.ndjson

A line is sent within a moment of its arrival; lines that come fast are sent together. An event without an id is given
one, so that sending it again counts once. While the daemon doesn't answer, or says 503, send tries again for as long as
it takes, once the daemon has answered at all; meanwhile it stops reading. Rejected lines are named on standard error.
Exit codes: 0 all accepted or known, 1 something was rejected, 2 usage, 3 no answer.")]
pub(crate) struct SendLines {
    /// An NDJSON file, plain, .gz or .zst; - is the standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// End with exit code 3 when the daemon hasn't answered for this long; without it, only when it never answers at all
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    give_up_after: Option<Duration>,
    /// Compress requests with gzip, for a slow network
    #[arg(long)]
    gzip: bool,
    #[command(flatten)]
    target: Target,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse::<f64>().ok().filter(|number| *number > 0.0);
    number.and_then(|number| Duration::try_from_secs_f64(number).ok()).ok_or_else(|| "a number above 0".to_owned())
}

impl SendLines {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let packing = if self.gzip { Packing::Gzip } else { Packing::Plain };
        let sender = self.target.sender()?.with_timeout(ANSWER);
        let lines = Lines::open(&self.file)?;
        let report = Report::of(&self.file);
        let mut delivery = Delivery::new(&sender, packing, Patience::until(self.give_up_after), report);
        let sent = sender.block_on(delivery.send_all(input::start(lines)));
        let report = delivery.into_report();
        report.end();
        sent?;
        Ok(ExitCode::from(u8::from(report.rejected > 0)))
    }
}

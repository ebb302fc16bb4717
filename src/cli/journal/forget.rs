//! `day90 journal forget`: removes everything that names a case. See `state::forget` for what stays.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use serde::Deserialize;

use crate::daemon::offline::{self, Failed};
use crate::event::identifier;
use crate::failure::Failure;
use crate::pipeline::{CaseName, Erased};
use crate::send::{Sender, read_token};

/// Long enough for two checkpoints of a large state on a slow disk.
const ANSWER_WITHIN: Duration = Duration::from_secs(600);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 journal forget --case c-8812 --url http://127.0.0.1:9790    while a daemon runs
  day90 journal forget --case c-8812 --data-dir /var/lib/day90      while none does

It ends when neither journal nor checkpoints hold the case any more. Counters stay; what was open of the case leaves the
gauges. It cannot change backups, logs, or the systems that sent the events.

Exit codes: 0 forgotten, 1 refused, or other files must be looked at, 2 usage, 74 disk")]
pub(crate) struct Forget {
    /// The case, as its events name it
    #[arg(long, value_name = "ID")]
    case: String,
    /// Only in this system; without it in every system that is known
    #[arg(long, value_name = "NAME")]
    system: Option<String>,
    /// The daemon that runs on the data directory
    #[arg(long, value_name = "URL", required_unless_present = "data_dir")]
    url: Option<String>,
    /// A file with the admin token, when the daemon asks for one
    #[arg(long, value_name = "FILE", env = "DAY90_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// The data directory, when no daemon runs on it
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    data_dir: Option<PathBuf>,
}

/// The daemon's answer.
#[derive(Deserialize)]
struct Answer {
    forgotten: usize,
    look_at: Vec<String>,
}

impl Forget {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        if self.case.is_empty() {
            return Err(Failure::Usage("--case is empty: name the case that is to be forgotten".to_owned()));
        }
        let erased = match (&self.url, &self.data_dir) {
            (Some(url), _) => self.ask(url)?,
            (None, Some(dir)) => self.offline(dir)?,
            (None, None) => {
                return Err(Failure::Usage("name a daemon with --url or a directory with --data-dir".into()));
            }
        };
        print_erased(&erased);
        Ok(ExitCode::from(u8::from(!erased.left.is_empty())))
    }

    /// Asks the daemon that runs on the directory.
    fn ask(&self, url: &str) -> Result<Erased, Failure> {
        let token = self.token_file.as_deref().map(read_token).transpose()?;
        let sender = Sender::to(url, token.as_deref())?.with_timeout(ANSWER_WITHIN);
        let body = serde_json::json!({ "case": self.case, "system": self.system }).to_string();
        let answer: Answer = serde_json::from_str(&sender.ask("/api/v1/forget", body)?)
            .map_err(|error| Failure::Refused(format!("{url} gave an answer that this day90 cannot read: {error}")))?;
        Ok(Erased { work: answer.forgotten, left: answer.look_at })
    }

    /// Does what a daemon would, in a directory that none has.
    fn offline(&self, dir: &Path) -> Result<Erased, Failure> {
        let case = CaseName { case: identifier(&self.case).into_owned(), system: self.system.clone() };
        offline::forget(super::directory::open(dir)?, case, |warning| eprintln!("warning: {warning}")).map_err(|why| {
            match why {
                Failed::Journal(fatal) => super::directory::failure(fatal),
                Failed::Empty => Failure::Usage(format!("{}: no journal is there", dir.display())),
                Failed::Refused(why) => Failure::Machine(why),
            }
        })
    }
}

fn print_erased(erased: &Erased) {
    match erased.work {
        0 => println!("No work of this case was known; its events are removed from the journal all the same."),
        1 => println!("1 piece of work of this case forgotten."),
        work => println!("{work} pieces of work of this case forgotten."),
    }
    println!("Nothing of it is left in the journal and its checkpoints. Counters are as they were.");
    println!("Backups that were made before still have it.");
    if !erased.left.is_empty() {
        println!(
            "These files are not part of the journal and may name the case. Check them, and delete those that do:"
        );
        erased.left.iter().for_each(|path| println!("  {path}"));
    }
}

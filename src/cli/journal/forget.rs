//! `day90 journal forget`: removes everything that names a case. See `state::forget` for what stays.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::client::Client;
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::ingest::body::Pool;
use crate::journal;
use crate::pipeline::writer::{Options, Start, Writer};
use crate::pipeline::{Case, Erased, Refusal, recover};
use crate::send::read_token;
use crate::telemetry::Telemetry;

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
        match erased.work {
            0 => {
                println!(
                    "No piece of work of this case was known; its events are removed from the journal all the same."
                )
            }
            work => println!(
                "{work} {} of this case forgotten.",
                if work == 1 { "piece of work" } else { "pieces of work" }
            ),
        }
        println!("Nothing of it is left in the journal and its checkpoints. Counters are as they were.");
        println!("Backups that were made before still have it.");
        if erased.left.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        println!(
            "These files are not part of the journal and may name the case; check them, and delete those that do:"
        );
        erased.left.iter().for_each(|path| println!("  {path}"));
        Ok(ExitCode::from(1))
    }

    fn ask(&self, url: &str) -> Result<Erased, Failure> {
        let token = self.token_file.as_deref().map(read_token).transpose()?;
        let refused = |failure: crate::client::Failure| Failure::Refused(failure.to_string());
        let mut client = Client::new(url).map_err(|failure| Failure::Usage(failure.to_string()))?;
        if let Some(token) = token {
            client = client.with_token(&token).map_err(|failure| Failure::Usage(failure.to_string()))?;
        }
        let client = client.with_timeout(ANSWER_WITHIN);
        let body = serde_json::json!({ "case": self.case, "system": self.system }).to_string();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::Machine(error.to_string()))?;
        let answer =
            runtime.block_on(client.post("/api/v1/forget", "application/json", None, body)).map_err(refused)?;
        if !answer.is_success() {
            return Err(Failure::Refused(format!("{url} answered {}: {}", answer.status, answer.text().trim())));
        }
        let told: Answer = serde_json::from_slice(&answer.body)
            .map_err(|error| Failure::Refused(format!("{url} gave an answer that this day90 cannot read: {error}")))?;
        Ok(Erased { work: told.forgotten, left: told.look_at })
    }

    /// Does what a daemon would: the same writer, with its turns taken here.
    fn offline(&self, dir: &std::path::Path) -> Result<Erased, Failure> {
        let disk = super::open(dir)?;
        let lock = journal::lock(&*disk).map_err(super::failure)?;
        let (state, recovered) = recover::recover(&disk).map_err(super::failure)?;
        recovered.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
        if recovered.next_sequence == 1 {
            return Err(Failure::Usage(format!("{}: no journal is there", dir.display())));
        }
        let journal = journal::Journal::open(disk, lock, recovered, journal::Options::default());
        let model = state.model().as_ref().clone();
        let start = Start {
            state,
            journal: journal.map_err(super::failure)?,
            model,
            clock: Arc::new(SystemClock),
            telemetry: Telemetry::new(),
            unread_bytes: 0,
            pool: Pool::default(),
            options: Options {
                spawner: Box::new(|job| {
                    job();
                    Ok(())
                }),
                ..Options::default()
            },
        };
        let (handle, mut writer) = Writer::new(start);
        let refused = |refusal: Refusal| Failure::Machine(refusal.to_string());
        let case = Case { case: self.case.clone(), system: self.system.clone() };
        let mut answer = handle.begin_forget(case).map_err(refused)?;
        loop {
            writer.turn();
            match answer.try_recv() {
                Err(tokio::sync::oneshot::error::TryRecvError::Empty) => {}
                Err(closed) => return Err(Failure::Machine(closed.to_string())),
                Ok(erased) => return erased.map_err(refused),
            }
        }
    }
}

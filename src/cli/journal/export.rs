//! `day90 journal export`: the events of a journal as NDJSON, as `POST /v1/events` takes them.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::directory::counted;
use crate::event::json;
use crate::failure::Failure;
use crate::pipeline::export::{Exported, Unexported, export};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 journal export /var/lib/day90 > events.ndjson
  day90 journal export /backup/day90-monday | day90 send - --url http://127.0.0.1:9791     into another daemon
  day90 backtest <(day90 journal export /var/lib/day90)

It changes nothing and needs no lock: a daemon may run. Events come in the order in which they were accepted, with their ids, so
that sending them twice counts once. Cases that were forgotten are left out. What is older than the oldest segment is only in the
checkpoint, as counts: stderr says where the events begin.

Exit codes: 0 done, 1 damage was found, 2 usage, 74 disk")]
pub(crate) struct Export {
    /// The data directory
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl Export {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let disk = super::directory::open(&self.dir)?;
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut line = String::new();
        let exported = export(&disk, |event| {
            line.clear();
            json::write(event, &mut line);
            line.push('\n');
            out.write_all(line.as_bytes())
        });
        let exported = match exported.and_then(|exported| out.flush().map(|()| exported).map_err(Unexported::Output)) {
            Ok(exported) => exported,
            // A closed reader (`| head`) is not an error.
            Err(Unexported::Output(error)) if error.kind() == ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            Err(Unexported::Output(error)) => return Err(Failure::Machine(format!("stdout: {error}"))),
            Err(Unexported::Journal(fatal)) => return Err(super::directory::failure(fatal)),
        };
        if exported.report.segments == 0 && exported.report.checkpoints.is_empty() && exported.report.damage.is_empty()
        {
            return Err(Failure::Usage(format!("{}: no journal is there", self.dir.display())));
        }
        say(&exported);
        Ok(ExitCode::from(u8::from(!exported.report.damage.is_empty())))
    }
}

/// Says on stderr what stdout doesn't have.
fn say(exported: &Exported) {
    let Exported { report, events, forgotten } = exported;
    report.damage.iter().for_each(|damage| eprintln!("damage: {damage}"));
    if let Some(torn) = &report.torn {
        eprintln!("unfinished: {} bytes at the end of {} are no whole frame", torn.bytes, torn.path);
    }
    match report.first() {
        Some(1) => {}
        Some(first) => eprintln!(
            "records before {first} are left only as counts, in the checkpoint: their events were trimmed with their segments"
        ),
        None => eprintln!("there is no segment: everything is left only as counts, in the checkpoint"),
    }
    if *forgotten > 0 {
        eprintln!("{} of forgotten cases left out", counted(*forgotten, "event"));
    }
    eprintln!("{} exported", counted(*events, "event"));
}

//! `day90 replay`: recorded events, sent again.
//!
//! * [`lines`] reads files, packed or not, a line at a time.
//! * A [`Load`] collects lines up to a request's size and remembers where each came from, so that what the daemon
//!   refuses is told by file and line.

pub(crate) mod lines;
mod pace;
mod progress;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Failure;
use super::send::{Packing, Sender, Target};
use lines::{Lines, Read};
use pace::Pace;
use progress::Progress;

/// One request. Bytes.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Refused events that are told one by one; all are counted.
const TOLD_MAX: u64 = 100;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 replay events.ndjson
  day90 replay --speed 60 yesterday.ndjson.gz      an hour in a minute
  zcat *.gz | day90 replay -

Files ending in .gz or .zst are unpacked. An event counts once only if it has an id.
Exit codes: 0 all accepted or known, 1 something was rejected or not reached, 2 usage.")]
pub(crate) struct Replay {
    /// NDJSON files, one event a line; - is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Keep the pace of the events' own times, N times faster; without it, as fast as the daemon takes them
    #[arg(long, value_name = "N", value_parser = faster)]
    speed: Option<f64>,
    /// Pack requests with gzip, for a slow network
    #[arg(long)]
    gzip: bool,
    #[command(flatten)]
    target: Target,
}

fn faster(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(speed),
        _ => Err("a number above 0".to_owned()),
    }
}

impl Replay {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let packing = if self.gzip { Packing::Gzip } else { Packing::Plain };
        let mut load = Load::new(self.target.sender()?, packing);
        let mut pace = self.speed.map(Pace::at);
        for file in &self.files {
            let mut lines = Lines::open(file)?;
            loop {
                match lines.next()? {
                    Read::End => break,
                    Read::TooLong { line } => {
                        load.refuse(&lines.place(line), "the line is longer than a request may be")
                    }
                    Read::Line { line, text } => {
                        let wait = pace.as_mut().and_then(|pace| pace.wait(text));
                        if let Some(wait) = wait {
                            load.send(&lines)?;
                            std::thread::sleep(wait);
                        }
                        load.add(&lines, line)?;
                    }
                }
            }
            load.send(&lines)?;
        }
        load.progress.end();
        Ok(ExitCode::from(u8::from(load.progress.rejected > 0)))
    }
}

/// The lines of the next request, and where they came from.
struct Load {
    sender: Sender,
    packing: Packing,
    body: Vec<u8>,
    /// The line of each event, by its index in the request.
    lines: Vec<u64>,
    progress: Progress,
}

impl Load {
    fn new(sender: Sender, packing: Packing) -> Load {
        Load { sender, packing, body: Vec::new(), lines: Vec::new(), progress: Progress::start() }
    }

    /// Takes the line that was just read; sends what waits when there is no room beside it.
    fn add(&mut self, lines: &Lines, line: u64) -> Result<(), Failure> {
        let text = lines.text();
        if self.body.len() + text.len() + 1 > BODY_BYTES_MAX {
            self.send(lines)?;
        }
        // Blank lines are no events and have no index.
        if !text.trim_ascii().is_empty() {
            self.body.extend_from_slice(text);
            self.body.push(b'\n');
            self.lines.push(line);
        }
        Ok(())
    }

    fn send(&mut self, lines: &Lines) -> Result<(), Failure> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let bytes = self.body.len();
        let body = match self.packing {
            Packing::Plain => std::mem::take(&mut self.body),
            Packing::Gzip => gzip(&self.body),
        };
        let reply = self.sender.post("application/x-ndjson", self.packing, body)?;
        for refused in &reply.errors {
            let line = self.lines.get(refused.index).copied().unwrap_or(0);
            let field = refused.field.as_deref().map_or_else(String::new, |field| format!("{field}: "));
            self.progress.tell(&format!("{}: {field}{}", lines.place(line), refused.error));
        }
        self.progress.add(&reply, bytes);
        self.body.clear();
        self.lines.clear();
        Ok(())
    }

    /// An event that isn't even sent.
    fn refuse(&mut self, place: &str, why: &str) {
        self.progress.tell(&format!("{place}: {why}"));
        self.progress.rejected += 1;
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).expect("a Vec takes everything");
    encoder.finish().expect("a Vec takes everything")
}

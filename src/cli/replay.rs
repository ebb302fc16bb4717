//! `day90 replay`: sends recorded events again, at the pace of their own times.
//!
//! A [`Load`] collects lines up to the size of a request and remembers where each came from, so that a refused event is
//! reported by file and line.

mod pace;
mod progress;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::target::Target;
use crate::failure::Failure;
use crate::lines::{LINE_BYTES_MAX, Lines, Read};
use crate::send::{Packing, Reply, Sender};
use pace::Pace;
use progress::Progress;

/// One request. Any line of a recording fits. Bytes.
const BODY_BYTES_MAX: usize = LINE_BYTES_MAX;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 replay yesterday.ndjson                    a day in a day
  day90 replay --speed 60 yesterday.ndjson.gz      an hour in a minute

Files ending in .gz or .zst are decompressed. An event counts once only if it has an id. To send a file as fast as the
daemon takes it, or what comes through a pipe, use day90 send.
Exit codes: 0 all accepted or known, 1 something was rejected, 2 usage, 3 no answer.")]
pub(crate) struct Replay {
    /// NDJSON files, one event a line
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// N times faster than the pace of the events' own times
    #[arg(long, value_name = "N", value_parser = faster, default_value = "1")]
    speed: f64,
    /// Compress requests with gzip, for a slow network
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
        if self.files.iter().any(|file| file.as_os_str() == "-") {
            let why = "replay reads files, since it keeps the pace of a recording; day90 send - sends what comes \
                       through a pipe, as it comes";
            return Err(Failure::Usage(why.to_owned()));
        }
        let packing = if self.gzip { Packing::Gzip } else { Packing::Plain };
        let mut load = Load::new(self.target.sender()?, packing);
        let mut pace = Pace::at(self.speed);
        for file in &self.files {
            send_file(&mut Lines::open(file)?, &mut load, &mut pace)?;
        }
        load.progress.end();
        Ok(ExitCode::from(u8::from(load.progress.rejected > 0)))
    }
}

fn send_file(lines: &mut Lines, load: &mut Load, pace: &mut Pace) -> Result<(), Failure> {
    loop {
        match lines.next()? {
            Read::End => return load.send(lines),
            Read::TooLong { line } => load.refuse(&lines.place(line), "the line is longer than a request may be"),
            Read::Line { line, text } => {
                if let Some(wait) = pace.wait(text) {
                    load.send(lines)?;
                    load.progress.wait(wait);
                    std::thread::sleep(wait);
                }
                load.add(lines, line)?;
            }
        }
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

    /// Adds the line that was just read, after sending the earlier ones if it does not fit with them.
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
        self.report(&reply, lines);
        self.progress.add(&reply, bytes);
        self.body.clear();
        self.lines.clear();
        Ok(())
    }

    fn report(&mut self, reply: &Reply, lines: &Lines) {
        for refused in &reply.errors {
            let line = self.lines.get(refused.index).copied().unwrap_or(0);
            self.progress.complain(&format!("{}: {refused}", lines.place(line)));
        }
    }

    /// Counts an event that cannot be sent.
    fn refuse(&mut self, place: &str, why: &str) {
        self.progress.complain(&format!("{place}: {why}"));
        self.progress.rejected += 1;
    }
}

pub(super) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).expect("a Vec takes everything");
    encoder.finish().expect("a Vec takes everything")
}

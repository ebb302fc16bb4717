//! Recorded events, in the order of their own times.
//!
//! Every file is read once, a line at a time. Files are merged by the times of their next events. Disorder within a file is
//! sorted out within a window of events; an event further out of order counts as received when it is read, as it would
//! in the daemon.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;

use super::counts::Counts;
use super::progress::Progress;
use crate::event::{self, Context, Event, Fixed, Inlet, Timestamp};
use crate::failure::Failure;
use crate::lines::{Lines, Read};

/// Files that can be read at once.
const FILES_MAX: usize = 256;
/// Events that wait to be put in order, and their size in bytes.
const WINDOW_EVENTS: usize = 50_000;
const WINDOW_BYTES: usize = 64 << 20;
/// The earliest valid time: 2000-01-01.
const EARLIEST: Timestamp = Timestamp::from_seconds(946_684_800);

/// An event in the journal's encoding. Ordered by time, then by when it was read.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Recorded {
    pub time: Timestamp,
    number: u64,
    pub bytes: Vec<u8>,
}

pub(crate) struct History {
    sources: Vec<Source>,
    waiting: BinaryHeap<Reverse<Recorded>>,
    bytes: usize,
    last: Timestamp,
    asked: Asked,
    pub read: Counts,
}

struct Source {
    lines: Lines,
    next: Option<Recorded>,
}

/// What the recording is read by.
pub(crate) struct Asked {
    pub now: Timestamp,
    /// The system of events that name none.
    pub default_system: Option<String>,
    /// Events of other systems are left out.
    pub only: Option<String>,
}

impl History {
    pub(crate) fn open(files: &[PathBuf], asked: Asked) -> Result<History, Failure> {
        if files.len() > FILES_MAX {
            return Err(Failure::Usage(format!(
                "{} files are more than the {FILES_MAX} that are read at once; join some: zcat … | day90 backtest -",
                files.len()
            )));
        }
        let open = |path: &PathBuf| Ok(Source { lines: Lines::open(path)?, next: None });
        Ok(History {
            sources: files.iter().map(open).collect::<Result<_, Failure>>()?,
            waiting: BinaryHeap::new(),
            bytes: 0,
            last: EARLIEST,
            asked,
            read: Counts::default(),
        })
    }

    /// The next event by time; `None` at the end of all files.
    pub(crate) fn next(&mut self, progress: &mut Progress) -> Result<Option<Recorded>, Failure> {
        while self.waiting.len() < WINDOW_EVENTS && self.bytes < WINDOW_BYTES {
            let Some(recorded) = self.merged(progress)? else { break };
            self.bytes += recorded.bytes.len();
            self.waiting.push(Reverse(recorded));
        }
        let Some(Reverse(recorded)) = self.waiting.pop() else { return Ok(None) };
        self.bytes -= recorded.bytes.len();
        self.read.events += 1;
        self.read.out_of_order += u64::from(recorded.time < self.last);
        self.last = self.last.max(recorded.time);
        Ok(Some(recorded))
    }

    /// The earliest of the next events of all files.
    fn merged(&mut self, progress: &mut Progress) -> Result<Option<Recorded>, Failure> {
        for source in self.sources.iter_mut().filter(|source| source.next.is_none()) {
            source.fill(&self.asked, &mut self.read, progress)?;
        }
        self.sources.retain(|source| source.next.is_some());
        let earliest = self.sources.iter_mut().min_by(|a, b| a.next.cmp(&b.next));
        Ok(earliest.and_then(|source| source.next.take()))
    }
}

impl Source {
    /// Reads on to the next event that can be used.
    fn fill(&mut self, asked: &Asked, counts: &mut Counts, progress: &mut Progress) -> Result<(), Failure> {
        loop {
            let found = match self.lines.next()? {
                Read::End => return Ok(()),
                Read::TooLong { line } => Err((line, "the line is longer than an event may be".to_owned())),
                Read::Line { text, .. } if text.trim_ascii().is_empty() => continue,
                Read::Line { line, text } => read(text, line, asked, counts.lines).map_err(|why| (line, why)),
            };
            counts.lines += 1;
            match found {
                Ok(Some(recorded)) => {
                    self.next = Some(recorded);
                    return Ok(());
                }
                Ok(None) => counts.elsewhere += 1,
                Err((line, why)) => {
                    counts.refused += 1;
                    progress.complain(&format!("{}: {why}", self.lines.place(line)));
                }
            }
        }
    }
}

/// One line; `Ok(None)` for an event of a system that was not asked for.
fn read(text: &[u8], line: u64, asked: &Asked, number: u64) -> Result<Option<Recorded>, String> {
    let text = std::str::from_utf8(text).map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))?;
    let event = parse(text, line, asked)?;
    if event.time == asked.now {
        return Err("it has no time: a backtest needs to know when it happened".to_owned());
    }
    if event.time < EARLIEST {
        return Err(format!("its time {} is before the year 2000", event.time));
    }
    if asked.only.as_ref().is_some_and(|only| *only != event.system) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    event::binary::encode(&Event { received: event.time, ..event.clone() }, &mut bytes);
    Ok(Some(Recorded { time: event.time, number, bytes }))
}

fn parse<'a>(text: &'a str, line: u64, asked: &Asked) -> Result<Event<'a>, String> {
    // Pages don't depend on the scale of ratings: the widest scale accepts all.
    let any_rating = |_: &str| (Fixed::from_units(-1_000_000), Fixed::from_units(1_000_000));
    let context = Context {
        received: asked.now,
        inlet: Inlet::Http,
        default_system: asked.default_system.as_deref(),
        rating_scale: &any_rating,
        // Old recordings are what it is for.
        event_age: i64::MAX,
        notes: None,
    };
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    event::json::parse(text.trim_start_matches('\u{feff}'), line, &context).map_err(|rejection| {
        // The caller prints file and line before it.
        let error = rejection.error.strip_prefix(&format!("line {line}: ")).unwrap_or(&rejection.error);
        match rejection.field {
            Some(field) if !error.contains(&field) => format!("{field}: {error}"),
            _ => error.to_owned(),
        }
    })
}

//! The progress line of a replay, and the summary at its end.

use std::time::{Duration, Instant};

use crate::send::Reply;
use crate::terminal::Line;
use crate::words;

/// Refused events that are printed one by one; all are counted.
const REFUSED_SHOWN_MAX: u64 = 100;
/// A first wait of this length is explained: perhaps nobody wants the pace of the recording.
const EXPLAINED: Duration = Duration::from_secs(5);

pub(crate) struct Progress {
    started: Instant,
    line: Line,
    accepted: u64,
    duplicates: u64,
    pub(crate) rejected: u64,
    /// Rejected because of their age, as far as the daemon named them.
    too_old: u64,
    bytes: usize,
    is_explained: bool,
}

impl Progress {
    pub(crate) fn start() -> Progress {
        Progress {
            started: Instant::now(),
            line: Line::new(REFUSED_SHOWN_MAX),
            accepted: 0,
            duplicates: 0,
            rejected: 0,
            too_old: 0,
            bytes: 0,
            is_explained: false,
        }
    }

    pub(crate) fn add(&mut self, reply: &Reply, bytes: usize) {
        self.accepted += reply.accepted;
        self.duplicates += reply.duplicates;
        self.rejected += reply.rejected;
        self.too_old += reply.errors.iter().filter(|refused| refused.is_too_old()).count() as u64;
        self.bytes += bytes;
        if self.line.is_due() {
            let summary = self.summary();
            self.line.draw(&summary);
        }
    }

    /// The next event is due after this.
    pub(crate) fn wait(&mut self, wait: Duration) {
        if wait >= EXPLAINED && !std::mem::replace(&mut self.is_explained, true) {
            self.line.clear();
            let seconds = wait.as_secs();
            eprintln!(
                "at the pace of the recording: the next event is due in {seconds} s (--speed N is faster, day90 send doesn't wait)"
            );
        }
    }

    /// Prints a refusal, unless enough were printed already.
    pub(crate) fn complain(&mut self, text: &str) {
        self.line.complain(text);
    }

    pub(crate) fn end(&mut self) {
        self.line.clear();
        // The daemon names only some of the events that it rejects, so those left are counted by `rejected`.
        let shown = self.line.shown();
        if self.rejected > shown {
            eprintln!("and {} more", words::count((self.rejected - shown) as f64));
        }
        eprintln!("{}", self.summary());
        if self.too_old > 0 {
            let least = if self.rejected > shown { "at least " } else { "" };
            eprintln!(
                "{least}{} of them are too old for the daemon (limits.event_age)",
                words::count(self.too_old as f64)
            );
        }
    }

    fn summary(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-3);
        let events = (self.accepted + self.duplicates + self.rejected) as f64;
        format!(
            "{} events, {}, {} a second: accepted {}, duplicates {}, rejected {}",
            words::count(events),
            words::bytes(self.bytes as f64),
            words::count(events / seconds),
            words::count(self.accepted as f64),
            words::count(self.duplicates as f64),
            words::count(self.rejected as f64),
        )
    }
}

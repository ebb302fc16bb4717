//! How far a replay is, and a summary at its end.

use std::time::Instant;

use super::TOLD_MAX;
use crate::cli::line::Line;
use crate::cli::send::Reply;
use crate::words;

pub(crate) struct Progress {
    started: Instant,
    line: Line,
    accepted: u64,
    duplicates: u64,
    pub(crate) rejected: u64,
    bytes: usize,
}

impl Progress {
    pub(crate) fn start() -> Progress {
        Progress {
            started: Instant::now(),
            line: Line::new(TOLD_MAX),
            accepted: 0,
            duplicates: 0,
            rejected: 0,
            bytes: 0,
        }
    }

    pub(crate) fn add(&mut self, reply: &Reply, bytes: usize) {
        self.accepted += reply.accepted;
        self.duplicates += reply.duplicates;
        self.rejected += reply.rejected;
        self.bytes += bytes;
        if self.line.is_due() {
            let summary = self.summary();
            self.line.draw(&summary);
        }
    }

    /// Says one refusal, while few were said.
    pub(crate) fn tell(&mut self, text: &str) {
        self.line.tell(text);
    }

    pub(crate) fn end(&mut self) {
        self.line.clear();
        let (said, _) = self.line.told();
        if self.rejected > said {
            eprintln!("and {} more", words::count((self.rejected - said) as f64));
        }
        eprintln!("{}", self.summary());
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

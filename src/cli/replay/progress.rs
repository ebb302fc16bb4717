//! How far a replay is: one line, redrawn on a terminal, and a summary at the end.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::TOLD_MAX;
use crate::cli::send::Reply;
use crate::page::words;

/// How often the line is drawn again.
const REDRAW: Duration = Duration::from_millis(250);

pub(super) struct Progress {
    started: Instant,
    drawn: Option<Instant>,
    terminal: bool,
    accepted: u64,
    duplicates: u64,
    pub(super) rejected: u64,
    bytes: usize,
    told: u64,
}

impl Progress {
    pub(super) fn start() -> Progress {
        Progress {
            started: Instant::now(),
            drawn: None,
            terminal: io::stderr().is_terminal(),
            accepted: 0,
            duplicates: 0,
            rejected: 0,
            bytes: 0,
            told: 0,
        }
    }

    pub(super) fn add(&mut self, reply: &Reply, bytes: usize) {
        self.accepted += reply.accepted;
        self.duplicates += reply.duplicates;
        self.rejected += reply.rejected;
        self.bytes += bytes;
        if self.terminal && self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW) {
            self.drawn = Some(Instant::now());
            eprint!("\r\x1b[K{}", self.line());
            let _ = io::stderr().flush();
        }
    }

    /// Says one refusal, while few were said.
    pub(super) fn tell(&mut self, text: &str) {
        self.told += 1;
        if self.told <= TOLD_MAX {
            self.clear();
            eprintln!("{text}");
        }
    }

    pub(super) fn end(&mut self) {
        self.clear();
        if self.rejected > self.told.min(TOLD_MAX) {
            eprintln!("and {} more", words::count((self.rejected - self.told.min(TOLD_MAX)) as f64));
        }
        eprintln!("{}", self.line());
    }

    fn clear(&mut self) {
        if self.terminal && self.drawn.take().is_some() {
            eprint!("\r\x1b[K");
        }
    }

    fn line(&self) -> String {
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

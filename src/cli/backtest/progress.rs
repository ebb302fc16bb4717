//! How far a backtest is: one line, redrawn on a terminal; and what could not be used, while that is little.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::history::Counts;
use crate::event::Timestamp;
use crate::page::words;

const REDRAW: Duration = Duration::from_millis(250);
/// Looking at the clock after each event would cost more than the event. Events.
const LOOK_EVERY: u64 = 1_024;
/// Refused lines that are told one by one; all are counted.
const TOLD_MAX: u64 = 20;

pub(super) struct Progress {
    drawn: Instant,
    terminal: bool,
    told: u64,
}

impl Progress {
    pub(super) fn start() -> Progress {
        Progress { drawn: Instant::now(), terminal: io::stderr().is_terminal(), told: 0 }
    }

    pub(super) fn show(&mut self, read: &Counts, now: Timestamp) {
        if self.terminal && read.events.is_multiple_of(LOOK_EVERY) && self.drawn.elapsed() >= REDRAW {
            self.drawn = Instant::now();
            let day = words::date(now.as_seconds_f64());
            eprint!("\r\x1b[K{} events, at {day}", words::count(read.events as f64));
            let _ = io::stderr().flush();
        }
    }

    /// Says what is wrong with one line.
    pub(super) fn tell(&mut self, text: &str) {
        self.told += 1;
        if self.told <= TOLD_MAX {
            self.clear();
            eprintln!("{text}");
        }
    }

    pub(super) fn end(&mut self) {
        self.clear();
        if self.told > TOLD_MAX {
            eprintln!("and {} more lines that could not be used", words::count((self.told - TOLD_MAX) as f64));
            self.told = 0;
        }
    }

    fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }
}

//! One line on the terminal that tells how far something is, drawn again and again; and what could not be used, while that
//! is little. Where stderr is no terminal there is no such line.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is drawn again.
const REDRAW: Duration = Duration::from_millis(250);

pub(crate) struct Line {
    drawn: Option<Instant>,
    terminal: bool,
    told: u64,
    told_max: u64,
}

impl Line {
    /// Of what is told, `told_max` are told one by one.
    pub(crate) fn new(told_max: u64) -> Line {
        Line { drawn: None, terminal: io::stderr().is_terminal(), told: 0, told_max }
    }

    pub(crate) fn is_due(&self) -> bool {
        self.terminal && self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW)
    }

    pub(crate) fn draw(&mut self, text: &str) {
        self.drawn = Some(Instant::now());
        eprint!("\r\x1b[K{text}");
        let _ = io::stderr().flush();
    }

    /// Says what could not be used, while few were said.
    pub(crate) fn tell(&mut self, text: &str) {
        self.told += 1;
        if self.told <= self.told_max {
            self.clear();
            eprintln!("{text}");
        }
    }

    /// How many were said one by one, and how many were not.
    pub(crate) fn told(&self) -> (u64, u64) {
        let said = self.told.min(self.told_max);
        (said, self.told - said)
    }

    pub(crate) fn clear(&mut self) {
        if self.terminal && self.drawn.take().is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

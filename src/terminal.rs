//! One progress line on stderr, redrawn in place, and the first few complaints above it.
//!
//! Where stderr is not a terminal the progress line is not drawn; complaints are printed all the same.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is redrawn.
const REDRAW: Duration = Duration::from_millis(250);

/// The progress line.
pub(crate) struct Line {
    drawn: Option<Instant>,
    terminal: bool,
    complaints: u64,
    shown_max: u64,
}

impl Line {
    /// Shows at most `shown_max` complaints; further ones are only counted.
    pub(crate) fn new(shown_max: u64) -> Line {
        Line { drawn: None, terminal: io::stderr().is_terminal(), complaints: 0, shown_max }
    }

    /// Whether it is time to draw again. Never where there is no terminal.
    pub(crate) fn is_due(&self) -> bool {
        self.terminal && self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW)
    }

    pub(crate) fn draw(&mut self, text: &str) {
        self.drawn = Some(Instant::now());
        eprint!("\r\x1b[K{text}");
        let _ = io::stderr().flush();
    }

    /// Prints a complaint, unless enough were printed already.
    pub(crate) fn complain(&mut self, text: &str) {
        self.complaints += 1;
        if self.complaints <= self.shown_max {
            self.clear();
            eprintln!("{text}");
        }
    }

    /// Complaints that were printed.
    pub(crate) fn shown(&self) -> u64 {
        self.complaints.min(self.shown_max)
    }

    /// Complaints that were only counted.
    pub(crate) fn hidden(&self) -> u64 {
        self.complaints - self.shown()
    }

    pub(crate) fn clear(&mut self) {
        if self.terminal && self.drawn.take().is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

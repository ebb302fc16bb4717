//! The progress line of a backtest, and the lines of the recording that cannot be used.

use super::counts::Counts;
use crate::event::Timestamp;
use crate::terminal::Line;
use crate::words;

/// Events between two looks at the clock, which costs more than an event.
const LOOK_EVERY: u64 = 1_024;
/// Refused lines that are printed one by one; all are counted.
const REFUSED_SHOWN_MAX: u64 = 20;

pub(crate) struct Progress(Line);

impl Progress {
    pub(crate) fn start() -> Progress {
        Progress(Line::new(REFUSED_SHOWN_MAX))
    }

    pub(crate) fn show(&mut self, read: &Counts, now: Timestamp) {
        if read.events.is_multiple_of(LOOK_EVERY) && self.0.is_due() {
            let day = words::date(now.as_seconds_f64());
            self.0.draw(&format!("{} events, at {day}", words::count(read.events as f64)));
        }
    }

    /// Prints what is wrong with one line.
    pub(crate) fn complain(&mut self, text: &str) {
        self.0.complain(text);
    }

    pub(crate) fn end(mut self) {
        self.0.clear();
        match self.0.hidden() {
            0 => {}
            1 => eprintln!("and 1 more line that could not be used"),
            more => eprintln!("and {} more lines that could not be used", words::count(more as f64)),
        }
    }
}

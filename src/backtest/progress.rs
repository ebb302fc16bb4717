//! How far a backtest is, and what of the recording could not be used.

use super::history::Counts;
use crate::cli::line::Line;
use crate::event::Timestamp;
use crate::words;

/// Looking at the clock after each event would cost more than the event. Events.
const LOOK_EVERY: u64 = 1_024;
/// Refused lines that are told one by one; all are counted.
const TOLD_MAX: u64 = 20;

pub(crate) struct Progress(Line);

impl Progress {
    pub(crate) fn start() -> Progress {
        Progress(Line::new(TOLD_MAX))
    }

    pub(crate) fn show(&mut self, read: &Counts, now: Timestamp) {
        if read.events.is_multiple_of(LOOK_EVERY) && self.0.is_due() {
            let day = words::date(now.as_seconds_f64());
            self.0.draw(&format!("{} events, at {day}", words::count(read.events as f64)));
        }
    }

    /// Says what is wrong with one line.
    pub(crate) fn tell(&mut self, text: &str) {
        self.0.tell(text);
    }

    pub(crate) fn end(mut self) {
        self.0.clear();
        match self.0.told().1 {
            0 => {}
            1 => eprintln!("and 1 more line that could not be used"),
            more => eprintln!("and {} more lines that could not be used", words::count(more as f64)),
        }
    }
}

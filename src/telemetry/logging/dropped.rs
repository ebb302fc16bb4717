//! [`LinesDropped`]: the count of log lines that were dropped, which the log keeps and `/metrics` shows.

use prometheus::IntCounter;

use crate::telemetry::families;
use crate::telemetry::register::unregistered;

/// Log lines that were dropped. Clones share the count.
#[derive(Clone, Debug)]
pub struct LinesDropped(pub(in crate::telemetry) IntCounter);

impl Default for LinesDropped {
    fn default() -> LinesDropped {
        LinesDropped(unregistered(&families::LOG_LINES_DROPPED))
    }
}

impl LinesDropped {
    pub(super) fn count(&self, lines: u64) {
        self.0.inc_by(lines);
    }

    pub fn get(&self) -> u64 {
        self.0.get()
    }
}

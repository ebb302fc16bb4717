//! Acceptance: a person says that a rise which stays is usual from now on, and its page ends.

use super::State;

impl State {
    /// Whether a system has a rise that somebody could accept: a page is open, or one ended without an answer.
    pub fn can_accept(&self, system: &str) -> bool {
        let watch = self.core.system_id(system).and_then(|system| self.signals.spike.get(system));
        watch.is_some_and(|watch| watch.has_risen())
    }

    /// Accepts the rise of a system, if it still has one. Returns what is usual from now on: escalations for each task, or
    /// for each second in a system that sends none.
    pub fn accept(&mut self, system: &str, sequence: u64) -> Option<f64> {
        self.core.sequence = sequence;
        let system = self.core.system_id(system)?;
        self.signals.spike.accept(system)
    }
}

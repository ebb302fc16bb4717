//! What the fold does when the machine's clock was ahead, and is set right: see [`Correction`]. Time goes back in this way alone,
//! by a record of the journal, so that a replay goes back where the daemon did.

pub mod metrics;

use self::metrics::Corrected;
use super::State;
use super::engine::correction::Correction;
use super::engine::family::{Number, Sink};
use super::engine::metric::Metric;
use crate::event::Timestamp;

impl State {
    /// Takes a record: the fold goes back to `to`, by this many nanoseconds. What was noted moves by `step`, by which the clock was
    /// ahead: the fold may have waited, and is ahead by less.
    pub fn correct_clock(&mut self, to: Timestamp, by: i64, step: i64, sequence: u64) {
        self.advance(to.plus(by));
        self.core.sequence = sequence;
        let by = self.core.now.since(to);
        if by <= 0 {
            return;
        }
        let step = step.max(by);
        let clock = Correction::new(to, step, &self.core.model.limits);
        self.core.correct(&clock);
        self.corrected = self.corrected.saturating_add(step);
        self.dedupe.correct(&clock);
        self.facts.correct(&clock);
        self.statistics.correct(&clock);
        self.objectives.correct(&clock);
        let State { core, signals, .. } = self;
        for signal in signals.all_mut() {
            signal.parts_mut().into_iter().for_each(|part| part.correct(&clock));
            signal.correct(core, &clock);
        }
        self.marks.go_back(to);
        self.has_room = false;
    }

    pub(super) fn visit_clock(&self, sink: &mut dyn Sink) {
        Corrected::FAMILY.announce(sink);
        sink.sample(&[], Number::Nanos(i128::from(self.corrected)));
    }
}

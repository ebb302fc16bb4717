//! What a [`Watch`] does when the clock was ahead and is set right: what it observed and learned stays, and the time of it
//! goes back with the clock.

use super::Watch;
use crate::state::engine::correction::Correction;
use crate::state::signals::spike::hours::{Almanac, HourOfWeek};

impl Watch {
    /// The clock was ahead: moves what was noted while it was. The timer moves too, and must be set again.
    pub fn correct(&mut self, clock: &Correction, almanac: Almanac<'_>) {
        clock.correct_receipt(&mut self.observed);
        clock.correct_receipt(&mut self.learned);
        clock.correct_receipt(&mut self.last_escalation);
        self.tasks.correct(clock);
        self.moment.correct(clock);
        self.pages.correct(clock);
        self.causes.correct(clock);
        self.came.correct(clock);
        self.arrivals.correct(clock);
        clock.correct(&mut self.due);
        self.hour = HourOfWeek::at(clock.to(), almanac);
    }
}

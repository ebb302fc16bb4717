//! The clock: follows one that was ahead and is set right, when [`crate::pipeline::ahead`] says so.

use std::time::Duration;

use tracing::warn;

use super::Writer;
use super::commit::Asks;
use crate::event::time::SECOND;
use crate::journal::begin_frame;
use crate::pipeline::ahead::Course;
use crate::pipeline::payload;

impl Writer {
    /// Says that the fold is ahead of the clock, and takes it back once it has been for long enough.
    pub(super) fn follow_clock(&mut self) {
        if self.memory.is_lost() {
            return;
        }
        let (fold, grace) = self.handle.fold_time();
        let (wall, boot) = (self.handle.now(), self.handle.since_boot());
        match self.memory.ahead.look(fold, wall, boot, grace) {
            Course::On | Course::Wait { is_new: false, .. } => {}
            Course::Wait { by, is_new: true } => warn!(
                seconds = by / SECOND,
                lasts = ?Duration::from_nanos(grace.unsigned_abs()),
                "this machine's clock was ahead, and was set back: ages and deadlines wait until that has lasted"
            ),
            Course::Back { by, step } => self.correct_clock(by, step),
        }
    }

    /// Writes the record by which the fold goes back, and takes it back. What cannot be written is tried again.
    fn correct_clock(&mut self, by: i64, step: i64) {
        let to = self.handle.begin_commit().plus(-by);
        begin_frame(&mut self.draft.frame);
        payload::clock_corrected(to, by, step, &mut self.draft.frame);
        let written = self.write(1, Asks::Room);
        self.handle.end_commit(|state| {
            if let Ok(sequence) = written {
                state.correct_clock(to, by, step, sequence);
            }
        });
        if written.is_ok() {
            self.memory.close_way_back();
            warn!(
                seconds = step / SECOND,
                "clock corrected: this machine's clock was ahead, and the state has gone back to it; what was done too early \
                 stays"
            );
        }
    }
}

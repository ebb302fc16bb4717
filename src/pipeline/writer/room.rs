//! Room on the disk and under `limits.journal_bytes`: a frame asks for some, and some is made when there is none.
//!
//! While a frame fits what its segment has reserved, nothing is asked. What takes new space leaves enough for the next
//! checkpoint, see [`crate::pipeline::budget`]. When that runs short, a checkpoint is begun, since it makes room; while
//! there is none, everything is refused. Checking once a second shows when there is room again.

use super::Writer;
use super::commit::Asks;
use crate::event::Timestamp;
use crate::pipeline::budget::{self, Shortage};
use crate::pipeline::look::Look;
use crate::pipeline::outcome::{Health, Refusal};
use crate::pipeline::policy::{self, FrameAction, RoomAction};
use crate::telemetry::Space;

impl Writer {
    /// Takes over the limit that the handle has now; new segments follow it.
    pub(super) fn follow_limit(&mut self) {
        let limit = self.handle.journal_limit();
        if limit != self.memory.budget.limit {
            self.memory.budget.limit = limit;
            self.journal.set_segment_bytes(budget::segment_bytes(limit));
        }
    }

    /// Asks for the room that a frame of this length takes. Begins a checkpoint when that helps.
    pub(super) fn ask_for_room(&mut self, frame_bytes: u64) -> Result<(), Refusal> {
        let asks = self.journal.asks(frame_bytes);
        if !self.memory.must_look_before(asks) {
            return Ok(());
        }
        let now = self.handle.now();
        let look = self.look_at_disk();
        self.note_look(&look, now);
        let admitted = match policy::admit(&look, &self.memory.budget, now, asks) {
            FrameAction::Write => Ok(()),
            FrameAction::Refuse(short) => Err(short),
            FrameAction::CheckpointFirst(short) => {
                self.begin_checkpoint();
                let look = self.look_at_disk();
                self.note_look(&look, self.handle.now());
                policy::admit_after_checkpoint(&look, &self.memory.budget, asks, short)
            }
        };
        match admitted {
            Ok(()) => {
                self.memory.budget.ease();
                Ok(())
            }
            Err(short) => Err(self.refuse_frame(short, asks)),
        }
    }

    /// Remembers what was short for a frame, and shows it.
    fn refuse_frame(&mut self, short: Shortage, asks: u64) -> Refusal {
        self.memory.budget.run_short(short.clone(), asks);
        let (Shortage::Disk(why) | Shortage::Limit(why)) = &short;
        self.set_health(Health::Unwritable(why.clone()));
        match short {
            Shortage::Disk(why) => Refusal::Disk(why),
            Shortage::Limit(why) => Refusal::JournalLimit(why),
        }
    }

    /// Finds out whether there is room again, makes some when there is none, and keeps the metrics fresh.
    pub(super) fn attend(&mut self) {
        let now = self.handle.now();
        if !self.memory.must_look(now) {
            return;
        }
        let look = self.look_at_disk();
        self.note_look(&look, now);
        match policy::decide(&look, &self.memory.budget, now) {
            RoomAction::CheckPlace => self.watch_place(),
            RoomAction::Wait => {}
            RoomAction::Resume => {
                self.memory.budget.ease();
                self.set_health(Health::Writable);
            }
            RoomAction::TryRecord => self.memory.budget.ease(),
            RoomAction::Checkpoint => self.begin_checkpoint(),
            RoomAction::RecordThenCheckpoint => {
                self.journal.close_segment();
                self.repeat_model();
                if self.write_model(Asks::Nothing).is_ok() {
                    self.begin_checkpoint();
                }
            }
        }
    }

    /// Says so when the directory is no longer where its name leads, also while nobody sends.
    fn watch_place(&mut self) {
        if let Err(error) = self.journal.check_place() {
            self.set_health(Health::Unwritable(error.to_string()));
            self.repeat_model();
        }
    }

    /// Asks the disk what it has left, and adds what is known anyway.
    pub(super) fn look_at_disk(&self) -> Look {
        let sizes = self.journal.checkpoint_sizes();
        Look {
            free: self.journal.free_bytes().ok(),
            used: self.used_bytes(),
            newest: sizes.last().copied().unwrap_or(0),
            kept: sizes.len(),
            could_trim: self.journal.could_trim(),
            checkpoints: self.memory.checkpoints,
            record: self.memory.record,
            record_waits: self.pending.waits(),
        }
    }

    /// Remembers when the disk was looked at, and shows in the metrics what there was.
    pub(super) fn note_look(&mut self, look: &Look, now: Timestamp) {
        self.memory.note_look(now);
        let limit = self.memory.budget.limit;
        self.telemetry.space(Space { limit, free: look.free, reserve: look.reserve() });
    }

    /// Shows in the metrics how long the journal is.
    pub(super) fn show_journal(&self) {
        let journal = &self.journal;
        let (bytes, segments) = (journal.bytes(), journal.segments() as u64);
        self.telemetry.journal(bytes, segments, journal.checkpoint_bytes(), self.used_bytes());
    }

    /// What counts against the limit, in bytes.
    fn used_bytes(&self) -> u64 {
        self.journal.used_bytes() + self.memory.checkpoints.given().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;

//! Room on the disk and under `limits.journal_bytes`: whether a frame may take some, and how to make some.
//!
//! While a frame fits what its segment has reserved, nothing is asked. What takes new space leaves enough for the next
//! checkpoint, see [`crate::pipeline::budget`]. When that runs short, a checkpoint is begun, since it makes room; while
//! there is none, everything is refused. Checking once a second shows when there is room again.

use super::Writer;
use super::commit::Asks;
use crate::pipeline::budget::{self, DiskBudget, Look, Shortage};
use crate::pipeline::outcome::{Health, Refusal};
use crate::pipeline::policy::{self, RoomAction, Situation};
use crate::telemetry::Space;

impl Writer {
    /// Takes over the limit that the handle has now; new segments follow it.
    pub(super) fn follow_limit(&mut self) {
        let limit = self.handle.journal_limit();
        if limit != self.room.limit {
            self.room.limit = limit;
            self.journal.set_segment_bytes(budget::segment_bytes(limit));
        }
    }

    /// Whether a frame of this length may be written. Begins a checkpoint when that helps.
    pub(super) fn admit(&mut self, frame_bytes: u64) -> Result<(), Refusal> {
        let asks = self.journal.asks(frame_bytes);
        if asks == 0 && self.room.budget.short().is_none() || self.journal.poisoned().is_some() {
            return Ok(());
        }
        let mut judged = self.judge(asks);
        if judged.short().is_some() && self.checkpoints.since > 0 && self.may_checkpoint() {
            // While a checkpoint is written it needs no room any more: it has it.
            self.begin_checkpoint();
            let again = self.judge(asks);
            if again.short().is_none() {
                judged = again;
            }
        }
        self.room.budget = judged;
        let (why, refusal) = match self.room.budget.short() {
            None => return Ok(()),
            Some(Shortage::Disk(why)) => (why.clone(), Refusal::Disk(why.clone())),
            Some(Shortage::Limit(why)) => (why.clone(), Refusal::JournalLimit(why.clone())),
        };
        self.set_health(Health::Unwritable(why));
        Err(refusal)
    }

    /// The budget after another look at the disk, when `asks` new bytes are wanted.
    fn judge(&mut self, asks: u64) -> DiskBudget {
        let look = self.look();
        self.room.judge(&look, asks)
    }

    /// Finds out whether there is room again, makes some when there is none, and keeps the metrics fresh.
    pub(super) fn attend(&mut self) {
        if self.journal.poisoned().is_some() {
            return;
        }
        if self.room.budget.short().is_none() {
            if self.room.is_stale(self.handle.now()) {
                self.look();
                self.watch_place();
            }
            return;
        }
        let look = self.look();
        self.room.budget = self.room.judge(&look, 0);
        let situation = Situation {
            model_waits: self.pending.is_some(),
            may_checkpoint: self.may_checkpoint(),
            could_trim: self.journal.could_trim(),
        };
        match policy::decide(&look, &self.room.budget, situation) {
            RoomAction::Wait => {}
            RoomAction::Resume => self.set_health(Health::Writable),
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

    /// Looks at the disk, and shows in the metrics what it found.
    pub(super) fn look(&mut self) -> Look {
        self.room.looked = Some(self.handle.now());
        let sizes = self.journal.checkpoint_sizes();
        let free = self.journal.free_bytes().ok();
        let look = Look {
            free: free.unwrap_or(u64::MAX),
            used: self.used_bytes(),
            newest: sizes.last().copied().unwrap_or(0),
            kept: sizes.len(),
            since: self.checkpoints.since,
            writing: self.checkpoints.given(),
            record: self.room.record,
        };
        self.telemetry.space(Space { limit: self.room.limit, free, reserve: look.reserve() });
        look
    }

    pub(super) fn show_journal(&self) {
        let journal = &self.journal;
        let (bytes, segments) = (journal.bytes(), journal.segments() as u64);
        self.telemetry.journal(bytes, segments, journal.checkpoint_bytes(), self.used_bytes());
    }

    /// What counts against the limit, in bytes.
    fn used_bytes(&self) -> u64 {
        self.journal.used_bytes() + self.checkpoints.given().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;

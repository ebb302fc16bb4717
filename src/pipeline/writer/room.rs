//! Room on the disk and under `limits.journal_bytes`: whether a frame may take some, and how to make some.
//!
//! While a frame fits what its segment has reserved, nothing is asked. What takes new space leaves enough for the next
//! checkpoint, see [`super::super::budget`]. When that runs short, a checkpoint is begun, since it makes room; while
//! there is none, everything is refused. Looking once a second shows when there is room again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::budget::{self, Look, Shortage};
use super::super::{Health, Refusal, payload};
use super::{RETRY_AFTER, Writer};
use crate::event::Timestamp;
use crate::journal::begin_frame;
use crate::telemetry::Space;

/// How often the disk is looked at while all is well.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often while there is no room.
const LOOK_WHEN_SHORT: Duration = Duration::from_secs(1);

impl Writer {
    /// Whether a frame of this length may be written. Begins a checkpoint when that helps.
    pub(super) fn admit(&mut self, frame_bytes: u64) -> Result<(), Refusal> {
        let asks = self.journal.asks(frame_bytes);
        if self.makes_room || asks == 0 && self.budget.short().is_none() || self.journal.poisoned().is_some() {
            return Ok(());
        }
        let before = self.budget.clone();
        if self.allows(asks) {
            return Ok(());
        }
        if self.bytes_since_checkpoint > 0 && self.may_checkpoint() {
            // While it is written it needs no room any more: it has it.
            self.begin_checkpoint();
            let refused = std::mem::replace(&mut self.budget, before);
            if self.allows(asks) {
                return Ok(());
            }
            self.budget = refused;
        }
        match self.budget.short() {
            Some(Shortage::Disk(why)) => Err(self.refuse_for(why.clone(), Refusal::Disk)),
            Some(Shortage::Limit(why)) => Err(self.refuse_for(why.clone(), Refusal::JournalLimit)),
            None => Ok(()),
        }
    }

    /// Sees whether there is room again, makes some when there is none, and keeps the metrics fresh.
    pub(super) fn attend(&mut self) {
        if self.journal.poisoned().is_some() {
            return;
        }
        if self.budget.short().is_some() {
            if self.allows(0) && self.pending.is_none() {
                return self.set_health(Health::Writable);
            }
            self.make_room();
        } else if self.looked.is_none_or(|at| self.is_over(at, LOOK_EVERY)) {
            self.observe();
        }
    }

    /// Old segments go when a checkpoint is written, as far as the one before it covers them. So it may take two, and two
    /// of the same record would be one: a record that brings nothing new lies between them, in a segment of its own, so that the
    /// last one can go too.
    fn make_room(&mut self) {
        let look = self.observe();
        if self.budget.short().is_none() || !self.may_checkpoint() || look.free < look.newest {
            return;
        }
        if self.bytes_since_checkpoint == 0 && self.journal.could_trim() {
            self.makes_room = true;
            self.journal.close_segment();
            self.pending.get_or_insert_with(|| self.handle.fold().state.model().as_ref().clone());
            let _ = self.commit_model();
            self.makes_room = false;
        }
        if self.bytes_since_checkpoint > 0 {
            self.begin_checkpoint();
        }
    }

    /// How long to wait for work before the next look.
    pub(super) fn patience(&self) -> Duration {
        match (self.budget.short(), &self.pending) {
            (Some(_), _) => LOOK_WHEN_SHORT,
            (None, Some(_)) => RETRY_AFTER,
            (None, None) => LOOK_EVERY,
        }
    }

    /// After how many journal bytes a checkpoint is due.
    pub(super) fn checkpoint_bytes(&mut self) -> u64 {
        let newest = self.journal.checkpoint_sizes().last().copied().unwrap_or(0);
        budget::checkpoint_bytes(self.limit(), newest, self.options.checkpoint_bytes)
    }

    pub(super) fn may_checkpoint(&self) -> bool {
        let failed = self.checkpoint_failed;
        !self.checkpoint_running
            && self.journal.poisoned().is_none()
            && failed.is_none_or(|at| self.is_over(at, RETRY_AFTER))
    }

    /// An append failed. When the disk is full it has to have more room than that before it is tried again.
    pub(super) fn full(&mut self, error: &std::io::Error, bytes: u64) {
        if matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) {
            self.budget.ran_short(Shortage::Disk(error.to_string()), bytes);
        }
    }

    /// Looks at the disk, and says so in the metrics.
    pub(super) fn observe(&mut self) -> Look {
        self.looked = Some(self.handle.0.clock.now());
        let sizes = self.journal.checkpoint_sizes();
        let free = self.journal.free_bytes().ok();
        let look = Look {
            free: free.unwrap_or(u64::MAX),
            used: self.journal.used_bytes() + self.given.unwrap_or(0),
            newest: sizes.last().copied().unwrap_or(0),
            kept: sizes.len(),
            since: self.bytes_since_checkpoint,
            writing: self.given,
            record: self.record,
        };
        let limit = self.limit();
        self.telemetry.space(Space { limit, free, reserve: look.reserve() });
        look
    }

    pub(super) fn show_journal(&self) {
        let journal = &self.journal;
        let used = journal.used_bytes() + self.given.unwrap_or(0);
        self.telemetry.journal(journal.bytes(), journal.segments() as u64, journal.checkpoint_bytes(), used);
    }

    /// How long a frame is that moves the journal on and brings nothing.
    pub(super) fn measure_record(&mut self) {
        begin_frame(&mut self.frame);
        payload::model(Timestamp::EPOCH, self.handle.fold().state.model(), &mut self.frame);
        self.record = self.frame.len() as u64;
    }

    fn allows(&mut self, asks: u64) -> bool {
        let look = self.observe();
        self.budget.allows(self.limit, &look, asks)
    }

    fn refuse_for(&self, why: String, refusal: fn(String) -> Refusal) -> Refusal {
        self.set_health(Health::Unwritable(why.clone()));
        refusal(why)
    }

    /// As the handle has it now; segments follow it.
    fn limit(&mut self) -> u64 {
        let limit = self.handle.0.journal_limit.load(Ordering::Relaxed);
        if limit != self.limit {
            self.limit = limit;
            self.journal.set_segment_bytes(budget::segment_bytes(limit));
        }
        limit
    }

    fn is_over(&self, since: Timestamp, span: Duration) -> bool {
        // Also when the clock was set back.
        u128::from(self.handle.0.clock.now().nanos().abs_diff(since.nanos())) >= span.as_nanos()
    }
}

#[cfg(test)]
mod tests;

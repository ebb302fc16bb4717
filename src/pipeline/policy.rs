//! What the writer does about room and checkpoints, and when. Pure: no disk, no clock, no metrics. A look at the disk, the
//! budget and the time are inputs, an action is the answer, and `writer` carries it out.
//!
//! | asked | answers |
//! | --- | --- |
//! | before a frame | [`Memory::must_look_before`], and after the look [`admit`] |
//! | once what waited is committed | [`Memory::is_checkpoint_due`] |
//! | then, and when nobody sends | [`Memory::must_look`], and after the look [`decide`] |
//! | while a case is forgotten | [`go_on_erasing`] |
//! | while nothing waits | [`Memory::patience`] |
//! | at the end | [`Memory::ends_with_checkpoint`] |
//!
//! [`Memory`] has what was before. It changes only by what the writer did and found, never by a question.

use std::time::Duration;

use super::ahead::Ahead;
use super::budget::{self, DiskBudget, Shortage};
use super::look::{Checkpoints, Look};
use super::pace::ErasurePace;
use crate::event::Timestamp;

/// How often the disk is checked while all is well.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often the disk is checked while there is no room, the clock while the fold is ahead of it, and an erasure that waits.
const LOOK_WHEN_SHORT: Duration = Duration::from_secs(1);
/// How long a journal that could not be written is left alone while nobody sends. A small record may fit where a batch
/// did not: trying at once would make a nearly full disk look well again.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// Checkpoints after which an erasure should long be complete.
const ERASURE_CHECKPOINTS_MAX: u32 = 4;

/// What to do with a frame that asks for room.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameAction {
    Write,
    Refuse(Shortage),
    /// A checkpoint is begun, since it may make room, and then [`admit_after_checkpoint`] decides.
    CheckpointFirst(Shortage),
}

/// What to do about room when there is no frame to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomAction {
    /// Nothing is short. Is the directory still where its name leads?
    CheckPlace,
    Wait,
    /// There is room again: events can be taken.
    Resume,
    /// There seems to be room again. The record that waits is tried in its time, and shows whether the disk takes it.
    TryRecord,
    /// A checkpoint makes room.
    Checkpoint,
    /// A checkpoint makes room only when it is of a later record than the last one: a record must be written first.
    RecordThenCheckpoint,
}

/// How an erasure goes on that is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasureAction {
    Checkpoint,
    /// The newest checkpoint is of the last record, and the next must be of a later one.
    RecordThenCheckpoint,
    GiveUp,
}

/// What to do with a frame that takes `asks` new bytes.
pub fn admit(look: &Look, budget: &DiskBudget, now: Timestamp, asks: u64) -> FrameAction {
    let Some(short) = budget.shortage(look, asks) else { return FrameAction::Write };
    match look.checkpoints.since() > 0 && may_begin(&look.checkpoints, now) {
        true => FrameAction::CheckpointFirst(short),
        false => FrameAction::Refuse(short),
    }
}

/// Whether the same frame may be written, by a look after a checkpoint was begun for it: while one is written it needs no
/// room any more, it has it. If that is not enough, `short` says why, which has nothing of that checkpoint in it.
pub fn admit_after_checkpoint(look: &Look, budget: &DiskBudget, asks: u64, short: Shortage) -> Result<(), Shortage> {
    budget.shortage(look, asks).map_or(Ok(()), |_| Err(short))
}

/// What to do about room when there is no frame to write.
///
/// Old segments are removed when a checkpoint is written, as far as the one before it covers them. So it may take two
/// checkpoints, and two of the same record would be one: a record that changes nothing is written between them, in a new
/// segment, so that the last one can be removed too.
pub fn decide(look: &Look, budget: &DiskBudget, now: Timestamp) -> RoomAction {
    if budget.short().is_none() {
        return RoomAction::CheckPlace;
    }
    let is_short = budget.shortage(look, 0).is_some();
    // A checkpoint that doesn't fit would only use up what is left.
    let fits = look.free.is_none_or(|free| free >= look.newest);
    let can_checkpoint = fits && may_begin(&look.checkpoints, now);
    match (is_short, look.checkpoints.since() > 0) {
        (false, _) if look.record_waits => RoomAction::TryRecord,
        (false, _) => RoomAction::Resume,
        (true, true) if can_checkpoint => RoomAction::Checkpoint,
        (true, false) if can_checkpoint && look.could_trim => RoomAction::RecordThenCheckpoint,
        (true, _) => RoomAction::Wait,
    }
}

/// How an erasure goes on after this many checkpoints, when none is running. `is_covered`: the newest is of the last record.
pub fn go_on_erasing(checkpoints: u32, is_covered: bool) -> ErasureAction {
    match is_covered {
        _ if checkpoints >= ERASURE_CHECKPOINTS_MAX => ErasureAction::GiveUp,
        true => ErasureAction::RecordThenCheckpoint,
        false => ErasureAction::Checkpoint,
    }
}

/// What the policy remembers.
#[derive(Debug)]
pub struct Memory {
    pub budget: DiskBudget,
    pub checkpoints: Checkpoints,
    /// Whether the fold waits for the clock.
    pub ahead: Ahead,
    /// How fast cases are forgotten.
    pub erasures: ErasurePace,
    /// The length of a frame with the model, see [`Look::record`].
    pub record: u64,
    /// Until the first event, an earlier release can read everything: no checkpoint is taken without need.
    way_back: bool,
    /// When the disk was last looked at.
    looked: Option<Timestamp>,
    /// A sync failed: nothing is written any more.
    is_lost: bool,
}

/// What happened.
impl Memory {
    pub fn starting(unread_bytes: u64, record: u64, way_back: bool) -> Memory {
        let checkpoints = Checkpoints::starting(unread_bytes);
        let (budget, ahead) = (DiskBudget::default(), Ahead::starting());
        let erasures = ErasurePace::default();
        Memory { budget, checkpoints, ahead, erasures, record, way_back, looked: None, is_lost: false }
    }

    /// The disk was looked at.
    pub fn note_look(&mut self, now: Timestamp) {
        self.looked = Some(now);
    }

    /// The journal has something that no earlier release can read.
    pub fn close_way_back(&mut self) {
        self.way_back = false;
    }

    /// An append of this many bytes failed. If the disk is full, more room than that must be free before the next try.
    pub fn note_failed_append(&mut self, error: &std::io::Error, bytes: u64) {
        if matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) {
            self.budget.run_short(Shortage::Disk(error.to_string()), bytes);
        }
    }

    /// A sync failed, for which only a restart helps.
    pub fn lose_journal(&mut self) {
        self.is_lost = true;
    }
}

/// What follows from it. Nothing here changes it.
impl Memory {
    /// Whether a frame that takes `asks` new bytes has to wait for a look at the disk and for [`admit`]. A journal that is
    /// lost says so itself.
    pub fn must_look_before(&self, asks: u64) -> bool {
        !self.is_lost && (asks > 0 || self.budget.short().is_some())
    }

    /// Whether the last look at the disk is too old.
    pub fn must_look(&self, now: Timestamp) -> bool {
        let is_stale = || self.looked.is_none_or(|at| is_over(at, LOOK_EVERY, now));
        !self.is_lost && (self.budget.short().is_some() || is_stale())
    }

    /// Whether enough of the journal is covered by no checkpoint: at most `most` bytes. `newest` is the length of the newest.
    pub fn is_checkpoint_due(&self, newest: u64, most: u64, now: Timestamp) -> bool {
        let due = budget::checkpoint_bytes(self.budget.limit, newest, most);
        let is_due = !self.way_back && self.checkpoints.since() >= due;
        is_due && !self.is_lost && may_begin(&self.checkpoints, now)
    }

    /// Whether a checkpoint can be begun that is asked for: only one is written at a time.
    pub fn can_checkpoint(&self) -> bool {
        !self.is_lost && !self.checkpoints.is_running()
    }

    /// Whether a sync failed.
    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Whether a stop ends with a checkpoint, for a quick start.
    pub fn ends_with_checkpoint(&self) -> bool {
        !self.is_lost && !self.way_back && self.checkpoints.since() > 0
    }

    /// How long to wait for work before disk and clock are looked at, a record tried that waits, or an erasure continued. After a failed sync there is
    /// nothing else to do.
    pub fn patience(&self, record_waits: bool, erasure_waits: bool) -> Option<Duration> {
        match (self.budget.short(), record_waits) {
            _ if self.is_lost => None,
            (Some(_), _) => Some(LOOK_WHEN_SHORT),
            _ if self.ahead.is_waiting() || erasure_waits => Some(LOOK_WHEN_SHORT),
            (None, true) => Some(RETRY_AFTER),
            (None, false) => Some(LOOK_EVERY),
        }
    }
}

/// Whether a checkpoint may be begun unasked: none is running, and none failed a moment ago.
fn may_begin(checkpoints: &Checkpoints, now: Timestamp) -> bool {
    !checkpoints.is_running() && checkpoints.failed().is_none_or(|at| is_over(at, RETRY_AFTER, now))
}

/// Whether a span has passed; also true when the clock was set back by as much.
fn is_over(since: Timestamp, span: Duration, now: Timestamp) -> bool {
    u128::from(now.nanos().abs_diff(since.nanos())) >= span.as_nanos()
}

#[cfg(test)]
mod tests;

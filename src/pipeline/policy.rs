//! What the writer does about checkpoints and room, and when. Pure: the time and what is on the disk are inputs.

use std::time::Duration;

use super::budget::{DiskBudget, Look, Shortage};
use crate::event::Timestamp;

/// How often the disk is checked while all is well.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often the disk is checked while there is no room.
const LOOK_WHEN_SHORT: Duration = Duration::from_secs(1);
/// How long a journal that could not be written is left alone while nobody sends. A small record may fit where a batch
/// did not: trying at once would make a nearly full disk look well again.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// What is known about checkpoints.
#[derive(Debug, Default)]
pub struct Checkpoints {
    /// Journal bytes that no checkpoint covers.
    pub since: u64,
    running: Option<Running>,
    /// When one failed that is to be tried again.
    failed: Option<Timestamp>,
}

/// A checkpoint that is being written.
#[derive(Clone, Copy, Debug)]
struct Running {
    /// What it was given on the disk, in bytes, if it was given any.
    given: Option<u64>,
    /// The journal bytes that it covers.
    covers: u64,
}

impl Checkpoints {
    /// What a start would have to read counts as not covered.
    pub fn starting(unread_bytes: u64) -> Checkpoints {
        Checkpoints { since: unread_bytes, ..Checkpoints::default() }
    }

    pub fn begin(&mut self, given: Option<u64>) {
        self.running = Some(Running { given, covers: std::mem::take(&mut self.since) });
    }

    pub fn succeed(&mut self) {
        (self.running, self.failed) = (None, None);
    }

    pub fn fail(&mut self, now: Timestamp) {
        self.since += self.running.take().map_or(0, |running| running.covers);
        self.failed = Some(now);
    }

    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether the last one failed.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// What a running one was given on the disk, in bytes, if it was given any.
    pub fn given(&self) -> Option<u64> {
        self.running.and_then(|running| running.given)
    }

    /// Whether one may be begun by itself: none is running, and none failed a moment ago.
    pub fn may_begin(&self, now: Timestamp) -> bool {
        self.running.is_none() && self.failed.is_none_or(|at| is_over(at, RETRY_AFTER, now))
    }
}

/// What else a decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// A model waits to be written: until then it is not certain that the disk takes writes.
    pub model_waits: bool,
    pub may_checkpoint: bool,
    /// One more checkpoint would make segments unnecessary.
    pub could_trim: bool,
}

/// What to do about room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomAction {
    Wait,
    /// There is room again: events can be taken.
    Resume,
    /// A checkpoint makes room.
    Checkpoint,
    /// A checkpoint makes room only when it is of a later record than the last one: a record must be written first.
    RecordThenCheckpoint,
}

/// What to do about room, once the budget was judged by this look.
///
/// Old segments are removed when a checkpoint is written, as far as the one before it covers them. So it may take two
/// checkpoints, and two of the same record would be one: a record that changes nothing is written between them, in a new
/// segment, so that the last one can be removed too.
pub fn decide(look: &Look, budget: &DiskBudget, situation: Situation) -> RoomAction {
    let is_short = budget.short().is_some();
    // A checkpoint that doesn't fit would only use up what is left.
    let can_checkpoint = situation.may_checkpoint && look.free >= look.newest;
    match (is_short, look.since > 0) {
        (false, _) if situation.model_waits => RoomAction::Wait,
        (false, _) => RoomAction::Resume,
        (true, true) if can_checkpoint => RoomAction::Checkpoint,
        (true, false) if can_checkpoint && situation.could_trim => RoomAction::RecordThenCheckpoint,
        _ => RoomAction::Wait,
    }
}

/// What the writer knows about room.
#[derive(Debug)]
pub struct Room {
    pub budget: DiskBudget,
    /// `limits.journal_bytes`, as of the last turn.
    pub limit: u64,
    /// When the disk was last checked.
    pub looked: Option<Timestamp>,
    /// The length of a frame with the model, in bytes: the smallest that moves the journal on without an event.
    pub record: u64,
}

impl Room {
    pub fn starting(record: u64) -> Room {
        Room { budget: DiskBudget::default(), limit: u64::MAX, looked: None, record }
    }

    /// The budget after a look at the disk, when `asks` new bytes are wanted.
    pub fn judge(&self, look: &Look, asks: u64) -> DiskBudget {
        self.budget.judge(self.limit, look, asks)
    }

    /// An append of this many bytes failed. If the disk is full, more room than that must be free before the next try.
    pub fn ran_full(&mut self, error: &std::io::Error, bytes: u64) {
        if matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) {
            self.budget.ran_short(Shortage::Disk(error.to_string()), bytes);
        }
    }

    /// Whether the last look at the disk is too old, while all is well.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.looked.is_none_or(|at| is_over(at, LOOK_EVERY, now))
    }

    /// How long to wait for work before the disk is checked again.
    pub fn patience(&self, model_waits: bool) -> Duration {
        match (self.budget.short(), model_waits) {
            (Some(_), _) => LOOK_WHEN_SHORT,
            (None, true) => RETRY_AFTER,
            (None, false) => LOOK_EVERY,
        }
    }
}

/// Whether a span has passed; also true when the clock was set back by as much.
fn is_over(since: Timestamp, span: Duration, now: Timestamp) -> bool {
    u128::from(now.nanos().abs_diff(since.nanos())) >= span.as_nanos()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { free: 10, used: 100, newest: 10, kept: 2, since: 7, writing: None, record: 1 };
    const SITUATION: Situation = Situation { model_waits: false, may_checkpoint: true, could_trim: true };

    fn short() -> DiskBudget {
        let mut budget = DiskBudget::default();
        budget.ran_short(Shortage::Disk("full".to_owned()), 1);
        budget
    }

    #[test]
    fn room_is_made_by_a_checkpoint_and_by_a_record_only_where_nothing_is_new() {
        assert_eq!(decide(&LOOK, &short(), SITUATION), RoomAction::Checkpoint);
        let covered = Look { since: 0, ..LOOK };
        assert_eq!(decide(&covered, &short(), SITUATION), RoomAction::RecordThenCheckpoint);
        let nothing_to_trim = Situation { could_trim: false, ..SITUATION };
        assert_eq!(decide(&covered, &short(), nothing_to_trim), RoomAction::Wait);
        assert_eq!(decide(&LOOK, &short(), nothing_to_trim), RoomAction::Checkpoint);
    }

    #[test]
    fn a_checkpoint_that_may_not_begin_or_does_not_fit_is_waited_for() {
        let busy = Situation { may_checkpoint: false, ..SITUATION };
        let full = Look { free: LOOK.newest - 1, ..LOOK };
        for since in [0, 7] {
            assert_eq!(decide(&Look { since, ..LOOK }, &short(), busy), RoomAction::Wait);
            assert_eq!(decide(&Look { since, ..full }, &short(), SITUATION), RoomAction::Wait);
        }
    }

    #[test]
    fn events_are_taken_again_when_there_is_room_and_no_model_waits() {
        assert_eq!(decide(&LOOK, &DiskBudget::default(), SITUATION), RoomAction::Resume);
        let waiting = Situation { model_waits: true, ..SITUATION };
        assert_eq!(decide(&LOOK, &DiskBudget::default(), waiting), RoomAction::Wait);
        assert_eq!(decide(&LOOK, &short(), waiting), RoomAction::Checkpoint, "a shortage is dealt with all the same");
    }

    #[test]
    fn a_checkpoint_that_fails_gives_its_bytes_back_and_is_tried_later() {
        let at = Timestamp::from_seconds;
        let mut checkpoints = Checkpoints::starting(40);
        assert!(checkpoints.may_begin(at(0)));
        checkpoints.begin(Some(9));
        checkpoints.since += 2;
        assert_eq!((checkpoints.since, checkpoints.given(), checkpoints.may_begin(at(0))), (2, Some(9), false));
        checkpoints.fail(at(100));
        assert_eq!((checkpoints.since, checkpoints.given(), checkpoints.has_failed()), (42, None, true));
        assert!(!checkpoints.may_begin(at(109)) && checkpoints.may_begin(at(110)) && checkpoints.may_begin(at(90)));
        checkpoints.begin(None);
        checkpoints.succeed();
        assert_eq!((checkpoints.since, checkpoints.has_failed()), (0, false));
    }

    #[test]
    fn the_disk_is_checked_more_often_while_there_is_no_room() {
        let (at, seconds) = (Timestamp::from_seconds, Duration::from_secs);
        let mut room = Room::starting(1);
        assert_eq!((room.patience(false), room.patience(true)), (seconds(10), seconds(10)));
        assert!(room.is_stale(at(0)));
        room.looked = Some(at(0));
        assert!(room.is_stale(at(10)) && !room.is_stale(at(9)));
        room.budget = short();
        assert_eq!(room.patience(true), seconds(1));
    }

    #[test]
    fn only_a_full_disk_is_a_shortage() {
        let mut room = Room::starting(1);
        room.ran_full(&std::io::ErrorKind::PermissionDenied.into(), 5);
        assert_eq!(room.budget.short(), None);
        room.ran_full(&std::io::ErrorKind::QuotaExceeded.into(), 5);
        assert!(matches!(room.budget.short(), Some(Shortage::Disk(_))));
    }
}

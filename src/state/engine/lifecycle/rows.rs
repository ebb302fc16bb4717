//! What a kind of lifecycle keeps in a row, and what all tables of rows can be asked.

use super::super::core::SystemId;
use super::super::correction::Correction;
use super::super::timers::Timer;
use crate::event::Timestamp;

/// Finished rows of one kind that are remembered to know repeats, so that a busy day doesn't fill the memory with what is
/// over. A stage that comes later than this many others is an orphan.
const FINISHED_MAX: usize = 250_000;

/// How far a row has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Stages arrived, but not the opening.
    Waiting,
    Open,
    /// Nothing more is expected; remembered to know repeats.
    Finished,
}

/// What a kind of lifecycle keeps in a row.
pub trait Stages: Clone {
    /// What a row is called in labels.
    const WORD: &'static str;
    /// What a row takes: itself, and what `room::overhead` counts. Written down and not computed, so that a later version
    /// whose rows are larger replays old events as this one folded them.
    const ROW_BYTES: u64;
    /// Whether its open rows are work that `limits.open_cases` bounds.
    const OPENS: bool = true;
    /// Finished rows that are remembered, whatever `limits.open_cases` allows.
    const FINISHED_MAX: usize = FINISHED_MAX;

    fn system(&self) -> SystemId;
    fn phase(&self) -> Phase;
    /// When its timer should run next: a deadline, the end of waiting, or the end of being remembered.
    fn due(&self) -> Option<Timestamp>;
    /// The clock was ahead: moves what was noted while it was.
    fn correct(&mut self, clock: &Correction);
    /// Bytes that it keeps elsewhere, in addition to [`Stages::ROW_BYTES`].
    fn extra_bytes(&self) -> u64 {
        0
    }
}

/// Rows by phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: usize,
    pub open: usize,
    pub finished: usize,
}

impl Counts {
    pub(super) fn add(&mut self, phase: Phase) {
        *self.of(phase) += 1;
    }

    pub(super) fn take(&mut self, phase: Phase) {
        let count = self.of(phase);
        debug_assert!(*count > 0, "{phase:?}");
        *count -= 1;
    }

    fn of(&mut self, phase: Phase) -> &mut usize {
        match phase {
            Phase::Waiting => &mut self.waiting,
            Phase::Open => &mut self.open,
            Phase::Finished => &mut self.finished,
        }
    }
}

/// Open rows of each system, by its number. A snapshot has none.
#[derive(Clone, Debug, Default)]
pub struct OpenOf(Vec<usize>);

impl OpenOf {
    /// Numbers of open rows, in the order of the systems.
    pub fn counts(&self) -> &[usize] {
        &self.0
    }

    pub(super) fn add(&mut self, phase: Phase, system: SystemId) {
        if phase == Phase::Open {
            if self.0.len() <= system as usize {
                self.0.resize(system as usize + 1, 0);
            }
            self.0[system as usize] += 1;
        }
    }

    pub(super) fn take(&mut self, phase: Phase, system: SystemId) {
        if phase == Phase::Open {
            let count = &mut self.0[system as usize];
            debug_assert!(*count > 0, "system {system}");
            *count -= 1;
        }
    }
}

/// Bytes that rows take by phase.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowBytes {
    /// With what rows of any phase keep elsewhere: mostly stages that wait.
    pub waiting: u64,
    pub open: u64,
    pub finished: u64,
}

impl RowBytes {
    pub fn all(&self) -> u64 {
        self.waiting + self.open + self.finished
    }
}

/// The rows of any kind of lifecycle.
pub trait Rows {
    /// See [`Stages::WORD`].
    fn word(&self) -> &'static str;
    /// See [`Stages::OPENS`].
    fn opens(&self) -> bool;
    /// See [`Stages::ROW_BYTES`].
    fn row_bytes(&self) -> u64;
    fn counts(&self) -> Counts;
    /// See [`Stages::extra_bytes`]: of all rows.
    fn extra_bytes(&self) -> u64;
    fn open_of(&self) -> &OpenOf;
    /// Finished rows that were forgotten early, for want of memory.
    fn forgotten(&self) -> u64;
    fn set_forgotten(&mut self, forgotten: u64);
    /// When the next timer is due.
    fn next_timer(&self) -> Option<Timer>;
    /// Drops all rows of a system that was removed.
    fn drop_system(&mut self, system: SystemId);
    /// The sequence number at which the oldest finished row finished.
    fn oldest_finished(&mut self) -> Option<u64>;
    /// Forgets what [`Rows::oldest_finished`] found, and counts it.
    fn forget_oldest(&mut self);

    /// What a row in its chunk takes in this version, with what it needs elsewhere.
    #[cfg(test)]
    fn measured_bytes(&self) -> u64;

    fn bytes(&self) -> RowBytes {
        let Counts { waiting, open, finished } = self.counts();
        let bytes = |rows: usize| rows as u64 * self.row_bytes();
        RowBytes { waiting: bytes(waiting) + self.extra_bytes(), open: bytes(open), finished: bytes(finished) }
    }
}

//! What the writer sees when it decides: [`Look`] is one look at the disk, [`Checkpoints`] what became of checkpoints.
//! Facts alone: [`super::budget`] says whether they are enough, and [`super::policy`] what to do.

use crate::event::Timestamp;

/// What is on the disk, as of one look at it, and what waits. Lengths are in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// What the disk has left, when it says.
    pub free: Option<u64>,
    /// What counts against the limit.
    pub used: u64,
    /// The newest checkpoint's length, 0 when there is none.
    pub newest: u64,
    /// Whole checkpoints on the disk.
    pub kept: usize,
    /// One more checkpoint would make segments unnecessary.
    pub could_trim: bool,
    pub checkpoints: Checkpoints,
    /// The length of a frame with the model: the smallest that moves the journal on without an event.
    pub record: u64,
    /// A record that the writer owes waits to be written: until then it is not certain that the disk takes writes.
    pub record_waits: bool,
}

/// What is known about checkpoints.
#[derive(Clone, Copy, Debug)]
pub struct Checkpoints {
    since: u64,
    running: Option<Running>,
    failed: Option<Timestamp>,
}

/// A checkpoint that is being written.
#[derive(Clone, Copy, Debug)]
struct Running {
    given: Option<u64>,
    /// The journal bytes that it covers.
    covers: u64,
}

impl Checkpoints {
    /// What a start would have to read counts as not covered.
    pub const fn starting(unread_bytes: u64) -> Checkpoints {
        Checkpoints { since: unread_bytes, running: None, failed: None }
    }

    /// The journal has become longer.
    pub fn add(&mut self, bytes: u64) {
        self.since += bytes;
    }

    /// One is being written, of all that the journal has. `given` is what it has on the disk ahead, in bytes, if anything.
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

    /// As they would be if a checkpoint covered everything.
    pub fn once_covered(self) -> Checkpoints {
        Checkpoints { since: 0, ..self }
    }

    /// Journal bytes that no checkpoint covers, nor the one that is being written.
    pub fn since(&self) -> u64 {
        self.since
    }

    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// When the last one failed, if it did and none was written since.
    pub fn failed(&self) -> Option<Timestamp> {
        self.failed
    }

    /// What the one that is being written was given, in bytes: a part of [`Look::used`], not of [`Look::free`].
    pub fn given(&self) -> Option<u64> {
        self.running.and_then(|running| running.given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_that_fails_gives_its_bytes_back() {
        let mut checkpoints = Checkpoints::starting(40);
        checkpoints.begin(Some(9));
        checkpoints.add(2);
        assert_eq!((checkpoints.since(), checkpoints.given(), checkpoints.is_running()), (2, Some(9), true));
        let at = Timestamp::from_seconds(100);
        checkpoints.fail(at);
        assert_eq!((checkpoints.since(), checkpoints.given(), checkpoints.failed()), (42, None, Some(at)));
        assert!(!checkpoints.is_running());
    }

    #[test]
    fn what_was_written_meanwhile_is_not_covered() {
        let mut checkpoints = Checkpoints::starting(40);
        checkpoints.begin(None);
        checkpoints.add(2);
        assert_eq!((checkpoints.given(), checkpoints.is_running()), (None, true));
        checkpoints.succeed();
        assert_eq!((checkpoints.since(), checkpoints.is_running(), checkpoints.failed()), (2, false, None));
    }

    #[test]
    fn one_that_could_not_be_begun_takes_no_bytes_along() {
        let mut checkpoints = Checkpoints::starting(40);
        checkpoints.fail(Timestamp::from_seconds(1));
        assert_eq!(checkpoints.since(), 40);
        checkpoints.begin(None);
        assert!(checkpoints.failed().is_some(), "it is known to be well only when it is written");
        checkpoints.succeed();
        assert_eq!((checkpoints.since(), checkpoints.failed()), (0, None));
    }
}

//! What to do when the fold's time is ahead of the clock, because that was ahead before. Pure: the clocks are inputs.
//!
//! For a while the fold waits: a clock that is set back and forth within minutes changes nothing. Then the clock is taken as
//! right, and the fold goes back to it by a record of the journal. A restart doesn't wait, since whoever set the clock right
//! often starts again what depends on it.

use std::time::Duration;

use crate::event::Timestamp;
use crate::event::time::MINUTE;

/// The fold may be ahead by this without a word: the clock catches up before anybody waits for it. Nanoseconds.
pub const AHEAD_MAX: i64 = MINUTE;
/// A clock that is before 2025 was never set: machines without a battery start in the past. It corrects nothing.
const SET_FROM: Timestamp = Timestamp::from_seconds(1_735_689_600);

/// What is known of a fold that is ahead.
#[derive(Debug)]
pub struct Ahead {
    /// Since when, by the boot clock.
    since: Option<Duration>,
    /// Nothing was looked at before, in this process.
    starts: bool,
    /// The wall clock less the boot clock when the fold last agreed with them. Nanoseconds.
    agreed: Option<i64>,
}

/// What a look at the clocks says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// The fold and the clock agree.
    On,
    /// The fold is ahead by this many nanoseconds. `is_new`: it wasn't at the look before.
    Wait { by: i64, is_new: bool },
    /// The clock is right: the fold has to go back by this many nanoseconds. The clock was ahead by `step`, which is more, since
    /// the fold has waited meanwhile.
    Back { by: i64, step: i64 },
}

impl Ahead {
    /// At the start of a process.
    pub fn starting() -> Ahead {
        Ahead { since: None, starts: true, agreed: None }
    }

    pub fn is_waiting(&self) -> bool {
        self.since.is_some()
    }

    /// Says what to do when the fold and the clocks have these times. The fold waits for `grace` nanoseconds.
    pub fn look(&mut self, fold: Timestamp, wall: Timestamp, boot: Duration, grace: i64) -> Course {
        let by = fold.since(wall);
        let offset = wall.nanos().saturating_sub(i64::try_from(boot.as_nanos()).unwrap_or(i64::MAX));
        if by <= AHEAD_MAX {
            *self = Ahead { since: None, starts: false, agreed: Some(offset) };
            return Course::On;
        }
        let is_new = self.since.is_none();
        let since = *self.since.get_or_insert(boot);
        let has_lasted = boot.saturating_sub(since).as_nanos() >= u128::from(grace.unsigned_abs());
        if (self.starts || has_lasted) && wall >= SET_FROM {
            let step = self.agreed.map_or(by, |agreed| agreed.saturating_sub(offset));
            return Course::Back { by, step: step.max(by) };
        }
        self.starts = false;
        Course::Wait { by, is_new }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::time::{DAY, HOUR, SECOND};

    const WALL: Timestamp = Timestamp::from_seconds(1_795_424_400);
    const GRACE: i64 = 5 * MINUTE;

    fn up(seconds: u64) -> Duration {
        Duration::from_secs(10_000 + seconds)
    }

    /// One that has looked once, and all was well.
    fn running() -> Ahead {
        let mut ahead = Ahead::starting();
        assert_eq!(ahead.look(WALL, WALL, up(0), GRACE), Course::On);
        ahead
    }

    #[test]
    fn a_fold_that_is_ahead_goes_back_when_that_has_lasted() {
        for by in [AHEAD_MAX + SECOND, HOUR, 400 * DAY] {
            let mut ahead = running();
            let mut look = |seconds| ahead.look(WALL.plus(by), WALL, up(seconds), GRACE);
            assert_eq!(look(1), Course::Wait { by, is_new: true });
            assert_eq!(look(2), Course::Wait { by, is_new: false });
            assert_eq!(look(300), Course::Wait { by, is_new: false });
            assert!(matches!(look(301), Course::Back { by: it, .. } if it == by));
            assert!(matches!(look(302), Course::Back { by: it, .. } if it == by), "until it is done");
            assert_eq!(ahead.look(WALL, WALL, up(303), GRACE), Course::On);
        }
    }

    #[test]
    fn the_clock_was_ahead_by_more_than_the_fold_still_is_after_its_wait() {
        let mut ahead = Ahead::starting();
        let at = |seconds: i64| WALL.plus(seconds * SECOND);
        assert_eq!(ahead.look(at(0).plus(HOUR), at(0).plus(HOUR), up(0), GRACE), Course::On);
        assert_eq!(
            ahead.look(at(0).plus(HOUR), at(10), up(10), GRACE),
            Course::Wait { by: HOUR - 10 * SECOND, is_new: true }
        );
        assert_eq!(
            ahead.look(at(0).plus(HOUR), at(310), up(310), GRACE),
            Course::Back { by: HOUR - 310 * SECOND, step: HOUR }
        );
    }

    #[test]
    fn a_minute_is_waited_for_without_a_word() {
        let mut ahead = running();
        for seconds in [1, 10_000] {
            assert_eq!(ahead.look(WALL.plus(AHEAD_MAX), WALL, up(seconds), GRACE), Course::On);
        }
    }

    #[test]
    fn a_clock_that_catches_up_meanwhile_ends_the_wait() {
        let mut ahead = running();
        let mut look = |seconds, by| ahead.look(WALL.plus(by), WALL, up(seconds), GRACE);
        assert_eq!(look(1, HOUR), Course::Wait { by: HOUR, is_new: true });
        assert_eq!(look(299, 0), Course::On);
        assert_eq!(look(301, HOUR), Course::Wait { by: HOUR, is_new: true }, "the next one waits as long");
    }

    #[test]
    fn a_start_goes_back_at_once() {
        let mut ahead = Ahead::starting();
        assert_eq!(ahead.look(WALL.plus(HOUR), WALL, up(0), GRACE), Course::Back { by: HOUR, step: HOUR });
    }

    #[test]
    fn a_clock_that_was_never_set_corrects_nothing() {
        let mut ahead = Ahead::starting();
        let (wall, by) = (Timestamp::from_seconds(90), WALL.since(Timestamp::from_seconds(90)));
        for (seconds, is_new) in [(0, true), (301, false), (100_000, false)] {
            assert_eq!(ahead.look(WALL, wall, up(seconds), GRACE), Course::Wait { by, is_new });
        }
        assert_eq!(ahead.look(WALL, WALL, up(100_001), GRACE), Course::On);
    }
}

//! [`SteadyClock`]: a clock that doesn't follow a step of over a day forward at once.
//!
//! A wall clock is set by people, by NTP, and by hosts that wake a machine. A step forward makes every deadline pass and every
//! month end, and none of that can be taken back. One of over a day is most often a mistake that somebody undoes, so it counts
//! only when it has lasted. Smaller steps, and steps back, are followed at once; what a step back does to the fold is decided
//! where the fold is, see [`crate::pipeline::policy`].

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use super::Clock;
use crate::event::Timestamp;
use crate::event::time::{DAY, SECOND};

/// A longer step forward has to last. Nanoseconds.
const STEP_MAX: i64 = DAY;

/// A clock without long steps forward that don't last.
pub struct SteadyClock {
    clock: Arc<dyn Clock>,
    /// How long a step has to last: `limits.arrival_grace`, in nanoseconds.
    grace: AtomicI64,
    steps: Mutex<Steps>,
}

/// What is known of the steps of a wall clock. Pure.
#[derive(Debug, Default, PartialEq)]
struct Steps {
    /// The wall clock less the boot clock, as far as it is taken. Nanoseconds.
    offset: Option<i64>,
    /// When the wall clock was first seen too far ahead, by the boot clock.
    since: Option<Duration>,
}

/// What became of a look at the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    None,
    /// It went forward by these nanoseconds, and isn't followed yet.
    Seen(i64),
    /// It stayed, and is followed.
    Taken(i64),
    /// It went back where it was.
    Undone,
}

impl Steps {
    /// The time to go by, when the clocks say this.
    fn look(&mut self, wall: Timestamp, boot: Duration, grace: i64) -> (Timestamp, Step) {
        let up = i64::try_from(boot.as_nanos()).unwrap_or(i64::MAX);
        let offset = wall.nanos().saturating_sub(up);
        let step = offset.saturating_sub(self.offset.unwrap_or(offset));
        if step <= STEP_MAX {
            self.offset = Some(offset);
            let was_ahead = self.since.take().is_some();
            return (wall, if was_ahead { Step::Undone } else { Step::None });
        }
        let is_new = self.since.is_none();
        let since = *self.since.get_or_insert(boot);
        if boot.saturating_sub(since).as_nanos() >= u128::from(grace.unsigned_abs()) {
            (self.offset, self.since) = (Some(offset), None);
            return (wall, Step::Taken(step));
        }
        (wall.plus(-step), if is_new { Step::Seen(step) } else { Step::None })
    }
}

impl SteadyClock {
    pub fn new(clock: Arc<dyn Clock>, grace: i64) -> SteadyClock {
        SteadyClock { clock, grace: AtomicI64::new(grace), steps: Mutex::default() }
    }

    /// How long a step forward has to last, in nanoseconds.
    pub fn set_grace(&self, grace: i64) {
        self.grace.store(grace, Ordering::Relaxed);
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let grace = self.grace.load(Ordering::Relaxed);
        let (now, step) = {
            let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
            steps.look(self.clock.now(), self.clock.since_boot(), grace)
        };
        match step {
            Step::None => {}
            Step::Seen(by) => warn!(
                seconds = by / SECOND,
                lasts = ?Duration::from_nanos(grace.unsigned_abs()),
                "this machine's clock went forward by more than a day: it is followed once that has lasted"
            ),
            Step::Taken(by) => {
                warn!(seconds = by / SECOND, "this machine's clock went forward and stayed there: it is followed now");
            }
            Step::Undone => info!("this machine's clock is back where it was: nothing came of its step forward"),
        }
        now
    }

    fn since_boot(&self) -> Duration {
        self.clock.since_boot()
    }
}

#[cfg(test)]
mod tests {
    use super::super::DrivenClock;
    use super::*;
    use crate::event::time::{HOUR, MINUTE};

    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const GRACE: i64 = 5 * MINUTE;

    fn clocks() -> (Arc<DrivenClock>, SteadyClock) {
        let driven = Arc::new(DrivenClock::at(START));
        let steady = SteadyClock::new(driven.clone(), GRACE);
        assert_eq!(steady.now(), START);
        (driven, steady)
    }

    fn pass(driven: &DrivenClock, nanos: i64) {
        driven.set(driven.now().plus(nanos));
    }

    #[test]
    fn small_steps_and_steps_back_are_followed_at_once() {
        for by in [SECOND, HOUR, DAY, -SECOND, -HOUR, -400 * DAY] {
            let (driven, steady) = clocks();
            driven.step(by);
            assert_eq!(steady.now(), START.plus(by));
        }
    }

    #[test]
    fn a_long_step_forward_is_followed_once_it_has_lasted() {
        for by in [DAY + SECOND, 400 * DAY] {
            let (driven, steady) = clocks();
            driven.step(by);
            for passed in [0, MINUTE, GRACE - 1] {
                driven.set(START.plus(by + passed));
                assert_eq!(steady.now(), START.plus(passed), "time goes on meanwhile");
            }
            driven.set(START.plus(by + GRACE));
            assert_eq!(steady.now(), START.plus(by + GRACE));
            pass(&driven, MINUTE);
            assert_eq!(steady.now(), START.plus(by + GRACE + MINUTE));
        }
    }

    #[test]
    fn a_long_step_forward_that_is_undone_comes_to_nothing() {
        let (driven, steady) = clocks();
        driven.step(400 * DAY);
        pass(&driven, MINUTE);
        assert_eq!(steady.now(), START.plus(MINUTE));
        driven.step(-400 * DAY);
        pass(&driven, GRACE);
        assert_eq!(steady.now(), START.plus(MINUTE + GRACE));
        driven.step(400 * DAY);
        assert_eq!(steady.now(), START.plus(MINUTE + GRACE), "the next one has to last as long");
    }

    #[test]
    fn time_that_passes_is_no_step_however_long() {
        let (driven, steady) = clocks();
        pass(&driven, 400 * DAY);
        assert_eq!(steady.now(), START.plus(400 * DAY));
    }
}

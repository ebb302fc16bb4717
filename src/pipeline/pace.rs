//! [`ErasurePace`]: how fast cases are forgotten. Pure: the time since boot is an input.
//!
//! To forget a case takes two checkpoints, whatever its size. A few come at once; a flood of them would keep the disk busy
//! for good, next to the service. So each of these checkpoints is owed a rest, and when too much rest is owed, the next one
//! waits. Those who wait meanwhile share it.

use std::time::Duration;

/// From one checkpoint to the next it takes so many times the duration of the first: in the long run a quarter of the time
/// goes into erasures.
const REST: u32 = 4;
/// So much rest may be owed without a wait.
const OWED_MAX: Duration = Duration::from_secs(30);

/// The rest that is owed for checkpoints that were taken to forget cases. Times are since boot.
#[derive(Debug, Default)]
pub struct ErasurePace {
    began: Option<Duration>,
    /// When all that is owed would be over.
    rested: Duration,
}

impl ErasurePace {
    /// Whether the next checkpoint may be taken.
    pub fn may_begin(&self, now: Duration) -> bool {
        self.rested.saturating_sub(now) <= OWED_MAX
    }

    pub fn begin(&mut self, now: Duration) {
        self.began = Some(now);
    }

    /// A checkpoint has ended, if it was one of these.
    pub fn end(&mut self, now: Duration) {
        if let Some(began) = self.began.take() {
            self.rested = self.rested.max(now) + REST * now.saturating_sub(began);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_few_come_at_once_and_a_flood_takes_a_quarter_of_the_time() {
        let (mut pace, mut now, mut taken) = (ErasurePace::default(), seconds(1_000), Vec::new());
        while now < seconds(1_600) {
            if !pace.may_begin(now) {
                now += seconds(1);
                continue;
            }
            pace.begin(now);
            now += seconds(1);
            pace.end(now);
            taken.push(now);
        }
        assert_eq!(taken[..10], std::array::from_fn::<_, 10, _>(|n| seconds(1_001 + n as u64)), "at once");
        assert!((155..=175).contains(&taken.len()), "{}", taken.len());
    }

    #[test]
    fn what_is_owed_is_forgotten_in_time() {
        let mut pace = ErasurePace::default();
        pace.begin(seconds(0));
        pace.end(seconds(100));
        assert!(!pace.may_begin(seconds(100)) && !pace.may_begin(seconds(469)));
        assert!(pace.may_begin(seconds(470)));
    }

    #[test]
    fn other_checkpoints_are_owed_nothing() {
        let mut pace = ErasurePace::default();
        pace.end(seconds(100));
        assert!(pace.may_begin(seconds(100)));
    }
}

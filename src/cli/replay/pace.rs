//! The pace of recorded events: how long to wait before sending the next one.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::event::Timestamp;

/// Shorter waits are skipped, so that requests carry more than one event.
const WAIT_MIN: Duration = Duration::from_millis(20);

/// Sends events at the intervals of their own times, `speed` times faster.
pub(crate) struct Pace {
    speed: f64,
    /// The first event's time, and when it was sent.
    start: Option<(Timestamp, Instant)>,
}

#[derive(Deserialize)]
struct Timed<'a> {
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
}

impl Pace {
    pub(crate) fn at(speed: f64) -> Pace {
        Pace { speed, start: None }
    }

    /// How long to wait until this event is due. An event without a time is due with the one before it.
    pub(crate) fn wait(&mut self, line: &[u8]) -> Option<Duration> {
        let timed: Timed = serde_json::from_slice(line).ok()?;
        let time = Timestamp::parse_rfc3339(&timed.time?).ok()?;
        let (first, started) = *self.start.get_or_insert_with(|| (time, Instant::now()));
        let due = Duration::try_from_secs_f64(time.since(first) as f64 / 1e9 / self.speed).ok()?;
        due.checked_sub(started.elapsed()).filter(|wait| *wait >= WAIT_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_at_sixty_times_takes_a_minute() {
        let mut pace = Pace::at(60.0);
        assert_eq!(pace.wait(br#"{"time":"2026-11-23T09:00:00Z"}"#), None);
        let wait = pace.wait(br#"{"time":"2026-11-23T10:00:00Z"}"#).expect("far ahead");
        assert!((59..=60).contains(&wait.as_secs()), "{wait:?}");
    }

    #[test]
    fn what_has_no_time_or_is_late_goes_at_once() {
        let mut pace = Pace::at(1.0);
        for line in
            [&br#"{"time":"2026-11-23T09:00:00Z"}"#[..], b"{}", b"broken", br#"{"time":"2026-11-23T08:00:00Z"}"#]
        {
            assert_eq!(pace.wait(line), None);
        }
    }
}

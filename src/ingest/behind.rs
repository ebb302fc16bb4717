//! [`Behind`]: systems whose clocks say the wrong zone.
//!
//! A local time that is marked as UTC is behind by whole quarter hours, event after event. Such events are taken, and their
//! sender gets a warning.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::event::Timestamp;
use crate::event::time::{MINUTE, quarter_hours};

/// Events in a row that make a habit.
const IN_A_ROW: u32 = 20;
/// An event that is less behind is none of those that are looked for.
const BEHIND_MIN: i64 = 59 * MINUTE;
const MILLISECOND: i64 = 1_000_000;
/// The reader dates events without a time a nanosecond apart; of those no clock can be judged.
const UNDATED: std::ops::RangeInclusive<i64> = -10 * MILLISECOND..=0;
/// Systems that are watched at once. Those beyond get no warning.
const SYSTEMS_MAX: usize = 1_024;

/// Counts events in a row by system. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct Behind(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Systems in the map: mostly none, and then an event in time needs no lock.
    watched: AtomicUsize,
    rows: Mutex<HashMap<String, Row>>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    quarters: i64,
    length: u32,
}

impl Behind {
    /// Whether an event is none of those that are looked for, and ends no row of them.
    #[inline]
    pub(super) fn is_in_time(&self, time: Timestamp, received: Timestamp) -> bool {
        let lag = received.since(time);
        UNDATED.contains(&lag) || lag < BEHIND_MIN && self.0.watched.load(Ordering::Relaxed) == 0
    }

    /// Takes note of an event that says when it happened. A warning when it is one too many in a row.
    pub(super) fn judge(&self, system: &str, time: Timestamp, received: Timestamp) -> Option<String> {
        if self.is_in_time(time, received) { None } else { self.count(system, quarters(received.since(time))) }
    }

    fn count(&self, system: &str, quarters: Option<i64>) -> Option<String> {
        let mut rows = self.0.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let row = quarters.map(|quarters| match rows.get(system) {
            Some(row) if row.quarters == quarters => Row { quarters, length: row.length.saturating_add(1) },
            _ => Row { quarters, length: 1 },
        });
        match row {
            None => {
                rows.remove(system);
            }
            Some(row) if rows.len() < SYSTEMS_MAX || rows.contains_key(system) => {
                rows.insert(system.to_owned(), row);
            }
            Some(_) => {}
        }
        self.0.watched.store(rows.len(), Ordering::Relaxed);
        row.filter(|row| row.length >= IN_A_ROW).map(|row| warning(system, row))
    }
}

/// By how many whole quarter hours an event is behind, from one hour to twelve.
fn quarters(lag: i64) -> Option<i64> {
    quarter_hours(lag).filter(|quarters| (4..=48).contains(quarters))
}

fn warning(system: &str, Row { quarters, length }: Row) -> String {
    let (hours, minutes) = (quarters / 4, quarters % 4 * 15);
    let minutes = if minutes == 0 { String::new() } else { format!(" {minutes} min") };
    format!(
        "the last {length} events of {system} were each {hours} h{minutes} behind this clock: is it a local time that is \
         marked as UTC? They count as that late"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::time::{HOUR, SECOND};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_413_000);

    fn judge(behind: &Behind, system: &str, lag: i64) -> Option<String> {
        behind.judge(system, Timestamp::from_nanos(NOW.nanos() - lag), NOW)
    }

    #[test]
    fn the_twentieth_in_a_row_is_told() {
        let behind = Behind::default();
        for number in 1..=22 {
            let told = judge(&behind, "a", 2 * HOUR + number * SECOND);
            assert_eq!(told.is_some(), number >= 20, "{number}");
        }
        let told = judge(&behind, "a", 2 * HOUR).expect("still");
        assert!(told.contains("of a were each 2 h behind this clock"), "{told}");
    }

    #[test]
    fn an_event_in_time_or_another_distance_starts_over() {
        let behind = Behind::default();
        let many = |count: i64, lag: i64| (0..count).filter_map(|_| judge(&behind, "a", lag)).count();
        assert_eq!(many(19, HOUR), 0);
        assert_eq!(many(5, 0), 0, "an event without a time changes nothing");
        assert_eq!(many(1, HOUR), 1);
        assert_eq!(many(1, SECOND), 0);
        assert_eq!(many(19, HOUR), 0);
        assert_eq!(many(1, 5 * HOUR + 30 * MINUTE), 0);
        assert_eq!(many(19, 5 * HOUR + 30 * MINUTE), 1);
        assert!(judge(&behind, "b", 5 * HOUR).is_none(), "each system for itself");
    }

    #[test]
    fn only_whole_quarter_hours_from_one_hour_to_twelve_count() {
        for (lag, expected) in [
            (HOUR, Some(4)),
            (HOUR + 30 * SECOND, Some(4)),
            (HOUR - 30 * SECOND, Some(4)),
            (HOUR + 31 * SECOND, None),
            (5 * HOUR + 45 * MINUTE, Some(23)),
            (12 * HOUR, Some(48)),
            (45 * MINUTE, None),
            (12 * HOUR + 15 * MINUTE, None),
            (0, None),
            (-HOUR, None),
        ] {
            assert_eq!(quarters(lag), expected, "{lag}");
        }
    }
}

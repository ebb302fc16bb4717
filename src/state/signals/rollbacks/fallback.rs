//! [`Fallbacks`]: the time in which people do the work again.
//!
//! Starts and ends arrive in any order. They are kept by time: a fallback lasts from the first start after an end to the next
//! end. What was counted is never taken back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Timestamp;
use crate::state::engine::core::SystemId;
use crate::state::engine::correction::Correction;

/// Starts and ends that are remembered of each system.
const POINTS_MAX: usize = 64;

/// The fallbacks of every system that had one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Fallbacks {
    systems: BTreeMap<SystemId, Points>,
}

/// Starts and ends by time, and by arrival where two have one time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Points {
    points: Vec<Point>,
    /// Nanoseconds that were counted of the fallbacks between the points.
    counted: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    at: Timestamp,
    is_start: bool,
    /// Until when an end waits for its start.
    until: Timestamp,
}

/// What became of an end that has waited in vain for its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InVain {
    Orphan,
    /// The fallback had ended before.
    Repeat,
}

impl Fallbacks {
    pub fn active(&self, system: SystemId) -> bool {
        self.since(system).is_some()
    }

    /// Since when the running fallback lasts.
    pub fn since(&self, system: SystemId) -> Option<Timestamp> {
        self.systems.get(&system)?.since()
    }

    pub fn iter(&self) -> impl Iterator<Item = (SystemId, Timestamp)> {
        self.systems.iter().filter_map(|(system, points)| Some((*system, points.since()?)))
    }

    /// Takes a start, and returns the nanoseconds of fallback that are over by it; `None` when it is known.
    pub fn begin(&mut self, system: SystemId, at: Timestamp) -> Option<i64> {
        self.add(system, Point { at, is_start: true, until: at })
    }

    /// Takes an end, which waits until then for its start.
    pub fn end(&mut self, system: SystemId, at: Timestamp, until: Timestamp) -> Option<i64> {
        self.add(system, Point { at, is_start: false, until })
    }

    fn add(&mut self, system: SystemId, point: Point) -> Option<i64> {
        self.systems.entry(system).or_default().add(point)
    }

    /// Drops the ends that have waited in vain, and says what they were.
    pub fn expire(&mut self, now: Timestamp) -> Vec<InVain> {
        self.systems.values_mut().flat_map(|points| points.expire(now)).collect()
    }

    /// The clock was ahead: moves what was noted while it was. What was counted stays.
    pub fn correct(&mut self, clock: &Correction) {
        for points in self.systems.values_mut() {
            for point in &mut points.points {
                clock.correct(&mut point.at);
                clock.end_of_memory(&mut point.until);
            }
            points.points.sort_by_key(|point| point.at);
            points.counted = points.total();
        }
    }

    pub fn drop_system(&mut self, system: SystemId) {
        self.systems.remove(&system);
    }

    /// As version 1 of the section has them: since when a fallback lasts, and an end that waits with its deadline.
    pub fn stored(
        since: BTreeMap<SystemId, Timestamp>,
        ended_early: BTreeMap<SystemId, (Timestamp, Timestamp)>,
    ) -> Fallbacks {
        let mut fallbacks = Fallbacks::default();
        for (system, at) in since {
            fallbacks.begin(system, at);
        }
        for (system, (at, until)) in ended_early {
            fallbacks.end(system, at, until);
        }
        fallbacks
    }
}

impl Points {
    fn add(&mut self, point: Point) -> Option<i64> {
        if self.points.iter().any(|known| (known.at, known.is_start) == (point.at, point.is_start)) {
            return None;
        }
        let place = self.points.partition_point(|known| known.at <= point.at);
        self.points.insert(place, point);
        let fresh = (self.total() - self.counted).max(0);
        self.counted += fresh;
        while self.points.len() > POINTS_MAX {
            self.forget_oldest();
        }
        Some(fresh)
    }

    /// Forgets a fallback that is over, or a start in a running one.
    fn forget_oldest(&mut self) {
        let before = self.total();
        match (self.points[0].is_start, self.points[1].is_start) {
            (true, true) => drop(self.points.remove(1)),
            (true, false) => drop(self.points.drain(..2)),
            (false, _) => drop(self.points.remove(0)),
        }
        self.counted = (self.counted - (before - self.total())).max(0);
    }

    /// The nanoseconds of all fallbacks that are over.
    fn total(&self) -> i64 {
        let mut since = None;
        let mut total = 0_i64;
        for point in &self.points {
            match (point.is_start, since) {
                (true, None) => since = Some(point.at),
                (false, Some(began)) => {
                    total = total.saturating_add(point.at.since(began));
                    since = None;
                }
                _ => {}
            }
        }
        total
    }

    fn since(&self) -> Option<Timestamp> {
        let ended = self.points.iter().rposition(|point| !point.is_start).map_or(0, |end| end + 1);
        self.points.get(ended).map(|start| start.at)
    }

    fn expire(&mut self, now: Timestamp) -> Vec<InVain> {
        let mut in_vain = Vec::new();
        let mut index = 0;
        while index < self.points.len() {
            let point = self.points[index];
            let follows_start = index > 0 && self.points[index - 1].is_start;
            if point.is_start || follows_start || point.until > now {
                index += 1;
                continue;
            }
            in_vain.push(if index == 0 { InVain::Orphan } else { InVain::Repeat });
            self.points.remove(index);
        }
        in_vain
    }
}

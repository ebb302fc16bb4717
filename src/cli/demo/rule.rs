//! The rule that calls a spike: the same as the alert's, over a window short enough to watch.
//!
//! A short window's escalation ratio must be above the objective **and** above twice the system's own last day,
//! and not by chance: the lower bound of its 95 % Wilson interval is compared. A floor of escalations keeps a
//! quiet hour from paging.

use std::collections::VecDeque;

use crate::event::Timestamp;
use crate::event::time::{DAY, HOUR, SECOND};
use crate::page::interval::wilson;

/// How far above its own day a ratio must be.
const FACTOR: f64 = 2.0;
/// Fewer escalations in the window never page.
const ESCALATIONS_MIN: f64 = 10.0;
/// The finest distance of what is remembered of the day.
const STEP: i64 = HOUR / 2;

/// The two counters at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub tasks: f64,
    pub escalations: f64,
}

/// What a system's counters were: a day in steps, and the last minutes at every scrape.
pub(super) struct Memory {
    window: i64,
    day: VecDeque<(Timestamp, Counts)>,
    recent: VecDeque<(Timestamp, Counts)>,
}

/// What the rule says of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Verdict {
    /// Escalations of the window, of all its tasks.
    pub ratio: f64,
    /// The least that the ratio truly is.
    pub lower: f64,
    /// The ratio of the day before the window.
    pub usual: f64,
    pub tasks: f64,
    pub escalations: f64,
    /// Everything so far, at the last look.
    pub total: Counts,
    pub spike: bool,
}

impl Counts {
    pub(super) fn since(self, earlier: Counts) -> Counts {
        Counts { tasks: self.tasks - earlier.tasks, escalations: self.escalations - earlier.escalations }
    }
    pub(super) fn ratio(self) -> f64 {
        if self.tasks > 0.0 { (self.escalations / self.tasks).min(1.0) } else { 0.0 }
    }
}

impl Verdict {
    /// Nobody would be paged, and the window is as usual again.
    pub(super) fn calm(&self) -> bool {
        !self.spike && self.ratio <= FACTOR * self.usual
    }
}

impl Memory {
    pub(super) fn of_window(seconds: i64) -> Memory {
        Memory { window: seconds * SECOND, day: VecDeque::new(), recent: VecDeque::new() }
    }

    /// The counters as a scrape found them.
    pub(super) fn saw(&mut self, now: Timestamp, counts: Counts) {
        if self.day.back().is_none_or(|(last, _)| now.since(*last) >= STEP) {
            self.day.push_back((now, counts));
        }
        self.recent.push_back((now, counts));
        forget(&mut self.day, now.plus(-DAY));
        forget(&mut self.recent, now.plus(-self.window));
    }

    /// Escalations and tasks of the window.
    fn window(&self) -> Counts {
        let (Some((_, first)), Some((_, last))) = (self.recent.front(), self.recent.back()) else {
            return Counts::default();
        };
        last.since(*first)
    }

    /// Those of the day, up to its last step: while one watches, the window is not part of it.
    fn day(&self) -> Counts {
        let (Some((_, first)), Some((_, last))) = (self.day.front(), self.day.back()) else {
            return Counts::default();
        };
        last.since(*first)
    }

    pub(super) fn judge(&self, objective: f64) -> Verdict {
        let total = self.recent.back().map_or_else(Counts::default, |(_, counts)| *counts);
        Verdict { total, ..judge(self.window(), self.day(), objective) }
    }
}

/// Keeps one moment from before the bound, so that the span is whole.
fn forget(moments: &mut VecDeque<(Timestamp, Counts)>, bound: Timestamp) {
    while moments.get(1).is_some_and(|(at, _)| *at <= bound) {
        moments.pop_front();
    }
}

fn judge(window: Counts, day: Counts, objective: f64) -> Verdict {
    let lower = wilson(window.escalations, window.tasks).0;
    let usual = day.ratio();
    let spike = window.escalations >= ESCALATIONS_MIN && lower > objective && lower > FACTOR * usual;
    let Counts { tasks, escalations } = window;
    Verdict { ratio: window.ratio(), lower, usual, tasks, escalations, total: Counts::default(), spike }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_OF_4_PERCENT: Counts = Counts { tasks: 5000.0, escalations: 200.0 };

    fn window(tasks: f64, escalations: f64) -> Verdict {
        judge(Counts { tasks, escalations }, DAY_OF_4_PERCENT, 0.08)
    }

    #[test]
    fn far_above_the_usual_is_a_spike() {
        assert!(window(600.0, 130.0).spike);
    }

    #[test]
    fn the_usual_is_not_nor_a_little_more() {
        assert!(!window(600.0, 24.0).spike);
        assert!(!window(600.0, 50.0).spike, "8.3 % may well be 6.4 %");
    }

    #[test]
    fn few_events_never_page() {
        assert!(!window(9.0, 9.0).spike);
        assert!(!window(0.0, 0.0).spike);
    }

    #[test]
    fn what_is_usual_for_the_system_is_no_spike_though_above_the_objective() {
        let day = Counts { tasks: 5000.0, escalations: 1000.0 };
        assert!(!judge(Counts { tasks: 600.0, escalations: 130.0 }, day, 0.08).spike);
    }

    #[test]
    fn the_window_slides() {
        let mut memory = Memory::of_window(30);
        for second in 0..100 {
            let escalations = if second < 50 { 0.0 } else { f64::from(second - 50) };
            let counts = Counts { tasks: f64::from(second) * 10.0, escalations };
            memory.saw(Timestamp::from_seconds(i64::from(second)), counts);
        }
        let verdict = memory.judge(0.08);
        assert_eq!((verdict.tasks, verdict.escalations), (300.0, 30.0));
    }

    #[test]
    fn the_day_is_the_last_24_hours_and_not_the_minutes_one_watches() {
        let mut memory = Memory::of_window(30);
        for hour in 0..48 {
            let escalations = if hour < 24 { 0.0 } else { f64::from(hour - 23) * 5.0 };
            let counts = Counts { tasks: f64::from(hour) * 100.0, escalations };
            memory.saw(Timestamp::from_seconds(i64::from(hour) * 3600), counts);
        }
        let spiking = Counts { tasks: 5000.0, escalations: 400.0 };
        memory.saw(Timestamp::from_seconds(47 * 3600 + 60), spiking);
        assert_eq!(memory.judge(0.08).usual, 0.05);
    }
}

//! [`Frame`]: where time and ratio lie on the paper, for one system. All lengths are units of the SVG's view box.

use super::scale;
use crate::backtest::track::Track;
use crate::event::Timestamp;
use crate::explain::local;

pub(super) const WIDTH: f64 = 1_200.0;
pub(super) const LEFT: f64 = 84.0;
pub(super) const RIGHT: f64 = 28.0;
pub(super) const CHART_HEIGHT: f64 = 260.0;
const TITLE_HEIGHT: f64 = 64.0;
/// The narrowest mark that can be seen.
const MARK_MIN: f64 = 2.5;
/// A shorter recording is drawn as if it was this long. Seconds.
const SPAN_MIN: f64 = 3_600.0;

/// The coordinates of one system's panel.
pub(super) struct Frame<'a> {
    pub track: &'a Track,
    /// The upper edge of the panel.
    pub top: f64,
    /// The span of time, in seconds since the epoch.
    pub from: f64,
    pub to: f64,
    /// The ratio at the upper edge of the chart.
    pub highest: f64,
}

impl<'a> Frame<'a> {
    pub(super) fn of(track: &'a Track, top: f64) -> Frame<'a> {
        let (from, to) = (track.first.as_seconds_f64(), track.last.as_seconds_f64());
        Frame { track, top, from, to: to.max(from + SPAN_MIN), highest: scale::highest(track) }
    }

    pub(super) fn chart_top(&self) -> f64 {
        self.top + TITLE_HEIGHT
    }

    pub(super) fn chart_bottom(&self) -> f64 {
        self.chart_top() + CHART_HEIGHT
    }

    pub(super) fn x(&self, seconds: f64) -> f64 {
        LEFT + (seconds.clamp(self.from, self.to) - self.from) / (self.to - self.from) * (WIDTH - LEFT - RIGHT)
    }

    pub(super) fn at(&self, at: Timestamp) -> f64 {
        self.x(at.as_seconds_f64())
    }

    pub(super) fn y(&self, ratio: f64) -> f64 {
        self.chart_bottom() - (ratio / self.highest).clamp(0.0, 1.0) * CHART_HEIGHT
    }

    /// The left edge and the width of something that lasted.
    pub(super) fn mark(&self, began: Timestamp, ended: Option<Timestamp>) -> (f64, f64) {
        let from = self.at(began);
        let to = ended.map_or(self.x(self.to), |ended| self.at(ended));
        (from, (to - from).max(MARK_MIN))
    }

    pub(super) fn moment(&self, at: Timestamp) -> String {
        local(&self.track.timezone, at.as_seconds_f64()).strftime("%a %-d %b %H:%M").to_string()
    }
}

/// Text in markup. Names come from events.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

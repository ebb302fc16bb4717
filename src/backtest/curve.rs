//! [`Curve`]: the escalation ratio and the usual one over time, in a bounded number of points however long the recording is.

use crate::event::Timestamp;
use crate::state::signals::spike::counted::Counted;
use crate::state::signals::spike::watch::Unit;
use crate::state::views::spike::report::Glimpse;

/// At this many points, each two become one.
const POINTS_MAX: usize = 800;
/// With fewer tasks a ratio is not drawn.
const DRAWN_TASKS_MIN: f64 = 5.0;

/// The points so far.
#[derive(Debug, Default)]
pub(crate) struct Curve {
    pub points: Vec<Point>,
    /// Glimpses that make one point.
    every: usize,
    /// Glimpses in the last point, while it is not full.
    pending: usize,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub at: Timestamp,
    pub until: Timestamp,
    /// The lowest and the highest ratio of half an hour or so.
    pub low: f64,
    pub high: f64,
    /// Escalations and their exposure. Neighboring glimpses overlap, so each is counted several times.
    count: f64,
    exposure: f64,
    pub usual: Option<f64>,
}

impl Curve {
    /// Adds what the detector sees at a moment; left out where there is no ratio, or too few tasks for one.
    pub(crate) fn add(&mut self, at: Timestamp, glimpse: &Glimpse) {
        let enough = glimpse.unit == Unit::Seconds || glimpse.lately.exposure >= DRAWN_TASKS_MIN;
        let Some(ratio) = glimpse.lately.ratio().filter(|_| enough) else { return };
        let Counted { count, exposure, .. } = glimpse.lately;
        let point = Point { at, until: at, low: ratio, high: ratio, count, exposure, usual: glimpse.usual };
        self.every = self.every.max(1);
        match self.points.last_mut().filter(|_| self.pending > 0) {
            Some(last) => *last = last.and(point),
            None => self.points.push(point),
        }
        self.pending = (self.pending + 1) % self.every;
        if self.points.len() >= POINTS_MAX && self.pending == 0 {
            self.every *= 2;
            self.points = self.points.chunks(2).map(|two| two[0].and(two[two.len() - 1])).collect();
        }
    }
}

impl Point {
    pub(crate) fn ratio(&self) -> f64 {
        self.count / self.exposure
    }

    /// This point and a later one, as one.
    fn and(self, later: Point) -> Point {
        Point {
            at: self.at,
            until: later.until,
            low: self.low.min(later.low),
            high: self.high.max(later.high),
            count: self.count + later.count,
            exposure: self.exposure + later.exposure,
            usual: later.usual.or(self.usual),
        }
    }
}

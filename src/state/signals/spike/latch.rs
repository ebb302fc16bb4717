//! A page while it is open: what came since, whether that confirms it, and when it is over.
//!
//! One incident is one page. It ends when "back to usual" has become much likelier than "still risen", by what came since
//! it began; or when it has gone on for so long that the risen ratio is the new normal.

use serde::{Deserialize, Serialize};

use super::baseline::Counted;
use super::evidence::RISES;
use super::maths::{ln, sqrt};
use super::noise::Noise;

const DAY: f64 = 86_400.0;
/// What says "over" must be at least this strong, in units of log likelihood.
const END_MIN: f64 = 3.0;
/// The time in which the end may be mistaken about once.
const END_WITHIN: f64 = 7.0 * DAY;
/// Evidence after the page that confirms it.
const CONFIRMED: f64 = 3.0;
/// A rise below this is not told from usual: the page ends on it.
const RISE_MIN: f64 = 1.5;
/// How many escalations the rise at the beginning counts for.
const PRIOR: f64 = 4.0;
const NEW_NORMAL_AFTER: f64 = DAY;
const NEW_NORMAL_ESCALATIONS: f64 = 100.0;
const NEW_NORMAL_AT_LAST: f64 = 7.0 * DAY;
/// A page stays as long as this, so that no scrape misses it.
pub const PAGE_SECONDS_MIN: f64 = 300.0;

/// How a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// The ratio is back to usual.
    Usual,
    /// The ratio has stayed: it is usual now.
    NewNormal,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latch {
    /// The size of the rise that paged.
    rise: f64,
    since: Counted,
    /// Escalations that would have been usual since then.
    expected: f64,
    /// How much speaks for an end.
    over: f64,
    /// What came after the page, as evidence for it.
    after: f64,
    confirmed: bool,
}

impl Latch {
    pub(crate) fn new(rise: f64) -> Latch {
        Latch { rise, since: Counted::default(), expected: 0.0, over: 0.0, after: 0.0, confirmed: false }
    }

    /// What came since the page; exposure is adjusted for the hours.
    pub fn since_page(&self) -> Counted {
        self.since
    }

    /// Seconds since the page began after which the risen ratio is taken for usual, at the pace of now, if it stays.
    pub fn new_normal_after(&self) -> f64 {
        let pace = self.since.count / self.since.seconds.max(1.0);
        (NEW_NORMAL_ESCALATIONS / pace.max(1e-9)).clamp(NEW_NORMAL_AFTER, NEW_NORMAL_AT_LAST)
    }

    /// What came since the page says that it was no chance.
    pub fn confirmed(&self) -> bool {
        self.confirmed
    }

    /// `expected` escalations are usual in what is new, wander allowed for; `natural` seconds bring about ten.
    pub(crate) fn observe(
        &mut self,
        new: Counted,
        expected: f64,
        natural: f64,
        noise: &Noise,
        temper: f64,
    ) -> Option<Ended> {
        self.since.add(new);
        self.expected += expected;
        self.confirm(new.count, expected, noise, temper);
        let risen = self.rise_now();
        let towards = ((risen - 1.0) * expected - new.count * ln(risen)) / noise.dispersion().max(1.0);
        self.over = (self.over + towards).max(0.0);
        if self.since.seconds < PAGE_SECONDS_MIN {
            return None;
        }
        if self.over >= f64::max(END_MIN, ln(1.0 + END_WITHIN / natural)) {
            return Some(Ended::Usual);
        }
        let stayed = self.since.seconds >= NEW_NORMAL_AFTER && self.since.count >= NEW_NORMAL_ESCALATIONS;
        (stayed || self.since.seconds >= NEW_NORMAL_AT_LAST).then_some(Ended::NewNormal)
    }

    /// The rise seen since the page, drawn a little to the one that paged: with the latter alone, pages for a rise that has
    /// become smaller would end while it lasts.
    fn rise_now(&self) -> f64 {
        let seen = (self.since.count + PRIOR * sqrt(self.rise)) / (self.expected + PRIOR);
        seen.clamp(RISE_MIN, self.rise.max(RISE_MIN))
    }

    /// Only what came after the page may confirm it: it wasn't chosen for being high.
    fn confirm(&mut self, count: f64, expected: f64, noise: &Noise, temper: f64) {
        let half = 1.0 + 0.5 * (self.rise - 1.0);
        let off = |rise: &f64| (rise - half).abs();
        let nearest = RISES.iter().enumerate().min_by(|(_, a), (_, b)| off(a).total_cmp(&off(b)));
        let nearest = nearest.map_or(0, |(at, _)| at);
        self.after += noise.care().powers[nearest] * temper * (count * ln(half) - (half - 1.0) * expected);
        self.confirmed |= self.after > CONFIRMED;
    }
}

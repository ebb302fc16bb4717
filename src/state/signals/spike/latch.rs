//! A page while it is open: what came since it began, whether that confirms it, and when it is over.
//!
//! One incident is one page. The page ends when "back to usual" has become much likelier than "still risen", by what came
//! since it began (a CUSUM in the other direction). If the rise lasts for long enough, it is the new normal.

use serde::{Deserialize, Serialize};

use super::counted::Counted;
use super::maths::{ln, sqrt};
use super::noise::Noise;
use super::rises::nearest;
use super::seconds::{DAY_SECONDS, HOUR_SECONDS};

/// Log likelihood ratio of "back to usual" that ends a page, at least; and a page that lasts ends by mistake about once in
/// this time. An episode that has not paged ends sooner: nobody waits for its end.
const END_MIN: f64 = 4.0;
const FALSE_END_SECONDS: f64 = 60.0 * DAY_SECONDS;
const EPISODE_END_MIN: f64 = 3.0;
const EPISODE_FALSE_END_SECONDS: f64 = 7.0 * DAY_SECONDS;
/// Log likelihood ratio of "risen", from after the page began, that confirms it.
const CONFIRMED_ABOVE: f64 = 3.0;
/// The end is judged against a rise of at least this. A smaller one is hard to distinguish from usual.
const RISE_MIN: f64 = 1.5;
/// The estimate of the current rise starts from a prior worth this many expected escalations.
const PRIOR_ESCALATIONS: f64 = 4.0;
/// A rise that lasts for this long is a new normal: somebody should say whether it is usual now.
const NEW_NORMAL_SECONDS: f64 = DAY_SECONDS;
/// When nobody has said so for this much longer, the page ends, if there were this many escalations to learn from.
const UNANSWERED_SECONDS: f64 = 3.0 * DAY_SECONDS;
const UNANSWERED_ESCALATIONS: f64 = 20.0;
/// A system from which nothing came for this long is asleep, and so is its page: silence is no end.
const AWAKE_SECONDS: f64 = 6.0 * HOUR_SECONDS;
/// After this long it is gone, and its page ends.
const GONE_SECONDS: f64 = 14.0 * DAY_SECONDS;
/// A page stays open for this long at least, so that no scrape misses it.
const PAGE_SECONDS_MIN: f64 = 300.0;

/// How a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// The ratio is back to usual.
    Usual,
    /// The ratio stayed high and nobody has said whether that is usual.
    NewNormal,
}

/// An open page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latch {
    /// The size of the rise that paged.
    rise: f64,
    /// Time counts while the system is awake.
    since: Counted,
    /// For how long nothing has come.
    quiet: f64,
    /// Usual number of escalations since then.
    expected: f64,
    /// CUSUM of the log likelihood ratio of "back to usual" to "still risen".
    over: f64,
    /// Log likelihood ratio of "risen" to "usual", from what came after the page began.
    after: f64,
    confirmed: bool,
    /// It is a page, not only an episode.
    pages: bool,
}

/// What new observations are compared with.
#[derive(Clone, Copy)]
pub struct LatchTerms<'a> {
    /// Escalations that are usual in the new observations, including wander.
    pub expected: f64,
    /// Seconds in which about ten escalations are usual.
    pub natural_seconds: f64,
    pub noise: &'a Noise,
    /// A further power of the likelihood ratio. See [`super::temper`].
    pub power: f64,
}

impl Latch {
    /// An episode that has not paged.
    pub fn new(rise: f64) -> Latch {
        let (since, confirmed, pages) = (Counted::default(), false, false);
        Latch { rise, since, quiet: 0.0, expected: 0.0, over: 0.0, after: 0.0, confirmed, pages }
    }

    /// A page.
    pub fn page(rise: f64) -> Latch {
        Latch { pages: true, ..Latch::new(rise) }
    }

    /// One that was open when it was stored; `sums` are for "back to usual" and for "risen".
    pub fn resumed(rise: f64, since: Counted, expected: f64, sums: [f64; 2], confirmed: bool) -> Latch {
        let [over, after] = sums;
        Latch { since, expected, over, after, confirmed, ..Latch::page(rise) }
    }

    /// What came since the page began; exposure is adjusted for the season.
    pub fn since_page(&self) -> Counted {
        self.since
    }

    /// Whether the rise has lasted for so long that somebody should say whether it is usual now.
    pub fn is_new_normal(&self) -> bool {
        self.since.seconds >= NEW_NORMAL_SECONDS
    }

    /// Seconds from the beginning of the page until it is called a new normal.
    pub fn new_normal_after() -> f64 {
        NEW_NORMAL_SECONDS
    }

    /// Seconds from the beginning of the page until it ends if nobody answers.
    pub fn unanswered_after() -> f64 {
        NEW_NORMAL_SECONDS + UNANSWERED_SECONDS
    }

    /// Whether what came after the page began is evidence for the rise.
    pub fn confirmed(&self) -> bool {
        self.confirmed
    }

    /// Adds what is new; `Some` if the page is over.
    pub fn observe(&mut self, new: Counted, terms: LatchTerms<'_>) -> Option<Ended> {
        self.quiet = if new.count + new.exposure > 0.0 { 0.0 } else { self.quiet + new.seconds };
        let seconds = if self.quiet < AWAKE_SECONDS { new.seconds } else { 0.0 };
        self.since.add(Counted { seconds, ..new });
        self.expected += terms.expected;
        self.confirm(new.count, terms);
        let rise = self.current_rise();
        let ratio = (rise - 1.0) * terms.expected - new.count * ln(rise);
        self.over = (self.over + ratio / terms.noise.dispersion().max(1.0)).max(0.0);
        self.ended(terms.natural_seconds)
    }

    fn ended(&self, natural_seconds: f64) -> Option<Ended> {
        if self.since.seconds < PAGE_SECONDS_MIN {
            return None;
        }
        let (least, false_end) =
            if self.pages { (END_MIN, FALSE_END_SECONDS) } else { (EPISODE_END_MIN, EPISODE_FALSE_END_SECONDS) };
        if self.quiet >= GONE_SECONDS || self.over >= f64::max(least, ln(1.0 + false_end / natural_seconds)) {
            return Some(Ended::Usual);
        }
        let stayed = self.since.seconds >= Latch::unanswered_after() && self.since.count >= UNANSWERED_ESCALATIONS;
        stayed.then_some(Ended::NewNormal)
    }

    /// The rise since the page began, shrunk towards the root of the one that paged. Judged by the latter alone, a page
    /// would end while a rise that has become smaller lasts.
    fn current_rise(&self) -> f64 {
        let seen = (self.since.count + PRIOR_ESCALATIONS * sqrt(self.rise)) / (self.expected + PRIOR_ESCALATIONS);
        seen.clamp(RISE_MIN, self.rise.max(RISE_MIN))
    }

    /// Only what came after the page began can confirm it: what came before was selected for being high. The alternative
    /// is half of the rise that paged.
    fn confirm(&mut self, count: f64, terms: LatchTerms<'_>) {
        let half = 1.0 + 0.5 * (self.rise - 1.0);
        let power = terms.noise.corrections().powers[nearest(half)] * terms.power;
        self.after += power * (count * ln(half) - (half - 1.0) * terms.expected);
        self.confirmed |= self.after > CONFIRMED_ABOVE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `minutes` in which 10 escalations are usual and `count` came.
    fn minutes(latch: &mut Latch, minutes: usize, count: f64) -> Option<Ended> {
        let noise = Noise::none();
        let terms = LatchTerms { expected: 10.0, natural_seconds: 60.0, noise: &noise, power: 1.0 };
        (0..minutes).find_map(|_| latch.observe(Counted { count, exposure: 1.0, seconds: 60.0 }, terms))
    }

    #[test]
    fn a_page_is_confirmed_by_what_follows_and_ends_when_that_is_usual() {
        let mut latch = Latch::page(3.5);
        assert_eq!(minutes(&mut latch, 10, 35.0), None);
        assert!(latch.confirmed());
        assert_eq!(minutes(&mut latch, 60, 10.0), Some(Ended::Usual));
    }

    #[test]
    fn a_page_that_nothing_follows_is_not_confirmed() {
        let mut latch = Latch::page(3.5);
        assert_eq!(minutes(&mut latch, 60, 10.0), Some(Ended::Usual));
        assert!(!latch.confirmed());
    }

    #[test]
    fn a_rise_that_lasts_for_a_day_is_a_new_normal_and_its_page_ends_after_three_more() {
        let mut latch = Latch::page(2.3);
        assert_eq!(minutes(&mut latch, 1_439, 23.0), None);
        assert!(!latch.is_new_normal());
        assert_eq!(minutes(&mut latch, 1, 23.0), None);
        assert!(latch.is_new_normal());
        assert_eq!(minutes(&mut latch, 3 * 1_440, 23.0), Some(Ended::NewNormal));
    }
}

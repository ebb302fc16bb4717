//! The detector of one system: whether the escalation ratio has risen above what is usual at this hour, and when that is
//! over.
//!
//! Call [`Detector::observe`] with each escalation, and at least once a minute while there is anything to observe; call
//! [`Detector::learn`] once a minute. The detector knows no events, metrics or clocks, only seconds, exposure (tasks, or
//! seconds for a system that sends none) and numbers of escalations.

mod readings;
pub mod v1;

use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::counted::Counted;
use super::episodes::{Bars, Episode, Episodes};
use super::evidence::{self, Evidence};
use super::gate::has_risen;
use super::kept::{Kept, Stays};
use super::latch::{self, Ended, Latch};
use super::maths::{exp, ln, pow};
use super::noise::Noise;
use super::rises::overshoot_correction;
use super::season::Season;
use super::seconds::{DAY_SECONDS, HOUR_SECONDS, MONTH_SECONDS};
use super::temper::Temper;
use crate::config::model::Peak;

/// Time constant of the average rate of exposure.
const RATE_SECONDS: f64 = 1_800.0;
/// The season is learned once the baseline rests on this many escalations.
const SEASON_BASELINE_MIN: f64 = 30.0;
/// What is seen of the noise counts this much sooner where the ratio is declared: after a long block instead of three days.
const EXPECTED_SECONDS: f64 = 2.8 * DAY_SECONDS;
/// Time between two fits of the season: a long block of [`Noise`].
const SEASON_FIT_SECONDS: f64 = 6.0 * HOUR_SECONDS;
/// Escalations in the natural time of a system.
const NATURAL_ESCALATIONS: f64 = 10.0;

/// When less than one page a month is allowed, more evidence is asked for than the model needs: the further out, the less a
/// model of the usual is right. The threshold is multiplied by the months to this power.
const RARE_POWER: f64 = 0.6;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    /// The time in which one false page is allowed, in seconds, and the sum of [`Evidence`] that follows from it.
    allowed: f64,
    threshold: f64,
    /// Seconds since the first event.
    age: f64,
    evidence: Evidence,
    baseline: Baseline,
    noise: Noise,
    season: Season,
    open: Option<Open>,
    episodes: Episodes,
    /// What was usual before a rise that stayed and that nobody has accepted.
    kept: Option<Kept>,
    temper: Temper,
    /// Average exposure per second; negative before anything was observed.
    rate: f64,
    /// Observed since the last call of [`Detector::learn`].
    fresh: Counted,
    score: f64,
    /// Escalations so far.
    seen: f64,
    /// Somebody has declared what is usual.
    is_expected: bool,
}

/// An episode that is not over: the evidence has passed the threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    latch: Latch,
    bars: Bars,
    /// ln of the highest evidence over the threshold.
    peak: f64,
    /// ln of what the sums were divided by so far.
    scaled: f64,
    seconds: f64,
    /// It has passed the bars.
    paged: bool,
}

/// What an observation changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PageChange {
    None,
    /// A page began. What came since the estimated onset of the rise.
    Page(Counted),
    /// The page is over.
    Over(Ended),
}

impl Detector {
    /// One false page is allowed in `seconds`: 30 days for one a month.
    pub fn new(seconds: f64) -> Detector {
        Detector {
            allowed: seconds,
            threshold: threshold(seconds),
            age: 0.0,
            evidence: Evidence::default(),
            baseline: Baseline::default(),
            noise: Noise::default(),
            season: Season::default(),
            open: None,
            episodes: Episodes::default(),
            kept: None,
            temper: Temper::default(),
            rate: -1.0,
            fresh: Counted::default(),
            score: 0.0,
            seen: 0.0,
            is_expected: false,
        }
    }

    /// A detector that is given the ratio and assumes Poisson counts, for benchmarks.
    pub fn with_known_ratio(seconds: f64, ratio: f64) -> Detector {
        Detector { baseline: Baseline::known(ratio), noise: Noise::none(), ..Detector::new(seconds) }
    }

    /// A detector with the same setting that has learned nothing. The count of unconfirmed pages goes on.
    pub fn restarted(&self) -> Detector {
        let season = self.season.restarted();
        Detector { temper: self.temper.restored(), season, ..Detector::new(self.allowed()) }
    }

    /// Changes the time in which one false page is allowed.
    pub fn allow(&mut self, seconds: f64) {
        (self.allowed, self.threshold) = (seconds, threshold(seconds));
    }

    /// The days on which more work is usual.
    pub fn declare_peaks(&mut self, peaks: impl Iterator<Item = Peak>) {
        self.season.declare(peaks);
    }

    /// Until anything is learned, this ratio is usual, with the weight of a few escalations.
    pub fn expect(&mut self, ratio: f64) {
        if self.seen <= 0.0 && ratio > 0.0 {
            self.baseline = Baseline::expected(ratio);
            self.is_expected = true;
        }
    }

    /// The time in which one false page is allowed, in seconds.
    pub fn allowed(&self) -> f64 {
        self.allowed
    }

    /// `seconds` went by with `tasks` of exposure at this hour of the week, and at their end came `count` escalations.
    pub fn observe(&mut self, seconds: f64, tasks: f64, count: f64, hour: usize) -> PageChange {
        let new = Counted { count, exposure: tasks * self.season.factor(hour), seconds };
        self.age += seconds;
        if self.temper.is_reduced() {
            self.temper.recover(seconds, self.allowed());
        }
        self.seen += count;
        if self.open.is_some() { self.observe_episode(new) } else { self.observe_quiet(new) }
    }

    fn observe_quiet(&mut self, new: Counted) -> PageChange {
        self.fresh.add(new);
        if !self.add_evidence(new) || new.count <= 0.0 || self.evidence.total() < self.threshold {
            return PageChange::None;
        }
        let (rise, since) = self.evidence.leading(self.noise.corrections());
        if !has_risen(since, self.baseline.ratio(), self.noise.dispersion()) {
            return PageChange::None;
        }
        self.begin_episode(rise);
        self.page_if_passed(new.count)
    }

    /// False while nothing is known.
    fn add_evidence(&mut self, new: Counted) -> bool {
        let (usual, corrections) = (self.baseline.usual(), self.noise.corrections());
        if usual.exposure > 0.0 {
            self.evidence.add(new, evidence::Terms { usual, corrections, power: self.temper.power() });
        }
        usual.exposure > 0.0
    }

    fn begin_episode(&mut self, rise: f64) {
        self.score = self.score_now();
        let bars = self.episodes.bars(self.age, self.allowed());
        let peak = ln(self.evidence.total() / self.threshold);
        self.open = Some(Open { latch: Latch::new(rise), bars, peak, scaled: 0.0, seconds: 0.0, paged: false });
        self.noise.note_page();
        self.baseline.discard();
        self.fresh = Counted::default();
    }

    fn observe_episode(&mut self, new: Counted) -> PageChange {
        self.fresh.add(new);
        self.add_evidence(new);
        let terms = latch::LatchTerms {
            expected: self.baseline.ratio() * self.noise.ceiling() * new.exposure,
            natural_seconds: self.natural_seconds(),
            noise: &self.noise,
            power: self.temper.power(),
        };
        let Some(open) = &mut self.open else { return PageChange::None };
        open.scaled += self.evidence.scale_down();
        open.peak = open.peak.max(ln(self.evidence.total() / self.threshold) + open.scaled);
        open.seconds += new.seconds;
        match open.latch.observe(new, terms) {
            Some(ended) => self.end_episode(ended),
            None => self.page_if_passed(new.count),
        }
    }

    /// An escalation of an episode that has not paged: pages if it passes what the system's past episodes set.
    fn page_if_passed(&mut self, count: f64) -> PageChange {
        let Some(open) = &mut self.open else { return PageChange::None };
        if open.paged || count <= 0.0 || !open.bars.are_passed(open.peak, open.seconds) {
            return PageChange::None;
        }
        let (rise, since) = self.evidence.leading(self.noise.corrections());
        (open.paged, open.latch) = (true, Latch::page(rise));
        self.score = self.score.max(1.0);
        PageChange::Page(since)
    }

    fn end_episode(&mut self, ended: Ended) -> PageChange {
        let Some(open) = &self.open else { return PageChange::None };
        let paged = open.paged;
        if paged && !open.latch.confirmed() {
            self.temper.page_was_unconfirmed();
        }
        match ended {
            Ended::Usual => {
                let (peak, seconds) = (open.peak as f32, open.seconds as f32);
                self.episodes.add(Episode { ended: self.age, peak, seconds });
            }
            Ended::NewNormal => {
                let before = self.baseline.clone();
                self.baseline.adopt(open.latch.since_page());
                self.kept.get_or_insert_with(|| Kept::new(before));
            }
        }
        self.forget_page();
        if paged { PageChange::Over(ended) } else { PageChange::None }
    }

    /// Ends a page, or an episode, without any judgement.
    pub fn forget_page(&mut self) {
        self.open = None;
        self.evidence = Evidence::default();
        self.fresh = Counted::default();
        self.score = 0.0;
    }

    /// A person says that the ratio since the rise is usual from now on. False if nothing has risen.
    pub fn accept(&mut self) -> bool {
        let page = self.page().is_some();
        if page {
            let since = self.evidence.leading(self.noise.corrections()).1;
            self.baseline.adopt(since);
            self.forget_page();
        }
        self.kept.take().is_some() || page
    }

    /// In place of [`Detector::learn`] when exposure was only assumed: nothing is learned from it.
    pub fn skip_lesson(&mut self) {
        self.fresh = Counted::default();
        self.score = if self.open.is_some() { self.score } else { self.score_now() };
    }

    /// Learns what is usual from what was observed since the last call, `seconds` ago, with `tasks` of exposure.
    pub fn learn(&mut self, seconds: f64, tasks: f64, hour: usize) {
        if seconds <= 0.0 {
            return;
        }
        self.average_rate(seconds, tasks * self.season.factor(hour));
        let fresh = std::mem::take(&mut self.fresh);
        let ratio = self.baseline.ratio();
        if self.baseline.count() >= SEASON_BASELINE_MIN {
            self.season.add_day(hour, fresh.count, ratio * tasks);
        }
        if self.open.is_some() {
            self.noise.close(self.baseline.count(), self.age_for_noise());
            return;
        }
        self.noise.note_score(self.score_of_rise());
        self.score = self.score_now();
        if self.may_have_returned(fresh) {
            return;
        }
        self.learn_noise(fresh, ratio);
        if self.baseline.count() >= SEASON_BASELINE_MIN {
            self.season.add(hour, fresh.count, ratio * tasks);
        }
        self.baseline.learn(fresh, self.score, self.noise.steadiness());
    }

    /// A declared ratio makes up for most of the time after which the noise is known.
    fn age_for_noise(&self) -> f64 {
        self.age + if self.is_expected { EXPECTED_SECONDS } else { 0.0 }
    }

    /// Whether the ratio has gone back to what it was before a rise that stayed, or seems to. When it has, that is usual again.
    fn may_have_returned(&mut self, new: Counted) -> bool {
        let Some(kept) = &mut self.kept else { return false };
        let stays = kept.compare(new, self.baseline.ratio(), self.noise.dispersion());
        if matches!(stays, Stays::Yes | Stays::Doubtful) {
            return stays == Stays::Doubtful;
        }
        let Some(kept) = self.kept.take() else { return false };
        if stays == Stays::Returned {
            self.baseline = kept.before;
            (self.evidence, self.score) = (Evidence::default(), 0.0);
        }
        stays == Stays::Returned
    }

    fn average_rate(&mut self, seconds: f64, exposure: f64) {
        self.rate = if self.rate < 0.0 {
            exposure / seconds
        } else {
            self.rate + (1.0 - exp(-seconds / RATE_SECONDS)) * (exposure / seconds - self.rate)
        };
    }

    fn learn_noise(&mut self, fresh: Counted, ratio: f64) {
        if ratio > 0.0 {
            self.noise.add(fresh.seconds, fresh.count, ratio * fresh.exposure);
        }
        if self.noise.close(self.baseline.count(), self.age_for_noise()) {
            let new_pattern = self.season.learn(SEASON_FIT_SECONDS, self.age, self.noise.dispersion());
            if new_pattern {
                self.noise.forget();
            }
        }
    }

    /// Seconds in which ten escalations are usual. It sets the scale of the score and of the end of a page.
    fn natural_seconds(&self) -> f64 {
        NATURAL_ESCALATIONS / (self.baseline.ratio() * self.rate).max(1e-9)
    }

    /// The score, but 0 where it may be high by the passing of time alone: in a system that hardly ever escalates.
    fn score_of_rise(&self) -> f64 {
        let by_time = self.natural_seconds() > DAY_SECONDS && self.evidence.total() < 0.5 * self.threshold;
        if by_time { 0.0 } else { self.score }
    }

    fn score_now(&self) -> f64 {
        let natural = self.natural_seconds();
        ln(1.0 + self.evidence.total() / natural) / ln(1.0 + self.threshold / natural)
    }
}

/// The sum of evidence at which an episode begins, when one false page is allowed in `seconds`.
fn threshold(seconds: f64) -> f64 {
    let months = (seconds / MONTH_SECONDS).max(1.0);
    seconds * overshoot_correction() * pow(months, RARE_POWER)
}

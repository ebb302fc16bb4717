//! The detector of one system: whether the escalation ratio has risen above what is usual at this hour, and when that is
//! over.
//!
//! Call [`Detector::observe`] with each escalation, and at least once a minute while there is anything to observe; call
//! [`Detector::learn`] once a minute. The detector knows no events, metrics or clocks, only seconds, exposure (tasks, or
//! seconds for a system that sends none) and numbers of escalations.

mod readings;

use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::counted::Counted;
use super::evidence::{self, Evidence};
use super::latch::{self, Ended, Latch};
use super::maths::{exp, ln};
use super::noise::Noise;
use super::rises::overshoot_correction;
use super::season::Season;
use super::seconds::HOUR_SECONDS;
use super::temper::Temper;

/// Time constant of the average rate of exposure.
const RATE_SECONDS: f64 = 1_800.0;
/// Fewer escalations since the estimated onset do not page. In a system that hardly ever escalates, time alone fills the
/// sums: after a quiet month a single escalation would page.
const PAGE_ESCALATIONS_MIN: f64 = 3.0;
/// The season is learned once the baseline rests on this many escalations.
const SEASON_BASELINE_MIN: f64 = 30.0;
/// Time between two fits of the season: a long block of [`Noise`].
const SEASON_FIT_SECONDS: f64 = 6.0 * HOUR_SECONDS;
/// Escalations in the natural time of a system.
const NATURAL_ESCALATIONS: f64 = 10.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    /// The sum of [`Evidence`] that pages, in seconds.
    threshold: f64,
    /// Seconds since the first event.
    age: f64,
    evidence: Evidence,
    baseline: Baseline,
    noise: Noise,
    season: Season,
    latch: Option<Latch>,
    temper: Temper,
    /// Average exposure per second; negative before anything was observed.
    rate: f64,
    /// Observed since the last call of [`Detector::learn`].
    fresh: Counted,
    score: f64,
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
            threshold: seconds * overshoot_correction(),
            age: 0.0,
            evidence: Evidence::default(),
            baseline: Baseline::default(),
            noise: Noise::default(),
            season: Season::default(),
            latch: None,
            temper: Temper::default(),
            rate: -1.0,
            fresh: Counted::default(),
            score: 0.0,
        }
    }

    /// A detector that is given the ratio and assumes Poisson counts, for benchmarks.
    pub fn with_known_ratio(seconds: f64, ratio: f64) -> Detector {
        Detector { baseline: Baseline::known(ratio), noise: Noise::none(), ..Detector::new(seconds) }
    }

    /// A detector with the same setting that has learned nothing. The count of unconfirmed pages goes on.
    pub fn restarted(&self) -> Detector {
        Detector { temper: self.temper.restored(), ..Detector::new(self.allowed()) }
    }

    /// Changes the time in which one false page is allowed.
    pub fn allow(&mut self, seconds: f64) {
        self.threshold = seconds * overshoot_correction();
    }

    /// The time in which one false page is allowed, in seconds.
    pub fn allowed(&self) -> f64 {
        self.threshold / overshoot_correction()
    }

    /// `seconds` went by with `tasks` of exposure at this hour of the week, and at their end came `count` escalations.
    pub fn observe(&mut self, seconds: f64, tasks: f64, count: f64, hour: usize) -> PageChange {
        let new = Counted { count, exposure: tasks * self.season.factor(hour), seconds };
        self.age += seconds;
        if self.temper.is_reduced() {
            self.temper.recover(seconds, self.allowed());
        }
        if self.latch.is_some() { self.observe_page(new) } else { self.observe_quiet(new) }
    }

    fn observe_quiet(&mut self, new: Counted) -> PageChange {
        self.fresh.add(new);
        let (usual, corrections) = (self.baseline.usual(), self.noise.corrections());
        if usual.exposure <= 0.0 {
            return PageChange::None;
        }
        self.evidence.add(new, evidence::Terms { usual, corrections, power: self.temper.power() });
        if new.count <= 0.0 || self.evidence.total() < self.threshold {
            return PageChange::None;
        }
        let (rise, since) = self.evidence.leading(corrections);
        if since.count < PAGE_ESCALATIONS_MIN {
            return PageChange::None;
        }
        self.begin_page(rise);
        PageChange::Page(since)
    }

    fn begin_page(&mut self, rise: f64) {
        self.score = self.score_now().max(1.0);
        self.latch = Some(Latch::new(rise));
        self.noise.note_page();
        self.baseline.discard();
        self.fresh = Counted::default();
    }

    fn observe_page(&mut self, new: Counted) -> PageChange {
        let terms = latch::LatchTerms {
            expected: self.baseline.ratio() * self.noise.ceiling() * new.exposure,
            natural_seconds: self.natural_seconds(),
            noise: &self.noise,
            power: self.temper.power(),
        };
        let Some(latch) = &mut self.latch else { return PageChange::None };
        let Some(ended) = latch.observe(new, terms) else { return PageChange::None };
        if !latch.confirmed() {
            self.temper.page_was_unconfirmed();
        }
        if ended == Ended::NewNormal {
            self.baseline.adopt(latch.since_page());
        }
        self.forget_page();
        PageChange::Over(ended)
    }

    /// Ends a page without any judgement.
    pub fn forget_page(&mut self) {
        self.latch = None;
        self.evidence = Evidence::default();
        self.score = 0.0;
    }

    /// In place of [`Detector::learn`] when exposure was only assumed: nothing is learned from it.
    pub fn skip_lesson(&mut self) {
        self.fresh = Counted::default();
        self.score = if self.latch.is_some() { self.score } else { self.score_now() };
    }

    /// Learns what is usual from what was observed since the last call, `seconds` ago, with `tasks` of exposure.
    pub fn learn(&mut self, seconds: f64, tasks: f64, hour: usize) {
        if seconds <= 0.0 {
            return;
        }
        self.average_rate(seconds, tasks * self.season.factor(hour));
        if self.latch.is_some() {
            self.noise.close(self.baseline.count(), self.age);
            return;
        }
        self.noise.note_score(self.score);
        self.score = self.score_now();
        let fresh = std::mem::take(&mut self.fresh);
        let ratio = self.baseline.ratio();
        self.learn_noise(fresh, ratio);
        if self.baseline.count() >= SEASON_BASELINE_MIN {
            self.season.add(hour, fresh.count, ratio * tasks);
        }
        self.baseline.learn(fresh, self.score, self.noise.steadiness());
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
        if self.noise.close(self.baseline.count(), self.age) {
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

    fn score_now(&self) -> f64 {
        let natural = self.natural_seconds();
        ln(1.0 + self.evidence.total() / natural) / ln(1.0 + self.threshold / natural)
    }
}

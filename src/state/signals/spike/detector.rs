//! The detector: when escalations have risen beyond what is usual at this hour, and when that is over.
//!
//! [`Detector::observe`] is told what happened, at each escalation and at least once a minute in between while there is
//! anything to tell; [`Detector::learn`] once a minute. Nothing here knows events, metrics or clocks: the numbers are
//! seconds, exposure (tasks, or seconds for a system that sends none) and escalations.

use serde::{Deserialize, Serialize};

use super::baseline::{Baseline, Counted};
use super::evidence::{Evidence, overshoot};
use super::latch::{Ended, Latch};
use super::maths::{exp, exp_quick, ln};
use super::noise::Noise;
use super::season::Season;

const DAY: f64 = 86_400.0;
/// Time over which the rate of exposure is averaged.
const RATE_SECONDS: f64 = 1_800.0;
/// What a page that nothing confirmed costs the evidence of the next, and the least that is left of it.
const TEMPER: f64 = 0.75;
const TEMPER_MIN: f64 = 0.05;
/// ln(1 / TEMPER): one such page is made up for in the time in which one is allowed.
const TEMPER_BACK: f64 = 0.287_682_072_451_780_9;
/// Escalations and days before the usual ratio is called known.
const LEARNED_ESCALATIONS: f64 = 100.0;
const LEARNED_SECONDS: f64 = 3.0 * DAY;
/// Escalations since the onset, about, below which nothing pages. In a system that hardly ever escalates the time alone
/// fills the sums: after a quiet month one escalation would page.
const PAGE_ESCALATIONS_MIN: f64 = 3.0;

/// One system's detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    /// The sum that pages, in seconds.
    threshold: f64,
    /// Seconds of life.
    age: f64,
    evidence: Evidence,
    baseline: Baseline,
    noise: Noise,
    season: Season,
    latch: Option<Latch>,
    /// How much the evidence counts, 1 unless pages were not confirmed.
    temper: f64,
    unconfirmed: u64,
    /// Exposure a second, averaged; negative before anything was seen.
    rate: f64,
    /// Since the last [`Detector::learn`].
    fresh: Counted,
    score: f64,
}

/// What became of an observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    None,
    /// A page began, after so many escalations in so much exposure and so many seconds since the onset, about.
    Page(Counted),
    /// The page is over.
    Over(Ended),
}

impl Detector {
    /// `seconds` is the time in which one false page is allowed: 30 days for one a month.
    pub fn new(seconds: f64) -> Detector {
        Detector {
            threshold: seconds * overshoot(),
            age: 0.0,
            evidence: Evidence::default(),
            baseline: Baseline::default(),
            noise: Noise::default(),
            season: Season::default(),
            latch: None,
            temper: 1.0,
            unconfirmed: 0,
            rate: -1.0,
            fresh: Counted::default(),
            score: 0.0,
        }
    }

    /// One that knows the ratio and that nothing disturbs it; for comparisons.
    pub fn with_known_ratio(seconds: f64, ratio: f64) -> Detector {
        Detector { baseline: Baseline::known(ratio), noise: Noise::none(), ..Detector::new(seconds) }
    }

    /// With nothing learned and the same setting; what it says of its own pages goes on.
    pub fn begin_anew(&self) -> Detector {
        Detector { unconfirmed: self.unconfirmed, ..Detector::new(self.allowed()) }
    }

    /// The setting changed.
    pub fn allow(&mut self, seconds: f64) {
        self.threshold = seconds * overshoot();
    }

    /// `seconds` went by with `tasks` of exposure at this hour, and at their end came `count` escalations.
    pub fn observe(&mut self, seconds: f64, tasks: f64, count: f64, hour: usize) -> Change {
        let exposure = tasks * self.season.factor(hour);
        self.age += seconds;
        if self.temper < 1.0 {
            self.temper = (self.temper * exp_quick(TEMPER_BACK * seconds / self.allowed())).min(1.0);
        }
        if self.latch.is_some() {
            return self.observe_page(Counted { count, exposure, seconds });
        }
        self.fresh.add(Counted { count, exposure, seconds });
        if self.baseline.usual().exposure <= 0.0 {
            return Change::None;
        }
        self.evidence.add(seconds, exposure, count, self.baseline.usual(), self.noise.care(), self.temper);
        if self.evidence.total() < self.threshold || count <= 0.0 {
            return Change::None;
        }
        if self.evidence.leading(self.noise.care()).1.count < PAGE_ESCALATIONS_MIN {
            return Change::None;
        }
        Change::Page(self.begin_page())
    }

    /// The time in which one false page is allowed, in seconds.
    pub fn allowed(&self) -> f64 {
        self.threshold / overshoot()
    }

    fn begin_page(&mut self) -> Counted {
        let (rise, since) = self.evidence.leading(self.noise.care());
        self.score = self.score_now().max(1.0);
        self.latch = Some(Latch::new(rise));
        self.noise.spoil();
        self.baseline.discard();
        self.fresh = Counted::default();
        since
    }

    fn observe_page(&mut self, new: Counted) -> Change {
        let natural = self.natural_seconds();
        let expected = self.baseline.ratio() * self.noise.ceiling() * new.exposure;
        let Some(latch) = &mut self.latch else { return Change::None };
        let ended = latch.observe(new, expected, natural, &self.noise, self.temper);
        let Some(ended) = ended else { return Change::None };
        if !latch.confirmed() {
            self.unconfirmed += 1;
            self.temper = (self.temper * TEMPER).max(TEMPER_MIN);
        }
        if ended == Ended::NewNormal {
            self.baseline.adopt(latch.since_page());
        }
        self.latch = None;
        self.evidence = Evidence::default();
        self.score = 0.0;
        Change::Over(ended)
    }

    /// Ends a page without any judgement: nothing comes any more, or a comparison begins.
    pub fn forget_page(&mut self) {
        self.latch = None;
        self.evidence = Evidence::default();
        self.score = 0.0;
    }

    /// What came since the last lesson teaches nothing: its exposure was only assumed.
    pub fn leave_out(&mut self) {
        self.fresh = Counted::default();
        self.score = if self.latch.is_some() { self.score } else { self.score_now() };
    }

    /// Once a minute: what came since the last time teaches what is usual. `tasks` is the exposure since then.
    pub fn learn(&mut self, seconds: f64, tasks: f64, hour: usize) {
        if seconds <= 0.0 {
            return;
        }
        let exposure = tasks * self.season.factor(hour);
        self.rate = if self.rate < 0.0 {
            exposure / seconds
        } else {
            self.rate + (1.0 - exp(-seconds / RATE_SECONDS)) * (exposure / seconds - self.rate)
        };
        if self.latch.is_some() {
            self.noise.close(self.baseline.count(), self.age);
            return;
        }
        self.noise.note(self.score);
        self.score = self.score_now();
        let fresh = std::mem::take(&mut self.fresh);
        let ratio = self.baseline.ratio();
        if ratio > 0.0 {
            self.noise.add(fresh.seconds, fresh.count, ratio * fresh.exposure);
        }
        if self.noise.close(self.baseline.count(), self.age) {
            let new_rhythm = self.season.learn(6.0 * 3_600.0, self.age, self.noise.dispersion());
            if new_rhythm {
                self.noise.forget();
            }
        }
        if self.baseline.count() >= 30.0 {
            self.season.add(hour, fresh.count, ratio * tasks);
        }
        self.baseline.learn(fresh, self.score, self.noise.steadiness());
    }

    /// Seconds in which some ten escalations are usual: the scale of scores and of a page's end.
    fn natural_seconds(&self) -> f64 {
        10.0 / (self.baseline.ratio() * self.rate).max(1e-9)
    }

    fn score_now(&self) -> f64 {
        let natural = self.natural_seconds();
        ln(1.0 + self.evidence.total() / natural) / ln(1.0 + self.threshold / natural)
    }
}

/// What people and metrics read.
impl Detector {
    /// 1 is a page; during one at least 1.
    pub fn score(&self) -> f64 {
        self.score
    }

    pub fn page(&self) -> Option<&Latch> {
        self.latch.as_ref()
    }

    /// The usual ratio at this hour; 0 while nothing is known.
    pub fn usual_ratio(&self, hour: usize) -> f64 {
        self.baseline.ratio() * self.season.factor(hour)
    }

    pub fn baseline(&self) -> &Baseline {
        &self.baseline
    }

    /// Exposure a second, averaged over half an hour; 0 before anything was learned. Adjusted for the hours.
    pub fn rate(&self) -> f64 {
        self.rate.max(0.0)
    }

    pub fn noise(&self) -> &Noise {
        &self.noise
    }

    pub fn hour_factor(&self, hour: usize) -> f64 {
        self.season.factor(hour)
    }

    /// Pages that what came after them did not confirm: its own count of false ones.
    pub fn unconfirmed(&self) -> u64 {
        self.unconfirmed
    }

    /// How far learning is: escalations and seconds, and how many of each it takes.
    pub fn learned(&self) -> [(f64, f64); 2] {
        [(self.baseline.count(), LEARNED_ESCALATIONS), (self.age, LEARNED_SECONDS)]
    }

    /// Too little was seen to call the ratio known. It may page all the same, for what stands out from little.
    pub fn is_learning(&self) -> bool {
        self.baseline.count() < LEARNED_ESCALATIONS || self.age < LEARNED_SECONDS
    }
}

//! Simulated systems: tasks and escalations minute by minute, with nine kinds of normal behavior.

use std::f64::consts::TAU;

use super::random::Random;

pub const MINUTE: f64 = 60.0;
pub const DAY: f64 = 86_400.0;
pub const MONTH: f64 = 30.0 * DAY;

/// How a system behaves while nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Constant traffic, constant ratio, Poisson counts.
    Const,
    /// A case is escalated three times on average and each time is counted, which day90 does not do.
    Retry,
    /// Everything at once: a daily season, wander, drift and counted retries.
    All,
    /// The ratio is drawn again at random every ten minutes.
    Frail,
    /// The ratio goes up and down by a third within 20 days.
    Drift,
    /// The ratio is higher at night.
    Season,
    /// The ratio wanders: by a fifth, for about two hours.
    Ou,
    /// The same cases as in `Retry`, each counted once.
    Dedupe,
    /// No tasks from midnight to eight.
    Gap,
}

impl Scenario {
    pub const ALL: [Scenario; 9] = [
        Scenario::Const,
        Scenario::Retry,
        Scenario::All,
        Scenario::Frail,
        Scenario::Drift,
        Scenario::Season,
        Scenario::Ou,
        Scenario::Dedupe,
        Scenario::Gap,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Scenario::Const => "const",
            Scenario::Retry => "retry",
            Scenario::All => "all",
            Scenario::Frail => "frail",
            Scenario::Drift => "drift",
            Scenario::Season => "season",
            Scenario::Ou => "ou",
            Scenario::Dedupe => "dedupe",
            Scenario::Gap => "gap",
        }
    }

    /// Whether traffic has a daily and a weekly season.
    fn has_days(self) -> bool {
        !matches!(self, Scenario::Const | Scenario::Retry | Scenario::Dedupe)
    }

    fn retries(self) -> bool {
        matches!(self, Scenario::Retry | Scenario::All)
    }
}

/// Tasks a second at which every scenario is run.
pub const RATES: [f64; 3] = [0.02, 0.1, 1.0];
/// The usual ratio.
pub const RATIO: f64 = 0.04;

/// The hour of the week, 0 to 167: day 0 is a Monday.
pub fn hour_of_week(at: f64) -> usize {
    ((at / 3_600.0) as usize) % 168
}

/// One simulated system.
#[derive(Clone)]
pub struct Traffic {
    scenario: Scenario,
    rate: f64,
    pub random: Random,
    wander: f64,
    /// Which ten minutes the burst is of, and its factor.
    burst: (i64, f64),
    phase: f64,
    /// When cases will be escalated again.
    again: Vec<f64>,
}

impl Traffic {
    pub fn new(scenario: Scenario, rate: f64, seed: u64) -> Traffic {
        let mut random = Random::new(seed);
        let wander = random.normal();
        let phase = random.uniform();
        Traffic { scenario, rate, random, wander, burst: (-1, 1.0), phase, again: Vec::new() }
    }

    /// Tasks and escalations in the minute that begins at `at`, while the ratio is `rise` times its usual one.
    pub fn minute(&mut self, at: f64, rise: f64) -> (f64, f64) {
        let hour = (at / 3_600.0) % 24.0;
        let mut ratio = RATIO;
        self.disturb(&mut ratio, at, hour);
        let tasks = self.random.poisson(self.rate_at(at, hour) * MINUTE);
        let each = if self.scenario.retries() || self.scenario == Scenario::Dedupe { 3.0 } else { 1.0 };
        let fresh = self.random.poisson(tasks * (ratio * rise / each).min(0.95));
        let repeated = if self.scenario.retries() { self.repeat(at, fresh) } else { 0.0 };
        (tasks, fresh + repeated)
    }

    fn rate_at(&self, at: f64, hour: f64) -> f64 {
        let mut rate = self.rate;
        if self.scenario.has_days() {
            let weekend = ((at / DAY) as i64) % 7 >= 5;
            rate *= (1.0 + 0.7 * ((hour - 14.0) * TAU / 24.0).cos()) * if weekend { 0.5 } else { 1.0 };
        }
        if self.scenario == Scenario::Gap && hour < 8.0 { 0.0 } else { rate }
    }

    fn disturb(&mut self, ratio: &mut f64, at: f64, hour: f64) {
        let night = ((hour - 3.0) * TAU / 24.0).cos();
        let slow = ((at / (20.0 * DAY) + self.phase) * TAU).sin();
        match self.scenario {
            Scenario::Drift => *ratio *= (0.3 * slow).exp(),
            Scenario::Season => *ratio *= 1.0 + 0.4 * night,
            Scenario::Ou => {
                self.wander();
                *ratio *= (0.2 * self.wander - 0.02).exp();
            }
            Scenario::Frail => {
                let number = (at / 600.0) as i64;
                if number != self.burst.0 {
                    self.burst = (number, self.random.gamma(4.0) / 4.0);
                }
                *ratio *= self.burst.1;
            }
            Scenario::All => {
                *ratio *= 1.0 + 0.3 * night;
                self.wander();
                *ratio *= (0.15 * self.wander).exp();
                *ratio *= (0.2 * slow).exp();
            }
            Scenario::Const | Scenario::Retry | Scenario::Dedupe | Scenario::Gap => {}
        }
    }

    /// One minute of an Ornstein–Uhlenbeck process with a time constant of two hours.
    fn wander(&mut self) {
        let kept = (-MINUTE / 7_200f64).exp();
        self.wander = kept * self.wander + (1.0 - kept * kept).sqrt() * self.random.normal();
    }

    /// Each case is repeated with a probability of two thirds, on average two minutes later. Returns the repetitions of this
    /// minute.
    fn repeat(&mut self, at: f64, fresh: f64) -> f64 {
        for _ in 0..fresh as u64 {
            let mut later = 0.0;
            while self.random.uniform() < 2.0 / 3.0 {
                later += self.random.exponential() * 120.0;
                self.again.push(at + later);
            }
        }
        let waiting = self.again.len();
        self.again.retain(|due| *due > at + MINUTE);
        (waiting - self.again.len()) as f64
    }
}

//! A constant, known ratio: the detector compared with the CUSUM that also knows the size of the spike, which is optimal. The
//! cost of learning is not included. The detector is not tuned: its threshold is the setting.

use day90::state::signals::spike::detector::{Detector, PageChange};

use super::numbers::{Delays, Table, Verdict, geometric_mean, in_parallel, largest, minutes};
use super::random::Random;
use super::rules::Maxima;
use super::steady::steady;
use super::traffic::{DAY, MONTH, RATIO};

const RATES: [f64; 7] = [0.005, 0.02, 0.05, 0.1, 0.5, 5.0, 50.0];
const RISES: [f64; 6] = [1.3, 1.5, 2.0, 3.0, 5.0, 10.0];
/// Blocks of ten days on which the oracle's threshold is tuned.
const BLOCKS: usize = 500;
const SPIKES: usize = 300;
const SPIKE_SEED: u64 = 7_000_000;

pub struct Known {
    pub table: Table,
    pub verdicts: Vec<Verdict>,
}

/// One rate of traffic, in bins of time as a scraper would see it.
#[derive(Clone, Copy)]
struct Setup {
    rate: f64,
    bin: f64,
}

impl Setup {
    fn new(rate: f64) -> Setup {
        Setup { rate, bin: if rate <= 0.05 { 60.0 } else { 15.0 } }
    }

    /// Tasks and escalations of a bin.
    fn next(self, random: &mut Random, ratio: f64) -> (f64, f64) {
        steady(random, self.rate * self.bin, ratio)
    }

    fn bins(self, seconds: f64) -> usize {
        (seconds / self.bin) as usize
    }

    /// The asymptotic delay of the optimal detector in seconds: the logarithm of the allowed tasks between false pages, over the
    /// Kullback–Leibler divergence.
    fn in_theory(self, rise: f64, days: f64) -> f64 {
        let risen = RATIO * rise;
        let divergence = risen * rise.ln() + (1.0 - risen) * ((1.0 - risen) / (1.0 - RATIO)).ln();
        (days * DAY * self.rate).ln() / divergence / self.rate
    }
}

/// The CUSUM of one size of spike.
#[derive(Clone, Copy)]
struct Oracle {
    escalated: f64,
    other: f64,
    sum: f64,
}

impl Oracle {
    fn new(rise: f64) -> Oracle {
        let risen = (RATIO * rise).min(0.9);
        Oracle { escalated: (risen / RATIO).ln(), other: ((1.0 - risen) / (1.0 - RATIO)).ln(), sum: 0.0 }
    }

    fn bin(&mut self, tasks: f64, count: f64) -> f64 {
        self.sum = (self.sum + self.escalated * count + self.other * (tasks - count)).max(0.0);
        self.sum
    }
}

/// The thresholds at which the oracle of each size pages falsely once in 30 days.
fn tune(setup: Setup) -> [f32; 6] {
    let mut random = Random::new(1_000 + (setup.rate * 1_000.0) as u64);
    let mut oracles = RISES.map(Oracle::new);
    let mut maxima = [(); 6].map(|()| Maxima::default());
    for _ in 0..BLOCKS {
        let mut highest = [0.0f64; 6];
        for _ in 0..setup.bins(Maxima::DAYS * DAY) {
            let (tasks, count) = setup.next(&mut random, RATIO);
            for (oracle, highest) in oracles.iter_mut().zip(&mut highest) {
                *highest = highest.max(oracle.bin(tasks, count));
            }
        }
        maxima.iter_mut().zip(highest).for_each(|(maxima, highest)| maxima.add(highest as f32));
    }
    maxima.map(Maxima::threshold)
}

/// Delays of oracle and detector for one spike.
fn spike(setup: Setup, rise: f64, threshold: f32, number: usize) -> [Delays; 2] {
    let mut random =
        Random::new(SPIKE_SEED + (setup.rate * 1e6) as u64 + (rise * 100.0) as u64 * 1_000_003 + number as u64);
    let mut oracle = Oracle::new(rise);
    let mut detector = Detector::with_known_ratio(MONTH, RATIO);
    let warm = if setup.rate <= 0.05 { 2.0 * DAY } else { 0.5 * DAY };
    for _ in 0..setup.bins(warm) {
        let (tasks, count) = setup.next(&mut random, RATIO);
        oracle.bin(tasks, count);
        detector.observe(setup.bin, tasks, count, 0);
    }
    if detector.page().is_some() {
        detector.forget_page();
    }
    let longest = setup.bins((6.0 * setup.in_theory(rise, 90.0) + 7_200.0).min(6.0 * DAY));
    let mut found = [None; 2];
    for bin in 0..longest {
        let (tasks, count) = setup.next(&mut random, RATIO * rise);
        let by_oracle = oracle.bin(tasks, count) as f32 > threshold;
        let by_detector = matches!(detector.observe(setup.bin, tasks, count, 0), PageChange::Page(_));
        for (found, now) in found.iter_mut().zip([by_oracle, by_detector]) {
            if found.is_none() && now {
                *found = Some(bin);
            }
        }
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    found.map(|found| Delays::one(found, longest, setup.bin / 60.0))
}

pub fn run() -> Known {
    let thresholds = in_parallel(RATES.len(), |number| tune(Setup::new(RATES[RATES.len() - 1 - number])));
    let mut cells = Vec::new();
    for (at, rate) in RATES.into_iter().enumerate() {
        let setup = Setup::new(rate);
        // Spikes that take longer than two days in theory are left out.
        for (size, rise) in RISES.into_iter().enumerate().filter(|(_, rise)| setup.in_theory(*rise, 30.0) <= 2.0 * DAY)
        {
            cells.push((setup, rise, thresholds[RATES.len() - 1 - at][size]));
        }
    }
    let each = in_parallel(cells.len() * SPIKES, |number| {
        let (setup, rise, threshold) = cells[number / SPIKES];
        spike(setup, rise, threshold, number % SPIKES)
    });
    let mut table = Table::new(&["tasks a second", "size", "oracle CUSUM", "day90", "day90 ÷ oracle"]);
    let mut ratios = Vec::new();
    for ((setup, rise, _), spikes) in cells.iter().zip(each.chunks(SPIKES)) {
        let mut delays = [Delays::default(); 2];
        spikes.iter().for_each(|spike| delays.iter_mut().zip(spike).for_each(|(all, one)| all.merge(*one)));
        let ratio = delays[1].mean() / delays[0].mean();
        ratios.push(ratio);
        let [oracle, detector] = delays.map(|delays| minutes(delays.mean()));
        table.row([setup.rate.to_string(), format!("×{rise}"), oracle, detector, format!("{ratio:.2}")]);
    }
    let mean = geometric_mean(ratios.iter().copied());
    let verdicts = vec![
        Verdict { name: "known-ratio-mean", value: mean, at_most: 1.25 },
        Verdict { name: "known-ratio-worst", value: largest(ratios), at_most: 1.40 },
    ];
    Known { table, verdicts }
}

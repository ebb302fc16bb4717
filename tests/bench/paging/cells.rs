//! The main protocol: nine kinds of normal behavior at three rates of traffic. False pages of the detector in each, and its
//! delays for spikes of four sizes, compared with rules that were tuned in hindsight.

use super::numbers::{Delays, in_parallel};
use super::rules::{Maxima, RULES, Rules};
use super::subject::Subject;
use super::traffic::{DAY, MINUTE, MONTH, RATES, Scenario, Traffic};

pub const RISES: [f64; 4] = [1.5, 2.0, 3.0, 5.0];
pub const WARM_DAYS: f64 = 21.0;
pub const JUDGED_DAYS: f64 = 60.0;
const SPIKE_SEED: u64 = 990_077;
/// Minutes after which a spike counts as missed.
const LONGEST: usize = 3 * 1_440;
const MINUTES_A_DAY: f64 = DAY / MINUTE;

/// The random seeds of days without spikes.
#[derive(Clone, Copy)]
pub struct Seeds {
    pub first: u64,
    pub replicates: usize,
}

/// The rules are tuned on these, and the detector was developed on them.
pub const DESIGN: Seeds = Seeds { first: 77, replicates: 20 };
/// The reported numbers come from these.
pub const FRESH: Seeds = Seeds { first: 500_000_077, replicates: 40 };

impl Seeds {
    fn seed(self, replicate: usize) -> u64 {
        self.first + 1_000 * replicate as u64
    }
}

/// A kind of normal behavior at a rate of traffic.
#[derive(Clone, Copy)]
pub struct Cell {
    pub scenario: Scenario,
    pub rate: f64,
}

pub fn all_cells() -> Vec<Cell> {
    Scenario::ALL.iter().flat_map(|&scenario| RATES.map(|rate| Cell { scenario, rate })).collect()
}

/// False pages of a cell.
#[derive(Clone, Copy, Debug, Default)]
pub struct FalsePages {
    pub judged: f64,
    pub warm: f64,
    pub replicates: f64,
    pub dispersion: f64,
    pub wander: f64,
}

impl FalsePages {
    /// In 30 days, after the first 21.
    pub fn a_month(&self) -> f64 {
        self.judged / self.replicates / JUDGED_DAYS * 30.0
    }

    pub fn standard_error(&self) -> f64 {
        self.judged.max(1.0).sqrt() / self.replicates / JUDGED_DAYS * 30.0
    }

    /// In the first 21 days.
    pub fn while_learning(&self) -> f64 {
        self.warm / self.replicates
    }

    pub fn merge(&mut self, other: FalsePages) {
        self.judged += other.judged;
        self.warm += other.warm;
        self.replicates += other.replicates;
        self.dispersion += other.dispersion;
        self.wander += other.wander;
    }
}

/// Counts the pages of days without spikes; `next` gives the exposure and escalations of the bin at a time.
pub fn count_false_pages(subject: &mut Subject, bin: f64, mut next: impl FnMut(f64) -> (f64, f64)) -> FalsePages {
    let bins = |days: f64| (days * DAY / bin) as usize;
    let mut pages = FalsePages { replicates: 1.0, ..FalsePages::default() };
    for number in 0..bins(WARM_DAYS + JUDGED_DAYS) {
        let at = number as f64 * bin;
        let (exposure, count) = next(at);
        if subject.bin(at, bin, exposure, count) {
            if number >= bins(WARM_DAYS) { pages.judged += 1.0 } else { pages.warm += 1.0 }
        }
    }
    let noise = subject.detector.noise();
    FalsePages { dispersion: noise.dispersion(), wander: noise.wander(), ..pages }
}

/// False pages in each cell, with one allowed a month.
pub fn false_pages(cells: &[Cell], seeds: Seeds) -> Vec<FalsePages> {
    let each = in_parallel(cells.len() * seeds.replicates, |number| {
        let cell = cells[number / seeds.replicates];
        let mut traffic = Traffic::new(cell.scenario, cell.rate, seeds.seed(number % seeds.replicates));
        count_false_pages(&mut Subject::new(MONTH), MINUTE, |at| traffic.minute(at, 1.0))
    });
    each.chunks(seeds.replicates)
        .map(|cell| {
            let mut all = FalsePages::default();
            cell.iter().for_each(|one| all.merge(*one));
            all
        })
        .collect()
}

pub type Thresholds = [f32; RULES];

/// For each cell, the threshold at which each rule pages falsely once in 30 days.
pub fn tune_rules(cells: &[Cell]) -> Vec<Thresholds> {
    in_parallel(cells.len(), |number| {
        let cell = cells[number];
        let mut maxima = [(); RULES].map(|()| Maxima::default());
        for replicate in 0..DESIGN.replicates {
            let mut traffic = Traffic::new(cell.scenario, cell.rate, DESIGN.seed(replicate));
            let mut rules = Rules::default();
            let mut highest = [f32::MIN; RULES];
            for minute in 0..((WARM_DAYS + JUDGED_DAYS) * MINUTES_A_DAY) as usize {
                let (tasks, count) = traffic.minute(minute as f64 * MINUTE, 1.0);
                let numbers = rules.minute(tasks, count);
                let Some(judged) = minute.checked_sub((WARM_DAYS * MINUTES_A_DAY) as usize) else { continue };
                for (highest, number) in highest.iter_mut().zip(numbers) {
                    *highest = highest.max(number);
                }
                if (judged + 1) % (Maxima::DAYS * MINUTES_A_DAY) as usize == 0 {
                    maxima.iter_mut().zip(&mut highest).for_each(|(maxima, highest)| {
                        maxima.add(std::mem::replace(highest, f32::MIN));
                    });
                }
            }
        }
        maxima.map(Maxima::threshold)
    })
}

/// Delays for the four sizes of spike in one cell, of `N` detectors or rules.
pub type CellDelays<const N: usize> = [[Delays; N]; 4];

/// Traffic up to a spike, which begins after 21 days and a random part of the next one.
fn until_spike(cell: Cell, replicate: usize, mut watch: impl FnMut(f64, f64, f64)) -> (Traffic, usize) {
    let mut traffic = Traffic::new(cell.scenario, cell.rate, SPIKE_SEED + 1_000 * replicate as u64);
    let begins = ((WARM_DAYS + traffic.random.uniform()) * DAY / MINUTE) as usize;
    for minute in 0..begins {
        let at = minute as f64 * MINUTE;
        let (tasks, count) = traffic.minute(at, 1.0);
        watch(at, tasks, count);
    }
    (traffic, begins)
}

fn gather<const N: usize>(cells: &[Cell], spikes: usize, each: Vec<CellDelays<N>>) -> Vec<CellDelays<N>> {
    let mut all = vec![[[Delays::default(); N]; 4]; cells.len()];
    for (number, one) in each.iter().enumerate() {
        for (sum, part) in all[number / spikes].iter_mut().flatten().zip(one.iter().flatten()) {
            sum.merge(*part);
        }
    }
    all
}

/// Delays of the detector in each cell.
pub fn detector_delays(cells: &[Cell], spikes: usize) -> Vec<CellDelays<1>> {
    let each = in_parallel(cells.len() * spikes, |number| {
        let mut subject = Subject::new(MONTH);
        let (traffic, begins) = until_spike(cells[number / spikes], number % spikes, |at, tasks, count| {
            subject.bin(at, MINUTE, tasks, count);
        });
        subject.ready();
        RISES.map(|rise| {
            let (mut traffic, mut subject) = (traffic.clone(), subject.clone());
            let found = (0..LONGEST).find(|minute| {
                let at = (begins + minute) as f64 * MINUTE;
                let (tasks, count) = traffic.minute(at, rise);
                subject.bin(at, MINUTE, tasks, count)
            });
            [Delays::one(found, LONGEST, 1.0)]
        })
    });
    gather(cells, spikes, each)
}

/// Delays of all rules in each cell, at the thresholds of `thresholds[cell]`.
pub fn rule_delays(cells: &[Cell], thresholds: &[Thresholds], spikes: usize) -> Vec<CellDelays<RULES>> {
    let each = in_parallel(cells.len() * spikes, |number| {
        let thresholds = &thresholds[number / spikes];
        let mut rules = Rules::default();
        let (traffic, begins) = until_spike(cells[number / spikes], number % spikes, |_, tasks, count| {
            rules.minute(tasks, count);
        });
        RISES.map(|rise| {
            let (mut traffic, mut rules) = (traffic.clone(), rules.clone());
            let mut found = [None; RULES];
            for minute in 0..LONGEST {
                let (tasks, count) = traffic.minute((begins + minute) as f64 * MINUTE, rise);
                let numbers = rules.minute(tasks, count);
                for rule in 0..RULES {
                    if found[rule].is_none() && numbers[rule] > thresholds[rule] {
                        found[rule] = Some(minute);
                    }
                }
                if found.iter().all(Option::is_some) {
                    break;
                }
            }
            found.map(|found| Delays::one(found, LONGEST, 1.0))
        })
    });
    gather(cells, spikes, each)
}

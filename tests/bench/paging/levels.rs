//! The level of the usual ratio must not matter: false pages and delays at ratios from 0.2 % to 40 %.

use super::cells::{FalsePages, count_false_pages};
use super::numbers::{Delays, Table, Verdict, in_parallel, largest, minutes};
use super::random::Random;
use super::steady::steady;
use super::subject::Subject;
use super::traffic::{DAY, MINUTE, MONTH};

const LEVELS: [f64; 5] = [0.002, 0.01, 0.04, 0.15, 0.4];
const RATES: [f64; 3] = [0.005, 0.05, 0.5];
const RISES: [f64; 3] = [1.3, 1.5, 2.0];
const REPLICATES: usize = 40;
const SPIKES: usize = 30;
const LONGEST: usize = 3 * 1_440;
const NULL_SEED: u64 = 5_000;
const SPIKE_SEED: u64 = 70_000;

pub struct Levels {
    pub table: Table,
    pub verdicts: Vec<Verdict>,
}

#[derive(Clone, Copy)]
struct Level {
    ratio: f64,
    rate: f64,
}

impl Level {
    fn next(self, random: &mut Random, rise: f64) -> (f64, f64) {
        steady(random, self.rate * MINUTE, self.ratio * rise)
    }

    fn false_pages(self, replicate: usize) -> FalsePages {
        let mut random = Random::new(NULL_SEED + replicate as u64);
        count_false_pages(&mut Subject::new(MONTH), MINUTE, |_| self.next(&mut random, 1.0))
    }

    fn delays(self, spike: usize) -> [Delays; 3] {
        let mut random = Random::new(SPIKE_SEED + spike as u64);
        let mut subject = Subject::new(MONTH);
        let begins = (21.5 * DAY / MINUTE) as usize;
        for minute in 0..begins {
            let (tasks, count) = self.next(&mut random, 1.0);
            subject.bin(minute as f64 * MINUTE, MINUTE, tasks, count);
        }
        subject.ready();
        RISES.map(|rise| {
            let (mut random, mut subject) = (random.clone(), subject.clone());
            let found = (0..LONGEST).find(|minute| {
                let (tasks, count) = self.next(&mut random, rise);
                subject.bin((begins + minute) as f64 * MINUTE, MINUTE, tasks, count)
            });
            Delays::one(found, LONGEST, 1.0)
        })
    }
}

pub fn run() -> Levels {
    let levels: Vec<Level> = LEVELS.iter().flat_map(|&ratio| RATES.map(|rate| Level { ratio, rate })).collect();
    let pages =
        in_parallel(levels.len() * REPLICATES, |number| levels[number / REPLICATES].false_pages(number % REPLICATES));
    let delays = in_parallel(levels.len() * SPIKES, |number| levels[number / SPIKES].delays(number % SPIKES));
    let mut table = Table::new(&[
        "usual ratio",
        "tasks a second",
        "false pages a month",
        "in the first 21 days",
        "found: ×1.3",
        "×1.5",
        "×2",
    ]);
    let (mut monthly, mut learning) = (Vec::new(), Vec::new());
    for (at, level) in levels.iter().enumerate() {
        let mut all = FalsePages::default();
        pages[at * REPLICATES..][..REPLICATES].iter().for_each(|one| all.merge(*one));
        let mut found = [Delays::default(); 3];
        for spike in &delays[at * SPIKES..][..SPIKES] {
            found.iter_mut().zip(spike).for_each(|(all, one)| all.merge(*one));
        }
        monthly.push(all.a_month());
        learning.push(all.while_learning());
        let mut row = vec![format!("{} %", level.ratio * 100.0), level.rate.to_string()];
        row.push(format!("{:.2} ± {:.2}", all.a_month(), all.standard_error()));
        row.push(format!("{:.2}", all.while_learning()));
        row.extend(found.map(|found| minutes(found.mean())));
        table.row(row);
    }
    let verdicts = vec![
        Verdict { name: "false-pages-by-ratio-worst", value: largest(monthly), at_most: 1.0 },
        Verdict { name: "false-pages-by-ratio-first-21-days-worst", value: largest(learning), at_most: 0.70 },
    ];
    Levels { table, verdicts }
}

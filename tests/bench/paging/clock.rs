//! Systems that send no tasks: escalations per time, with a daily and weekly season and, in half of the cells, bursts.
//! Compared with rules that know no exposure either: counts over one or six hours, relative to their mean of a week or as a
//! z-score.

use std::f64::consts::TAU;

use super::cells::{FalsePages, JUDGED_DAYS};
use super::numbers::{Delays, Table, in_parallel};
use super::random::Random;
use super::rules::{Maxima, Spread};
use super::subject::Subject;
use super::traffic::{DAY, MINUTE, MONTH};

/// Escalations an hour.
const RATES: [f64; 3] = [0.5, 5.0, 50.0];
/// Squared coefficient of variation of the hours.
const BURSTS: [f64; 2] = [0.0, 0.25];
const RISES: [f64; 3] = [2.0, 3.0, 5.0];
const RULE_NAMES: [&str; 4] = ["relative 1h", "relative 6h", "z 1h", "z 6h"];
const REPLICATES: usize = 20;
const WARM: usize = 28 * 1_440;
const JUDGED: usize = JUDGED_DAYS as usize * 1_440;
const LONGEST: usize = 2 * 1_440;

#[derive(Clone, Copy)]
struct Cell {
    rate: f64,
    bursts: f64,
}

/// Escalations minute by minute.
struct Clock {
    cell: Cell,
    random: Random,
    hour: i64,
    burst: f64,
}

impl Clock {
    fn new(cell: Cell, seed: u64) -> Clock {
        Clock { cell, random: Random::new(seed), hour: -1, burst: 1.0 }
    }

    fn minute(&mut self, at: f64, rise: f64) -> f64 {
        let hour = (at / 3_600.0) % 24.0;
        let weekend = ((at / DAY) as i64) % 7 >= 5;
        let day = (1.0 + 0.7 * ((hour - 14.0) * TAU / 24.0).cos()) * if weekend { 0.5 } else { 1.0 };
        let mut mean = self.cell.rate * day * MINUTE / 3_600.0;
        if self.cell.bursts > 0.0 {
            let number = (at / 3_600.0) as i64;
            if number != self.hour {
                (self.hour, self.burst) = (number, self.random.gamma(1.0 / self.cell.bursts) * self.cell.bursts);
            }
            mean *= self.burst;
        }
        self.random.poisson(mean * rise)
    }
}

/// Relative counts and z-scores over an hour and six.
struct ClockRules {
    minute: usize,
    so_far: Vec<f64>,
    week: [(Vec<f64>, f64); 2],
    spread: [Spread; 2],
}

impl ClockRules {
    const WINDOWS: [usize; 2] = [60, 360];
    const WEEK: usize = 10_080;

    fn new() -> ClockRules {
        ClockRules {
            minute: 0,
            so_far: vec![0.0; Self::WINDOWS[1] + 1],
            week: [(); 2].map(|()| (vec![0.0; Self::WEEK], 0.0)),
            spread: [(); 2].map(|()| Spread::default()),
        }
    }

    fn minute(&mut self, count: f64) -> [f32; 4] {
        let length = self.so_far.len();
        let at = self.minute % length;
        self.so_far[at] = self.so_far[(self.minute + length - 1) % length] + count;
        let mut numbers = [0.0; 4];
        for (window, minutes) in Self::WINDOWS.into_iter().enumerate() {
            let before = if self.minute < minutes { 0.0 } else { self.so_far[(self.minute - minutes) % length] };
            let seen = self.so_far[at] - before;
            let (week, sum) = &mut self.week[window];
            let old = std::mem::replace(&mut week[self.minute % Self::WEEK], seen);
            *sum += seen - old;
            numbers[window] = (seen / (*sum / Self::WEEK as f64).max(1e-9)) as f32;
            numbers[2 + window] = self.spread[window].z(self.minute, seen) as f32;
        }
        self.minute += 1;
        numbers
    }
}

/// False pages of the detector, and the highest numbers of the rules in each ten days.
fn null(cell: Cell, replicate: usize) -> (FalsePages, [Vec<f32>; 4]) {
    let mut clock = Clock::new(cell, 9_000 + replicate as u64);
    let (mut subject, mut rules) = (Subject::new(MONTH), ClockRules::new());
    let mut pages = FalsePages { replicates: 1.0, ..FalsePages::default() };
    let mut maxima = [(); 4].map(|()| Vec::new());
    let mut highest = [0.0f32; 4];
    for minute in 0..WARM + JUDGED {
        let at = minute as f64 * MINUTE;
        let count = clock.minute(at, 1.0);
        let paged = subject.bin(at, MINUTE, MINUTE, count);
        let numbers = rules.minute(count);
        let Some(judged) = minute.checked_sub(WARM) else {
            pages.warm += f64::from(u8::from(paged));
            continue;
        };
        pages.judged += f64::from(u8::from(paged));
        highest.iter_mut().zip(numbers).for_each(|(highest, number)| *highest = highest.max(number));
        if (judged + 1) % (10 * 1_440) == 0 {
            maxima.iter_mut().zip(&mut highest).for_each(|(maxima, highest)| maxima.push(std::mem::take(highest)));
        }
    }
    (pages, maxima)
}

/// Delays of the detector and the four rules for one spike.
fn spike(cell: Cell, rise: f64, thresholds: [f32; 4], number: usize) -> [Delays; 5] {
    let mut clock = Clock::new(cell, 77_000 + number as u64);
    let (mut subject, mut rules) = (Subject::new(MONTH), ClockRules::new());
    let begins = (28.0 + (number as f64 * 0.618) % 1.0 + (number % 7) as f64) * DAY;
    let first = (begins / MINUTE) as usize;
    let mut found = [None; 5];
    for minute in 0..first + LONGEST {
        let at = minute as f64 * MINUTE;
        let count = clock.minute(at, if at >= begins { rise } else { 1.0 });
        if minute == first {
            subject.ready();
        }
        let paged = subject.bin(at, MINUTE, MINUTE, count);
        let numbers = rules.minute(count);
        let Some(since) = minute.checked_sub(first) else { continue };
        let over = |rule: usize| numbers[rule] > thresholds[rule];
        for (found, now) in found.iter_mut().zip([paged, over(0), over(1), over(2), over(3)]) {
            if found.is_none() && now {
                *found = Some(since);
            }
        }
    }
    found.map(|found| Delays::one(found, LONGEST, 1.0))
}

pub fn run() -> Table {
    let cells: Vec<Cell> = RATES.iter().flat_map(|&rate| BURSTS.map(|bursts| Cell { rate, bursts })).collect();
    let nulls = in_parallel(cells.len() * REPLICATES, |number| null(cells[number / REPLICATES], number % REPLICATES));
    let tuned: Vec<[f32; 4]> = nulls.chunks(REPLICATES).map(tune).collect();
    let spikes = in_parallel(cells.len() * RISES.len() * REPLICATES, |number| {
        let cell = number / REPLICATES / RISES.len();
        spike(cells[cell], RISES[number / REPLICATES % RISES.len()], tuned[cell], number % REPLICATES)
    });
    let mut header = vec!["escalations an hour", "bursts", "false pages a month", "size", "day90"];
    header.extend(RULE_NAMES);
    let mut table = Table::new(&header);
    for (at, cell) in cells.iter().enumerate() {
        let mut pages = FalsePages::default();
        nulls[at * REPLICATES..][..REPLICATES].iter().for_each(|(one, _)| pages.merge(*one));
        for (size, rise) in RISES.iter().enumerate() {
            let mut delays = [Delays::default(); 5];
            for spike in &spikes[(at * RISES.len() + size) * REPLICATES..][..REPLICATES] {
                delays.iter_mut().zip(spike).for_each(|(all, one)| all.merge(*one));
            }
            let mut row = vec![cell.rate.to_string(), if cell.bursts > 0.0 { "yes" } else { "no" }.to_owned()];
            row.push(format!("{:.2} ± {:.2}", pages.a_month(), pages.standard_error()));
            row.push(format!("×{rise}"));
            row.extend(delays.map(|delays| delays.to_string()));
            table.row(row);
        }
    }
    table
}

/// The thresholds at which the rules page falsely once in 30 days of this cell.
fn tune(nulls: &[(FalsePages, [Vec<f32>; 4])]) -> [f32; 4] {
    std::array::from_fn(|rule| {
        let mut maxima = Maxima::default();
        nulls.iter().flat_map(|(_, maxima)| &maxima[rule]).for_each(|maximum| maxima.add(*maximum));
        maxima.threshold()
    })
}

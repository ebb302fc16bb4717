//! Patterns that come again and that no model of the usual has: a customer's burst each day, busy Mondays, month ends, holidays
//! that nobody declared, and traffic that excites itself. Pages at three settings, before and after the pattern is known.

use std::f64::consts::TAU;

use super::numbers::{Table, Verdict, in_parallel, largest};
use super::random::Random;
use super::subject::Subject;
use super::traffic::{DAY, MINUTE, MONTH, RATIO, hour_of_week};

const SETTINGS: [f64; 3] = [0.1, 1.0, 4.0];
const RATES: [f64; 2] = [0.1, 1.0];
const REPLICATES: usize = 16;
const SEED: u64 = 9_000;
/// A month of the simulation, and how often month ends and holidays come.
const MONTH_DAYS: i64 = 30;
/// The kind of the last day of a month, after the seven days of the week.
const MONTH_END: usize = 8;
/// The time constant of traffic that excites itself, and the part of escalations that have another as their cause.
const EXCITED_SECONDS: f64 = 900.0;
const EXCITED: f64 = 0.8;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pattern {
    Burst,
    Monday,
    MonthEnd,
    Holiday,
    Excited,
}

impl Pattern {
    const ALL: [Pattern; 5] = [Pattern::Burst, Pattern::Monday, Pattern::MonthEnd, Pattern::Holiday, Pattern::Excited];

    fn name(self) -> &'static str {
        match self {
            Pattern::Burst => "a burst a day",
            Pattern::Monday => "Mondays ×1.6",
            Pattern::MonthEnd => "month ends ×1.8, traffic ×2",
            Pattern::Holiday => "holidays ×1.6, traffic ×0.3",
            Pattern::Excited => "excites itself, 0.8 in 15 minutes",
        }
    }

    /// The day from which the pattern should be known, and the last one.
    fn days(self) -> (f64, f64) {
        match self {
            Pattern::MonthEnd | Pattern::Holiday => (125.0, 185.0),
            _ => (28.0, 111.0),
        }
    }
}

struct Traffic {
    pattern: Pattern,
    rate: f64,
    random: Random,
    /// The day, when its burst begins, and its size.
    burst: (i64, f64, f64),
    excited: f64,
}

impl Traffic {
    /// Tasks and escalations of a minute.
    fn minute(&mut self, at: f64) -> (f64, f64) {
        let (hour, day) = ((at / 3_600.0) % 24.0, (at / DAY) as i64);
        let rhythm = (1.0 + 0.7 * ((hour - 14.0) * TAU / 24.0).cos()) * if day % 7 >= 5 { 0.5 } else { 1.0 };
        let (busy, rise) = match self.pattern {
            Pattern::Monday if day % 7 == 0 => (1.0, 1.6),
            Pattern::MonthEnd if day % MONTH_DAYS == MONTH_DAYS - 1 => (2.0, 1.8),
            Pattern::Holiday if day % MONTH_DAYS == MONTH_DAYS / 2 => (0.3, 1.6),
            _ => (1.0, 1.0),
        };
        let tasks = self.random.poisson(self.rate * MINUTE * rhythm * busy);
        let mut mean = tasks * RATIO * rise;
        if self.pattern == Pattern::Excited {
            let kept = (-MINUTE / EXCITED_SECONDS).exp();
            self.excited *= kept;
            let count = self.random.poisson(mean * (1.0 - EXCITED) + self.excited);
            self.excited += count * EXCITED * (1.0 - kept);
            return (tasks.max(count), count);
        }
        if self.pattern == Pattern::Burst {
            if day != self.burst.0 {
                let size = 20.0 * (0.7 * self.random.normal()).exp();
                self.burst = (day, at + self.random.uniform() * (DAY - 600.0), size);
            }
            if (self.burst.1..self.burst.1 + 600.0).contains(&at) {
                mean += self.burst.2 / 10.0;
            }
        }
        let count = self.random.poisson(mean);
        (tasks.max(count), count)
    }
}

/// Pages a month before the pattern should be known, and after.
fn pages(pattern: Pattern, setting: f64, rate: f64, replicate: usize) -> [f64; 2] {
    let random = Random::new(SEED + 7 * replicate as u64);
    let mut traffic = Traffic { pattern, rate, random, burst: (-1, 0.0, 0.0), excited: 0.0 };
    let mut subject = Subject::new(MONTH / setting);
    let (known, last) = pattern.days();
    let mut pages = [0.0; 2];
    for minute in 0..(last * DAY / MINUTE) as usize {
        let at = minute as f64 * MINUTE;
        let (tasks, count) = traffic.minute(at);
        // Day kinds are those of a calendar, in which month ends are known and holidays aren't.
        let is_month_end = (at / DAY) as i64 % MONTH_DAYS == MONTH_DAYS - 1;
        let hour = if is_month_end { 24 * MONTH_END + hour_of_week(at) % 24 } else { hour_of_week(at) };
        if subject.bin_at(hour, MINUTE, tasks, count) {
            pages[usize::from(at >= known * DAY)] += 1.0;
        }
    }
    [pages[0] / known * 30.0, pages[1] / (last - known) * 30.0]
}

pub struct Recurring {
    pub table: Table,
    pub verdicts: Vec<Verdict>,
}

pub fn run() -> Recurring {
    let mut cells = Vec::new();
    for pattern in Pattern::ALL {
        for rate in RATES {
            cells.extend(SETTINGS.map(|setting| (pattern, rate, setting)));
        }
    }
    let each = in_parallel(cells.len() * REPLICATES, |number| {
        let (pattern, rate, setting) = cells[number / REPLICATES];
        pages(pattern, setting, rate, number % REPLICATES)
    });
    let mut table = Table::new(&["what comes again", "tasks a second", "setting", "pages a month at first", "then"]);
    let (mut first, mut then) = (Vec::new(), Vec::new());
    for ((pattern, rate, setting), all) in cells.iter().zip(each.chunks(REPLICATES)) {
        let mean = |part: usize| all.iter().map(|pages| pages[part]).sum::<f64>() / REPLICATES as f64;
        first.push(if *setting <= 1.0 { mean(0) } else { 0.0 });
        then.push(mean(1) / setting.max(0.3));
        table.row([
            pattern.name().to_owned(),
            rate.to_string(),
            setting.to_string(),
            format!("{:.2}", mean(0)),
            format!("{:.2}", mean(1)),
        ]);
    }
    let verdicts = vec![
        Verdict { name: "recurring-pages-by-setting-worst", value: largest(then), at_most: 1.0 },
        Verdict { name: "recurring-pages-at-first-worst", value: largest(first), at_most: 4.0 },
    ];
    Recurring { table, verdicts }
}

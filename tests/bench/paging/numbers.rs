//! Results: mean delays, verdicts and tables; and work spread over all processors.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Delays in minutes. A spike that was not found counts as the longest delay.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delays {
    total: f64,
    missed: usize,
    spikes: usize,
}

impl Delays {
    /// One spike; `found` is the bin in which it was found, counted from 0.
    pub fn one(found: Option<usize>, longest: usize, bin_minutes: f64) -> Delays {
        Delays {
            total: found.map_or(longest, |bin| bin + 1) as f64 * bin_minutes,
            missed: usize::from(found.is_none()),
            spikes: 1,
        }
    }

    pub fn mean(&self) -> f64 {
        self.total / self.spikes as f64
    }

    pub fn merge(&mut self, other: Delays) {
        self.total += other.total;
        self.missed += other.missed;
        self.spikes += other.spikes;
    }
}

impl fmt::Display for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", minutes(self.mean()))?;
        if self.missed > 0 {
            write!(f, " (missed {:.0} %)", 100.0 * self.missed as f64 / self.spikes as f64)?;
        }
        Ok(())
    }
}

/// With three digits.
pub fn minutes(value: f64) -> String {
    if value < 9.95 {
        format!("{value:.2}")
    } else if value < 99.5 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

pub fn geometric_mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += f64::ln(value);
        count += 1.0;
    }
    f64::exp(sum / count)
}

pub fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(f64::MIN, f64::max)
}

/// A measured number and the most it may be. Printed as one line that a machine can read.
pub struct Verdict {
    pub name: &'static str,
    pub value: f64,
    pub at_most: f64,
}

impl Verdict {
    pub fn held(&self) -> bool {
        self.value <= self.at_most
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.held() { "held" } else { "missed" };
        write!(f, "verdict {} value={:.3} at_most={} {word}", self.name, self.value, self.at_most)
    }
}

/// Runs `work` for each number below `count` on all processors. The answers are in order.
pub fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::with_capacity(count));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let answer = work(number);
                    answers.lock().unwrap_or_else(PoisonError::into_inner).push((number, answer));
                }
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// A table of docs/paging.md.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(header: &[&str]) -> Table {
        let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
        let rule = header.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "--:" }.to_owned()).collect();
        Table { rows: vec![header, rule] }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows.iter().try_for_each(|row| writeln!(f, "| {} |", row.join(" | ")))
    }
}

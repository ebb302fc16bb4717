//! Real data that its authors never meant for this: the realTweets of the Numenta Anomaly Benchmark, counts of five minutes
//! over two months in ten series, with 33 windows in which something happened. Each series is a system that sends no tasks.
//!
//! The first 15 % of a series is probation: no page in it is false, but a window in it can be found. A window is found when a
//! page begins in it, and a page that begins outside all windows is false.

use super::numbers::{Table, Verdict, in_parallel};
use super::subject::Subject;
use super::traffic::{DAY, MONTH};

const DATA: &str = include_str!("data/realTweets.txt");
const BIN: f64 = 300.0;
const PROBATION: f64 = 0.15;
const SETTINGS: [f64; 4] = [0.33, 1.0, 4.0, 15.0];
/// The epoch was a Thursday, and day 0 of the study is a Monday.
const MONDAY: f64 = 3.0 * DAY;

struct Series {
    begins: f64,
    windows: Vec<(f64, f64)>,
    counts: Vec<f64>,
}

/// Pages outside all windows, days judged, and windows found.
#[derive(Clone, Copy, Default)]
struct Found {
    unlabelled: f64,
    days: f64,
    windows: f64,
}

pub struct Real {
    pub table: Table,
    pub verdicts: Vec<Verdict>,
}

fn series() -> Vec<Series> {
    let lines: Vec<&str> = DATA.lines().collect();
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let window = |text: &str| text.split_once('-').map(|(from, to)| (number(from), number(to))).expect("two times");
    let one = |lines: &[&str]| Series {
        begins: lines[0].split_once(' ').map(|(_, begins)| number(begins)).expect("a name and a time"),
        windows: lines[1].split(' ').map(window).collect(),
        counts: lines[2].split(' ').map(number).collect(),
    };
    lines.chunks(3).map(one).collect()
}

impl Series {
    fn watch(&self, setting: f64) -> Found {
        let mut subject = Subject::new(MONTH / setting);
        let probation = (PROBATION * self.counts.len() as f64) as usize;
        let mut windows = vec![false; self.windows.len()];
        let mut found = Found { days: (self.counts.len() - probation) as f64 * BIN / DAY, ..Found::default() };
        for (bin, count) in self.counts.iter().enumerate() {
            let at = self.begins + bin as f64 * BIN;
            if !subject.bin(at + MONDAY, BIN, BIN, *count) {
                continue;
            }
            match self.windows.iter().position(|(from, to)| (*from..=*to).contains(&at)) {
                Some(window) => windows[window] = true,
                None if bin >= probation => found.unlabelled += 1.0,
                None => {}
            }
        }
        found.windows = windows.into_iter().filter(|found| *found).count() as f64;
        found
    }
}

pub fn run() -> Real {
    let series = series();
    let each = in_parallel(SETTINGS.len() * series.len(), |number| {
        series[number % series.len()].watch(SETTINGS[number / series.len()])
    });
    let windows: usize = series.iter().map(|series| series.windows.len()).sum();
    let mut table = Table::new(&["setting", "pages outside the windows, in 30 days", "windows found"]);
    let mut verdicts = Vec::new();
    for (setting, all) in SETTINGS.iter().zip(each.chunks(series.len())) {
        let sum = |of: fn(&Found) -> f64| all.iter().map(of).sum::<f64>();
        let pages = sum(|found| found.unlabelled) / sum(|found| found.days) * 30.0;
        let found = sum(|found| found.windows);
        table.row([setting.to_string(), format!("{pages:.2}"), format!("{found:.0} of {windows}")]);
        match *setting {
            1.0 => {
                verdicts.push(Verdict { name: "real-pages-at-1", value: pages, at_most: 1.5 });
                verdicts.push(Verdict {
                    name: "real-windows-missed-at-1",
                    value: windows as f64 - found,
                    at_most: 10.0,
                });
            }
            4.0 => {
                verdicts.push(Verdict { name: "real-pages-at-4", value: pages, at_most: 4.3 });
                verdicts.push(Verdict {
                    name: "real-windows-missed-at-4",
                    value: windows as f64 - found,
                    at_most: 5.0,
                });
            }
            _ => {}
        }
    }
    Real { table, verdicts }
}

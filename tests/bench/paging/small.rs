//! Systems with a few escalations a day: how soon a fivefold rise is found, and whether any page comes without a rise.

use day90::state::signals::spike::detector::PageChange;

use super::numbers::{Table, Verdict, in_parallel, largest};
use super::random::Random;
use super::steady::steady;
use super::subject::Subject;
use super::traffic::{DAY, MINUTE, MONTH, hour_of_week};

/// Escalations a day, and the hours within which nine of ten rises should be found.
const SYSTEMS: [(f64, f64); 4] = [(2.0, 48.0), (3.0, 36.0), (4.0, 30.0), (5.0, 24.0)];
const USUAL_RATIO: f64 = 0.1;
const RISE: f64 = 5.0;
const USUAL_DAYS: f64 = 40.0;
const LONGEST_DAYS: f64 = 6.0;
const REPLICATES: usize = 100;
const SEED: u64 = 59_000;
/// A page with less than this many times the usual escalations is one without a rise.
const NO_RISE: f64 = 1.15;

#[derive(Clone, Copy)]
struct Run {
    /// Hours until the rise was found.
    found: f64,
    false_pages: f64,
    without_rise: f64,
}

fn run_one(a_day: f64, replicate: usize) -> Run {
    let mut random = Random::new(SEED + replicate as u64);
    let mut subject = Subject::new(MONTH);
    let begins = ((USUAL_DAYS + random.uniform()) * DAY / MINUTE) as usize;
    let mut run = Run { found: LONGEST_DAYS * 24.0, false_pages: 0.0, without_rise: 0.0 };
    for minute in 0..begins + (LONGEST_DAYS * DAY / MINUTE) as usize {
        let (at, has_begun) = (minute as f64 * MINUTE, minute >= begins);
        if minute == begins {
            subject.ready();
        }
        let tasks = a_day / USUAL_RATIO / DAY * MINUTE;
        let (tasks, count) = steady(&mut random, tasks, USUAL_RATIO * if has_begun { RISE } else { 1.0 });
        let hour = hour_of_week(at);
        let change = subject.detector.observe(MINUTE, tasks, count, hour);
        subject.detector.learn(MINUTE, tasks, hour);
        let PageChange::Page(since) = change else { continue };
        if has_begun {
            run.found = (minute - begins) as f64 / 60.0;
            return run;
        }
        run.false_pages += 1.0;
        run.without_rise += f64::from(u8::from(since.count < NO_RISE * USUAL_RATIO * since.exposure));
    }
    run
}

pub struct Small {
    pub table: Table,
    pub verdicts: Vec<Verdict>,
}

pub fn run() -> Small {
    let each =
        in_parallel(SYSTEMS.len() * REPLICATES, |number| run_one(SYSTEMS[number / REPLICATES].0, number % REPLICATES));
    let mut table = Table::new(&[
        "escalations a day",
        "half found within",
        "nine of ten within",
        "false pages a month",
        "of them without a rise",
    ]);
    let (mut by_aim, mut without) = (Vec::new(), 0.0);
    for ((a_day, aim), all) in SYSTEMS.iter().zip(each.chunks(REPLICATES)) {
        let mut found: Vec<f64> = all.iter().map(|run| run.found).collect();
        found.sort_by(f64::total_cmp);
        let (half, most) = (found[REPLICATES / 2], found[REPLICATES * 9 / 10]);
        let sum = |of: fn(&Run) -> f64| all.iter().map(of).sum::<f64>();
        by_aim.push(most / aim);
        without += sum(|run| run.without_rise);
        table.row([
            a_day.to_string(),
            format!("{half:.0} h"),
            format!("{most:.0} h"),
            format!("{:.2}", sum(|run| run.false_pages) / REPLICATES as f64 / USUAL_DAYS * 30.0),
            format!("{:.0}", sum(|run| run.without_rise)),
        ]);
    }
    let verdicts = vec![
        Verdict { name: "small-systems-by-aim-worst", value: largest(by_aim), at_most: 1.0 },
        Verdict { name: "pages-without-a-rise", value: without, at_most: 0.0 },
    ];
    Small { table, verdicts }
}

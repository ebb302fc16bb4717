//! One incident is one page: incidents of four hours, steps that last, and delays in seconds, event by event.

use day90::state::signals::spike::detector::{Detector, PageChange};

use super::numbers::{Table, Verdict, in_parallel, largest};
use super::random::Random;
use super::steady::steady;
use super::subject::Subject;
use super::traffic::{DAY, MINUTE, MONTH, RATIO};

pub struct Pages {
    pub tables: [Table; 3],
    pub verdicts: Vec<Verdict>,
}

/// Tasks and escalations of a minute.
fn next(random: &mut Random, rate: f64, rise: f64) -> (f64, f64) {
    steady(random, rate * MINUTE, RATIO * rise)
}

#[derive(Clone, Copy, Default)]
struct Incident {
    pages: f64,
    /// Minutes from the end of the incident to that of the page.
    ended: Option<f64>,
    confirmed: bool,
}

fn incident(rate: f64, rise: f64, replicate: usize) -> Incident {
    let mut random = Random::new(31 + replicate as u64);
    let mut subject = Subject::new(MONTH);
    let (begins, ends) = (10.0 * DAY, 10.0 * DAY + 4.0 * 3_600.0);
    let mut incident = Incident::default();
    for minute in 0..(10.5 * DAY / MINUTE) as usize {
        let at = minute as f64 * MINUTE;
        let risen = if at >= begins && at < ends { rise } else { 1.0 };
        let (tasks, count) = next(&mut random, rate, risen);
        let paged = subject.bin(at, MINUTE, tasks, count);
        if at < begins {
            subject.ready();
            continue;
        }
        incident.pages += f64::from(u8::from(paged));
        if at >= ends && !subject.is_paging() && incident.ended.is_none() && incident.pages > 0.0 {
            incident.ended = Some((at - ends) / 60.0);
        }
    }
    incident.confirmed = subject.detector.unconfirmed() == 0;
    incident
}

const INCIDENTS: usize = 60;

fn incidents() -> (Table, f64) {
    let cells: Vec<(f64, f64)> = [0.1, 1.0].iter().flat_map(|&rate| [2.0, 3.0, 8.0].map(|rise| (rate, rise))).collect();
    let each = in_parallel(cells.len() * INCIDENTS, |number| {
        let (rate, rise) = cells[number / INCIDENTS];
        incident(rate, rise, number % INCIDENTS)
    });
    let mut table = Table::new(&["tasks a second", "size", "found", "pages each", "ends after", "confirmed"]);
    let mut worst = Vec::new();
    for ((rate, rise), all) in cells.iter().zip(each.chunks(INCIDENTS)) {
        let found: Vec<&Incident> = all.iter().filter(|incident| incident.pages > 0.0).collect();
        let mean = |of: fn(&Incident) -> f64| found.iter().map(|it| of(it)).sum::<f64>() / found.len() as f64;
        let ended: Vec<f64> = found.iter().filter_map(|incident| incident.ended).collect();
        let pages = mean(|incident| incident.pages);
        worst.push(pages);
        table.row([
            rate.to_string(),
            format!("×{rise}"),
            format!("{:.0} %", 100.0 * found.len() as f64 / INCIDENTS as f64),
            format!("{pages:.2}"),
            format!("{:.0} min", ended.iter().sum::<f64>() / ended.len() as f64),
            format!("{:.0} %", 100.0 * mean(|incident| f64::from(u8::from(incident.confirmed)))),
        ]);
    }
    (table, largest(worst))
}

/// Pages before a step, in its first three days, in the 17 after, and after the return.
fn step(rate: f64, rise: f64, replicate: usize) -> [f64; 4] {
    let mut random = Random::new(131 + replicate as u64);
    let mut subject = Subject::new(MONTH);
    let mut pages = [0.0; 4];
    for minute in 0..(70.0 * DAY / MINUTE) as usize {
        let at = minute as f64 * MINUTE;
        let risen = if (30.0 * DAY..50.0 * DAY).contains(&at) { rise } else { 1.0 };
        let (tasks, count) = next(&mut random, rate, risen);
        if subject.bin(at, MINUTE, tasks, count) {
            let days = at / DAY;
            let when = [30.0, 33.0, 50.0].iter().filter(|begins| days >= **begins).count();
            pages[when] += 1.0;
        }
    }
    pages
}

const STEPS: usize = 40;

fn steps() -> (Table, f64) {
    let cells: Vec<(f64, f64)> =
        [0.02, 0.1, 1.0].iter().flat_map(|&rate| [1.5, 2.0, 4.0].map(|rise| (rate, rise))).collect();
    let each = in_parallel(cells.len() * STEPS, |number| {
        let (rate, rise) = cells[number / STEPS];
        step(rate, rise, number % STEPS)
    });
    let mut table = Table::new(&[
        "tasks a second",
        "size",
        "30 days before",
        "first 3 days",
        "next 17 days",
        "20 days after the return",
    ]);
    let mut worst = Vec::new();
    for ((rate, rise), all) in cells.iter().zip(each.chunks(STEPS)) {
        let mean = |when: usize| all.iter().map(|pages| pages[when]).sum::<f64>() / STEPS as f64;
        worst.push(mean(1));
        let mut row = vec![rate.to_string(), format!("×{rise}")];
        row.extend((0..4).map(|when| format!("{:.2}", mean(when))));
        table.row(row);
    }
    (table, largest(worst))
}

/// Seconds from the beginning of the rise to the page. The detector observes each escalation, and once a minute.
fn event_by_event(rate: f64, rise: f64, replicate: usize) -> f64 {
    const HISTORY: f64 = 14.0 * DAY;
    const BEFORE: f64 = 600.0;
    let mut random = Random::new(531 + replicate as u64);
    let mut subject = Subject::new(MONTH);
    for minute in 0..(HISTORY / MINUTE) as usize {
        let (tasks, count) = next(&mut random, rate, 1.0);
        subject.bin(minute as f64 * MINUTE, MINUTE, tasks, count);
    }
    subject.ready();
    let detector = &mut subject.detector;
    let (mut at, mut observed, mut learned) = (HISTORY, HISTORY, HISTORY);
    let (mut tasks, mut minute_tasks) = (0.0, 0.0);
    loop {
        at += random.exponential() / rate;
        while at >= learned + MINUTE {
            learned += MINUTE;
            look(detector, learned - observed, tasks, 0.0);
            detector.learn(MINUTE, minute_tasks, 0);
            (observed, tasks, minute_tasks) = (learned, 0.0, 0.0);
        }
        (tasks, minute_tasks) = (tasks + 1.0, minute_tasks + 1.0);
        let risen = at >= HISTORY + BEFORE;
        if random.uniform() < RATIO * if risen { rise } else { 1.0 } {
            let paged = look(detector, at - observed, tasks, 1.0);
            (observed, tasks) = (at, 0.0);
            if paged && risen {
                break;
            }
            if paged {
                detector.forget_page();
            }
        }
        if at > HISTORY + BEFORE + 2.0 * DAY {
            break;
        }
    }
    at - HISTORY - BEFORE
}

fn look(detector: &mut Detector, seconds: f64, tasks: f64, count: f64) -> bool {
    matches!(detector.observe(seconds, tasks, count, 0), PageChange::Page(_))
}

fn events() -> Table {
    const EVENTS: usize = 40;
    const RATES: [f64; 3] = [0.5, 5.0, 50.0];
    const RISES: [f64; 5] = [1.5, 2.0, 3.0, 5.0, 10.0];
    let each = in_parallel(RATES.len() * RISES.len() * EVENTS, |number| {
        let cell = number / EVENTS;
        event_by_event(RATES[cell / RISES.len()], RISES[cell % RISES.len()], number % EVENTS)
    });
    let mut table = Table::new(&["tasks a second", "×1.5", "×2", "×3", "×5", "×10"]);
    for (at, rate) in RATES.iter().enumerate() {
        let cell = |size: usize| &each[(at * RISES.len() + size) * EVENTS..][..EVENTS];
        let mean = |size: usize| cell(size).iter().sum::<f64>() / EVENTS as f64;
        let mut row = vec![rate.to_string()];
        row.extend((0..RISES.len()).map(|size| format!("{:.1} s", mean(size))));
        table.row(row);
    }
    table
}

pub fn run() -> Pages {
    let (incidents, pages_each) = incidents();
    let (steps, pages_of_step) = steps();
    let verdicts = vec![
        Verdict { name: "pages-of-an-incident-worst", value: pages_each, at_most: 1.05 },
        Verdict { name: "pages-of-a-step-worst", value: pages_of_step, at_most: 1.25 },
    ];
    Pages { tables: [incidents, steps, events()], verdicts }
}

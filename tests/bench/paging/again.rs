//! The next incident after a first one, one that lasts through nights, and one in the first days.

use super::numbers::{Table, in_parallel};
use super::random::Random;
use super::steady::steady;
use super::subject::Subject;
use super::traffic::{DAY, MINUTE, MONTH, RATIO};

const REPLICATES: usize = 40;
const RATE: f64 = 0.1;
/// Size and hours of the first incident.
const FIRST: [(f64, f64); 8] =
    [(2.0, 4.0), (3.0, 4.0), (5.0, 4.0), (2.0, 30.0), (3.0, 30.0), (5.0, 30.0), (3.0, 120.0), (5.0, 120.0)];
const BEGINS_DAY: f64 = 28.0;
/// The next begins this many days after the first began, and a week after at the least after a long one.
const NEXT_DAYS: f64 = 7.0;
const LONGEST_HOURS: f64 = 4.0;

#[derive(Clone, Copy, Default)]
struct Found {
    /// Minutes from the beginning of the first and of the next incident to their pages.
    first: Option<f64>,
    next: Option<f64>,
    pages: f64,
}

fn watch(rise: f64, hours: f64, replicate: usize) -> Found {
    let mut random = Random::new(69_000 + replicate as u64);
    let mut subject = Subject::new(MONTH);
    let (ends, next) = (BEGINS_DAY + hours / 24.0, BEGINS_DAY + NEXT_DAYS);
    let mut found = Found::default();
    for minute in 0..((next + LONGEST_HOURS / 24.0) * DAY / MINUTE) as usize {
        let at = minute as f64 * MINUTE;
        let day = at / DAY;
        let (is_first, is_next) = ((BEGINS_DAY..ends).contains(&day), day >= next);
        let (tasks, count) = steady(&mut random, RATE * MINUTE, RATIO * if is_first || is_next { rise } else { 1.0 });
        if minute == (BEGINS_DAY * DAY / MINUTE) as usize {
            subject.ready();
        }
        let paged = subject.bin(at, MINUTE, tasks, count);
        if paged && is_first {
            found.pages += 1.0;
            found.first = found.first.or(Some((day - BEGINS_DAY) * 1_440.0));
        }
        if paged && is_next {
            found.next = found.next.or(Some((day - next) * 1_440.0));
        }
    }
    found
}

/// Pages of an incident from Tuesday afternoon to Thursday noon in a system that sleeps at night.
fn through_nights(replicate: usize) -> f64 {
    let mut random = Random::new(79_000 + replicate as u64);
    let mut subject = Subject::new(MONTH);
    let (begins, ends) = (29.0 + 14.0 / 24.0, 31.5);
    let mut pages = 0.0;
    for minute in 0..(32.0 * DAY / MINUTE) as usize {
        let at = minute as f64 * MINUTE;
        let (day, hour) = (at / DAY, (at / 3_600.0) % 24.0);
        let is_open = (day as i64) % 7 < 5 && (8.0..18.0).contains(&hour);
        let risen = (begins..ends).contains(&day);
        let (tasks, count) = match is_open {
            true => steady(&mut random, RATE * MINUTE, RATIO * if risen { 3.0 } else { 1.0 }),
            false => (0.0, 0.0),
        };
        pages += f64::from(u8::from(subject.bin(at, MINUTE, tasks, count) && day >= begins));
    }
    pages
}

/// Minutes until four times as many are found, that begin on this day and last for four hours.
fn early(day: f64, declared: Option<f64>, replicate: usize) -> Option<f64> {
    let mut random = Random::new(89_000 + replicate as u64);
    let mut subject = Subject::new(MONTH);
    if let Some(ratio) = declared {
        subject.detector.expect(ratio);
    }
    let begins = ((day + 0.35 + 0.3 * random.uniform()) * DAY / MINUTE) as usize;
    (0..begins + 240).find_map(|minute| {
        let has_begun = minute >= begins;
        if minute == begins {
            subject.ready();
        }
        let (tasks, count) = steady(&mut random, 2_500.0 / 1_440.0, RATIO * if has_begun { 4.0 } else { 1.0 });
        let paged = subject.bin(minute as f64 * MINUTE, MINUTE, tasks, count);
        (paged && has_begun).then(|| (minute - begins) as f64)
    })
}

pub struct Again {
    pub next: Table,
    pub early: Table,
    pub nights: f64,
}

pub fn run() -> Again {
    let each = in_parallel(FIRST.len() * REPLICATES, |number| {
        let (rise, hours) = FIRST[number / REPLICATES];
        watch(rise, hours, number % REPLICATES)
    });
    let mut next = Table::new(&["size", "lasts", "found", "after", "pages each", "the next: found", "after"]);
    for ((rise, hours), all) in FIRST.iter().zip(each.chunks(REPLICATES)) {
        let of = |part: fn(&Found) -> Option<f64>| all.iter().filter_map(part).collect::<Vec<f64>>();
        let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len().max(1) as f64;
        let (first, again) = (of(|found| found.first), of(|found| found.next));
        let pages: Vec<f64> = all.iter().filter(|found| found.first.is_some()).map(|found| found.pages).collect();
        next.row([
            format!("×{rise}"),
            format!("{hours} h"),
            format!("{} of {REPLICATES}", first.len()),
            format!("{:.0} min", mean(&first)),
            format!("{:.2}", mean(&pages)),
            format!("{} of {REPLICATES}", again.len()),
            format!("{:.0} min", mean(&again)),
        ]);
    }
    let nights = in_parallel(REPLICATES, through_nights).iter().sum::<f64>() / REPLICATES as f64;
    let mut table = Table::new(&["on day", "declared ratio", "found", "median"]);
    for (day, declared) in
        [1.0, 4.0, 9.0].into_iter().flat_map(|day| [None, Some(RATIO), Some(2.0 * RATIO)].map(|it| (day, it)))
    {
        let mut found: Vec<f64> =
            in_parallel(REPLICATES, |replicate| early(day, declared, replicate)).into_iter().flatten().collect();
        found.sort_by(f64::total_cmp);
        let declared = declared.map_or("none".to_owned(), |ratio| format!("{:.0} %", 100.0 * ratio));
        let median = found.get(found.len() / 2).map_or("—".to_owned(), |median| format!("{median:.0} min"));
        table.row([day.to_string(), declared, format!("{} of {REPLICATES}", found.len()), median]);
    }
    Again { next, early: table, nights }
}

//! The daemon over a long time: killed, stopped, reloaded, paused and scraped at random, while senders retry.
//!
//! `DAY90_SOAK_SECONDS` says how long (default 120); `DAY90_SOAK_SEED` chooses the same events again. What is held: exact
//! counts at the end, no acknowledged event lost at any restart, and no counter that goes back in any scrape. Metrics of
//! the fold may not go back over restarts either; what day90 counts about itself begins again with each process.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::harness::day90::Ended;
use crate::harness::{Day90, Dice, Load, Request, SOON, Scrape, eventually, size};

/// Configurations that follow each other; all declare the system, for its counters go when it is removed. Six connections
/// are fewer than come: idle ones make room.
const CONFIGS: &[(&str, &str)] = &[
    ("", "refund-agent: {}"),
    (", body_bytes: 1MiB", "refund-agent: {boundaries: {refund: {mode: decide}}}"),
    (", connections: 6", "refund-agent: {objectives: {escalation_ratio: 0.08}}, other: {}"),
];
/// What is remembered is bounded, so that the state fits its journal however fast the machine is and however long it goes on.
const REMEMBERED: &str = "journal_bytes: 96MiB, dedupe_ids: 100000, lifecycle_memory: 30s, resolution_memory: 30s";
/// This one is invalid: the one before it stays in force.
const BAD_CONFIG: &str = "limits: {journal_bytes: many}";
const SENDERS: usize = 6;
const SCRAPE_EVERY: Duration = Duration::from_millis(150);

/// What the report is about.
#[derive(Default)]
struct Story {
    kills: u64,
    stops: u64,
    reloads: u64,
    refused_reloads: u64,
    pauses: u64,
    restarts: Vec<Duration>,
}

impl Story {
    fn report(&mut self, seconds: u64, load: &Load, watched: &Watched) -> String {
        self.restarts.sort_unstable();
        let median = self.restarts.get(self.restarts.len() / 2).copied().unwrap_or_default();
        let worst = self.restarts.last().copied().unwrap_or_default();
        let mib = |bytes: u64| format!("{:.1}", bytes as f64 / f64::from(1 << 20));
        let quarter = |at: usize| watched.memory.get((watched.memory.len().saturating_sub(1)) * at / 4);
        let memory: Vec<_> = (0..=4).filter_map(quarter).map(|bytes| mib(*bytes)).collect();
        format!(
            "soak of {seconds} s: {}\n\
             {} kills, {} graceful stops, {} reloads, {} reloads refused, {} pauses, {} scrapes\n\
             restart to serving: median {median:?}, worst {worst:?}\n\
             resident MiB at the start, the quarters and the end: {}; high water {}",
            load.totals(),
            self.kills,
            self.stops,
            self.reloads,
            self.refused_reloads,
            self.pauses,
            watched.scrapes,
            memory.join(", "),
            mib(watched.high_water),
        )
    }
}

/// What a scraper saw.
#[derive(Default)]
struct Watched {
    scrapes: u64,
    /// Counters of the fold, by series.
    fold: BTreeMap<String, f64>,
    /// Counters of the process that was scraped last, and which that was.
    own: BTreeMap<String, f64>,
    pid: u32,
    memory: Vec<u64>,
    high_water: u64,
}

impl Watched {
    /// Fails when a counter is smaller than it was.
    fn see(&mut self, scrape: &Scrape, pid: u32) {
        self.scrapes += 1;
        let fold = counters(scrape.fold().lines());
        not_back(&self.fold, &fold);
        let mut own = counters(scrape.text.lines());
        own.retain(|series, _| !fold.contains_key(series));
        if self.pid == pid {
            not_back(&self.own, &own);
        }
        (self.fold, self.own, self.pid) = (fold, own, pid);
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        self.memory.extend(kib(&status, "VmRSS:"));
        self.high_water = self.high_water.max(kib(&status, "VmHWM:").unwrap_or(0));
    }
}

/// Every series that may only grow: counters, and the buckets and counts of histograms.
fn counters<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, f64> {
    let mut counters = BTreeMap::new();
    let mut grows: Vec<String> = Vec::new();
    for line in lines {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            grows = match kind {
                "counter" => vec![name.to_owned()],
                "histogram" => ["_bucket", "_count"].map(|suffix| format!("{name}{suffix}")).to_vec(),
                _ => Vec::new(),
            };
        } else if let Some((series, value)) = line.rsplit_once(' ') {
            let name = series.split('{').next().unwrap_or_default();
            if grows.iter().any(|grown| grown == name) {
                counters.insert(series.to_owned(), value.parse().expect("a number"));
            }
        }
    }
    counters
}

fn not_back(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>) {
    for (series, was) in before {
        let is = after.get(series);
        // A series of a model that is no longer in force may go; none may come back smaller.
        assert!(is.is_none_or(|is| is >= was), "{series} went from {was} back to {is:?}");
    }
}

fn kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib << 10)
}

/// Whom to scrape; `None` while nobody is there.
#[derive(Clone, Default)]
struct Target(Arc<Mutex<Option<(SocketAddr, u32)>>>);

impl Target {
    fn set(&self, day90: Option<&Day90>) {
        *self.0.lock().unwrap() = day90.map(|day90| (day90.address, day90.pid()));
    }

    /// Scrapes until it is told to end.
    fn scrape(self, end: Arc<AtomicBool>) -> JoinHandle<Watched> {
        thread::spawn(move || {
            let mut watched = Watched::default();
            while !end.load(Ordering::SeqCst) {
                let target = *self.0.lock().unwrap();
                if let Some((address, pid)) = target
                    && let Ok(answer) = Request::get("/metrics").to(address)
                    && answer.status == 200
                {
                    watched.see(&Scrape::parse(answer.text()), pid);
                }
                thread::sleep(SCRAPE_EVERY);
            }
            watched
        })
    }
}

/// Ends it so, under load, and starts it again.
fn restart(day90: Day90, end: fn(Day90) -> Ended, load: &Load, target: &Target, story: &mut Story) -> Day90 {
    target.set(None);
    let ended = end(day90);
    load.nowhere();
    let begun = Instant::now();
    let day90 = ended.start_again();
    story.restarts.push(begun.elapsed());
    load.expect_nothing_lost(&day90.scrape());
    day90
}

fn config((limits, systems): (&str, &str)) -> String {
    format!("limits: {{{REMEMBERED}{limits}}}\nsystems: {{{systems}}}")
}

/// Takes another configuration into force, or an invalid one.
fn reload(day90: &Day90, dice: &mut Dice, story: &mut Story) {
    let ask = |config: &str| {
        day90.rewrite_config(config);
        // Over the limit of connections, or while a checkpoint makes room, it says to come again.
        eventually("the configuration is read", SOON, || {
            let answer = Request::new("POST", "/-/reload").to(day90.address).ok()?;
            (answer.status != 503).then_some(answer)
        })
    };
    if dice.below(4) == 0 {
        let answer = ask(BAD_CONFIG);
        assert_eq!(answer.status, 500, "{}", answer.text());
        story.refused_reloads += 1;
    }
    let answer = ask(&config(*dice.one(CONFIGS)));
    assert_eq!(answer.status, 200, "{}", answer.text());
    story.reloads += 1;
}

#[test]
fn a_long_life_of_kills_reloads_and_scrapes_counts_exactly() {
    let seconds = size("DAY90_SOAK_SECONDS", 120);
    let seed = size("DAY90_SOAK_SEED", u64::from(std::process::id()) << 20 | 1);
    println!("soak: {seconds} s; the same again: DAY90_SOAK_SEED={seed}");
    let (mut dice, mut story, begun) = (Dice::new(seed), Story::default(), Instant::now());
    let mut load = Load::start(SENDERS, Duration::from_millis(2));
    let mut day90 = Day90::start_with(&config(CONFIGS[0]));
    let (target, end) = (Target::default(), Arc::new(AtomicBool::new(false)));
    let scraper = target.clone().scrape(end.clone());
    while begun.elapsed().as_secs() < seconds && !scraper.is_finished() {
        load.to(&day90);
        target.set(Some(&day90));
        thread::sleep(Duration::from_millis(50 + dice.below(700) as u64));
        match dice.below(10) {
            0..3 => {
                story.kills += 1;
                day90 = restart(day90, Day90::kill9, &load, &target, &mut story);
            }
            3 => {
                story.stops += 1;
                day90 = restart(day90, Day90::stop, &load, &target, &mut story);
            }
            4..7 => reload(&day90, &mut dice, &mut story),
            7 => {
                // Senders pile up, then all come at once.
                day90.signal("STOP");
                thread::sleep(Duration::from_millis(100 + dice.below(400) as u64));
                day90.signal("CONT");
                story.pauses += 1;
            }
            _ => {}
        }
    }
    load.to(&day90);
    load.finish();
    end.store(true, Ordering::SeqCst);
    let watched = scraper.join().expect("no counter goes back");
    load.expect_exact(&day90.scrape());
    load.expect_exact(&day90.kill9().start_again().scrape());
    println!("{}", story.report(seconds, &load, &watched));
    assert!(watched.scrapes > seconds, "it was scraped all the time");
}

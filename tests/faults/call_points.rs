//! One fault at each call that the daemon makes on its data directory: during start-up, load and stop.
//!
//! A life without a fault is traced first: which calls there are, and how many of each. Then each life has one fault, put
//! in by strace at the Nth call of its kind in any thread: an error instead of the call, or SIGKILL before it.
//! `DAY90_FAULT_POINTS` sets how many of them are tried (default 200), spread evenly; more than there are is all.
//!
//! strace cannot write half of what it was given: an injected result of half would be a lie about a write that never
//! happened. Short writes are real here: no file may grow beyond N bytes, so the write that crosses N is cut short at it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use super::strace;
use crate::harness::day90::{Ended, room_for};
use crate::harness::dir::copy;
use crate::harness::events::lines;
use crate::harness::http::Connection;
use crate::harness::{Day90, Dir, Request, SOON, event, eventually, metric, size};

/// The smallest journal: where segments scale with it, they roll within one life.
const CONFIG: &str = "limits: {body_bytes: 64KiB, decompressed_bytes: 64KiB, journal_bytes: 17MiB}";
const REQUESTS: u64 = 40;
const EVENTS_A_REQUEST: u64 = 24;
/// Every call by which the daemon may touch its data directory, and the faults that each gets.
const CALLS: &[(&str, &[&str])] = &[
    ("mkdir", &["error=ENOSPC", "signal=KILL"]),
    ("openat", &["error=EIO", "error=ENOSPC", "error=EMFILE", "signal=KILL"]),
    ("getdents64", &["error=EIO", "signal=KILL"]),
    ("read", &["error=EIO"]),
    ("flock", &["error=EIO", "signal=KILL"]),
    ("pwrite64", &["error=EIO", "error=ENOSPC", "signal=KILL"]),
    ("fallocate", &["error=ENOSPC", "error=EIO", "signal=KILL"]),
    ("fdatasync", &["error=EIO", "error=ENOSPC", "signal=KILL"]),
    ("fsync", &["error=EIO", "error=ENOSPC", "signal=KILL"]),
    ("ftruncate", &["error=EIO", "signal=KILL"]),
    ("rename", &["error=EIO", "error=ENOSPC", "signal=KILL"]),
    ("unlink", &["error=EIO", "signal=KILL"]),
];
const EVENTS_BEFORE: u64 = 40;

/// One fault at one call.
#[derive(Clone, Debug)]
struct Point {
    call: &'static str,
    nth: u64,
    fault: &'static str,
}

/// What came of one life with a fault.
#[derive(Debug, Default)]
struct Life {
    acknowledged: BTreeSet<u64>,
    refused: u64,
    /// It did not come to serving, or was gone before its time.
    cut_short: bool,
}

/// A directory with all that a start can meet: two checkpoints, a segment behind them, and a torn tail.
fn past() -> Dir {
    let dir = Dir::new();
    let data = dir.path().join("data");
    let mut day90 = start(Vec::new(), &data).unwrap_or_else(|ended| panic!("{}", ended.log()));
    for number in 0..EVENTS_BEFORE {
        day90.post([&task("before", number)]);
        if number % 10 == 9 {
            day90 = day90.stop().start_again();
        }
    }
    day90.post([&task("before", EVENTS_BEFORE)]);
    day90.kill9();
    // The last frame is torn: of its event the disk knows nothing.
    let segments = crate::harness::dir::files(&data, "journal-");
    let last = segments.last().expect("a segment");
    let bytes = fs::read(last).unwrap();
    let written = bytes.iter().rposition(|byte| *byte != 0).expect("a frame") + 1;
    fs::write(last, &bytes[..written - 7]).unwrap();
    dir
}

fn start(under: Vec<String>, data: &Path) -> Result<Day90, Ended> {
    Day90::start_under(under, data, CONFIG)
}

fn task(action: &str, number: u64) -> crate::harness::events::Event {
    event("task.completed")
        .with("id", format!("{action}-{number:0>110}"))
        .with("action", action)
        .with("outcome", "completed")
        .with("mode", "decide")
        // Some weight, so that segments fill.
        .with("case", "c".repeat(120))
}

fn request(number: u64) -> Request {
    let events: Vec<_> = (0..EVENTS_A_REQUEST).map(|at| task("now", number * EVENTS_A_REQUEST + at)).collect();
    Request::events(Some("application/x-ndjson"), lines(&events))
}

/// Starts, sends one request after the other, looks at the metrics, stops. Whatever happens, an error ends the
/// acknowledgements it must end.
fn live(under: Vec<String>, data: &Path) -> (Life, Ended) {
    let mut life = Life::default();
    let mut day90 = match start(under, data) {
        Ok(day90) => day90,
        Err(ended) => {
            let meant = [None, Some(74)].contains(&ended.code);
            assert!(meant, "it ended with {:?}, neither killed nor by its word:\n{}", ended.code, ended.log());
            return (Life { cut_short: true, ..life }, ended);
        }
    };
    let mut lost_for_good = false;
    let mut connection = Connection::to(day90.address).ok();
    for number in 0..REQUESTS {
        let answer = connection.as_mut().and_then(|open| open.ask(&request(number)).ok());
        match answer.as_ref().map(|answer| answer.status) {
            Some(202) => {
                assert!(!lost_for_good, "acknowledged after a sync had failed:\n{}", day90.log());
                let counts = answer.expect("an answer").counts();
                assert_eq!(counts, (EVENTS_A_REQUEST, 0, 0), "each id is new");
                life.acknowledged.insert(number);
            }
            Some(503) => {
                life.refused += 1;
                lost_for_good |= day90.log().contains("nothing is acknowledged until day90 restarts");
            }
            Some(other) => panic!("{other}: {}", answer.expect("an answer").text()),
            None => {
                life.cut_short = true;
                break;
            }
        }
        if number % 8 == 0 && day90.runs() {
            let scrape = Request::get("/metrics").to(day90.address);
            let answers = scrape.is_ok_and(|answer| answer.status == 200);
            // One that was killed in the meantime may take a moment to be gone.
            eventually("/metrics answers, or the daemon is gone", SOON, || (answers || !day90.runs()).then_some(()));
        }
    }
    drop(connection);
    let (code, ended) = day90.terminate();
    assert!([None, Some(0), Some(74)].contains(&code), "it ended with {code:?}:\n{}", ended.log());
    life.cut_short |= code.is_none();
    (life, ended)
}

/// Starts again without a fault: all that was acknowledged is there, what is sent again counts once.
fn look_back(life: &Life, ended: Ended) {
    let day90 = ended.start_unharmed();
    let counted =
        |action: &str| day90.scrape().get(&metric("day90_tasks_total").label("action", action)).unwrap_or(0.0);
    assert_eq!(counted("before"), EVENTS_BEFORE as f64, "what was there before the fault");
    let found = counted("now") as u64;
    let mut accepted = 0;
    for number in 0..REQUESTS {
        let counts = day90.ask(&request(number)).expect(202).counts();
        let whole = [(EVENTS_A_REQUEST, 0, 0), (0, EVENTS_A_REQUEST, 0)].contains(&counts);
        assert!(whole, "a request is kept whole or not at all: {counts:?}");
        assert!(
            counts.0 == 0 || !life.acknowledged.contains(&number),
            "request {number} was acknowledged, and is lost"
        );
        accepted += counts.0;
    }
    assert_eq!(found + accepted, REQUESTS * EVENTS_A_REQUEST, "what it counted was there, and nothing twice");
    let scrape = day90.kill9().start_again().scrape();
    scrape.expect(metric("day90_tasks_total").label("action", "now").value((REQUESTS * EVENTS_A_REQUEST) as f64));
    scrape.expect(metric("day90_tasks_total").label("action", "before").value(EVENTS_BEFORE as f64));
}

/// Every call on the data directory in a life without a fault, with its number among the calls of its kind in its thread.
fn calls(past: &Dir) -> BTreeMap<&'static str, BTreeSet<u64>> {
    let dir = Dir::new();
    let data = dir.path().join("data");
    copy(&past.path().join("data"), &data);
    let log = dir.path().join("strace");
    let names: Vec<_> = CALLS.iter().map(|(call, _)| *call).collect();
    let (life, ended) = live(strace(&log, &names.join(","), &[]), &data);
    assert_eq!(life.acknowledged.len() as u64, REQUESTS, "{}", ended.log());
    let trace = trace(&log, &ended);
    look_back(&life, ended);
    let mut calls = BTreeMap::<_, BTreeSet<u64>>::new();
    let mut numbers = BTreeMap::<(String, &str), u64>::new();
    let data = data.to_str().expect("UTF-8");
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let Some((name, _)) = CALLS.iter().find(|(name, _)| call.starts_with(&format!("{name}("))) else { continue };
        let number = numbers.entry((thread.to_owned(), name)).or_default();
        *number += 1;
        if call.contains(data) {
            calls.entry(*name).or_default().insert(*number);
        }
    }
    calls
}

/// What strace wrote, once it is through with the daemon: it may be a moment behind.
fn trace(log: &Path, ended: &Ended) -> String {
    let pid = ended.pid.to_string();
    let end = |line: &str| line.split_whitespace().take(2).eq([pid.as_str(), "+++"]);
    eventually("strace sees the end", SOON, || {
        let trace = fs::read_to_string(log).unwrap_or_default();
        trace.lines().any(end).then_some(trace)
    })
}

/// So many of all points, each kind of fault at each kind of call with its share, spread over the life.
fn choose(calls: &BTreeMap<&'static str, BTreeSet<u64>>, wanted: usize) -> Vec<Point> {
    let kinds = CALLS.iter().flat_map(|(call, faults)| faults.iter().map(move |fault| (*call, *fault)));
    let kinds: Vec<_> = kinds.filter(|(call, _)| calls.contains_key(call)).collect();
    let of = |call: &str| calls[call].len();
    // The same bound for every kind of fault, the highest that stays within what is wanted.
    let total = |bound: usize| kinds.iter().map(|(call, _)| of(call).min(bound)).sum::<usize>();
    let longest = kinds.iter().map(|(call, _)| of(call)).max().unwrap_or(0);
    let bound = (1..=longest).take_while(|bound| total(*bound) <= wanted).last().unwrap_or(1);
    let points = kinds.iter().flat_map(|&(call, fault)| {
        let numbers: Vec<u64> = calls[call].iter().copied().collect();
        let taken = numbers.len().min(bound);
        (0..taken).map(move |at| Point { call, nth: numbers[at * numbers.len() / taken], fault }).collect::<Vec<_>>()
    });
    points.collect()
}

/// A life with this fault, and the one after it. Says whether the fault came to be.
fn try_point(point: &Point, past: &Dir) -> bool {
    let dir = Dir::new();
    let data = dir.path().join("data");
    copy(&past.path().join("data"), &data);
    let log = dir.path().join("strace");
    let fault = format!("{}:{}:when={}", point.call, point.fault, point.nth);
    let (life, ended) = live(strace(&log, point.call, &[fault]), &data);
    let trace = trace(&log, &ended);
    let came = trace.contains("(INJECTED)") || trace.contains("killed by SIGKILL");
    let failed = |call: &str| {
        let journal = |line: &&str| line.contains("(INJECTED)") && line.contains("/journal-") && line.contains(call);
        trace.lines().any(|line| journal(&line)) && !life.cut_short
    };
    assert!(!failed("pwrite64(") || life.refused > 0, "a write of the journal failed, and nobody was refused");
    let after = life.acknowledged.contains(&(REQUESTS - 1));
    assert!(!failed("fdatasync(") || !after, "a sync of the journal failed, and later requests were acknowledged");
    look_back(&life, ended);
    came
}

/// All of them, two at a time; says which failed, and how.
fn try_all<T: Sync>(points: &[T], name: impl Fn(&T) -> String + Sync, one: impl Fn(&T) -> bool + Sync) -> usize {
    let next = Mutex::new(points.iter());
    let (failed, came) = (Mutex::new(Vec::new()), Mutex::new(0));
    let work = || {
        loop {
            let Some(point) = next.lock().unwrap().next() else { return };
            match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| one(point))) {
                Ok(there) => *came.lock().unwrap() += usize::from(there),
                Err(why) => {
                    let said = why.downcast_ref::<&str>();
                    let why = why.downcast_ref::<String>().cloned();
                    let why = why.unwrap_or_else(|| said.map_or("see above", |said| *said).to_owned());
                    failed.lock().unwrap().push(format!("{}: {why}", name(point)));
                }
            }
        }
    };
    thread::scope(|scope| {
        (0..2).for_each(|_| drop(scope.spawn(work)));
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} failed:\n{}", failed.len(), points.len(), failed.join("\n"));
    came.into_inner().unwrap()
}

#[test]
fn an_error_or_a_kill_at_any_call_loses_nothing() {
    let past = past();
    let calls = calls(&past);
    let points = choose(&calls, size("DAY90_FAULT_POINTS", 200) as usize);
    let all: usize = calls.values().map(BTreeSet::len).sum();
    let came = try_all(&points, |point| format!("{point:?}"), |point| try_point(point, &past));
    println!("{} faults at {all} calls ({:?}), of which {came} came to be", points.len(), lengths(&calls));
    assert!(came * 100 >= points.len() * 95, "only {came} of {} faults came to be", points.len());
}

fn lengths(calls: &BTreeMap<&'static str, BTreeSet<u64>>) -> BTreeMap<&'static str, usize> {
    calls.iter().map(|(call, numbers)| (*call, numbers.len())).collect()
}

#[test]
fn a_write_that_is_cut_short_anywhere_leaves_no_trace() {
    let past = past();
    let points = size("DAY90_FAULT_POINTS", 200) / 8;
    let written = fs::metadata(crate::harness::dir::files(&past.path().join("data"), "journal-").last().unwrap());
    let written = written.unwrap().len();
    // In steps that fall at every place within a frame, from the first frame of this life on.
    let bounds: Vec<u64> = (0..points).map(|at| written + 100 + at * 9_973 % 250_000).collect();
    let short = |bound: &u64| {
        let dir = Dir::new();
        let data = dir.path().join("data");
        copy(&past.path().join("data"), &data);
        let (life, ended) = live(room_for(*bound), &data);
        let came = life.refused > 0;
        let day90 = ended.start_unharmed();
        let torn = day90.scrape().get(&metric("day90_journal_torn_bytes_total"));
        assert_eq!(torn, Some(0.0), "what was written in part was cut off again");
        look_back(&life, day90.kill9());
        came
    };
    let came = try_all(&bounds, |bound| format!("at byte {bound}"), short);
    println!("{} short writes, of which {came} came to be", bounds.len());
    assert!(came > bounds.len() / 2, "only {came}");
}

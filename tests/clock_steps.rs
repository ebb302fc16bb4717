//! A machine whose clock is set, forward and back, while the daemon runs and between two runs. The daemon is the built one,
//! and libfaketime tells it the time; the boot clock it reads from the kernel.

use std::path::PathBuf;
use std::time::Duration;

use day90::clock::{Clock, SystemClock};
use day90::event::time::SECOND;

use crate::harness::day90::Ended;
use crate::harness::events::Event;
use crate::harness::{Day90, Dir, SOON, Scrape, event, eventually, metric};

/// What is missed is judged after five seconds, and a clock that was ahead is taken as right after as many.
const CONFIG: &str =
    "limits: {arrival_grace: 5s}\nsystems: {refund-agent: {exception_path: {acknowledge_within: 15m}}}\n";
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The writer looks at the clock at least every ten seconds, and a debug build is slow.
const PATIENCE: Duration = Duration::from_secs(40);

/// A machine whose clock the test sets.
struct Machine {
    dir: Dir,
}

impl Machine {
    /// Its clock is so many seconds ahead.
    fn ahead_by(seconds: i64) -> Machine {
        let machine = Machine { dir: Dir::new() };
        machine.set(seconds);
        machine
    }

    /// Sets its clock so many seconds ahead of the test's.
    fn set(&self, ahead: i64) {
        // In one step: the daemon may read it at any moment.
        self.dir.write("clock.new", format!("{ahead:+}\n"));
        let path = |name| self.dir.path().join(name);
        std::fs::rename(path("clock.new"), path("clock")).expect("a rename");
    }

    fn under(&self) -> Vec<String> {
        let clock = self.dir.path().join("clock");
        vec![
            "env".to_owned(),
            format!("LD_PRELOAD={}", libfaketime().display()),
            format!("FAKETIME_TIMESTAMP_FILE={}", clock.display()),
            "FAKETIME_NO_CACHE=1".to_owned(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
            "DONT_FAKE_MONOTONIC=1".to_owned(),
        ]
    }

    fn start(&self) -> Day90 {
        let data = self.dir.path().join("data");
        let started = Day90::start_under(self.under(), &data, CONFIG);
        started.unwrap_or_else(|ended: Ended| panic!("{}", ended.log()))
    }
}

/// Of Debian's package, wherever it is for this processor.
fn libfaketime() -> PathBuf {
    let libraries = std::fs::read_dir("/usr/lib").expect("/usr/lib").filter_map(Result::ok);
    let found = libraries.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
    found.expect("libfaketime, of Debian's package faketime; tests/run installs it")
}

/// The time of the test, which is the true one, so many seconds ago.
fn ago(seconds: i64) -> String {
    SystemClock.now().plus(-seconds * SECOND).to_string()
}

/// A case that was handed over so long ago, by the clock of its sender, which is right.
fn opened(case: &str, seconds: i64) -> Event {
    event("escalation.opened").with("case", case).with("queue", "billing").with("time", ago(seconds))
}

/// All series of a metric together, 0 where there is none.
fn sum(scrape: &Scrape, name: &str) -> f64 {
    scrape.get(&metric(name)).unwrap_or(0.0)
}

fn task() -> Event {
    event("task.completed").with("action", "answer").with("outcome", "completed").with("mode", "decide")
}

fn missed(scrape: &Scrape) -> f64 {
    sum(scrape, "day90_escalation_deadline_missed_total")
}

fn corrected(scrape: &Scrape) -> f64 {
    sum(scrape, "day90_clock_corrected_seconds_total")
}

fn ahead_of_the_clock(scrape: &Scrape) -> f64 {
    sum(scrape, "day90_state_ahead_seconds")
}

/// Waits until a scrape shows this.
#[track_caller]
fn shows(day90: &Day90, what: &str, is_so: impl Fn(&Scrape) -> bool) -> Scrape {
    eventually(what, PATIENCE, || Some(day90.scrape()).filter(|scrape| is_so(scrape)))
}

#[test]
fn a_clock_that_was_an_hour_ahead_is_named_at_once_and_works_again_within_the_grace() {
    let machine = Machine::ahead_by(HOUR);
    let day90 = machine.start();
    day90.post(&[task()]);
    machine.set(0);
    day90.post(&[opened("c-1", 16 * MINUTE)]);
    let ahead = ahead_of_the_clock(&day90.scrape());
    assert!((3_500.0..=3_600.0).contains(&ahead), "{ahead}");
    let scrape = shows(&day90, "its clock is right again", |scrape| corrected(scrape) > 0.0);
    assert!((3_599.0..=3_601.0).contains(&corrected(&scrape)), "{}", corrected(&scrape));
    shows(&day90, "the deadline is missed", |scrape| missed(scrape) == 1.0 && ahead_of_the_clock(scrape) == 0.0);
    let log = day90.log();
    assert!(log.contains("clock was ahead") && log.contains("clock corrected"), "{log}");
    // After a kill the same is so.
    let scrape = day90.kill9().start_again().scrape();
    assert!((3_599.0..=3_601.0).contains(&corrected(&scrape)) && missed(&scrape) == 1.0);
}

#[test]
fn a_restart_with_the_right_clock_corrects_it_at_once() {
    for ahead in [2 * MINUTE, HOUR, 25 * HOUR, 40 * DAY, 400 * DAY] {
        let machine = Machine::ahead_by(ahead);
        let day90 = machine.start();
        day90.post(&[task()]);
        machine.set(0);
        let day90 = day90.kill9().start_again();
        let scrape = day90.scrape();
        scrape.expect(metric("day90_state_ahead_seconds").value(0.0));
        assert!((ahead as f64 - 100.0..=ahead as f64).contains(&corrected(&scrape)), "{ahead}");
        let last = sum(&scrape, "day90_last_event_timestamp_seconds");
        assert!(last <= SystemClock.now().as_seconds_f64(), "{ahead}: {last}");
        day90.post(&[opened("c-1", 16 * MINUTE)]);
        shows(&day90, "the deadline is missed", |scrape| missed(scrape) == 1.0);
        // A later stop and start find nothing to correct.
        let again = day90.stop().start_again().scrape();
        assert_eq!(corrected(&again), corrected(&scrape), "{ahead}");
    }
}

#[test]
fn a_step_forward_of_over_a_day_counts_when_it_has_lasted() {
    for ahead in [25 * HOUR, 400 * DAY] {
        let machine = Machine::ahead_by(0);
        let day90 = machine.start();
        day90.post(&[opened("c-1", 0)]);
        machine.set(ahead);
        // For a moment: nothing comes of it.
        assert_eq!(missed(&day90.scrape()), 0.0);
        machine.set(0);
        day90.post(&[task()]);
        std::thread::sleep(Duration::from_secs(6));
        assert_eq!(missed(&day90.scrape()), 0.0, "{ahead}");
        machine.set(ahead);
        shows(&day90, "the step has lasted", |scrape| missed(scrape) == 1.0);
        let log = day90.log();
        assert!(log.contains("went forward by more than a day") && log.contains("stayed there"), "{log}");
        // And back again: it is missed already, and stays so once.
        machine.set(0);
        let scrape = shows(&day90, "it is corrected", |scrape| corrected(scrape) > 0.0);
        assert_eq!(missed(&scrape), 1.0);
    }
}

#[test]
fn a_step_of_up_to_a_minute_is_waited_for() {
    let machine = Machine::ahead_by(0);
    let day90 = machine.start();
    for ahead in [1, 0, -1, 30, 0] {
        machine.set(ahead);
        day90.post(&[task()]);
        std::thread::sleep(Duration::from_millis(300));
    }
    std::thread::sleep(Duration::from_secs(6));
    let scrape = day90.scrape();
    assert_eq!(corrected(&scrape), 0.0);
    scrape.expect(metric("day90_tasks_total").value(5.0));
}

#[test]
fn events_come_in_while_the_clock_jumps_to_and_fro() {
    let machine = Machine::ahead_by(0);
    let day90 = machine.start();
    let steps = [HOUR, -HOUR, 3 * DAY, -400 * DAY, 0, 2 * MINUTE, 40 * DAY, 0];
    for (number, step) in steps.into_iter().enumerate() {
        machine.set(step);
        day90.post(&[task().with("id", format!("t-{number}"))]);
        std::thread::sleep(Duration::from_millis(500));
    }
    shows(&day90, "it goes by the right clock", |scrape| ahead_of_the_clock(scrape) == 0.0);
    day90.scrape().expect(metric("day90_tasks_total").value(steps.len() as f64));
    let day90 = day90.kill9().start_again();
    day90.scrape().expect(metric("day90_tasks_total").value(steps.len() as f64));
    eventually("it is ready", SOON, || (day90.get("/-/ready").status == 200).then_some(()));
}

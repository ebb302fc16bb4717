//! SIGKILL under load, again and again, while senders retry what was not acknowledged with the same ids.
//!
//! `DAY90_KILL_ROUNDS` sets the number of rounds (default 200).

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::harness::events::lines;
use crate::harness::http::Connection;
use crate::harness::{Day90, Request, event, metric};

const SENDERS: u64 = 3;
const EVENTS_A_REQUEST: u64 = 4;

/// What the senders share with the test.
#[derive(Default)]
struct Load {
    /// Where the daemon of this round listens.
    address: Mutex<Option<SocketAddr>>,
    stop: AtomicBool,
    /// Requests that got no answer, because the daemon was killed meanwhile.
    cut_off: AtomicU64,
    /// Events that were acknowledged as known: kept, but their first acknowledgement never came.
    duplicates: AtomicU64,
}

/// Sends until it is told to stop, each request until it is acknowledged; returns how many events were.
fn send(sender: u64, load: &Load) -> u64 {
    let mut acknowledged = 0;
    let mut connection: Option<(SocketAddr, Connection)> = None;
    while !load.stop.load(Ordering::Relaxed) {
        let request = Request::events(Some("application/x-ndjson"), body(sender, acknowledged));
        loop {
            let Some(address) = *load.address.lock().unwrap() else {
                thread::sleep(Duration::from_millis(1));
                continue;
            };
            if connection.as_ref().is_none_or(|(known, _)| *known != address) {
                connection = Connection::to(address).ok().map(|open| (address, open));
            }
            let Some((_, open)) = &mut connection else {
                thread::sleep(Duration::from_millis(1));
                continue;
            };
            match open.ask(&request) {
                Ok(answer) => {
                    let (accepted, duplicates, rejected) = answer.expect(202).counts();
                    assert_eq!((accepted + duplicates, rejected), (EVENTS_A_REQUEST, 0));
                    load.duplicates.fetch_add(duplicates, Ordering::Relaxed);
                    break;
                }
                Err(_) => {
                    connection = None;
                    load.cut_off.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        acknowledged += EVENTS_A_REQUEST;
        // Enough to have requests under way at every kill; more would only make journals long.
        thread::sleep(Duration::from_millis(1));
    }
    acknowledged
}

fn body(sender: u64, first: u64) -> String {
    let task = |number: u64| {
        event("task.completed")
            .with("id", format!("{sender}-{number}"))
            .with("action", format!("sender-{sender}"))
            .with("outcome", "completed")
            .with("mode", "decide")
            .with("duration_seconds", 1)
    };
    let opened = |number: u64| {
        event("escalation.opened").with("id", format!("{sender}-{number}")).with("case", format!("{sender}-{number}"))
    };
    let last = first + EVENTS_A_REQUEST - 1;
    lines(&(first..last).map(task).chain([opened(last)]).collect::<Vec<_>>())
}

#[test]
fn nothing_acknowledged_is_lost_or_counted_twice() {
    let rounds: u64 = std::env::var("DAY90_KILL_ROUNDS").map_or(200, |rounds| rounds.parse().expect("a number"));
    let load = Arc::new(Load::default());
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let load = load.clone();
            thread::spawn(move || send(sender, &load))
        })
        .collect();
    let mut day90 = Day90::start();
    for round in 0..rounds {
        *load.address.lock().unwrap() = Some(day90.address);
        // Not always at the same moment of a commit: 20 to 60 ms, spread over the rounds.
        thread::sleep(Duration::from_millis(20 + round * 37 % 41));
        // A graceful stop now and then: the next rounds begin with a checkpoint.
        let ended = if round % 50 == 49 { day90.stop() } else { day90.kill9() };
        *load.address.lock().unwrap() = None;
        day90 = ended.start_again();
    }
    *load.address.lock().unwrap() = Some(day90.address);
    load.stop.store(true, Ordering::Relaxed);
    let sent: Vec<u64> = senders.into_iter().map(|sender| sender.join().expect("a sender")).collect();
    let all: u64 = sent.iter().sum();
    let (cut_off, duplicates) = (load.cut_off.load(Ordering::Relaxed), load.duplicates.load(Ordering::Relaxed));
    println!("{rounds} rounds: {all} events sent, {cut_off} requests cut off, {duplicates} events kept unacknowledged");
    let scrape = day90.scrape();
    for (sender, sent) in sent.iter().enumerate() {
        let tasks = (sent / EVENTS_A_REQUEST * (EVENTS_A_REQUEST - 1)) as f64;
        scrape.expect(metric("day90_tasks_total").label("action", &format!("sender-{sender}")).value(tasks));
    }
    let openings = (all / EVENTS_A_REQUEST) as f64;
    scrape.expect(metric("day90_escalations_total").value(openings));
    scrape.expect(metric("day90_escalations_open").value(openings));
    scrape.expect(metric("day90_events_total").value(all as f64));
    scrape.expect(metric("day90_task_duration_seconds_count").value((all - all / EVENTS_A_REQUEST) as f64));
    assert!(cut_off > rounds / 4, "the kills must hit requests under way: {cut_off} of {rounds}");
}

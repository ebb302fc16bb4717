//! A single event on an idle daemon waits for the disk, and for nothing else.

use std::time::{Duration, Instant};

use crate::harness::http::Connection;
use crate::harness::{Day90, Request, event, metric};

/// What parsing, two threads that wake each other and a loopback may take in a debug build on a busy machine.
const BESIDE_THE_SYNC: Duration = Duration::from_millis(5);

#[test]
fn an_acknowledgement_comes_within_milliseconds_of_the_sync() {
    let day90 = Day90::start();
    let mut connection = Connection::to(day90.address).unwrap();
    let request = Request::events(None, event("fallback.ended").to_string());
    connection.ask(&request).unwrap().expect(202);
    let sync = |scrape: &crate::harness::Scrape| {
        let part = |suffix: &str| scrape.get(&metric(&format!("day90_journal_sync_seconds_{suffix}"))).unwrap();
        (part("sum"), part("count"))
    };
    let (sum_before, count_before) = sync(&day90.scrape());
    let mut fastest = Duration::MAX;
    for _ in 0..30 {
        let begun = Instant::now();
        connection.ask(&request).unwrap().expect(202);
        fastest = fastest.min(begun.elapsed());
    }
    let (sum, count) = sync(&day90.scrape());
    assert_eq!(count - count_before, 30.0, "one sync each");
    let mean = Duration::from_secs_f64((sum - sum_before) / 30.0);
    println!("fastest acknowledgement {fastest:?}, mean sync {mean:?}");
    // A fixed wait anywhere would be in every one of them, so also in the fastest.
    assert!(fastest < mean + BESIDE_THE_SYNC, "{fastest:?} against a mean sync of {mean:?}");
}

/// Eight megabytes of nonsense used to hold the only runtime thread until the last line was refused: health checks and
/// every other sender waited with it.
#[test]
fn a_huge_body_lets_others_have_their_turn() {
    let day90 = Day90::start();
    let nonsense = Request::events(Some("application/x-ndjson"), "{\n".repeat(500_000));
    let (mut slowest, begun) = (Duration::ZERO, Instant::now());
    let took = std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            nonsense.to(day90.address).unwrap().expect(413);
            begun.elapsed()
        });
        while !sender.is_finished() {
            let asked = Instant::now();
            day90.get("/-/healthy").expect(200);
            slowest = slowest.max(asked.elapsed());
        }
        sender.join().unwrap()
    });
    println!("the body took {took:?}, the slowest health check {slowest:?}");
    assert!(slowest < took / 4, "a health check took {slowest:?} of the {took:?} that the body took");
}

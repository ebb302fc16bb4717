//! An hour of sustained load at defaults: what an event costs, what is resident and the worst acknowledgement, minute by
//! minute. `tests/bench/run hour 600` takes ten minutes of it.
//!
//! Two connections send 100 events a request, about 20,000 a second together; a scraper comes every 15 seconds. What the
//! daemon does behind its answers (checkpoints) is in the minute in which it does it.

mod daemon;
mod lines;
mod load;

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use daemon::{Connection, Day90, get};

const SECONDS: u64 = 3_600;
const MINUTE: Duration = Duration::from_secs(60);
const CONNECTIONS: usize = 2;
/// Events in one request, and the requests of one connection in a second.
const EVENTS: usize = 100;
const REQUESTS: u32 = 100;
const SCRAPE_EVERY: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let Ok(seconds) = wanted.first().map_or(Ok(SECONDS), |seconds| seconds.parse()) else {
        eprintln!("{} is not a number of seconds", wanted[0]);
        return ExitCode::from(2);
    };
    let day90 = Day90::start("hour");
    let end = Instant::now() + Duration::from_secs(seconds);
    let took = Mutex::new(Vec::new());
    println!("| minute | events a second | CPU an event | resident | acknowledged: p99 | worst |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    std::thread::scope(|scope| {
        for sender in 0..CONNECTIONS {
            let (day90, took) = (&day90, &took);
            scope.spawn(move || keep_sending(day90, sender, end, took));
        }
        scope.spawn(|| {
            while Instant::now() < end {
                assert!(get(day90.address, "/metrics").starts_with("HTTP/1.1 200"));
                std::thread::sleep(SCRAPE_EVERY.min(end.saturating_duration_since(Instant::now())));
            }
        });
        let mut minute = 0;
        while Instant::now() < end {
            minute += 1;
            report(&day90, minute, end, &took);
        }
    });
    ExitCode::SUCCESS
}

/// Waits for a minute, or what is left, and prints it.
fn report(day90: &Day90, minute: u32, end: Instant, took: &Mutex<Vec<f64>>) {
    let (began, cpu) = (Instant::now(), day90.cpu_nanos());
    std::thread::sleep(MINUTE.min(end.saturating_duration_since(began)));
    let cpu = day90.cpu_nanos() - cpu;
    let mut took = std::mem::take(&mut *took.lock().expect("no sender panics with it"));
    if took.is_empty() {
        return;
    }
    let events = (took.len() * EVENTS) as f64;
    println!(
        "| {minute} | {:.0} | {:.0} ns | {:.1} MiB | {:.1} ms | {:.1} ms |",
        events / began.elapsed().as_secs_f64(),
        cpu as f64 / events,
        day90.resident_mib(),
        load::quantile(&mut took, 0.99),
        load::quantile(&mut took, 1.0),
    );
}

/// Sends at its pace until the end; a request that is late is not made up for.
fn keep_sending(day90: &Day90, sender: usize, end: Instant, took: &Mutex<Vec<f64>>) {
    let (mut connection, mut number) = (Connection::open(day90.address), 0);
    while Instant::now() < end {
        let body = lines::batch(number, EVENTS, |number| lines::line(sender, number));
        number += EVENTS;
        let began = Instant::now();
        load::post(&mut connection, &body);
        let answered = began.elapsed();
        took.lock().expect("no sender panics with it").push(answered.as_secs_f64() * 1e3);
        std::thread::sleep((Duration::from_secs(1) / REQUESTS).saturating_sub(answered));
    }
}

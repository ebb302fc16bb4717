//! What taking events in costs: the running release build against a plain parse of the same lines.
//!
//! `tests/bench/run ingest` builds and runs it. Four connections send 1 MiB bodies of NDJSON, each answered only after
//! its sync; the daemon's CPU time comes from the kernel. The plain parse is single-threaded
//! `serde_json::from_str` into a struct that borrows, of the same lines, in the same run: machines differ and are
//! noisy, so the ratio is the number to quote. It prints, and judges nothing.

mod daemon;
mod lines;
mod load;
mod plain;

use std::time::Instant;

use daemon::{Connection, Day90};

const BODY_BYTES: usize = 1 << 20;
const CONNECTIONS: usize = 4;
/// Bodies that each connection sends; DAY90_BENCH_BODIES changes it.
const BODIES: usize = 60;
/// Runs of the plain parse; the fastest counts.
const PLAIN_RUNS: usize = 3;
/// Single events, one after the other, on an idle daemon.
const SINGLES: usize = 200;

fn main() {
    let bodies = std::env::var("DAY90_BENCH_BODIES").ok().and_then(|text| text.parse().ok()).unwrap_or(BODIES);
    let day90 = Day90::start("bulk");
    println!("resident, idle                         {:>10.1} MiB", day90.resident_mib());
    singles(&day90);
    bulk(&day90, bodies);
    println!("resident, after bulk                   {:>10.1} MiB", day90.resident_mib());
    restart(day90);
}

fn bulk(day90: &Day90, bodies: usize) {
    let all: Vec<Vec<lines::Body>> = (0..CONNECTIONS)
        .map(|sender| (0..bodies).map(|body| lines::body(sender, body, BODY_BYTES)).collect())
        .collect();
    let events: usize = all.iter().flatten().map(|body| body.events).sum();
    let bytes: usize = all.iter().flatten().map(|body| body.text.len()).sum();
    let plain = (0..PLAIN_RUNS).map(|_| plain::parse_ns_per_line(&all[0])).fold(f64::INFINITY, f64::min);
    let sent = load::send(day90, &all);
    let cpu = sent.nanos_per_event();
    println!("bulk: events                           {events:>10}  of {} bytes", bytes / events);
    println!("bulk: durable events a second          {:>10.0}", events as f64 / sent.seconds);
    println!("bulk: daemon, CPU an event             {cpu:>10.0} ns");
    println!("bulk: plain serde_json, CPU an event   {plain:>10.0} ns");
    println!("bulk: ratio                            {:>10.2}", cpu / plain);
}

/// From the request to the answer, in addition to the disk's own share.
fn singles(day90: &Day90) {
    let mut connection = Connection::open(day90.address);
    let mut took: Vec<f64> = (0..SINGLES)
        .map(|number| {
            let line = lines::line(99, number);
            let began = Instant::now();
            let reply = connection.post(&line);
            assert!(reply.starts_with("{\"accepted\":1,"), "{reply}");
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    took.sort_by(f64::total_cmp);
    println!(
        "one event, idle: median, p99           {:>10.2} ms {:.2} ms",
        took[SINGLES / 2],
        took[SINGLES * 99 / 100]
    );
    println!("one event, idle: mean sync             {:>10.2} ms", day90.mean_sync_seconds() * 1e3);
}

/// A kill and a start, until it is ready.
fn restart(day90: Day90) {
    let events = day90.accepted();
    let day90 = day90.kill_and_start();
    println!(
        "restart after kill -9 to ready         {:>10.2} s  with {events:.0} events behind it",
        day90.ready_after.as_secs_f64()
    );
    assert_eq!(day90.accepted(), events, "a restart loses nothing");
    let day90 = day90.stop_and_start();
    println!("restart after a stop to ready          {:>10.2} s", day90.ready_after.as_secs_f64());
}

//! What a scrape costs the senders: the p99 of acknowledgements with a scrape every second of 100,000 series, against the
//! same load without, in phases that take turns.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::daemon::{Connection, Day90};
use crate::lines::{self, Labels, scatter};
use crate::load::{self, median, quantile};
use crate::row::Row;

const SERIES: usize = 100_000;
/// Phases of each kind.
const PHASES: usize = 8;
const PHASE: Duration = Duration::from_secs(3);
const SCRAPE_EVERY: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 4;
/// Events in one request.
const EVENTS: usize = 100;
/// Between the requests of one connection: load, but not saturation.
const BREATH: Duration = Duration::from_millis(5);
/// Room for as many series, and their exposition.
const LIMITS: &str = "limits:\n  series: 200000\n  memory: 1GiB\n";

pub fn rows() -> Vec<Row> {
    let day90 = Day90::start_configured("acknowledge", LIMITS);
    let fill = |from: usize| lines::batch(from, 10_000, |series| Labels::of(series).line(&format!("fill-{series}")));
    load::send(&day90, &[(0..SERIES / 10_000).map(|batch| fill(batch * 10_000)).collect()]);
    assert!(day90.metric("day90_series ") >= SERIES as f64, "the daemon keeps every series");
    let (mut quiet, mut scraped) = (Vec::new(), Vec::new());
    let mut scrapes = Vec::new();
    for phase in 0..PHASES {
        quiet.push(under_load(&day90, phase * 2, || std::thread::sleep(PHASE)));
        scraped.push(under_load(&day90, phase * 2 + 1, || scrapes.extend(scrape(day90.address))));
    }
    let p99 = |mut took: Vec<f64>| quantile(&mut took, 0.99);
    let (without, with) = (p99(quiet.concat()), p99(scraped.concat()));
    let pairs = quiet.into_iter().zip(scraped).map(|(quiet, scraped)| p99(scraped) / p99(quiet));
    let pairs: Vec<f64> = pairs.collect();
    vec![Row {
        what: "acknowledgement p99 with a scrape every second of 100,000 series ÷ without",
        aim: "≤ 1.2",
        measured: format!(
            "{:.2} ({with:.1} ms ÷ {without:.1} ms; median of the {PHASES} pairs of phases {:.2}; a scrape takes {:.0} ms)",
            with / without,
            median(&pairs),
            median(&scrapes)
        ),
        held: with / without <= 1.2,
        peer: "–".to_owned(),
    }]
}

/// Sends while `meanwhile` runs; what each acknowledgement took, in milliseconds.
fn under_load(day90: &Day90, phase: usize, meanwhile: impl FnOnce()) -> Vec<f64> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let stop = &stop;
        let senders: Vec<_> =
            (0..CONNECTIONS).map(|sender| scope.spawn(move || keep_sending(day90, phase, sender, stop))).collect();
        meanwhile();
        stop.store(true, Ordering::Relaxed);
        senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect()
    })
}

fn keep_sending(day90: &Day90, phase: usize, sender: usize, stop: &AtomicBool) -> Vec<f64> {
    let (mut connection, mut took, mut number) = (Connection::open(day90.address), Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        let line = |event| Labels::of(scatter(event) % SERIES).line(&format!("{phase}-{sender}-{event}"));
        let body = lines::batch(number, EVENTS, line);
        number += EVENTS;
        let began = Instant::now();
        load::post(&mut connection, &body);
        took.push(began.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(BREATH);
    }
    took
}

/// Scrapes for a phase as Prometheus does; what each took, in milliseconds.
fn scrape(address: SocketAddr) -> Vec<f64> {
    let began = Instant::now();
    let mut took = Vec::new();
    while began.elapsed() < PHASE {
        let scrape = Instant::now();
        assert!(get_packed(address) > 100_000, "the daemon gives out its series");
        took.push(scrape.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(SCRAPE_EVERY.saturating_sub(scrape.elapsed()));
    }
    took
}

/// The bytes of one answer.
fn get_packed(address: SocketAddr) -> u64 {
    const REQUEST: &[u8] =
        b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\naccept-encoding: gzip\r\n\
        accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
        application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
        text/plain;version=0.0.4;q=0.2,*/*;q=0.1\r\n\r\n";
    let mut stream = TcpStream::connect(address).expect("the daemon listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a TCP option");
    stream.write_all(REQUEST).expect("the daemon reads");
    std::io::copy(&mut stream, &mut std::io::sink()).expect("the daemon answers")
}

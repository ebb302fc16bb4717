//! Clients that take their time, against the built daemon as it is configured from the start: each is closed by its
//! deadline, is counted under it, and keeps nobody else waiting.
//!
//! The deadlines themselves, and the clients that must not be closed, are tested in `src/daemon/tests/slow.rs`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Day90, Request, SOON, event, metric};

const HEAD: &str = "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n";

/// What a client says at first, what it goes on saying twice a second, and the deadline that ends it.
const CLIENTS: &[(&str, &str, &str)] = &[
    ("", "", "first_byte"),
    ("G", "", "head"),
    ("GET /metrics HTTP/1.1\r\nHost: localhost\r\n", "", "head"),
    ("GET /metrics HTTP/1.1\r\n", "x", "head"),
    ("PRI * HTT", "", "head"),
    (HEAD, "", "body_idle"),
    ("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", "", "body_idle"),
    (HEAD, "{", "body_total"),
];

/// Speaks slowly until it is closed.
fn drip(day90: &Day90, first: &str, then: &str) -> Duration {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(day90.address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    stream.write_all(first.as_bytes()).expect("a new connection");
    let mut buffer = [0; 1_024];
    loop {
        let closed = match stream.read(&mut buffer) {
            Ok(read) => read == 0,
            Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
        };
        if closed || stream.write_all(then.as_bytes()).is_err() {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < SOON * 3, "{first:?} is never closed");
    }
}

#[test]
fn every_slow_client_is_closed_by_its_deadline_and_nobody_else_waits() {
    let day90 = Day90::start();
    thread::scope(|scope| {
        let clients: Vec<_> =
            CLIENTS.iter().map(|(first, then, _)| scope.spawn(|| drip(&day90, first, then))).collect();
        let mut served = 0;
        while clients.iter().any(|client| !client.is_finished()) {
            day90.post([&event("fallback.ended")]);
            served += 1;
            thread::sleep(Duration::from_millis(100));
        }
        for (client, (first, then, reason)) in clients.into_iter().zip(CLIENTS) {
            println!("{reason}: {first:?} and then {then:?} was closed after {:?}", client.join().expect("a client"));
        }
        assert!(served > 10, "others are served meanwhile: {served}");
        day90.scrape().expect(metric("day90_events_total").label("type", "fallback.ended").value(served));
    });
    let scrape = day90.scrape();
    for reason in ["first_byte", "head", "body_idle", "body_total"] {
        let expected = CLIENTS.iter().filter(|(.., ended)| *ended == reason).count() as u32;
        scrape.expect(metric("day90_connections_closed_total").label("reason", reason).value(expected));
    }
    Request::get("/metrics").to(day90.address).expect("it goes on").expect(200);
}

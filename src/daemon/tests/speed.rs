//! What the edge costs, without the pipeline. It measures and asserts nothing about time, so it is run by hand:
//!
//! ```text
//! cargo test --release --lib daemon::tests::speed -- --ignored --nocapture --test-threads 1
//! ```

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;

use super::harness::{Setup, post, with};

/// Bodies that are sent.
const BODIES: usize = 200;

/// Nanoseconds that this thread has had on a CPU.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    text.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("a number")
}

/// A mebibyte of events of about 240 bytes, with fields that day90 doesn't know.
fn body() -> (String, u64) {
    let (mut body, mut events) = (String::new(), 0);
    while body.len() < (1 << 20) - 300 {
        writeln!(
            body,
            r#"{{"type":"task.completed","id":"01JDA{events:08}","time":"2026-11-23T08:00:{:02}.123Z","system":"refund-agent","case":"c-{events}","action":"refund.issue","outcome":"completed","mode":"decide","duration_seconds":{}.25,"trace_id":"4bf92f3577b34da6a3ce929d0e0e{events:04}"}}"#,
            events % 60,
            events % 30
        )
        .expect("memory");
        events += 1;
    }
    (body, events)
}

#[tokio::test]
#[ignore = "a measurement: run it by hand, in release"]
async fn of_a_mebibyte_of_events() {
    let (body, events) = body();
    let blank = "\n".repeat(body.len());
    with(Setup::default(), async |server| {
        for (name, body, events) in [("blank lines", blank, 1), ("events", body, events)] {
            let (at, request) = (server.at, post("Content-Type: application/x-ndjson\r\n", &body));
            let (tell, done) = tokio::sync::oneshot::channel();
            let before = cpu();
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(at).expect("the server listens");
                let mut answer = [0; 4_096];
                for _ in 0..BODIES {
                    stream.write_all(&request).expect("the server reads");
                    assert!(stream.read(&mut answer).expect("an answer") > 0);
                }
                let _ = tell.send(());
            });
            done.await.expect("the client ends");
            let nanos = (cpu() - before) / BODIES as u64;
            println!("{name}: {} µs of CPU for a body of 1 MiB, {} ns an event", nanos / 1_000, nanos / events);
        }
    })
    .await;
}

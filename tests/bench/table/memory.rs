//! Resident memory at defaults: idle, and the most while events come in as fast as they are taken.

use std::time::Duration;

use crate::daemon::Day90;
use crate::lines::{self, Body};
use crate::load;
use crate::row::Row;
use crate::statsd;

const BODY_BYTES: usize = 1 << 20;
const CONNECTIONS: usize = 4;
/// Bodies of each connection at a time, and how often: more events than ids are remembered, so that what is bounded is
/// at its bound.
const BODIES: usize = 16;
const ROUNDS: usize = 7;

pub fn rows() -> Vec<Row> {
    let day90 = Day90::start("memory");
    std::thread::sleep(Duration::from_millis(500));
    let idle = day90.resident_mib();
    let events: usize = (0..ROUNDS).map(|round| load::send(&day90, &bodies(round)).events).sum();
    let (peak, after) = (day90.peak_mib(), day90.resident_mib());
    let [peer_idle, peer_full] = statsd::memory();
    vec![
        Row {
            what: "resident memory, idle",
            aim: "≤ 32 MiB",
            measured: format!("{idle:.1} MiB"),
            held: idle <= 32.0,
            peer: peer_idle,
        },
        Row {
            what: "resident memory, the most at full ingest at defaults",
            aim: "≤ 96 MiB",
            measured: format!("{peak:.1} MiB (over {:.1} million events; {after:.1} afterwards)", events as f64 / 1e6),
            held: peak <= 96.0,
            peer: peer_full,
        },
    ]
}

fn bodies(round: usize) -> Vec<Vec<Body>> {
    let sender = |sender| (0..BODIES).map(|body| lines::body(sender, round * 100 + body, BODY_BYTES)).collect();
    (0..CONNECTIONS).map(sender).collect()
}

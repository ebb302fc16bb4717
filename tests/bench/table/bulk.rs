//! Bulk: 1 MiB bodies over four connections, each answered after its sync, against a plain parse of the same lines.

use crate::daemon::Day90;
use crate::lines::{self, Body};
use crate::load::{self, range};
use crate::plain;
use crate::row::Row;
use crate::statsd;

const BODY_BYTES: usize = 1 << 20;
const CONNECTIONS: usize = 4;
/// Bodies of each connection in one round.
const BODIES: usize = 16;
/// Rounds, each with a plain parse before and after, so that both see the same machine.
const ROUNDS: usize = 4;

pub fn rows() -> Vec<Row> {
    let day90 = Day90::start("bulk");
    // The first buffers, connections and names.
    load::send(&day90, &bodies(0, 1));
    let mut rounds = Vec::new();
    let (mut cpu, mut events, mut plains) = (0, 0, Vec::new());
    for round in 1..=ROUNDS {
        let bodies = bodies(round, BODIES);
        let before = plain::parse_ns_per_line(&bodies[0]);
        let sent = load::send(&day90, &bodies);
        let plain = (before + plain::parse_ns_per_line(&bodies[0])) / 2.0;
        rounds.push(sent.nanos_per_event() / plain);
        plains.push(plain);
        cpu += sent.cpu_nanos;
        events += sent.events;
    }
    // Over all rounds: a checkpoint falls into some of them, and belongs to the cost.
    let (each, plain) = (cpu as f64 / events as f64, load::median(&plains));
    let (ratio, (low, high)) = (each / plain, range(&rounds));
    vec![Row {
        what: "bulk: 1 MiB bodies of 240-byte NDJSON over 4 connections, synced before the answer; CPU an event ÷ plain `serde_json::from_str`",
        aim: "≤ 2.5",
        measured: format!("{ratio:.2} ({low:.2} to {high:.2}; {each:.0} ns ÷ {plain:.0} ns)"),
        held: ratio <= 2.5,
        peer: statsd::bulk(),
    }]
}

/// Bodies for each connection, different in each round.
fn bodies(round: usize, bodies: usize) -> Vec<Vec<Body>> {
    let sender = |sender| (0..bodies).map(|body| lines::body(sender, round * 100 + body, BODY_BYTES)).collect();
    (0..CONNECTIONS).map(sender).collect()
}

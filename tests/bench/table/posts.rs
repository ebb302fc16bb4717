//! Small requests over 64 connections: a hundred events in each, and one.

use crate::daemon::Day90;
use crate::lines::{self, Body};
use crate::load::{self, median, range};
use crate::plain;
use crate::row::Row;
use crate::statsd;

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 5;
/// Requests of each connection in one round.
const HUNDREDS: usize = 20;
const SINGLES: usize = 400;

pub fn hundred() -> Vec<Row> {
    let (cpus, ratios) = measure("hundred", 100, HUNDREDS);
    let (ratio, (low, high)) = (median(&ratios), range(&ratios));
    vec![Row {
        what: "the same with 100 events a POST over 64 connections",
        aim: "≤ 5",
        measured: format!("{ratio:.2} ({low:.2} to {high:.2}; {:.0} ns)", median(&cpus)),
        held: ratio <= 5.0,
        peer: "–".to_owned(),
    }]
}

pub fn single() -> Vec<Row> {
    let (cpus, _) = measure("single", 1, SINGLES);
    let rates: Vec<f64> = cpus.iter().map(|nanos| 1e9 / nanos).collect();
    let (rate, (low, high)) = (median(&rates), range(&rates));
    vec![Row {
        what: "one event a POST over 64 connections, events per CPU second",
        aim: "≥ 40,000",
        measured: format!("{rate:.0} ({low:.0} to {high:.0})"),
        held: rate >= 40_000.0,
        peer: statsd::single(),
    }]
}

/// CPU nanoseconds an event, and their ratio to a plain parse of the same lines, in each round.
fn measure(name: &str, events: usize, requests: usize) -> (Vec<f64>, Vec<f64>) {
    let day90 = Day90::start(name);
    load::send(&day90, &bodies(0, events, 2));
    let round = |round| {
        let bodies = bodies(round, events, requests);
        let parse = || bodies.iter().map(|bodies| plain::parse_ns_per_line(bodies)).sum::<f64>() / CONNECTIONS as f64;
        let before = parse();
        let cpu = load::send(&day90, &bodies).nanos_per_event();
        (cpu, cpu / ((before + parse()) / 2.0))
    };
    (1..=ROUNDS).map(round).unzip()
}

fn bodies(round: usize, events: usize, requests: usize) -> Vec<Vec<Body>> {
    let body = |sender, request| {
        lines::batch((round * requests + request) * events * 8, events, |number| lines::line(sender, number))
    };
    (0..CONNECTIONS).map(|sender| (0..requests).map(|request| body(sender, request)).collect()).collect()
}

//! How the cost of an event grows: with live series, with systems, with open cases. `tests/bench/run growth` prints three
//! tables; `tests/bench/run growth series` one.
//!
//! The daemons of one table run at the same time and take turns, so that all see the same machine; next to each runs a
//! plain parse of the same lines. Bulk, over four connections.

mod daemon;
mod lines;
mod load;
mod plain;

use std::fmt::Write as _;
use std::process::ExitCode;

use daemon::Day90;
use lines::{Body, Spread};
use load::median;

const BODY_BYTES: usize = 1 << 20;
const CONNECTIONS: usize = 4;
/// Bodies of each connection in one round.
const BODIES: usize = 5;
const ROUNDS: usize = 7;
/// Room for everything that grows here.
const MEMORY: &str = "4GiB";

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let tables: [(&str, fn()); 3] = [("series", series), ("systems", systems), ("cases", cases)];
    if let Some(unknown) = wanted.iter().find(|wanted| tables.iter().all(|(name, _)| name != wanted)) {
        eprintln!("there is no table {unknown}: series, systems, cases");
        return ExitCode::from(2);
    }
    for (name, table) in tables {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            table();
        }
    }
    ExitCode::SUCCESS
}

/// Live series: names times systems.
fn series() {
    let spreads = [(4, 30), (20, 60), (100, 120)];
    let subjects = spreads.map(|(systems, names)| spread("series", Spread { systems, names }));
    measure("live series", subjects.into(), |day90| format!("{:.0}", live(day90)));
}

/// Systems that share as many names. Each has some 140 series of its own, most of them at 0.
fn systems() {
    let subjects = [10, 500, 1_000].map(|systems| spread("systems", Spread { systems, names: 1_000 / systems }));
    measure("systems | live series", subjects.into(), |day90| {
        format!("{:.0} | {:.0}", day90.metric("day90_escalation_spike_state{"), live(day90))
    });
}

fn live(day90: &Day90) -> f64 {
    day90.metric("day90_series ")
}

/// Open cases: each event opens one or resolves the one that is open the longest.
fn cases() {
    let subjects = [1_000, 10_000, 100_000, 1_000_000].map(|open| {
        let line = move |sender, number| case(open / CONNECTIONS, sender, number);
        let subject = Subject::start(&format!("cases-{open}"), "", Box::new(line));
        let opening = |sender: usize| {
            let each = open / CONNECTIONS;
            let batch = |from: usize| lines::batch(from, 5_000.min(each - from), |number| opened(sender, number));
            (0..each).step_by(5_000).map(batch).collect()
        };
        load::send(&subject.day90, &(0..CONNECTIONS).map(opening).collect::<Vec<_>>());
        subject
    });
    measure("open cases", subjects.into(), |day90| format!("{:.0}", day90.metric("day90_escalations_open{")));
}

/// A daemon and the lines that it gets: by sender and number.
struct Subject {
    day90: Day90,
    line: Box<dyn Fn(usize, usize) -> String>,
    /// Lines that each sender has had.
    sent: [usize; CONNECTIONS],
}

impl Subject {
    fn start(name: &str, systems: &str, line: Box<dyn Fn(usize, usize) -> String>) -> Subject {
        let limits = format!("limits:\n  series: 1000000\n  open_cases: 2000000\n  memory: {MEMORY}\n{systems}");
        Subject { day90: Day90::start_configured(name, &limits), line, sent: [0; CONNECTIONS] }
    }

    /// Bodies of one round, for each connection; no line is made twice.
    fn bodies(&mut self) -> Vec<Vec<Body>> {
        let Subject { line, sent, .. } = self;
        let mut body = |sender: usize| {
            let first = sent[sender];
            let body = lines::body_of(BODY_BYTES, |event| line(sender, first + event));
            sent[sender] += body.events;
            body
        };
        (0..CONNECTIONS).map(|sender| (0..BODIES).map(|_| body(sender)).collect()).collect()
    }
}

/// A daemon in which the usual mix goes to all of these names.
fn spread(name: &str, spread: Spread) -> Subject {
    // Systems that nobody declares are bounded.
    let mut systems = String::from("systems:\n");
    for system in 0..spread.systems {
        let _ = writeln!(systems, "  agent-{system:04}: {{}}");
    }
    let line = move |sender, number| spread.line(sender, number);
    let subject = Subject::start(&format!("{name}-{}", spread.systems), &systems, Box::new(line));
    // Every name comes with every kind of event before anything is measured.
    let all = spread.systems * spread.names * 8;
    let fill = |from: usize| lines::batch(from, 8_000.min(all - from), |number| spread.each(number));
    load::send(&subject.day90, &[(0..all).step_by(8_000).map(fill).collect()]);
    subject
}

/// Measures the subjects in turn and prints their table.
fn measure(what: &str, mut subjects: Vec<Subject>, size: impl Fn(&Day90) -> String) {
    let mut costs = vec![Vec::new(); subjects.len()];
    let mut ratios = costs.clone();
    for _ in 0..ROUNDS {
        for (at, subject) in subjects.iter_mut().enumerate() {
            let bodies = subject.bodies();
            let plain: f64 =
                bodies.iter().map(|bodies| plain::parse_ns_per_line(bodies)).sum::<f64>() / CONNECTIONS as f64;
            let cpu = load::send(&subject.day90, &bodies).nanos_per_event();
            costs[at].push(cpu);
            ratios[at].push(cpu / plain);
        }
    }
    println!("\n| {what} | CPU an event | ÷ plain parse | ÷ first row | resident |");
    println!("| {}---: | ---: | ---: | ---: |", "---: | ".repeat(what.split(" | ").count()));
    for (at, Subject { day90, .. }) in subjects.iter().enumerate() {
        let (low, high) = load::range(&ratios[at]);
        let growth: Vec<f64> = costs[at].iter().zip(&costs[0]).map(|(cost, first)| cost / first).collect();
        println!(
            "| {} | {:.0} ns | {:.2} ({low:.2} to {high:.2}) | {:.2} | {:.0} MiB |",
            size(day90),
            median(&costs[at]),
            median(&ratios[at]),
            median(&growth),
            day90.resident_mib()
        );
    }
}

/// Opens a case or resolves the one that has been open the longest; each sender has `before` open at the start.
fn case(before: usize, sender: usize, number: usize) -> String {
    let pair = number / 2;
    if number.is_multiple_of(2) { opened(sender, before + pair) } else { resolved(sender, pair) }
}

fn opened(sender: usize, number: usize) -> String {
    let queue = ["billing", "triage", "fraud"][number % 3];
    format!(
        r#"{{"type":"escalation.opened","id":"o-{sender}-{number}","system":"refund-agent","case":"c-{sender}-{number}","queue":"{queue}","reason":"low_confidence","severity":"high"}}"#
    )
}

fn resolved(sender: usize, number: usize) -> String {
    format!(
        r#"{{"type":"escalation.resolved","id":"r-{sender}-{number}","system":"refund-agent","case":"c-{sender}-{number}","outcome":"upheld","by":"ana"}}"#
    )
}

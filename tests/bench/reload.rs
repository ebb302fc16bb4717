//! What a reload costs the senders: the longest acknowledgement while 500 systems are reloaded 20 times under load,
//! against the same load without, in one run. `tests/bench/run reload` builds and runs it.

mod daemon;
mod lines;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use daemon::{Connection, Day90};

const SYSTEMS: usize = 500;
const ACTIONS: usize = 20;
const RELOADS: usize = 20;
/// Between two reloads.
const PAUSE: Duration = Duration::from_millis(250);
/// Events in one request.
const EVENTS: usize = 100;
const CONNECTIONS: usize = 4;
/// Between the requests of one connection: load, but not saturation.
const BREATH: Duration = Duration::from_millis(5);

fn main() {
    let path = std::env::temp_dir().join(format!("day90-bench-reload-{}.yaml", std::process::id()));
    std::fs::write(&path, model(0)).expect("a temporary file");
    let day90 = Day90::start_with("reload", &["--config", path.to_str().expect("a plain path")]);
    println!("start with {SYSTEMS} systems, {ACTIONS} actions each {:>10.2} s", day90.ready_after.as_secs_f64());
    let quiet = under_load(&day90, || std::thread::sleep(PAUSE * RELOADS as u32));
    let mut took = Vec::new();
    let reloading = under_load(&day90, || {
        for number in 1..=RELOADS {
            std::fs::write(&path, model(number)).expect("a temporary file");
            let began = Instant::now();
            let answer = day90.reload();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            took.push(began.elapsed());
            std::thread::sleep(PAUSE.saturating_sub(began.elapsed()));
        }
    });
    let _ = std::fs::remove_file(&path);
    let longest = took.iter().max().expect("reloads").as_secs_f64();
    println!("longest reload                          {longest:>10.3} s");
    println!("acknowledged without, p99 and longest   {:>10.1} ms {:.1} ms", quiet.0, quiet.1);
    println!("acknowledged reloading, p99 and longest {:>10.1} ms {:.1} ms", reloading.0, reloading.1);
    println!("ratio of the p99, of the longest        {:>10.2} {:.2}", reloading.0 / quiet.0, reloading.1 / quiet.1);
}

/// Sends while `meanwhile` runs; the p99 and the longest acknowledgement, in milliseconds.
fn under_load(day90: &Day90, meanwhile: impl FnOnce()) -> (f64, f64) {
    let stop = AtomicBool::new(false);
    let mut took: Vec<f64> = std::thread::scope(|scope| {
        let send = |sender: usize| {
            let (mut connection, mut took, mut number) = (Connection::open(day90.address), Vec::new(), 0);
            while !stop.load(Ordering::Relaxed) {
                let body: String =
                    (0..EVENTS).map(|event| lines::line(sender, number * EVENTS + event) + "\n").collect();
                let began = Instant::now();
                connection.post(&body);
                took.push(began.elapsed().as_secs_f64() * 1e3);
                number += 1;
                std::thread::sleep(BREATH);
            }
            took
        };
        let senders: Vec<_> = (0..CONNECTIONS).map(|sender| scope.spawn(move || send(sender))).collect();
        meanwhile();
        stop.store(true, Ordering::Relaxed);
        senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect()
    });
    took.sort_by(f64::total_cmp);
    (took[took.len() * 99 / 100], took[took.len() - 1])
}

/// A configuration in which every system differs from that of another `number`.
fn model(number: usize) -> String {
    let mut text = String::from("systems:\n");
    for system in 0..SYSTEMS {
        let _ = writeln!(
            text,
            "  system-{system}:\n    owner: {{name: team-{number}, contact: \"#team\"}}\n    boundaries:"
        );
        for action in 0..ACTIONS {
            let _ = writeln!(
                text,
                "      action.{action}: {{mode: {}}}",
                ["decide", "suggest", "escalate", "never"][action % 4]
            );
        }
        text.push_str("    exception_path:\n      acknowledge_within: 15m\n      routes:\n        - {reason: \"*\", queue: triage, owner: team}\n");
    }
    text
}

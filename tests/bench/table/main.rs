//! The table of what day90 costs, a row a line of Markdown on the standard output, as it is measured.
//!
//! `tests/bench/run` prints all of it with its head, and the rows of the scrape, which are a program of their own.
//! `tests/bench/run bulk fold` prints some parts. A missed aim is said in its row and fails nothing: machines differ.
//! Everything goes over loopback, is bounded, and takes CPU time from the kernel.

mod acknowledge;
mod binary;
mod bulk;
#[path = "../daemon.rs"]
mod daemon;
mod fold;
#[path = "../lines.rs"]
mod lines;
#[path = "../load.rs"]
mod load;
mod memory;
#[path = "../plain.rs"]
mod plain;
mod posts;
mod replay;
mod row;
mod statsd;

use std::process::ExitCode;

use row::Row;

/// What one says on the command line to get it, and what measures it.
type Part = (&'static str, fn() -> Vec<Row>);

const PARTS: [Part; 8] = [
    ("bulk", bulk::rows),
    ("hundred", posts::hundred),
    ("single", posts::single),
    ("fold", fold::rows),
    ("acknowledge", acknowledge::rows),
    ("memory", memory::rows),
    ("replay", replay::rows),
    ("binary", binary::rows),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let Some(unknown) = wanted.iter().find(|wanted| PARTS.iter().all(|(name, _)| name != wanted)) {
        let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        eprintln!("there is no part {unknown}: {}", known.join(", "));
        return ExitCode::from(2);
    }
    for (name, measure) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            measure().iter().for_each(|row| println!("{row}"));
        }
    }
    ExitCode::SUCCESS
}

//! A simulation study of the detector: how often it pages for nothing, and how soon for a spike, compared with the rules
//! that teams use today. `tests/bench/run paging` runs all parts and writes the tables of docs/paging.md, `tests/bench/run
//! paging PART…` only the named parts. It prints a verdict for each promised number, and fails if one is missed.
//!
//! [`random`], [`traffic`] and [`steady`] simulate systems, [`rules`] are the rules, [`subject`] is the detector. Each of the
//! other modules is a part of the study.
#![allow(clippy::unwrap_used)]

mod again;
mod cells;
mod clock;
mod cost;
mod delays;
mod known;
mod levels;
mod numbers;
mod pages;
mod random;
mod real;
mod recurring;
mod rules;
mod settings;
mod small;
mod steady;
mod subject;
mod traffic;

use std::process::ExitCode;

use numbers::{Table, Verdict};

const DOCUMENT: &str = "docs/paging.md";

/// The results of a part: tables by the name of their place in the document, and verdicts.
type Part = (Vec<(&'static str, Table)>, Vec<Verdict>);

/// Its name on the command line, and what runs it.
type Named = (&'static str, fn() -> Part);

const PARTS: [Named; 12] = [
    ("nulls", || {
        let delays::Nulls { table, verdicts } = delays::nulls();
        (vec![("nulls", table)], verdicts)
    }),
    ("settings", || {
        let settings::Settings { table, verdicts } = settings::run();
        (vec![("settings", table)], verdicts)
    }),
    ("real", || {
        let real::Real { table, verdicts } = real::run();
        (vec![("real", table)], verdicts)
    }),
    ("recurring", || {
        let recurring::Recurring { table, verdicts } = recurring::run();
        (vec![("recurring", table)], verdicts)
    }),
    ("small", || {
        let small::Small { table, verdicts } = small::run();
        (vec![("small", table)], verdicts)
    }),
    ("again", || {
        let again::Again { next, early, nights } = again::run();
        let verdicts =
            vec![numbers::Verdict { name: "pages-of-an-incident-through-nights", value: nights, at_most: 1.05 }];
        (vec![("next", next), ("early", early)], verdicts)
    }),
    ("levels", || {
        let levels::Levels { table, verdicts } = levels::run();
        (vec![("levels", table)], verdicts)
    }),
    ("known", || {
        let known::Known { table, verdicts } = known::run();
        (vec![("known", table)], verdicts)
    }),
    ("rules", || {
        let delays::AgainstRules { tables: [cells, means], one, verdicts } = delays::against_rules();
        (vec![("means", means), ("cells", cells), ("one-rule", one)], verdicts)
    }),
    ("pages", || {
        let pages::Pages { tables: [incidents, steps, events], verdicts } = pages::run();
        (vec![("incidents", incidents), ("steps", steps), ("events", events)], verdicts)
    }),
    ("clock", || (vec![("clock", clock::run())], Vec::new())),
    ("cost", || {
        let cost::Cost { table, verdicts } = cost::run();
        (vec![("cost", table)], verdicts)
    }),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let Some(unknown) = wanted.iter().find(|wanted| PARTS.iter().all(|(name, _)| name != wanted)) {
        let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        eprintln!("there is no part {unknown}: {}", known.join(", "));
        return ExitCode::from(2);
    }
    let mut document = std::fs::read_to_string(DOCUMENT).expect("docs/paging.md, from the root of the repository");
    let mut held = true;
    for (name, run) in PARTS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        let (tables, verdicts) = run();
        for (place, table) in tables {
            println!("\n{place}\n{table}");
            document = with_table(&document, place, &table.to_string());
        }
        let lines: Vec<String> = verdicts.iter().map(Verdict::to_string).collect();
        lines.iter().for_each(|line| println!("{line}"));
        document = with_table(&document, &format!("{name} verdicts"), &promises(&verdicts).to_string());
        held &= verdicts.iter().all(Verdict::held);
    }
    std::fs::write(DOCUMENT, document).expect("docs/paging.md can be written");
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn promises(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(&["number", "measured", "at most", ""]);
    for verdict in verdicts {
        let held = if verdict.held() { "held" } else { "**missed**" };
        table.row([
            verdict.name.to_owned(),
            format!("{:.2}", verdict.value),
            verdict.at_most.to_string(),
            held.to_owned(),
        ]);
    }
    table
}

/// The document with a table between its two markers; unchanged where it has no such place.
fn with_table(document: &str, place: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {place} -->\n"), format!("<!-- /{place} -->"));
    let Some((before, rest)) = document.split_once(&begin) else { return document.to_owned() };
    let Some((_, after)) = rest.split_once(&end) else { return document.to_owned() };
    format!("{before}{begin}{table}{end}{after}")
}

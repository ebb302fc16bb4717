//! Files made to hurt: nothing may take long, take much memory, or bring the process down.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::*;

/// A file that is refused quickly. The bound is far above what it takes, so that a busy machine passes.
fn refused_quickly(text: &str, why: &str) {
    let begin = Instant::now();
    let report = report(text);
    assert!(report.contains(why), "{why} in\n{report:.2000}");
    assert!(begin.elapsed() < Duration::from_secs(30), "took {:?}", begin.elapsed());
}

#[test]
fn aliases_of_aliases_are_counted_as_written_out() {
    let mut text = "a: &l0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let before = format!("*l{}", level - 1);
        writeln!(text, "b{level}: &l{level} [{}]", vec![before; 9].join(", ")).unwrap();
    }
    refused_quickly(&text, "more than 1000000 values, with aliases written out");
}

#[test]
fn ten_megabytes_of_aliases_are_refused() {
    let mut text = "systems: &s {}\nmappings: [".to_owned();
    while text.len() < 10 << 20 {
        text.push_str("*s, ");
    }
    text.push_str("]\n");
    refused_quickly(&text, "more than 1000000 values");
}

#[test]
fn an_anchor_around_itself_is_refused() {
    for text in ["systems: &s {a: *s}", "&s [*s]", "systems: &s\n  a: &t\n    b: [*t, *s]\n"] {
        refused_quickly(text, "an alias inside its own anchor goes round in circles");
    }
}

#[test]
fn deep_nesting_is_refused() {
    refused_quickly(&"[".repeat(100_000), "not YAML: recursion limit exceeded");
    refused_quickly(&"[".repeat(100), "more than 64 lists and maps inside one another");
    let mut block = String::new();
    for depth in 0..1_000 {
        writeln!(block, "{}a:", " ".repeat(depth)).unwrap();
    }
    refused_quickly(&block, "more than 64 lists and maps inside one another");
    let mut aliased = "a: &l0 [x]\n".to_owned();
    for level in 1..100 {
        writeln!(aliased, "b{level}: &l{level} [*l{}]", level - 1).unwrap();
    }
    refused_quickly(&aliased, "more than 64 lists and maps inside one another");
}

#[test]
fn a_file_over_the_bound_is_refused() {
    refused_quickly(&format!("#{}", "x".repeat(FILE_BYTES_MAX)), "a configuration has at most 16777216");
}

#[test]
fn a_million_mistakes_make_a_report_of_bounded_length() {
    let text = "a: 1\n".repeat(200_000);
    let report = report(&text);
    assert!(report.lines().count() <= problem::PROBLEMS_MAX + 1);
    assert!(report.ends_with("more"), "{}", &report[report.len() - 100..]);
}

#[test]
fn ten_thousand_misspelt_time_zones_are_refused() {
    let mut text = "systems:\n".to_owned();
    for system in 0..file::SYSTEMS_MAX {
        writeln!(text, "  s{system}: {{timezone: Europe/Berln}}").unwrap();
    }
    refused_quickly(&text, "did you mean Europe/Berlin?");
}

#[test]
fn more_systems_than_the_bound_are_refused() {
    let mut text = "systems:\n".to_owned();
    for system in 0..=file::SYSTEMS_MAX {
        writeln!(text, "  s{system}: {{}}").unwrap();
    }
    refused_quickly(&text, "systems: has 10001 entries; at most 10000 are allowed");
}

/// The size that the issue names: 500 systems with 20 actions each, each with a whole operating model.
fn large() -> String {
    let mut text = "systems:\n".to_owned();
    for system in 0..500 {
        write!(
            text,
            "  system-{system}:\n    launched: 2026-09-01\n    timezone: Europe/Berlin\n    \
             owner: {{name: team-{system}, contact: \"#team-{system}\", attest_every: 90d}}\n    \
             exception_path: {{acknowledge_within: 15m, resolve_within: 8h, drill_every: 90d, routes: [\
             {{reason: unsure, queue: q1, owner: o}}, {{reason: \"*\", queue: q2, owner: o}}]}}\n    \
             review: {{queues: {{q1: {{reviewers: 4, hours_per_day: 6}}}}}}\n    \
             changes: {{approvers: {{prompt: [a], tool: [b], policy: [c], model: [d]}}}}\n    \
             inputs: {{crm: {{max_age: 1h}}, orders: {{max_age: 5m}}}}\n    \
             objectives: {{escalation_ratio: 0.08, false_pages_per_month: 1}}\n    \
             maintenance: {{currency: EUR, cost_per_month: 4000, evaluate_every: 7d, suites: [golden]}}\n    boundaries:\n"
        )
        .unwrap();
        for action in 0..20 {
            writeln!(text, "      action.{action}: {{mode: decide, limit: \"up to {action} EUR\"}}").unwrap();
        }
    }
    text
}

#[test]
fn five_hundred_systems_with_twenty_actions_load_fast() {
    let text = large();
    let begin = Instant::now();
    let config = valid(&text);
    let elapsed = begin.elapsed();
    println!("{} bytes, 500 systems with 20 actions: {elapsed:?}", text.len());
    assert_eq!(config.model.systems.len(), 500);
    assert_eq!(config.model.systems["system-499"].boundaries.len(), 20);
    // Without optimization, on a machine with other work.
    let most = if cfg!(debug_assertions) { Duration::from_secs(20) } else { Duration::from_secs(1) };
    assert!(elapsed < most, "took {elapsed:?}");
}

#[test]
fn broken_files_never_bring_the_process_down() {
    let whole = include_str!("../../../tests/data/config/contract.yaml");
    // The program of the mapping is compiled each time; these mutations are about YAML.
    let text: String =
        whole.lines().filter(|line| !line.contains("program:")).fold(String::new(), |text, line| text + line + "\n");
    let pieces = [
        "{", "}", "[", "]", ":", "-", "*a", "&a ", "!!x ", "\"", "'", "|", ">", "%", "\t", "\n", "---", "? ", "\u{0}",
        "é", "<<: ", "#",
    ];
    let mut seed: u64 = 90;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for _ in 0..1_500 {
        let mut broken: Vec<char> = text.chars().collect();
        for _ in 0..=next(3) {
            let at = next(broken.len());
            let upto = (at + next(6)).min(broken.len());
            broken.splice(at..upto, pieces[next(pieces.len())].chars());
        }
        check(&broken.iter().collect::<String>());
    }
}

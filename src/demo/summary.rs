//! The summary at the bottom of the demo's screen: five lines for each system, and one about the daemon.

use super::screen::{COLUMNS, Ink, Mood, Piece, Row, faint, plain};
use super::watch::{Own, Reading};
use crate::words;

/// The escalation ratio that fills a spark to the top.
const SPARK_FULL: f64 = 0.30;
const SPARK_LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The one-screen summary.
pub(crate) fn of<'a>(readings: impl Iterator<Item = &'a Reading>, own: &Own, url: &str) -> Vec<Row> {
    let mut rows = vec![vec![faint("─".repeat(COLUMNS))]];
    for reading in readings {
        rows.extend(system(reading));
        rows.push(Vec::new());
    }
    rows.pop();
    rows.push(vec![faint("─".repeat(COLUMNS))]);
    rows.push(vec![plain(format!(
        " {} events on disk, {} repeats, {} rejected; acknowledged in {} (p95)",
        words::count(own.events),
        words::count(own.duplicates),
        words::count(own.rejected),
        own.acknowledge.map_or_else(|| "—".to_owned(), words::span)
    ))]);
    rows.push(vec![faint(format!(" {url}/   {url}/metrics   Ctrl-C ends the demo"))]);
    rows
}

fn system(reading: &Reading) -> Vec<Row> {
    let (mood, state) = state(reading);
    vec![
        vec![Piece(Ink::Strong, format!(" {:<50}", reading.system)), Piece(Ink::Mood(mood), format!("{state:>28}"))],
        escalated(reading, mood),
        waiting(reading),
        work(reading),
        in_force(reading),
    ]
}

fn escalated(reading: &Reading, mood: Mood) -> Row {
    let verdict = &reading.verdict;
    let ink = if verdict.spike { Ink::Mood(Mood::Bad) } else { Ink::Strong };
    vec![
        name("escalated"),
        Piece(ink, format!("{:>6}", words::percent(verdict.ratio))),
        plain(format!("   usually {:>6}   ", words::percent(verdict.usual))),
        Piece(Ink::Mood(mood), sparkline(&reading.sparks)),
    ]
}

fn waiting(reading: &Reading) -> Row {
    let waiting = match reading.oldest {
        Some(oldest) => {
            format!("{} of them unacknowledged, oldest {}", words::count(reading.unacknowledged), words::span(oldest))
        }
        None => "all acknowledged".to_owned(),
    };
    vec![name("waiting"), plain(format!("{:>6}", words::count(reading.open))), plain(format!(" open, {waiting}"))]
}

fn work(reading: &Reading) -> Row {
    let or_dash = |value: Option<f64>, words: fn(f64) -> String| value.map_or_else(|| "—".to_owned(), words);
    vec![
        name("work"),
        plain(format!("{:>6.1}", reading.tasks_per_second)),
        plain(format!(" tasks/s, p95 {:<6}", or_dash(reading.latency, words::span))),
        plain(format!("  reviews open {:<4}", words::count(reading.reviews))),
        plain(format!("  trust ≥ {}", or_dash(reading.trust, words::percent))),
    ]
}

fn in_force(reading: &Reading) -> Row {
    let approved = reading.approval == "approved";
    let prompt = match reading.prompt.as_str() {
        "" => "prompt unknown".to_owned(),
        version => format!("prompt {version}, {}", reading.approval.replace('_', "-")),
    };
    let rollback = match (reading.rolling_back, reading.rollback) {
        (true, _) => "rollback in progress".to_owned(),
        (false, Some(age)) => format!("last rollback {} ago", words::span(age)),
        (false, None) => "no rollback yet".to_owned(),
    };
    let ink = if approved { Ink::Plain } else { Ink::Mood(Mood::Watch) };
    vec![name("in force"), Piece(ink, format!("   {prompt:<26}")), plain(rollback)]
}

fn state(reading: &Reading) -> (Mood, &'static str) {
    match (reading.verdict.spike, reading.rolling_back, reading.approval) {
        (true, true, _) => (Mood::Bad, "▲ PAGE, rolling back"),
        (true, ..) => (Mood::Bad, "▲ PAGE: escalation spike"),
        (false, true, _) => (Mood::Watch, "● rolling back"),
        (false, false, "unapproved" | "self_approved") => (Mood::Watch, "● unapproved change"),
        _ => (Mood::Good, "● calm"),
    }
}

fn sparkline(ratios: &[f64]) -> String {
    let level = |ratio: f64| ((ratio / SPARK_FULL) * 8.0) as usize;
    ratios.iter().map(|&ratio| SPARK_LEVELS[level(ratio).min(7)]).collect()
}

/// What a log shows instead of the summary: one line for each system.
pub(crate) fn plain_line(reading: &Reading) -> String {
    format!(
        "{} {} escalated, usually {}; {} open, {} unacknowledged",
        reading.system,
        words::percent(reading.verdict.ratio),
        words::percent(reading.verdict.usual),
        words::count(reading.open),
        words::count(reading.unacknowledged)
    )
}

fn name(text: &str) -> Piece {
    faint(format!("   {text:<10}"))
}

#[cfg(test)]
mod tests {
    use super::super::watch::SPARKS;
    use super::*;

    fn width(row: &Row) -> usize {
        row.iter().map(|Piece(_, text)| text.chars().count()).sum()
    }

    fn worst() -> Reading {
        let mut reading = Reading { system: "refund-agent", sparks: vec![0.99; SPARKS], ..Reading::default() };
        reading.verdict.ratio = 0.2345;
        reading.verdict.usual = 0.0412;
        reading.verdict.spike = true;
        (reading.open, reading.unacknowledged, reading.oldest) = (1234.0, 1200.0, Some(5000.0));
        (reading.tasks_per_second, reading.latency, reading.trust) = (200.0, Some(119.0), Some(0.8812));
        (reading.prompt, reading.approval, reading.rollback) = ("v9".to_owned(), "self_approved", Some(1_209_600.0));
        reading
    }

    #[test]
    fn the_summary_fits_into_80_columns_and_24_lines() {
        let readings = [worst(), worst()];
        let own = Own { events: 12_345_678.0, acknowledge: Some(0.0123), ..Own::default() };
        let rows = of(readings.iter(), &own, "http://127.0.0.1:9790");
        assert!(rows.len() <= 18, "{}", rows.len());
        for row in &rows {
            assert!(width(row) <= COLUMNS, "{} columns: {row:?}", width(row));
        }
    }

    #[test]
    fn sparks_rise_with_the_ratio() {
        assert_eq!(sparkline(&[0.0, 0.04, 0.22, 1.0]), "▁▂▆█");
    }
}

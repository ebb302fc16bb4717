//! The footer: day90 about itself.

use super::model::{Row, Tone};
use super::view::View;
use crate::words;

/// The rows that have a value.
pub(super) fn rows(view: &View) -> Vec<Row> {
    let sum = |family| view.sum(family, &[]);
    let count = |family| sum(family).map_or_else(|| "0".to_owned(), words::count);
    let (duplicate, rejected) = (count("day90_events_duplicate_total"), count("day90_events_rejected_total"));
    let acknowledge = view.histogram("day90_ingest_acknowledge_seconds").and_then(|times| times.quantile(0.95));
    let segments = sum("day90_journal_segments").map_or_else(String::new, |n| format!("{} segments", words::count(n)));
    let started = view.newest("process_start_time_seconds", &[]).map(|moment| view.ago(moment));
    let rows = [
        ("events", sum("day90_events_total").map(words::count), format!("{duplicate} duplicate, {rejected} rejected")),
        ("acknowledged", acknowledge.map(words::span), "p95, synced".to_owned()),
        ("journal", sum("day90_journal_bytes").map(words::bytes), segments),
        ("series", sum("day90_series").map(words::count), String::new()),
        ("open lifecycles", sum("day90_open_lifecycles").map(words::count), String::new()),
        ("memory", sum("process_resident_memory_bytes").map(words::bytes), "resident".to_owned()),
        ("up", started, String::new()),
    ];
    let row = |(name, value, note): (&str, Option<String>, String)| {
        Some(Row { name: name.to_owned(), value: value?, note, tone: Tone::Plain })
    };
    rows.into_iter().filter_map(row).collect()
}

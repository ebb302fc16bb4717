//! The texts at the beginning and at the end.

use super::screen::{COLUMNS, Ink, Piece, Row, Screen, faint, fold, plain};
use super::story::Record;
use super::upkeep::{BAD_PROMPT, GOOD_PROMPT};
use crate::words;

pub(crate) fn welcome(screen: &mut Screen, url: &str) {
    screen.write(&[
        Vec::new(),
        vec![strong(" day90"), plain("  is this behavior operated, or only deployed?")],
        Vec::new(),
        vec![plain(" Two AI systems and their people are simulated; the daemon is real.")],
        vec![plain(format!(" It listens on {url} and writes to a temporary directory."))],
        vec![faint(" First comes history: the same pipeline, on a clock that the demo drives.")],
    ]);
}

/// What happened, with its numbers, and whether each system is operated.
pub(crate) fn summary(screen: &mut Screen, record: &Record, verdicts: &[(String, String)], url: &str, continues: bool) {
    let mut rows: Vec<Row> = vec![Vec::new(), vec![strong(" What happened")]];
    rows.extend(events(record).into_iter().map(|(at, text)| {
        let clock = format!("   {}:{:02}  ", at as u64 / 60, at as u64 % 60);
        vec![faint(clock), plain(text)]
    }));
    rows.extend([Vec::new(), vec![strong(" Operated, or only deployed?")]]);
    rows.extend(verdicts.iter().flat_map(verdict));
    rows.extend([
        Vec::new(),
        vec![strong(" Look for yourself")],
        vec![faint("   status page   "), plain(format!("{url}/"))],
        vec![faint("   the page      "), plain(format!("day90 explain refund-agent --url {url}"))],
        vec![faint("   the checklist "), plain(format!("day90 preflight --url {url}"))],
        vec![faint("   metrics       "), plain(format!("{url}/metrics"))],
        vec![faint("   one line      "), plain(format!("curl -sS {url}/metrics | grep rollback"))],
        vec![faint("   your event    "), plain(format!("day90 emit owner.attested --url {url} \\"))],
        vec![plain("                     system=my-agent owner=me")],
        Vec::new(),
    ]);
    if continues {
        rows.extend([
            vec![plain(" Light traffic continues until Ctrl-C. Then it is your turn: day90 serve")],
            Vec::new(),
        ]);
    }
    screen.write(&rows);
}

/// A system and its verdict, on as many lines as it needs.
fn verdict((system, sentence): &(String, String)) -> Vec<Row> {
    const INDENT: usize = 17;
    let lines = fold(sentence, COLUMNS - INDENT).into_iter().enumerate();
    let head = |number| if number == 0 { format!("   {system:<14}") } else { " ".repeat(INDENT) };
    lines.map(|(number, line)| vec![faint(head(number)), plain(line)]).collect()
}

fn events(record: &Record) -> Vec<(f64, String)> {
    let deployed = record.deployed.unwrap_or(0.0);
    let mut lines = Vec::new();
    if let Some(at) = record.false_page {
        lines.push((at, "A false page came, before anything had changed: by chance, 1 a month.".to_owned()));
    }
    if let Some(at) = record.deployed {
        lines.push((at, format!("Prompt {BAD_PROMPT} of refund-agent was deployed; nobody approved it.")));
    }
    if let Some(at) = record.paged {
        let between = record.at_page.since(record.at_change);
        let (after, cases) = (words::span(at - deployed), words::count(between.escalations));
        let what = if record.false_page.is_some() { "The open page became right" } else { "On-call was paged" };
        lines.push((at, format!("{what}, {after} and {cases} escalations after the change.")));
    }
    if let (Some(at), Some(restored)) = (record.rollback, record.restored) {
        let (took, bad) = (words::span(restored - at), words::span(restored - deployed));
        lines.push((at, format!("Rollback to prompt {GOOD_PROMPT}: restored in {took}; bad for {bad} in all.")));
        lines.push((restored, escalated(record)));
    }
    if let Some(at) = record.resolved {
        lines.push((
            at,
            format!("The page ended. The worst half minute had {} escalated.", words::percent(record.worst)),
        ));
    }
    lines
}

/// What was escalated between the bad prompt and the rollback.
fn escalated(record: &Record) -> String {
    let between = record.at_restored.since(record.at_change);
    let usual = words::count(between.tasks * record.usual);
    let (cases, tasks) = (words::count(between.escalations), words::count(between.tasks));
    format!("{cases} of {tasks} tasks were escalated in that time; {usual} would be usual.")
}

pub(crate) fn goodbye(screen: &mut Screen) {
    screen.write(&[Vec::new(), vec![faint(" The demo is over; its directory is removed.")]]);
}

fn strong(text: &str) -> Piece {
    Piece(Ink::Strong, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::page::Counts;
    use super::*;

    #[test]
    fn the_end_has_the_numbers() {
        let record = Record {
            false_page: None,
            deployed: Some(25.0),
            paged: Some(37.0),
            rollback: Some(49.0),
            restored: Some(61.0),
            resolved: Some(84.0),
            worst: 0.21,
            usual: 0.04,
            at_change: Counts { tasks: 1000.0, escalations: 40.0 },
            at_page: Counts { tasks: 1240.0, escalations: 92.0 },
            at_restored: Counts { tasks: 1720.0, escalations: 200.0 },
        };
        let lines: Vec<String> = events(&record).into_iter().map(|(_, text)| text).collect();
        assert!(lines[1].contains("12 s and 52 escalations after the change"), "{lines:?}");
        assert!(lines[3].contains("160 of 720 tasks were escalated in that time; 29 would be usual"), "{lines:?}");
    }
}

//! The terminal: lines that tell what happens, and below them a summary that is drawn again in place.
//!
//! Where the output is no terminal, everything is plain lines. `NO_COLOR` takes the colors away.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use super::story::Mood;
use super::watch::{Own, Reading};
use crate::words;

/// The columns that every terminal has.
const COLUMNS: usize = 79;
/// What fills a spark to the top.
const SPARK_FULL: f64 = 0.30;
const SPARK_LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Where a told text begins, behind its time.
const INDENT: usize = 8;

/// A piece of a line, and how it is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece(pub Ink, pub String);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ink {
    Plain,
    Strong,
    Faint,
    Mood(Mood),
}

pub(crate) type Row = Vec<Piece>;

pub(crate) struct Screen {
    /// Draws in place.
    live: bool,
    color: bool,
    /// Lines of the summary that stand below.
    drawn: usize,
    out: String,
}

impl Screen {
    pub(crate) fn of_stdout() -> Screen {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let live = io::stdout().is_terminal() && !dumb;
        Screen { live, color: live && !set("NO_COLOR"), drawn: 0, out: String::new() }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// Tells one thing, at a time since the start.
    pub(crate) fn tell(&mut self, at: f64, mood: Mood, text: &str) {
        self.clear();
        let clock = format!(" {:>2}:{:02}", at as u64 / 60, at as u64 % 60);
        for (number, line) in fold(text, COLUMNS - INDENT).into_iter().enumerate() {
            let before = if number == 0 { format!("{clock:<INDENT$}") } else { " ".repeat(INDENT) };
            self.put(&[Piece(Ink::Faint, before), Piece(Ink::Mood(mood), line)]);
        }
        self.flush();
    }

    /// Writes lines as they are.
    pub(crate) fn write(&mut self, rows: &[Row]) {
        self.clear();
        rows.iter().for_each(|row| self.put(row));
        self.flush();
    }

    /// Draws the summary below what was told; on a terminal only.
    pub(crate) fn show(&mut self, rows: &[Row]) {
        if !self.live {
            return;
        }
        self.clear();
        rows.iter().for_each(|row| self.put(row));
        self.drawn = rows.len();
        self.flush();
    }

    /// Leaves the terminal as it was found.
    pub(crate) fn end(&mut self) {
        self.drawn = 0;
        if self.live {
            self.out.push_str("\x1b[?25h");
        }
        self.flush();
    }

    /// Takes the summary away, so that something can be told in its place.
    fn clear(&mut self) {
        if self.live {
            self.out.push_str("\x1b[?25l");
        }
        if self.drawn > 0 {
            let _ = write!(self.out, "\x1b[{}A\r\x1b[J", self.drawn);
            self.drawn = 0;
        }
    }

    fn put(&mut self, row: &[Piece]) {
        let mut room = COLUMNS;
        for Piece(ink, text) in row {
            let text: String = text.chars().take(room).collect();
            room -= text.chars().count();
            match code(*ink).filter(|_| self.color) {
                Some(code) => {
                    let _ = write!(self.out, "\x1b[{code}m{text}\x1b[0m");
                }
                None => self.out.push_str(&text),
            }
        }
        self.out.push('\n');
    }

    /// One write, so that nothing flickers. A reader that went away (`| head`) ends nothing.
    fn flush(&mut self) {
        let _ = io::stdout().write_all(self.out.as_bytes());
        let _ = io::stdout().flush();
        self.out.clear();
    }
}

fn code(ink: Ink) -> Option<&'static str> {
    match ink {
        Ink::Plain | Ink::Mood(Mood::Plain) => None,
        Ink::Strong => Some("1"),
        Ink::Faint => Some("2"),
        Ink::Mood(Mood::Good) => Some("32"),
        Ink::Mood(Mood::Watch) => Some("33"),
        Ink::Mood(Mood::Bad) => Some("1;31"),
    }
}

/// Cuts a text into lines between words.
fn fold(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// The one-screen summary.
pub(crate) fn summary<'a>(readings: impl Iterator<Item = &'a Reading>, own: &Own, url: &str) -> Vec<Row> {
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
    let verdict = &reading.verdict;
    let loud = if verdict.spike { Ink::Mood(Mood::Bad) } else { Ink::Strong };
    let waiting = match reading.oldest {
        Some(oldest) => {
            format!("{} of them unacknowledged, oldest {}", words::count(reading.unacknowledged), words::span(oldest))
        }
        None => "all acknowledged".to_owned(),
    };
    let told = |value: Option<f64>, say: fn(f64) -> String| value.map_or_else(|| "—".to_owned(), say);
    vec![
        vec![Piece(Ink::Strong, format!(" {:<50}", reading.system)), Piece(Ink::Mood(mood), format!("{state:>28}"))],
        vec![
            name("escalated"),
            Piece(loud, format!("{:>6}", words::percent(verdict.ratio))),
            plain(format!("   usually {:>6}   ", words::percent(verdict.usual))),
            Piece(Ink::Mood(mood), sparkline(&reading.sparks)),
        ],
        vec![name("waiting"), plain(format!("{:>6}", words::count(reading.open))), plain(format!(" open, {waiting}"))],
        vec![
            name("work"),
            plain(format!("{:>6.1}", reading.tasks_per_second)),
            plain(format!(" tasks/s, p95 {:<6}", told(reading.latency, words::span))),
            plain(format!("  reviews open {:<4}", words::count(reading.reviews))),
            plain(format!("  trust ≥ {}", told(reading.trust, words::percent))),
        ],
        in_force(reading),
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

/// What a log shows instead of the summary: a line a system.
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

pub(crate) fn plain(text: impl Into<String>) -> Piece {
    Piece(Ink::Plain, text.into())
}

pub(crate) fn faint(text: impl Into<String>) -> Piece {
    Piece(Ink::Faint, text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width(row: &Row) -> usize {
        row.iter().map(|Piece(_, text)| text.chars().count()).sum()
    }

    fn worst() -> Reading {
        let mut reading =
            Reading { system: "refund-agent", sparks: vec![0.99; super::super::watch::SPARKS], ..Reading::default() };
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
        let rows = summary(readings.iter(), &own, "http://127.0.0.1:9790");
        assert!(rows.len() <= 18, "{}", rows.len());
        for row in &rows {
            assert!(width(row) <= COLUMNS, "{} columns: {row:?}", width(row));
        }
    }

    #[test]
    fn what_is_no_terminal_gets_no_escapes() {
        let mut screen = Screen { live: false, color: false, drawn: 0, out: String::new() };
        screen.put(&[Piece(Ink::Mood(Mood::Bad), "PAGE".to_owned())]);
        assert_eq!(screen.out, "PAGE\n");
    }

    #[test]
    fn long_texts_are_folded_between_words() {
        assert_eq!(fold("one two three", 7), ["one two", "three"]);
    }

    #[test]
    fn sparks_rise_with_the_ratio() {
        assert_eq!(sparkline(&[0.0, 0.04, 0.22, 1.0]), "▁▂▆█");
    }
}

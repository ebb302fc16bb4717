//! What `day90 send` says while it works, and the count at its end.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use super::batch::Batch;
use crate::send::Reply;
use crate::words::printable;

/// Rejected lines that are named in each [`PERIOD`]; all are counted.
const NAMED_MAX: u64 = 100;
const PERIOD: Duration = Duration::from_secs(60);
/// Different warnings that are said, once each.
const WARNINGS_MAX: usize = 100;

/// What became of the input so far.
pub(super) struct Report {
    name: String,
    pub(super) lines: u64,
    accepted: u64,
    duplicates: u64,
    pub(super) rejected: u64,
    /// In this period: when it began, and how many lines were named and were not.
    period: Instant,
    named: u64,
    unnamed: u64,
    warned: HashSet<String>,
}

impl Report {
    pub(super) fn of(file: &Path) -> Report {
        let is_input = file.as_os_str() == "-";
        Report {
            name: if is_input { "line ".to_owned() } else { format!("{}:", file.display()) },
            lines: 0,
            accepted: 0,
            duplicates: 0,
            rejected: 0,
            period: Instant::now(),
            named: 0,
            unnamed: 0,
            warned: HashSet::new(),
        }
    }

    /// The daemon's answer to a batch.
    pub(super) fn answered(&mut self, reply: &Reply, batch: &Batch) {
        self.accepted += reply.accepted;
        self.duplicates += reply.duplicates;
        self.rejected += reply.rejected;
        for refused in &reply.errors {
            self.name(batch.line(refused.index), without_line(&refused.to_string()).as_ref());
        }
        self.unnamed += reply.rejected.saturating_sub(reply.errors.len() as u64);
        for warned in &reply.warnings {
            let text = warned.to_string();
            if self.warned.len() < WARNINGS_MAX && self.warned.insert(text.clone()) {
                eprintln!("{}{}: {text}", self.name, batch.line(warned.index));
            }
        }
    }

    /// A line that cannot be sent, or that the daemon refuses as a whole.
    pub(super) fn rejected(&mut self, line: u64, why: &str) {
        self.rejected += 1;
        self.name(line, &printable(why));
    }

    fn name(&mut self, line: u64, why: &str) {
        if self.period.elapsed() >= PERIOD {
            self.say_unnamed();
            (self.period, self.named) = (Instant::now(), 0);
        }
        self.named += 1;
        match self.named <= NAMED_MAX {
            true => eprintln!("{}{line}: {why}", self.name),
            false => self.unnamed += 1,
        }
    }

    fn say_unnamed(&mut self) {
        match std::mem::take(&mut self.unnamed) {
            0 => {}
            more => eprintln!("and {more} more rejected"),
        }
    }

    /// Something about the connection.
    pub(super) fn note(&self, text: &str) {
        eprintln!("day90: {text}");
    }

    pub(super) fn end(&self) {
        if self.unnamed > 0 {
            eprintln!("and {} more rejected", self.unnamed);
        }
        let Report { lines, accepted, duplicates, rejected, .. } = self;
        let word = if *lines == 1 { "line" } else { "lines" };
        eprintln!("{lines} {word}: accepted {accepted}, duplicates {duplicates}, rejected {rejected}");
    }
}

/// The daemon names a line of the request, which is another one than that of the input.
fn without_line(text: &str) -> Cow<'_, str> {
    let Some((before, after)) = text.split_once("line ") else { return Cow::Borrowed(text) };
    let rest = after.trim_start_matches(|character: char| character.is_ascii_digit());
    let rest = rest.strip_prefix(", ").or_else(|| rest.strip_prefix(": "));
    match rest.filter(|_| before.is_empty() || before.ends_with(": ")) {
        Some(rest) => Cow::Owned(format!("{before}{rest}")),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_request_is_left_out() {
        for (text, shown) in [
            ("case: line 2: `case` is missing", "case: `case` is missing"),
            ("line 1, character 9 of the event: not JSON", "character 9 of the event: not JSON"),
            ("queue: is on line 5", "queue: is on line 5"),
            ("a line of text", "a line of text"),
            ("nothing to see", "nothing to see"),
        ] {
            assert_eq!(without_line(text), shown);
        }
    }
}

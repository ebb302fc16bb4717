//! The checklist for a terminal: 80 columns, grouped by the five lines and the five questions.

use std::fmt::Write;

use super::check::Stage;
use super::report::{ItemReport, Report, SystemReport};
use super::words::percent;
use crate::words::plural;

/// Columns of a line.
pub(super) const WIDTH: usize = 80;
/// Columns before the evidence of a check.
const INDENT: usize = 40;
/// Columns before what to do next.
const NEXT_INDENT: usize = 11;

/// Whether the terminal shows colors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Paint {
    Plain,
    Color,
}

#[derive(Clone, Copy)]
enum Tone {
    Good,
    Bad,
    Watch,
    Strong,
    Quiet,
}

impl Paint {
    fn of(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            _ if self == Paint::Plain => return text.to_owned(),
            Tone::Good => "32",
            Tone::Bad => "1;31",
            Tone::Watch => "33",
            Tone::Strong => "1",
            Tone::Quiet => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// The whole report. Failing checks beyond `require` are shown as open.
pub fn render(report: &Report, require: Stage, paint: Paint) -> String {
    let mut out = String::new();
    for system in &report.systems {
        render_system(&mut out, system, require, paint);
    }
    out.push_str(&conclusion(report, require, paint));
    out
}

fn render_system(out: &mut String, system: &SystemReport, require: Stage, paint: Paint) {
    let (passed, all) = (system.checks().filter(|check| check.pass).count(), system.checks().count());
    let name = paint.of(Tone::Strong, &system.system);
    let _ = writeln!(out, "{name}: {passed} of {all} checks pass ({})", percent(system.ratio));
    for item in &system.items {
        if let Some(heading) = item.item.heading() {
            let _ = writeln!(out, "\n{}", paint.of(Tone::Strong, heading));
        }
        render_item(out, item, require, paint);
    }
    out.push('\n');
}

fn render_item(out: &mut String, item: &ItemReport, require: Stage, paint: Paint) {
    let _ = writeln!(out, "{}", paint.of(Tone::Strong, &item.item.title()));
    for check in &item.checks {
        let (mark, tone) = match (check.pass, check.stage <= require) {
            (true, _) => ("✓ pass", Tone::Good),
            (false, true) => ("✗ FAIL", Tone::Bad),
            (false, false) => ("○ open", Tone::Watch),
        };
        let head = format!("  {} {:<9} {:<19}  ", paint.of(tone, mark), check.stage.as_str(), check.check);
        wrapped(out, &head, INDENT, &check.evidence, str::to_owned);
        if let Some(next) = &check.next {
            let head = format!("         {} ", paint.of(tone, "→"));
            wrapped(out, &head, NEXT_INDENT, next, |line| paint.of(Tone::Quiet, line));
        }
    }
}

/// Writes a text after a head of `indent` columns.
fn wrapped(out: &mut String, head: &str, indent: usize, text: &str, paint: impl Fn(&str) -> String) {
    for (number, (indent, line)) in fold(text, indent).iter().enumerate() {
        let before = if number == 0 { head.to_owned() } else { " ".repeat(*indent) };
        let _ = writeln!(out, "{}", format!("{before}{}", paint(line)).trim_end());
    }
}

/// Cuts a text into lines with their indent. A word too long for the room after `indent` gets a line to itself with a smaller
/// one, so that an address stays in one piece.
fn fold(text: &str, indent: usize) -> Vec<(usize, String)> {
    let length = |text: &str| text.chars().count();
    let mut lines = vec![(indent, String::new())];
    for word in text.split(' ') {
        let (at, line) = lines.last_mut().expect("there is always a line");
        if indent + length(word) > WIDTH {
            lines.push((NEXT_INDENT, word.to_owned()));
        } else if *at != indent || !line.is_empty() && indent + length(line) + 1 + length(word) > WIDTH {
            lines.push((indent, word.to_owned()));
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines
}

fn conclusion(report: &Report, require: Stage, paint: Paint) -> String {
    let (failed, systems) = (report.failed(require), plural(report.systems.len() as u64, "system"));
    let (tone, verdict) = match failed {
        0 => (Tone::Good, format!("✓ pass: {systems}, everything up to \"{require}\" passes")),
        1 => (Tone::Bad, format!("✗ FAIL: {systems}, 1 check up to \"{require}\" fails")),
        failed => (Tone::Bad, format!("✗ FAIL: {systems}, {failed} checks up to \"{require}\" fail")),
    };
    paint.of(tone, &verdict) + "\n"
}

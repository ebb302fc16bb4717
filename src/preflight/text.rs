//! The checklist for a terminal: 80 columns. First the verdict of a system, then its ten lines, then what fails and what to do
//! next; or every check, by the five lines and the five questions.

use std::fmt::Write;

use super::check::{Stage, Status};
use super::findings::FailingCheck;
use super::report::{CheckReport, ItemReport, Report, StatusCounts, SystemReport};
use super::verdict::Verdict;
use super::words::percent;
use crate::words::plural;

/// Columns of a line.
pub(super) const WIDTH: usize = 80;
/// Columns before the evidence of a check.
const INDENT: usize = 40;
/// Columns before the evidence of a finding.
const FINDING_INDENT: usize = 9;
/// Columns before what to do next.
const NEXT_INDENT: usize = 11;

/// Whether the terminal shows colors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Paint {
    Plain,
    Color,
}

/// How much of a report is shown, and of what color.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub paint: Paint,
    /// Every check, not only what fails.
    pub all: bool,
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
pub fn render(report: &Report, require: Stage, style: Style) -> String {
    let mut out = String::new();
    for system in &report.systems {
        verdict(&mut out, system, style.paint);
        match style.all {
            true => system.items.iter().for_each(|item| whole_item(&mut out, item, require, style.paint)),
            false => {
                system.items.iter().for_each(|item| line(&mut out, item, require, style.paint));
                findings(&mut out, system, require, style.paint);
            }
        }
        out.push('\n');
    }
    out.push_str(&conclusion(report, require, style.paint));
    out
}

fn verdict(out: &mut String, system: &SystemReport, paint: Paint) {
    let tone = match system.verdict {
        verdict if verdict.is_good() => Tone::Good,
        Verdict::NotLaunched => Tone::Watch,
        _ => Tone::Bad,
    };
    let head = format!("{}: ", paint.of(Tone::Strong, &system.system));
    let indent = system.system.chars().count() + 2;
    wrapped(out, &head, indent.min(INDENT), &system.sentence(), |line| paint.of(tone, line));
    let counts = system.counts();
    let ratio = counts.ratio().map_or(String::new(), |ratio| format!(" ({})", percent(ratio)));
    let (passed, graded) = (counts.get(Status::Pass), counts.graded());
    let _ = writeln!(out, "  {passed} of {graded} checks pass{ratio}{}", uncounted(counts));
}

/// The checks that count in no ratio: `, 2 too early, 1 not applicable`.
pub(super) fn uncounted(counts: StatusCounts) -> String {
    let words = [
        (Status::TooEarly, "too early"),
        (Status::NotAsked, "not asked yet"),
        (Status::NotApplicable, "not applicable"),
    ];
    let shown = words.iter().filter(|(status, _)| counts.get(*status) > 0);
    shown.map(|(status, word)| format!(", {} {word}", counts.get(*status))).collect()
}

/// One of the ten lines.
fn line(out: &mut String, item: &ItemReport, require: Stage, paint: Paint) {
    let counts = item.counts();
    let required = item.checks.iter().any(|check| check.fails() && check.stage <= require);
    let (mark, tone) = match (required, counts.get(Status::Fail), counts.graded()) {
        (true, ..) => ("✗", Tone::Bad),
        (false, 1.., _) => ("○", Tone::Watch),
        (false, 0, 1..) => ("✓", Tone::Good),
        (false, 0, 0) => ("-", Tone::Quiet),
    };
    let (name, passed, graded) = (item.item.words(), counts.get(Status::Pass), counts.graded());
    let _ = writeln!(out, "  {} {name:<20} {passed} of {graded} pass{}", paint.of(tone, mark), uncounted(counts));
}

/// What fails, the worst first, with what to do next; then who said what doesn't apply.
fn findings(out: &mut String, system: &SystemReport, require: Stage, paint: Paint) {
    let findings = system.findings();
    if !findings.is_empty() {
        out.push('\n');
    }
    for FailingCheck { item, check } in findings {
        let (mark, tone) = mark(check, require);
        let name = format!("{}/{}", item.item.name, check.check);
        let _ = writeln!(out, "  {} {} ({})", paint.of(tone, mark), paint.of(Tone::Strong, &name), check.stage);
        wrapped(out, &" ".repeat(FINDING_INDENT), FINDING_INDENT, &check.evidence, str::to_owned);
        next(out, check, paint);
    }
    let is_waived = |check: &&CheckReport| check.status == Status::NotApplicable;
    let mut waived =
        system.items.iter().flat_map(|item| item.checks.iter().filter(is_waived).map(move |it| (item, it)));
    if let Some(first) = waived.next() {
        out.push('\n');
        for (item, check) in std::iter::once(first).chain(waived) {
            let text = format!("{}/{}: {}", item.item.name, check.check, check.evidence);
            wrapped(out, &format!("  {} ", paint.of(Tone::Quiet, "- n/a ")), FINDING_INDENT, &text, str::to_owned);
        }
    }
}

fn whole_item(out: &mut String, item: &ItemReport, require: Stage, paint: Paint) {
    if let Some(heading) = item.item.heading() {
        let _ = writeln!(out, "\n{}", paint.of(Tone::Strong, heading));
    }
    let _ = writeln!(out, "{}", paint.of(Tone::Strong, &item.item.title()));
    for check in &item.checks {
        let (mark, tone) = mark(check, require);
        let head = format!("  {} {:<9} {:<19}  ", paint.of(tone, mark), check.stage.as_str(), check.check);
        wrapped(out, &head, INDENT, &check.evidence, str::to_owned);
        next(out, check, paint);
    }
}

/// Six columns that say the status.
fn mark(check: &CheckReport, require: Stage) -> (&'static str, Tone) {
    match check.status {
        Status::Pass => ("✓ pass", Tone::Good),
        Status::Fail if check.stage <= require => ("✗ FAIL", Tone::Bad),
        Status::Fail => ("○ open", Tone::Watch),
        Status::TooEarly => ("- wait", Tone::Quiet),
        Status::NotAsked => ("- skip", Tone::Quiet),
        Status::NotApplicable => ("- n/a ", Tone::Quiet),
    }
}

fn next(out: &mut String, check: &CheckReport, paint: Paint) {
    if let Some(next) = &check.next {
        let head = format!("         {} ", paint.of(Tone::Quiet, "→"));
        wrapped(out, &head, NEXT_INDENT, next, |line| paint.of(Tone::Quiet, line));
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
/// one, so that an address stays in one piece. So does a command in backquotes, for people to copy.
fn fold(text: &str, indent: usize) -> Vec<(usize, String)> {
    let length = |text: &str| text.chars().count();
    let mut lines = vec![(indent, String::new())];
    for word in words(text) {
        let (at, line) = lines.last_mut().expect("there is always a line");
        if indent + length(word) > WIDTH {
            lines.push((indent.min(NEXT_INDENT), word.to_owned()));
        } else if *at != indent || !line.is_empty() && indent + length(line) + 1 + length(word) > WIDTH {
            lines.push((indent, word.to_owned()));
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines
}

/// The words of a text; what is in backquotes is one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |character| {
        is_quoted ^= character == '`';
        character == ' ' && !is_quoted
    })
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

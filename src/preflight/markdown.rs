//! The checklist as Markdown, to paste into a launch or quarterly review: the verdict, ten rows, and what fails; or every check.

use std::fmt::Write;

use super::check::{Stage, Status};
use super::report::{CheckReport, ItemReport, Report, SystemReport};
use super::words::percent;

/// The whole report. Failing checks beyond `require` are shown as open. With `all`, every check has a row.
pub fn render(report: &Report, require: Stage, all: bool) -> String {
    let mut out = String::new();
    for system in &report.systems {
        let _ = writeln!(out, "## Preflight: {}\n", escaped(&system.system));
        let _ = writeln!(out, "**{}**\n", escaped(&capitalized(&system.sentence())));
        let counts = system.counts();
        let ratio = counts.ratio().map_or(String::new(), |ratio| format!(" ({})", percent(ratio)));
        let (passed, graded) = (counts.get(Status::Pass), counts.graded());
        let at = &report.generated;
        let _ = writeln!(out, "{passed} of {graded} checks pass{ratio}. Graded {at}; required: {require}.");
        match all {
            true => every_check(&mut out, system, require),
            false => summary(&mut out, system, require),
        }
        out.push('\n');
    }
    out
}

fn summary(out: &mut String, system: &SystemReport, require: Stage) {
    out.push_str("\n| row | pass | fail | too early | not asked yet | not applicable |\n");
    out.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for item in &system.items {
        let counts = item.counts();
        let cells: Vec<String> = Status::ALL.iter().map(|status| cell(counts.get(*status))).collect();
        let _ = writeln!(out, "| {} | {} |", item.item.words(), cells.join(" | "));
    }
    let findings = system.findings();
    let is_waived = |check: &&CheckReport| check.status == Status::NotApplicable;
    let waived = system.items.iter().flat_map(|item| item.checks.iter().filter(is_waived).map(move |it| (item, it)));
    let shown: Vec<_> = findings.iter().map(|finding| (finding.item, finding.check)).chain(waived).collect();
    if shown.is_empty() {
        return;
    }
    out.push_str("\n| | stage | check | evidence | next |\n| --- | --- | --- | --- | --- |\n");
    shown
        .into_iter()
        .for_each(|(item, check)| row(out, &format!("{}/{}", item.item.name, check.check), check, require));
}

/// A count; nothing where there is nothing to count.
fn cell(count: u32) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

fn every_check(out: &mut String, system: &SystemReport, require: Stage) {
    for ItemReport { item, checks } in &system.items {
        if let Some(heading) = item.heading() {
            let _ = writeln!(out, "\n### {heading}");
        }
        let _ = writeln!(out, "\n**{}**\n", item.title());
        out.push_str("| | stage | check | evidence | next |\n| --- | --- | --- | --- | --- |\n");
        checks.iter().for_each(|check| row(out, &check.check, check, require));
    }
}

fn row(out: &mut String, name: &str, check: &CheckReport, require: Stage) {
    let mark = match check.status {
        Status::Pass => "✓ pass",
        Status::Fail if check.stage <= require => "✗ **FAIL**",
        Status::Fail => "○ open",
        Status::TooEarly => "too early",
        Status::NotAsked => "not asked yet",
        Status::NotApplicable => "not applicable",
    };
    let (evidence, next) = (escaped(&check.evidence), escaped(check.next.as_deref().unwrap_or_default()));
    let _ = writeln!(out, "| {mark} | {} | {name} | {evidence} | {next} |", check.stage);
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

/// Names that a sender chose must not become markup.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*_[]<>|#".contains(character) {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::tests::sample::report;

    #[test]
    fn every_check_is_a_row_of_five_cells() {
        let text = render(&report(), Stage::Current, true);
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ✓") || line.starts_with("| ✗")).collect();
        assert_eq!(rows.len(), 30);
        for row in rows {
            assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
        }
        assert!(text.contains("## Preflight: agent\n") && text.contains("### The five questions"), "{text}");
    }

    #[test]
    fn it_begins_with_the_verdict_and_ten_rows_and_lists_what_fails() {
        let text = render(&report(), Stage::Current, false);
        assert!(text.starts_with("## Preflight: agent\n\n**Not operated: boundaries, "), "{text}");
        assert!(text.contains("\n| exception path | 2 | 1 |  |  | 1 |\n"), "{text}");
        assert_eq!(text.matches("| ✗ **FAIL** |").count(), 11, "{text}");
        assert!(!text.contains("✓ pass"), "what passes is counted: {text}");
    }
}

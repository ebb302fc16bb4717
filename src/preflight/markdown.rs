//! The checklist as Markdown, to paste into a launch or quarterly review.

use std::fmt::Write;

use super::check::Stage;
use super::report::{CheckReport, Report};
use super::words::percent;

/// The whole report. Failing checks beyond `require` are shown as open.
pub fn render(report: &Report, require: Stage) -> String {
    let mut out = String::new();
    for system in &report.systems {
        let (passed, all) = (system.checks().filter(|check| check.pass).count(), system.checks().count());
        let _ = writeln!(out, "## Preflight: {}\n", escaped(&system.system));
        let ratio = percent(system.ratio);
        let _ =
            writeln!(out, "{passed} of {all} checks pass ({ratio}). Graded {}; required: {require}.", report.generated);
        for item in &system.items {
            if let Some(heading) = item.item.heading() {
                let _ = writeln!(out, "\n### {heading}");
            }
            let _ = writeln!(out, "\n**{}**\n", item.item.title());
            out.push_str("| | stage | check | evidence | next |\n| --- | --- | --- | --- | --- |\n");
            item.checks.iter().for_each(|check| row(&mut out, check, require));
        }
        out.push('\n');
    }
    out
}

fn row(out: &mut String, check: &CheckReport, require: Stage) {
    let mark = match (check.pass, check.stage <= require) {
        (true, _) => "✓ pass",
        (false, true) => "✗ **FAIL**",
        (false, false) => "○ open",
    };
    let (evidence, next) = (escaped(&check.evidence), escaped(check.next.as_deref().unwrap_or_default()));
    let _ = writeln!(out, "| {mark} | {} | {} | {evidence} | {next} |", check.stage, check.check);
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
        let text = render(&report(), Stage::Current);
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ✓") || line.starts_with("| ✗")).collect();
        assert_eq!(rows.len(), 30);
        for row in rows {
            assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
        }
        assert!(text.contains("## Preflight: agent\n") && text.contains("### The five questions"), "{text}");
    }
}

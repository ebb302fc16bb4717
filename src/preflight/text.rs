//! The checklist for a terminal: 80 columns, grouped by the five lines and the five questions.

use std::fmt::Write;

use super::words::percent;
use super::{Item, ItemReport, Report, Stage, SystemReport};

/// Columns of a line.
const WIDTH: usize = 80;
/// Columns before the evidence of a check.
const INDENT: usize = 40;
/// Columns before what to do next.
const NEXT_INDENT: usize = 11;

/// How checks are marked: with color where the terminal has it.
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

/// The title of each item, as the checklist words it.
pub(super) fn title(item: Item) -> &'static str {
    match item {
        Item::Boundaries => "1 Boundaries: what may it decide, suggest, escalate, never do",
        Item::ExceptionPath => "2 Exception path: who receives the case when it is unsure or wrong",
        Item::Owner => "3 Day-90 owner: who answers for it",
        Item::OperationalQuality => "4 Operational quality: load, escalations, latency, rollbacks, trust",
        Item::Maintenance => "5 Maintenance: budgeted like a product",
        Item::DataQuality => "1 Data quality: are inputs messy, stale, contradictory",
        Item::ExceptionHandling => "2 Exception handling: does a person take the case, in time",
        Item::BehaviorChanges => "3 Behavior changes: who approves prompt, tool, policy, model",
        Item::Monitoring => "4 Monitoring: is operational quality watched, and still reported",
        Item::Rollback => "5 Rollback: can the business return to the previous process",
    }
}

/// The headings before the first line and before the first question.
pub(super) fn heading(item: Item) -> Option<&'static str> {
    match item {
        Item::Boundaries => Some("The five lines"),
        Item::DataQuality => Some("The five questions"),
        _ => None,
    }
}

/// The whole report; checks beyond `require` that fail are shown as open.
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
        if let Some(heading) = heading(item.item) {
            let _ = writeln!(out, "\n{}", paint.of(Tone::Strong, heading));
        }
        render_item(out, item, require, paint);
    }
    out.push('\n');
}

fn render_item(out: &mut String, item: &ItemReport, require: Stage, paint: Paint) {
    let _ = writeln!(out, "{}", paint.of(Tone::Strong, title(item.item)));
    for check in &item.checks {
        let (mark, tone) = match (check.pass, check.stage <= require) {
            (true, _) => ("✓ pass", Tone::Good),
            (false, true) => ("✗ FAIL", Tone::Bad),
            (false, false) => ("○ open", Tone::Watch),
        };
        let head = format!("  {} {:<9} {:<19}  ", paint.of(tone, mark), check.stage.as_str(), check.check);
        wrapped(out, &head, INDENT, &check.evidence, paint, None);
        if let Some(next) = &check.next {
            wrapped(out, &format!("         {} ", paint.of(tone, "→")), NEXT_INDENT, next, paint, Some(Tone::Quiet));
        }
    }
}

/// Writes a text behind a head of `indent` columns; the lines after the first are indented as far. A word that is
/// too long for that has a line to itself, so that an address stays whole.
fn wrapped(out: &mut String, head: &str, indent: usize, text: &str, paint: Paint, tone: Option<Tone>) {
    let length = |text: &str| text.chars().count();
    let mut lines = vec![(indent, String::new())];
    for word in text.split(' ') {
        let (at, line) = lines.last_mut().expect("there is always one");
        if indent + length(word) > WIDTH {
            lines.push((NEXT_INDENT, word.to_owned()));
        } else if *at != indent || !line.is_empty() && indent + length(line) + 1 + length(word) > WIDTH {
            lines.push((indent, word.to_owned()));
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    for (number, (at, line)) in lines.iter().enumerate() {
        let line = tone.map_or_else(|| line.clone(), |tone| paint.of(tone, line));
        let before = if number == 0 { head.to_owned() } else { " ".repeat(*at) };
        let _ = writeln!(out, "{}", format!("{before}{line}").trim_end());
    }
}

fn conclusion(report: &Report, require: Stage, paint: Paint) -> String {
    let (failed, systems) = (report.failed(require), report.systems.len());
    let systems = if systems == 1 { "1 system".to_owned() } else { format!("{systems} systems") };
    match failed {
        0 => paint.of(Tone::Good, &format!("✓ pass: {systems}, everything up to \"{require}\" passes")) + "\n",
        1 => paint.of(Tone::Bad, &format!("✗ FAIL: {systems}, 1 check up to \"{require}\" fails")) + "\n",
        failed => paint.of(Tone::Bad, &format!("✗ FAIL: {systems}, {failed} checks up to \"{require}\" fail")) + "\n",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::preflight::report::Check;

    pub(crate) fn report() -> Report {
        let check = |check: &'static str, stage, pass: bool, evidence: &str| Check {
            check: check.into(),
            stage,
            pass,
            evidence: evidence.into(),
            next: (!pass)
                .then(|| "Look at it | closely, then do the thing that is written in the runbook for it.".into()),
        };
        let items = Item::ALL.iter().map(|item| ItemReport {
            item: *item,
            checks: vec![
                check("routes", Stage::Declared, true, "3 routes, one of them for every other reason"),
                check("acknowledged_before", Stage::Exercised, *item != Item::Rollback, "last acknowledged never"),
                check("attestation_current", Stage::Current, false, "a | b"),
            ],
        });
        Report { generated: "2026-11-23T09:00:00Z".into(), systems: vec![SystemReport::new("agent", items.collect())] }
    }

    #[test]
    fn it_fits_into_80_columns_and_says_marks_in_words() {
        let text = render(&report(), Stage::Exercised, Paint::Plain);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        for part in ["agent: 19 of 30 checks pass (63 %)", "The five lines", "The five questions", "✗ FAIL exercised"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("○ open current"), "a later stage is not required: {text}");
        assert!(text.ends_with("1 check up to \"exercised\" fails\n"), "{text}");
    }

    #[test]
    fn color_is_only_added() {
        let (plain, color) =
            (render(&report(), Stage::Current, Paint::Plain), render(&report(), Stage::Current, Paint::Color));
        assert!(!plain.contains('\x1b') && color.contains("\x1b[32m✓ pass\x1b[0m"));
        let mut stripped = String::new();
        let mut rest = color.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            stripped.push_str(before);
            rest = after.split_once('m').expect("every code ends").1;
        }
        assert_eq!(stripped + rest, plain);
    }
}

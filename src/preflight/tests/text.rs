//! The checklist as a terminal shows it.

use super::sample::{COMMAND, report};
use crate::preflight::Stage;
use crate::preflight::text::{Paint, Style, WIDTH, render};

const SHORT: Style = Style { paint: Paint::Plain, all: false };
const WHOLE: Style = Style { paint: Paint::Plain, all: true };

#[test]
fn it_fits_into_80_columns_and_says_marks_in_words() {
    for style in [SHORT, WHOLE] {
        let text = render(&report(), Stage::Exercised, style);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        assert!(text.starts_with("agent: not operated: boundaries, exception path, "), "{text}");
        assert!(text.contains("  19 of 30 checks pass (63 %), 10 not applicable\n"), "{text}");
        assert!(text.ends_with("1 check up to \"exercised\" fails\n"), "{text}");
    }
    let text = render(&report(), Stage::Exercised, WHOLE);
    for part in ["The five lines", "The five questions", "✗ FAIL exercised", "- n/a  declared  inputs"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("○ open current"), "a later stage is not required: {text}");
}

#[test]
fn ten_lines_follow_the_verdict_and_then_what_fails() {
    let text = render(&report(), Stage::Exercised, SHORT);
    let lines: Vec<&str> = text.lines().skip_while(|line| !line.contains("of 3 pass")).collect();
    assert_eq!(lines[0], "  ○ boundaries           2 of 3 pass, 1 not applicable");
    assert_eq!(lines[9], "  ✗ rollback             1 of 3 pass, 1 not applicable");
    assert_eq!(lines[10], "");
    assert_eq!(lines[11], "  ○ open boundaries/attestation_current (current)");
    assert_eq!(lines[12], "         a | b");
    assert!(lines[13].starts_with("         → Look at it | closely"), "{text}");
    assert!(text.contains("  ✗ FAIL rollback/acknowledged_before (exercised)\n"), "{text}");
    let waived = "  - n/a  boundaries/inputs: it reads nothing but the ticket (risk-officer, until";
    assert!(text.contains(waived), "who said so, and until when: {text}");
}

#[test]
fn a_command_stays_on_one_line_for_people_to_copy() {
    for style in [SHORT, WHOLE] {
        let text = render(&report(), Stage::Current, style);
        assert!(text.contains(&format!("\n           `{COMMAND}`.\n")), "{text}");
    }
}

#[test]
fn color_is_only_added() {
    for all in [false, true] {
        let plain = render(&report(), Stage::Current, Style { paint: Paint::Plain, all });
        let color = render(&report(), Stage::Current, Style { paint: Paint::Color, all });
        assert!(!plain.contains('\x1b') && color.contains("\x1b[1;31m✗"));
        let mut stripped = String::new();
        let mut rest = color.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            stripped.push_str(before);
            rest = after.split_once('m').expect("every code ends").1;
        }
        assert_eq!(stripped + rest, plain);
    }
}

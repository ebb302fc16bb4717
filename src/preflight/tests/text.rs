//! The checklist as a terminal shows it.

use super::sample::report;
use crate::preflight::Stage;
use crate::preflight::text::{Paint, WIDTH, render};

#[test]
fn it_fits_into_80_columns_and_says_marks_in_words() {
    let text = render(&report(), Stage::Exercised, Paint::Plain);
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
    for part in ["agent: 19 of 30 checks pass (63 %)", "The five lines", "The five questions", "✗ FAIL exercised"] {
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

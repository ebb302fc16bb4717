//! docs/events.md: the prose next to this file, and everything else from the declarations, so that it always says what the reader does.
//! `DAY90_BLESS=1 cargo test` writes it.

use std::fmt::Write as _;

use super::super::kinds::{COMMON, EventType, Form, Spec, TABLE};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/events.md");

#[test]
fn docs_events_md_is_what_the_table_says() {
    let now = markdown();
    if std::env::var_os("DAY90_BLESS").is_some() {
        std::fs::write(PATH, &now).expect("docs/ is writable");
    }
    let stored = std::fs::read_to_string(PATH).expect("docs/events.md");
    assert!(now == stored, "docs/events.md is out of date: run DAY90_BLESS=1 cargo test");
}

fn markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str(
        "\n## Fields of every event\n\nApart from `type`, which is required and says which [type](#types) it is:\n\n",
    );
    page.push_str(&fields(COMMON));
    page.push_str(COMMON_NOTES);
    page.push_str("\n## Types\n\n| type | when | feeds |\n| --- | --- | --- |\n");
    for row in TABLE {
        let anchor = row.kind.as_str().replace('.', "");
        let _ = writeln!(page, "| [`{}`](#{anchor}) | {} | {} |", row.kind, row.meaning, row.feeds);
    }
    TABLE.iter().for_each(|row| section(row, &mut page));
    page.push_str(LIFECYCLES);
    page
}

fn section(row: &EventType, page: &mut String) {
    let _ = write!(page, "\n### `{}`\n\n{} Feeds: {}.\n\n", row.kind, row.meaning, row.feeds);
    if row.fields.is_empty() {
        page.push_str("No fields apart from the common ones.\n");
    } else {
        page.push_str(&fields(row.fields));
    }
    let _ = write!(page, "\n```json\n{}\n```\n", row.example);
}

/// A table of fields, the required ones first.
fn fields(specs: &[Spec]) -> String {
    let mut table = String::from("| field | | form | meaning |\n| --- | --- | --- | --- |\n");
    let (required, optional): (Vec<&Spec>, Vec<&Spec>) = specs.iter().partition(|spec| spec.required);
    for spec in required.into_iter().chain(optional) {
        let need = if spec.required { "required" } else { "optional" };
        let _ = writeln!(table, "| `{}` | {need} | {} | {} |", spec.field, form(spec.form), spec.meaning);
    }
    table
}

fn form(form: Form) -> String {
    match form {
        Form::Text(bytes) => format!("text, 1–{bytes} bytes"),
        Form::Name => "name, 1–64 bytes; a longer one is cut".to_string(),
        Form::Identifier => "identifier: text, 1–1,024 bytes, or an integer".to_string(),
        Form::Versions => "object from kinds of changes to identifiers".to_string(),
        Form::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" "),
        Form::Seconds => "seconds, 0 to a billion".to_string(),
        Form::Ratio => "number, 0 to 1".to_string(),
        Form::Count => "whole number, 0 to 2^53".to_string(),
        Form::Flag => "`true` `false`".to_string(),
        Form::Amount => "number, 0 to a billion".to_string(),
        Form::Currency => "ISO 4217, such as `EUR`".to_string(),
        Form::Feedback => "`up` `down`, or a number".to_string(),
        Form::Time => "RFC 3339, any offset, up to nanoseconds".to_string(),
        Form::System => "1–64 of `a-z` `0-9` `.` `_` `-`".to_string(),
    }
}

const INTRODUCTION: &str = include_str!("docs/introduction.md");

const COMMON_NOTES: &str = include_str!("docs/fields.md");

const LIFECYCLES: &str = include_str!("docs/lifecycles.md");

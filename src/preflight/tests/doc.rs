//! The tables of checks in docs/preflight.md, made from the declarations.

use std::fmt::Write;
use std::path::Path;

use crate::preflight::Stage;
use crate::preflight::checklist::ITEMS;

fn table() -> String {
    let mut table =
        "| item | check | stage | passes when | to make it pass |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for item in ITEMS {
        for (number, check) in item.checks().iter().enumerate() {
            let name = if number == 0 { format!("{} ", item.name) } else { String::new() };
            let (stage, passes_when, to_pass) = (check.stage(), check.passes_when, check.to_pass);
            let _ = writeln!(table, "| {name}| {} | {stage} | {passes_when} | {to_pass} |", check.name);
        }
    }
    table
}

/// When a check of a later stage is asked, and with which other check it is waived.
fn asked() -> String {
    let mut table = "| check | asked | waived with |\n| --- | --- | --- |\n".to_owned();
    for item in ITEMS {
        for check in item.checks() {
            let from = match (&check.early, check.before_launch) {
                (Some(early), _) => early.from.describe(),
                (None, true) => "before the launch, too".to_owned(),
                (None, false) if check.stage() == Stage::Declared && check.judges.is_empty() => continue,
                (None, false) if check.stage() == Stage::Declared => "before the launch, too".to_owned(),
                (None, false) => "from the launch on".to_owned(),
            };
            let with: Vec<String> = check.judges.iter().map(|name| format!("`{name}`")).collect();
            let _ = writeln!(table, "| `{}/{}` | {from} | {} |", item.name, check.name, with.join(", "));
        }
    }
    table
}

#[test]
fn the_tables_of_checks_are_what_the_declarations_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/preflight.md");
    let page = std::fs::read_to_string(&path).expect("docs/preflight.md is there");
    let checks = between(&page, "checks", &table());
    let made = between(&checks, "asked", &asked());
    if std::env::var_os("DAY90_BLESS").is_some() {
        return std::fs::write(&path, made).expect("docs/ can be written");
    }
    assert!(page == made, "docs/preflight.md is out of date: DAY90_BLESS=1 cargo test preflight");
}

/// The page with another table between its marks.
fn between(page: &str, name: &str, table: &str) -> String {
    let begin = format!("<!-- {name}: made from the code, by DAY90_BLESS=1 cargo test preflight -->\n");
    let end = format!("<!-- end of {name} -->\n");
    let (before, rest) = page.split_once(&begin).expect("the table has a beginning");
    let (_, after) = rest.split_once(&end).expect("the table has an end");
    format!("{before}{begin}{table}{end}{after}")
}

//! The table of checks in docs/preflight.md, made from the declarations.

use std::fmt::Write;
use std::path::Path;

use crate::preflight::checklist::ITEMS;

const BEGIN: &str = "<!-- checks: made from the code, by DAY90_BLESS=1 cargo test preflight -->\n";
const END: &str = "<!-- end of checks -->\n";

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

#[test]
fn the_table_of_checks_is_what_the_declarations_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/preflight.md");
    let page = std::fs::read_to_string(&path).expect("docs/preflight.md is there");
    let (before, rest) = page.split_once(BEGIN).expect("the table has a beginning");
    let (written, after) = rest.split_once(END).expect("the table has an end");
    if std::env::var_os("DAY90_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).expect("docs/ can be written");
        return;
    }
    assert!(written == table(), "docs/preflight.md is out of date: DAY90_BLESS=1 cargo test preflight");
}

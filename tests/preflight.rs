//! The checklist, as a pipeline, a review and a scrape see it.

use std::process::{Command, Output};

use crate::harness::day90::run_with;
use crate::harness::{Day90, Dir, event, metric, repository, run};

fn daemon_url(day90: &Day90) -> String {
    format!("http://{}", day90.address)
}

#[track_caller]
fn expect(output: &Output, code: i32, part: &str) -> String {
    let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(part), "{part:?} is not in: {said}");
    said
}

fn example() -> String {
    repository("deploy/day90.example.yaml").to_str().unwrap().to_owned()
}

/// A daemon with the shipped example's systems.
fn start() -> Day90 {
    Day90::start_with(&std::fs::read_to_string(example()).unwrap())
}

#[test]
fn the_example_passes_what_can_be_declared() {
    let said = expect(&run(&["preflight", "--config", &example(), "--require", "declared"]), 0, "13 of 13");
    assert!(!said.contains('\u{1b}'), "no color into a pipe");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    expect(&run(&["preflight", "--config", &example()]), 0, "everything up to \"declared\" passes");
    expect(&run_with(&[("DAY90_CONFIG", &example())], &["preflight", "refund-agent"]), 0, "13 of 13");
}

#[test]
fn what_is_missing_fails_with_1_and_says_what_to_write() {
    let dir = Dir::new();
    let bare = dir.write("day90.yaml", "systems: {bare: {launched: 2026-09-01}}");
    let bare = bare.to_str().unwrap();
    expect(&run(&["preflight", "--config", bare]), 1, "1 of 13");
    expect(&run(&["preflight", "--config", bare]), 1, "systems.bare.boundaries");
    expect(&run(&["preflight", "--config", bare, "--format", "markdown"]), 1, "| ✗ **FAIL** | declared | assigned |");
    expect(&run(&["preflight", "--config", bare, "elsewhere"]), 1, "elsewhere is not declared");
    expect(&run(&["preflight"]), 1, "--config");
    expect(&run(&["preflight", "--config", bare, "--require", "current"]), 2, "needs --url");
    let wrong = dir.write("wrong.yaml", "systems: {bare: {launchd: 2026-09-01}}");
    expect(&run(&["preflight", "--config", wrong.to_str().unwrap()]), 78, "did you mean launched?");
}

#[test]
fn a_daemon_grades_what_happened() {
    let day90 = start();
    let url = daemon_url(&day90);
    expect(&run(&["preflight", "--url", &url, "--require", "declared"]), 0, "everything up to \"declared\"");
    expect(&run(&["preflight", "--url", &url]), 1, "✗ FAIL exercised attested");
    expect(
        &run(&["emit", "owner.attested", "system=refund-agent", "owner=payments-ops", "--url", &url]),
        0,
        "accepted 1",
    );
    expect(&run(&["preflight", "--url", &url]), 1, "✓ pass exercised attested");
    let attested = || metric("day90_preflight_check").label("check", "attested").label("stage", "exercised");
    day90.scrape().expect(attested().value(1));
    expect(&run(&["preflight", "--url", &url]), 1, "✓ pass exercised scraped");
    // What is heard of and declared nowhere is there too.
    day90.post(&[event("fallback.ended").with("system", "shadow")]);
    day90.scrape().expect(metric("day90_preflight_ratio").label("system", "shadow").label("item", "owner").value(0));
    expect(&run(&["preflight", "--url", &url, "shadow", "--require", "declared"]), 1, "systems.shadow.owner");
    let day90 = day90.stop().start_again();
    day90.scrape().expect(attested().label("system", "refund-agent").value(1));
}

#[test]
fn a_daemon_that_does_not_answer_is_no_pass() {
    let day90 = start();
    let url = daemon_url(&day90);
    drop(day90.stop());
    expect(&run(&["preflight", "--url", &url, "--require", "declared"]), 3, "is day90 running?");
    expect(&run(&["preflight", "--url", "nowhere:0:0"]), 2, "no address");
}

#[test]
fn the_page_is_asked_for_strictly() {
    let day90 = start();
    let whole = day90.get("/api/v1/preflight").expect(200).text();
    assert!(whole.contains(r#""system":"refund-agent""#), "{whole}");
    day90.get("/api/v1/preflight?system=refund-agent").expect(200);
    day90.get("/api/v1/preflight?system=nobody").expect(400);
    day90.get("/api/v1/preflight?sytem=refund-agent").expect(400);
}

const JUDGE: &str = r#"
import json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
for path in sys.argv[2:]:
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(json.load(open(path)))]
    print("valid" if not errors else "invalid: " + "; ".join(errors)[:300])
"#;

/// Judged by Python's jsonschema, which day90 has nothing to do with.
#[test]
fn its_json_is_what_the_published_schema_says() {
    let day90 = start();
    day90.post(&[event("fallback.ended").with("system", "shadow")]);
    let dir = Dir::new();
    let page = dir.write("page.json", day90.get("/api/v1/preflight").expect(200).text());
    let declared = dir.write("declared.json", run(&["preflight", "--config", &example(), "--format", "json"]).stdout);
    let asked = run(&["preflight", "--url", &daemon_url(&day90), "--format", "json"]);
    let asked = dir.write("asked.json", asked.stdout);
    let wrong = dir.write("wrong.json", r#"{"generated":"now","systems":[{"system":"A"}]}"#);
    let python = std::env::var("DAY90_PYTHON").map_or_else(|_| repository("target/python/bin/python"), Into::into);
    let schema = repository("docs/preflight.schema.json");
    let judged = Command::new(&python).args(["-c", JUDGE]).args([&schema, &page, &declared, &asked, &wrong]).output();
    let judged = judged.unwrap_or_else(|error| {
        panic!("{}: {error}. tests/run installs it; or set DAY90_PYTHON", python.display());
    });
    let said = String::from_utf8_lossy(&[&judged.stdout[..], &judged.stderr[..]].concat()).into_owned();
    let verdicts: Vec<&str> = said.lines().collect();
    assert_eq!(verdicts.len(), 4, "{said}");
    assert_eq!(verdicts[..3], ["valid"; 3], "{said}");
    assert!(verdicts[3].starts_with("invalid"), "{said}");
}

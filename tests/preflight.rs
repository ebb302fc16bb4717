//! The checklist, as a pipeline, a review and a scrape see it.

use std::process::{Command, Output};

use crate::harness::day90::run_with;
use crate::harness::{Day90, Dir, Request, event, metric, repository, run};

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
    assert!(said.starts_with("refund-agent: declared\n"), "{said}");
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
    expect(&run(&["preflight", "--config", bare]), 1, "bare: not declared: boundaries, exception path, owner, ");
    expect(
        &run(&["preflight", "--config", bare, "--format", "markdown"]),
        1,
        "| ✗ **FAIL** | declared | owner/assigned |",
    );
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
    expect(&run(&["preflight", "--url", &url]), 1, "✗ FAIL owner/attested (exercised)");
    expect(
        &run(&["emit", "owner.attested", "system=refund-agent", "owner=payments-ops", "--url", &url]),
        0,
        "accepted 1",
    );
    expect(&run(&["preflight", "--url", &url, "--all"]), 1, "✓ pass exercised attested");
    let attested = || metric("day90_preflight_check").label("check", "attested").label("stage", "exercised");
    day90.scrape().expect(attested().value(1));
    expect(&run(&["preflight", "--url", &url, "--all"]), 1, "✓ pass exercised scraped");
    expect(&run(&["preflight", "--url", &url]), 1, "refund-agent: not operated: ");
    // What is heard of and declared nowhere is there too.
    day90.post(&[event("fallback.ended").with("system", "shadow")]);
    day90.scrape().expect(metric("day90_preflight_ratio").label("system", "shadow").label("item", "owner").value(0));
    expect(&run(&["preflight", "--url", &url, "shadow", "--require", "declared"]), 1, "systems.shadow.owner");
    let day90 = day90.stop().start_again();
    day90.scrape().expect(attested().label("system", "refund-agent").value(1));
}

/// The example, launched on another day.
fn launched(day: &str) -> String {
    let example = std::fs::read_to_string(example()).unwrap();
    example.replace("launched: 2026-09-01", &format!("launched: {day}"))
}

/// The day that is this many days from now, as `2026-12-01`.
fn day(from_now: i64) -> String {
    use day90::clock::{Clock, SystemClock};
    let at = SystemClock.now().plus(from_now * day90::event::time::DAY);
    at.to_string()[..10].to_owned()
}

/// Case O6: left out, preflight failed; ahead, `check` refused it. So nobody could gate a launch.
#[test]
fn the_launch_gate_can_be_passed_before_the_launch() {
    let day90 = Day90::start_with(&launched(&day(14)));
    let url = daemon_url(&day90);
    let asked = ["preflight", "--url", &url];
    let said = expect(&run(&asked), 1, "missing before the launch: exception path,");
    for missing in ["exception_path/drilled", "owner/attested", "monitoring/scraped", "rollback/drilled"] {
        assert!(said.contains(&format!("✗ FAIL {missing} (exercised)")), "{missing}: {said}");
    }
    assert_eq!(said.matches("✗ FAIL").count(), 5, "nothing else is asked: {said}");
    follow_commands(&url);
    expect(&run(&asked), 1, "missing before the launch: monitoring\n");
    day90
        .scrape()
        .expect(metric("day90_preflight_check").label("check", "attested").value(1))
        .expect_none(metric("day90_preflight_check").label("check", "evaluated"));
    let said = expect(&run(&asked), 0, "not launched yet, and what is asked before the launch passes");
    assert!(said.contains("everything up to \"current\" passes"), "{said}");
    // On the day of the launch it is graded as a launched system, to which nothing has come yet.
    day90.rewrite_config(&launched(&day(0)));
    day90.ask(&Request::new("POST", "/-/reload")).expect(200);
    let said = expect(&run(&asked), 0, "refund-agent: operated\n");
    assert!(said.contains("too early"), "{said}");
    day90.rewrite_config(&launched(&day(-31)));
    day90.ask(&Request::new("POST", "/-/reload")).expect(200);
    let said = expect(&run(&asked), 1, "refund-agent: not operated: ");
    assert!(!said.contains("too early"), "{said}");
    follow_commands(&url);
    let said = expect(&run(&["preflight", "--url", &url, "--all"]), 1, "not operated");
    for check in ["recorded", "evaluated", "checked", "evaluations_current", "fresh"] {
        assert!(!said.lines().any(|line| line.contains("FAIL") && line.contains(check)), "{check}: {said}");
    }
}

/// Runs each command that the advice has, as often as there are new ones.
fn follow_commands(url: &str) {
    for _ in 0..3 {
        let json = run(&["preflight", "--url", url, "--format", "json"]).stdout;
        let report: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let nexts = report["systems"][0]["items"].as_array().unwrap().iter();
        let nexts =
            nexts.flat_map(|item| item["checks"].as_array().unwrap()).filter_map(|check| check["next"].as_str());
        for command in nexts.filter_map(|next| next.split('`').nth(1)) {
            let mut words: Vec<&str> = command.split(' ').skip(1).collect();
            words.extend(["--url", url]);
            expect(&run(&words), 0, "accepted 1");
        }
    }
}

/// Case O7: a failed drill after a passed one changed nothing.
#[test]
fn a_failed_drill_after_a_passed_one_fails() {
    let day90 = start();
    let url = daemon_url(&day90);
    let drill = |result: &str| {
        let result = format!("result={result}");
        let words = ["emit", "drill.completed", "system=refund-agent", "path=exception", &result, "--url", &url];
        expect(&run(&words), 0, "accepted 1");
    };
    let all = || run(&["preflight", "--url", &url, "--all"]);
    drill("passed");
    expect(&all(), 1, "✓ pass exercised drilled");
    drill("failed");
    let said = expect(&all(), 1, "a drill failed ");
    assert!(said.contains("✗ FAIL exercised drilled"), "{said}");
    let drilled = || metric("day90_preflight_check").label("item", "exception_path").label("check", "drilled");
    day90.scrape().expect(drilled().value(0));
    drill("passed");
    day90.scrape().expect(drilled().value(1));
}

/// A waiver says who said so, counts nowhere, and is served as soon as it is declared.
#[test]
fn what_does_not_apply_is_shown_with_who_said_so() {
    let waiver = format!("{{reason: \"it reads the ticket alone\", by: risk-officer, until: {}}}", day(60));
    let example = std::fs::read_to_string(example()).unwrap();
    let config = format!("{example}    not_applicable: {{data_quality/inputs: {waiver}}}\n");
    let day90 = Day90::start_with(&config);
    let url = daemon_url(&day90);
    let said = expect(&run(&["preflight", "--url", &url]), 1, "(risk-officer, until");
    assert!(said.contains("  - data quality         0 of 0 pass, 3 not applicable\n"), "{said}");
    let series = || metric("day90_preflight_check").label("item", "data_quality");
    day90.scrape().expect_none(series()).expect_none(metric("day90_preflight_ratio").label("item", "data_quality"));
    day90.rewrite_config(&example);
    day90.ask(&Request::new("POST", "/-/reload")).expect(200);
    day90.scrape().expect(series().label("check", "inputs").value(1)).expect(series().label("check", "fresh").value(0));
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

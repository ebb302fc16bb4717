//! What Prometheus's and Alertmanager's own tools say of what day90 ships and serves.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::harness::{Day90, one_of_each, repository};

fn tool(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(command: &mut Command, input: &str) -> Output {
    let package = "apt-get install prometheus prometheus-alertmanager";
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}; {package}"));
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("a child")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The files of a directory of the repository that end so.
fn files(dir: &str, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository(dir)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.to_str().is_some_and(|path| path.ends_with(end))).collect();
    files.sort();
    assert!(!files.is_empty(), "{dir} has *{end}");
    files
}

#[test]
fn promtool_has_nothing_to_say_about_the_exposition() {
    let example = std::fs::read_to_string(repository("deploy/day90.example.yaml")).unwrap();
    for day90 in [Day90::start_with(&example), Day90::start()] {
        day90.post(&one_of_each()).post(&super::traffic::history()).post(&super::traffic::second(1, 12));
        day90.scrape();
        let judged = run(&mut tool("promtool", &["check", "metrics"]), &day90.scrape().text);
        assert!(judged.status.success() && said(&judged).is_empty(), "{}", said(&judged));
    }
}

#[test]
fn the_rules_are_rules_and_the_routes_are_routes() {
    for path in files("alerts", ".rules.yml") {
        let judged = run(&mut tool("promtool", &["check", "rules", path.to_str().unwrap()]), "");
        assert!(judged.status.success(), "{}", said(&judged));
    }
    let routes = repository("alerts/alertmanager.example.yml");
    let judged = run(&mut tool("amtool", &["check-config", routes.to_str().unwrap()]), "");
    assert!(judged.status.success(), "{}", said(&judged));
}

#[test]
fn the_rules_pass_their_unit_tests() {
    // All at once: the longest of them takes longer than the others together.
    let files = files("alerts/tests", ".test.yml");
    let judge = |path: PathBuf| {
        std::thread::spawn(move || run(&mut tool("promtool", &["test", "rules", path.to_str().unwrap()]), ""))
    };
    let judges: Vec<_> = files.into_iter().map(judge).collect();
    for judged in judges.into_iter().map(|judge| judge.join().unwrap()) {
        assert!(judged.status.success(), "{}", said(&judged));
    }
}

#[test]
fn every_alert_has_its_severity_texts_and_runbook() {
    let rules: String =
        files("alerts", ".rules.yml").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let alerts: Vec<&str> = rules.split("- alert: ").skip(1).collect();
    assert!(alerts.len() >= 10);
    for alert in alerts {
        let name = alert.lines().next().unwrap().trim();
        for part in ["severity: ", "summary: ", "description: ", &format!("alerts/runbooks/{name}.md")] {
            assert!(alert.contains(part), "{name} has no {part}");
        }
        assert!(alert.contains("severity: page") || alert.contains("severity: ticket"), "{name}");
        assert!(repository("alerts/runbooks").join(format!("{name}.md")).exists(), "{name} has no runbook");
    }
}

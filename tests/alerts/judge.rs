//! promtool as the judge: it evaluates the shipped rules over what was exposed, and says which alerts fire when.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::story::Moment;
use crate::harness::{Dir, repository};

const MINUTE: Moment = 60_000;

/// A run of minutes in which an alert fires, and its text at the first and the last.
#[derive(Clone, Debug)]
pub struct Fired {
    pub alert: String,
    pub labels: BTreeMap<String, String>,
    pub from: Moment,
    pub to: Moment,
    pub texts: Vec<String>,
}

impl Fired {
    pub fn system(&self) -> &str {
        self.labels.get("system").map_or("", String::as_str)
    }
}

/// The names of all alerts in the rules of a folder.
pub fn alerts(rules: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for text in rule_files(rules).iter().map(|path| std::fs::read_to_string(path).expect("rules")) {
        found.extend(text.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).map(str::to_owned));
    }
    found.sort();
    found
}

pub fn rule_files(rules: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(rules).unwrap_or_else(|error| panic!("{}: {error}", rules.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".rules.yml"));
    files.sort();
    files
}

/// What fires in a stream: evaluated and asked each `step`, for every alert.
pub fn fired(promtool: &Path, rules: &Path, input: &str, end: Moment, step: Moment) -> Vec<Fired> {
    let names = alerts(rules);
    let dir = Dir::new();
    let files: Vec<String> = rule_files(rules).iter().map(|path| format!("  - {}\n", path.display())).collect();
    let mut test = format!(
        "rule_files:\n{}evaluation_interval: {}m\ngroup_eval_order: [{}]\ntests:\n  - interval: 15s\n",
        files.concat(),
        step / MINUTE,
        groups(rules).join(", ")
    );
    test.push_str(input);
    test.push_str("    alert_rule_test:\n");
    for minute in (0..=end / MINUTE).step_by((step / MINUTE) as usize) {
        for name in &names {
            test.push_str(&format!("      - {{eval_time: {minute}m, alertname: {name}}}\n"));
        }
    }
    let path = dir.write("alerts.test.yml", test);
    let mut command = Command::new(promtool);
    command.args(["test", "rules"]).arg(&path);
    let answer = command.output().unwrap_or_else(|error| panic!("{}: {error}", promtool.display()));
    let said = String::from_utf8(answer.stdout).expect("UTF-8") + &String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success() || said.contains("alertname: "), "{}", &said[..said.len().min(20_000)]);
    if let Ok(kept) = std::env::var("DAY90_ALERTS_KEEP") {
        std::fs::copy(&path, &kept).expect("a copy");
        std::fs::write(format!("{kept}.said"), &said).expect("a copy");
    }
    read(&said, step)
}

/// Recording rules first, then alerts, as the server has them in effect after two rounds.
fn groups(rules: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in rule_files(rules) {
        let text = std::fs::read_to_string(&path).expect("rules");
        let names = text.lines().filter_map(|line| line.strip_prefix("  - name: ")).map(str::to_owned);
        match path.ends_with("recording.rules.yml") {
            true => drop(found.splice(0..0, names)),
            false => found.extend(names),
        }
    }
    found
}

/// Reads what promtool says of alerts that nobody expected, which is all of them.
fn read(said: &str, step: Moment) -> Vec<Fired> {
    let mut runs: Vec<Fired> = Vec::new();
    let mut open: BTreeMap<(String, BTreeMap<String, String>), usize> = BTreeMap::new();
    let (mut alert, mut at) = (String::new(), 0);
    let mut labels = BTreeMap::new();
    for line in said.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("alertname: ") {
            let (name, rest) = rest.split_once(", time: ").expect("a time");
            alert = name.into();
            at = super::story::span(rest.trim_end_matches(',').trim(), "promtool");
        } else if let Some(text) = line.strip_prefix("Labels:") {
            labels = pairs(text);
            labels.remove("alertname");
        } else if let Some(text) = line.strip_prefix("Annotations:") {
            let annotations = pairs(text);
            let text = ["summary", "description"].map(|name| annotations.get(name).cloned().unwrap_or_default());
            let key = (alert.clone(), labels.clone());
            let run = open.get(&key).copied().filter(|run| runs[*run].to + step >= at);
            match run {
                Some(run) => {
                    runs[run].to = at;
                    runs[run].texts.push(text.join("\n"));
                }
                None => {
                    open.insert(key, runs.len());
                    let texts = vec![text.join("\n")];
                    runs.push(Fired { alert: alert.clone(), labels: labels.clone(), from: at, to: at, texts });
                }
            }
        }
    }
    runs
}

/// `{name="value", …}`, quoted as Go does it.
fn pairs(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim_start_matches('{').trim_end_matches('}');
    while let Some((name, after)) = rest.split_once("=\"") {
        let (mut value, mut escaped, mut end) = (String::new(), false, after.len());
        for (at, character) in after.char_indices() {
            match (escaped, character) {
                (true, 'n') => value.push('\n'),
                (true, other) => value.push(other),
                (false, '\\') => {}
                (false, '"') => {
                    end = at;
                    break;
                }
                (false, other) => value.push(other),
            }
            escaped = !escaped && character == '\\';
        }
        found.insert(name.trim_start_matches([',', ' ']).to_owned(), value);
        rest = after.get(end + 1..).unwrap_or_default();
    }
    found
}

/// Debian's, which every change is judged by.
pub fn promtool() -> std::path::PathBuf {
    std::env::var("DAY90_PROMTOOL").map_or_else(|_| "promtool".into(), |path| repository(&path))
}

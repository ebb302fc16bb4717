//! The rules with each threshold at 0, by `alerts/tests/thresholds.txt`: on a quiet day each alert must then fire, or the
//! quiet day proves nothing of it.
//!
//! ```text
//! Day90InputIssueRatioHigh: > 0.05 => >= 0      in the expression of this alert, and its `for` becomes 0
//! Day90Down: up == 0 => up == 1
//! Day90Absent: -                                 nothing can be lowered; the reason follows
//! ```

use std::sync::LazyLock;

use super::judge::rule_files;
use crate::harness::{Dir, repository};

struct Threshold {
    alert: String,
    /// What becomes what; nothing where the alert has no threshold.
    change: Vec<(String, String)>,
}

static ALL: LazyLock<Vec<Threshold>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(repository("alerts/tests/thresholds.txt")).expect("thresholds.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut all: Vec<Threshold> = Vec::new();
    for line in lines {
        let (alert, change) = line.split_once(": ").unwrap_or_else(|| panic!("thresholds.txt: {line}"));
        let change = change.split_once(" => ").map(|(from, to)| (from.to_owned(), to.to_owned()));
        match all.iter_mut().find(|known| known.alert == alert) {
            Some(known) => known.change.extend(change),
            None => all.push(Threshold { alert: alert.into(), change: change.into_iter().collect() }),
        }
    }
    all
});

pub fn all() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|threshold| threshold.alert.as_str())
}

/// The alerts that must fire with the threshold at 0.
pub fn asked() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(|threshold| !threshold.change.is_empty()).map(|threshold| threshold.alert.as_str())
}

/// A folder of the shipped rules with the changes made.
pub fn lowered() -> Dir {
    let dir = Dir::new();
    for path in rule_files(&repository("alerts")) {
        let text = std::fs::read_to_string(&path).expect("rules");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let mut parts = text.split("      - alert: ");
        let mut changed = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            changed.push_str("      - alert: ");
            changed.push_str(&lower(part));
        }
        dir.write(&name, changed);
    }
    dir
}

/// One rule with its threshold at 0: only its expression and its `for` change.
fn lower(rule: &str) -> String {
    let alert = rule.lines().next().unwrap_or_default().trim();
    let Some(threshold) = ALL.iter().find(|threshold| threshold.alert == alert) else { return rule.to_owned() };
    if threshold.change.is_empty() {
        return rule.to_owned();
    }
    let end = rule.find("        labels:").unwrap_or(rule.len());
    let (mut head, rest) = (rule[..end].to_owned(), &rule[end..]);
    for (from, to) in &threshold.change {
        assert!(head.contains(from.as_str()), "thresholds.txt: {from:?} is not in the rule of {alert}:\n{head}");
        head = head.replace(from.as_str(), to);
    }
    let without_for = |line: &&str| !line.trim_start().starts_with("for: ");
    head.lines().filter(without_for).map(|line| format!("{line}\n")).collect::<String>() + rest
}

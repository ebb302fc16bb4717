//! The configuration from outside: whole files in, a [`Config`] or a report out.

mod bounds;
mod contract;
mod files;
mod shipped;
mod wrong;

use super::*;

/// 2026-11-23T00:00:00Z.
const NOW: Timestamp = Timestamp::from_seconds(1_795_392_000);

fn check(text: &str) -> (Option<Config>, Problems) {
    check_text("day90.yaml", text, &Overrides::default(), NOW)
}

/// A file without errors.
fn believed(text: &str) -> Config {
    let (config, problems) = check(text);
    config.unwrap_or_else(|| panic!("should be believed:\n{problems}"))
}

/// The report about a file with errors.
fn report(text: &str) -> String {
    let (config, problems) = check(text);
    assert!(config.is_none(), "should not be believed: {text}");
    problems.to_string()
}

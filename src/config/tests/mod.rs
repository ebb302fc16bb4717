//! The configuration from outside: whole files in, a [`Config`] or a report out.

mod bounds;
mod calendar;
mod contract;
mod deadlines;
mod declared;
mod files;
mod shipped;
mod wrong;
mod wrong_since_2;

use std::path::PathBuf;

use super::*;
use crate::event::Timestamp;
use crate::event::time::DAY;

/// 2026-11-23T00:00:00Z.
const NOW: Timestamp = Timestamp::from_seconds(1_795_392_000);

fn given() -> Given {
    let histogram = |name, follows_rating_scale| GivenHistogram { name, follows_rating_scale };
    let histograms = vec![
        histogram("day90_task_duration_seconds", false),
        histogram("day90_review_wait_seconds", false),
        histogram("day90_feedback_rating", true),
    ];
    let checks = ["data_quality/inputs", "data_quality/fresh"].map(str::to_owned).to_vec();
    Given { now: NOW, histograms, checks }
}

fn check(text: &str) -> (Option<Config>, Problems) {
    check_text("day90.yaml", text, &Overrides::default(), &given())
}

/// A file without errors.
fn valid(text: &str) -> Config {
    let (config, problems) = check(text);
    config.unwrap_or_else(|| panic!("should be valid:\n{problems}"))
}

/// The report about a file with errors.
fn report(text: &str) -> String {
    let (config, problems) = check(text);
    assert!(config.is_none(), "should be invalid: {text}");
    problems.to_string()
}

/// Every key with its path: `*` for a chosen name, `[]` for an entry of a list.
fn every_key() -> Vec<(String, &'static key::About)> {
    fn inside(path: &str, shape: &'static key::Shape, all: &mut Vec<(String, &'static key::About)>) {
        match shape {
            key::Shape::Map(keys) => {
                for key in keys {
                    let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
                    all.push((path.clone(), key));
                    inside(&path, &key.shape, all);
                }
            }
            key::Shape::Table { of, .. } => inside(&format!("{path}.*"), of, all),
            key::Shape::List { of, .. } => inside(&format!("{path}[]"), of, all),
            _ => {}
        }
    }
    let mut all = Vec::new();
    inside("", &file::FORM.shape, &mut all);
    all
}

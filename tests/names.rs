//! Every metric that a dashboard, a rule or a page of the documentation names is one that exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use day90::state::engine::family::{Family, Type};

use crate::harness::repository;

/// Words that begin like a metric and are none.
const NO_METRICS: &[&str] = &["process_change", "day90_data"];

pub(crate) fn families() -> impl Iterator<Item = &'static Family> {
    let process = day90::telemetry::families::PROCESS.iter();
    day90::state::FAMILIES
        .iter()
        .copied()
        .chain(day90::preflight::metrics::FAMILIES.iter().copied())
        .chain(day90::daemon::page_test::FAMILIES.iter().copied())
        .chain(day90::telemetry::families::FAMILIES.iter().copied())
        .chain(process)
}

/// Every name that a sample can have.
fn sample_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for family in families() {
        match family.kind {
            Type::Histogram => {
                names.extend(["", "_bucket", "_sum", "_count"].map(|suffix| format!("{}{suffix}", family.name)));
            }
            _ => _ = names.insert(family.name.to_owned()),
        }
    }
    names
}

fn files(dir: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(repository(dir)).unwrap_or_else(|error| panic!("{dir}: {error}")) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(path.to_str().unwrap(), extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// The words of a text that look like the name of a metric or of a recorded series.
fn names_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !(character.is_ascii_alphanumeric() || "_:".contains(character)));
    // A colon at the end is punctuation, an underscore is a pattern (`day90_cost_*`).
    let words = words.map(|word| word.trim_matches(':')).filter(|word| !word.ends_with('_'));
    let metric = |word: &&str| {
        let last = word.split(':').find(|part| part.starts_with("day90_") || part.starts_with("process_"));
        last.is_some() && !NO_METRICS.contains(word)
    };
    words.filter(metric).map(str::to_owned).collect()
}

/// The series that the rules record.
fn recorded() -> BTreeSet<String> {
    let rules = files("alerts", "yml").into_iter().map(|path| fs::read_to_string(path).unwrap()).collect::<String>();
    rules.lines().filter_map(|line| line.trim().strip_prefix("- record: ")).map(str::to_owned).collect()
}

/// The names of samples that some rule reads.
pub(crate) fn samples_in_rules() -> BTreeSet<String> {
    let samples = sample_names();
    let rules = files("alerts", "yml").into_iter().map(|path| fs::read_to_string(path).unwrap());
    rules.flat_map(|text| names_in(&text)).filter(|name| samples.contains(name)).collect()
}

#[test]
fn rules_and_dashboards_ask_for_samples_that_exist() {
    let (samples, recorded) = (sample_names(), recorded());
    let files = [files("dashboards", "json"), files("alerts", "yml")].concat();
    assert!(files.len() > 5 && recorded.len() > 20 && samples.len() > 100);
    for path in files {
        for name in names_in(&fs::read_to_string(&path).unwrap()) {
            let known = if name.contains(':') { &recorded } else { &samples };
            assert!(known.contains(&name), "{}: nothing is called {name}", path.display());
        }
    }
}

/// Metrics that are gone. The changelog says what took their place.
const REMOVED: &[&str] = &["day90_resolutions_reopened_total"];

#[test]
fn documentation_speaks_of_metrics_that_exist() {
    let families: BTreeSet<String> = families().map(|family| family.name.to_owned()).collect();
    let (samples, recorded) = (sample_names(), recorded());
    let mut pages = [files("docs", "md"), files("alerts", "md")].concat();
    pages.extend(["README.md", "CHANGELOG.md"].map(repository).into_iter().filter(|path| path.exists()));
    for path in pages {
        for name in names_in(&fs::read_to_string(&path).unwrap()) {
            let known = families.contains(&name) || samples.contains(&name) || recorded.contains(&name);
            let was = path.ends_with("CHANGELOG.md") && REMOVED.contains(&&*name);
            assert!(known || was, "{}: nothing is called {name}", path.display());
        }
    }
}

//! Named numbers: what the model expects, and what a scrape said, in the same form.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// Samples of one system by name and labels (without `system`). A 0 is the same as nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples(BTreeMap<String, f64>);

pub type Labels<'l> = &'l [(&'l str, &'l str)];

/// Families that the model doesn't judge: the detector's, day90's own, and those without history.
const NOT_JUDGED: &[&str] = &[
    "day90_escalation_spike",
    "day90_escalation_baseline_ratio",
    "day90_escalation_recent_ratio",
    "day90_escalation_dispersion_ratio",
    "day90_escalation_wander_ratio",
    "day90_escalation_trend_ratio",
    "day90_preflight_",
    "day90_page_test",
    "day90_last_event_timestamp_seconds",
    "day90_events_",
    "day90_unknown_fields_total",
    "day90_series",
    "day90_open_lifecycles",
    "day90_dedupe_",
    "day90_system_declared",
    "day90_state_",
    "day90_clock_corrected_seconds_total",
];
/// Families without `system` that the model judges.
const OF_ALL: &[&str] = &["day90_lifecycle_orphans_total", "day90_lifecycle_repeats_total", "day90_clock_skew_total"];

impl Samples {
    fn key(name: &str, labels: Labels) -> String {
        let mut sorted = labels.to_vec();
        sorted.sort_unstable();
        let mut key = name.to_owned();
        sorted.iter().for_each(|(label, value)| write!(key, ";{label}={value}").expect("a string"));
        key
    }

    pub fn add(&mut self, name: &str, labels: Labels, value: f64) {
        *self.0.entry(Self::key(name, labels)).or_default() += value;
    }

    pub fn count(&mut self, name: &str, labels: Labels) {
        self.add(name, labels, 1.0);
    }

    pub fn set(&mut self, name: &str, labels: Labels, value: f64) {
        self.0.insert(Self::key(name, labels), value);
    }

    /// An observation of a histogram: count and sum.
    pub fn observe(&mut self, name: &str, labels: Labels, value: f64) {
        self.count(&format!("{name}_count"), labels);
        self.add(&format!("{name}_sum"), labels, value);
    }

    pub fn oldest(&mut self, name: &str, labels: Labels, value: f64) {
        let known = self.0.entry(Self::key(name, labels)).or_insert(value);
        *known = known.min(value);
    }

    pub fn latest(&mut self, name: &str, labels: Labels, value: f64) {
        let known = self.0.entry(Self::key(name, labels)).or_insert(value);
        *known = known.max(value);
    }

    pub fn merge(&mut self, other: &Samples) {
        other.0.iter().for_each(|(key, value)| *self.0.entry(key.clone()).or_default() += value);
    }

    pub fn sorted(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(key, value)| (key.as_str(), *value))
    }

    /// Every sample that differs: its key, the value here, the value there.
    pub fn apart(&self, other: &Samples) -> Vec<(String, f64, f64)> {
        let mut apart = Vec::new();
        let keys = self.0.keys().chain(other.0.keys().filter(|key| !self.0.contains_key(*key)));
        for key in keys {
            let of = |samples: &Samples| samples.0.get(key).copied().unwrap_or(0.0);
            let (here, there) = (of(self), of(other));
            if (here - there).abs() > 2e-6 + 1e-9 * here.abs().max(there.abs()) {
                apart.push((key.clone(), here, there));
            }
        }
        apart
    }
}

/// What a scrape said of each system, and of all of them together.
#[derive(Default)]
pub struct Shown {
    pub systems: HashMap<String, Samples>,
    pub all: Samples,
}

/// Reads an exposition in text form. Buckets are left out: count and sum say enough.
pub fn shown(text: &str) -> Shown {
    let mut shown = Shown::default();
    for line in text.lines() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let end = line.find(['{', ' ']).unwrap_or(line.len());
        let name = &line[..end];
        if name.ends_with("_bucket") || NOT_JUDGED.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let (labels, value) = match line[end..].strip_prefix('{') {
            Some(rest) => {
                let (labels, value) = rest.rsplit_once("} ").unwrap_or_else(|| panic!("not a sample: {line}"));
                (labels, value)
            }
            None => ("", line[end..].trim()),
        };
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("not a number: {line}"));
        take(&mut shown, name, labels, value);
    }
    shown
}

fn take(shown: &mut Shown, name: &str, labels: &str, value: f64) {
    let pairs = parted(labels);
    let system = pairs.iter().find(|(label, _)| *label == "system").map(|(_, value)| *value);
    let rest: Vec<(&str, &str)> = pairs.iter().filter(|(label, _)| *label != "system").copied().collect();
    match system {
        Some(system) => {
            if !shown.systems.contains_key(system) {
                shown.systems.insert(system.to_owned(), Samples::default());
            }
            shown.systems.get_mut(system).expect("just made").set(name, &rest, value);
        }
        None if OF_ALL.contains(&name) => of_all(&mut shown.all, name, &rest, value),
        None => {}
    }
}

/// Skew is summed: which of two stages was the one whose clock was wrong is nobody's business.
fn of_all(all: &mut Samples, name: &str, labels: Labels, value: f64) {
    let labels = if name == "day90_clock_skew_total" { &[] } else { labels };
    all.add(name, labels, value);
}

/// `a="b",c="d"`, of histories whose label values need no escapes.
fn parted(labels: &str) -> Vec<(&str, &str)> {
    let mut rest = labels;
    let mut pairs = Vec::new();
    while let Some((label, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').expect("a quoted value");
        pairs.push((label, value));
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    pairs
}

/// The sum of all samples of a family, whatever its labels.
pub fn shown_raw(text: &str, family: &str) -> f64 {
    let lines = text.lines().filter_map(|line| line.strip_prefix(family)).filter(|rest| rest.starts_with(['{', ' ']));
    lines.map(|rest| rest.rsplit_once(' ').expect("a sample").1.parse::<f64>().expect("a number")).sum()
}

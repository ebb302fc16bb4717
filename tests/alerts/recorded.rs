//! What a Prometheus would have stored of a stream: each sample that the daemons exposed, as input series of a rule test.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use super::story::{Moment, timestamp};

/// The grid of the samples, which is the shortest scrape interval. Milliseconds.
pub const STEP: Moment = 15_000;

/// The samples of a stream, series by series.
#[derive(Default)]
pub struct Recorded {
    /// Families that some rule reads; the others are not kept.
    wanted: BTreeSet<String>,
    /// What the machine has is constant: days pass in seconds, and what its other programs do in them is no story.
    pub is_steady: bool,
    series: BTreeMap<String, Samples>,
    /// The step of each target's scrape before.
    before: HashMap<String, i64>,
}

/// The samples of one series in promtool's notation.
#[derive(Default)]
struct Samples {
    text: String,
    /// Steps that were written.
    steps: i64,
    /// The target that it is scraped from.
    target: String,
    /// The last sample: its step.
    last: i64,
    /// The one value that it has had, with the steps of its samples; `None` once it changed.
    constant: Option<(String, Vec<i64>)>,
}

/// Steps between two samples of a series that never changes: 4 minutes, less than a query looks back. No rate and no level is
/// another for it, and promtool is done in a third of the time.
const CONSTANT_STEPS: i64 = 16;

impl Samples {
    fn put(&mut self, step: i64, value: &str) {
        let missing = step - self.steps;
        if missing > 0 {
            _ = write!(self.text, "_x{missing} ");
        }
        self.text.push_str(value);
        self.text.push(' ');
        match &mut self.constant {
            None if self.steps == 0 => self.constant = Some((value.to_owned(), vec![step])),
            Some((known, steps)) if known == value => steps.push(step),
            constant => *constant = None,
        }
        (self.steps, self.last) = (step + 1, step);
    }

    /// In promtool's notation.
    fn notation(&self) -> String {
        let Some((value, steps)) = &self.constant else { return self.text.trim_end().to_owned() };
        let (mut text, mut next) = (String::new(), 0);
        for step in steps {
            if next == 0 || step - next + 1 >= CONSTANT_STEPS || Some(step) == steps.last() {
                if *step > next {
                    _ = write!(text, "_x{} ", step - next);
                }
                _ = write!(text, "{value} ");
                next = step + 1;
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

impl Recorded {
    pub fn of(wanted: BTreeSet<String>) -> Recorded {
        Recorded { wanted, ..Recorded::default() }
    }

    /// A scrape of a target, whose labels are as Prometheus adds them. No text is a scrape that failed.
    pub fn scrape(&mut self, at: Moment, target: &str, text: Option<&str>, began: Moment) {
        let step = at / STEP;
        let up = if text.is_some() { "1" } else { "0" };
        self.sample(step, &format!("up{{{target}}}"), target, up);
        for line in text.unwrap_or_default().lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let end = series.find('{').unwrap_or(series.len());
            let name = &series[..end];
            if !self.wanted.contains(name) {
                continue;
            }
            let labels = series[end..].trim_start_matches('{').trim_end_matches('}');
            let comma = if labels.is_empty() { "" } else { "," };
            let steady = match name {
                "process_start_time_seconds" => Some((began / 1_000).to_string()),
                "process_resident_memory_bytes" if self.is_steady => Some("50000000".to_owned()),
                "day90_disk_free_bytes" if self.is_steady => Some("100000000000".to_owned()),
                _ => None,
            };
            // Times are told from the beginning of the stream, since a rule test begins at 0.
            let shifted = name.contains("_timestamp_seconds").then(|| since_the_beginning(value));
            let value = steady.as_deref().or(shifted.as_deref()).unwrap_or(value);
            self.sample(step, &format!("{name}{{{labels}{comma}{target}}}"), target, value);
        }
        self.end_others(step, target);
    }

    /// The target is no longer scraped: all of its series end.
    pub fn end(&mut self, at: Moment, target: &str) {
        self.end_others(at / STEP, target);
    }

    /// A series that is gone ends at once, as Prometheus marks it.
    fn end_others(&mut self, step: i64, target: &str) {
        let before = self.before.insert(target.to_owned(), step);
        for samples in self.series.values_mut().filter(|samples| samples.target == target) {
            if Some(samples.last) == before && samples.last != step {
                samples.put(step, "stale");
                samples.last = -1;
            }
        }
    }

    fn sample(&mut self, step: i64, series: &str, target: &str, value: &str) {
        if let Some(samples) = self.series.get_mut(series) {
            return samples.put(step, value);
        }
        let mut samples = Samples { target: target.into(), ..Samples::default() };
        samples.put(step, value);
        self.series.insert(series.into(), samples);
    }

    /// The input series of a rule test.
    pub fn yaml(&self) -> String {
        let mut yaml = String::from("    input_series:\n");
        for (series, samples) in &self.series {
            let series = series.replace('\'', "''");
            _ = writeln!(yaml, "      - {{series: '{series}', values: '{}'}}", samples.notation());
        }
        yaml
    }
}

fn since_the_beginning(value: &str) -> String {
    let seconds: f64 = value.parse().expect("a time");
    format!("{:.3}", seconds - timestamp(0).as_seconds_f64())
}

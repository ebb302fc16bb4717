//! What a scrape said, and what a test expects of it.

use std::collections::BTreeMap;

use day90::state::FAMILIES;

/// What depends on the moment of the look: how far back ids reach, and a ratio that fades, in its last digit.
const OF_THE_MOMENT: &[&str] = &["day90_dedupe_window_seconds", "day90_escalation_recent_ratio"];

/// An exposition, parsed.
#[derive(Clone, Debug)]
pub struct Scrape {
    pub text: String,
    samples: Vec<Sample>,
}

#[derive(Clone, Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// A sample that a test looks for: a name and the labels that matter.
#[derive(Clone, Debug)]
pub struct Metric {
    name: String,
    labels: Vec<(String, String)>,
    value: Option<f64>,
}

/// The metric of this name; several samples that match are added up.
pub fn metric(name: &str) -> Metric {
    Metric { name: name.into(), labels: Vec::new(), value: None }
}

impl Metric {
    pub fn label(mut self, name: &str, value: &str) -> Metric {
        self.labels.push((name.into(), value.into()));
        self
    }

    pub fn value(mut self, value: impl Into<f64>) -> Metric {
        self.value = Some(value.into());
        self
    }

    fn matches(&self, sample: &Sample) -> bool {
        sample.name == self.name && self.labels.iter().all(|(name, value)| sample.labels.get(name) == Some(value))
    }
}

impl Scrape {
    pub fn parse(text: String) -> Scrape {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let samples = lines.map(|line| sample(line).unwrap_or_else(|| panic!("not a sample: {line}"))).collect();
        Scrape { text, samples }
    }

    /// The value of a metric, if it is there at all.
    pub fn get(&self, metric: &Metric) -> Option<f64> {
        let values: Vec<f64> =
            self.samples.iter().filter(|sample| metric.matches(sample)).map(|sample| sample.value).collect();
        if values.is_empty() { None } else { Some(values.iter().sum()) }
    }

    /// Fails the test unless the metric is there, with its value if it names one.
    #[track_caller]
    pub fn expect(&self, metric: Metric) -> &Scrape {
        let found = self.get(&metric);
        let fits = found.is_some() && metric.value.is_none_or(|value| found == Some(value));
        assert!(fits, "expected {metric:?}, found {found:?} in\n{}", self.family(&metric.name));
        self
    }

    #[track_caller]
    pub fn expect_none(&self, metric: Metric) -> &Scrape {
        assert_eq!(self.get(&metric), None, "{metric:?}");
        self
    }

    /// The lines of a family, to print.
    pub fn lines_of(&self, name: &str) -> String {
        self.family(name)
    }

    fn family(&self, name: &str) -> String {
        self.text.lines().filter(|line| line.contains(name)).map(|line| format!("{line}\n")).collect()
    }

    /// What the fold says: everything that the same events give again. The age of the deduplication window is left out,
    /// since it grows with time.
    pub fn fold(&self) -> Fold {
        let kept = |line: &&str| {
            let name = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
            let name = name.split([' ', '{']).next().unwrap_or_default();
            let family = |family: &&&day90::state::engine::family::Family| {
                let suffix = name.strip_prefix(family.name);
                suffix.is_some_and(|suffix| ["", "_bucket", "_sum", "_count"].contains(&suffix))
            };
            FAMILIES.iter().any(|found| family(&found)) && !OF_THE_MOMENT.contains(&name)
        };
        Fold(self.text.lines().filter(kept).map(str::to_owned).collect())
    }
}

/// The part of an exposition that the fold gives, line by line.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold(Vec<String>);

impl Fold {
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Fails the test unless the other is the same, line by line; says only what differs.
    #[track_caller]
    pub fn expect_same(&self, after: &Fold) {
        assert!(self == after, "the fold differs:\n{}", self.difference(after));
    }

    pub fn difference(&self, after: &Fold) -> String {
        let missing = |from: &Fold, to: &Fold, sign: &str| {
            let lines = from.lines().filter(|line| !to.0.iter().any(|other| other == line));
            lines.map(|line| format!("{sign} {line}\n")).collect::<String>()
        };
        missing(self, after, "-") + &missing(after, self, "+")
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        None => (series, BTreeMap::new()),
        Some((name, labels)) => (name, parse_labels(labels.strip_suffix('}')?)?),
    };
    Some(Sample { name: name.into(), labels, value: value.replace("+Inf", "inf").parse().ok()? })
}

fn parse_labels(mut text: &str) -> Option<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"")?;
        let mut value = String::new();
        let mut escaped = false;
        let mut end = None;
        for (at, character) in rest.char_indices() {
            match (escaped, character) {
                (true, 'n') => value.push('\n'),
                (true, other) => value.push(other),
                (false, '\\') => {}
                (false, '"') => {
                    end = Some(at);
                    break;
                }
                (false, other) => value.push(other),
            }
            escaped = !escaped && character == '\\';
        }
        text = rest[end? + 1..].trim_start_matches(',');
        labels.insert(name.into(), value);
    }
    Some(labels)
}

//! Reads the text of `/metrics` into [`Samples`], as far as day90 writes that format: the demo sees its daemon the way
//! Prometheus does.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::page::samples::{HistogramValue, Sample, SampleValue, Samples};

/// One histogram while its lines are read: (upper bound, cumulated count) of each bucket, and the sum.
#[derive(Default)]
struct Gathered {
    buckets: Vec<(f64, f64)>,
    sum: f64,
}

type Labels = Vec<(String, String)>;

/// Reads a whole scrape. Lines that cannot be read are left out.
pub(crate) fn read(text: &str) -> Samples {
    let mut samples = Samples::default();
    let mut histogram = String::new();
    let mut gathered: BTreeMap<Labels, Gathered> = BTreeMap::new();
    for line in text.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            finish(&mut samples, &histogram, &mut gathered);
            histogram = declared.strip_suffix(" histogram").unwrap_or_default().to_owned();
        } else if let Some((name, labels, value)) = sample(line) {
            match name.strip_prefix(histogram.as_str()).filter(|_| !histogram.is_empty()) {
                Some(part) => gather(&mut gathered, part, labels, value),
                None => insert(&mut samples, name, labels, SampleValue::Number(value)),
            }
        }
    }
    finish(&mut samples, &histogram, &mut gathered);
    samples
}

fn insert(samples: &mut Samples, family: &str, labels: Labels, value: SampleValue) {
    let (names, values): (Vec<String>, Vec<String>) = labels.into_iter().unzip();
    samples.insert(family, Sample::new(Arc::from(names), values, value));
}

fn gather(gathered: &mut BTreeMap<Labels, Gathered>, part: &str, mut labels: Labels, value: f64) {
    let bound = labels.iter().position(|(name, _)| name == "le").map(|position| labels.remove(position).1);
    let histogram = gathered.entry(labels).or_default();
    match (part, bound) {
        ("_bucket", Some(bound)) => histogram.buckets.push((bound.parse().unwrap_or(f64::INFINITY), value)),
        ("_sum", _) => histogram.sum = value,
        _ => {}
    }
}

fn finish(samples: &mut Samples, family: &str, gathered: &mut BTreeMap<Labels, Gathered>) {
    for (labels, Gathered { mut buckets, sum }) in std::mem::take(gathered) {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut below = 0.0;
        let mut counts = Vec::with_capacity(buckets.len());
        for (_, cumulated) in &buckets {
            counts.push((cumulated - below).max(0.0) as u64);
            below = *cumulated;
        }
        let bounds = buckets.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite()).collect();
        insert(samples, family, labels, SampleValue::Histogram(HistogramValue { bounds, counts, sum, largest: None }));
    }
}

/// `name{label="value",…} number`.
fn sample(line: &str) -> Option<(&str, Labels, f64)> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    if name.is_empty() || name.starts_with('#') {
        return None;
    }
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while let Some((label, after)) = label(rest) {
            labels.push(label);
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = rest.strip_prefix('}')?;
    }
    let value = rest.split_ascii_whitespace().next()?.parse().ok()?;
    Some((name, labels, value))
}

/// `name="value"`, and what follows it.
fn label(text: &str) -> Option<((String, String), &str)> {
    let (name, rest) = text.split_once("=\"")?;
    if name.contains(['}', '"', ' ']) {
        return None;
    }
    let mut value = String::new();
    let mut characters = rest.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '"' => return Some(((name.to_owned(), value), &rest[position + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            plain => value.push(plain),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_labels_are_read() {
        let text = "# HELP a A \"thing\".\n# TYPE a counter\na{system=\"s\",reason=\"x \\\"}\\\\\\n\"} 3\na{system=\"s\",reason=\"y\"} 4\n\
                    # TYPE up gauge\nup 1\n";
        let samples = read(text);
        assert_eq!(samples.sum("s", "a", &[]), Some(7.0));
        assert_eq!(samples.sum("s", "a", &[("reason", "x \"}\\\n")]), Some(3.0));
        assert_eq!(samples.sum("", "up", &[]), Some(1.0));
    }

    #[test]
    fn a_histogram_comes_back_as_it_was() {
        let text = "# TYPE h histogram\nh_bucket{system=\"s\",le=\"1\"} 2\nh_bucket{system=\"s\",le=\"2.5\"} 5\n\
                    h_bucket{system=\"s\",le=\"+Inf\"} 6\nh_sum{system=\"s\"} 9.5\nh_count{system=\"s\"} 6\n";
        let expected = HistogramValue { bounds: vec![1.0, 2.5], counts: vec![2, 3, 1], sum: 9.5, largest: None };
        assert_eq!(read(text).merged("s", "h", &[]), Some(expected));
    }
}

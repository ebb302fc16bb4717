//! What the demo knows about its daemon: only what it scrapes, as Prometheus would.

use std::collections::VecDeque;

use super::cast::{SYSTEMS, System};
use super::page::{Counts, Verdict};
use crate::event::Timestamp;
use crate::page::samples::{HistogramValue, Samples};
use crate::wilson::interval;

/// Scrapes that the latency on the screen covers.
const LATENCY_SCRAPES: usize = 30;
/// Points of the sparkline.
pub(crate) const SPARKS: usize = 40;
/// Scrapes between two points, and scrapes that the ratio of a point covers.
const SPARK_SCRAPES: u64 = 2;
const SPARK_WINDOW: usize = 5;
/// Scrapes that the ratio on the screen covers: half a minute.
const RATIO_WINDOW: usize = 30;

/// What the screen shows of one system.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub system: &'static str,
    pub verdict: Verdict,
    pub sparks: Vec<f64>,
    pub tasks_per_second: f64,
    pub open: f64,
    pub unacknowledged: f64,
    /// Seconds that the oldest unacknowledged escalation has waited.
    pub oldest: Option<f64>,
    pub reviews: f64,
    pub latency: Option<f64>,
    pub trust: Option<f64>,
    pub prompt: String,
    /// Empty if the demo has not seen it being deployed.
    pub approval: &'static str,
    pub rolling_back: bool,
    /// Seconds since the last successful rollback, without drills.
    pub rollback: Option<f64>,
}

/// What the screen shows of the daemon.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Own {
    pub events: f64,
    pub duplicates: f64,
    pub rejected: f64,
    /// The 95th percentile of recent acknowledgements. Seconds.
    pub acknowledge: Option<f64>,
}

pub(crate) struct Watch {
    systems: Vec<Watched>,
    acknowledge: VecDeque<HistogramValue>,
    scrapes: u64,
    own: Own,
}

struct Watched {
    counts: VecDeque<(Timestamp, Counts)>,
    latency: VecDeque<HistogramValue>,
    /// Changes so far, by approval.
    approvals: [f64; 3],
    reading: Reading,
}

const APPROVALS: [&str; 3] = ["approved", "self_approved", "unapproved"];

impl Watch {
    pub(crate) fn new() -> Watch {
        let watched = |system: &'static System| Watched {
            counts: VecDeque::new(),
            latency: VecDeque::new(),
            approvals: [0.0; 3],
            reading: Reading { system: system.name, ..Reading::default() },
        };
        let systems = SYSTEMS.iter().map(watched).collect();
        Watch { systems, acknowledge: VecDeque::new(), scrapes: 0, own: Own::default() }
    }

    /// Takes in one scrape. Those that are `live` move the sparkline.
    pub(crate) fn saw(&mut self, samples: &Samples, now: Timestamp, live: bool) {
        self.scrapes += 1;
        let spark = live && self.scrapes.is_multiple_of(SPARK_SCRAPES);
        for system in &mut self.systems {
            system.saw(samples, now, spark);
        }
        let total = |family| samples.sum("", family, &[]).unwrap_or(0.0);
        let acknowledge = samples.merged("", "day90_ingest_acknowledge_seconds", &[]);
        self.own = Own {
            events: total("day90_events_total"),
            duplicates: total("day90_events_duplicate_total"),
            rejected: total("day90_events_rejected_total"),
            acknowledge: lately(&mut self.acknowledge, acknowledge, 10),
        };
    }

    pub(crate) fn verdict(&self, member: usize) -> Verdict {
        self.systems[member].reading.verdict
    }
    pub(crate) fn readings(&self) -> impl Iterator<Item = &Reading> {
        self.systems.iter().map(|system| &system.reading)
    }
    pub(crate) fn own(&self) -> Own {
        self.own
    }
}

impl Watched {
    fn saw(&mut self, samples: &Samples, now: Timestamp, spark: bool) {
        let system = self.reading.system;
        let sum = |family| samples.sum(system, family, &[]).unwrap_or(0.0);
        let age = |moment: f64| (now.as_seconds_f64() - moment).max(0.0);
        let ratio = self.count(now, Counts::read(samples, system), spark);

        let seen = &mut self.reading;
        seen.verdict = Verdict::read(samples, system, ratio);
        seen.open = sum("day90_escalations_open");
        seen.unacknowledged = sum("day90_escalations_unacknowledged");
        let oldest = samples.least(system, "day90_escalation_oldest_unacknowledged_timestamp_seconds", &[]);
        seen.oldest = oldest.filter(|&at| at > 0.0 && seen.unacknowledged > 0.0).map(age);
        seen.reviews = sum("day90_reviews_open");
        seen.rolling_back = sum("day90_rollbacks_in_progress") > 0.0;
        let last = samples.greatest(system, "day90_rollback_last_success_timestamp_seconds", &[("drill", "false")]);
        seen.rollback = last.filter(|&at| at > 0.0).map(age);
        seen.trust = trust(samples, system);
        let durations = samples.merged(system, "day90_task_duration_seconds", &[]);
        seen.latency = lately(&mut self.latency, durations, LATENCY_SCRAPES);
        self.version(samples);
    }

    /// Remembers the counters; returns the ratio of the last half minute.
    fn count(&mut self, now: Timestamp, counts: Counts, spark: bool) -> f64 {
        self.counts.push_back((now, counts));
        while self.counts.len() > RATIO_WINDOW + 1 {
            self.counts.pop_front();
        }
        let lately = |scrapes: usize| {
            let (first_at, first) = self.counts[self.counts.len().saturating_sub(scrapes + 1)];
            (counts.since(first), (now.since(first_at) as f64 / 1e9).max(1.0))
        };
        let ((window, seconds), (all, _)) = (lately(SPARK_WINDOW), lately(RATIO_WINDOW));
        self.reading.tasks_per_second = window.tasks / seconds;
        if spark {
            self.reading.sparks.push(window.ratio());
            let over = self.reading.sparks.len().saturating_sub(SPARKS);
            self.reading.sparks.drain(..over);
        }
        all.ratio()
    }

    /// Reads the prompt in force. Which counter moved with it says how it was approved.
    fn version(&mut self, samples: &Samples) {
        let system = self.reading.system;
        let of = |approval| samples.sum(system, "day90_changes_total", &[("approval", approval)]).unwrap_or(0.0);
        let approvals = APPROVALS.map(of);
        let in_force = [("kind", "prompt")];
        let mut versions = samples.with(system, "day90_behavior_info", &in_force);
        let prompt = versions.find(|sample| sample.number() == 1.0).map_or("", |sample| sample.label("version"));
        if prompt != self.reading.prompt {
            let moved = (0..3).rev().find(|&kind| approvals[kind] > self.approvals[kind]);
            // No counter moves when a rollback restores an old version, which was approved.
            self.reading.approval = moved.map_or("approved", |kind| APPROVALS[kind]);
            prompt.clone_into(&mut self.reading.prompt);
        }
        self.approvals = approvals;
    }
}

/// The 95th percentile of what a histogram observed over the last scrapes.
fn lately(seen: &mut VecDeque<HistogramValue>, now: Option<HistogramValue>, scrapes: usize) -> Option<f64> {
    let now = now?;
    let quantile = seen.front().map_or_else(|| now.clone(), |earlier| now.since(earlier)).quantile(0.95);
    seen.push_back(now);
    if seen.len() > scrapes {
        seen.pop_front();
    }
    quantile
}

fn trust(samples: &Samples, system: &str) -> Option<f64> {
    let of = |polarity| samples.sum(system, "day90_feedback_total", &[("polarity", polarity)]).unwrap_or(0.0);
    let (positive, negative) = (of("positive"), of("negative"));
    (positive + negative > 0.0).then(|| interval(positive, positive + negative).0)
}

#[cfg(test)]
mod tests {
    use super::super::scrape;
    use super::*;

    fn scraped(version: &str, unapproved: u32) -> Samples {
        scrape::read(&format!(
            "day90_behavior_info{{system=\"refund-agent\",kind=\"prompt\",version=\"{version}\"}} 1\n\
             day90_changes_total{{system=\"refund-agent\",kind=\"prompt\",approval=\"approved\"}} 3\n\
             day90_changes_total{{system=\"refund-agent\",kind=\"prompt\",approval=\"unapproved\"}} {unapproved}\n"
        ))
    }

    #[test]
    fn approval_is_read_from_the_counter_that_moved() {
        let mut watch = Watch::new();
        let mut seen = Vec::new();
        for (second, (version, unapproved)) in [("v8", 0), ("v9", 1), ("v8", 1)].into_iter().enumerate() {
            watch.saw(&scraped(version, unapproved), Timestamp::from_seconds(second as i64), true);
            seen.push(watch.readings().next().expect("refund-agent").approval);
        }
        assert_eq!(seen, ["approved", "unapproved", "approved"]);
    }
}

//! What the page says about one system: a few figures, what deserves a look, and a section a line of the checklist.

use super::samples::{Histogram, Samples};
use super::{Tone, attention, sections};
use crate::event::Timestamp;
use crate::{wilson, words};

/// One system of a snapshot, at a moment; the empty system is day90 itself.
pub(super) struct View<'a> {
    pub samples: &'a Samples,
    pub system: &'a str,
    pub now: Timestamp,
}

pub(super) struct Card {
    pub system: String,
    pub owner: String,
    pub figures: Vec<Figure>,
    pub attention: Vec<Finding>,
    pub sections: Vec<Section>,
}

/// A large number with its name under it.
pub(super) struct Figure {
    pub name: &'static str,
    pub value: String,
    pub note: String,
    pub tone: Tone,
}

/// A sentence that asks for a look.
pub(super) struct Finding {
    pub tone: Tone,
    pub text: String,
}

pub(super) struct Section {
    pub title: &'static str,
    pub rows: Vec<Row>,
}

#[derive(Default)]
pub(super) struct Row {
    pub name: String,
    pub value: String,
    pub note: String,
    pub tone: Tone,
}

impl View<'_> {
    pub fn sum(&self, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.samples.sum(self.system, family, labels)
    }
    pub fn oldest(&self, family: &str) -> Option<f64> {
        self.samples.least(self.system, family, &[]).filter(|&moment| moment > 0.0)
    }
    pub fn newest(&self, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.samples.greatest(self.system, family, labels).filter(|&moment| moment > 0.0)
    }
    pub fn histogram(&self, family: &str) -> Option<Histogram> {
        self.samples.merged(self.system, family, &[])
    }
    pub fn age(&self, moment: f64) -> f64 {
        (self.now.as_seconds_f64() - moment).max(0.0)
    }
    /// A declared objective.
    pub fn objective(&self, name: &str) -> Option<f64> {
        self.sum("day90_objective", &[("objective", name)])
    }
    /// (positive, negative) feedback.
    pub fn feedback(&self) -> Option<(f64, f64)> {
        let of = |polarity| self.sum("day90_feedback_total", &[("polarity", polarity)]);
        let (positive, negative) = (of("positive"), of("negative"));
        (positive.is_some() || negative.is_some()).then(|| (positive.unwrap_or(0.0), negative.unwrap_or(0.0)))
    }
}

pub(super) fn of(view: &View) -> Card {
    Card {
        system: view.system.to_owned(),
        owner: owner(view),
        figures: figures(view),
        attention: attention::of(view),
        sections: vec![
            sections::escalations(view),
            sections::reviews(view),
            sections::work(view),
            sections::changes(view),
            sections::rollbacks(view),
            sections::trust(view),
            sections::boundaries(view),
            sections::inputs(view),
            sections::upkeep(view),
            sections::ownership(view),
        ],
    }
}

fn owner(view: &View) -> String {
    let declared = view.samples.of(view.system, "day90_owner_info").first();
    declared.map_or_else(String::new, |owner| match owner.label("contact") {
        "" => owner.label("owner").to_owned(),
        contact => format!("{} · {contact}", owner.label("owner")),
    })
}

fn figures(view: &View) -> Vec<Figure> {
    vec![escalation_ratio(view), unacknowledged(view), reviews_open(view), latency(view), trust(view)]
}

fn figure(name: &'static str, value: Option<String>, note: String, tone: Tone) -> Figure {
    Figure { name, value: value.unwrap_or_else(|| "—".to_owned()), note, tone }
}

fn escalation_ratio(view: &View) -> Figure {
    let (tasks, escalations) = (view.sum("day90_tasks_total", &[]), view.sum("day90_escalations_total", &[]));
    // Without tasks the detector counts in seconds, and its ratio is no part of anything.
    let recent = view.sum("day90_escalation_recent_ratio", &[]).filter(|_| tasks > Some(0.0));
    let overall = tasks.filter(|&tasks| tasks > 0.0).map(|tasks| escalations.unwrap_or(0.0) / tasks);
    let note = match (recent, view.sum("day90_escalation_baseline_ratio", &[])) {
        (Some(_), Some(usual)) => format!("usually {}", words::percent(usual)),
        (Some(_), None) => "just now".to_owned(),
        (None, _) => "of all tasks so far".to_owned(),
    };
    let spike = view.sum("day90_escalation_spike", &[]) == Some(1.0);
    let tone = if spike { Tone::Bad } else { Tone::Plain };
    figure("escalated", recent.or(overall).map(words::percent), note, tone)
}

fn unacknowledged(view: &View) -> Figure {
    let waiting = view.sum("day90_escalations_unacknowledged", &[]);
    let oldest = view.oldest("day90_escalation_oldest_unacknowledged_timestamp_seconds");
    let note = match (waiting, oldest) {
        (Some(waiting), Some(oldest)) if waiting > 0.0 => format!("oldest {}", words::span(view.age(oldest))),
        _ => String::new(),
    };
    figure("unacknowledged", waiting.map(words::count), note, attention::waiting_tone(view))
}

fn reviews_open(view: &View) -> Figure {
    let open = view.sum("day90_reviews_open", &[]);
    let oldest = view.oldest("day90_review_oldest_open_timestamp_seconds");
    let note = match (open, oldest) {
        (Some(open), Some(oldest)) if open > 0.0 => format!("oldest {}", words::span(view.age(oldest))),
        _ => String::new(),
    };
    figure("reviews open", open.map(words::count), note, Tone::Plain)
}

fn latency(view: &View) -> Figure {
    let durations = view.histogram("day90_task_duration_seconds");
    let quantile = |q| durations.as_ref().and_then(|durations| durations.quantile(q)).map(words::span);
    let note = quantile(0.5).map_or_else(String::new, |median| format!("median {median}"));
    figure("task p95", quantile(0.95), note, Tone::Plain)
}

fn trust(view: &View) -> Figure {
    let Some((positive, negative)) = view.feedback() else {
        return figure("trust, at least", None, String::new(), Tone::Plain);
    };
    let (lower, upper) = wilson::interval(positive, positive + negative);
    let missed = view.objective("trust_ratio").is_some_and(|objective| upper < objective);
    let note = format!("{} answers", words::count(positive + negative));
    figure("trust, at least", Some(words::percent(lower)), note, if missed { Tone::Bad } else { Tone::Plain })
}

/// The footer: day90 about itself.
pub(super) fn itself(view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut say = |name: &str, value: Option<String>, note: String| {
        if let Some(value) = value {
            rows.push(Row { name: name.to_owned(), value, note, tone: Tone::Plain });
        }
    };
    let refused = |family| view.sum(family, &[]).map_or_else(|| "0".to_owned(), words::count);
    let aside = format!(
        "{} duplicate, {} rejected",
        refused("day90_events_duplicate_total"),
        refused("day90_events_rejected_total")
    );
    say("events", view.sum("day90_events_total", &[]).map(words::count), aside);
    let acknowledge = view.histogram("day90_ingest_acknowledge_seconds").and_then(|times| times.quantile(0.95));
    say("acknowledged", acknowledge.map(words::span), "p95, synced".to_owned());
    let segments =
        view.sum("day90_journal_segments", &[]).map_or_else(String::new, |n| format!("{} segments", words::count(n)));
    say("journal", view.sum("day90_journal_bytes", &[]).map(words::bytes), segments);
    say("series", view.sum("day90_series", &[]).map(words::count), String::new());
    say("open lifecycles", view.sum("day90_open_lifecycles", &[]).map(words::count), String::new());
    say("memory", view.sum("process_resident_memory_bytes", &[]).map(words::bytes), "resident".to_owned());
    let started = view.newest("process_start_time_seconds", &[]).map(|moment| words::span(view.age(moment)));
    say("up", started, String::new());
    rows
}

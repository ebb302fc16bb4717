//! The card of one system: a few figures, what needs attention, and a section for each signal.

use super::links::Links;
use super::model::{Card, Figure, Tone};
use super::samples::Spread;
use super::view::View;
use super::{attention, sections};
use crate::{wilson, words};

pub(super) fn of(view: &View, links: &Links) -> Card {
    Card {
        system: view.system.to_owned(),
        owner: owner(view),
        verdict: view.samples.graded.get(view.system).map(|graded| graded.verdict.clone()).unwrap_or_default(),
        figures: figures(view),
        attention: attention::of(view),
        links: links.of_system(view.system),
        sections: sections::of(view),
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
    // Without tasks the detector counts per second: its ratio is not a part of the tasks.
    let recent = view.sum("day90_escalation_recent_ratio", &[]).filter(|_| tasks > Some(0.0));
    let overall = tasks.filter(|&tasks| tasks > 0.0).map(|tasks| escalations.unwrap_or(0.0) / tasks);
    let note = match (recent, view.sum("day90_escalation_baseline_ratio", &[])) {
        (Some(_), Some(usual)) => format!("usually {}", words::percent(usual)),
        (Some(_), None) => "just now".to_owned(),
        (None, _) => "of all tasks".to_owned(),
    };
    let spike = view.sum("day90_escalation_spike", &[]) == Some(1.0);
    let tone = if spike { Tone::Bad } else { Tone::Plain };
    figure("escalated", recent.or(overall).map(words::percent), note, tone)
}

fn unacknowledged(view: &View) -> Figure {
    let waiting = view.sum("day90_escalations_unacknowledged", &[]);
    let oldest = view.oldest("day90_escalation_oldest_unacknowledged_timestamp_seconds");
    let note = match (waiting, oldest) {
        (Some(waiting), Some(oldest)) if waiting > 0.0 => format!("oldest {}", view.ago(oldest)),
        _ => String::new(),
    };
    figure("unacknowledged", waiting.map(words::count), note, attention::waiting_tone(view))
}

fn reviews_open(view: &View) -> Figure {
    let open = view.sum("day90_reviews_open", &[]);
    let oldest = view.oldest("day90_review_oldest_open_timestamp_seconds");
    let note = match (open, oldest) {
        (Some(open), Some(oldest)) if open > 0.0 => format!("oldest {}", view.ago(oldest)),
        _ => String::new(),
    };
    figure("reviews open", open.map(words::count), note, Tone::Plain)
}

fn latency(view: &View) -> Figure {
    let durations = view.histogram("day90_task_duration_seconds");
    match durations.as_ref().and_then(Spread::of) {
        None => figure("task p95", None, String::new(), Tone::Plain),
        Some(Spread::Mean(mean)) => {
            let note = durations.map_or_else(String::new, |durations| words::plural(durations.count(), "task"));
            figure("task mean", Some(words::span(mean)), format!("of {note}"), Tone::Plain)
        }
        Some(Spread::Quantiles { median, high }) => {
            figure("task p95", Some(words::span(high)), format!("median {}", words::span(median)), Tone::Plain)
        }
    }
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

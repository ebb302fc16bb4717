//! What needs attention, the most urgent first. This only orders what a reader sees; alerts page people.

use super::model::{Finding, Tone};
use super::view::View;
use crate::words;

/// After this an unacknowledged escalation needs somebody, if no objective is declared. Seconds.
const ACKNOWLEDGE_SECONDS: f64 = 900.0;
/// A system that is silent for longer than this may have stopped sending. Seconds.
const SILENT_SECONDS: f64 = 3600.0;

/// The findings about a system.
pub(super) fn of(view: &View) -> Vec<Finding> {
    let checks = [spike, waiting, fallback, rolling_back, unapproved, violations, unrouted, attestation, silent];
    let mut findings: Vec<Finding> = checks.iter().filter_map(|check| check(view)).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.tone));
    findings
}

/// What day90 itself needs.
pub(super) fn of_itself(view: &View) -> Vec<Finding> {
    let stuck = view.sum("day90_journal_writable", &[]) == Some(0.0);
    let reload = view.sum("day90_config_last_reload_successful", &[]) == Some(0.0);
    let limited = view.sum("day90_series_limited_total", &[]).filter(|&limited| limited > 0.0);
    [
        stuck.then(|| bad("The journal cannot be written: events are refused with 503 until it can.".to_owned())),
        reload.then(|| {
            watch("The last reload of the configuration failed: the previous one is still in force.".to_owned())
        }),
        limited
            .map(|n| watch(format!("{} label values were replaced by “other”: a limit is reached.", words::count(n)))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How urgent the unacknowledged escalations are.
pub(super) fn waiting_tone(view: &View) -> Tone {
    let bound = view.objective("acknowledge_seconds").unwrap_or(ACKNOWLEDGE_SECONDS);
    let late = oldest_waiting(view).is_some_and(|oldest| view.age(oldest) > bound);
    if late { Tone::Bad } else { Tone::Plain }
}

fn bad(text: String) -> Finding {
    Finding { tone: Tone::Bad, text }
}

fn watch(text: String) -> Finding {
    Finding { tone: Tone::Watch, text }
}

fn oldest_waiting(view: &View) -> Option<f64> {
    let waiting = view.sum("day90_escalations_unacknowledged", &[]).filter(|&waiting| waiting > 0.0);
    waiting.and_then(|_| view.oldest("day90_escalation_oldest_unacknowledged_timestamp_seconds"))
}

fn spike(view: &View) -> Option<Finding> {
    if view.sum("day90_escalation_spike", &[]) != Some(1.0) {
        return None;
    }
    let of = |family| view.sum(family, &[]).unwrap_or(0.0);
    let per_task = of("day90_tasks_total") > 0.0;
    let ratio = |family| words::rate(per_task, of(family));
    let since = view.oldest("day90_escalation_spike_onset_timestamp_seconds");
    let since = since.map_or_else(String::new, |since| format!(", since about {} ago", view.ago(since)));
    let (now, usual) = (ratio("day90_escalation_recent_ratio"), ratio("day90_escalation_baseline_ratio"));
    let system = view.system;
    Some(bad(format!("Escalations spike: {now}, usually {usual} at this hour{since}. Why: day90 explain {system}")))
}

fn waiting(view: &View) -> Option<Finding> {
    let oldest = oldest_waiting(view).filter(|_| waiting_tone(view) == Tone::Bad)?;
    Some(bad(format!("An escalation has been waiting for somebody for {}.", view.ago(oldest))))
}

fn fallback(view: &View) -> Option<Finding> {
    let active = view.sum("day90_fallback_active", &[]) == Some(1.0);
    let since = view.oldest("day90_fallback_start_timestamp_seconds");
    let since = since.map_or_else(String::new, |since| format!(" for {}", view.ago(since)));
    active.then(|| bad(format!("The previous process has been doing the work{since}.")))
}

fn rolling_back(view: &View) -> Option<Finding> {
    let running = view.sum("day90_rollbacks_in_progress", &[]).filter(|&running| running > 0.0);
    running.map(|_| bad("A rollback is in progress.".to_owned()))
}

fn unapproved(view: &View) -> Option<Finding> {
    let of = |approval| view.sum("day90_changes_total", &[("approval", approval)]).unwrap_or(0.0);
    let (alone, by_self) = (of("unapproved"), of("self_approved"));
    match (alone > 0.0, by_self > 0.0) {
        (false, false) => None,
        (true, false) => Some(watch(format!("Changes that nobody approved: {}.", words::count(alone)))),
        (false, true) => Some(watch(format!("Changes approved by their author: {}.", words::count(by_self)))),
        (true, true) => Some(watch(format!(
            "Changes that nobody approved: {}; by their author: {}.",
            words::count(alone),
            words::count(by_self)
        ))),
    }
}

fn violations(view: &View) -> Option<Finding> {
    let done = view.sum("day90_boundary_violations_total", &[("allowed", "true")]).filter(|&done| done > 0.0)?;
    let text = format!("A boundary was overstepped, and it took effect: {} times.", words::count(done));
    Some(bad(if done == 1.0 { text.replace("1 times", "once") } else { text }))
}

fn unrouted(view: &View) -> Option<Finding> {
    let unrouted = view.sum("day90_escalations_unrouted_total", &[]).filter(|&unrouted| unrouted > 0.0)?;
    Some(watch(format!("Escalations that no route leads to anybody: {}.", words::count(unrouted))))
}

fn attestation(view: &View) -> Option<Finding> {
    let expires = view.oldest("day90_owner_attestation_expires_timestamp_seconds")?;
    let lapsed = expires < view.now.as_seconds_f64();
    lapsed.then(|| watch(format!("The owner's attestation lapsed {} ago.", view.ago(expires))))
}

fn silent(view: &View) -> Option<Finding> {
    let last = view.newest("day90_last_event_timestamp_seconds", &[])?;
    let silent = view.age(last) > SILENT_SECONDS;
    silent.then(|| watch(format!("No event for {}: is it still sending?", view.ago(last))))
}

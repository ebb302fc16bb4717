//! What needs attention, the most urgent first. This only orders what a reader sees; alerts page people.
//!
//! What is judged by what happened lately is judged by the checks of preflight, and ends with them: a counter never falls.

use super::model::{Finding, Tone};
use super::view::View;
use crate::words;

/// After this an unacknowledged escalation needs somebody, where no deadline is declared. Seconds.
const ACKNOWLEDGE_SECONDS: f64 = 900.0;

/// Something that may need attention in a system.
type Check = fn(&View<'_>) -> Option<Finding>;

/// An onset that is known within this many seconds is said as a moment.
const SURE_SECONDS: f64 = 60.0;

/// The findings about a system.
pub(super) fn of(view: &View) -> Vec<Finding> {
    let checks: [(Check, &'static str); _] = [
        (spike, "Day90EscalationSpike"),
        (unanswered, "Day90NewNormalUnanswered"),
        (waiting, "Day90EscalationUnacknowledged"),
        (fallback, "Day90FallbackActiveTooLong"),
        (rolling_back, "Day90RollbackInProgressTooLong"),
        (unapproved, "Day90ChangeUnapproved"),
        (violations, "Day90BoundaryExceeded"),
        (unrouted, "Day90EscalationUnrouted"),
        (attestation, "Day90OwnerAttestationLapsed"),
        (silent, "Day90SystemSilent"),
    ];
    let found = |(check, runbook): &(Check, &'static str)| Some(check(view)?.with(runbook));
    let mut findings: Vec<Finding> = checks.iter().filter_map(found).collect();
    findings.extend(lapsed(view));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.tone));
    findings
}

/// Checks of preflight that one of the findings above is about.
const SAID: [(&str, &str); 6] = [
    ("exception_handling", "unacknowledged"),
    ("behavior_changes", "approved"),
    ("boundaries", "respected"),
    ("exception_path", "routed"),
    ("owner", "attestation_current"),
    ("monitoring", "reporting"),
];

/// Checks whose alert has a runbook.
const LED_TO: [(&str, &str, &str); 8] = [
    ("exception_handling", "unresolved", "Day90EscalationOpenTooLong"),
    ("exception_handling", "reviews", "Day90ReviewOpenTooLong"),
    ("exception_handling", "appeals", "Day90AppealOverdue"),
    ("maintenance", "within_budget", "Day90BudgetCostExceeded"),
    ("maintenance", "evaluations_current", "Day90EvaluationOverdue"),
    ("data_quality", "fresh", "Day90InputNotFresh"),
    ("behavior_changes", "known", "Day90ChangeFailureRatioHigh"),
    ("rollback", "succeeded", "Day90RollbackFailed"),
];

/// Whatever else preflight finds: declared, and not so.
fn lapsed(view: &View) -> Vec<Finding> {
    let Some(graded) = view.samples.graded.get(view.system) else { return Vec::new() };
    let others = graded.lapsed.iter().filter(|(item, check, _)| !SAID.contains(&(item, check)));
    let finding = |(item, check, evidence): &(String, String, String)| {
        let found = watch(format!("{}: {evidence}.", title(item, check)));
        match LED_TO.iter().find(|(of, name, _)| (of, name) == (&&**item, &&**check)) {
            Some((.., runbook)) => found.with(runbook),
            None => found,
        }
    };
    others.map(finding).collect()
}

/// `objectives_met` of `operational_quality` is said as `Operational quality, objectives met`.
fn title(item: &str, check: &str) -> String {
    let words = format!("{item}, {check}").replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What day90 itself needs.
pub(super) fn of_itself(view: &View) -> Vec<Finding> {
    let stuck = view.sum("day90_journal_writable", &[]) == Some(0.0);
    let reload = view.sum("day90_config_last_reload_successful", &[]) == Some(0.0);
    let limited = view.sum("day90_series_limited_total", &[]).filter(|&limited| limited > 0.0);
    [
        stuck.then(|| {
            bad("The journal cannot be written: events are refused with 503 until it can.".to_owned())
                .with("Day90NotWritable")
        }),
        reload.then(|| {
            watch("The last reload of the configuration failed: the previous one is still in force.".to_owned())
                .with("Day90ConfigReloadFailed")
        }),
        limited.map(|n| {
            watch(format!("{} label values were replaced by “other”: a limit is reached.", words::count(n)))
                .with("Day90SeriesLimited")
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How urgent the unacknowledged escalations are.
pub(super) fn waiting_tone(view: &View) -> Tone {
    let overdue = view.sum("day90_escalations_overdue", &[("stage", "acknowledge")]);
    // A deadline may leave out nights and weekends, so an age says nothing where one is declared.
    let is_old = || oldest_waiting(view).is_some_and(|oldest| view.age(oldest) > ACKNOWLEDGE_SECONDS);
    let late = overdue.map_or_else(is_old, |overdue| overdue > 0.0);
    if late { Tone::Bad } else { Tone::Plain }
}

fn bad(text: String) -> Finding {
    Finding { tone: Tone::Bad, text, runbook: None, accept: None }
}

fn watch(text: String) -> Finding {
    Finding { tone: Tone::Watch, text, runbook: None, accept: None }
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
    let since = view.samples.onsets.get(view.system).map_or_else(String::new, |(from, to)| match to - from {
        span if span < SURE_SECONDS => format!(", since about {} ago", view.ago(*to)),
        _ => format!(", since {} to {} ago", view.ago(*to), view.ago(*from)),
    });
    let (now, usual) = (ratio("day90_escalation_recent_ratio"), ratio("day90_escalation_baseline_ratio"));
    let system = view.system;
    let asks = match is_new_normal(view) {
        true => format!(" It has lasted for a day: is it usual now? Then: day90 accept {system}"),
        false => String::new(),
    };
    let found = bad(format!(
        "Escalations spike: {now}, usually {usual} at this hour{since}. Why: day90 explain {system}.{asks}"
    ));
    Some(Finding { accept: Some(system.to_owned()), ..found })
}

/// A rise stayed; nobody has said whether that is usual.
fn unanswered(view: &View) -> Option<Finding> {
    if !is_new_normal(view) || view.sum("day90_escalation_spike", &[]) == Some(1.0) {
        return None;
    }
    let system = view.system;
    let found = watch(format!(
        "A rise of escalations stayed, and nobody has said whether it is usual now. It is: day90 accept {system}"
    ));
    Some(Finding { accept: Some(system.to_owned()), ..found })
}

fn is_new_normal(view: &View) -> bool {
    view.sum("day90_escalation_spike_state", &[("state", "new_normal")]) == Some(1.0)
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
    let lacks = view.fails("behavior_changes", "approved");
    lacks.then(|| {
        watch(format!("A version in force was approved by nobody but its author, or by nobody. {}", which(view)))
    })
}

fn violations(view: &View) -> Option<Finding> {
    // The check fails too where nothing is declared to judge by.
    view.sum("day90_boundary_violations_total", &[("allowed", "true")]).filter(|&done| done > 0.0)?;
    let lately = view.fails("boundaries", "respected");
    lately.then(|| bad(format!("A boundary was overstepped in the last 30 days, and it took effect. {}", which(view))))
}

fn unrouted(view: &View) -> Option<Finding> {
    view.sum("day90_escalations_unrouted_total", &[]).filter(|&unrouted| unrouted > 0.0)?;
    let lately = view.fails("exception_path", "routed");
    lately.then(|| {
        watch(format!("Escalations of the last 30 days went to a queue that no route leads to. {}", which(view)))
    })
}

fn which(view: &View) -> String {
    format!("Which: day90 preflight {}", view.system)
}

fn attestation(view: &View) -> Option<Finding> {
    let expires = view.oldest("day90_owner_attestation_expires_timestamp_seconds")?;
    let lapsed = expires < view.now.as_seconds_f64();
    lapsed.then(|| watch(format!("The owner's attestation lapsed {} ago.", view.ago(expires))))
}

fn silent(view: &View) -> Option<Finding> {
    let last = view.newest("day90_last_event_timestamp_seconds", &[])?;
    let silent = view.fails("monitoring", "reporting");
    silent.then(|| watch(format!("No event for {}: is it still sending?", view.ago(last))))
}

//! The sections of a system's card, one for each part of the metric contract. A row without a value is left out; a section
//! without rows says that nothing was seen yet.

use super::launch;
use super::model::{Row, Section, Tone};
use super::samples::Spread;
use super::view::View;
use crate::{wilson, words};

/// Rows of one section for label values (reasons, inputs, versions…); further ones are left to Grafana.
const NAMED_ROWS_MAX: usize = 8;

/// All sections, in the order of the page.
pub(super) fn of(view: &View) -> Vec<Section> {
    let sections = [escalations, reviews, work, changes, rollbacks, trust, boundaries, inputs, upkeep, ownership];
    sections.iter().map(|section| section(view)).collect()
}

#[derive(Default)]
struct Rows(Vec<Row>);

impl Rows {
    fn say(&mut self, name: &str, value: Option<String>, note: impl Into<String>, tone: Tone) {
        if let Some(value) = value {
            self.0.push(Row { name: name.to_owned(), value, note: note.into(), tone });
        }
    }
    /// A count of what should not happen. It is marked as long as the check of preflight that is about it fails.
    fn fault(&mut self, name: &str, number: Option<f64>, note: &str, fails: bool) {
        let tone = if fails && number.unwrap_or(0.0) > 0.0 { Tone::Watch } else { Tone::Plain };
        self.say(name, number.map(words::count), note, tone);
    }
    fn under(self, title: &'static str) -> Section {
        Section { title, rows: self.0 }
    }
}

/// A row of a duration: its median, and the 95th percentile as a note; of few observations their mean and their number.
fn duration(rows: &mut Rows, view: &View, name: &str, family: &str) {
    let Some(histogram) = view.histogram(family) else { return };
    let (value, note) = match Spread::of(&histogram) {
        Some(Spread::Mean(mean)) => (mean, format!("mean of {}", histogram.count())),
        Some(Spread::Quantiles { median, high }) => (median, format!("p95 {}", words::span(high))),
        None => return,
    };
    rows.say(name, Some(words::span(value)), note, Tone::Plain);
}

/// The totals of a family by one label, greatest first.
fn by_label(view: &View, family: &str, label: &str) -> Vec<(String, f64)> {
    let mut totals: Vec<(String, f64)> = Vec::new();
    for sample in view.samples.of(view.system, family) {
        match totals.iter_mut().find(|(value, _)| value == sample.label(label)) {
            Some((_, total)) => *total += sample.number(),
            None => totals.push((sample.label(label).to_owned(), sample.number())),
        }
    }
    totals.retain(|(_, total)| *total > 0.0);
    totals.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    totals
}

fn listed(totals: &[(String, f64)]) -> String {
    let parts: Vec<String> =
        totals.iter().take(NAMED_ROWS_MAX).map(|(value, total)| format!("{value} {}", words::count(*total))).collect();
    parts.join(", ")
}

fn ratio(part: f64, whole: f64) -> Option<String> {
    (whole > 0.0).then(|| words::percent(part / whole))
}

fn escalations(view: &View) -> Section {
    let mut rows = Rows::default();
    let oldest = view.oldest("day90_escalation_oldest_open_timestamp_seconds");
    let open = view.sum("day90_escalations_open", &[]);
    let note = oldest.filter(|_| open > Some(0.0)).map_or_else(String::new, |at| format!("oldest {}", view.ago(at)));
    rows.say("open", open.map(words::count), note, Tone::Plain);
    rows.say("opened", view.sum("day90_escalations_total", &[]).map(words::count), "", Tone::Plain);
    let reasons = by_label(view, "day90_escalations_total", "reason");
    rows.say("why", (!reasons.is_empty()).then(|| listed(&reasons)), "", Tone::Plain);
    duration(&mut rows, view, "acknowledged in", "day90_escalation_acknowledge_seconds");
    duration(&mut rows, view, "resolved in", "day90_escalation_resolve_seconds");
    let missed = view.sum("day90_escalation_deadline_missed_total", &[]);
    rows.fault("deadlines missed", missed, "", view.fails("operational_quality", "objectives_met"));
    let unrouted = view.sum("day90_escalations_unrouted_total", &[]);
    rows.fault("unrouted", unrouted, "no route to their queue", view.fails("exception_path", "routed"));
    rows.say("reassigned", view.sum("day90_escalations_reassigned_total", &[]).map(words::count), "", Tone::Plain);
    rows.under("Escalations")
}

fn reviews(view: &View) -> Section {
    let mut rows = Rows::default();
    let decided = |decision| view.sum("day90_reviews_total", &[("decision", decision)]).unwrap_or(0.0);
    rows.say("done", view.sum("day90_reviews_total", &[]).map(words::count), "", Tone::Plain);
    let overridden = decided("edited") + decided("rejected");
    let judged = overridden + decided("approved") + decided("responded");
    rows.say("overridden", ratio(overridden, judged), "edited or rejected", Tone::Plain);
    duration(&mut rows, view, "waited", "day90_review_wait_seconds");
    duration(&mut rows, view, "effort", "day90_review_handling_seconds");
    let hours = view.histogram("day90_review_handling_seconds").map(|effort| words::span(effort.sum));
    rows.say("effort in all", hours, "of reviewers", Tone::Plain);
    let audited = view.sum("day90_reviews_audited_total", &[]).unwrap_or(0.0);
    let apt = view.sum("day90_reviews_audited_total", &[("appropriate", "true")]).unwrap_or(0.0);
    rows.say("right, when audited", ratio(apt, audited), format!("of {}", words::count(audited)), Tone::Plain);
    rows.say("bypassed", Some(decided("bypassed")).filter(|&n| n > 0.0).map(words::count), "", Tone::Plain);
    rows.under("Review load")
}

fn work(view: &View) -> Section {
    let mut rows = Rows::default();
    let tasks = view.sum("day90_tasks_total", &[]);
    rows.say("tasks", tasks.map(words::count), "", Tone::Plain);
    let failed = view.sum("day90_tasks_total", &[("outcome", "failed")]).unwrap_or(0.0);
    rows.say("failed", ratio(failed, tasks.unwrap_or(0.0)), "", Tone::Plain);
    duration(&mut rows, view, "a task takes", "day90_task_duration_seconds");
    duration(&mut rows, view, "a step takes", "day90_step_duration_seconds");
    duration(&mut rows, view, "first token after", "day90_step_first_token_seconds");
    rows.say("tokens", view.sum("day90_step_tokens_total", &[]).map(words::count), "", Tone::Plain);
    durable(&mut rows, view);
    rows.under("Work and latency")
}

fn durable(rows: &mut Rows, view: &View) {
    let durable = view.sum("day90_resolutions_durable_total", &[("by", "ai")]).unwrap_or(0.0);
    let undone = view.sum("day90_resolutions_undone_total", &[("by", "ai"), ("matured", "false")]).unwrap_or(0.0);
    // What is undone counts at once, durability only after days: without one durable case nothing is old enough to judge.
    let judged = if durable > 0.0 { durable + undone } else { 0.0 };
    let of = format!("of {} AI resolutions", words::count(judged));
    rows.say("resolved for good", ratio(durable, judged), of, Tone::Plain);
}

fn changes(view: &View) -> Section {
    let mut rows = Rows::default();
    versions(&mut rows, view);
    let of = |approval| view.sum("day90_changes_total", &[("approval", approval)]);
    rows.say("approved", of("approved").map(words::count), "changes", Tone::Plain);
    let lacks = view.fails("behavior_changes", "approved");
    rows.fault("self-approved", of("self_approved"), "changes", lacks);
    rows.fault("unapproved", of("unapproved"), "changes", lacks);
    rows.say("failed", view.sum("day90_changes_failed_total", &[]).map(words::count), "changes", Tone::Plain);
    rows.under("Behavior changes")
}

/// The versions in force.
fn versions(rows: &mut Rows, view: &View) {
    let samples = view.samples.of(view.system, "day90_behavior_info");
    for version in samples.iter().filter(|sample| sample.number() == 1.0).take(NAMED_ROWS_MAX) {
        let kind = version.label("kind");
        let since = view.newest("day90_change_last_timestamp_seconds", &[("kind", kind)]);
        let since = since.map_or_else(String::new, |at| format!("changed {} ago", view.ago(at)));
        rows.say(kind, Some(version.label("version").to_owned()), since, Tone::Plain);
    }
}

fn rollbacks(view: &View) -> Section {
    let mut rows = Rows::default();
    let results = |result| view.sum("day90_rollbacks_total", &[("result", result), ("drill", "false")]);
    rows.say("restored", results("restored").map(words::count), "", Tone::Plain);
    let failing = view.fails("rollback", "succeeded");
    rows.fault("failed", results("failed"), "", failing);
    rows.fault("unfinished", results("unfinished"), "", failing);
    duration(&mut rows, view, "took", "day90_rollback_duration_seconds");
    duration(&mut rows, view, "bad for", "day90_recovery_seconds");
    for (drill, name) in [("false", "last good one"), ("true", "last good drill")] {
        let last = view.newest("day90_rollback_last_success_timestamp_seconds", &[("drill", drill)]);
        rows.say(name, last.map(|at| format!("{} ago", view.ago(at))), "", Tone::Plain);
    }
    fallback(&mut rows, view);
    rows.under("Rollback")
}

fn fallback(rows: &mut Rows, view: &View) {
    let active = view.sum("day90_fallback_active", &[]).map(|active| active == 1.0);
    let tone = if active == Some(true) { Tone::Bad } else { Tone::Plain };
    rows.say("fallback", active.map(|active| if active { "active" } else { "not active" }.to_owned()), "", tone);
    let seconds = view.sum("day90_fallback_seconds_total", &[]).filter(|&seconds| seconds > 0.0);
    rows.say("in fallback, ended", seconds.map(words::span), "", Tone::Plain);
}

fn trust(view: &View) -> Section {
    let mut rows = Rows::default();
    if let Some((positive, negative)) = view.feedback() {
        let (lower, upper) = wilson::interval(positive, positive + negative);
        let between = format!("{} to {}", words::percent(lower), words::percent(upper));
        rows.say("positive", Some(between), format!("of {}", words::count(positive + negative)), Tone::Plain);
    }
    let signals = by_label(view, "day90_feedback_total", "signal");
    rows.say("heard as", (!signals.is_empty()).then(|| listed(&signals)), "", Tone::Plain);
    let ratings = view.histogram("day90_feedback_rating");
    let mean = ratings.map(|ratings| format!("{:.1}", ratings.sum / ratings.count() as f64));
    rows.say("mean rating", mean, "of all ratings so far", Tone::Plain);
    let (decided, open) = (view.sum("day90_appeals_total", &[]), view.sum("day90_appeals_open", &[]));
    let open = open.map_or_else(String::new, |open| format!("{} open", words::count(open)));
    rows.say("appeals decided", decided.map(words::count), open, Tone::Plain);
    let overturned = view.sum("day90_appeals_total", &[("outcome", "overturned")]).unwrap_or(0.0);
    rows.say("overturned", ratio(overturned, decided.unwrap_or(0.0)), "of appeals", Tone::Plain);
    rows.under("User trust")
}

fn boundaries(view: &View) -> Section {
    let mut rows = Rows::default();
    for boundary in view.samples.of(view.system, "day90_boundary_info").iter().take(NAMED_ROWS_MAX) {
        let may = match boundary.label("mode") {
            "never" => "never",
            "escalate" => "may escalate",
            "suggest" => "may suggest",
            _ => "may decide",
        };
        rows.say(boundary.label("action"), Some(may.to_owned()), "", Tone::Plain);
    }
    let violations = |allowed| view.sum("day90_boundary_violations_total", &[("allowed", allowed)]);
    let done = violations("true");
    let lately = done.unwrap_or(0.0) > 0.0 && view.fails("boundaries", "respected");
    let tone = if lately { Tone::Bad } else { Tone::Plain };
    rows.say("overstepped", done.map(words::count), "and it took effect", tone);
    rows.say("tried, and blocked", violations("false").map(words::count), "", Tone::Plain);
    let undeclared = view.sum("day90_boundary_undeclared_total", &[]);
    rows.fault("undeclared", undeclared, "attempts at undeclared actions", view.fails("boundaries", "observed"));
    rows.under("Boundaries")
}

fn inputs(view: &View) -> Section {
    let mut rows = Rows::default();
    for (input, checks) in by_label(view, "day90_inputs_total", "input").into_iter().take(NAMED_ROWS_MAX) {
        let ok = view.sum("day90_inputs_total", &[("input", &input), ("result", "ok")]).unwrap_or(0.0);
        let age = view.samples.merged(view.system, "day90_input_age_seconds", &[("input", &input)]);
        let age = age.and_then(|age| Spread::of(&age)).map(|age| match age {
            Spread::Mean(mean) => format!("mean age {}", words::span(mean)),
            Spread::Quantiles { high, .. } => format!("p95 age {}", words::span(high)),
        });
        let tone = if ok < checks * 0.95 { Tone::Watch } else { Tone::Plain };
        rows.say(&input, ratio(ok, checks).map(|ok| format!("{ok} ok")), age.unwrap_or_default(), tone);
    }
    let mut issues = by_label(view, "day90_inputs_total", "result");
    issues.retain(|(result, _)| result != "ok");
    rows.say("issues", (!issues.is_empty()).then(|| listed(&issues)), "", Tone::Plain);
    rows.under("Data quality")
}

fn upkeep(view: &View) -> Section {
    let mut rows = Rows::default();
    let work = view.sum("day90_maintenance_seconds_total", &[]);
    let activities: Vec<String> = by_label(view, "day90_maintenance_seconds_total", "activity")
        .iter()
        .map(|(activity, seconds)| format!("{activity} {}", words::span(*seconds)))
        .collect();
    rows.say("work", work.map(words::span), activities.join(", "), Tone::Plain);
    for (currency, cost) in by_label(view, "day90_cost_total", "currency").into_iter().take(NAMED_ROWS_MAX) {
        rows.say("cost", Some(format!("{} {currency}", words::count(cost))), "", Tone::Plain);
    }
    budget(&mut rows, view);
    evaluations(&mut rows, view);
    rows.under("Maintenance and cost")
}

fn budget(rows: &mut Rows, view: &View) {
    let (spent, budget) = (view.sum("day90_budget_cost_spent", &[]), view.sum("day90_budget_cost", &[]));
    if let (Some(spent), Some(budget)) = (spent, budget) {
        let tone = if spent > budget { Tone::Bad } else { Tone::Plain };
        rows.say("budget this month", ratio(spent, budget), format!("of {}", words::count(budget)), tone);
    }
}

fn evaluations(rows: &mut Rows, view: &View) {
    for last in view.samples.of(view.system, "day90_evaluation_last_timestamp_seconds").iter().take(NAMED_ROWS_MAX) {
        let suite = last.label("suite");
        let score = view.sum("day90_evaluation_score", &[("suite", suite)]);
        let score = score.map_or_else(|| "done".to_owned(), |score| format!("score {score:.2}"));
        let ago = format!("{} ago", view.ago(last.number()));
        rows.say(&format!("evaluation {suite}"), Some(score), ago, Tone::Plain);
    }
    let failed = view.sum("day90_evaluations_total", &[("result", "failed")]);
    rows.fault("evaluations failed", failed, "", view.fails("maintenance", "evaluations_current"));
}

fn ownership(view: &View) -> Section {
    let mut rows = Rows::default();
    for owner in view.samples.of(view.system, "day90_owner_info").iter().take(NAMED_ROWS_MAX) {
        rows.say("owner", Some(owner.label("owner").to_owned()), owner.label("contact"), Tone::Plain);
    }
    let launched = view.oldest("day90_system_launch_timestamp_seconds");
    let day = launch::day(view).map_or_else(String::new, |day| match day {
        ..0 => format!("in {}", words::plural(day.unsigned_abs(), "day")),
        0.. => format!("day {day}"),
    });
    rows.say("launched", launched.map(words::date), day, Tone::Plain);
    let attested = view.newest("day90_owner_attested_timestamp_seconds", &[]);
    rows.say("attested", attested.map(|at| format!("{} ago", view.ago(at))), "", Tone::Plain);
    if let Some(expires) = view.oldest("day90_owner_attestation_expires_timestamp_seconds") {
        let lapsed = expires < view.now.as_seconds_f64();
        let tone = if lapsed { Tone::Watch } else { Tone::Plain };
        rows.say(if lapsed { "lapsed" } else { "valid until" }, Some(words::date(expires)), "", tone);
    }
    rows.under("Ownership")
}

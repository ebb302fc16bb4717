//! Families whose events each stand for themselves: sums, and the last by time.

use super::declared::{Declared, Owner};
use super::history::{Count, Event, History, as_seconds};
use super::hours::month_start;

pub fn count(history: &History, now: i64, count: &mut Count) {
    work(history, count);
    boundaries(history, count);
    feedback(history, count);
    inputs(history, count);
    upkeep(history, now, count);
    evaluations(history, count);
    owner(history, count);
    declarations(history.now_declared(), count);
    for event in history.of(&["review.audited"]) {
        let appropriate = event.flag("appropriate").unwrap_or_default().to_string();
        let labels = [("decision", &*event.or("decision", "")), ("appropriate", &appropriate)];
        count.samples.count("day90_reviews_audited_total", &labels);
    }
    history.of(&["drill.completed"]).for_each(|event| drill(history, event, count));
}

fn drill(history: &History, event: &Event, count: &mut Count) {
    let (path, result) = (event.or("path", ""), event.or("result", ""));
    count.samples.count("day90_drills_total", &[("path", &path), ("result", &result)]);
    let way = history.now_declared().rollback.as_ref().map(|plan| plan.to.as_str());
    let went = event.text("to").filter(|_| path == "rollback");
    // Without a word where it went, it proves the declared way back.
    let proves = went.is_none_or(|went| way.is_none_or(|way| way == went));
    if result != "passed" || !proves {
        return;
    }
    let at = as_seconds(event.time);
    count.samples.latest("day90_drill_last_success_timestamp_seconds", &[("path", &path)], at);
    if path == "rollback" {
        count.samples.latest("day90_rollback_last_success_timestamp_seconds", &[("drill", "true")], at);
    }
}

fn work(history: &History, count: &mut Count) {
    for event in history.of(&["task.completed"]) {
        let (action, mode, outcome) = (event.or("action", ""), event.or("mode", ""), event.or("outcome", ""));
        count.samples.count("day90_tasks_total", &[("action", &action), ("mode", &mode), ("outcome", &outcome)]);
        let Some(sent) = event.number("duration_seconds") else { continue };
        let took = count.sent(sent);
        count.samples.observe("day90_task_duration_seconds", &[("action", &action), ("outcome", &outcome)], took);
        if let Some(most) = history.declared_at(event.received).objectives.task_seconds {
            count.judged("task_duration_seconds", took <= most);
        }
    }
    for event in history.of(&["step.completed"]) {
        let (kind, name, outcome) = (event.or("kind", ""), event.or("name", ""), event.or("outcome", ""));
        let labels = [("kind", kind.as_str()), ("name", name.as_str())];
        count.samples.count("day90_steps_total", &[labels[0], labels[1], ("outcome", &outcome)]);
        for (field, family) in [
            ("duration_seconds", "day90_step_duration_seconds"),
            ("first_token_seconds", "day90_step_first_token_seconds"),
        ] {
            if let Some(sent) = event.number(field) {
                let took = count.sent(sent);
                count.samples.observe(family, &labels, took);
            }
        }
        for (field, direction) in [("input_tokens", "input"), ("output_tokens", "output")] {
            if let Some(tokens) = event.number(field) {
                let labels = [labels[0], labels[1], ("direction", direction)];
                count.samples.add("day90_step_tokens_total", &labels, tokens);
            }
        }
    }
}

const MODES: [&str; 4] = ["never", "escalate", "suggest", "decide"];

fn boundaries(history: &History, count: &mut Count) {
    let rank = |mode: &str| MODES.iter().position(|known| *known == mode);
    for event in history.of(&["task.completed", "action.attempted"]) {
        let (action, mode) = (event.or("action", ""), event.or("mode", ""));
        let allowed = event.kind == "task.completed" || event.flag("allowed").unwrap_or(true);
        let Some(declared) = history.declared_at(event.received).boundaries.get(&action) else {
            count.samples.count("day90_boundary_undeclared_total", &[("action", &action)]);
            continue;
        };
        // Handing over is right where nothing else is allowed.
        let handed_over = declared == "never" && mode == "escalate";
        if rank(&mode) > rank(declared) && !handed_over {
            let allowed = allowed.to_string();
            let labels = [("action", &*action), ("declared", declared), ("attempted", &mode), ("allowed", &allowed)];
            count.samples.count("day90_boundary_violations_total", &labels);
        }
    }
}

fn feedback(history: &History, count: &mut Count) {
    for event in history.of(&["feedback.received"]) {
        let signal = event.or("signal", "");
        let polarity = match signal.as_str() {
            "thumbs" if event.text("value").as_deref() == Some("up") => "positive",
            "rating" => {
                let rating = event.number("value").unwrap_or_default();
                count.samples.observe("day90_feedback_rating", &[], rating);
                match rating {
                    4.0.. => "positive",
                    3.0 => "neutral",
                    _ => "negative",
                }
            }
            _ => "negative",
        };
        count.samples.count("day90_feedback_total", &[("signal", &signal), ("polarity", polarity)]);
        let judged = history.declared_at(event.received).objectives.trust_ratio.is_some();
        if judged && polarity != "neutral" {
            count.judged("trust_ratio", polarity == "positive");
        }
    }
}

fn inputs(history: &History, count: &mut Count) {
    for event in history.of(&["input.checked"]) {
        let (input, result) = (event.or("input", ""), event.or("result", ""));
        count.samples.count("day90_inputs_total", &[("input", &input), ("result", &result)]);
        if let Some(sent) = event.number("age_seconds") {
            let age = count.sent(sent);
            count.samples.observe("day90_input_age_seconds", &[("input", &input)], age);
        }
    }
}

fn upkeep(history: &History, now: i64, count: &mut Count) {
    let zone = history.now_declared().zone();
    let month = month_start(now, zone);
    let budget = history.now_declared().maintenance.as_ref();
    for event in history.of(&["cost.recorded", "maintenance.recorded"]) {
        let maintenance = event.kind == "maintenance.recorded";
        let this_month = maintenance && event.received >= month;
        if let Some(cost) = event.number("cost") {
            let kind = if maintenance { "maintenance".to_owned() } else { event.or("kind", "") };
            let currency = event.or("currency", "").to_uppercase();
            count.samples.add("day90_cost_total", &[("kind", &kind), ("currency", &currency)], cost);
            if this_month {
                count.samples.add("day90_budget_cost_spent", &[("currency", &currency)], cost);
            }
        }
        if let (true, Some(sent)) = (maintenance, event.number("seconds")) {
            let seconds = count.sent(sent);
            let labels = [("activity", &*event.or("activity", ""))];
            count.samples.add("day90_maintenance_seconds_total", &labels, seconds);
            if this_month {
                count.samples.add("day90_budget_seconds_spent", &[], seconds);
            }
        }
    }
    count.samples.set("day90_budget_period_start_timestamp_seconds", &[], as_seconds(month));
    if let Some(budget) = budget {
        let currency = [("currency", budget.currency.as_str())];
        count.samples.set("day90_budget_cost", &currency, budget.cost_per_month.into());
        count.samples.set("day90_budget_seconds", &[], f64::from(budget.hours_per_month) * 3_600.0);
        let interval = as_seconds(budget.evaluate_every);
        count.samples.set("day90_budget_evaluation_interval_seconds", &[], interval);
    }
}

fn evaluations(history: &History, count: &mut Count) {
    let mut events: Vec<&Event> = history.of(&["evaluation.completed"]).collect();
    events.sort_by_key(|event| (event.time, event.order));
    for event in events {
        let suite = event.or("suite", "");
        let result = if event.flag("passed") == Some(true) { "passed" } else { "failed" };
        count.samples.count("day90_evaluations_total", &[("suite", &suite), ("result", result)]);
        let labels = [("suite", suite.as_str())];
        count.samples.set("day90_evaluation_last_timestamp_seconds", &labels, as_seconds(event.time));
        if let Some(score) = event.number("score") {
            count.samples.set("day90_evaluation_score", &labels, score);
        }
    }
}

fn owner(history: &History, count: &mut Count) {
    let owner = history.now_declared().owner.as_ref();
    if let Some(Owner { name, .. }) = owner {
        count.samples.set("day90_owner_info", &[("owner", name), ("contact", "ops")], 1.0);
    }
    // Where nobody is declared, anybody may attest.
    let counts = |event: &&Event| owner.is_none_or(|owner| event.text("owner").as_ref() == Some(&owner.name));
    let Some(last) = history.of(&["owner.attested"]).filter(counts).map(|event| event.time).max() else { return };
    count.samples.set("day90_owner_attested_timestamp_seconds", &[], as_seconds(last));
    if let Some(Owner { attest_every, .. }) = owner {
        let expires = as_seconds(last + attest_every);
        count.samples.set("day90_owner_attestation_expires_timestamp_seconds", &[], expires);
    }
}

/// What is declared is shown as it is.
fn declarations(declared: &Declared, count: &mut Count) {
    for (action, mode) in &declared.boundaries {
        count.samples.set("day90_boundary_info", &[("action", action), ("mode", mode)], 1.0);
    }
    for queue in declared.review_within.keys() {
        let capacity = 2.0 * 6.0 * 3_600.0 / 24.0;
        count.samples.set("day90_review_capacity_seconds_per_hour", &[("queue", queue)], capacity);
    }
    if let Some(launched) = &declared.launched {
        let date: jiff::civil::Date = launched.parse().expect("a date");
        let at = date.to_zoned(jiff::tz::TimeZone::UTC).expect("a day").timestamp().as_second();
        count.samples.set("day90_system_launch_timestamp_seconds", &[], at as f64);
    }
    let objectives = &declared.objectives;
    let wall = |within: Option<super::declared::Within>| within.map(|within| as_seconds(within.nanos));
    for (objective, value) in [
        ("escalation_ratio", objectives.escalation_ratio),
        ("acknowledge_seconds", wall(declared.deadlines.acknowledge)),
        ("resolve_seconds", wall(declared.deadlines.resolve)),
        ("task_duration_seconds", objectives.task_seconds),
        ("task_duration_ratio", objectives.task_seconds.map(|_| 0.95)),
        ("override_ratio", objectives.override_ratio),
        ("trust_ratio", objectives.trust_ratio),
        ("rubber_stamp_seconds", objectives.rubber_stamp_seconds),
    ] {
        if let Some(value) = value {
            count.samples.set("day90_objective", &[("objective", objective)], value);
        }
    }
}

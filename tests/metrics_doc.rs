//! docs/metrics.md, made from the declarations of every family, so that the two cannot differ.
//!
//! `DAY90_BLESS=1 cargo test --test tests metrics_doc` writes the page again.

use std::fs;

use day90::state::FAMILIES;
use day90::state::engine::family::{Family, Label, Values};
use day90::telemetry::families::PROCESS;
use day90::{daemon, preflight, telemetry};

use crate::harness::repository;
use crate::names::families;

/// The part written by hand.
const INTRODUCTION: &str = include_str!("metrics_doc.md");
const RECORDING_RULES: &str = include_str!("../alerts/recording.rules.yml");

/// The family that each part of the page begins with, the part's title, and a sentence before its table.
const PARTS: &[(&str, &str, &str)] = &[
    ("day90_tasks_total", "Work and latency", "The denominator of nearly every ratio, and where time goes."),
    (
        "day90_escalations_total",
        "Escalations and the exception path",
        "Who receives a case when the agent is unsure or wrong, and how long it waits.",
    ),
    (
        "day90_reviews_total",
        "Review load",
        "What people are asked to look at, what they decide, and what it costs them.",
    ),
    (
        "day90_changes_total",
        "Behavior changes",
        "Prompts, tools, policies, models, data, code: what changed, and who approved it.",
    ),
    ("day90_rollbacks_total", "Rollback", "Whether the way back works, and how long it takes."),
    ("day90_resolutions_total", "Resolutions", "Who really finished, and whether it stayed finished."),
    ("day90_appeals_total", "User trust", "What users say, and what they do instead of saying it."),
    ("day90_boundary_info", "Boundaries", "What the system may do, and what it did."),
    ("day90_inputs_total", "Data quality", "Whether the inputs are there, fresh and sane."),
    ("day90_owner_info", "Ownership", "Who answers for it, and when they last said so."),
    (
        "day90_maintenance_seconds_total",
        "Maintenance, cost and evaluation",
        "Keeping it good, compared with the budget.",
    ),
    (
        "day90_objective",
        "Objectives",
        "What was declared to be good enough. Rules read these, so that one set of rules serves every system.",
    ),
    ("day90_events_total", "Events as they arrive", "What came, what didn't fit, and when each system was last heard."),
];

/// A quantity that rules and dashboards share: what it is, a query that gives it for an hour, a day or longer, and
/// the recording rule that has it ready.
const FORMULAS: &[(&str, &str, &str)] = &[
    (
        "**Escalation ratio**: escalations opened / tasks completed",
        "sum by (system) (increase(day90_escalations_total[1h])) / sum by (system) (increase(day90_tasks_total[1h]))",
        "system:day90_escalation:ratio1h",
    ),
    (
        "**Containment ratio**: 1 − tasks escalated / tasks. Who gave up counts as contained",
        "1 - sum by (system) (increase(day90_tasks_total{mode=\"escalate\"}[1d])) / sum by (system) (increase(day90_tasks_total[1d]))",
        "system:day90_containment:ratio1d",
    ),
    (
        "**Automation ratio**: cases closed by the AI and never escalated / cases closed",
        "sum by (system) (increase(day90_resolutions_total{by=\"ai\",escalated=\"false\"}[7d])) / sum by (system) (increase(day90_resolutions_total[7d]))",
        "system:day90_automation:ratio7d",
    ),
    (
        "**Durable resolution ratio**: durable / (durable + undone before it matured), of the AI's resolutions old enough to judge",
        "sum by (system) (increase(day90_resolutions_durable_total{by=\"ai\"}[7d])) / (sum by (system) (increase(day90_resolutions_durable_total{by=\"ai\"}[7d])) + sum by (system) (increase(day90_resolutions_undone_total{by=\"ai\",matured=\"false\"}[7d])))",
        "system:day90_durable_resolution:ratio7d",
    ),
    (
        "**Override ratio**: reviews edited or rejected / reviews decided by a person",
        "sum by (system) (increase(day90_reviews_total{decision=~\"edited|rejected\"}[7d])) / sum by (system) (increase(day90_reviews_total{decision!~\"expired|cancelled|bypassed\"}[7d]))",
        "system:day90_override:ratio7d",
    ),
    (
        "**Rubber-stamping**: approvals that were faster than anybody reads",
        "1 - sum by (system) (increase(day90_objective_good_total{objective=\"rubber_stamp_seconds\"}[7d])) / sum by (system) (increase(day90_objective_events_total{objective=\"rubber_stamp_seconds\"}[7d]))",
        "system:day90_rubber_stamping:ratio7d",
    ),
    (
        "**The agent was right to ask**: escalations resolved overturned or answered / resolved",
        "sum by (system) (increase(day90_escalation_resolve_seconds_count{outcome=~\"overturned|answered\"}[7d])) / sum by (system) (increase(day90_escalation_resolve_seconds_count[7d]))",
        "system:day90_right_to_ask:ratio7d",
    ),
    (
        "**Review load**: reviewer-seconds an hour",
        "sum by (system) (increase(day90_review_handling_seconds_sum[1h]))",
        "system:day90_review_handling_seconds:increase1h",
    ),
    (
        "**Review utilization**: load / declared capacity",
        "sum by (system, queue) (increase(day90_review_handling_seconds_sum[1h])) / sum by (system, queue) (day90_review_capacity_seconds_per_hour)",
        "system_queue:day90_review_utilization:ratio1h",
    ),
    (
        "**Change failure ratio**: distinct failed changes / changes",
        "sum by (system) (increase(day90_changes_failed_total[30d])) / sum by (system) (increase(day90_changes_total[30d]))",
        "system:day90_change_failure:ratio30d",
    ),
    (
        "**Trust**: positive / (positive + negative) feedback. Show its lower bound, `system:day90_trust:ratio30d_lower`",
        "sum by (system) (increase(day90_feedback_total{polarity=\"positive\"}[30d])) / sum by (system) (increase(day90_feedback_total{polarity=~\"positive|negative\"}[30d]))",
        "system:day90_trust:ratio30d",
    ),
];

/// The whole page.
fn markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    formulas(&mut page);
    page.push_str("\n## Every metric\n\n");
    page.push_str("`a` `b` after a label are all its values; a label without them is open, and bounded.\n");
    let own = FAMILIES.iter().position(|family| family.name == "day90_series").expect("the fold counts its series");
    let begins = |name: &str| FAMILIES.iter().position(|family| family.name == name).expect("a family of the list");
    for (at, (first, title, words)) in PARTS.iter().enumerate() {
        let end = PARTS.get(at + 1).map_or(own, |(next, ..)| begins(next));
        table(title, words, FAMILIES[begins(first)..end].iter().copied(), &mut page);
    }
    let checklist = preflight::metrics::FAMILIES.iter().chain(daemon::page_test::FAMILIES).copied();
    let words = "What is declared, what was exercised, and what has lapsed; see preflight.md. And the drill of the path to on-call.";
    table("The checklist", words, checklist, &mut page);
    let itself = telemetry::families::FAMILIES.iter().chain(&FAMILIES[own..]).copied();
    table("day90 itself", "Whether this daemon takes events, keeps them, and is scraped.", itself, &mut page);
    table("The process", "As every exporter has them.", PROCESS.iter(), &mut page);
    page
}

fn formulas(page: &mut String) {
    for (quantity, query, rule) in FORMULAS {
        page.push_str(&format!("- {quantity}. Recorded as `{rule}`:\n  ```promql\n  {query}\n  ```\n"));
    }
}

fn table<'a>(title: &str, words: &str, families: impl Iterator<Item = &'a Family>, page: &mut String) {
    page.push_str(&format!(
        "\n### {title}\n\n{words}\n\n| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n"
    ));
    for family in families {
        let labels = match family.labels {
            [] => "—".to_owned(),
            labels => labels.iter().map(label).collect::<Vec<_>>().join("<br>"),
        };
        let help = family.help.replace('|', "\\|");
        let buckets = match family.buckets {
            [] => String::new(),
            bounds => format!(" Buckets: {}.", bounds.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")),
        };
        page.push_str(&format!("| `{}` | {} | {labels} | {help}{buckets} |\n", family.name, family.kind.as_str()));
    }
}

fn label(label: &Label) -> String {
    match label.values {
        Values::Words(words) => {
            let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
            format!("{}: {}", label.name, words.join(" "))
        }
        Values::System | Values::Open => label.name.to_owned(),
    }
}

/// Every word of a text that could be the name of a metric of day90.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.strip_prefix("day90_").is_some_and(|rest| !rest.is_empty()))
}

#[test]
fn the_page_is_what_the_declarations_say() {
    let path = repository("docs/metrics.md");
    let page = markdown();
    if std::env::var_os("DAY90_BLESS").is_some() {
        fs::write(&path, &page).expect("docs/ can be written");
    }
    let written = fs::read_to_string(&path).expect("docs/metrics.md is there");
    assert!(written == page, "docs/metrics.md is out of date: DAY90_BLESS=1 cargo test --test tests metrics_doc");
}

#[test]
fn the_page_has_every_family_once() {
    let page = markdown();
    for family in families() {
        let rows = page.matches(&format!("\n| `{}` |", family.name)).count();
        assert_eq!(rows, 1, "{}", family.name);
    }
}

#[test]
fn the_page_names_no_metric_that_does_not_exist() {
    let known: Vec<_> = families().map(|family| family.name).collect();
    let text = format!("{INTRODUCTION}{}", FORMULAS.iter().map(|(_, query, _)| *query).collect::<Vec<_>>().join("\n"));
    for name in names(&text) {
        let base = ["_sum", "_count", "_bucket"].iter().find_map(|part| name.strip_suffix(part));
        assert!(known.iter().any(|known| *known == name || base == Some(known)), "no metric is called {name}");
    }
}

#[test]
fn every_formula_has_its_recording_rule() {
    for (quantity, _, rule) in FORMULAS {
        assert!(RECORDING_RULES.contains(&format!("record: {rule}\n")), "{quantity}: no rule records {rule}");
    }
}

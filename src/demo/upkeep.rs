//! What happens around the agents in three weeks: releases, evaluations, drills, costs, and an owner who attests.

use super::agenda::Agenda;
use super::cast::{SYSTEMS, System};
use super::line::Line;
use super::rng::Rng;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::event::{Kind, Timestamp};

/// The version of the prompt before the story's bad one.
pub(crate) const GOOD_PROMPT: &str = "v8";
pub(crate) const BAD_PROMPT: &str = "v9";

/// (days before the end, kind, version, previous version, approver): the releases of each system.
const RELEASES: [(f64, &str, &str, &str, &str); 8] = [
    (20.9, "prompt", "v6", "v5", "support-lead"),
    (20.8, "policy", "2026-q3", "2026-q2", "risk-officer"),
    (20.7, "model", "", "previous", "platform-lead"),
    (17.0, "prompt", "v7", "v6", "support-lead"),
    (16.0, "policy", "2026-q4", "2026-q3", "risk-officer"),
    (11.0, "tool", "crm-lookup-4", "crm-lookup-3", "platform-lead"),
    (6.0, "prompt", GOOD_PROMPT, "v7", "support-lead"),
    (2.0, "tool", "crm-lookup-5", "crm-lookup-4", "platform-lead"),
];

/// Adds the upkeep of a span of the past to the agenda.
pub(crate) fn plan(agenda: &mut Agenda, rng: &mut Rng, start: Timestamp, end: Timestamp) {
    let days = end.since(start) as f64 / DAY as f64;
    for system in &SYSTEMS {
        // A shorter past has the same milestones, closer together.
        let before = |ago: f64| end.plus(-((ago * days / 21.0) * DAY as f64) as i64 / MINUTE * MINUTE);
        releases(agenda, system, &before);
        milestones(agenda, system, &before);
        let mut day = start.plus(3 * HOUR);
        while day < end {
            daily(agenda, rng, system, day);
            day = day.plus(DAY);
        }
        for week in 0..(days / 7.0).ceil() as i64 {
            weekly(agenda, rng, system, start.plus(week * 7 * DAY + 10 * HOUR));
        }
    }
}

fn releases(agenda: &mut Agenda, system: &System, before: &impl Fn(f64) -> Timestamp) {
    for (ago, kind, version, previous, approver) in RELEASES {
        let at = before(ago);
        let version = if version.is_empty() { system.model } else { version };
        let change = Line::new(Kind::ChangeDeployed, system.name)
            .text("kind", kind)
            .text("version", version)
            .text("change", &format!("{}-{kind}-{version}", system.name))
            .text("previous_version", previous)
            .text("author", "agent-team")
            .text("approver", approver);
        agenda.add(at, change);
    }
}

fn milestones(agenda: &mut Agenda, system: &System, before: &impl Fn(f64) -> Timestamp) {
    let of = |kind| Line::new(kind, system.name);
    let at = before(20.5);
    agenda.add(at, of(Kind::OwnerAttested).text("owner", system.owner));
    let at = before(12.0);
    let drill = of(Kind::DrillCompleted).text("path", "exception").text("result", "passed");
    agenda.add(at, drill.number("seconds", 412.0));

    let (at, done) = (before(9.0), before(9.0).plus(7 * MINUTE));
    let drill = of(Kind::RollbackStarted).text("rollback", "drill-1").text("trigger", "owner").truth("drill", true);
    agenda.add(at, drill);
    agenda.add(done, of(Kind::RollbackCompleted).text("rollback", "drill-1").text("result", "restored"));

    // The policy of 16 days ago failed its evaluation and was rolled back within the hour.
    let (at, done) = (before(16.0).plus(40 * MINUTE), before(16.0).plus(52 * MINUTE));
    let failed = of(Kind::EvaluationCompleted).text("suite", "golden").truth("passed", false).number("score", 0.71);
    agenda.add(at, failed);
    let rollback = of(Kind::RollbackStarted)
        .text("rollback", "r-1")
        .text("change", &format!("{}-policy-2026-q4", system.name))
        .text("trigger", "evaluation")
        .text("to", "previous_version");
    agenda.add(at, rollback);
    agenda.add(done, of(Kind::RollbackCompleted).text("rollback", "r-1").text("result", "restored"));
}

fn daily(agenda: &mut Agenda, rng: &mut Rng, system: &System, day: Timestamp) {
    let score = rng.between(0.90, 0.97);
    let evaluation = Line::new(Kind::EvaluationCompleted, system.name);
    agenda.add(day, evaluation.text("suite", "golden").truth("passed", true).number("score", score));
    for (kind, share) in [("inference", 0.7), ("infrastructure", 0.2), ("tools", 0.1)] {
        let cost = (system.cost_per_day * share * rng.between(0.9, 1.1) * 100.0).round() / 100.0;
        let cost = Line::new(Kind::CostRecorded, system.name).text("kind", kind).number("cost", cost);
        agenda.add(day, cost.text("currency", "EUR"));
    }
}

fn weekly(agenda: &mut Agenda, rng: &mut Rng, system: &System, day: Timestamp) {
    for (activity, hours) in [("monitoring", 2.0), ("update", 3.0), ("evaluation", 1.5), ("process_change", 0.5)] {
        let work = (hours * rng.between(0.7, 1.3) * HOUR as f64) as i64 / MINUTE * MINUTE;
        let done = day.plus(work);
        let recorded = Line::new(Kind::MaintenanceRecorded, system.name).text("activity", activity);
        agenda.add(done, recorded.number("seconds", (work / SECOND) as f64));
    }
}

//! Line 4: review load, escalations, latency, rollback events, user trust; and whether they are good enough.

use super::words::{count, declared as spelt, listed, percent, when};
use super::{Checks, DRILL_EVERY, History, Stage, Subject};
use crate::event::{Fixed, Timestamp};
use crate::state::signals::facts::QualityFamily;
use crate::state::signals::objectives::Objective;
use crate::wilson::interval;

pub(super) fn grade(subject: &Subject<'_>, checks: &mut Checks) {
    let objectives = &subject.declared.objectives;
    let needed = [
        ("escalation_ratio", objectives.escalation_ratio.is_some()),
        ("task_duration", objectives.task_duration.is_some()),
        ("override_ratio", objectives.override_ratio.is_some()),
        ("trust_ratio", objectives.trust_ratio.is_some()),
    ];
    let missing: Vec<&str> = needed.iter().filter(|(_, declared)| !declared).map(|(name, _)| *name).collect();
    checks.add(
        Stage::Declared,
        "objectives",
        missing.is_empty(),
        || match missing.is_empty() {
            true => "escalations, latency, review and trust each have an objective".into(),
            false => format!("not declared: {}", listed(&missing)),
        },
        || format!("Say what is good enough, under systems.{}.objectives.", subject.name),
    );
    let Some(history) = &subject.history else { return };
    let families = [
        ("escalations", QualityFamily::Escalations, "Send escalation.opened when a case goes to a person."),
        ("review_load", QualityFamily::ReviewLoad, "Send review.requested and review.completed from the review tool."),
        ("latency", QualityFamily::Latency, "Send duration_seconds with task.completed."),
        ("user_trust", QualityFamily::UserTrust, "Send feedback.received, or the appeals, from where users are."),
    ];
    for (check, family, next) in families {
        let last = history.pace(family).last;
        checks.add(
            Stage::Exercised,
            check,
            subject.recent(last),
            || format!("last seen {}", when(last, subject.now)),
            || next.into(),
        );
    }
    grade_rollbacks(subject, history, checks);
    let judged: Vec<Judged> = RATIOS.iter().filter_map(|ratio| ratio.judge(subject, history)).collect();
    let missed: Vec<&Judged> = judged.iter().filter(|judged| judged.missed).collect();
    checks.add(
        Stage::Current,
        "objectives_met",
        !judged.is_empty() && missed.is_empty(),
        || match (judged.is_empty(), missed.is_empty()) {
            (true, _) => "no ratio is declared to hold it against".into(),
            (false, true) => listed(judged.iter().map(|judged| &judged.words)),
            (false, false) => format!("missed: {}", listed(missed.iter().map(|judged| &judged.words))),
        },
        || match judged.is_empty() {
            true => "Declare objectives first.".into(),
            false => "Read it against the last change; roll that back, or change what the system may decide.".into(),
        },
    );
}

/// Rollbacks are rare: a drill in time shows as well that they would be seen.
fn grade_rollbacks(subject: &Subject<'_>, history: &History<'_>, checks: &mut Checks) {
    let last = history.pace(QualityFamily::RollbackEvents).last;
    let drill = history.past.restored();
    let every = subject.declared.rollback.as_ref().and_then(|plan| plan.drill_every).unwrap_or(DRILL_EVERY);
    checks.add(
        Stage::Exercised,
        "rollback_events",
        subject.recent(last) || subject.within(drill, every),
        || match (drill, subject.recent(last)) {
            (Some(_), false) => format!("last restored {}; good for {}", when(drill, subject.now), spelt(every)),
            _ => format!("last seen {}", when(last, subject.now)),
        },
        || "Send rollback.started and rollback.completed from the delivery pipeline, and practise one.".into(),
    );
}

/// A ratio of the last 30 days that an objective bounds.
struct Ratio {
    name: &'static str,
    objective: Objective,
    /// The bound is the least that is good enough; otherwise the most.
    at_least: bool,
    /// Events that are not good count, rather than those that are.
    of_bad: bool,
}

/// How a ratio stands.
struct Judged {
    missed: bool,
    words: String,
}

const RATIOS: [Ratio; 4] = [
    // Of escalations to tasks the fold notes (tasks, escalations).
    Ratio { name: "escalation_ratio", objective: Objective::EscalationRatio, at_least: false, of_bad: false },
    Ratio { name: "task_duration", objective: Objective::TaskDurationSeconds, at_least: true, of_bad: false },
    Ratio { name: "override_ratio", objective: Objective::OverrideRatio, at_least: false, of_bad: true },
    Ratio { name: "trust_ratio", objective: Objective::TrustRatio, at_least: true, of_bad: false },
];

impl Ratio {
    fn bound(&self, subject: &Subject<'_>) -> Option<Fixed> {
        let objectives = &subject.declared.objectives;
        match self.objective {
            Objective::EscalationRatio => objectives.escalation_ratio,
            Objective::TaskDurationSeconds => objectives.task_duration.as_ref().map(|task| task.ratio),
            Objective::OverrideRatio => objectives.override_ratio,
            Objective::TrustRatio => objectives.trust_ratio,
            _ => None,
        }
    }

    /// Missed only when the whole 95 % interval lies beyond the bound: few events prove nothing.
    fn judge(&self, subject: &Subject<'_>, history: &History<'_>) -> Option<Judged> {
        let bound = self.bound(subject)?.as_f64();
        let (all, part) = self.counted(history, subject.now);
        let (lower, upper) = interval(part as f64, all as f64);
        let missed = if self.at_least { upper < bound } else { lower > bound };
        let (name, side) = (self.name, if self.at_least { "at least" } else { "at most" });
        let words = match all {
            0 => format!("{name} nothing judged"),
            _ => format!("{name} {} of {} ({side} {})", percent(part as f64 / all as f64), count(all), percent(bound)),
        };
        Some(Judged { missed, words })
    }

    fn counted(&self, history: &History<'_>, now: Timestamp) -> (u64, u64) {
        let (all, good) = history.judged(self.objective, now);
        (all, if self.of_bad { all.saturating_sub(good) } else { good })
    }
}

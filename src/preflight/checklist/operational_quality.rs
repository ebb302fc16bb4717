//! Line 4: review load, escalations, latency, rollback events, user trust; and whether they are good enough.

use crate::event::Fixed;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::early::{AskedFrom, Early};
use crate::preflight::subject::{DRILL_EVERY, History, Subject};
use crate::preflight::words::{count, declared_span, emit, listed, percent, when};
use crate::state::signals::facts::QualityFamily;
use crate::state::signals::objectives::Objective;
use crate::wilson::interval;

const REVIEWED: &str = "a person decided a review recently";

pub(super) const LINE: Line = Line {
    title: "Operational quality: load, escalations, latency, rollbacks, trust",
    checks: &[
        Check {
            name: "objectives",
            passes_when: "`escalation_ratio`, `task_duration`, `override_ratio` and `trust_ratio` are there",
            to_pass: "`objectives`",
            grade: Grade::Declared(objectives),
            ..Check::USUAL
        },
        Check {
            name: "escalations",
            passes_when: "an escalation opened, was acknowledged or was resolved recently",
            to_pass: "`escalation.opened`",
            early: Some(Early { from: AskedFrom::CASES, nothing_yet: |_, _| true }),
            grade: Grade::Exercised(escalations),
            ..Check::USUAL
        },
        Check {
            name: "review_load",
            passes_when: REVIEWED,
            to_pass: "`review.requested`, `review.completed`",
            early: Some(Early { from: AskedFrom::CASES, nothing_yet: |_, _| true }),
            grade: Grade::Exercised(review_load),
            ..Check::USUAL
        },
        Check {
            name: "latency",
            passes_when: "a task or a step came with its duration recently",
            to_pass: "send `duration_seconds` with `task.completed`",
            early: Some(Early { from: AskedFrom::TRAFFIC, nothing_yet: |_, _| true }),
            grade: Grade::Exercised(latency),
            ..Check::USUAL
        },
        Check {
            name: "user_trust",
            passes_when: "positive or negative feedback came, or an appeal was decided, recently",
            to_pass: "`feedback.received`, `appeal.decided`",
            early: Some(Early { from: AskedFrom::MONTH, nothing_yet: |_, _| true }),
            grade: Grade::Exercised(user_trust),
            ..Check::USUAL
        },
        Check {
            name: "rollback_events",
            passes_when: "a recent rollback event, or a good drill or rollback within `rollback.drill_every`",
            to_pass: "practise one",
            grade: Grade::Exercised(rollback_events),
            ..Check::USUAL
        },
        Check {
            name: "objectives_met",
            passes_when: "no declared ratio of the last 30 calendar days (UTC, today included) misses its objective with its whole 95 % Wilson interval",
            to_pass: "change what the system may decide, or roll back",
            judges: &["operational_quality/objectives"],
            grade: Grade::Current(objectives_met),
            ..Check::USUAL
        },
    ],
};

fn objectives(subject: &Subject<'_>, judge: Judge) -> Judged {
    let missing: Vec<&str> =
        RATIOS.iter().filter(|ratio| (ratio.bound)(subject).is_none()).map(|ratio| ratio.name).collect();
    judge.result(
        missing.is_empty(),
        || match missing.is_empty() {
            true => "escalations, latency, review and trust each have an objective".into(),
            false => format!("not declared: {}", listed(&missing)),
        },
        || format!("Say what is good enough, under systems.{}.objectives: {}.", subject.name, listed(&missing)),
    )
}

fn escalations(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let next = "Send escalation.opened when a case goes to a person.";
    heard(subject, history, QualityFamily::Escalations, next, judge)
}

fn review_load(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let next = "Send review.requested and review.completed with the decision of a person from the review tool.";
    heard(subject, history, QualityFamily::ReviewLoad, next, judge)
}

fn latency(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    heard(subject, history, QualityFamily::Latency, "Send duration_seconds with task.completed.", judge)
}

fn user_trust(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let next = "Send feedback.received that is positive or negative, or appeal.decided, from where users are.";
    heard(subject, history, QualityFamily::UserTrust, next, judge)
}

/// Something of a family must have counted recently.
fn heard(subject: &Subject<'_>, history: &History<'_>, family: QualityFamily, next: &str, judge: Judge) -> Judged {
    let last = history.facts().counted(family);
    judge.result(subject.recent(last), || format!("last counted {}", when(last, subject.now)), || next.into())
}

/// Rollbacks are rare: a drill in time is as good a proof that one would be seen.
fn rollback_events(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let last = history.facts().counted(QualityFamily::RollbackEvents);
    let drill = history.past.restored();
    let every = subject.declared.rollback.as_ref().and_then(|plan| plan.drill_every).unwrap_or(DRILL_EVERY);
    judge.result(
        subject.recent(last) || subject.within(drill, every),
        || match (drill, subject.recent(last)) {
            (Some(_), false) => {
                format!("last restored {}; good for {}", when(drill, subject.now), declared_span(every))
            }
            _ => format!("last seen {}", when(last, subject.now)),
        },
        || {
            let drill = [("path", "rollback"), ("result", "passed"), ("seconds", "60")];
            let command = emit("drill.completed", subject.name, &drill);
            format!(
                "Send rollback.started and rollback.completed from the delivery pipeline. Practise one and record it, with \
                 the seconds it took: {command}."
            )
        },
    )
}

fn objectives_met(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let ratios: Vec<Measured> = RATIOS.iter().filter_map(|ratio| ratio.measure(subject, history)).collect();
    let missed: Vec<&Measured> = ratios.iter().filter(|ratio| ratio.missed).collect();
    judge.result(
        !ratios.is_empty() && missed.is_empty(),
        || match (ratios.is_empty(), missed.is_empty()) {
            (true, _) => "no ratio is declared to judge by".into(),
            (false, true) => listed(ratios.iter().map(|ratio| &ratio.words)),
            (false, false) => format!("missed: {}", listed(missed.iter().map(|ratio| &ratio.words))),
        },
        || match ratios.is_empty() {
            true => "Declare objectives first.".into(),
            false => {
                "Compare it with the last change; roll that back, or change what the system may decide. The last 30 \
                      days are judged."
                    .into()
            }
        },
    )
}

/// A ratio of the last 30 days, bounded by an objective.
struct Ratio {
    name: &'static str,
    objective: Objective,
    bound: fn(&Subject<'_>) -> Option<Fixed>,
    /// Whether the bound is the least that is good enough; otherwise it is the most.
    at_least: bool,
    /// Whether the ratio counts the events that are not good, rather than the good ones.
    of_bad: bool,
}

/// The value of a ratio.
struct Measured {
    missed: bool,
    words: String,
}

const RATIOS: [Ratio; 4] = [
    // For escalations to tasks the fold counts (tasks, escalations).
    Ratio {
        name: "escalation_ratio",
        objective: Objective::EscalationRatio,
        bound: |subject| subject.declared.objectives.escalation_ratio,
        at_least: false,
        of_bad: false,
    },
    Ratio {
        name: "task_duration",
        objective: Objective::TaskDurationSeconds,
        bound: |subject| subject.declared.objectives.task_duration.as_ref().map(|task| task.ratio),
        at_least: true,
        of_bad: false,
    },
    Ratio {
        name: "override_ratio",
        objective: Objective::OverrideRatio,
        bound: |subject| subject.declared.objectives.override_ratio,
        at_least: false,
        of_bad: true,
    },
    Ratio {
        name: "trust_ratio",
        objective: Objective::TrustRatio,
        bound: |subject| subject.declared.objectives.trust_ratio,
        at_least: true,
        of_bad: false,
    },
];

impl Ratio {
    /// Missed only if the whole 95 % interval is beyond the bound: few events prove nothing.
    fn measure(&self, subject: &Subject<'_>, history: &History<'_>) -> Option<Measured> {
        let bound = (self.bound)(subject)?.as_f64();
        let (all, good) = history.facts().judged(self.objective, subject.now);
        let part = if self.of_bad { all.saturating_sub(good) } else { good };
        let (lower, upper) = interval(part as f64, all as f64);
        let missed = if self.at_least { upper < bound } else { lower > bound };
        let (name, side) = (self.name, if self.at_least { "at least" } else { "at most" });
        let words = match all {
            0 => format!("{name} has nothing to judge"),
            _ => format!("{name} {} of {} ({side} {})", percent(part as f64 / all as f64), count(all), percent(bound)),
        };
        Some(Measured { missed, words })
    }
}

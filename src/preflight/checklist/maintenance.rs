//! Line 5: maintenance budgeted like a product, and spent.

use crate::config::model::Maintenance;
use crate::event::Fixed;
use crate::event::time::{DAY, HOUR, SECOND};
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::early::{AskedFrom, Early};
use crate::preflight::subject::{History, Subject};
use crate::preflight::words::{date, declared_span, emit, listed, span, when};
use crate::words::plural;

/// Maintenance this long ago still counts. Nanoseconds.
const RECORDED_WITHIN: i64 = 90 * DAY;

pub(super) const LINE: Line = Line {
    title: "Maintenance: budgeted like a product",
    checks: &[
        Check {
            name: "budget",
            passes_when: "hours, or cost and currency, a month",
            to_pass: "`maintenance`",
            grade: Grade::Declared(budget),
            ..Check::USUAL
        },
        Check {
            name: "suites",
            passes_when: "`suites` and `evaluate_every` are there",
            to_pass: "`maintenance`",
            grade: Grade::Declared(suites),
            ..Check::USUAL
        },
        Check {
            name: "recorded",
            passes_when: "maintenance of any kind within 90 days",
            to_pass: "`maintenance.recorded`",
            early: Some(Early { from: AskedFrom::MONTH, nothing_yet: |_, _| true }),
            grade: Grade::Exercised(recorded),
            ..Check::USUAL
        },
        Check {
            name: "evaluated",
            passes_when: "every suite ran once",
            to_pass: "`evaluation.completed`",
            early: Some(Early { from: AskedFrom::EvaluateEvery, nothing_yet: suites_are_declared }),
            judges: &["maintenance/suites"],
            grade: Grade::Exercised(evaluated),
            ..Check::USUAL
        },
        Check {
            name: "within_budget",
            passes_when: "this calendar month's hours and cost, in the declared currency, are within the budget",
            to_pass: "decide on a larger one, or spend less",
            judges: &["maintenance/budget"],
            grade: Grade::Current(within_budget),
            ..Check::USUAL
        },
        Check {
            name: "evaluations_current",
            passes_when: "the last run of each suite passed, and is younger than `evaluate_every`",
            to_pass: "run it",
            early: Some(Early { from: AskedFrom::EvaluateEvery, nothing_yet: none_ran }),
            judges: &["maintenance/suites"],
            follows: &["maintenance/evaluated"],
            grade: Grade::Current(evaluations_current),
            ..Check::USUAL
        },
    ],
};

static NOTHING: Maintenance = Maintenance {
    hours_per_month: None,
    cost_per_month: None,
    currency: None,
    suites: Vec::new(),
    evaluate_every: None,
};

fn declared<'a>(subject: &'a Subject<'_>) -> &'a Maintenance {
    subject.declared.maintenance.as_ref().unwrap_or(&NOTHING)
}

/// The budget of a month: hours, and an amount with its currency.
struct Budget<'a> {
    hours: Option<Fixed>,
    cost: Option<(&'a str, Fixed)>,
}

impl Budget<'_> {
    fn of<'a>(subject: &'a Subject<'_>) -> Budget<'a> {
        let declared = declared(subject);
        Budget { hours: declared.hours_per_month, cost: declared.currency.as_deref().zip(declared.cost_per_month) }
    }

    fn is_declared(&self) -> bool {
        self.hours.is_some() || self.cost.is_some()
    }

    /// Whether this much is within it: nanoseconds of work, and 1e-9 units of the currency.
    fn allows(&self, work: i128, cost: i128) -> bool {
        let hours_over = self.hours.is_some_and(|hours| work > i128::from(hours.nanos()) * i128::from(HOUR / SECOND));
        let cost_over = self.cost.is_some_and(|(_, amount)| cost > i128::from(amount.nanos()));
        !hours_over && !cost_over
    }
}

fn budget(subject: &Subject<'_>, judge: Judge) -> Judged {
    let budget = Budget::of(subject);
    judge.result(
        budget.is_declared(),
        || {
            let cost = budget.cost.map(|(currency, amount)| format!("{amount} {currency}"));
            let hours = budget.hours.map(|hours| format!("{hours} h"));
            match budget.is_declared() {
                true => format!("{} a month", listed(cost.into_iter().chain(hours))),
                false => "no budget is declared".into(),
            }
        },
        || {
            let name = subject.name;
            format!("Declare hours_per_month, or cost_per_month with currency, under systems.{name}.maintenance.")
        },
    )
}

fn suites(subject: &Subject<'_>, judge: Judge) -> Judged {
    let Maintenance { suites, evaluate_every: every, .. } = declared(subject);
    judge.result(
        !suites.is_empty() && every.is_some(),
        || match (suites.is_empty(), every) {
            (true, _) => "no suite is declared".into(),
            (false, None) => format!("{}, and evaluate_every is not declared", listed(suites)),
            (false, Some(every)) => format!("{} every {}", listed(suites), declared_span(*every)),
        },
        || format!("Declare suites and evaluate_every under systems.{}.maintenance.", subject.name),
    )
}

fn recorded(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let maintained = history.past.maintained();
    judge.result(
        subject.within(maintained, RECORDED_WITHIN),
        || format!("last recorded {}", when(maintained, subject.now)),
        || {
            let work = [("activity", "monitoring"), ("seconds", "3600")];
            format!("Record the work, with its seconds: {}.", emit("maintenance.recorded", subject.name, &work))
        },
    )
}

fn evaluated(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let suites = &declared(subject).suites;
    let never: Vec<&String> = suites.iter().filter(|suite| history.past.evaluation(suite).is_none()).collect();
    judge.result(
        !suites.is_empty() && never.is_empty(),
        || match (suites.len(), never.is_empty()) {
            (0, _) => "no suite is declared".into(),
            (suites, true) => format!("{} evaluated", plural(suites as u64, "suite")),
            (_, false) => format!("never evaluated: {}", listed(&never)),
        },
        || match never.first() {
            Some(suite) => format!("Run it and record the result: {}.", emit_passed(subject, suite)),
            None => "Declare suites first.".into(),
        },
    )
}

fn suites_are_declared(subject: &Subject<'_>, _: &History<'_>) -> bool {
    !declared(subject).suites.is_empty()
}

fn emit_passed(subject: &Subject<'_>, suite: &str) -> String {
    emit("evaluation.completed", subject.name, &[("suite", suite), ("passed", "true")])
}

fn within_budget(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let budget = Budget::of(subject);
    let (work, cost) = history.past.spent(declared(subject).currency.as_deref(), subject.now);
    judge.result(
        budget.is_declared() && budget.allows(work, cost),
        || {
            let hours = budget.hours.map(|hours| format!("{} of {hours} h", hours_text(work)));
            let cost = budget.cost.map(|(currency, amount)| format!("{} of {amount} {currency}", amount_text(cost)));
            let month = date(history.past.month_start().unwrap_or_else(|| subject.now.month_start()));
            match budget.is_declared() {
                true => format!("{} spent since {month}", listed(cost.into_iter().chain(hours))),
                false => "no budget is declared to judge by".into(),
            }
        },
        || match budget.is_declared() {
            true => format!(
                "Find what the month's work and cost went into, or decide on a larger budget, under \
                 systems.{}.maintenance.",
                subject.name
            ),
            false => "Declare a budget first.".into(),
        },
    )
}

fn evaluations_current(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let Maintenance { suites, evaluate_every: every, .. } = declared(subject);
    let planned = !suites.is_empty() && every.is_some();
    let finding = |suite: &String| finding(subject, history, suite, *every);
    let findings: Vec<String> = suites.iter().filter_map(finding).collect();
    let first = suites.iter().find(|suite| finding(suite).is_some());
    judge.result(
        planned && findings.is_empty(),
        || match (planned, findings.is_empty()) {
            (false, _) => "suites and evaluate_every are not both declared".into(),
            (true, true) => format!("{} on time and passed", plural(suites.len() as u64, "suite")),
            (true, false) => listed(&findings),
        },
        || match first.filter(|_| planned) {
            Some(suite) => format!(
                "Keep what a failed suite judged out of production. Run it until it passes, and record it: {}.",
                emit_passed(subject, suite)
            ),
            None => "Declare suites and evaluate_every first.".into(),
        },
    )
}

/// Whether all that is missing is the first run of suites.
fn none_ran(subject: &Subject<'_>, history: &History<'_>) -> bool {
    let Maintenance { suites, evaluate_every: every, .. } = declared(subject);
    let mut ran = suites.iter().filter(|suite| history.past.evaluation(suite).is_some());
    !suites.is_empty() && every.is_some() && ran.all(|suite| finding(subject, history, suite, *every).is_none())
}

/// What is wrong with a suite's last run.
fn finding(subject: &Subject<'_>, history: &History<'_>, suite: &str, every: Option<i64>) -> Option<String> {
    let Some(last) = history.past.evaluation(suite) else { return Some(format!("{suite} never ran")) };
    if last.failed {
        return Some(format!("{suite} failed {}", date(last.at)));
    }
    let age = subject.now.since(last.at);
    every.is_some_and(|every| age > every).then(|| format!("{suite} ran {} ago", span(age)))
}

/// Hours with one decimal.
fn hours_text(nanos: i128) -> String {
    format!("{:.1}", nanos as f64 / HOUR as f64)
}

fn amount_text(nanos: i128) -> String {
    i64::try_from(nanos)
        .map_or_else(|_| format!("{:.2}", nanos as f64 / 1e9), |nanos| Fixed::from_nanos(nanos).to_string())
}

//! Line 5: maintenance budgeted like a product, and spent.

use super::words::{date, declared as spelt, listed, plural, span, when};
use super::{Checks, Stage, Subject};
use crate::config::model;
use crate::event::Fixed;
use crate::event::time::{DAY, HOUR};

/// Maintenance was recorded lately. Nanoseconds.
const RECORDED_WITHIN: i64 = 90 * DAY;

pub(super) fn grade(subject: &Subject<'_>, checks: &mut Checks) {
    let nothing = model::Maintenance::default();
    let declared = subject.declared.maintenance.as_ref().unwrap_or(&nothing);
    let name = subject.name;
    let cost = declared.currency.as_deref().zip(declared.cost_per_month);
    let hours = declared.hours_per_month;
    let budgeted = cost.is_some() || hours.is_some();
    let cost_words = || cost.map(|(currency, amount)| format!("{amount} {currency}"));
    let hours_words = || hours.map(|hours| format!("{hours} h"));
    checks.add(
        Stage::Declared,
        "budget",
        budgeted,
        || match (cost_words(), hours_words()) {
            (None, None) => "no budget is declared".into(),
            (cost, hours) => format!("{} a month", listed(cost.into_iter().chain(hours))),
        },
        || format!("Declare hours_per_month, or cost_per_month with currency, under systems.{name}.maintenance."),
    );
    let (suites, every) = (&declared.suites, declared.evaluate_every);
    let planned = !suites.is_empty() && every.is_some();
    checks.add(
        Stage::Declared,
        "suites",
        planned,
        || match (suites.is_empty(), every) {
            (true, _) => "no suite is declared".into(),
            (false, None) => format!("{}, and evaluate_every is not declared", listed(suites)),
            (false, Some(every)) => format!("{} every {}", listed(suites), spelt(every)),
        },
        || format!("Declare suites and evaluate_every under systems.{name}.maintenance."),
    );
    let Some(history) = &subject.history else { return };
    let maintained = history.past.maintained();
    checks.add(
        Stage::Exercised,
        "recorded",
        subject.within(maintained, RECORDED_WITHIN),
        || format!("last recorded {}", when(maintained, subject.now)),
        || format!("Record the work: day90 emit maintenance.recorded system={name} activity=monitoring seconds=3600."),
    );
    let never: Vec<&String> = suites.iter().filter(|suite| history.past.evaluation(suite).is_none()).collect();
    checks.add(
        Stage::Exercised,
        "evaluated",
        !suites.is_empty() && never.is_empty(),
        || match (suites.len(), never.is_empty()) {
            (0, _) => "no suite is declared".into(),
            (suites, true) => format!("{} evaluated", plural(suites, "suite", "suites")),
            (_, false) => format!("never evaluated: {}", listed(&never)),
        },
        || match never.first() {
            Some(suite) => format!(
                "Run it and record it: day90 emit evaluation.completed system={name} suite={suite} passed=true."
            ),
            None => "Declare suites first.".into(),
        },
    );
    let spent = history.past.spent(declared.currency.as_deref(), subject.now);
    let over = [
        hours.is_some_and(|hours| spent.0 > i128::from(hours.nanos()) * i128::from(HOUR / 1_000_000_000)),
        cost.is_some_and(|(_, amount)| spent.1 > i128::from(amount.nanos())),
    ];
    checks.add(
        Stage::Current,
        "within_budget",
        budgeted && over == [false; 2],
        || {
            let time = hours.map(|hours| format!("{} of {hours} h", hours_of(spent.0)));
            let money = cost.map(|(currency, amount)| format!("{} of {amount} {currency}", amount_of(spent.1)));
            match (budgeted, listed(money.into_iter().chain(time))) {
                (true, spent) => format!("{spent} spent in the month of {}", date(subject.now.month_start())),
                (false, _) => "no budget is declared to hold it against".into(),
            }
        },
        || match budgeted {
            true => "Find what the month went into, or decide on a larger budget.".into(),
            false => "Declare a budget first.".into(),
        },
    );
    let finding = |suite: &String| -> Option<String> {
        let last = match history.past.evaluation(suite) {
            None => return Some(format!("{suite} never ran")),
            Some(last) => last,
        };
        if last.failed {
            return Some(format!("{suite} failed {}", date(last.at)));
        }
        let late = every.is_some_and(|every| subject.now.since(last.at) > every);
        late.then(|| format!("{suite} ran {} ago", span(subject.now.since(last.at))))
    };
    let findings: Vec<String> = suites.iter().filter_map(finding).collect();
    checks.add(
        Stage::Current,
        "evaluations_current",
        planned && findings.is_empty(),
        || match (planned, findings.is_empty()) {
            (false, _) => "suites and evaluate_every are not both declared".into(),
            (true, true) => format!("{} on time and passed", plural(suites.len(), "suite", "suites")),
            (true, false) => listed(&findings),
        },
        || match planned {
            true => "Run the suites; one that failed keeps what it judged out of production.".into(),
            false => "Declare suites and evaluate_every first.".into(),
        },
    );
}

/// Hours with one digit behind the point.
fn hours_of(nanos: i128) -> String {
    format!("{:.1}", nanos as f64 / HOUR as f64)
}

fn amount_of(nanos: i128) -> String {
    i64::try_from(nanos)
        .map_or_else(|_| format!("{:.2}", nanos as f64 / 1e9), |nanos| Fixed::from_nanos(nanos).to_string())
}

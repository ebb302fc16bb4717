//! The verdict in one sentence, the worst finding first.

use super::history::{History, START};
use crate::event::time::{DAY, MINUTE};

#[test]
fn the_worst_finding_is_first() {
    let mut history = History::operated();
    assert_eq!(history.grade().systems[0].sentence(), "operated");
    // Nobody reviewed for long; then nobody owns it; then it does what it must not.
    history.without(|ago, kind| ago < 42 && kind.starts_with("review."));
    assert_eq!(history.grade().systems[0].sentence(), "not operated: operational quality");
    history.declared().objectives.false_pages_per_month = None;
    assert_eq!(history.grade().systems[0].sentence(), "not operated: monitoring, operational quality");
    history.add(20 * MINUTE, r#"{"type":"escalation.opened","case":"x","reason":"low_confidence"}"#);
    history.add(DAY, r#"{"type":"action.attempted","action":"account.close","mode":"decide"}"#);
    let report = history.grade();
    assert_eq!(
        report.systems[0].sentence(),
        "not operated: boundaries, exception handling, monitoring, operational quality"
    );
    let first = report.systems[0].findings()[0];
    assert_eq!((first.item.item.name, &*first.check.check), ("boundaries", "respected"));
}

/// What fails because nothing is declared to judge by comes after the missing declaration.
#[test]
fn a_consequence_is_no_worse_than_its_cause() {
    let mut history = History::operated();
    history.declared().inputs.clear();
    history.last_scrape = Some(START.plus(-6 * MINUTE));
    let report = history.grade();
    let found: Vec<String> =
        report.systems[0].findings().iter().map(|it| format!("{}/{}", it.item.item.name, it.check.check)).collect();
    assert_eq!(found, ["data_quality/inputs", "monitoring/scraped", "data_quality/checked", "data_quality/fresh"]);
}

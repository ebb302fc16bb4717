//! Question 4: is operational quality watched, and does it still report?

use super::words::{listed, span, when};
use super::{Checks, Stage, Subject};
use crate::event::time::MINUTE;
use crate::state::signals::facts::QualityFamily;

/// Prometheus was here lately. Nanoseconds.
const SCRAPED_WITHIN: i64 = 5 * MINUTE;

/// Families whose silence is a finding. That no rollback happens is none: `rollback.drilled` asks for drills.
const REPORTING: [QualityFamily; 4] = [QualityFamily::Escalations, QualityFamily::ReviewLoad, QualityFamily::Latency, QualityFamily::UserTrust];

pub(super) fn grade(subject: &Subject<'_>, checks: &mut Checks) {
    let pages = subject.declared.objectives.false_pages_per_month;
    checks.add(
        Stage::Declared,
        "paging",
        pages.is_some(),
        || match pages {
            Some(pages) => format!("false pages that are accepted in a month: {pages}"),
            None => "false_pages_per_month is not declared".into(),
        },
        || format!("Ask on-call and declare systems.{}.objectives.false_pages_per_month.", subject.name),
    );
    let Some(history) = &subject.history else { return };
    checks.add(
        Stage::Exercised,
        "scraped",
        subject.within(history.last_scrape, SCRAPED_WITHIN),
        || format!("/metrics was last asked for: {}", when(history.last_scrape, subject.now)),
        || "Let Prometheus scrape /metrics of this daemon at least every five minutes.".into(),
    );
    let heard: Vec<QualityFamily> = REPORTING.into_iter().filter(|family| history.pace(*family).last.is_some()).collect();
    let silent: Vec<String> = heard
        .iter()
        .filter_map(|family| {
            let pace = history.pace(*family);
            let silence = subject.now.since(pace.last?);
            (silence > pace.silence_max()?).then(|| format!("{family} for {}", span(silence)))
        })
        .collect();
    checks.add(
        Stage::Current,
        "reporting",
        !heard.is_empty() && silent.is_empty(),
        || match (heard.is_empty(), silent.is_empty()) {
            (true, _) => "nothing has reported yet".into(),
            (false, true) => format!("reporting: {}", listed(heard.iter().map(|family| family.as_str()))),
            (false, false) => format!("silent beyond the usual: {}", listed(&silent)),
        },
        || "Look whether its sender still sends: what stopped reporting reads as perfect.".into(),
    );
}

//! Question 4: is operational quality watched, and does it still report?

use crate::event::time::MINUTE;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::early::{AskedFrom, Early};
use crate::preflight::subject::{History, Subject};
use crate::preflight::words::{listed, span, when};
use crate::state::signals::facts::QualityFamily;

/// A scrape this long ago still counts. Nanoseconds.
const SCRAPED_WITHIN: i64 = 5 * MINUTE;

/// Families whose silence is a finding. Rollbacks are not: `rollback.drilled` asks for drills instead.
const REPORTING: [QualityFamily; 4] =
    [QualityFamily::Escalations, QualityFamily::ReviewLoad, QualityFamily::Latency, QualityFamily::UserTrust];

pub(super) const LINE: Line = Line {
    title: "Monitoring: is operational quality watched, and still reported",
    checks: &[
        Check {
            name: "paging",
            passes_when: "on-call has said how many false pages a month it accepts",
            to_pass: "`objectives.false_pages_per_month`",
            grade: Grade::Declared(paging),
            ..Check::USUAL
        },
        Check {
            name: "scraped",
            passes_when: "`/metrics` was asked for within 5 minutes",
            to_pass: "a Prometheus",
            before_launch: true,
            grade: Grade::Exercised(scraped),
            ..Check::USUAL
        },
        Check {
            name: "reporting",
            passes_when: "something reports, and no family is silent beyond its usual pace",
            to_pass: "look at its sender",
            early: Some(Early { from: AskedFrom::TRAFFIC, nothing_yet: nothing_reported }),
            grade: Grade::Current(reporting),
            ..Check::USUAL
        },
    ],
};

fn paging(subject: &Subject<'_>, judge: Judge) -> Judged {
    let pages = subject.declared.objectives.false_pages_per_month;
    judge.result(
        pages.is_some(),
        || match pages {
            Some(pages) => format!("false pages that are accepted in a month: {pages}"),
            None => "false_pages_per_month is not declared".into(),
        },
        || format!("Ask on-call and declare systems.{}.objectives.false_pages_per_month.", subject.name),
    )
}

fn scraped(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    judge.result(
        subject.within(history.last_scrape, SCRAPED_WITHIN),
        || format!("/metrics was last asked for: {}", when(history.last_scrape, subject.now)),
        || "Let Prometheus scrape /metrics of this daemon at least every five minutes.".into(),
    )
}

fn reporting(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let heard = || REPORTING.into_iter().filter(|family| history.facts().pace(*family).last.is_some());
    let silent: Vec<String> = heard().filter_map(|family| silence(subject, history, family)).collect();
    let nothing = heard().next().is_none();
    judge.result(
        !nothing && silent.is_empty(),
        || match (nothing, silent.is_empty()) {
            (true, _) => "nothing has reported yet".into(),
            (false, true) => format!("reporting: {}", listed(heard().map(|family| family.as_str()))),
            (false, false) => format!("silent for longer than usual: {}", listed(&silent)),
        },
        || match nothing {
            true => "Send what happens: task.completed with duration_seconds, escalation.opened.".into(),
            false => "Find out whether its sender still sends: a signal that stopped looks perfect.".into(),
        },
    )
}

fn nothing_reported(_: &Subject<'_>, history: &History<'_>) -> bool {
    REPORTING.into_iter().all(|family| history.facts().pace(family).last.is_none())
}

/// A family that is silent beyond its usual pace, and for how long.
fn silence(subject: &Subject<'_>, history: &History<'_>, family: QualityFamily) -> Option<String> {
    let pace = history.facts().pace(family);
    let silence = subject.now.since(pace.last?);
    (silence > pace.silence_max()?).then(|| format!("{family} for {}", span(silence)))
}

//! What becomes of a check: waived, not asked yet, too early, or graded.

use super::check::{Check, Judge, Judged, Stage, Status};
use super::checklist::Item;
use super::report::CheckReport;
use super::subject::Subject;
use super::words::date;
use crate::config::model::Waiver;

/// The report of a check; `None` if it needs to know what happened and nothing of that is known.
pub(super) fn of(item: &Item, check: &'static Check, subject: &Subject<'_>, judge: Judge) -> Option<CheckReport> {
    let report = |status, evidence, next| {
        Some(CheckReport { check: check.name.into(), stage: check.stage(), status, evidence, next })
    };
    let name = format!("{}/{}", item.name, check.name);
    if subject.history.is_none() && check.stage() > Stage::Declared {
        return None;
    }
    if let Some((waived, waiver)) = waiver(subject, &name, check) {
        let evidence = judge.text(|| words(waiver, (waived != name).then_some(waived)));
        return report(Status::NotApplicable, evidence, None);
    }
    if let Some(day) = subject.launches().filter(|_| !check.gates_launch()) {
        let evidence = judge.text(|| format!("asked from the launch on, {}", date(day)));
        return report(Status::NotAsked, evidence, None);
    }
    let Judged { pass, mut evidence, next } = check.judge(subject, judge)?;
    if pass {
        return report(Status::Pass, evidence, None);
    }
    let early = check.early.as_ref().zip(subject.history.as_ref());
    if let Some(from) = early.and_then(|(early, history)| early.asked_from(subject, history)) {
        let evidence = judge.text(|| format!("{evidence}; asked from {}", date(from)));
        return report(Status::TooEarly, evidence, None);
    }
    if let Some((waiver, _)) = subject.waiver(&name).filter(|_| judge.explain) {
        evidence.push_str(&format!("; {} said it doesn't apply, until {}", waiver.by, waiver.until));
    }
    report(Status::Fail, evidence, next)
}

/// The waiver that holds for a check: its own, or that of a check whose declarations it judges by; and which it is of.
fn waiver<'a>(subject: &Subject<'a>, name: &'a str, check: &Check) -> Option<(&'a str, &'a Waiver)> {
    let names = std::iter::once(name).chain(check.judges.iter().copied());
    names.into_iter().find_map(|name| match subject.waiver(name) {
        Some((waiver, false)) => Some((name, waiver)),
        _ => None,
    })
}

fn words(waiver: &Waiver, of_another: Option<&str>) -> String {
    let Waiver { reason, by, until } = waiver;
    let with = of_another.map(|name| format!("as {name}: ")).unwrap_or_default();
    format!("{with}{reason} ({by}, until {until})")
}

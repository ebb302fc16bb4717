//! Line 3: who answers for it, from launch to day 90 and after.

use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::subject::{History, Subject};
use crate::preflight::words::{date, declared_span, emit, when};
use crate::words::plural;

pub(super) const LINE: Line = Line {
    title: "Day-90 owner: who answers for it",
    checks: &[
        Check {
            name: "assigned",
            passes_when: "owner with name and contact",
            to_pass: "`owner`",
            grade: Grade::Declared(assigned),
            ..Check::USUAL
        },
        Check {
            name: "launched",
            passes_when: "the launch date is there; it may lie ahead",
            to_pass: "`launched`",
            grade: Grade::Declared(launched),
            ..Check::USUAL
        },
        Check {
            name: "attested",
            passes_when: "the declared owner has attested once",
            to_pass: "`day90 emit owner.attested`",
            before_launch: true,
            judges: &["owner/assigned"],
            grade: Grade::Exercised(attested),
            ..Check::USUAL
        },
        Check {
            name: "attestation_current",
            passes_when: "the last attestation is younger than `attest_every`",
            to_pass: "the same, again",
            judges: &["owner/assigned"],
            follows: &["owner/attested"],
            grade: Grade::Current(attestation_current),
            ..Check::USUAL
        },
    ],
};

fn assigned(subject: &Subject<'_>, judge: Judge) -> Judged {
    let owner = subject.declared.owner.as_ref();
    judge.result(
        owner.is_some_and(|owner| !owner.name.is_empty() && !owner.contact.is_empty()),
        || owner.map_or("no owner is declared".into(), |owner| format!("{}, {}", owner.name, owner.contact)),
        || format!("Declare systems.{}.owner with name and contact.", subject.name),
    )
}

fn launched(subject: &Subject<'_>, judge: Judge) -> Judged {
    let launched = subject.declared.launched;
    judge.result(
        launched.is_some(),
        || match launched {
            None => "no launch date is declared".into(),
            Some(at) => match subject.day().unwrap_or_default() {
                day @ 0.. => format!("{}, day {day}", date(at)),
                ahead => format!("{}, in {}", date(at), plural(ahead.unsigned_abs(), "day")),
            },
        },
        || format!("Declare systems.{}.launched, the date from which day 90 counts.", subject.name),
    )
}

fn attested(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let attested = history.past.attested();
    judge.result(
        attested.is_some(),
        || format!("last attested {}", when(attested, subject.now)),
        || how_to_attest(subject),
    )
}

fn attestation_current(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let attested = history.past.attested();
    let every = subject.declared.owner.as_ref().map(|owner| owner.attest_every);
    let current = every.is_some_and(|every| subject.within(attested, every));
    judge.result(
        current,
        || match (attested, every) {
            (_, None) => "no owner is declared who could attest".into(),
            (None, _) => "never attested".into(),
            (Some(at), Some(every)) => {
                let word = if current { "valid until" } else { "lapsed on" };
                let (day, end) = (date(at), date(at.plus(every)));
                format!("attested {day}, {word} {end} ({} each)", declared_span(every))
            }
        },
        || how_to_attest(subject),
    )
}

fn how_to_attest(subject: &Subject<'_>) -> String {
    match &subject.declared.owner {
        None => "Declare an owner first.".into(),
        Some(owner) => {
            format!("The owner says so: {}.", emit("owner.attested", subject.name, &[("owner", &owner.name)]))
        }
    }
}

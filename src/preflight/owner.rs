//! Line 3: who answers for it, from launch to day 90 and after.

use super::words::{date, declared as spelt, when};
use super::{Checks, Stage, Subject};
use crate::event::time::DAY;

pub(super) fn grade(subject: &Subject<'_>, checks: &mut Checks) {
    let owner = subject.declared.owner.as_ref();
    let name = subject.name;
    checks.add(
        Stage::Declared,
        "assigned",
        owner.is_some_and(|owner| !owner.name.is_empty() && !owner.contact.is_empty()),
        || owner.map_or("no owner is declared".into(), |owner| format!("{}, {}", owner.name, owner.contact)),
        || format!("Declare systems.{name}.owner with name and contact."),
    );
    let launched = subject.declared.launched;
    checks.add(
        Stage::Declared,
        "launched",
        launched.is_some(),
        || match launched {
            None => "no launch date is declared".into(),
            Some(at) => format!("{}, day {}", date(at), subject.now.since(at).div_euclid(DAY)),
        },
        || format!("Declare systems.{name}.launched, the date from which day 90 counts."),
    );
    let Some(history) = &subject.history else { return };
    let attested = history.past.attested();
    let how = || {
        let owner = owner.map_or("NAME", |owner| owner.name.as_str());
        format!("The owner says so: day90 emit owner.attested system={name} owner={owner}.")
    };
    checks.add(
        Stage::Exercised,
        "attested",
        attested.is_some(),
        || format!("last attested {}", when(attested, subject.now)),
        how,
    );
    let every = owner.map(|owner| owner.attest_every);
    checks.add(
        Stage::Current,
        "attestation_current",
        every.is_some_and(|every| subject.within(attested, every)),
        || match (attested, every) {
            (_, None) => "no owner is declared who could attest".into(),
            (None, _) => "never attested".into(),
            (Some(at), Some(every)) => {
                let (ends, word) =
                    (at.plus(every), if subject.within(attested, every) { "holds until" } else { "lapsed on" });
                format!("attested {}, {word} {} ({} each)", date(at), date(ends), spelt(every))
            }
        },
        how,
    );
}

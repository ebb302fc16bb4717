//! The checklist as metrics, graded at each scrape from its snapshot; the writer never does it.

use std::borrow::Cow;

use crate::config::model;
use crate::event::Timestamp;
use crate::state::Snapshot;
use crate::state::engine::family::{Family, Number, SYSTEM, Sink, closed, gauge, open};

use super::check::{Judge, Stage, Status};
use super::checklist::NAMES;
use super::grading::items;
use super::report::{ItemReport, Report};
use super::subject::{History, Subject};

pub static CHECK: Family = gauge(
    "day90_preflight_check",
    &[SYSTEM, closed("item", NAMES), open("check"), closed("stage", Stage::WORDS)],
    "1 while a check of the checklist passes, 0 while it fails; absent while it is not asked, too early or not applicable. docs/preflight.md says what each check asks for; day90 preflight says what it found.",
);
pub static RATIO: Family = gauge(
    "day90_preflight_ratio",
    &[SYSTEM, closed("item", NAMES)],
    "The part that passes of the checks of an item that pass or fail, over all stages, from 0 to 1; absent where there are none.",
);

/// The families, in the order in which they are shown.
pub static FAMILIES: &[&Family] = &[&CHECK, &RATIO];

/// Grades and writes both families to a sink. A scrape has no use for words.
pub fn visit(snapshot: &Snapshot, now: Timestamp, last_scrape: Option<Timestamp>, sink: &mut dyn Sink) {
    let pasts = snapshot.pasts(now);
    let nothing = model::System::default();
    let graded = pasts.iter().map(|past| {
        let (name, declared) = (past.name(), past.declared().unwrap_or(&nothing));
        let subject = Subject { name, declared, history: Some(History { past, last_scrape }), now };
        (name, Cow::Owned(items(&subject, Judge { explain: false })))
    });
    write(graded, sink);
}

/// Writes both families of what was graded already.
pub fn show(report: &Report, sink: &mut dyn Sink) {
    write(report.systems.iter().map(|system| (&*system.system, Cow::Borrowed(&*system.items))), sink);
}

fn write<'a>(graded: impl Iterator<Item = (&'a str, Cow<'a, [ItemReport]>)>, sink: &mut dyn Sink) {
    let mut ratios = Vec::new();
    CHECK.announce(sink);
    for (name, items) in graded {
        for item in &*items {
            for check in &item.checks {
                let passes = match check.status {
                    Status::Pass => 1,
                    Status::Fail => 0,
                    Status::TooEarly | Status::NotAsked | Status::NotApplicable => continue,
                };
                let values = [name, item.item.name, &check.check, check.stage.as_str()];
                sink.sample(&values, Number::Count(passes));
            }
            ratios.extend(item.counts().ratio().map(|ratio| (name, item.item, ratio)));
        }
    }
    RATIO.announce(sink);
    for (system, item, ratio) in ratios {
        sink.sample(&[system, item.name], Number::Float(ratio));
    }
}

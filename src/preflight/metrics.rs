//! The checklist as metrics, graded at each scrape from its snapshot: never by the writer.

use crate::event::Timestamp;
use crate::state::Snapshot;
use crate::state::engine::family::{Family, Number, SYSTEM, Sink, closed, gauge, open};

use super::{Item, Stage, grade_system};

pub static CHECK: Family = gauge(
    "day90_preflight_check",
    &[SYSTEM, closed("item", Item::WORDS), open("check"), closed("stage", Stage::WORDS)],
    "1 while a check of the checklist passes, 0 while it fails. docs/preflight.md says what each check asks for; day90 preflight says what it found.",
);
pub static RATIO: Family = gauge(
    "day90_preflight_ratio",
    &[SYSTEM, closed("item", Item::WORDS)],
    "Passed checks of all checks of an item of the checklist, of every stage, from 0 to 1.",
);

/// The families, in the order in which they are shown.
pub static FAMILIES: &[&Family] = &[&CHECK, &RATIO];

/// Pours both families into a sink.
pub fn visit(snapshot: &Snapshot, now: Timestamp, last_scrape: Option<Timestamp>, sink: &mut dyn Sink) {
    let pasts = snapshot.pasts(now);
    let mut ratios = Vec::with_capacity(pasts.len() * Item::ALL.len());
    CHECK.announce(sink);
    for past in &pasts {
        for item in grade_system(past.name(), past.declared(), Some((past, last_scrape)), now, false) {
            for check in &item.checks {
                let values = [past.name(), item.item.as_str(), &check.check, check.stage.as_str()];
                sink.sample(&values, Number::Count(u64::from(check.pass)));
            }
            ratios.push((past.name(), item.item, item.ratio()));
        }
    }
    RATIO.announce(sink);
    for (system, item, ratio) in ratios {
        sink.sample(&[system, item.as_str()], Number::Float(ratio));
    }
}

//! Before the launch only what can be done before it is asked. Case O6: the launch gate could not be passed before the launch.

use std::collections::BTreeSet;

use super::history::{History, START};
use super::{CONTRACT, check_of, failing, names, with_status};
use crate::event::Timestamp;
use crate::event::time::{DAY, HOUR, MINUTE};
use crate::preflight::{Stage, Status, Verdict};

/// What a later stage asks before the launch.
const BEFORE: [&str; 4] = ["exception_path.drilled", "owner.attested", "monitoring.scraped", "rollback.drilled"];

/// The launch is at midnight; this is how much later it is now.
fn at(after_launch: i64) -> History {
    let mut history = History::operated();
    history.declared().launched = Some(midnight());
    history.now = midnight().plus(after_launch);
    history.last_scrape = Some(history.now.plus(-MINUTE));
    history
}

/// The midnight that follows the history.
fn midnight() -> Timestamp {
    START.plus(15 * HOUR)
}

#[test]
fn before_the_launch_only_what_can_be_done_before_it_is_asked() {
    let mut history = at(-HOUR);
    history.without(|_, kind| !matches!(kind, "drill.completed" | "owner.attested"));
    let report = history.grade();
    let asked: BTreeSet<String> = CONTRACT
        .iter()
        .map(|(item, check, stage)| (format!("{item}.{check}"), *stage))
        .filter(|(name, stage)| *stage == "declared" || BEFORE.contains(&name.as_str()))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(with_status(&report, Status::Pass), asked);
    assert_eq!(with_status(&report, Status::NotAsked).len(), CONTRACT.len() - asked.len());
    let system = &report.systems[0];
    assert_eq!((system.verdict, system.ratio, report.failed(Stage::Current)), (Verdict::NotLaunched, Some(1.0), 0));
    assert_eq!(system.sentence(), "not launched yet, and what is asked before the launch passes");
    let waiting = check_of(&report, "boundaries.respected");
    assert_eq!((&*waiting.evidence, &waiting.next), ("asked from the launch on, 2026-11-24", &None));
}

#[test]
fn the_launch_gate_fails_where_something_was_not_practised() {
    let mut history = at(-HOUR);
    history.without_those(|_, event| event["path"] == "rollback");
    let report = history.grade();
    assert_eq!(failing(&report), names(&["rollback.drilled"]));
    assert_eq!((report.failed(Stage::Current), report.failed(Stage::Declared)), (1, 0));
    assert_eq!(report.systems[0].verdict, Verdict::NotLaunched);
    assert_eq!(report.systems[0].sentence(), "not launched yet; missing before the launch: rollback");
}

/// Case R3: the day of the launch is day 0, and it is launched from its first moment on, whatever hour is declared.
#[test]
fn the_day_of_the_launch_is_day_0_and_launched() {
    for (after, verdict, evidence) in [
        (-1, Verdict::NotLaunched, "2026-11-24, in 1 day"),
        (0, Verdict::Operated, "2026-11-24, day 0"),
        (DAY - 1, Verdict::Operated, "2026-11-24, day 0"),
        (DAY, Verdict::NotOperated, "2026-11-24, day 1"),
    ] {
        let mut history = at(after);
        history.declared().launched = Some(midnight().plus(15 * HOUR));
        if verdict == Verdict::Operated {
            history.declared().inputs.values_mut().for_each(|most| *most = Some(30 * DAY));
        }
        let report = history.grade();
        assert_eq!(check_of(&report, "owner.launched").evidence, evidence);
        assert_eq!(report.systems[0].verdict, verdict, "{after}: {:?}", failing(&report));
    }
}

/// Day 90 is 90 days after the day of the launch.
#[test]
fn day_90_is_day_90() {
    let mut history = History::operated();
    history.declared().launched = Some(Timestamp::parse_rfc3339("2026-09-01T00:00:00Z").unwrap());
    history.now = Timestamp::parse_rfc3339("2026-11-30T12:00:00Z").unwrap();
    assert_eq!(check_of(&history.grade(), "owner.launched").evidence, "2026-09-01, day 90");
}

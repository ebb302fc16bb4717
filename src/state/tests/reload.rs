//! A new configuration: systems that are removed and come back, and what a reload leaves alone.

use super::harness::*;
use crate::config::Model;
use crate::config::model::{Owner, System, Within};
use crate::event::time::{DAY, HOUR, MINUTE};
use crate::event::{Body, ClosedBy, Event, RollbackTo};

/// Work of every kind, open and waiting, in one declared system.
fn busy() -> Fold {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).take(acknowledged("c-2", 0)).take(requested("c-1", 0)).take(started("c-2", 0));
    fold.take(appealed("c-1", 0)).take(decided("c-2", 0)).take(rollback_started("r-1", 0, RollbackTo::PreviousProcess));
    fold.take(rollback_completed("r-2", 0)).take(event("none", 0, Body::FallbackEnded { reason: None }));
    fold.take(event("c-1", 0, Body::CaseClosed { by: ClosedBy::Ai }));
    fold.take(event("c-2", 0, Body::CaseReopened { reason: None }));
    fold.take(super::changes::deployed("version-1", 0, None, None));
    fold
}

fn removing(name: &str) -> Model {
    Model { removed: [name.to_owned()].into(), ..Model::default() }
}

#[test]
fn removing_a_system_removes_its_series_and_its_open_work() {
    let mut fold = busy();
    assert_eq!(fold.samples().systems.into_iter().collect::<Vec<_>>(), ["agent"]);
    fold.configure(removing("agent"));
    assert!(fold.samples().systems.is_empty(), "{:?}", fold.samples().systems);
    for family in ["escalation", "review", "appeal", "rollback"] {
        fold.expect(&format!("day90_open_lifecycles{{family={family}}}"), 0.0);
    }
    assert_eq!(fold.state.snapshot().cases(None, 0, 100).1, 0);
    assert!(!fold.stored().windows(9).any(|text| text == b"version-1"), "a checkpoint keeps nothing of its changes");
}

#[test]
fn the_timers_of_a_removed_system_count_nothing() {
    let mut fold = busy();
    fold.configure(removing("agent"));
    let before = fold.samples().all;
    let mut after = fold.advance(30 * DAY).samples().all;
    after.retain(|series, value| before.get(series) != Some(value) && !series.starts_with("day90_dedupe"));
    assert!(after.is_empty(), "{after:?}");
}

#[test]
fn a_system_that_comes_back_is_new() {
    let mut fold = busy();
    fold.configure(removing("agent")).configure(routed());
    fold.expect("day90_escalations_open{queue=billing}", 0.0)
        .expect("day90_escalations_total{queue=billing,reason=low_confidence}", 0.0)
        .expect("day90_rollbacks_in_progress", 0.0)
        .expect("day90_fallback_active", 0.0)
        .expect_none("day90_behavior_info{kind=prompt,version=version-1}");
    fold.take(acknowledged("c-1", 60)).expect_none("day90_escalation_acknowledge_seconds_count{queue=billing}");
    fold.take(opened("c-1", 30)).expect("day90_escalations_open{queue=billing}", 1.0);
    fold.expect("day90_escalation_acknowledge_seconds_sum{queue=billing}", 30.0);
}

#[test]
fn removing_one_system_leaves_the_others() {
    let two = || {
        let mut model = routed();
        model.systems.insert("other-agent".to_owned(), System::default());
        model
    };
    let mut fold = Fold::with(two());
    for name in ["agent", "other-agent"] {
        for event in [opened("c-1", 0), requested("c-1", 0), appealed("c-1", 0)] {
            fold.take(Event { system: name.into(), ..event });
        }
    }
    let mut left = two();
    left.systems.remove("agent");
    left.removed.insert("agent".to_owned());
    fold.configure(left).expect_none("day90_escalations_open{queue=billing}");
    for family in ["escalation", "review", "appeal"] {
        fold.expect(&format!("day90_open_lifecycles{{family={family}}}"), 1.0);
    }
    fold.expect("day90_escalations_open{system=other-agent,queue=billing}", 1.0);
    fold.expect("day90_appeals_open{system=other-agent}", 1.0);
    assert_eq!(fold.state.snapshot().cases(Some("other-agent"), 0, 100).1, 3);
}

#[test]
fn deadlines_are_those_in_force_when_the_escalation_was_opened() {
    let missed = "day90_escalation_deadline_missed_total{queue=billing,stage=acknowledge}";
    let mut shorter = routed();
    shorter.systems.get_mut("agent").unwrap().exception_path.acknowledge_within = Some(Within::plain(MINUTE));
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).configure(shorter).advance(10 * MINUTE).expect(missed, 0.0);
    fold.take(opened("c-2", 600)).advance(MINUTE).expect(missed, 1.0).advance(HOUR).expect(missed, 2.0);
}

#[test]
fn a_new_owner_does_not_inherit_the_attestation_of_the_old_one() {
    let owned = |name: &str| {
        let owner = Owner { name: name.to_owned(), contact: "#ops".to_owned(), attest_every: 90 * DAY };
        declared(System { owner: Some(owner), ..System::default() })
    };
    let attested = "day90_owner_attested_timestamp_seconds";
    let mut fold = Fold::with(owned("old-team"));
    fold.take(event("none", 0, Body::OwnerAttested { owner: "old-team".into(), note: None }));
    fold.expect(attested, START.as_seconds_f64());
    fold.configure(owned("new-team")).expect_none(attested);
    fold.take(event("none", 5, Body::OwnerAttested { owner: "new-team".into(), note: None }));
    fold.expect(attested, START.as_seconds_f64() + 5.0);
}

#[test]
fn where_nobody_is_declared_the_last_attestation_by_time_counts_whoever_gave_it() {
    let attested = "day90_owner_attested_timestamp_seconds";
    let mut fold = Fold::new();
    fold.tell("owner.attested", 60, r#""owner":"ops""#).tell("owner.attested", 20, r#""owner":"other-team""#);
    fold.expect(attested, START.as_seconds_f64() + 60.0);
    fold.tell("owner.attested", 90, r#""owner":"other-team""#).expect(attested, START.as_seconds_f64() + 90.0);
}

//! A restart: a state read from a checkpoint continues as the one that was stored.

use super::harness::*;
use crate::event::time::{DAY, MINUTE};
use crate::event::{Body, Decision, RollbackTo};

#[test]
fn a_restarted_state_continues_as_if_nothing_had_happened() {
    let mut live = Fold::with(routed());
    live.take(opened("c-1", 0)).take(acknowledged("c-2", 5)).take(super::changes::deployed("v1", 1, None, Some("b")));
    let mut restarted = live.restarted();
    assert_eq!(restarted.samples(), live.samples());
    for fold in [&mut live, &mut restarted] {
        fold.advance(20 * MINUTE)
            .take(opened("c-2", 1))
            .take(resolved("c-1", 60))
            .take(opened("c-3", 70))
            .advance(2 * DAY);
    }
    assert_eq!(restarted.samples(), live.samples());
    assert_eq!(restarted.stored(), live.stored());
}

/// Every lifecycle in every phase, restarted between any two stages.
#[test]
fn a_restart_between_two_stages_changes_nothing() {
    let to = RollbackTo::PreviousProcess;
    let stages = [
        vec![opened("c-1", 0), acknowledged("c-1", 9), reassigned("c-1", 10, "fraud"), resolved("c-1", 60)],
        vec![acknowledged("c-2", 9), resolved("c-2", 60), opened("c-2", 0), opened("c-2", 90)],
        vec![
            requested("c-1", 0),
            started("c-1", 9),
            completed("c-1", 60, Decision::Edited),
            audited("c-1", 90, true, None),
        ],
        vec![audited("c-2", 90, true, None), completed("c-2", 60, Decision::Edited), requested("c-2", 0)],
        vec![appealed("c-1", 0), decided("c-1", 60), appealed("c-1", 90)],
        vec![decided("c-2", 60), appealed("c-2", 0), decided("c-2", 60)],
        vec![
            rollback_started("r-1", 0, to),
            rollback_completed("r-1", 60),
            event("none", 90, Body::FallbackEnded { reason: None }),
        ],
        vec![
            event("none", 90, Body::FallbackEnded { reason: None }),
            rollback_completed("r-2", 60),
            rollback_started("r-2", 0, to),
        ],
    ];
    for stages in stages {
        let (mut live, mut restarted) = (Fold::with(routed()), Fold::with(routed()));
        for event in stages {
            restarted = restarted.restarted();
            live.take(event.clone());
            restarted.take(event);
            assert_eq!(restarted.samples(), live.samples());
        }
        restarted = restarted.restarted();
        live.advance(2 * DAY);
        restarted.advance(2 * DAY);
        assert_eq!(restarted.samples(), live.samples());
        assert_eq!(restarted.stored(), live.stored());
    }
}

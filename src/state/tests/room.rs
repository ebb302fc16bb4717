//! Full tables: which openings are refused, what is forgotten first, and what never is.

use super::harness::*;
use crate::config::Model;
use crate::config::model::{Bounds, System};
use crate::event::{Decision, Reason, RollbackTo};

const MEMORY: &str = "day90_memory_bytes";

/// Room for about 250 escalations and a few label values.
fn cramped() -> Fold {
    let limits = Bounds { state_bytes: 100_000, ..Bounds::default() };
    Fold::with(Model { limits, ..declared(System::default()) })
}

/// Opens escalations until the next is refused, and says how many were not.
fn open_all(fold: &mut Fold, prefix: &str) -> usize {
    let mut number = 0;
    loop {
        let event = opened(&format!("{prefix}-{number}"), 0);
        if fold.admit(&event).is_err() {
            return number;
        }
        fold.take(event);
        number += 1;
    }
}

/// Bytes of lifecycles of all kinds.
fn lifecycle_bytes(fold: &Fold) -> f64 {
    ["escalations", "reviews", "appeals", "rollbacks", "cases"]
        .map(|part| fold.value(&format!("{MEMORY}{{part={part}}}")))
        .iter()
        .sum()
}

#[test]
fn an_event_opens_something_unless_that_is_open_already() {
    let mut fold = Fold::new();
    let openings = [
        opened("c-1", 0),
        requested("c-1", 0),
        appealed("c-1", 0),
        rollback_started("r-1", 0, RollbackTo::PreviousVersion),
    ];
    let kinds: Vec<_> = openings.iter().map(|event| fold.state.would_open(event)).collect();
    assert!(kinds.iter().all(Option::is_some));
    assert!((1..4).all(|kind| !kinds[..kind].contains(&kinds[kind])), "four kinds: {kinds:?}");
    for event in openings {
        fold.take(event.clone());
        assert_eq!(fold.state.would_open(&event), None);
    }
    assert_eq!(fold.state.would_open(&acknowledged("c-2", 5)), None);
    // A stage that waits for its opening is not open, nor is what has ended.
    fold.take(acknowledged("c-3", 5)).take(resolved("c-1", 5)).take(completed("c-1", 5, Decision::Edited));
    for event in [opened("c-3", 0), opened("c-1", 9), requested("c-1", 9)] {
        assert!(fold.state.would_open(&event).is_some(), "{event:?}");
    }
}

#[test]
fn at_the_bound_of_open_cases_openings_of_every_kind_are_refused() {
    let limits = Bounds { open_cases: 2, ..Bounds::default() };
    let mut fold = Fold::with(Model { limits, ..Model::default() });
    assert_eq!(fold.admit(&opened("c-1", 0)), Ok(()));
    fold.take(opened("c-1", 0)).take(appealed("c-1", 0));
    for event in [
        opened("c-2", 0),
        requested("c-2", 0),
        appealed("c-2", 0),
        rollback_started("r-1", 0, RollbackTo::PreviousVersion),
    ] {
        assert_eq!(fold.admit(&event).map_err(|rejection| rejection.reason), Err(Reason::OpenCases));
    }
    fold.take(resolved("c-1", 5));
    assert_eq!(fold.admit(&opened("c-2", 0)), Ok(()));
}

#[test]
fn a_flood_of_one_kind_leaves_room_for_the_others_until_all_is_taken() {
    let mut fold = cramped();
    let opened_now = open_all(&mut fold, "c");
    assert!((200..260).contains(&opened_now), "{opened_now}");
    assert_eq!(fold.admit(&opened("c-next", 0)).map_err(|rejection| rejection.reason), Err(Reason::Memory));
    assert_eq!(fold.admit(&requested("c-next", 0)), Ok(()));
    fold.take(resolved("c-0", 1));
    assert_eq!(fold.admit(&opened("c-next", 0)), Ok(()));
}

#[test]
fn the_oldest_finished_work_is_forgotten_first_and_that_is_counted() {
    let mut fold = cramped();
    for case in 0..1_000 {
        fold.take(opened(&format!("c-{case}"), 0)).take(resolved(&format!("c-{case}"), 1));
    }
    assert!(lifecycle_bytes(&fold) <= fold.value("day90_memory_room_bytes{part=lifecycles}"));
    let samples = fold.samples().all;
    let counted = samples.iter().filter(|(series, _)| series.starts_with("day90_escalations_total"));
    assert_eq!(counted.map(|(_, count)| count).sum::<f64>(), 1_000.0, "every opening counts, under `other` if need be");
    assert!(fold.value("day90_lifecycles_forgotten_total{kind=escalation}") > 800.0);
    assert!(fold.value("day90_lifecycles_forgotten_total{kind=case}") > 800.0);
    // The newest are still known, the oldest are not.
    fold.take(resolved("c-999", 1)).expect("day90_lifecycle_repeats_total{type=escalation.resolved}", 1.0);
    fold.take(resolved("c-0", 1)).expect("day90_lifecycle_repeats_total{type=escalation.resolved}", 1.0);
    let opened_now = open_all(&mut fold, "d");
    assert!(opened_now > 200, "finished work leaves room for openings: {opened_now}");
}

#[test]
fn finished_reviews_appeals_and_rollbacks_are_forgotten_too() {
    let mut fold = cramped();
    for number in 0..1_000 {
        let case = format!("c-{number}");
        let name: &'static str = case.clone().leak();
        fold.take(requested(&case, 0)).take(completed(&case, 1, Decision::Edited));
        fold.take(appealed(&case, 0)).take(decided(&case, 1));
        fold.take(rollback_started(name, 0, RollbackTo::PreviousVersion)).take(rollback_completed(name, 1));
    }
    assert!(lifecycle_bytes(&fold) <= fold.value("day90_memory_room_bytes{part=lifecycles}"));
    for kind in ["review", "appeal", "rollback"] {
        assert!(fold.value(&format!("day90_lifecycles_forgotten_total{{kind={kind}}}")) > 800.0, "{kind}");
    }
}

#[test]
fn stages_without_an_opening_leave_room_for_openings() {
    for (event, kind) in [
        (acknowledged as fn(&str, i64) -> _, "escalation.acknowledged"),
        (started, "review.started"),
        (|name, seconds| rollback_completed(name.to_owned().leak(), seconds), "rollback.completed"),
        (|case, seconds| event(case, seconds, crate::event::Body::CaseReopened { reason: None }), "case.reopened"),
    ] {
        let mut fold = cramped();
        for case in 0..1_000 {
            fold.take(event(&format!("c-{case}"), 0));
        }
        assert_eq!(fold.admit(&opened("c-next", 0)), Ok(()));
        let orphans = fold.value(&format!("day90_lifecycle_orphans_total{{type={kind}}}"));
        assert!((900.0..1_000.0).contains(&orphans), "{kind}: {orphans}");
    }
}

#[test]
fn decisions_without_an_appeal_count_at_once_when_no_more_can_wait() {
    let mut fold = cramped();
    for case in 0..1_000 {
        fold.take(decided(&format!("c-{case}"), 0));
    }
    assert_eq!(fold.admit(&opened("c-next", 0)), Ok(()));
    let decisions = fold.value("day90_appeals_total{outcome=overturned}");
    assert!((900.0..1_000.0).contains(&decisions), "{decisions}");
}

#[test]
fn a_restarted_state_has_the_same_room() {
    let mut fold = cramped();
    for case in 0..300 {
        let name: &'static str = format!("q-{case}").leak();
        fold.take(opened(&format!("c-{case}"), 0)).take(reassigned(&format!("c-{case}"), 1, name));
    }
    let mut restarted = fold.restarted();
    for fold in [&mut fold, &mut restarted] {
        fold.take(opened("c-more", 0)).take(reassigned("c-more", 1, "q-more")).take(resolved("c-more", 2));
    }
    assert_eq!(restarted.samples(), fold.samples());
    let [taken, room] =
        [MEMORY, "day90_memory_room_bytes"].map(|name| restarted.value(&format!("{name}{{part=series}}")));
    assert!(taken >= room, "hundreds of label values don't fit: {taken} of {room}");
}

#[test]
fn a_row_takes_no_more_than_is_counted_for_it() {
    for rows in Fold::new().state.rows() {
        let (measured, counted) = (rows.measured_bytes(), rows.row_bytes());
        assert!(measured <= counted, "{}: {measured} of {counted} bytes", rows.word());
    }
}

//! Rare events: which are kept, how many, and what forgets them.

use super::harness::*;
use crate::config::Model;
use crate::config::model::{Boundary, Bounds, System};
use crate::event::time::SECOND;
use crate::event::{Body, DrillPath, DrillResult, Event, Mode, RollbackTo};
use crate::state::signals::rare::OF_SYSTEM_MAX;
use crate::state::views::rare::{RareQuery, RareWhat};

fn model() -> Model {
    let boundaries = [("close".to_owned(), Boundary { mode: Mode::Never, limit: None })];
    declared(System { boundaries: boundaries.into(), ..System::default() })
}

fn attempt(case: &str, mode: Mode) -> Event<'static> {
    event(case, 0, Body::ActionAttempted { action: "close".into(), mode, allowed: true })
}

fn drilled(case: &str) -> Event<'static> {
    let (path, result) = (DrillPath::Exception, DrillResult::Failed);
    event(case, 0, Body::DrillCompleted { path, result, seconds: None, to: None })
}

fn evaluated(passed: bool) -> Event<'static> {
    event("none", 0, Body::EvaluationCompleted { suite: "golden".into(), passed, score: None, version: None })
}

/// The numbers of the records of these events, and what they are about.
fn shown(fold: &Fold, asked: RareQuery) -> Vec<(u64, &'static str)> {
    let limit = asked.limit.max(1);
    let answer = fold.state.snapshot().rare_events(&RareQuery { limit, ..asked });
    answer.events.iter().map(|event| (event.sequence, event.about)).collect()
}

fn all() -> RareQuery {
    RareQuery { limit: 1_000, ..RareQuery::default() }
}

#[test]
fn what_is_rare_is_kept_in_order_and_over_a_restart() {
    let mut fold = Fold::with(model());
    fold.take(opened("c-1", 0)).take(attempt("c-1", Mode::Escalate)).take(attempt("c-1", Mode::Decide));
    fold.take(evaluated(true)).take(evaluated(false)).take(drilled("c-2"));
    fold.take(rollback_started("r", 3, RollbackTo::PreviousProcess));
    let expected = [(4, "violation"), (6, "evaluation"), (7, "drill"), (8, "rollback")];
    assert_eq!(shown(&fold, all()), expected);
    let restarted = fold.restarted();
    assert_eq!(shown(&restarted, all()), expected);
    assert_eq!(restarted.samples(), fold.samples(), "they are counted as memory again");
    let first = &fold.state.snapshot().rare_events(&all()).events[0];
    assert_eq!(first.declared, Some("never"));
    let json = "{\"type\":\"action.attempted\",\"time\":\"2026-11-23T09:00:00Z\",\"system\":\"agent\",\"case\":\"c-1\",\
                \"action\":\"close\",\"mode\":\"decide\",\"allowed\":true}";
    assert_eq!(first.event.get(), json);
}

#[test]
fn a_question_is_answered_from_its_end_or_from_a_record_on() {
    let mut fold = Fold::with(model());
    for _ in 0..5 {
        fold.take(drilled("c"));
    }
    fold.take(evaluated(false));
    let numbers = |asked: RareQuery| shown(&fold, asked).into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(numbers(RareQuery { limit: 2, ..all() }), [6, 7], "the last");
    assert_eq!(numbers(RareQuery { limit: 2, after: Some(3), ..all() }), [4, 5], "the first after it");
    let answer = fold.state.snapshot().rare_events(&RareQuery { limit: 2, after: Some(3), ..all() });
    assert_eq!(answer.next, 5);
    assert_eq!(fold.state.snapshot().rare_events(&all()).next, 7);
    for (word, count) in [("drill", 5), ("drill.completed", 5), ("evaluation.completed", 1), ("change", 0)] {
        assert_eq!(numbers(RareQuery { what: RareWhat::from_word(word), ..all() }).len(), count, "{word}");
    }
    assert_eq!(RareWhat::from_word("dril"), None);
    assert!(numbers(RareQuery { since: Some(START.plus(SECOND)), ..all() }).is_empty());
    assert!(numbers(RareQuery { system: Some("other".into()), ..all() }).is_empty());
}

#[test]
fn a_flood_hides_neither_other_kinds_nor_other_systems() {
    let mut fold = Fold::with(model());
    fold.take(evaluated(false)).take(Event { system: "bot".into(), ..drilled("b") });
    for _ in 0..2 * OF_SYSTEM_MAX {
        fold.take(attempt("c-1", Mode::Decide));
    }
    let kept = shown(&fold, all());
    assert_eq!(kept.len(), OF_SYSTEM_MAX + 1);
    assert_eq!(kept[..2], [(2, "evaluation"), (3, "drill")]);
    assert_eq!(kept[2].0, 4 + OF_SYSTEM_MAX as u64 + 1, "the oldest of the flood are gone");
}

#[test]
fn they_take_no_more_than_their_part_of_the_memory() {
    let limits = Bounds { state_bytes: 10_000_000, ..Bounds::default() };
    let mut fold = Fold::with(Model { limits, ..model() });
    for n in 0..4_000 {
        let system = ["agent", "a", "b", "c"][n % 4];
        fold.take(Event { system: system.into(), ..drilled("c") });
    }
    let kept = shown(&fold, all()).len();
    assert!((700..1_000).contains(&kept), "{kept} of about 110 bytes each in 100,000 bytes");
    let share = fold.value("day90_memory_bytes{part=series}");
    assert!(share < 1_500_000.0, "{share}");
}

#[test]
fn a_case_that_is_forgotten_and_a_system_that_is_removed_leave_nothing() {
    let mut fold = Fold::with(model());
    fold.take(attempt("secret-1", Mode::Decide)).take(drilled("c-2"));
    fold.take(Event { system: "bot".into(), ..drilled("secret-1") });
    fold.forget("secret-1", Some("bot"));
    assert_eq!(shown(&fold, all()), [(2, "violation"), (3, "drill")]);
    fold.forget("secret-1", None);
    assert_eq!(shown(&fold, all()), [(3, "drill")]);
    assert!(!fold.stored().windows(8).any(|window| window == b"secret-1"));
    fold.configure(Model { removed: ["agent".to_owned()].into(), ..Model::default() });
    assert_eq!(shown(&fold, all()), []);
    assert_eq!(fold.restarted().samples(), fold.samples());
}

#[test]
fn a_renamed_system_has_them_under_its_name_of_now() {
    let mut fold = Fold::with(model());
    fold.take(drilled("c-1"));
    let formerly = System { formerly: ["agent".to_owned()].into(), ..System::default() };
    fold.configure(Model { systems: [("bot".to_owned(), formerly)].into(), ..Model::default() });
    let of_bot = fold.state.snapshot().rare_events(&RareQuery { system: Some("bot".into()), ..all() });
    assert!(of_bot.events[0].event.get().contains(r#""system":"bot""#));
    fold.forget("c-1", Some("bot"));
    assert_eq!(shown(&fold, all()), []);
}

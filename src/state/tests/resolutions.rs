//! Resolutions: who closed a case, whether it had been escalated, and whether it stayed closed.

use super::harness::*;
use crate::event::time::{DAY, SECOND};
use crate::event::{Body, ClosedBy, Event};

fn closed(case: &str, seconds: i64, by: ClosedBy) -> Event<'static> {
    event(case, seconds, Body::CaseClosed { by })
}

fn reopened(case: &str, seconds: i64) -> Event<'static> {
    event(case, seconds, Body::CaseReopened { reason: None })
}

fn resolutions(what: &str, by: &str, escalated: bool) -> String {
    format!("day90_resolutions{what}_total{{by={by},escalated={escalated}}}")
}

#[test]
fn a_case_closed_by_the_ai_is_durable_if_it_stays_closed() {
    let durable = resolutions("_durable", "ai", false);
    let mut fold = Fold::new();
    fold.take(closed("c-1", 0, ClosedBy::Ai)).take(closed("c-2", 0, ClosedBy::Ai)).take(closed(
        "c-3",
        0,
        ClosedBy::Human,
    ));
    fold.take(reopened("c-2", 10)).advance(7 * DAY - 1).expect_none(&durable);
    fold.advance(1).expect(&durable, 1.0).expect(&resolutions("_reopened", "ai", false), 1.0);
    fold.expect(&resolutions("", "ai", false), 2.0).expect(&resolutions("", "human", false), 1.0);
    fold.advance(30 * DAY).expect(&durable, 1.0).expect_none(&resolutions("_durable", "human", false));
}

#[test]
fn a_case_that_was_escalated_is_no_automation() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).take(closed("c-1", 60, ClosedBy::Ai)).advance(7 * DAY + 60 * SECOND);
    fold.expect(&resolutions("", "ai", true), 1.0).expect(&resolutions("_durable", "ai", true), 1.0);
    fold.expect_none(&resolutions("", "ai", false));
}

#[test]
fn a_case_may_be_closed_again_after_it_was_reopened() {
    let mut fold = Fold::new();
    fold.take(closed("c-1", 0, ClosedBy::Ai)).take(reopened("c-1", 10)).take(closed("c-1", 20, ClosedBy::Human));
    fold.expect(&resolutions("", "ai", false), 1.0).expect(&resolutions("", "human", false), 1.0);
    fold.expect(&resolutions("_reopened", "ai", false), 1.0).advance(8 * DAY);
    fold.expect_none(&resolutions("_durable", "ai", false))
        .expect("day90_lifecycle_repeats_total{type=case.closed}", 0.0);
}

#[test]
fn repeated_stages_change_nothing_but_the_counter_of_repeats() {
    let mut fold = Fold::new();
    fold.take(closed("c-1", 0, ClosedBy::Ai)).take(closed("c-1", 5, ClosedBy::Human)).take(reopened("c-1", 10));
    fold.take(reopened("c-1", 20))
        .expect(&resolutions("", "ai", false), 1.0)
        .expect_none(&resolutions("", "human", false));
    fold.expect(&resolutions("_reopened", "ai", false), 1.0);
    fold.expect("day90_lifecycle_repeats_total{type=case.closed}", 1.0);
    fold.expect("day90_lifecycle_repeats_total{type=case.reopened}", 1.0);
}

#[test]
fn a_reopening_that_arrives_first_undoes_the_closing() {
    let mut fold = Fold::new();
    fold.take(reopened("c-1", 10)).take(closed("c-1", 0, ClosedBy::Ai)).advance(8 * DAY);
    fold.expect(&resolutions("", "ai", false), 1.0).expect(&resolutions("_reopened", "ai", false), 1.0);
    fold.expect_none(&resolutions("_durable", "ai", false));
}

#[test]
fn a_reopening_whose_closing_never_comes_is_an_orphan_after_a_day() {
    let orphans = "day90_lifecycle_orphans_total{type=case.reopened}";
    let mut fold = Fold::new();
    fold.take(reopened("c-1", 10)).advance(DAY - SECOND).expect(orphans, 0.0).advance(SECOND).expect(orphans, 1.0);
}

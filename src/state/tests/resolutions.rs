//! Resolutions: who closed a case, whether it had been escalated, whether that held, and what undid it.

use serde_json::json;

use super::harness::*;
use super::rules::declared;
use crate::event::time::{DAY, MINUTE, SECOND};

const DAYS: i64 = 86_400;
const AI: &str = "ai,escalated=false";
const HUMAN: &str = "human,escalated=false";

/// Resolutions by a word and a flag, as [`AI`].
fn resolved(by: &str) -> String {
    format!("day90_resolutions_total{{by={by}}}")
}

fn durable(by: &str) -> String {
    format!("day90_resolutions_durable_total{{by={by}}}")
}

fn undone(by: &str, how: &str, matured: bool) -> String {
    format!("day90_resolutions_undone_total{{by={by},how={how},matured={matured}}}")
}

/// How many resolutions were undone, in whatever way.
fn all_undone(fold: &Fold) -> f64 {
    let all = fold.samples().all;
    all.iter().filter(|(name, _)| name.starts_with("day90_resolutions_undone_total")).map(|(_, value)| value).sum()
}

fn repeats(stage: &str) -> String {
    format!("day90_lifecycle_repeats_total{{type=case.{stage}}}")
}

impl Fold {
    fn close(&mut self, seconds: i64, by: &str) -> &mut Fold {
        self.say(seconds, "case.closed", &format!(r#""case":"c","by":"{by}""#))
    }

    fn reopen(&mut self, seconds: i64) -> &mut Fold {
        self.say(seconds, "case.reopened", r#""case":"c""#)
    }

    fn complain(&mut self, seconds: i64) -> &mut Fold {
        self.say(seconds, "feedback.received", r#""case":"c","signal":"complaint""#)
    }

    fn escalate(&mut self, seconds: i64) -> &mut Fold {
        self.say(seconds, "escalation.opened", r#""case":"c""#)
    }
}

#[test]
fn a_case_closed_by_the_ai_or_a_person_is_durable_if_it_stays_closed() {
    let mut fold = Fold::new();
    fold.close(0, "ai").say(0, "case.closed", r#""case":"other","by":"human""#);
    fold.advance(7 * DAY - 1).expect(&durable(AI), 0.0).expect_none(&durable(HUMAN));
    fold.advance(1).expect(&durable(AI), 1.0).expect(&durable(HUMAN), 1.0);
    fold.advance(60 * DAY).expect(&durable(AI), 1.0).expect(&durable(HUMAN), 1.0);
    assert_eq!(all_undone(&fold), 0.0);
}

#[test]
fn what_the_durable_ratio_of_the_ai_is_made_of_is_at_zero_from_the_first_scrape() {
    let mut fold = declared(json!({}));
    fold.expect(&resolved(AI), 0.0).expect(&durable(AI), 0.0).expect(&durable("ai,escalated=true"), 0.0);
    for how in ["reopened", "escalated", "overturned", "human", "repeat_contact", "complaint"] {
        fold.expect(&undone(AI, how, false), 0.0);
    }
}

/// Case P1, and the two that were known before.
#[test]
fn a_resolution_is_undone_in_six_ways() {
    type What = fn(&mut Fold);
    let ways: [(&str, What); 6] = [
        ("reopened", |fold| {
            fold.reopen(60);
        }),
        ("escalated", |fold| {
            fold.escalate(60);
        }),
        ("overturned", |fold| {
            fold.say(30, "appeal.opened", r#""case":"c""#);
            fold.say(60, "appeal.decided", r#""case":"c","outcome":"overturned""#);
        }),
        ("human", |fold| {
            fold.close(60, "human");
        }),
        ("repeat_contact", |fold| {
            fold.say(60, "feedback.received", r#""case":"c","signal":"repeat_contact""#);
        }),
        ("complaint", |fold| {
            fold.complain(60);
        }),
    ];
    for (how, undo) in ways {
        let mut fold = Fold::new();
        fold.close(0, "ai");
        undo(&mut fold);
        fold.expect(&undone(AI, how, false), 1.0).advance(8 * DAY).expect(&durable(AI), 0.0);
        assert_eq!(all_undone(&fold), 1.0, "{how}");
    }
}

#[test]
fn an_escalation_of_before_that_is_overturned_afterwards_undoes() {
    let mut fold = Fold::new();
    fold.escalate(0).close(10, "ai").say(60, "escalation.resolved", r#""case":"c","outcome":"overturned""#);
    fold.expect(&undone("ai,escalated=true", "overturned", false), 1.0);
    let mut fold = Fold::new();
    fold.escalate(0).close(10, "ai").say(60, "escalation.resolved", r#""case":"c","outcome":"upheld""#);
    assert_eq!(all_undone(&fold), 0.0);
    // It was overturned, and then the AI closed the case.
    let mut fold = Fold::new();
    fold.escalate(0).say(5, "escalation.resolved", r#""case":"c","outcome":"overturned""#).close(10, "ai");
    assert_eq!(all_undone(&fold), 0.0);
}

#[test]
fn an_appeal_that_is_upheld_undoes_nothing_nor_one_that_is_only_opened() {
    let mut fold = Fold::new();
    fold.close(0, "ai").say(10, "appeal.opened", r#""case":"c""#);
    fold.say(20, "appeal.decided", r#""case":"c","outcome":"upheld""#).advance(8 * DAY).expect(&durable(AI), 1.0);
    assert_eq!(all_undone(&fold), 0.0);
}

#[test]
fn only_repeat_contact_and_complaint_undo_and_no_other_feedback() {
    let mut fold = Fold::new();
    fold.close(0, "ai");
    for signal in
        [r#""thumbs","value":"down""#, r#""rating","value":1"#, r#""override""#, r#""abandonment""#, r#""appeal""#]
    {
        fold.say(60, "feedback.received", &format!(r#""case":"c","signal":{signal}"#));
    }
    // A complaint that names no case, or another one.
    fold.say(60, "feedback.received", r#""signal":"complaint""#);
    fold.say(60, "feedback.received", r#""signal":"complaint","case":"other""#);
    fold.advance(8 * DAY).expect(&durable(AI), 1.0);
    assert_eq!(all_undone(&fold), 0.0);
}

#[test]
fn a_resolution_is_undone_once_by_the_first() {
    let mut fold = Fold::new();
    fold.close(0, "ai").reopen(10).complain(20).escalate(30).expect(&undone(AI, "reopened", false), 1.0);
    assert_eq!(all_undone(&fold), 1.0);
    // That is never taken back, even if something is found to have happened before.
    fold.complain(5);
    assert_eq!(all_undone(&fold), 1.0);
}

/// Case P2.
#[test]
fn what_undoes_it_after_it_matured_counts_as_undone_too_and_durable_stays() {
    let mut fold = Fold::new();
    fold.close(0, "ai").advance(7 * DAY).expect(&durable(AI), 1.0).reopen(7 * DAYS + 10);
    fold.expect(&undone(AI, "reopened", true), 1.0)
        .expect(&durable(AI), 1.0)
        .expect(&undone(AI, "reopened", false), 0.0);
    fold.expect("day90_lifecycle_orphans_total{type=case.reopened}", 0.0);
}

#[test]
fn durability_is_reckoned_by_the_times_of_the_events() {
    // A second before it matured, and the end of the seventh day.
    for (second, matured) in [(7 * DAYS - 1, false), (7 * DAYS, true)] {
        let mut fold = Fold::new();
        fold.close(0, "ai").complain(second).advance(DAY);
        fold.expect(&undone(AI, "complaint", matured), 1.0).expect(&durable(AI), f64::from(u8::from(matured)));
    }
    // What undid it in time and arrives after it counted as durable takes nothing back, and says when it happened.
    let mut fold = Fold::new();
    fold.close(0, "ai").advance(8 * DAY).expect(&durable(AI), 1.0).complain(3 * DAYS);
    fold.expect(&undone(AI, "complaint", false), 1.0).expect(&durable(AI), 1.0);
}

#[test]
fn a_closing_that_arrives_late_waits_for_what_undid_it() {
    let mut fold = Fold::new();
    fold.advance(30 * DAY).close(0, "ai").advance(5 * MINUTE - 1).expect(&durable(AI), 0.0).reopen(60);
    fold.advance(DAY).expect(&durable(AI), 0.0).expect(&undone(AI, "reopened", false), 1.0);
    fold.say(0, "case.closed", r#""case":"other","by":"ai""#).advance(5 * MINUTE).expect(&durable(AI), 1.0);
    // What came after it had matured leaves it durable.
    fold.say(0, "case.closed", r#""case":"third","by":"ai""#);
    fold.say(8 * DAYS, "case.reopened", r#""case":"third""#).expect(&undone(AI, "reopened", true), 1.0);
    fold.advance(5 * MINUTE).expect(&durable(AI), 2.0);
}

#[test]
fn a_person_who_closes_again_undoes_the_ais_resolution_and_makes_one_of_their_own() {
    let mut fold = Fold::new();
    fold.close(0, "ai").close(60, "human").expect(&resolved(AI), 1.0).expect(&resolved(HUMAN), 1.0);
    fold.expect(&undone(AI, "human", false), 1.0).expect(&repeats("closed"), 0.0);
    fold.advance(8 * DAY).expect(&durable(AI), 0.0).expect(&durable(HUMAN), 1.0);
    // Theirs is undone as any other.
    fold.reopen(8 * DAYS + 60).expect(&undone(HUMAN, "reopened", true), 1.0);
}

#[test]
fn a_case_that_is_closed_is_closed_again_only_by_a_person_after_the_ai() {
    for (first, second) in [("ai", "ai"), ("human", "human"), ("human", "ai")] {
        let mut fold = Fold::new();
        fold.close(0, first).close(60, second).expect(&repeats("closed"), 1.0);
        fold.expect(&resolved(&format!("{first},escalated=false")), 1.0);
        assert_eq!(all_undone(&fold), 0.0);
    }
}

#[test]
fn a_case_may_be_closed_again_after_its_resolution_was_undone() {
    let mut fold = Fold::new();
    fold.close(0, "ai").reopen(10).close(20, "ai").complain(30).close(40, "human");
    fold.expect(&resolved(AI), 2.0).expect(&resolved(HUMAN), 1.0).expect(&repeats("closed"), 0.0);
    fold.expect(&undone(AI, "reopened", false), 1.0).expect(&undone(AI, "complaint", false), 1.0);
    fold.advance(8 * DAY).expect(&durable(AI), 0.0).expect(&durable(HUMAN), 1.0);
}

#[test]
fn what_happened_before_the_closing_does_not_undo_it() {
    let mut fold = Fold::new();
    fold.complain(0).reopen(5).close(10, "ai").complain(9).advance(8 * DAY).expect(&durable(AI), 1.0);
    assert_eq!(all_undone(&fold), 0.0);
    // Nor does the escalation that it ended, in whatever order the two arrive.
    let mut fold = Fold::new();
    fold.close(10, "ai").escalate(5).advance(8 * DAY).expect(&durable(AI), 1.0);
    assert_eq!(all_undone(&fold), 0.0);
}

#[test]
fn what_undoes_may_arrive_before_the_closing_that_it_undoes() {
    for (how, other) in [("reopened", "case.reopened"), ("escalated", "escalation.opened")] {
        let mut fold = Fold::new();
        fold.say(60, other, r#""case":"c""#).close(0, "ai");
        fold.expect(&resolved(AI), 1.0).expect(&undone(AI, how, false), 1.0).advance(8 * DAY).expect(&durable(AI), 0.0);
    }
    let mut fold = Fold::new();
    // The first that followed it, of all that are known.
    fold.reopen(90).complain(30).close(60, "human").complain(10).close(20, "ai");
    fold.expect(&undone(AI, "complaint", false), 1.0).expect(&undone(HUMAN, "reopened", false), 1.0);
    // A person who closed it again.
    let mut fold = Fold::new();
    fold.close(60, "human").close(0, "ai").expect(&undone(AI, "human", false), 1.0).expect(&resolved(AI), 1.0);
}

#[test]
fn two_closings_of_one_resolution_count_once_in_any_order() {
    for times in [[0, 60], [60, 0]] {
        let mut fold = Fold::new();
        for at in times {
            fold.close(at, "ai");
        }
        fold.expect(&resolved(AI), 1.0).expect(&repeats("closed"), 1.0);
    }
    // With a reopening between the two they are two.
    let mut fold = Fold::new();
    fold.reopen(30).close(60, "ai").close(0, "ai").expect(&resolved(AI), 2.0);
    fold.expect(&undone(AI, "reopened", false), 1.0).expect(&repeats("closed"), 0.0);
}

#[test]
fn a_case_that_was_ever_escalated_before_is_no_automation() {
    let mut fold = Fold::new();
    fold.escalate(0).close(60, "ai").expect(&resolved("ai,escalated=true"), 1.0).expect(&resolved(AI), 0.0);
    fold.advance(8 * DAY).expect(&durable("ai,escalated=true"), 1.0);
    // Weeks later too, and after it was closed and undone.
    fold.reopen(20 * DAYS).close(21 * DAYS, "ai").expect(&resolved("ai,escalated=true"), 2.0);
}

#[test]
fn a_closed_case_is_remembered_for_35_days() {
    let orphans = "day90_lifecycle_orphans_total{type=case.reopened}";
    let mut fold = Fold::new();
    fold.close(0, "ai").reopen(35 * DAYS - 1).expect(&undone(AI, "reopened", true), 1.0);
    let mut fold = Fold::new();
    fold.close(0, "ai").reopen(35 * DAYS);
    assert_eq!(all_undone(&fold), 0.0);
    fold.advance(DAY).expect(orphans, 1.0);
}

#[test]
fn a_reopening_counts_once_and_the_others_are_repeats() {
    let mut fold = Fold::new();
    fold.close(0, "ai").reopen(10).reopen(20).expect(&undone(AI, "reopened", false), 1.0);
    fold.expect(&repeats("reopened"), 1.0);
}

#[test]
fn a_reopening_whose_closing_never_comes_is_an_orphan_after_a_day() {
    let orphans = "day90_lifecycle_orphans_total{type=case.reopened}";
    let mut fold = Fold::new();
    fold.reopen(0).advance(DAY - SECOND).expect(orphans, 0.0).advance(SECOND).expect(orphans, 1.0);
    // Other things that undo wait as long, and are none.
    fold.complain(2 * DAYS).advance(2 * DAY).close(2 * DAYS - 60, "ai");
    fold.expect(orphans, 1.0).expect(&resolved(AI), 1.0);
    assert_eq!(all_undone(&fold), 0.0);
}

#[test]
fn a_restart_between_any_two_events_changes_nothing() {
    let steps = [
        (0, "escalation.opened", ""),
        (30, "feedback.received", r#","signal":"complaint""#),
        (20, "case.closed", r#","by":"ai""#),
        (60, "case.closed", r#","by":"human""#),
        (90, "case.reopened", ""),
        (95, "case.closed", r#","by":"ai""#),
        (7 * DAYS, "case.closed", r#","by":"human""#),
    ];
    let (mut live, mut restarted) = (Fold::new(), Fold::new());
    for (seconds, what, fields) in steps {
        live.say(seconds, what, &format!(r#""case":"c"{fields}"#));
        restarted.say(seconds, what, &format!(r#""case":"c"{fields}"#));
        restarted = restarted.restarted();
        assert_eq!(restarted.samples(), live.samples());
    }
    live.advance(40 * DAY);
    restarted.advance(40 * DAY);
    assert_eq!((restarted.samples(), restarted.stored()), (live.samples(), live.stored()));
}

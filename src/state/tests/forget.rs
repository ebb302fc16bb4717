//! Erasure: what is removed, and what stays as it was.

use std::collections::BTreeMap;

use super::harness::*;
use crate::event::time::{DAY, HOUR, MINUTE};
use crate::event::{AppealOutcome, Body, ClosedBy, Decision, Event};

impl Fold {
    /// Whether a text is anywhere in a checkpoint.
    fn holds(&self, text: &str) -> bool {
        self.stored().windows(text.len()).any(|window| window == text.as_bytes())
    }

    fn counters(&self) -> BTreeMap<String, f64> {
        let counts = |name: &String| ["_total", "_count", "_sum", "_bucket"].iter().any(|part| name.contains(part));
        self.samples().all.into_iter().filter(|(name, _)| counts(name)).collect()
    }
}

fn asked(case: &str, review: &str) -> Event<'static> {
    let body =
        Body::ReviewRequested { review: Some(review.to_owned().into()), queue: Some("billing".into()), action: None };
    event(case, 0, body)
}

fn closed(case: &str) -> Event<'static> {
    event(case, 10, Body::CaseClosed { by: ClosedBy::Ai })
}

/// Two cases with work of every kind.
fn busy() -> Fold {
    let mut fold = Fold::with(routed());
    for case in ["secret-1", "other-2"] {
        fold.take(opened(case, 0)).take(asked(case, &format!("review-of-{}", &case[..2]))).take(closed(case));
        fold.take(appealed(case, 3));
    }
    fold
}

#[test]
fn a_forgotten_case_leaves_the_state_and_every_counter_stays() {
    let mut fold = busy();
    let counted = fold.counters();
    assert!(fold.holds("secret-1"));
    assert_eq!(fold.forget("secret-1", None), 4, "an escalation, a review, an appeal, and that it was closed");
    assert!(!fold.holds("secret-1") && fold.holds("other-2"));
    assert_eq!(fold.counters(), counted);
    let (cases, total) = fold.state.snapshot().cases(None, 0, 100);
    assert_eq!((total, cases.iter().all(|case| case.case == "other-2")), (3, true));
    assert_eq!(fold.forget("secret-1", None), 0, "a second time finds nothing");
}

#[test]
fn open_work_of_a_forgotten_case_leaves_the_gauges_and_misses_nothing() {
    let mut fold = busy();
    fold.forget("secret-1", Some("agent"));
    fold.expect("day90_escalations_open{queue=billing}", 1.0)
        .expect("day90_escalations_unacknowledged{queue=billing}", 1.0)
        .expect("day90_reviews_open{queue=billing}", 1.0)
        .expect("day90_appeals_open", 1.0)
        .advance(DAY)
        .expect("day90_escalation_deadline_missed_total{queue=billing,stage=resolve}", 1.0);
}

#[test]
fn an_acknowledged_escalation_leaves_only_the_gauge_it_is_in() {
    let mut fold = Fold::new();
    fold.take(opened("secret-1", 0)).take(acknowledged("secret-1", 5)).take(reassigned("secret-1", 6, "fraud"));
    fold.take(reassigned("other-2", 6, "fraud")).take(opened("other-2", 0));
    assert_eq!(fold.forget("secret-1", None), 2);
    fold.expect("day90_escalations_open{queue=fraud}", 1.0)
        .expect("day90_escalations_unacknowledged{queue=fraud}", 1.0);
    fold.expect("day90_escalations_open{queue=billing}", 0.0);
}

#[test]
fn stages_that_wait_for_their_opening_are_removed_and_are_no_orphans() {
    let mut fold = Fold::new();
    fold.take(acknowledged("secret-1", 0)).take(started("secret-1", 0)).take(decided("secret-1", 0));
    fold.take(event("secret-1", 0, Body::CaseReopened { reason: None }));
    assert_eq!(fold.forget("secret-1", None), 4);
    fold.advance(2 * DAY);
    for kind in ["escalation.acknowledged", "review.started", "appeal.decided", "case.reopened"] {
        fold.expect(&format!("day90_lifecycle_orphans_total{{type={kind}}}"), 0.0);
    }
}

#[test]
fn whether_a_forgotten_case_stays_closed_is_still_counted() {
    let mut fold = busy();
    fold.forget("secret-1", None);
    fold.advance(8 * DAY).expect("day90_resolutions_durable_total{by=ai,escalated=true}", 2.0);
}

#[test]
fn later_events_of_a_forgotten_case_are_of_a_new_case() {
    let mut fold = busy();
    fold.forget("secret-1", None);
    fold.take(opened("secret-1", 100))
        .expect("day90_escalations_total{queue=billing,reason=low_confidence}", 3.0)
        .expect("day90_escalations_open{queue=billing}", 2.0)
        .expect("day90_lifecycle_repeats_total{type=escalation.opened}", 0.0);
}

#[test]
fn finished_work_keeps_no_text_of_its_case_and_is_forgotten_with_it() {
    let mut fold = busy();
    fold.take(resolved("secret-1", 60));
    fold.take(event("secret-1", 70, Body::AppealDecided { appeal: None, outcome: AppealOutcome::Upheld }));
    let mut body = bare_completion(Decision::Approved);
    if let Body::ReviewCompleted { review, .. } = &mut body {
        *review = Some("review-of-se".into());
    }
    fold.take(event("secret-1", 80, body));
    assert!(fold.holds("secret-1"), "the review has another name, so it is found by its case");
    assert_eq!(fold.forget("secret-1", None), 4, "an escalation, a review, an appeal, and that it was closed");
    assert!(!fold.holds("secret-1"));
}

#[test]
fn work_that_is_opened_again_knows_its_case_again() {
    let mut fold = busy();
    fold.take(opened("third-3", 0)).take(resolved("third-3", 60));
    assert!(!fold.holds("third-3"));
    fold.take(opened("third-3", 120));
    let (cases, _) = fold.state.snapshot().cases(None, 0, 100);
    assert!(cases.iter().any(|case| case.case == "third-3"));
    assert_eq!(fold.forget("third-3", None), 2, "an escalation, and that the case was escalated");
}

#[test]
fn only_the_named_system_forgets() {
    let mut fold = busy();
    fold.take(Event { system: "elsewhere".into(), ..opened("secret-1", 0) });
    assert_eq!(fold.forget("secret-1", Some("elsewhere")), 2);
    assert!(fold.holds("secret-1"));
}

#[test]
fn a_replay_forgets_the_same() {
    let mut live = busy();
    let mut restarted = live.restarted();
    for fold in [&mut live, &mut restarted] {
        fold.forget("secret-1", None);
        fold.advance(HOUR).take(opened("secret-1", 100)).take(closed("other-2")).advance(30 * DAY);
    }
    assert_eq!(restarted.samples(), live.samples());
}

#[test]
fn a_forgotten_case_leaves_the_deadlines_of_others() {
    let mut fold = busy();
    // History: both deadlines had passed when it came.
    fold.take(opened("c-1", -2 * 86_400)).forget("secret-1", None);
    fold.advance(5 * MINUTE);
    for stage in ["acknowledge", "resolve"] {
        fold.expect(&format!("day90_escalation_deadline_missed_total{{queue=billing,stage={stage}}}"), 1.0);
    }
}

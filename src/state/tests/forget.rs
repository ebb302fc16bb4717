//! Erasure: what goes, and what stays as it was.

use super::*;

impl Fold {
    fn forget(&mut self, case: &str, system: Option<&str>) -> usize {
        self.sequence += 1;
        let names = self.state.names_of_case(case, system);
        self.state.forget(names.into_iter(), self.sequence)
    }

    /// Whether a text is anywhere in what a checkpoint would hold.
    fn holds(&self, text: &str) -> bool {
        let mut bytes = Vec::new();
        self.state.snapshot().encode_to(&mut bytes).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
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

/// A case with work of every kind, and another one beside it.
fn busy() -> Fold {
    let mut fold = Fold::with(routed());
    for case in ["secret-1", "other-2"] {
        fold.take(opened(case, 0)).take(asked(case, &format!("review-of-{}", &case[..2]))).take(closed(case));
        fold.take(event(case, 3, Body::AppealOpened { appeal: None, action: None }));
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
    assert_eq!(fold.forget("secret-1", None), 0, "asking again finds nothing");
}

#[test]
fn what_was_open_of_a_forgotten_case_leaves_the_gauges_and_misses_nothing() {
    let mut fold = busy();
    fold.forget("secret-1", Some("agent"));
    fold.expect(r#"day90_escalations_open{system="agent",queue="billing"}"#, 1.0)
        .expect(r#"day90_escalations_unacknowledged{system="agent",queue="billing"}"#, 1.0)
        .expect(r#"day90_reviews_open{system="agent",queue="billing"}"#, 1.0)
        .expect(r#"day90_appeals_open{system="agent"}"#, 1.0)
        .advance(DAY)
        .expect(r#"day90_escalation_deadline_missed_total{system="agent",queue="billing",stage="resolve"}"#, 1.0);
}

#[test]
fn whether_a_forgotten_case_stays_closed_is_still_counted() {
    let mut fold = busy();
    fold.forget("secret-1", None);
    let durable = r#"day90_resolutions_durable_total{system="agent",by="ai",escalated="true"}"#;
    fold.advance(8 * DAY).expect(durable, 2.0);
}

#[test]
fn what_comes_later_of_a_forgotten_case_is_new() {
    let mut fold = busy();
    fold.forget("secret-1", None);
    fold.take(opened("secret-1", 100))
        .expect(r#"day90_escalations_total{system="agent",queue="billing",reason="low_confidence"}"#, 3.0)
        .expect(r#"day90_escalations_open{system="agent",queue="billing"}"#, 2.0)
        .expect(r#"day90_lifecycle_repeats_total{type="escalation.opened"}"#, 0.0);
}

#[test]
fn work_that_is_over_keeps_no_text_of_its_case_and_is_forgotten_with_it() {
    let mut fold = busy();
    fold.take(resolved("secret-1", 60));
    fold.take(event("secret-1", 70, Body::AppealDecided { appeal: None, outcome: AppealOutcome::Upheld }));
    let review = Some("review-of-se".into());
    let body = Body::ReviewCompleted {
        review,
        decision: Decision::Approved,
        by: None,
        handling_seconds: None,
        edit_ratio: None,
    };
    fold.take(event("secret-1", 80, body));
    assert!(fold.holds("secret-1"), "the review has a name of its own, and is known by its case");
    assert_eq!(fold.forget("secret-1", None), 4, "an escalation, a review, an appeal, and that it was closed");
    assert!(!fold.holds("secret-1"));

    fold.take(opened("third-3", 0)).take(resolved("third-3", 60));
    assert!(!fold.holds("third-3"));
    fold.take(opened("third-3", 120));
    let (cases, _) = fold.state.snapshot().cases(None, 0, 100);
    assert!(cases.iter().any(|case| case.case == "third-3"), "escalated again, it has its case again");
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
fn a_replay_forgets_alike() {
    let mut live = busy();
    let mut bytes = Vec::new();
    live.state.snapshot().encode_to(&mut bytes).unwrap();
    let mut restored = Fold { state: State::decode(&bytes).unwrap(), sequence: live.sequence };
    for fold in [&mut live, &mut restored] {
        fold.forget("secret-1", None);
        fold.advance(HOUR).take(opened("secret-1", 100)).take(closed("other-2")).advance(30 * DAY);
    }
    assert_eq!(restored.samples(), live.samples());
}

#[test]
fn deadlines_that_fall_together_are_both_missed() {
    let mut fold = Fold::with(routed());
    // History: both deadlines had passed when it came.
    fold.take(opened("c-1", -2 * 86_400)).advance(MINUTE);
    for stage in ["acknowledge", "resolve"] {
        let missed =
            format!(r#"day90_escalation_deadline_missed_total{{system="agent",queue="billing",stage="{stage}"}}"#);
        fold.expect(&missed, 1.0);
    }
}

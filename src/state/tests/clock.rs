//! A clock that was ahead, and is set right.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::harness::*;
use crate::event::json::{self, Context};
use crate::event::kinds::TABLE;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::event::{Body, Event, Fixed, Inlet, Timestamp};

/// By so much a clock is ahead that nothing that it says is true. Whole weeks, so that no hour of the week changes.
const FAR: i64 = 520 * 7 * DAY;

/// What one event of a history is.
#[derive(Clone, Debug)]
struct Happening {
    /// A row of the table of types.
    row: usize,
    /// One of a few cases.
    case: u8,
    /// Time goes by before it. Nanoseconds.
    pause: i64,
    /// It was received this much later than it happened. Nanoseconds.
    late: i64,
}

fn happening() -> impl Strategy<Value = Happening> {
    let (pause, late) = (0..3 * HOUR, prop_oneof![3 => Just(0), 1 => 0..10 * MINUTE]);
    (0..TABLE.len(), 0..3u8, pause, late).prop_map(|(row, case, pause, late)| Happening { row, case, pause, late })
}

/// The example of its type, of one of the cases.
fn event_of(happening: &Happening, received: Timestamp) -> Event<'static> {
    let context = Context {
        received: START,
        inlet: Inlet::Http,
        default_system: Some("agent"),
        rating_scale: &|_| (Fixed::from_units(1), Fixed::from_units(5)),
        event_age: DAY,
        notes: None,
    };
    let text = TABLE[happening.row].example.replace("refund-agent", "agent");
    let event = json::parse(Box::leak(text.into_boxed_str()), 1, &context).expect("an example is an event");
    let case = event.case.as_ref().map(|_| format!("c-{}", happening.case).into());
    let body = if let Body::ReviewAudited { appropriate, decision, .. } = event.body {
        Body::ReviewAudited { review: None, appropriate, decision }
    } else {
        event.body
    };
    Event { case, id: None, received, time: received.plus(-happening.late), body, ..event }
}

fn live(fold: &mut Fold, history: &[Happening]) {
    for happening in history {
        fold.advance(happening.pause);
        let event = event_of(happening, fold.state.now());
        fold.take(event);
    }
}

/// All samples but the one that says that the clock was set right.
fn shown(fold: &Fold) -> Samples {
    let mut samples = fold.samples();
    samples.all.remove("day90_clock_corrected_seconds_total");
    samples
}

/// The series in which the two differ.
fn differences(one: &Fold, other: &Fold) -> Vec<(String, Option<f64>, Option<f64>)> {
    let (one, other) = (shown(one).all, shown(other).all);
    let all: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let pairs = all.into_iter().map(|series| (series.clone(), one.get(series).copied(), other.get(series).copied()));
    pairs.filter(|(_, one, other)| one != other).collect()
}

/// A state whose clock is ahead by this much from the start.
fn ahead(by: i64) -> Fold {
    let mut fold = Fold::new();
    fold.state.advance(START.plus(by));
    fold.configure(routed());
    fold
}

fn correct(fold: &mut Fold, by: i64) {
    let to = fold.state.now().plus(-by);
    fold.sequence += 1;
    fold.state.correct_clock(to, by, by, fold.sequence);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happened while the clock was ahead by years, once it is right, all is as if it had always been.
    #[test]
    fn a_clock_that_was_far_ahead_leaves_no_trace(
        before in prop::collection::vec(happening(), 1..60),
        after in prop::collection::vec(happening(), 1..20),
    ) {
        let (mut right, mut wrong) = (Fold::with(routed()), ahead(FAR));
        live(&mut right, &before);
        live(&mut wrong, &before);
        correct(&mut wrong, FAR);
        prop_assert_eq!(differences(&right, &wrong), []);
        // What waits is due when it should be, also after a restart.
        let mut restarted = wrong.restarted();
        for fold in [&mut right, &mut wrong, &mut restarted] {
            live(fold, &after);
            fold.advance(2 * DAY);
        }
        prop_assert_eq!(differences(&right, &wrong), []);
        prop_assert_eq!(differences(&wrong, &restarted), []);
    }

    /// Whatever the clock was ahead by, nothing lies ahead of it once it is right.
    #[test]
    fn nothing_lies_ahead_of_a_clock_that_was_set_right(
        before in prop::collection::vec(happening(), 1..40),
        while_ahead in prop::collection::vec(happening(), 1..40),
        by in prop_oneof![2 * MINUTE..HOUR, HOUR..40 * DAY, 40 * DAY..400 * DAY],
    ) {
        let mut fold = Fold::with(routed());
        live(&mut fold, &before);
        fold.advance(by);
        live(&mut fold, &while_ahead);
        correct(&mut fold, by);
        // A sender's clock may be ahead a little, and day90's own may not.
        let (now, latest) = (fold.state.now(), fold.state.now().plus(5 * MINUTE));
        let ahead = fold.samples().all.into_iter().find(|(series, value)| {
            let latest = if series.starts_with("day90_last_event") { now } else { latest };
            let is_past = series.contains("timestamp") && !series.contains("expires");
            is_past && *value > latest.as_seconds_f64()
        });
        prop_assert_eq!(ahead, None);
        fold.advance(DAY);
        fold.restarted().samples();
    }
}

#[test]
fn a_deadline_is_missed_at_its_time_though_the_clock_was_an_hour_ahead() {
    for own_time in [true, false] {
        let mut fold = Fold::with(routed());
        fold.advance(HOUR);
        // It is 9:00, and the clock says 10:00.
        let time = if own_time { 0 } else { 3_600 };
        fold.take(opened("c-1", time));
        fold.advance(4 * MINUTE);
        correct(&mut fold, HOUR);
        fold.expect(r#"day90_escalation_deadline_missed_total{queue="billing",stage="acknowledge"}"#, 0.0);
        fold.advance(10 * MINUTE + 50 * SECOND);
        fold.expect(r#"day90_escalation_deadline_missed_total{queue="billing",stage="acknowledge"}"#, 0.0);
        fold.advance(11 * SECOND);
        fold.expect(r#"day90_escalation_deadline_missed_total{queue="billing",stage="acknowledge"}"#, 1.0);
        fold.expect("day90_clock_corrected_seconds_total", 3_600.0);
    }
}

#[test]
fn what_came_while_the_fold_waited_comes_after_what_was_noted_before() {
    let deployed = |version: &'static str, seconds| {
        let text = TABLE.iter().find(|row| row.example.contains("change.deployed")).expect("a row").example;
        assert!(text.contains("prompt"), "{text}");
        let row = TABLE.iter().position(|row| row.example == text).expect("it is there");
        let event = event_of(&Happening { row, case: 0, pause: 0, late: 0 }, START);
        let Body::ChangeDeployed { kind, .. } = event.body else { panic!("{text}") };
        let (version, change, author, approver) = (version.into(), None, None, None);
        let (previous_version, emergency) = (None, None);
        let body = Body::ChangeDeployed { kind, version, change, author, approver, previous_version, emergency };
        super::harness::event("none", seconds, body)
    };
    let mut fold = Fold::with(routed());
    fold.advance(HOUR).take(deployed("v1", 3_600));
    // Set back by an hour; a second later somebody goes on, and the fold waits for five minutes.
    fold.take(deployed("v2", 1));
    let (to, now) = (START.plus(5 * MINUTE), fold.state.now());
    fold.sequence += 1;
    fold.state.correct_clock(to, now.since(to), HOUR, fold.sequence);
    fold.expect("day90_behavior_info{kind=prompt,version=v2}", 1.0);
}

#[test]
fn a_deadline_that_was_missed_too_early_stays_missed_once() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).advance(HOUR);
    correct(&mut fold, HOUR);
    for _ in 0..2 {
        fold.expect(r#"day90_escalation_deadline_missed_total{queue="billing",stage="acknowledge"}"#, 1.0);
        fold.advance(DAY);
    }
}

#[test]
fn a_series_that_began_while_the_clock_was_ahead_is_shown() {
    let mut fold = Fold::with(routed());
    // Nobody declared its queue, so it has no series before.
    fold.advance(DAY).take(opened_with("c-1", 86_400, Some("new-desk"), Some("low_confidence")));
    correct(&mut fold, DAY);
    let mut samples = Samples::default();
    fold.state.snapshot().with_newborn_after(fold.state.now()).visit(&mut samples);
    assert_eq!(samples.all.get("day90_escalations_total{queue=new-desk,reason=low_confidence}"), Some(&1.0));
}

#[test]
fn a_clock_that_is_not_ahead_is_not_corrected() {
    let mut fold = Fold::with(routed());
    let now = fold.state.now();
    fold.state.correct_clock(now.plus(HOUR), 0, 0, 9);
    fold.expect("day90_clock_corrected_seconds_total", 0.0);
    assert_eq!(fold.state.now(), now.plus(HOUR));
}

//! Properties: the order of events, the size of batches and the steps of the clock don't change what is counted.

use proptest::prelude::*;

use super::harness::*;
use crate::event::time::{HOUR, MINUTE, SECOND};
use crate::event::{Body, Decision, Event, FeedbackValue, Fixed, RollbackTo, Signal, Thumb};

/// Every stage of several lifecycles, each once and at a different time.
fn history() -> Vec<Event<'static>> {
    let mut all = Vec::new();
    for (case, base) in [("c-1", 0), ("c-2", 7), ("c-3", 31)] {
        all.extend([opened(case, base), acknowledged(case, base + 60), reassigned(case, base + 70, "fraud")]);
        all.extend([resolved(case, base + 300), requested(case, base + 5), started(case, base + 25)]);
        let completed = Body::ReviewCompleted {
            review: None,
            decision: Decision::Edited,
            by: None,
            handling_seconds: (base == 7).then_some(Fixed::from_units(9)),
            edit_ratio: None,
            queue: None,
            action: None,
            wait_seconds: None,
        };
        all.push(event(case, base + 45, completed));
        all.extend([audited(case, base + 90, base == 7, None), appealed(case, base + 400), decided(case, base + 900)]);
    }
    let to = RollbackTo::PreviousProcess;
    all.extend([rollback_started("r-1", 500, to), rollback_completed("r-1", 530)]);
    let thumb = Body::FeedbackReceived { signal: Signal::Thumbs, value: FeedbackValue::Thumb(Thumb::Up), action: None };
    all.push(event("c-1", 910, thumb));
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// The network promises no order: the same stages, each once, give the same samples.
    #[test]
    fn the_same_events_give_the_same_samples_in_any_order_and_batching(
        order in Just((0..history().len()).collect::<Vec<_>>()).prop_shuffle(),
        pauses in proptest::collection::vec(any::<bool>(), history().len()),
    ) {
        let (mut straight, mut shuffled) = (Fold::with(routed()), Fold::with(routed()));
        let all = history();
        for event in &all {
            straight.take(event.clone());
        }
        for (index, pause) in order.into_iter().zip(pauses) {
            shuffled.take(all[index].clone());
            if pause {
                shuffled.advance(SECOND / 1_000);
            }
        }
        for fold in [&mut straight, &mut shuffled] {
            // What waits for others has waited long enough.
            let end = START.plus(6 * MINUTE);
            fold.state.advance(end);
        }
        let mut samples = [straight.samples(), shuffled.samples()];
        // These depend on the times of receipt, which order and pauses change.
        let received = ["day90_last_event", "day90_escalation_spike", "day90_escalation_recent"];
        samples.iter_mut().for_each(|it| it.all.retain(|series, _| !received.iter().any(|name| series.starts_with(name))));
        prop_assert_eq!(&samples[0].all, &samples[1].all);
    }

    /// The clock gives the same in one step and in many.
    #[test]
    fn advancing_in_steps_is_advancing_at_once(steps in proptest::collection::vec(1i64..5 * HOUR, 1..20)) {
        let (mut at_once, mut stepwise) = (Fold::with(routed()), Fold::with(routed()));
        for fold in [&mut at_once, &mut stepwise] {
            fold.take(opened("c-1", 0)).take(acknowledged("c-9", 0));
            fold.take(rollback_started("r-1", 0, RollbackTo::PreviousVersion));
        }
        for step in &steps {
            stepwise.advance(*step);
        }
        at_once.advance(steps.iter().sum());
        prop_assert_eq!(at_once.samples(), stepwise.samples());
    }
}

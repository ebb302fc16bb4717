//! Families and series: which are listed, which are at zero from the start, and which labels become `other`.

use super::harness::*;
use crate::config::Model;
use crate::config::model::Bounds;
use crate::event::{Body, Event, Fixed, Mode, Repair, TaskOutcome};
use crate::state::engine::family::{Buckets, Number, Sink, Type};
use crate::state::{FAMILIES, State};

fn task(action: &'static str, nanos: Option<i64>) -> Event<'static> {
    let body = Body::TaskCompleted {
        action: action.into(),
        outcome: TaskOutcome::Completed,
        mode: Mode::Decide,
        duration_seconds: nanos.map(Fixed::from_nanos),
        version: None,
    };
    event("c-1", 0, body)
}

#[test]
fn label_values_over_the_bound_become_other_and_that_is_counted() {
    let limits = Bounds { values_per_label: 2, ..Bounds::default() };
    let mut fold = Fold::with(Model { limits, ..Model::default() });
    for action in ["a", "b", "c", "d"] {
        fold.take(task(action, None));
    }
    fold.expect("day90_tasks_total{action=other,mode=decide,outcome=completed}", 2.0)
        .expect("day90_series_limited_total{metric=day90_tasks_total,label=action}", 2.0);
}

#[test]
fn repairs_and_negative_durations_are_counted_by_type() {
    let mut fold = Fold::new();
    let mended = || Event {
        repairs: [Repair::Cut, Repair::Shortened].into_iter().collect(),
        skewed: true,
        ..task("a", Some(0))
    };
    fold.take(mended()).take(task("a", Some(1))).take(Event { skewed: false, ..mended() });
    fold.expect("day90_events_repaired_total{type=task.completed,repair=cut}", 2.0)
        .expect("day90_events_repaired_total{type=task.completed,repair=shortened}", 2.0)
        .expect("day90_clock_skew_total{type=task.completed}", 1.0);
    fold.restarted().expect("day90_events_repaired_total{type=task.completed,repair=cut}", 2.0);
}

#[test]
fn systems_over_the_bound_share_one_name() {
    let limits = Bounds { values_per_label: 2, ..Bounds::default() };
    let mut fold = Fold::with(Model { limits, ..Model::default() });
    for system in ["a", "b", "c", "d"] {
        fold.take(Event { system: system.into(), ..opened("c-1", 0) });
    }
    assert_eq!(fold.samples().systems.into_iter().collect::<Vec<_>>(), ["a", "b", "other"]);
    fold.expect("day90_escalations_open{system=other,queue=billing}", 2.0);
    fold.expect("day90_series_limited_total{metric=day90_events_total,label=system}", 2.0);
}

#[test]
fn the_rare_families_are_at_zero_as_soon_as_a_system_is_known() {
    let mut fold = Fold::with(routed());
    for series in [
        "day90_escalations_total{queue=billing,reason=low_confidence}",
        "day90_escalation_deadline_missed_total{queue=billing,stage=resolve}",
        "day90_rollbacks_total{trigger=owner,to=previous_process,result=failed,drill=true}",
        "day90_changes_failed_total{kind=model,attribution=named}",
        "day90_appeals_total{outcome=overturned}",
    ] {
        fold.expect(series, 0.0);
    }
}

#[test]
fn a_system_that_declares_nothing_has_a_queue_all_the_same() {
    let mut fold = Fold::new();
    fold.take(task("refund", None)).expect("day90_escalations_total{queue=unrouted,reason=none}", 0.0);
}

#[test]
fn every_family_is_listed_once_and_shown_in_that_order() {
    struct Names(Vec<String>);
    impl Sink for Names {
        fn family(&mut self, name: &str, _: Type, _: &str, _: &[&str]) {
            self.0.push(name.to_owned());
        }
        fn sample(&mut self, _: &[&str], _: Number) {}
        fn histogram(&mut self, _: &[&str], _: Buckets<'_>) {}
    }
    let mut names = Names(Vec::new());
    Fold::new().state.snapshot().visit(&mut names);
    let listed: Vec<_> = FAMILIES.iter().map(|family| family.name.to_owned()).collect();
    assert_eq!(names.0, listed);
}

/// The native buckets of every histogram with observations: how many of those, the resolution, and how many buckets.
#[derive(Default)]
struct Natives(Vec<(u64, i8, usize)>);

impl Sink for Natives {
    fn family(&mut self, _: &str, _: Type, _: &str, _: &[&str]) {}
    fn sample(&mut self, _: &[&str], _: Number) {}
    fn histogram(&mut self, _: &[&str], buckets: Buckets<'_>) {
        let native = buckets.native.filter(|native| native.count() > 0);
        self.0.extend(native.map(|native| (native.count(), native.schema(), native.buckets().count())));
    }
}

#[test]
fn without_memory_histograms_become_coarser_and_lose_nothing() {
    for (state_bytes, schemas) in [(u64::MAX, 2..4), (1, -2..2)] {
        let limits = Bounds { state_bytes, ..Bounds::default() };
        let mut fold = Fold::with(Model { limits, ..Model::default() });
        for step in 0..200 {
            fold.take(task("refund", Some((1_000.0 * 1.1_f64.powi(step)) as i64)));
        }
        let mut natives = Natives::default();
        fold.state.snapshot().visit(&mut natives);
        let (count, schema, buckets) = natives.0[0];
        assert!(count == 200 && schemas.contains(&schema) && buckets <= 160, "{:?}", natives.0);
        // A restored state counts the bytes that the live one does.
        let stored = State::decode(&fold.stored()).unwrap();
        assert_eq!(stored.core().taken, fold.state.core().taken);
    }
}

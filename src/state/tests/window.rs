//! What the page shows of counters: what the last 30 days added.

use super::harness::*;
use crate::event::Fixed;
use crate::event::time::{DAY, MINUTE};

impl Fold {
    /// A series as the page shows it.
    #[track_caller]
    fn expect_lately(&mut self, series: &str, value: f64) -> &mut Fold {
        let mut samples = Samples::default();
        self.state.snapshot().of_the_last_days().0.visit(&mut samples);
        assert_eq!(samples.all.get(&plain(series)), Some(&value), "{series} lately");
        self
    }
}

const OPENED: &str = "day90_escalations_total{queue=\"billing\",reason=\"low_confidence\"}";
const TOOK: &str = "day90_escalation_acknowledge_seconds_count{queue=\"billing\"}";

#[test]
fn a_window_forgets_what_is_older_than_30_days_and_the_counter_does_not() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).take(acknowledged("c-1", 60)).advance(3 * DAY).take(opened("c-2", 0));
    fold.expect_lately(OPENED, 2.0).expect_lately(TOOK, 1.0);
    fold.advance(27 * DAY);
    fold.expect_lately(OPENED, 1.0).expect_lately(TOOK, 0.0).expect(OPENED, 2.0).expect(TOOK, 1.0);
    fold.take(opened("c-3", 0)).expect_lately(OPENED, 2.0);
    fold.advance(3 * DAY).expect_lately(OPENED, 1.0).advance(30 * DAY).expect_lately(OPENED, 0.0);
}

#[test]
fn a_restart_changes_no_window() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).advance(20 * DAY).take(opened("c-2", 0));
    let mut restarted = fold.restarted();
    restarted.expect_lately(OPENED, 2.0).advance(10 * DAY).expect_lately(OPENED, 1.0);
}

#[test]
fn a_window_keeps_its_observations_when_buckets_change() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).take(acknowledged("c-1", 60)).advance(20 * DAY);
    fold.take(opened("c-2", 0)).take(acknowledged("c-2", 90)).advance(5 * DAY);
    let mut model = routed();
    let bounds = [45, 70, 100].map(Fixed::from_units);
    model.buckets.insert("day90_escalation_acknowledge_seconds".into(), bounds.into());
    fold.configure(model).expect_lately(TOOK, 2.0).advance(5 * DAY).expect_lately(TOOK, 1.0);
}

#[test]
fn gauges_have_no_window() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).advance(40 * DAY);
    fold.expect_lately("day90_escalations_open{queue=\"billing\"}", 1.0).advance(MINUTE);
}

#[test]
fn a_newborn_counter_is_at_0_for_a_scraper_alone() {
    let mut fold = Fold::with(routed());
    // What is declared is at 0 long before; a reason that nobody declared begins with its first escalation.
    const NEW: &str = "day90_escalations_total{queue=\"billing\",reason=\"odd\"}";
    fold.advance(DAY).take(opened_with("c-1", 0, Some("billing"), Some("odd")));
    let shown = |fold: &Fold, after: i64| {
        let mut samples = Samples::default();
        let after = fold.state.now().plus(-after);
        fold.state.snapshot().with_newborn_after(after).visit(&mut samples);
        [samples.all[&plain(NEW)], samples.all[&plain("day90_escalations_open{queue=\"billing\"}")]]
    };
    assert_eq!(shown(&fold, MINUTE), [0.0, 1.0], "the counter began now; a gauge is no counter");
    fold.advance(MINUTE);
    assert_eq!(shown(&fold, MINUTE), [1.0, 1.0]);
    fold.expect(NEW, 1.0);
}

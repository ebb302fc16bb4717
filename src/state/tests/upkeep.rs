//! The budget: months of the system's own time zone, by time of receipt.

use serde_json::{Value, json};

use super::harness::*;
use super::rules::declared;
use crate::config::Model;
use crate::event::Timestamp;
use crate::event::time::{DAY, HOUR, SECOND};

const ONE: i64 = 1_000_000_000;
const COST: &str = "day90_budget_cost_spent{currency=EUR}";
const TIME: &str = "day90_budget_seconds_spent";
const START_OF_MONTH: &str = "day90_budget_period_start_timestamp_seconds";

fn in_zone(zone: &str) -> Value {
    let budget = json!({"currency": "EUR", "cost_per_month": 100 * ONE, "hours_per_month": 2 * ONE, "suites": []});
    json!({"timezone": zone, "maintenance": budget})
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time")
}

impl Fold {
    /// Moves the clock to a moment.
    fn reach(&mut self, text: &str) -> &mut Fold {
        let nanos = at(text).since(self.state.now());
        assert!(nanos >= 0, "{text} is over");
        self.advance(nanos)
    }

    /// Records an hour and five euros that happened when the test began.
    fn maintain(&mut self) -> &mut Fold {
        self.say(0, "maintenance.recorded", r#""activity":"update","seconds":3600,"cost":5,"currency":"EUR""#)
    }

    fn move_to(&mut self, zone: &str) -> &mut Fold {
        let model: Model = serde_json::from_value(json!({"systems": {"agent": in_zone(zone)}})).expect("a model");
        self.configure(model)
    }
}

#[test]
fn a_month_of_the_budget_is_one_of_the_systems_time_zone() {
    for (zone, last, first) in [
        ("UTC", "2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z"),
        ("Europe/Berlin", "2026-11-30T22:59:59Z", "2026-11-30T23:00:00Z"),
        ("America/Los_Angeles", "2026-12-01T07:59:59Z", "2026-12-01T08:00:00Z"),
    ] {
        let mut fold = declared(in_zone(zone));
        fold.maintain().reach(last).expect(COST, 5.0).expect(TIME, 3_600.0);
        fold.reach(first).expect(COST, 0.0).expect(TIME, 0.0).expect(START_OF_MONTH, at(first).as_seconds_f64());
        // By time of receipt: what happened in November counts in December.
        fold.maintain().expect(COST, 5.0).expect(TIME, 3_600.0);
    }
}

#[test]
fn each_system_has_its_own_month() {
    let systems = json!({"systems": {"agent": in_zone("Asia/Tokyo"), "other": in_zone("UTC")}});
    let mut fold = Fold::with(serde_json::from_value(systems).expect("a model"));
    fold.maintain().reach("2026-11-30T15:00:00Z").expect(COST, 0.0);
    fold.expect(START_OF_MONTH, at("2026-11-30T15:00:00Z").as_seconds_f64());
    fold.expect(&format!("{START_OF_MONTH}{{system=other}}"), at("2026-11-01T00:00:00Z").as_seconds_f64());
}

#[test]
fn a_changed_time_zone_counts_from_the_next_month() {
    let mut fold = declared(in_zone("UTC"));
    fold.maintain().move_to("Asia/Tokyo").expect(COST, 5.0);
    // December has begun in Tokyo, and the month that began in UTC ends in UTC.
    fold.reach("2026-11-30T20:00:00Z").expect(COST, 5.0).reach("2026-12-01T00:00:00Z").expect(COST, 0.0);
    fold.maintain().reach("2026-12-31T14:59:59Z").expect(COST, 5.0).reach("2026-12-31T15:00:00Z").expect(COST, 0.0);
    // The other way there is no month of nine hours.
    fold.move_to("UTC").maintain().reach("2027-01-31T14:59:59Z").expect(COST, 5.0);
    fold.reach("2027-01-31T15:00:00Z").expect(COST, 0.0).maintain().reach("2027-02-28T23:59:59Z").expect(COST, 5.0);
    fold.reach("2027-03-01T00:00:00Z").expect(COST, 0.0);
}

#[test]
fn after_months_of_silence_the_month_is_the_present_one() {
    let mut fold = declared(in_zone("Europe/Berlin"));
    fold.maintain().reach("2027-04-10T00:00:00Z").expect(COST, 0.0);
    fold.expect(START_OF_MONTH, at("2027-03-31T22:00:00Z").as_seconds_f64());
}

#[test]
fn a_system_that_nobody_declared_has_a_month_of_utc_and_no_budget() {
    let mut fold = Fold::new();
    fold.maintain().expect(COST, 5.0).expect(START_OF_MONTH, at("2026-11-01T00:00:00Z").as_seconds_f64());
    fold.expect_none("day90_budget_cost{currency=EUR}").reach("2026-12-01T00:00:00Z").expect_none(COST);
}

#[test]
fn the_cost_of_maintenance_is_money_spent_too_and_other_cost_is_not_against_the_budget() {
    let mut fold = declared(in_zone("UTC"));
    fold.maintain().say(0, "cost.recorded", r#""kind":"inference","cost":7,"currency":"EUR""#);
    fold.expect("day90_cost_total{kind=maintenance,currency=EUR}", 5.0).expect(COST, 5.0);
    fold.expect("day90_cost_total{kind=inference,currency=EUR}", 7.0);
    fold.say(0, "maintenance.recorded", r#""activity":"incident","cost":3,"currency":"USD""#);
    fold.expect("day90_budget_cost_spent{currency=USD}", 3.0).expect(COST, 5.0);
}

#[test]
fn a_restart_keeps_the_month_as_it_was() {
    let mut fold = declared(in_zone("UTC"));
    fold.maintain().move_to("Asia/Tokyo");
    fold = fold.restarted();
    fold.advance(DAY)
        .expect(COST, 5.0)
        .reach("2026-11-30T23:59:59Z")
        .expect(COST, 5.0)
        .advance(SECOND)
        .expect(COST, 0.0);
    fold.maintain().advance(HOUR).expect(TIME, 3_600.0);
}

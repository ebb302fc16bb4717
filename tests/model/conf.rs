//! Random declarations.

use std::collections::BTreeMap;

use super::declared::{DAY, Deadlines, Declared, HOUR, MINUTE, Objectives, Owner, Plan, Route, Upkeep, Within};
use super::hours::Calendar;
use crate::harness::Dice;

fn chance(dice: &mut Dice, percent: usize) -> bool {
    dice.below(100) < percent
}

fn maybe<T>(dice: &mut Dice, percent: usize, make: impl FnOnce(&mut Dice) -> T) -> Option<T> {
    chance(dice, percent).then(|| make(dice))
}

fn within(dice: &mut Dice, least: i64, most: i64, calendar: bool) -> Within {
    let minutes = least + dice.below((most - least) as usize) as i64;
    Within { nanos: minutes * MINUTE, business: calendar && chance(dice, 40) }
}

fn deadlines(dice: &mut Dice, percent: usize, calendar: bool) -> Deadlines {
    Deadlines {
        acknowledge: maybe(dice, percent, |dice| within(dice, 2, 60, calendar)),
        resolve: maybe(dice, percent, |dice| within(dice, 60, 900, calendar)),
    }
}

fn severities(dice: &mut Dice, calendar: bool) -> BTreeMap<String, Deadlines> {
    let mut map = BTreeMap::new();
    for severity in ["critical", "high"] {
        let one = deadlines(dice, 60, calendar);
        if one != Deadlines::default() && chance(dice, 60) {
            map.insert(severity.to_owned(), one);
        }
    }
    map
}

fn calendar(dice: &mut Dice) -> Calendar {
    let (first_day, last_day) = *dice.one(&[(0, 4), (0, 6), (0, 5)]);
    let (opens, closes) = *dice.one(&[(540, 1_050), (480, 1_200), (1_320, 360)]);
    let holidays = if chance(dice, 50) { vec![jiff::civil::date(2026, 11, 25)] } else { Vec::new() };
    Calendar { first_day, last_day, opens, closes, holidays }
}

fn routes(dice: &mut Dice, calendar: bool) -> Vec<Route> {
    let mut routes = Vec::new();
    let mut route = |dice: &mut Dice, reason: &str, queue: &str| {
        routes.push(Route {
            reason: reason.into(),
            queue: queue.into(),
            deadlines: deadlines(dice, 35, calendar),
            severity: if chance(dice, 25) { severities(dice, calendar) } else { BTreeMap::new() },
        });
    };
    if chance(dice, 30) {
        return Vec::new();
    }
    route(dice, "low_confidence", "billing");
    if chance(dice, 50) {
        route(dice, "refund", "risk");
    }
    if chance(dice, 60) {
        route(dice, "*", "triage");
    }
    routes
}

fn approvers(dice: &mut Dice) -> BTreeMap<String, Vec<String>> {
    let mut map = BTreeMap::new();
    for kind in ["prompt", "tool"] {
        if chance(dice, 60) {
            map.insert(kind.to_owned(), vec!["lead".to_owned(), format!("{kind}-lead")]);
        }
    }
    map
}

fn objectives(dice: &mut Dice) -> Objectives {
    Objectives {
        escalation_ratio: maybe(dice, 40, |_| 0.08),
        task_seconds: maybe(dice, 50, |dice| *dice.one(&[2.0, 20.0])),
        override_ratio: maybe(dice, 40, |_| 0.15),
        trust_ratio: maybe(dice, 40, |_| 0.8),
        rubber_stamp_seconds: maybe(dice, 50, |_| 3.0),
    }
}

fn boundaries(dice: &mut Dice) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for action in ["refund", "close", "mail"] {
        if chance(dice, 60) {
            map.insert(action.to_owned(), dice.one(&["never", "escalate", "suggest", "decide"]).to_string());
        }
    }
    map
}

/// What a system declares at first.
pub fn declared(dice: &mut Dice) -> Declared {
    let calendar = maybe(dice, 40, calendar);
    let business = calendar.is_some();
    Declared {
        launched: maybe(dice, 50, |_| "2026-09-01".to_owned()),
        timezone: maybe(dice, 50, |dice| dice.one(&["Europe/Berlin", "America/New_York", "Asia/Kolkata"]).to_string()),
        owner: maybe(dice, 60, |_| Owner { name: "ops".into(), attest_every: 90 * DAY }),
        boundaries: boundaries(dice),
        deadlines: deadlines(dice, 70, business),
        severity: if chance(dice, 40) { severities(dice, business) } else { BTreeMap::new() },
        routes: routes(dice, business),
        review_within: reviews(dice, business),
        approvers: approvers(dice),
        failure_window: maybe(dice, 40, |dice| *dice.one(&[HOUR, 6 * HOUR, 3 * DAY])),
        rollback: maybe(dice, 60, |dice| Plan {
            to: dice.one(&["previous_version", "previous_process"]).to_string(),
            within: Some(*dice.one(&[15 * MINUTE, HOUR, 5 * HOUR])),
        }),
        inputs: BTreeMap::from([("crm".to_owned(), HOUR)]),
        objectives: objectives(dice),
        durable_after: maybe(dice, 60, |dice| *dice.one(&[HOUR, 10 * HOUR, 2 * DAY, 7 * DAY])),
        appeals_within: maybe(dice, 60, |dice| within(dice, 30, 9_000, business)),
        maintenance: maybe(dice, 50, |_| Upkeep {
            currency: "EUR".into(),
            cost_per_month: 4_000,
            hours_per_month: 40,
            evaluate_every: 7 * DAY,
        }),
        calendar,
    }
}

fn reviews(dice: &mut Dice, business: bool) -> BTreeMap<String, Option<Within>> {
    let mut queues = BTreeMap::new();
    for queue in ["billing", "triage"] {
        if chance(dice, 60) {
            queues.insert(queue.to_owned(), maybe(dice, 60, |dice| within(dice, 5, 600, business)));
        }
    }
    queues
}

/// The same system after a reload. What is judged over longer times stays: owner, zone, maturity, rollback.
pub fn changed(before: &Declared, dice: &mut Dice) -> Declared {
    let business = before.calendar.is_some();
    let mut after = before.clone();
    if chance(dice, 50) {
        after.routes = routes(dice, business);
        after.deadlines = deadlines(dice, 70, business);
    }
    if chance(dice, 40) {
        after.approvers = approvers(dice);
    }
    if chance(dice, 40) {
        after.objectives = objectives(dice);
    }
    if chance(dice, 30) {
        after.boundaries = boundaries(dice);
    }
    if chance(dice, 30) {
        after.review_within = reviews(dice, business);
    }
    after
}

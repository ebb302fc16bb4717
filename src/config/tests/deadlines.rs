//! By when escalations, reviews and appeals are due, as the contract orders the declarations.

use super::super::model::{Due, System};
use super::*;
use crate::event::time::{HOUR, MINUTE};

/// A Friday, 16:00 UTC.
const OPENED: Timestamp = Timestamp::from_seconds(1_795_795_200);

fn system(text: &str) -> System {
    let model = valid(&format!("systems: {{a: {{{text}}}}}\n")).model;
    model.systems["a"].clone()
}

/// The spans from the opening to both deadlines, in minutes.
fn minutes(system: &System, reason: Option<&str>, severity: Option<&str>) -> (Option<i64>, Option<i64>) {
    let Due { acknowledge, resolve } = system.escalation_due(OPENED, system.route(reason), severity);
    let minutes = |due: Option<Timestamp>| due.map(|due| due.since(OPENED) / MINUTE);
    (minutes(acknowledge), minutes(resolve))
}

const PATH: &str = "exception_path: {acknowledge_within: 15m, resolve_within: 8h, \
    severity: {critical: {acknowledge_within: 5m}, low: {acknowledge_within: 1h, resolve_within: 2d}}, routes: [\
    {reason: unsure, queue: q, owner: o, acknowledge_within: 10m, resolve_within: 2h}, \
    {reason: angry, queue: q, owner: o, severity: {critical: {acknowledge_within: 7m}, low: {resolve_within: 3d}}}, \
    {reason: '*', queue: t, owner: o}]}";

#[test]
fn a_deadline_is_the_routes_own_for_its_severity_then_the_shorter_then_the_systems() {
    let system = system(PATH);
    for (reason, severity, expected, why) in [
        (None, None, (15, 480), "the system's"),
        (Some("other"), Some("normal"), (15, 480), "nothing is declared for this severity"),
        (Some("other"), Some("critical"), (5, 480), "the severity's, and the system's where it says nothing"),
        (Some("other"), Some("low"), (60, 2_880), "the severity's wins over the system's, though it is longer"),
        (Some("unsure"), None, (10, 120), "the route's"),
        (Some("unsure"), Some("critical"), (5, 120), "the shorter of the route's and the severity's"),
        (Some("unsure"), Some("low"), (10, 120), "the shorter of the route's and the severity's"),
        (Some("angry"), Some("critical"), (7, 480), "the route's own for this severity, though it is longer"),
        (Some("angry"), Some("low"), (60, 4_320), "each of the two deadlines by itself"),
        (Some("angry"), Some("high"), (15, 480), "the route says nothing of this severity"),
    ] {
        let found = minutes(&system, reason, severity);
        assert_eq!(found, (Some(expected.0), Some(expected.1)), "{reason:?} {severity:?}: {why}");
    }
    assert_eq!(minutes(&System::default(), Some("x"), Some("critical")), (None, None), "nothing is declared");
}

#[test]
fn the_shorter_of_plain_time_and_business_hours_is_what_ends_first() {
    let system = system(
        "calendar: {hours: 'Mon-Fri 09:00-17:30'}, exception_path: {severity: {high: {resolve_within: 4h business}}, \
         routes: [{reason: '*', queue: q, owner: o, resolve_within: 20h}]}",
    );
    assert_eq!(minutes(&system, None, Some("high")).1, Some(20 * 60), "on a Friday the night counts");
    let monday = OPENED.plus(2 * DAY + 17 * HOUR);
    let due = system.escalation_due(monday, system.route(None), Some("high")).resolve;
    assert_eq!(due, Some(monday.plus(4 * HOUR)), "on a Monday morning it doesn't");
}

#[test]
fn reviews_and_appeals_are_due_in_the_systems_hours_and_zone() {
    let system = system(
        "timezone: Europe/Berlin, calendar: {hours: 'Mon-Fri 09:00-17:30', holidays: [2026-11-30]}, \
         review: {queues: {q: {reviewers: 1, hours_per_day: 6, within: 1h business}, r: {reviewers: 1, hours_per_day: 6}}}, \
         trust: {appeals_within: 14d}",
    );
    let due = |due: Option<Timestamp>| due.map(|due| due.to_string());
    assert_eq!(due(system.review_due(OPENED, "q")).as_deref(), Some("2026-12-01T08:30:00Z"), "half an hour was left");
    assert_eq!((system.review_due(OPENED, "r"), system.review_due(OPENED, "s")), (None, None));
    assert_eq!(system.appeal_due(OPENED), Some(OPENED.plus(14 * DAY)));
    assert_eq!(System::default().appeal_due(OPENED), None);
    assert_eq!(system.budget_month(OPENED).0.to_string(), "2026-10-31T23:00:00Z");
}

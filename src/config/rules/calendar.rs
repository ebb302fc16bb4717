//! Deadlines of business hours: there are hours to count, and they end within a year.

use super::super::key::spans::{BUSINESS, duration_text};
use super::super::key::{Settings, What, WrittenValue};
use super::super::model::System;
use super::super::model::exception_path::SEVERITIES;
use super::super::problem::Problems;
use crate::event::time::{DAY, HOUR, MINUTE};

/// Weeks after which a deadline is none.
const WEEKS_MAX: u64 = 52;

/// Every deadline of a system that says `business`.
pub fn check(written: &Settings, system: Option<&System>, problems: &mut Problems) {
    let mut deadlines = Vec::new();
    let path = written.map("exception_path");
    let routes = path.list("routes").iter().map(WrittenValue::settings);
    for promise in routes.chain([path]) {
        let severities = SEVERITIES.iter().map(|severity| promise.map("severity").map(severity));
        for settings in severities.chain([promise]) {
            deadlines.extend([(settings, "acknowledge_within"), (settings, "resolve_within")]);
        }
    }
    let queues = written.map("review").table("queues");
    deadlines.extend(queues.iter().map(|(_, _, queue)| (queue.settings(), "within")));
    deadlines.push((written.map("trust"), "appeals_within"));
    for (settings, key) in deadlines {
        if let Some(What::Business(nanos)) = settings.get(key).map(|value| &value.what) {
            deadline(settings, key, *nanos, written, system, problems);
        }
    }
}

fn deadline(
    settings: &Settings,
    key: &str,
    nanos: i64,
    written: &Settings,
    system: Option<&System>,
    problems: &mut Problems,
) {
    let (at, field) = (settings.at(key), settings.field(key));
    let text = format!("{} {BUSINESS}", duration_text(nanos));
    let hours = system.and_then(|system| system.calendar.as_ref()?.hours.as_ref());
    let Some(hours) = hours else {
        // Hours that are wrong are reported already.
        let calendar = written.field("calendar");
        let hours = format!("{calendar}.hours");
        if !problems.iter().any(|problem| problem.field == calendar || problem.field == hours) {
            let message = format!(
                "{text} needs a calendar to count in: add calendar: {{hours: \"Mon-Fri 09:00-17:30\"}} to {}, or leave \
                 \"{BUSINESS}\" out",
                written.path
            );
            problems.error(at, &field, message);
        }
        return;
    };
    let week = hours.minutes_a_week();
    let minutes = u64::try_from(nanos / MINUTE).unwrap_or(0);
    let week_text = duration_text(i64::try_from(week).unwrap_or(i64::MAX / MINUTE) * MINUTE);
    if minutes > week * WEEKS_MAX {
        let message = format!("{text} takes over a year, with {week_text} of open hours a week: write less");
        problems.error(at, &field, message);
    } else if nanos % DAY == 0 {
        let message = format!(
            "{text} is {} open hours, and a week has {week_text} of them: a working day is not 24 hours",
            nanos / HOUR
        );
        problems.warn(at, &field, message);
    }
}

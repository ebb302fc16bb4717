//! Late events: they count as any other, and only those of the last 15 minutes say something about now.

use super::harness::*;
use crate::event::time::{DAY, MINUTE};

const LATE: &str = "day90_events_late_total";
const TASK: &str = r#""action":"a","outcome":"completed","mode":"decide""#;

/// Case Q7.
#[test]
fn what_is_up_to_15_minutes_late_feeds_the_detector_and_what_is_later_only_counts() {
    let recent = "day90_escalation_recent_ratio";
    for (minutes, feeds) in [(0, true), (6, true), (15, true), (16, false)] {
        let mut fold = Fold::new();
        fold.advance(DAY);
        for number in 0..200 {
            let happened = 86_400 + number - minutes * 60;
            fold.say(happened, "task.completed", TASK);
            if number % 10 == 0 {
                fold.say(happened, "escalation.opened", &format!(r#""case":"c-{number}","queue":"q""#));
            }
            fold.advance(MINUTE / 60);
        }
        fold.advance(MINUTE);
        let seen = fold.samples().all.get(recent).copied();
        assert_eq!(seen.is_some_and(|ratio| ratio > 0.0), feeds, "{minutes} minutes late: {seen:?}");
        fold.expect("day90_tasks_total{action=a,mode=decide,outcome=completed}", 200.0);
        fold.expect("day90_escalations_total{queue=q,reason=none}", 20.0);
        let late = fold.samples().all.get(LATE).copied().unwrap_or_default();
        assert_eq!(late, if feeds { 0.0 } else { 220.0 });
    }
}

#[test]
fn only_tasks_and_escalations_are_counted_as_late() {
    let mut fold = Fold::new();
    fold.advance(DAY).say(0, "case.closed", r#""case":"c","by":"ai""#).expect_none(LATE);
    fold.say(0, "escalation.opened", r#""case":"c""#)
        .expect(LATE, 1.0)
        .say(0, "task.completed", TASK)
        .expect(LATE, 2.0);
    fold = fold.restarted();
    fold.expect(LATE, 2.0);
}

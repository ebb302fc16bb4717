//! The detector as people meet it: events into the real fold, pages and reports out of it.

mod replay;
mod world;
mod wrong_input;

use self::world::{START, World, allowing, model};
use crate::config::Model;
use crate::config::model::System;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::event::{Body, ChangeKind};
use crate::state::views::spike::report::Caution;

#[test]
fn a_spike_pages_once_and_ends() {
    let mut world = World::new();
    world.tasks(6 * DAY, 0.05, 0.04).expect("ok").expect_pages(0);
    world.tasks(3 * HOUR, 0.05, 0.4).expect("page").expect_pages(1);
    assert_eq!(world.sample(r#"day90_escalation_spike{system="agent"}"#), Some(1.0));
    assert!(world.sample(r#"day90_escalation_spike_score{system="agent"}"#) >= Some(1.0));
    let onset =
        world.sample(r#"day90_escalation_spike_onset_timestamp_seconds{system="agent"}"#).expect("a page has one");
    let began = START.as_seconds_f64() + 6.0 * 86_400.0;
    assert!((onset - began).abs() < 1_800.0, "the rise began {began}, not {onset}");
    world.tasks(8 * HOUR, 0.05, 0.04).expect("ok").expect_pages(1);
    assert_eq!(world.sample(r#"day90_escalation_spike{system="agent"}"#), Some(0.0));
    assert_eq!(world.sample(r#"day90_escalation_spike_onset_timestamp_seconds{system="agent"}"#), None);
    assert_eq!(world.sample(r#"day90_escalation_spikes_total{system="agent"}"#), Some(1.0));
    assert_eq!(world.report().unconfirmed, 0);
    world.expect_finite();
}

#[test]
fn a_page_stays_for_five_minutes_at_least() {
    let mut world = World::new();
    world.tasks(5 * DAY, 0.2, 0.02);
    while world.pages.is_empty() {
        world.advance(SECOND);
        world.escalate();
    }
    let began = world.pages[0];
    world.tasks(4 * MINUTE + 50 * SECOND, 20.0, 0.0).expect("page");
    world.tasks(30 * MINUTE, 2.0, 0.0).expect("ok");
    assert!(world.state.now().since(began) >= 5 * MINUTE);
    world.expect_pages(1);
}

/// Escalations come until the page opens, and then none for hours.
#[test]
fn a_page_that_nothing_confirms_is_counted_as_unconfirmed() {
    let mut world = World::new();
    world.tasks(5 * DAY, 0.05, 0.04);
    while world.pages.is_empty() {
        world.advance(MINUTE);
        world.escalate();
    }
    world.tasks(12 * HOUR, 0.05, 0.0).expect("ok").expect_pages(1);
    assert_eq!(world.sample(r#"day90_escalation_spikes_unconfirmed_total{system="agent"}"#), Some(1.0));
    assert_eq!(world.report().unconfirmed, 1);
}

#[test]
fn the_onset_of_a_slow_rise_is_long_before_its_page() {
    let mut world = World::new();
    world.tasks(6 * DAY, 0.05, 0.04);
    let rise = world.now();
    while world.pages.is_empty() {
        world.tasks(MINUTE, 0.05, 0.12);
    }
    let page = world.report().page.expect("it is open");
    let delay = page.began - rise.as_seconds_f64();
    assert!(delay > 1_200.0, "a rise to three times the usual takes a while to be seen: {delay}");
    assert!(page.began - page.onset > delay / 2.0, "{page:?}, {delay} s after the rise began");
}

#[test]
fn a_rise_that_stays_is_asked_about_and_its_page_ends_unanswered_after_four_days() {
    let mut world = risen_for(20 * HOUR);
    world.expect("page").expect_pages(1);
    world.tasks(6 * HOUR, 0.05, 0.25).expect("new_normal").expect_pages(1);
    assert!(world.report().page.is_some(), "the page is open until somebody answers");
    world.tasks(66 * HOUR, 0.05, 0.25).expect("new_normal").expect_pages(1);
    world.tasks(6 * HOUR, 0.05, 0.25).expect("new_normal").expect_pages(1);
    assert!(world.report().page.is_none(), "nobody has answered for three days");
    let usual = world.report().usual_ratio.expect("it was adopted");
    assert!((0.18..0.33).contains(&usual), "{usual}");
}

#[test]
fn what_was_usual_before_is_recognized_when_it_comes_back() {
    let mut world = risen_for(5 * DAY);
    world.expect("new_normal");
    world.tasks(DAY, 0.05, 0.04).expect("ok").expect_pages(1);
    let usual = world.report().usual_ratio.expect("it is known");
    assert!((0.03..0.06).contains(&usual), "{usual}");
    world.tasks(6 * HOUR, 0.05, 0.25).expect("page").expect_pages(2);
}

#[test]
fn a_silent_night_is_no_end_of_a_page() {
    let mut world = risen_for(2 * HOUR);
    world.expect("page").expect_pages(1);
    world.advance(10 * HOUR);
    world.expect("page");
    world.tasks(2 * HOUR, 0.05, 0.25).expect("page").expect_pages(1);
    world.tasks(8 * HOUR, 0.05, 0.04).expect("ok").expect_pages(1);
}

/// Six usual days, then a rise that lasts for this long.
fn risen_for(time: i64) -> World {
    let mut world = World::new();
    world.tasks(6 * DAY, 0.05, 0.04);
    world.tasks(time, 0.05, 0.25);
    world
}

#[test]
fn a_case_that_is_escalated_again_counts_once() {
    let mut world = World::new();
    world.tasks(6 * DAY, 0.05, 0.04);
    for minute in 0..120 {
        world.tasks(MINUTE, 0.05, 0.04);
        world.escalate_case(format!("stuck-{}", minute % 3), world.now(), "billing", "low_confidence");
    }
    world.expect_pages(0);
}

#[test]
fn a_system_without_tasks_is_measured_in_time() {
    let mut world = World::new();
    world.escalations(9 * DAY, 12.0).expect("ok").expect_pages(0).expect_caution(Caution::NoTasks);
    let usual = world.report().usual_ratio.expect("learned") * 3_600.0;
    assert!((9.0..15.0).contains(&usual), "{usual} an hour");
    world.escalations(3 * HOUR, 90.0).expect("page").expect_pages(1);
    world.escalations(8 * HOUR, 12.0).expect("ok").expect_pages(1).expect_finite();
}

#[test]
fn no_rate_is_shown_for_the_first_seconds() {
    let mut world = World::new();
    world.escalate();
    world.advance(SECOND);
    world.escalate();
    assert_eq!(world.report().recent, None, "two in a second are not 7,200 an hour");
    world.advance(HOUR);
    assert!(world.report().recent.is_some());
}

#[test]
fn one_trial_task_does_not_discard_what_was_learned() {
    let mut world = World::new();
    world.escalations(4 * DAY, 12.0);
    world.task();
    world.advance(HOUR);
    assert_eq!(world.report().per, "seconds");
    world.tasks(2 * HOUR, 0.05, 0.04);
    assert_eq!(world.report().per, "tasks", "from now on it sends them");
}

#[test]
fn the_hours_are_those_of_the_systems_own_time_zone() {
    let mut world = World::with(model(System { timezone: "Asia/Tokyo".into(), ..System::default() }));
    world.tasks(90 * MINUTE, 0.05, 0.04);
    let report = world.report();
    assert_eq!((report.baseline.hour, report.baseline.weekend, report.timezone.as_str()), (10, false, "Asia/Tokyo"));
    world.sequence += 1;
    world.state.configure(model(System { timezone: "America/New_York".into(), ..System::default() }), world.sequence);
    let report = world.report();
    assert_eq!((report.baseline.hour, report.baseline.weekend), (20, true), "a Sunday evening there");
}

#[test]
fn a_reload_changes_the_setting_and_forgets_nothing() {
    let mut world = World::with(model(allowing(1)));
    world.tasks(4 * DAY, 0.05, 0.04);
    let before = world.report();
    world.sequence += 1;
    world.state.configure(model(allowing(8)), world.sequence);
    let after = world.report();
    assert_eq!(before.false_pages_per_month.round(), 1.0);
    assert_eq!(after.false_pages_per_month.round(), 8.0);
    assert_eq!(after.baseline, before.baseline);
}

#[test]
fn allowing_more_false_pages_gives_earlier_pages() {
    let delay = |setting| {
        let mut world = World::with(model(allowing(setting)));
        world.tasks(5 * DAY, 0.05, 0.04);
        world.tasks(6 * HOUR, 0.05, 0.3);
        world.pages[0]
    };
    assert!(delay(100) < delay(1));
}

#[test]
fn a_removed_system_is_forgotten() {
    let mut world = World::with(model(allowing(1)));
    world.tasks(2 * DAY, 0.05, 0.04);
    world.sequence += 1;
    world.state.configure(Model { removed: ["agent".to_owned()].into(), ..Model::default() }, world.sequence);
    assert!(world.state.snapshot().spike("agent").is_none());
    assert!(!world.exposition().contains("agent"));
    world.advance(DAY);
    world.sequence += 1;
    world.state.configure(model(allowing(1)), world.sequence);
    let report = world.report();
    assert_eq!((report.state.as_str(), report.pages, report.baseline.escalations), ("learning", 0, 0.0));
}

#[test]
fn a_declared_system_has_series_before_its_first_event() {
    let world = World::with(model(allowing(2)));
    for (series, value) in [
        (r#"day90_escalation_spike{system="agent"}"#, None),
        (r#"day90_escalation_spikes_total{system="agent"}"#, Some(0.0)),
        (r#"day90_escalation_spike_state{system="agent",state="learning"}"#, Some(1.0)),
        (r#"day90_escalation_spike_state{system="agent",state="page"}"#, Some(0.0)),
        (r#"day90_escalation_baseline_ratio{system="agent"}"#, None),
    ] {
        assert_eq!(world.sample(series), value, "{series}");
    }
    assert_eq!(world.report().false_pages_per_month.round(), 2.0);
}

/// Case Q6: at 0 from the first event on, it silenced Day90EscalationSpikeByRule, while the detector knew nothing yet.
#[test]
fn while_it_learns_it_says_neither_spike_nor_calm() {
    let mut world = World::with(model(allowing(1)));
    world.tasks(150 * SECOND, 20.0, 0.05).tasks(10 * MINUTE, 20.0, 0.5);
    assert_eq!(world.report().state.as_str(), "learning");
    assert_eq!(world.sample(r#"day90_escalation_spike{system="agent"}"#), None);
    assert_eq!(world.sample(r#"day90_escalation_spike_state{system="agent",state="learning"}"#), Some(1.0));
    world.tasks(6 * DAY, 0.05, 0.04).expect("ok");
    assert_eq!(world.sample(r#"day90_escalation_spike{system="agent"}"#), Some(0.0));
}

#[test]
fn saving_and_loading_after_every_event_changes_nothing() {
    let run = |split| {
        let mut world = World::new();
        world.split = split;
        world.tasks(16 * HOUR, 0.01, 0.1);
        world.tasks(5 * HOUR, 0.01, 0.9);
        world.tasks(3 * HOUR, 0.01, 0.1);
        world.system = "without-tasks";
        world.escalations(12 * HOUR, 6.0);
        (world.exposition(), world.report(), world.pages)
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn the_steps_of_time_in_between_change_nothing() {
    let run = |step: Option<i64>| {
        let mut world = World::new();
        for (hours, ratio) in [(60, 0.05), (3, 0.5), (12, 0.05)] {
            for _ in 0..hours * 60 {
                let to = world.now().plus(MINUTE + 7 * SECOND);
                while let Some(step) = step.filter(|step| world.now().plus(*step) < to) {
                    world.advance(step);
                }
                world.advance(to.since(world.now()));
                (0..3).for_each(|_| world.task());
                if world.draw() < 3.0 * ratio {
                    world.escalate();
                }
            }
        }
        (world.exposition(), world.pages)
    };
    let at_once = run(None);
    assert!(!at_once.1.is_empty(), "there are pages to compare");
    assert_eq!(run(Some(SECOND * 11)), at_once);
    assert_eq!(run(Some(SECOND * 60)), at_once);
}

#[test]
fn a_report_names_queue_reason_and_change() {
    let mut world = World::new();
    world.tasks(6 * DAY, 0.05, 0.04);
    let change = Body::ChangeDeployed {
        kind: ChangeKind::Prompt,
        version: "v41".into(),
        change: None,
        author: Some("kim".into()),
        approver: None,
        previous_version: None,
        emergency: None,
    };
    world.take(None, world.now(), change);
    for _ in 0..60 {
        world.tasks(2 * MINUTE, 0.05, 0.04);
        world.escalate_at(world.now(), "refunds", "policy_unclear");
    }
    let report = world.report();
    assert_eq!(report.state, "page");
    assert_eq!((report.causes[0].queue.as_str(), report.causes[0].reason.as_str()), ("refunds", "policy_unclear"));
    assert!(report.causes[0].part > 0.6, "{:?}", report.causes);
    assert_eq!((report.changes[0].version.as_str(), report.changes[0].approval.as_str()), ("v41", "unapproved"));
    let page = report.page.expect("a page");
    assert!(page.onset <= page.began && page.new_normal_at > report.now, "{page:?}");
    let recent = report.recent.expect("something comes");
    let (expected, factor) = (recent.expected.expect("learned"), recent.factor.expect("learned"));
    assert!((recent.escalations / expected / factor - 1.0).abs() < 0.01 && factor > 2.0, "{recent:?} {factor}");
}

#[test]
fn memory_is_bounded() {
    let mut world = World::new();
    world.tasks(HOUR, 0.05, 0.5);
    assert!((1_000..20_000).contains(&world.state.signals.spike.bytes()), "{}", world.state.signals.spike.bytes());
}

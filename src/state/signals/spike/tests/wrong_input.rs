//! Clocks that step, events that come late, out of order or all at once, tasks that stop: none of it makes a page without
//! evidence, an invalid number or unbounded memory, and the report says what is wrong.

use crate::state::signals::signal::Signal;
use std::sync::OnceLock;

use super::world::World;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::state::views::spike::report::Caution;

/// A system with tasks that has learned.
fn with_tasks() -> World {
    static LEARNED: OnceLock<World> = OnceLock::new();
    let learn = || {
        let mut world = World::new();
        world.tasks(6 * DAY, 0.1, 0.04).expect("ok");
        world
    };
    LEARNED.get_or_init(learn).copy()
}

/// A system measured in time that has learned.
fn without_tasks() -> World {
    static LEARNED: OnceLock<World> = OnceLock::new();
    let learn = || {
        let mut world = World::new();
        world.escalations(9 * DAY, 20.0).expect("ok");
        world
    };
    LEARNED.get_or_init(learn).copy()
}

#[test]
fn a_clock_that_steps_forward_is_no_spike() {
    for jump in [MINUTE, HOUR, DAY, 40 * DAY] {
        let mut world = with_tasks();
        world.advance(jump);
        world.tasks(DAY, 0.1, 0.04).expect_pages(0).expect_finite();
        let mut world = without_tasks();
        world.advance(jump);
        world.escalations(DAY, 20.0).expect_pages(0).expect_finite();
    }
}

#[test]
fn a_clock_that_steps_back_is_no_spike_and_is_reported() {
    for jump in [2 * MINUTE, HOUR, 6 * HOUR] {
        let mut world = with_tasks();
        world.clock = Some(world.now().plus(-jump));
        world.tasks(jump - MINUTE / 2, 0.1, 0.04).expect_pages(0).expect_finite();
        let mut world = without_tasks();
        world.clock = Some(world.now().plus(-jump));
        world.escalations(jump / 2, 20.0);
        if jump > HOUR {
            world.expect_caution(Caution::ClockBack);
        }
        world.escalations(jump, 20.0).expect_pages(0).expect_finite();
    }
}

#[test]
fn a_spike_is_found_while_the_clock_is_behind() {
    let mut world = with_tasks();
    world.clock = Some(world.now().plus(-12 * HOUR));
    world.tasks(3 * HOUR, 0.1, 0.4).expect_pages(1);
}

/// The clock is ahead for ten minutes, in which traffic goes on, and is set right.
fn leap(world: &mut World, by: i64, ratio: f64) {
    world.advance(by);
    world.tasks(10 * MINUTE, 0.1, ratio);
    world.sequence += 1;
    world.state.correct_clock(world.now().plus(-by), by, by, world.sequence);
}

#[test]
fn a_clock_that_is_set_right_makes_no_page_and_hides_none() {
    for by in [2 * MINUTE, HOUR, 5 * HOUR, DAY, 40 * DAY, 400 * DAY] {
        let mut world = with_tasks();
        leap(&mut world, by, 0.04);
        world.tasks(6 * HOUR, 0.1, 0.04).expect_pages(0).expect_finite();
        assert!(!world.report().cautions.contains(&Caution::ClockBack), "{by}");
        world.tasks(3 * HOUR, 0.1, 0.4).expect_pages(1);
        // A clock that leaps is silent for a while, and that ends no page.
        leap(&mut world, by, 0.4);
        world.tasks(3 * HOUR, 0.1, 0.4).expect_finite();
        assert!(world.state.spike("agent").is_some_and(|glimpse| glimpse.page.is_some()), "{by}: it is open");
        world.tasks(DAY, 0.1, 0.04);
        assert!(world.state.spike("agent").is_some_and(|glimpse| glimpse.page.is_none()), "{by}: it has ended");
    }
}

#[test]
fn events_hours_out_of_order_are_no_evidence() {
    let mut world = with_tasks();
    for _ in 0..300 {
        world.tasks(10 * SECOND, 0.1, 0.04);
        let hours = 1.0 + world.draw() * 5.0;
        let time = world.now().plus(-(hours * HOUR as f64) as i64);
        world.escalate_at(time, "billing", "low_confidence");
    }
    world.expect("ok").expect_pages(0).expect_caution(Caution::LateEvents).expect_finite();
    assert_eq!(
        world.sample(r#"day90_escalations_opened_total{system="agent",queue="billing",reason="low_confidence"}"#),
        None
    );
}

#[test]
fn a_day_of_silence_and_then_a_flood_is_no_spike() {
    let mut world = with_tasks();
    world.advance(DAY);
    flood(&mut world, DAY, 0.1, 0.04);
    world.tasks(DAY / 2, 0.1, 0.04).expect_pages(0).expect_finite();

    let mut world = without_tasks();
    world.advance(DAY);
    flood(&mut world, DAY, 0.0, 20.0 / 3_600.0);
    world.escalations(DAY, 20.0).expect_pages(0).expect_finite();
}

#[test]
fn a_network_outage_of_minutes_is_no_spike() {
    let mut learned = World::new();
    learned.escalations(4 * DAY, 500.0).expect("ok");
    for minutes in [1, 2, 4, 10, 14, 16, 30] {
        let mut world = learned.copy();
        for _ in 0..5 {
            world.advance(minutes * MINUTE);
            flood(&mut world, minutes * MINUTE, 0.0, 500.0 / 3_600.0);
            world.escalations(HOUR, 500.0);
        }
        world.expect_pages(0).expect_finite();
    }
}

/// What happened in the last `nanos`, all at once and in random order. Without tasks `ratio` is escalations a second.
fn flood(world: &mut World, nanos: i64, rate: f64, ratio: f64) {
    let seconds = nanos as f64 / SECOND as f64;
    let (tasks, escalations) =
        if rate > 0.0 { (rate * seconds, rate * ratio * seconds) } else { (0.0, ratio * seconds) };
    for number in 0..(tasks + escalations) as u64 {
        let time = world.now().plus(-((world.draw() * nanos as f64) as i64));
        // The escalations come first, which is the worst order.
        if (number as f64) < escalations { world.escalate_at(time, "billing", "none") } else { world.task_at(time) }
    }
}

#[test]
fn a_backfill_of_a_month_in_a_minute_is_no_spike() {
    for mut world in [with_tasks(), World::new()] {
        for second in 0..60 {
            world.advance(SECOND);
            for number in 0..40 {
                let time = world.now().plus(-30 * DAY).plus((second * 40 + number) * 18 * MINUTE);
                world.escalate_at(time, "billing", "none");
                world.task_at(time);
            }
        }
        world.advance(HOUR);
        world.expect_pages(0).expect_finite().expect_caution(Caution::LateEvents);
    }
}

#[test]
fn escalations_that_go_on_while_task_reports_stop_are_no_spike() {
    let mut world = with_tasks();
    let usual = world.report().usual_ratio.expect("learned");
    // As many escalations as with 0.1 tasks a second, of which 4 % are escalated.
    world.escalations(5 * DAY, 14.4).expect_pages(0).expect_caution(Caution::TasksMissing).expect_finite();
    let after = world.report().usual_ratio.expect("learned");
    assert!((after / usual - 1.0).abs() < 0.02, "{usual} {after}: almost nothing is learned from assumed tasks");
    world.escalations(6 * DAY, 14.4).expect_pages(0).expect_caution(Caution::NoTasks);
    world.tasks(2 * DAY, 0.1, 0.04).expect_pages(0);
    assert_eq!(world.report().per, "tasks");
}

#[test]
fn a_spike_is_found_while_task_reports_have_stopped() {
    let mut world = with_tasks();
    world.escalations(3 * HOUR, 14.4).expect_pages(0);
    world.escalations(3 * HOUR, 200.0).expect_pages(1).expect("page");
}

#[test]
fn tasks_that_come_back_are_no_spike() {
    for away in [2 * MINUTE, 10 * MINUTE, 2 * HOUR, 9 * HOUR] {
        let mut world = with_tasks();
        world.escalations(away, 14.4);
        world.tasks(DAY, 0.1, 0.04).expect_pages(0).expect("ok");
        let usual = world.report().usual_ratio.expect("learned");
        assert!((0.032..0.048).contains(&usual), "{usual}");
    }
}

#[test]
fn tasks_that_are_sent_once_a_minute_are_no_spike() {
    for period in [MINUTE, 4 * MINUTE] {
        let mut world = World::new();
        let mut waiting = Vec::new();
        let mut sent = world.now();
        for _ in 0..120_000 {
            let wait = world.wait(0.5);
            world.advance(wait);
            waiting.push(world.now());
            if world.draw() < 0.04 {
                world.escalate();
            }
            if world.now().since(sent) >= period {
                sent = world.now();
                waiting.drain(..).for_each(|time| world.task_at(time));
            }
        }
        world.expect_pages(0).expect_finite();
        let usual = world.report().usual_ratio.expect("learned");
        assert!((0.034..0.046).contains(&usual), "{usual}");
    }
}

#[test]
fn more_escalations_than_tasks_are_a_ratio_too() {
    let mut world = World::new();
    for _ in 0..9_000 {
        world.tasks(MINUTE, 0.02, 0.0);
        (0..2).for_each(|_| world.escalate());
    }
    world.expect_pages(0).expect_finite();
    assert!(world.report().usual_ratio > Some(1.2), "{:?}", world.report().usual_ratio);
    assert!(crate::explain::text(&world.report()).contains("1"), "the sentence gives the ratio");
}

#[test]
fn a_system_that_never_escalates_is_fine() {
    let mut world = World::new();
    world.tasks(30 * DAY, 0.02, 0.0).expect("learning").expect_pages(0).expect_finite();
    assert!(world.report().recent.is_some_and(|recent| recent.escalations == 0.0));
    world.escalate();
    world.expect_pages(0).expect_finite();
}

#[test]
fn a_system_that_escalates_only_once_is_fine() {
    let mut world = World::new();
    world.escalate();
    world.advance(400 * DAY);
    world.expect_pages(0).expect_finite();
    world.escalate();
    world.advance(DAY);
    world.expect_pages(0).expect_finite();
}

#[test]
fn a_silence_is_reported_and_not_learned() {
    let mut world = without_tasks();
    let usual = world.report().usual_ratio.expect("learned");
    world.advance(20 * DAY);
    world.expect_pages(0).expect_caution(Caution::Silent).expect_finite();
    let after = world.report().usual_ratio.expect("learned");
    assert!((after / usual - 1.0).abs() < 0.1, "{usual} {after}");
    assert!(world.state.signals.spike.next_timer().is_none(), "a silent system costs nothing");
}

#[test]
fn thousands_of_queues_and_reasons_are_bounded() {
    let mut world = with_tasks();
    let bytes = world.state.signals.spike.bytes();
    for number in 0..3_000 {
        world.tasks(MINUTE, 0.1, 0.0);
        if number % 4 == 0 {
            world.escalate_at(world.now(), &format!("queue-{number}"), &format!("reason-{}", number * 7));
        }
    }
    assert_eq!(world.state.signals.spike.bytes(), bytes);
    world.expect_pages(0).expect_finite();
    assert!(world.report().causes.len() <= 3);
}

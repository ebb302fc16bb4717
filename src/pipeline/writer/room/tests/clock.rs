//! A clock that was ahead: the record by which the fold goes back, on the disk and when it cannot be written.

use super::*;
use crate::event::time::{DAY, HOUR, MINUTE};
use crate::state::{Snapshot, State};

fn shown(snapshot: &Snapshot) -> String {
    let mut text = Text::new();
    snapshot.visit(&mut text);
    String::from_utf8(text.into_bytes()).unwrap()
}

/// What a start after kill -9 comes to.
fn recovered(day: &Day) -> State {
    let disk: Arc<dyn Disk> = Arc::new(day.disk.kill());
    recover::recover(&disk).unwrap().0
}

/// How far the fold is ahead of the clock. Nanoseconds.
fn ahead(day: &Day) -> i64 {
    day.handle.snapshot().now().since(day.clock.now())
}

/// The clock is ahead for a moment, in which an event comes.
fn leap(day: &mut Day, by: i64) {
    day.clock.step(by);
    day.send(1, 0).unwrap();
    day.clock.step(-by);
}

#[test]
fn the_fold_goes_back_after_the_grace_and_a_replay_goes_back_with_it() {
    for by in [10 * MINUTE, HOUR, 40 * DAY] {
        let mut day = Day::on(&FakeDisk::new(), u64::MAX);
        day.send(5, 0).unwrap();
        leap(&mut day, by);
        day.send(5, 0).unwrap();
        assert_eq!(ahead(&day), by, "it waits");
        day.idle(299);
        assert_eq!(ahead(&day), by - 299 * SECOND);
        day.idle(2);
        assert_eq!(ahead(&day), 0);
        day.send(5, 0).unwrap();
        day.idle(3_600);
        let mut state = recovered(&day);
        let live = day.handle.snapshot();
        state.advance(live.now());
        assert_eq!(shown(&state.snapshot()), shown(&live));
        day.expect_all_on_disk();
    }
}

#[test]
fn a_checkpoint_before_or_after_the_record_changes_nothing() {
    for (before, after) in [(true, false), (false, true), (true, true)] {
        let mut day = Day::on(&FakeDisk::new(), u64::MAX);
        day.send(5, 0).unwrap();
        leap(&mut day, HOUR);
        if before {
            day.writer.begin_checkpoint();
            day.turns();
        }
        day.idle(301);
        assert_eq!(ahead(&day), 0);
        if after {
            day.writer.begin_checkpoint();
            day.turns();
        }
        day.send(5, 0).unwrap();
        let live = day.handle.snapshot();
        let mut state = recovered(&day);
        state.advance(live.now());
        assert_eq!(shown(&state.snapshot()), shown(&live));
    }
}

#[test]
fn a_start_with_the_right_clock_goes_back_before_anything_else() {
    let disk = FakeDisk::new();
    let mut day = Day::on(&disk, u64::MAX);
    day.clock.step(HOUR);
    day.send(5, 0).unwrap();
    let killed = disk.kill();
    drop(day);
    let mut day = Day::on(&killed, u64::MAX);
    assert_eq!(ahead(&day), 0);
    day.accepted = 5;
    day.sent = 5;
    day.send(1, 0).unwrap();
    day.expect_all_on_disk();
}

#[test]
fn a_record_that_the_disk_refuses_is_written_when_it_takes_some() {
    let mut day = nearly_full(5 * MIB);
    fill(&mut day);
    let (now, by) = (day.handle.snapshot().now(), HOUR);
    day.clock.step(-by);
    day.idle(400);
    assert_eq!(day.handle.snapshot().now(), now, "nothing goes back without its record");
    day.disk.limit(None);
    day.idle(2);
    assert_eq!(ahead(&day), 0);
    day.expect_all_on_disk();
}

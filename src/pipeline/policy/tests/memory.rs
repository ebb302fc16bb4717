//! What follows from the policy's memory and from the time, with each boundary.

use super::*;
use crate::event::time::HOUR;

#[test]
fn a_failed_checkpoint_is_tried_again_after_ten_seconds_also_of_a_clock_that_was_set_back() {
    let mut failed = Checkpoints::starting(7);
    failed.fail(at(100));
    let look = look(Disk, failed);
    for (seconds, is_tried) in [(100, false), (109, false), (110, true), (91, false), (90, true)] {
        let for_room = decide(&look, &budget(true), at(seconds)) == RoomAction::Checkpoint;
        let for_frame = matches!(admit(&look, &budget(true), at(seconds), 1), FrameAction::CheckpointFirst(_));
        let when_due = remembering(false, failed, false).is_checkpoint_due(0, 7, at(seconds));
        assert_eq!([for_room, for_frame, when_due], [is_tried; 3], "{seconds}");
    }
}

#[test]
fn a_checkpoint_is_due_once_enough_is_new_unless_an_earlier_release_can_still_read_everything() {
    const MOST: u64 = 64 << 20;
    let is_due =
        |since, way_back| remembering(false, Checkpoints::starting(since), way_back).is_checkpoint_due(0, MOST, NOW);
    assert!(is_due(MOST, false) && !is_due(MOST - 1, false) && !is_due(MOST, true));
    // Under a small limit, and with a long checkpoint, it is due earlier.
    let (limit, newest) = (64 << 20, 8 << 20);
    let due = budget::checkpoint_bytes(limit, newest, MOST);
    assert!(due < MOST / 8, "{due}");
    for (since, expected) in [(due, true), (due - 1, false)] {
        let mut memory = remembering(false, Checkpoints::starting(since), false);
        memory.budget.limit = limit;
        assert_eq!(memory.is_checkpoint_due(newest, MOST, NOW), expected);
    }
    for last in IMPOSSIBLE {
        let mut checkpoints = checkpoints(*last, true);
        checkpoints.add(MOST);
        assert!(!remembering(false, checkpoints, false).is_checkpoint_due(0, MOST, NOW), "{last:?}");
    }
    let mut memory = remembering(false, Checkpoints::starting(MOST), true);
    memory.close_way_back();
    assert!(memory.is_checkpoint_due(0, MOST, NOW), "from the first event on");
}

#[test]
fn a_stop_ends_with_a_checkpoint_of_what_is_new() {
    let ends = |since, way_back| remembering(false, Checkpoints::starting(since), way_back).ends_with_checkpoint();
    assert!(ends(1, false) && !ends(0, false) && !ends(1, true));
}

#[test]
fn the_disk_is_looked_at_before_new_space_is_taken_and_while_there_is_no_room() {
    let mut memory = remembering(false, Checkpoints::starting(0), false);
    assert!(memory.must_look(at(0)), "never yet");
    memory.note_look(at(0));
    assert!(
        memory.must_look(at(10)) && !memory.must_look(at(9)) && !memory.must_look(at(-9)) && memory.must_look(at(-10))
    );
    assert!(memory.must_look_before(1) && !memory.must_look_before(0));
    memory.budget = budget(true);
    assert!(memory.must_look(at(0)) && memory.must_look_before(0), "while it is short, always");
}

#[test]
fn the_wait_is_shorter_while_there_is_no_room() {
    let patience = |was_short, waits| remembering(was_short, Checkpoints::starting(0), false).patience(waits, false);
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!((patience(false, false), patience(false, true)), (seconds(10), seconds(10)));
    assert_eq!((patience(true, false), patience(true, true)), (seconds(1), seconds(1)));
    let mut waiting = remembering(false, Checkpoints::starting(0), false);
    let (wall, boot) = (Timestamp::from_seconds(1_800_000_000), Duration::from_secs(1));
    waiting.ahead = Ahead::starting();
    waiting.ahead.look(wall, wall, boot, 0);
    waiting.ahead.look(wall.plus(HOUR), wall, boot, HOUR);
    assert_eq!(waiting.patience(false, false), seconds(1), "the fold waits for the clock");
    assert_eq!(
        remembering(false, Checkpoints::starting(0), false).patience(false, true),
        seconds(1),
        "an erasure waits"
    );
}

#[test]
fn nothing_is_done_for_a_journal_that_is_lost() {
    for was_short in [false, true] {
        let mut memory = remembering(was_short, Checkpoints::starting(GIB), false);
        assert!(memory.can_checkpoint() && memory.must_look(NOW) && memory.must_look_before(1));
        assert!(memory.is_checkpoint_due(0, 1 << 20, NOW) && memory.ends_with_checkpoint());
        memory.lose_journal();
        assert!(!memory.can_checkpoint() && !memory.must_look(NOW) && !memory.must_look_before(1));
        assert!(!memory.is_checkpoint_due(0, 1 << 20, NOW) && !memory.ends_with_checkpoint());
        assert_eq!((memory.patience(false, true), memory.patience(true, false)), (None, None));
    }
}

#[test]
fn a_checkpoint_that_is_asked_for_waits_only_for_the_one_that_is_written() {
    for (last, can) in [(Written, true), (Running, false), (FailedNow, true), (FailedLongAgo, true)] {
        assert_eq!(remembering(true, checkpoints(last, false), true).can_checkpoint(), can, "{last:?}");
    }
}

#[test]
fn an_erasure_goes_on_by_checkpoints_of_later_records_and_ends_after_four() {
    for taken in 0..4 {
        assert_eq!(go_on_erasing(taken, false), ErasureAction::Checkpoint);
        assert_eq!(go_on_erasing(taken, true), ErasureAction::RecordThenCheckpoint);
    }
    assert_eq!([false, true].map(|is_covered| go_on_erasing(4, is_covered)), [ErasureAction::GiveUp; 2]);
}

#[test]
fn only_a_full_disk_is_a_shortage() {
    let mut memory = remembering(false, Checkpoints::starting(0), false);
    memory.note_failed_append(&std::io::ErrorKind::PermissionDenied.into(), 5);
    assert_eq!(memory.budget.short(), None);
    for full in [std::io::ErrorKind::QuotaExceeded, std::io::ErrorKind::StorageFull] {
        memory.budget.ease();
        memory.note_failed_append(&full.into(), 5);
        assert!(matches!(memory.budget.short(), Some(Shortage::Disk(_))));
        // As many bytes as did not fit are free before the next try, and the margin.
        let least = ROOM.record + budget::SLACK_BYTES + budget::MARGIN_BYTES + 5;
        let running = checkpoints(Running, false);
        for (free, action) in [(least, RoomAction::Resume), (least - 1, RoomAction::Wait)] {
            let look = Look { free: Some(free), ..look(Nothing, running) };
            assert_eq!(decide(&look, &memory.budget, NOW), action);
        }
    }
}

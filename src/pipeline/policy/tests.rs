//! Every situation that the policy can be in, as tables: which of them there are is written once, and each must be found in
//! exactly one row. `memory` tests what follows from what was before, and from the time.

mod memory;

use super::*;

const GIB: u64 = 1 << 30;
/// The time of every decision.
const NOW: Timestamp = Timestamp::from_seconds(1_000);

/// A look at a disk with room for everything.
const ROOM: Look = Look {
    free: Some(GIB),
    used: 0,
    newest: 10,
    kept: 2,
    could_trim: true,
    checkpoints: Checkpoints::starting(7),
    record: 1,
    record_waits: false,
};

/// Which bound is reached by the look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Short {
    Nothing,
    /// Of the disk, and yet the next checkpoint fits.
    Disk,
    /// Not even a checkpoint fits.
    FullDisk,
    Limit,
}
use Short::{Disk, FullDisk, Limit, Nothing};

/// What became of the last checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Written,
    Running,
    FailedNow,
    FailedLongAgo,
}
use Last::{FailedLongAgo, FailedNow, Running, Written};

const SHORTS: &[Short] = &[Nothing, Disk, FullDisk, Limit];
const SHORT: &[Short] = &[Disk, FullDisk, Limit];
const FITS: &[Short] = &[Disk, Limit];
const LASTS: &[Last] = &[Written, Running, FailedNow, FailedLongAgo];
const POSSIBLE: &[Last] = &[Written, FailedLongAgo];
const IMPOSSIBLE: &[Last] = &[Running, FailedNow];
const ANY: &[bool] = &[false, true];
const YES: &[bool] = &[true];
const NO: &[bool] = &[false];

fn checkpoints(last: Last, is_new: bool) -> Checkpoints {
    let mut checkpoints = Checkpoints::starting(0);
    match last {
        Written => {}
        Running => checkpoints.begin(Some(10)),
        FailedNow => checkpoints.fail(at(1_000)),
        FailedLongAgo => checkpoints.fail(at(900)),
    }
    checkpoints.add(if is_new { 7 } else { 0 });
    checkpoints
}

fn look(short: Short, checkpoints: Checkpoints) -> Look {
    let (free, used) = match short {
        Nothing => (ROOM.free, 0),
        Disk => (Some(ROOM.newest), 0),
        FullDisk => (Some(ROOM.newest - 1), 0),
        Limit => (ROOM.free, GIB),
    };
    Look { free, used, checkpoints, ..ROOM }
}

fn budget(was_short: bool) -> DiskBudget {
    let mut budget = DiskBudget::default();
    budget.limit = GIB;
    if was_short {
        budget.run_short(Shortage::Disk("full".to_owned()), 1);
    }
    budget
}

fn remembering(was_short: bool, checkpoints: Checkpoints, way_back: bool) -> Memory {
    Memory { budget: budget(was_short), checkpoints, ..Memory::starting(0, 1, way_back) }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// All of them: what is short, the last checkpoint, and four more answers, a bit each.
fn situations() -> impl Iterator<Item = (Short, Last, u32)> {
    let pairs = SHORTS.iter().flat_map(|short| LASTS.iter().map(|last| (*short, *last)));
    pairs.flat_map(|(short, last)| (0..16).map(move |bits| (short, last, bits)))
}

/// Answers `of` by the only row that fits.
fn only<R, A: Clone>(rows: &[(R, A)], fits: impl Fn(&R) -> bool, of: &str) -> A {
    let mut found = rows.iter().filter(|(row, _)| fits(row));
    let (_, action) = found.next().unwrap_or_else(|| panic!("no row has {of}"));
    assert_eq!(found.count(), 0, "two rows have {of}");
    action.clone()
}

#[test]
fn what_is_done_about_room() {
    use RoomAction::*;
    // Short before, short by this look; the last checkpoint; there is something new, something to trim, a record waits.
    type Row = (&'static [bool], &'static [Short], &'static [Last], &'static [bool], &'static [bool], &'static [bool]);
    let rows: [(Row, RoomAction); 8] = [
        ((NO, SHORTS, LASTS, ANY, ANY, ANY), CheckPlace),
        ((YES, &[Nothing], LASTS, ANY, ANY, NO), Resume),
        ((YES, &[Nothing], LASTS, ANY, ANY, YES), TryRecord),
        ((YES, SHORT, IMPOSSIBLE, ANY, ANY, ANY), Wait),
        ((YES, &[FullDisk], POSSIBLE, ANY, ANY, ANY), Wait),
        ((YES, FITS, POSSIBLE, YES, ANY, ANY), Checkpoint),
        ((YES, FITS, POSSIBLE, NO, YES, ANY), RecordThenCheckpoint),
        ((YES, FITS, POSSIBLE, NO, NO, ANY), Wait),
    ];
    for (short, last, bits) in situations() {
        let [was, new, trim, waits] = [1, 2, 4, 8].map(|bit| bits & bit > 0);
        let of = format!("was short: {was}, {short:?}, {last:?}, new: {new}, to trim: {trim}, a record waits: {waits}");
        let fits = |row: &Row| {
            let (row_was, shorts, lasts, row_new, row_trim, row_waits) = row;
            let flags = [(row_was, was), (row_new, new), (row_trim, trim), (row_waits, waits)];
            shorts.contains(&short) && lasts.contains(&last) && flags.iter().all(|(row, flag)| row.contains(flag))
        };
        let look = Look { could_trim: trim, record_waits: waits, ..look(short, checkpoints(last, new)) };
        assert_eq!(decide(&look, &budget(was), NOW), only(&rows, fits, &of), "{of}");
    }
}

#[test]
fn what_becomes_of_a_frame() {
    // Short by the look; the last checkpoint; there is something new.
    type Row = (&'static [Short], &'static [Last], &'static [bool]);
    let rows: [(Row, &str); 4] = [
        ((&[Nothing], LASTS, ANY), "written"),
        ((SHORT, POSSIBLE, YES), "after a checkpoint"),
        ((SHORT, POSSIBLE, NO), "refused"),
        ((SHORT, IMPOSSIBLE, ANY), "refused"),
    ];
    for (short, last, bits) in situations() {
        let [was, new, trim, waits] = [1, 2, 4, 8].map(|bit| bits & bit > 0);
        let of = format!("{short:?}, {last:?}, new: {new}");
        let fits =
            |(shorts, lasts, row_new): &Row| shorts.contains(&short) && lasts.contains(&last) && row_new.contains(&new);
        let look = Look { could_trim: trim, record_waits: waits, ..look(short, checkpoints(last, new)) };
        let (done, why) = match admit(&look, &budget(was), NOW, 1) {
            FrameAction::Write => ("written", None),
            FrameAction::Refuse(why) => ("refused", Some(why)),
            FrameAction::CheckpointFirst(why) => ("after a checkpoint", Some(why)),
        };
        assert_eq!(done, only(&rows, fits, &of), "{of}, was short: {was}");
        let says = match why {
            None => short == Nothing,
            Some(Shortage::Disk(_)) => short == Disk || short == FullDisk,
            Some(Shortage::Limit(_)) => short == Limit,
        };
        assert!(says, "{of}: the bound that is short is named");
    }
}

#[test]
fn a_checkpoint_that_was_begun_helps_or_the_refusal_says_what_was_before_it() {
    let before = || Shortage::Disk("before".to_owned());
    let running = checkpoints(Running, false);
    assert_eq!(admit_after_checkpoint(&look(Nothing, running), &budget(false), 1, before()), Ok(()));
    assert_eq!(admit_after_checkpoint(&look(Limit, running), &budget(false), 1, before()), Err(before()));
    // What a frame may take is what is left after what must stay.
    let most = GIB - ROOM.record - budget::SLACK_BYTES;
    let look = Look { used: 0, ..look(Nothing, running) };
    let unlimited = DiskBudget::default();
    assert_eq!(admit(&look, &unlimited, NOW, most), FrameAction::Write);
    assert!(matches!(admit(&look, &unlimited, NOW, most + 1), FrameAction::Refuse(Shortage::Disk(_))));
    assert_eq!(admit_after_checkpoint(&look, &unlimited, most, before()), Ok(()));
    assert_eq!(admit_after_checkpoint(&look, &unlimited, most + 1, before()), Err(before()));
}

#[test]
fn a_disk_that_does_not_say_what_it_has_is_short_of_nothing() {
    let silent = Look { free: None, ..ROOM };
    assert_eq!(admit(&silent, &DiskBudget::default(), NOW, GIB), FrameAction::Write);
    assert_eq!(decide(&silent, &budget(true), NOW), RoomAction::Resume);
    // A limit is one all the same, and a checkpoint is taken to fit.
    assert_eq!(decide(&Look { used: GIB, ..silent }, &budget(true), NOW), RoomAction::Checkpoint);
}

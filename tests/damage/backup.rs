//! Backups of a journal that rolls, writes checkpoints and removes what they cover, all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use day90::journal::RealDisk;
use day90::journal::backup::backup;
use day90::journal::fake::FakeDisk;
use day90::journal::verify::verify;
use day90::pipeline::recover;

use crate::harness::{Dir, SOON, eventually};

use super::world::{World, checkpoint, says, start_on};

/// A journal of a few segments, with a checkpoint as often as that.
const SEGMENT_BYTES: u64 = 1 << 10;
const FRAMES_A_CHECKPOINT: u64 = 40;
const BACKUPS: u64 = 20;

#[test]
fn a_backup_while_checkpoints_remove_what_it_copies_holds_all_that_was_durable_before() {
    let place = Dir::new();
    let source = RealDisk::new(place.path().join("source"));
    let (stop, durable) = (AtomicBool::new(false), AtomicU64::new(0));
    let (backups, world) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let (mut journal, mut state) = start_on(Arc::new(RealDisk::new(source.dir())), SEGMENT_BYTES);
            let mut world = World { disk: FakeDisk::new(), frames: Vec::new() };
            for number in 1.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                world.commit(&mut journal, &mut state, number);
                durable.store(journal.last_sequence(), Ordering::Release);
                if number.is_multiple_of(FRAMES_A_CHECKPOINT) {
                    checkpoint(&mut journal, &state);
                }
                thread::sleep(Duration::from_millis(1));
            }
            world
        });
        let _stop = StopAtEnd(&stop);
        let backups: Vec<_> = (0..BACKUPS)
            .map(|round| {
                let more = durable.load(Ordering::Acquire) + FRAMES_A_CHECKPOINT;
                eventually("load", SOON, || (durable.load(Ordering::Acquire) >= more).then_some(()));
                let target = place.path().join(format!("copy-{round}"));
                let begin = durable.load(Ordering::Acquire);
                let read = |copy: &_| recover::recover(copy).map(|(state, _)| state);
                let (_, state) = backup(&source, &target, read).unwrap_or_else(|failed| panic!("{round}: {failed}"));
                let report = verify(&RealDisk::new(&target)).unwrap();
                assert_eq!((report.damage, report.torn), (Vec::new(), None));
                (begin, state)
            })
            .collect();
        stop.store(true, Ordering::Relaxed);
        (backups, writer.join().unwrap())
    });
    for (begin, state) in backups {
        let last = state.sequence();
        assert!(last >= begin, "record {begin} was durable before, and the copy ends with {last}");
        assert_eq!(says(&state), world.says(|frame| frame.sequence <= last), "up to record {last}");
    }
    let unfinished = std::fs::read_dir(place.path()).unwrap().filter_map(Result::ok);
    assert_eq!(unfinished.filter(|entry| entry.file_name().to_string_lossy().contains("unfinished")).count(), 0);
}

/// Ends the load also when the test fails.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

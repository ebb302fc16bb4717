//! Every call to the disk fails once, or is the last before the power fails; then the journal is read. What was acknowledged is
//! there, what was refused is not, and what was cut off in between is there whole or not at all.

use super::super::fake::Fault;
use super::*;

/// What the caller knows when the journal stops.
#[derive(Clone, Default)]
struct Known {
    acknowledged: Vec<u64>,
    /// The frame that was neither acknowledged nor refused.
    in_flight: Vec<u64>,
}

impl Known {
    fn check(&self, found: &[u64], what: &str) {
        let with_flight = [&self.acknowledged[..], &self.in_flight].concat();
        assert!(
            found == self.acknowledged || found == with_flight,
            "{what}: found {found:?}, acknowledged {with_flight:?}"
        );
    }
}

/// Starts, commits `steps` frames and a checkpoint now and then, until the journal is poisoned or will not start.
fn work(disk: &FakeDisk, known: &mut Known, numbers: std::ops::Range<u64>) {
    let Ok((mut journal, found)) = start(disk, SMALL) else { return };
    known.check(&found, "at the start");
    (known.acknowledged, known.in_flight) = (found, Vec::new());
    for number in numbers {
        let records: Vec<u64> = (0..=number % 3).map(|part| number * 10 + part).collect();
        match commit(&mut journal, &records, (number % 7 * 150) as usize) {
            Ok(()) => known.acknowledged.extend(&records),
            Err(AppendError::Retry(_)) => {}
            Err(AppendError::Poisoned(_)) => {
                known.in_flight = records;
                return;
            }
        }
        if number % 8 == 7 {
            // A checkpoint that fails is tried again later.
            let _ = checkpoint(&mut journal, &known.acknowledged);
        }
    }
}

const FIRST: std::ops::Range<u64> = 0..40;
const SECOND: std::ops::Range<u64> = 100..106;

fn operations_of_work() -> u64 {
    let disk = FakeDisk::new();
    work(&disk, &mut Known::default(), FIRST);
    assert!(segments(&disk).len() > 1 && checkpoints(&disk).len() == 2, "the work rolls, checkpoints and trims");
    disk.operations()
}

#[test]
fn acknowledged_records_survive_a_crash_at_any_call() {
    for at in 0..=operations_of_work() {
        for fault in [Fault::Dead, Fault::Error(io::ErrorKind::Other), Fault::Half(io::ErrorKind::StorageFull)] {
            let disk = FakeDisk::new();
            disk.fail_at(at, fault);
            let mut known = Known::default();
            work(&disk, &mut known, FIRST);
            for seed in 0..4 {
                let what = format!("{fault:?} at call {at}, seed {seed}");
                let image = if seed == 3 { disk.kill() } else { disk.crash(seed + at * 4) };
                let found = find(&image).unwrap_or_else(|fatal| panic!("{what}: {fatal}"));
                known.check(&found.records, &what);
                let mut known = known.clone();
                work(&image, &mut known, SECOND);
                assert!(known.acknowledged.len() > found.records.len(), "{what}: it goes on after the crash");
                let again = find(&image.crash(seed)).unwrap_or_else(|fatal| panic!("{what}, again: {fatal}"));
                known.check(&again.records, &what);
            }
        }
    }
}

#[test]
fn acknowledged_records_survive_a_second_crash_during_recovery() {
    for at in (0..operations_of_work()).step_by(3) {
        let disk = FakeDisk::new();
        disk.fail_at(at, Fault::Dead);
        let mut known = Known::default();
        work(&disk, &mut known, FIRST);
        let first = disk.crash(at);
        for second_at in 0..16 {
            let second = first.kill();
            second.fail_at(second_at, Fault::Dead);
            let mut known = known.clone();
            work(&second, &mut known, SECOND);
            let what = format!("call {at}, then call {second_at}");
            let found = find(&second.crash(at + second_at)).unwrap_or_else(|fatal| panic!("{what}: {fatal}"));
            known.check(&found.records, &what);
        }
    }
}

/// A power cut now, as many different ones as the seeds give.
fn crashes(disk: &FakeDisk) -> impl Iterator<Item = FakeDisk> {
    (0..60).map(|seed| disk.crash(seed))
}

#[test]
fn what_was_cut_back_on_a_full_disk_does_not_come_up_behind_a_new_segment() {
    let (disk, mut records) = written(10, 100, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    disk.limit(Some(disk.used_bytes() + 60));
    commit(&mut journal, &[1], 100).unwrap_err();
    disk.limit(None);
    commit(&mut journal, &[2], 4000).unwrap();
    records.push(2);
    assert_eq!(segments(&disk).len(), 2, "the second one rolls");
    crashes(&disk).for_each(|image| assert_eq!(find(&image).unwrap().records, records));
}

#[test]
fn a_torn_tail_that_was_cut_does_not_come_up_behind_a_new_segment() {
    let (disk, mut records) = written(10, 100, SMALL);
    let torn = [disk.get(&names::segment(1)).unwrap(), vec![7; 50]].concat();
    disk.put(&names::segment(1), torn);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    commit(&mut journal, &[2], 4000).unwrap();
    records.push(2);
    crashes(&disk).for_each(|image| assert_eq!(find(&image).unwrap().records, records));
}

#[test]
fn a_torn_tail_is_never_lost_between_the_journal_and_the_file_that_keeps_it() {
    let (disk, _) = written(10, 100, SMALL);
    let torn = [disk.get(&names::segment(1)).unwrap(), vec![7; 5000]].concat();
    disk.put(&names::segment(1), torn);
    for at in 0..12 {
        let stopped = disk.kill();
        stopped.fail_at(at, Fault::Dead);
        let _ = start(&stopped, SMALL);
        for image in crashes(&stopped) {
            let kept =
                image.names().iter().any(|name| name.starts_with("torn-") && image.get(name).unwrap() == [7; 5000]);
            assert!(kept || find(&image).unwrap().recovered.torn_bytes() == 5000, "stopped at call {at}");
        }
    }
}

/// The new segment is there to read, but its name may not be on the disk yet.
#[test]
fn a_segment_whose_name_was_never_synced_is_made_safe_by_the_next_start() {
    for at in 0..4 {
        let disk = FakeDisk::new();
        let (mut journal, _) = start(&disk, SMALL).unwrap();
        disk.fail_at(disk.operations() + at, Fault::Dead);
        commit(&mut journal, &[1], 0).unwrap_err();
        let after = disk.kill();
        let (mut journal, mut records) = start(&after, SMALL).unwrap();
        commit(&mut journal, &[2], 0).unwrap();
        records.push(2);
        crashes(&after).for_each(|image| assert_eq!(find(&image).unwrap().records, records, "killed at call {at}"));
    }
}

#[test]
fn a_finished_checkpoint_is_there_after_any_power_cut() {
    let (disk, _) = written(5, 0, SMALL);
    let (journal, _) = start(&disk, SMALL).unwrap();
    let mut writer = journal.checkpoint(5).unwrap();
    writer.write_all(&[0; 40]).unwrap();
    writer.finish().unwrap();
    crashes(&disk).for_each(|image| assert_eq!(find(&image).unwrap().recovered.checkpoint_sequence, Some(5)));
}

/// Without this the loops above would prove nothing.
#[test]
fn the_fake_disk_loses_what_was_not_synced() {
    let disk = FakeDisk::new();
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    journal.append(&mut frame_of(&[1], 3000), 1).unwrap();
    let outcomes: Vec<bool> = (0..40).map(|seed| find(&disk.crash(seed)).unwrap().records.is_empty()).collect();
    assert!(outcomes.contains(&true) && outcomes.contains(&false));
    let torn = (0..40).filter(|&seed| find(&disk.crash(seed)).unwrap().recovered.torn_bytes() > 0).count();
    assert!(torn > 0, "and tears some");
}

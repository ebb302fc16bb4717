//! Every call to the disk fails once, or is the last before the power goes; then we look. What was acknowledged is
//! there, what was refused is not, and what was cut off in between is there whole or not at all.

use super::super::fake::Fault;
use super::*;

/// What the caller knows when the journal stops.
#[derive(Clone, Default)]
struct Told {
    acknowledged: Vec<u64>,
    /// The frame of which nobody was told anything.
    in_flight: Vec<u64>,
}

impl Told {
    fn check(&self, found: &[u64], what: &str) {
        let with_flight = [&self.acknowledged[..], &self.in_flight].concat();
        assert!(found == self.acknowledged || found == with_flight, "{what}: found {found:?}, told {with_flight:?}");
    }
}

/// Starts, commits `steps` frames and a checkpoint now and then, until the journal is poisoned or will not start.
fn work(disk: &FakeDisk, told: &mut Told, numbers: std::ops::Range<u64>) {
    let Ok((mut journal, found)) = start(disk, SMALL) else { return };
    told.check(&found, "at the start");
    (told.acknowledged, told.in_flight) = (found, Vec::new());
    for number in numbers {
        let records: Vec<u64> = (0..=number % 3).map(|part| number * 10 + part).collect();
        match commit(&mut journal, &records, (number % 7 * 150) as usize) {
            Ok(()) => told.acknowledged.extend(&records),
            Err(AppendError::Retry(_)) => {}
            Err(AppendError::Poisoned(_)) => {
                told.in_flight = records;
                return;
            }
        }
        if number % 8 == 7 {
            // A checkpoint that fails is tried again later.
            let _ = checkpoint(&mut journal, &told.acknowledged);
        }
    }
}

const FIRST: std::ops::Range<u64> = 0..40;
const SECOND: std::ops::Range<u64> = 100..106;

fn operations_of_work() -> u64 {
    let disk = FakeDisk::new();
    work(&disk, &mut Told::default(), FIRST);
    assert!(segments(&disk).len() > 1 && checkpoints(&disk).len() == 2, "the work rolls, checkpoints and trims");
    disk.operations()
}

#[test]
fn acknowledged_records_survive_a_crash_at_any_call() {
    for at in 0..=operations_of_work() {
        for fault in [Fault::Dead, Fault::Error(io::ErrorKind::Other), Fault::Half(io::ErrorKind::StorageFull)] {
            let disk = FakeDisk::new();
            disk.fail_at(at, fault);
            let mut told = Told::default();
            work(&disk, &mut told, FIRST);
            for seed in 0..4 {
                let what = format!("{fault:?} at call {at}, seed {seed}");
                let image = if seed == 3 { disk.kill() } else { disk.crash(seed + at * 4) };
                let found = find(&image).unwrap_or_else(|fatal| panic!("{what}: {fatal}"));
                told.check(&found.records, &what);
                let mut told = told.clone();
                work(&image, &mut told, SECOND);
                assert!(told.acknowledged.len() > found.records.len(), "{what}: it goes on after the crash");
                let again = find(&image.crash(seed)).unwrap_or_else(|fatal| panic!("{what}, again: {fatal}"));
                told.check(&again.records, &what);
            }
        }
    }
}

#[test]
fn acknowledged_records_survive_a_second_crash_during_recovery() {
    for at in (0..operations_of_work()).step_by(3) {
        let disk = FakeDisk::new();
        disk.fail_at(at, Fault::Dead);
        let mut told = Told::default();
        work(&disk, &mut told, FIRST);
        let first = disk.crash(at);
        for second_at in 0..16 {
            let second = first.kill();
            second.fail_at(second_at, Fault::Dead);
            let mut told = told.clone();
            work(&second, &mut told, SECOND);
            let what = format!("call {at}, then call {second_at}");
            let found = find(&second.crash(at + second_at)).unwrap_or_else(|fatal| panic!("{what}: {fatal}"));
            told.check(&found.records, &what);
        }
    }
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

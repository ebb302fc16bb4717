//! Space that is reserved ahead and given back, and old segments that are removed once they are not needed.

use super::super::checkpoint::CHECKPOINTS_KEPT;
use super::super::fake::Fault;
use super::super::sizes::RESERVE_BYTES;
use super::*;

fn lengths(disk: &FakeDisk) -> u64 {
    disk.names().iter().map(|name| disk.get(name).unwrap().len() as u64).sum()
}

#[test]
fn space_is_taken_ahead_and_the_length_stays_what_was_written() {
    let disk = FakeDisk::new();
    let (mut journal, _) = start(&disk, Options::default()).unwrap();
    commit(&mut journal, &[1], 0).unwrap();
    assert_eq!(journal.bytes(), lengths(&disk));
    assert_eq!((disk.used_bytes(), journal.used_bytes()), (RESERVE_BYTES, RESERVE_BYTES));
    let frame = 28 + 8 + 1_000;
    assert_eq!(journal.asks(frame), 0);
    // Until it is used up, no call but the write and the sync is made.
    let before = disk.operations();
    for number in 2..900 {
        commit(&mut journal, &[number], 1_000).unwrap();
    }
    assert_eq!(disk.operations() - before, 2 * 898);
    assert_eq!(disk.used_bytes(), RESERVE_BYTES);
    while journal.asks(frame) == 0 {
        commit(&mut journal, &[7], 1_000).unwrap();
    }
    let (asks, used) = (journal.asks(frame), disk.used_bytes());
    commit(&mut journal, &[7], 1_000).unwrap();
    assert_eq!(disk.used_bytes(), used + asks);
    assert_eq!(journal.used_bytes(), disk.used_bytes());
    assert_eq!(find(&disk).unwrap().recovered.torn, None);
}

#[test]
fn a_full_disk_shows_before_a_write_and_takes_nothing_of_what_is_left() {
    let (disk, records) = written(3, 0, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    let used = disk.used_bytes();
    disk.limit(Some(used + 200));
    // Would anything be written, it would fail in a way that is not to be tried again.
    disk.fail_at(disk.operations() + 2, Fault::Error(io::ErrorKind::Other));
    assert!(matches!(commit(&mut journal, &[9], 500), Err(AppendError::Retry(_))));
    assert_eq!(disk.used_bytes(), used, "the 200 bytes are free for a checkpoint");
    assert_eq!(find(&disk).unwrap().records, records);
}

#[test]
fn what_is_left_over_is_given_back_when_a_segment_is_closed_and_at_a_stop() {
    let options = Options { segment_bytes: 3 << 20 };
    let disk = FakeDisk::new();
    let (mut journal, _) = start(&disk, options).unwrap();
    for number in 0..9 {
        commit(&mut journal, &[number], 700_000).unwrap();
    }
    assert_eq!(segments(&disk).len(), 3);
    let (last, used) = (disk.get(&segments(&disk)[2]).unwrap().len() as u64, disk.used_bytes());
    assert!(used - lengths(&disk) < RESERVE_BYTES, "the closed ones keep nothing: {last}");
    journal.give_back();
    assert_eq!((disk.used_bytes(), journal.used_bytes()), (lengths(&disk), lengths(&disk)));
    // Later frames are written all the same.
    commit(&mut journal, &[10], 0).unwrap();
    assert_eq!(find(&disk).unwrap().recovered.frames, 10);
}

#[test]
fn what_a_killed_daemon_had_reserved_is_given_back_by_the_next() {
    let disk = FakeDisk::new();
    let (mut journal, _) = start(&disk, Options::default()).unwrap();
    commit(&mut journal, &[1], 0).unwrap();
    let after = disk.kill();
    assert!(after.used_bytes() > lengths(&after));
    let (_journal, records) = start(&after, Options::default()).unwrap();
    assert_eq!((records, after.used_bytes()), (vec![1], lengths(&after)));
}

#[test]
fn checkpoints_and_torn_tails_count_as_used() {
    let disk = FakeDisk::new();
    let (mut journal, mut records) = start(&disk, SMALL).unwrap();
    for number in 1..=3 {
        records.push(number);
        commit(&mut journal, &[number], 0).unwrap();
        checkpoint(&mut journal, &records).unwrap();
        assert_eq!(journal.used_bytes(), disk.used_bytes(), "after {number}");
    }
    let sizes = journal.checkpoint_sizes();
    assert_eq!((sizes.len(), sizes[1] - sizes[0]), (CHECKPOINTS_KEPT, 8), "a record more: {sizes:?}");
    let last = segments(&disk).pop().unwrap();
    drop(journal);
    disk.put(&last, [disk.get(&last).unwrap(), b"torn".to_vec()].concat());
    let (journal, _) = start(&disk, SMALL).unwrap();
    assert!(disk.names().iter().any(|name| name.starts_with("torn-")));
    assert_eq!(journal.used_bytes(), disk.used_bytes());
}

/// Every checkpoint removes exactly the segments whose records the older kept checkpoint has; the newest stays.
#[test]
fn a_segment_goes_once_the_older_kept_checkpoint_covers_it_and_not_before() {
    let disk = FakeDisk::new();
    let (mut journal, mut records) = start(&disk, SMALL).unwrap();
    let mut older = 0;
    for round in 0..12 {
        let first = records.len() as u64 + 1;
        for step in 0..20 + 7 * round {
            records.push(round * 1_000 + step);
            commit(&mut journal, &records[records.len() - 1..], 100).unwrap();
        }
        let before: Vec<u64> = segments(&disk).iter().filter_map(|name| names::first_of(name)).collect();
        checkpoint(&mut journal, &records).unwrap();
        // The older one is now the newest of before.
        let covered = |next: u64| next <= older + 1;
        let stay: Vec<u64> = (0..before.len())
            .filter(|&at| before.get(at + 1).is_none_or(|&next| !covered(next)))
            .map(|at| before[at])
            .collect();
        let after: Vec<u64> = segments(&disk).iter().filter_map(|name| names::first_of(name)).collect();
        assert_eq!(after, stay, "round {round}, which began with record {first}; older checkpoint {older}");
        // Nor is the older one for nothing: without the newest, all is still there.
        let damaged = disk.kill();
        damaged.flip(checkpoints(&disk).last().unwrap(), 300);
        if older > 0 {
            assert_eq!(find(&damaged).unwrap().records, records);
        }
        older = records.len() as u64;
    }
    assert!(names::first_of(&segments(&disk)[0]).unwrap() > 1, "some have gone");
}

/// Found by the simulation: on a full disk the new segment stayed empty, was begun again and lost, and was the only one.
#[test]
fn a_segment_that_is_empty_is_not_begun_again() {
    let disk = FakeDisk::new();
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    commit(&mut journal, &[1], 0).unwrap();
    checkpoint(&mut journal, &[1]).unwrap();
    journal.close_segment();
    // The new segment is begun, and the frame has no room in it.
    disk.fail_at(disk.operations() + 5, Fault::Error(std::io::ErrorKind::StorageFull));
    let first = commit(&mut journal, &[2], 0);
    assert!(first.is_err(), "{first:?}");
    let names = segments(&disk);
    journal.close_segment();
    disk.limit(Some(disk.used_bytes()));
    let _ = commit(&mut journal, &[2], 0);
    assert_eq!(segments(&disk), names);
    disk.limit(None);
    commit(&mut journal, &[2], 0).unwrap();
    drop(journal);
    assert_eq!(start(&disk, SMALL).unwrap().1, vec![1, 2]);
}

//! What the writer promises while it runs: rolling, a full disk, a failed sync, checkpoints, the lock.

use super::super::fake::Fault;
use super::super::writer::TORN_FILES_KEPT;
use super::*;

#[test]
fn what_was_synced_is_found_again_across_segments() {
    let (disk, records) = written(200, 100, SMALL);
    assert!(segments(&disk).len() > 5, "the test means to cross segments");
    let found = find(&disk).unwrap();
    assert_eq!(found.records, records);
    assert_eq!(found.recovered.torn, None);
    assert_eq!((found.recovered.frames, found.recovered.records), (200, 200));
}

/// The pipeline's thread owns the journal; a checkpoint is written by another.
#[test]
fn the_journal_and_a_checkpoint_can_move_to_other_threads() {
    fn moves<T: Send>() {}
    moves::<Journal>();
    moves::<CheckpointWriter>();
}

#[test]
fn an_empty_directory_begins_with_record_1() {
    let found = find(&FakeDisk::new()).unwrap();
    assert_eq!((found.recovered.next_sequence, found.recovered.torn, found.recovered.journal_bytes), (1, None, 0));
}

#[test]
fn reading_changes_nothing() {
    let (disk, _) = written(50, 100, SMALL);
    let before = (disk.operations(), disk.names());
    find(&disk).unwrap();
    assert_eq!((disk.operations(), disk.names()), before);
}

#[test]
fn a_restart_goes_on_in_the_same_segment() {
    let (disk, mut records) = written(3, 0, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    assert_eq!(journal.next_sequence(), 4);
    commit(&mut journal, &[7, 8], 0).unwrap();
    records.extend([7, 8]);
    assert_eq!(find(&disk).unwrap().records, records);
    assert_eq!(segments(&disk).len(), 1);
    assert_eq!(journal.bytes(), disk.get(&segments(&disk)[0]).unwrap().len() as u64);
}

#[test]
fn a_frame_longer_than_a_segment_gets_one_of_its_own() {
    let disk = FakeDisk::new();
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    for record in [1, 2, 3] {
        commit(&mut journal, &[record], 10_000).unwrap();
    }
    assert_eq!((segments(&disk).len(), journal.segments()), (3, 3));
    assert_eq!(find(&disk).unwrap().records, [1, 2, 3]);
}

#[test]
fn a_full_disk_asks_to_try_again_and_goes_on_when_there_is_space() {
    let (disk, mut records) = written(10, 100, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    let used = disk.used_bytes();
    // Where space can be reserved nothing is written; otherwise what was written is cut back.
    for (free, can) in [0, 1, 27, 28, 29, 60].into_iter().flat_map(|free| [(free, true), (free, false)]) {
        disk.can_reserve(can);
        disk.limit(Some(used + free));
        let refused = commit(&mut journal, &[1], 100).unwrap_err();
        assert!(matches!(refused, AppendError::Retry(_)), "with {free} bytes free: {refused}");
        assert_eq!(disk.used_bytes(), used, "what was written of it is cut back");
        assert_eq!(find(&disk).unwrap().records, records);
    }
    disk.limit(None);
    disk.can_reserve(true);
    commit(&mut journal, &[2], 100).unwrap();
    records.push(2);
    assert_eq!(find(&disk.crash(1)).unwrap().records, records);
}

#[test]
fn a_disk_too_full_for_a_new_segment_asks_to_try_again() {
    let (disk, mut records) = written(1, 3900, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    disk.limit(Some(disk.used_bytes() + 10));
    for _ in 0..3 {
        assert!(matches!(commit(&mut journal, &[1], 100), Err(AppendError::Retry(_))));
    }
    disk.limit(None);
    // It would fit into the old segment, but after a crash that must not continue after the new one.
    commit(&mut journal, &[2], 0).unwrap();
    records.push(2);
    assert_eq!(find(&disk).unwrap().records, records);
    assert_eq!(segments(&disk).len(), 2);
}

#[test]
fn after_a_failed_sync_nothing_is_written_any_more() {
    let (disk, records) = written(3, 0, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    disk.fail_syncs(true);
    assert!(matches!(commit(&mut journal, &[1], 0), Err(AppendError::Poisoned(_))));
    disk.fail_syncs(false);
    let operations = disk.operations();
    journal.sync().expect_err("a second sync would lie");
    assert!(matches!(commit(&mut journal, &[2], 0), Err(AppendError::Poisoned(_))));
    assert!(journal.poisoned().unwrap().contains("journal-00000000000000000001.seg"));
    assert_eq!(disk.operations(), operations, "nothing is tried again");
    for seed in 0..20 {
        assert_eq!(find(&disk.crash(seed)).unwrap().records, records, "the disk never had it");
    }
}

/// Linux shows what a failed sync did not write, and a later sync of it succeeds without writing. So a start that found
/// the frame must write it again before anyone relies on it.
#[test]
fn what_a_start_found_after_a_failed_sync_survives_the_next_power_cut() {
    let (disk, mut records) = written(3, 0, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    disk.fail_syncs(true);
    commit(&mut journal, &[1], 0).unwrap_err();
    disk.fail_syncs(false);
    let after = disk.kill();
    let (_journal, found) = start(&after, SMALL).unwrap();
    records.push(1);
    assert_eq!(found, records, "the system still shows it");
    for seed in 0..20 {
        assert_eq!(find(&after.crash(seed)).unwrap().records, records);
    }
}

#[test]
fn a_cut_that_fails_poisons() {
    let (disk, _) = written(3, 0, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    disk.can_reserve(false);
    disk.limit(Some(disk.used_bytes() + 5));
    disk.fail_at(disk.operations() + 1, Fault::Error(io::ErrorKind::Other));
    assert!(matches!(commit(&mut journal, &[1], 0), Err(AppendError::Poisoned(_))));
}

#[test]
fn a_torn_tail_is_kept_next_to_the_journal_and_cut() {
    let (disk, mut records) = written(20, 100, SMALL);
    let last = segments(&disk).pop().unwrap();
    let whole = disk.get(&last).unwrap();
    let torn = whole[..whole.len() - 7].to_vec();
    disk.put(&last, torn.clone());
    records.pop();

    let found = find(&disk).unwrap();
    let cut = found.recovered.torn.unwrap();
    assert_eq!((cut.bytes, cut.sequence, &found.records), (28 + 108 - 7, 20, &records));

    let (mut journal, _) = start(&disk, SMALL).unwrap();
    let kept = disk.names().into_iter().find(|name| name.starts_with("torn-")).unwrap();
    assert_eq!(disk.get(&kept).unwrap(), torn[cut.offset as usize..]);
    assert_eq!(find(&disk).unwrap().recovered.torn, None);
    commit(&mut journal, &[5], 0).unwrap();
    records.push(5);
    assert_eq!(find(&disk).unwrap().records, records);
}

#[test]
fn a_torn_tail_on_a_full_disk_waits_for_space_and_is_not_lost() {
    let (disk, mut records) = written(20, 100, SMALL);
    let last = segments(&disk).pop().unwrap();
    let whole = disk.get(&last).unwrap();
    disk.put(&last, whole[..whole.len() - 7].to_vec());
    records.pop();
    disk.limit(Some(disk.used_bytes() + 3));
    let (mut journal, found) = start(&disk, SMALL).expect("day90 starts on a full disk");
    assert_eq!(found, records);
    assert!(matches!(commit(&mut journal, &[5], 0), Err(AppendError::Retry(_))));
    assert_eq!(find(&disk).unwrap().recovered.torn_bytes(), 28 + 108 - 7, "not cut before it is kept");
    disk.limit(None);
    commit(&mut journal, &[5], 0).unwrap();
    records.push(5);
    assert_eq!(find(&disk).unwrap().records, records);
    assert!(disk.names().iter().any(|name| name.starts_with("torn-")));
}

#[test]
fn torn_tails_that_are_kept_are_bounded() {
    let (disk, _) = written(1, 0, SMALL);
    for _ in 0..TORN_FILES_KEPT + 5 {
        let (mut journal, _) = start(&disk, SMALL).unwrap();
        commit(&mut journal, &[1], 0).unwrap();
        drop(journal);
        let last = segments(&disk).pop().unwrap();
        let torn = [disk.get(&last).unwrap(), vec![0; 9]].concat();
        disk.put(&last, torn);
    }
    let kept = disk.names().into_iter().filter(|name| name.starts_with("torn-")).count();
    assert_eq!(kept, TORN_FILES_KEPT);
}

#[test]
fn two_checkpoints_are_kept_and_only_what_the_older_covers_is_removed() {
    let disk = FakeDisk::new();
    let (mut journal, mut records) = start(&disk, SMALL).unwrap();
    for round in 0..4 {
        for step in 0..50 {
            records.push(round * 100 + step);
            commit(&mut journal, &[round * 100 + step], 100).unwrap();
        }
        checkpoint(&mut journal, &records).unwrap();
    }
    assert_eq!(checkpoints(&disk), ["checkpoint-00000000000000000150.ckpt", "checkpoint-00000000000000000200.ckpt"]);
    let oldest = names::first_of(&segments(&disk)[0]).unwrap();
    assert!(
        oldest > 100 && oldest <= 151,
        "the older checkpoint needs the records from 151, not those before {oldest}"
    );
    assert_eq!(journal.segments(), segments(&disk).len());
    let found = find(&disk).unwrap();
    assert_eq!(found.records, records);
    assert_eq!((found.recovered.checkpoint_sequence, found.recovered.frames), (Some(200), 0));
}

#[test]
fn a_checkpoint_that_is_given_up_leaves_nothing() {
    let (disk, records) = written(3, 0, SMALL);
    let (journal, _) = start(&disk, SMALL).unwrap();
    let mut writer = journal.checkpoint(3).unwrap();
    writer.write_all(&[1; 1_000_000]).unwrap();
    drop(writer);
    assert_eq!(checkpoints(&disk), [""; 0]);
    assert_eq!(find(&disk).unwrap().records, records);
}

#[test]
fn an_unfinished_checkpoint_is_ignored_by_reading_and_removed_by_the_writer() {
    let (disk, records) = written(3, 0, SMALL);
    disk.put("checkpoint-00000000000000000003.ckpt.tmp", b"half".to_vec());
    assert_eq!(find(&disk).unwrap().records, records);
    assert_eq!(checkpoints(&disk).len(), 1, "reading changes nothing");
    start(&disk, SMALL).unwrap();
    assert_eq!(checkpoints(&disk), [""; 0]);
}

#[test]
fn a_large_checkpoint_is_read_as_it_was_written() {
    let (disk, _) = written(1, 0, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    let state: Vec<u8> = (0..1_500_007u32).map(|at| (at % 251) as u8).collect();
    let mut writer = journal.checkpoint(1).unwrap();
    state.chunks(100_003).for_each(|chunk| writer.write_all(chunk).unwrap());
    let done = writer.finish().unwrap();
    assert_eq!((done.sequence, done.bytes), (1, state.len() as u64 + 68));
    journal.trim(&done).unwrap();
    assert!(payload(read(&disk).unwrap().take_checkpoint().unwrap()) == state);
}

#[test]
fn a_directory_that_is_taken_is_refused_and_free_again_later() {
    let disk = FakeDisk::new();
    let (journal, _) = start(&disk, SMALL).unwrap();
    assert!(matches!(lock(&disk), Err(Fatal::Locked { .. })));
    drop(journal);
    lock(&disk).unwrap();
}

#[test]
fn what_was_written_while_the_directory_was_away_is_cut_back_and_nothing_is_written_until_it_is_back() {
    let (disk, mut records) = written(20, 100, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    disk.move_away(true);
    // One fits into the segment, one begins a new segment.
    for filler in [0, 4_000] {
        let refused = commit(&mut journal, &[1, 2], filler).unwrap_err();
        assert!(matches!(refused, AppendError::Retry(_)), "{refused}");
        assert_eq!(find(&disk).unwrap().records, records);
    }
    let operations = disk.operations();
    commit(&mut journal, &[1], 0).unwrap_err();
    assert_eq!(disk.operations(), operations, "it looks before it writes");
    disk.move_away(false);
    commit(&mut journal, &[3], 0).unwrap();
    records.push(3);
    for seed in 0..20 {
        assert_eq!(find(&disk.crash(seed)).unwrap().records, records);
    }
}

#[test]
fn a_cut_that_fails_while_the_directory_is_away_poisons() {
    let (disk, _) = written(3, 0, SMALL);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    commit(&mut journal, &[1], 0).unwrap();
    disk.move_away(true);
    // A write, a sync, and then the cut.
    disk.fail_at(disk.operations() + 2, Fault::Error(io::ErrorKind::Other));
    assert!(matches!(commit(&mut journal, &[1], 0), Err(AppendError::Poisoned(_))));
}

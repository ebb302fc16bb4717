//! Repair: kept is what is whole, lost is what it says, and it may be stopped at any moment.

use std::sync::Arc;

use day90::journal::fake::{FakeDisk, Fault};
use day90::journal::verify::verify;
use day90::journal::{self, Disk, FRAME_HEADER_BYTES, Fatal};
use day90::pipeline::repair;

use super::world::{World, checkpoint, compact, extents, files, number_in, read, says, start};

const SEGMENT_BYTES: u64 = 2 << 10;

/// Under the lock, as the command does it.
fn repair_on(disk: &FakeDisk) -> Result<repair::Repair, Fatal> {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let lock = journal::lock(&*shared)?;
    let repair = repair::prepare(&shared)?;
    repair.carry_out(&shared, &lock)?;
    Ok(repair)
}

fn prepare(disk: &FakeDisk) -> Result<repair::Repair, Fatal> {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    repair::prepare(&shared)
}

/// The sequence number of the frame at an extent of a segment.
fn sequence_at(disk: &FakeDisk, name: &str, frame: usize) -> u64 {
    let content = disk.get(name).unwrap();
    super::world::payload_unchecked(&content, extents(&content)[frame].start).unwrap().0
}

/// Turns a bit in the payload of the nth frame of a segment, from 1, and says the number of its first record.
fn damage_frame(disk: &FakeDisk, name: &str, frame: usize) -> u64 {
    let sequence = sequence_at(disk, name, frame);
    let at = extents(&disk.get(name).unwrap())[frame].start + FRAME_HEADER_BYTES + 3;
    disk.flip(name, at * 8);
    sequence
}

fn segments(disk: &FakeDisk) -> Vec<String> {
    files(disk, ".seg")
}

/// Journals that are damaged in different ways, each with what is then still whole.
fn damaged_worlds() -> Vec<(&'static str, World, Vec<u64>)> {
    let mut worlds = Vec::new();
    let mut add = |name, checkpoints: &[usize], damage: &dyn Fn(&World) -> Vec<u64>| {
        let world = World::new(60, SEGMENT_BYTES, checkpoints);
        let hit = damage(&world);
        worlds.push((name, world, hit));
    };
    add("the first segment", &[], &|world| vec![damage_frame(&world.disk, &segments(&world.disk)[0], 2)]);
    add("the last segment", &[], &|world| vec![damage_frame(&world.disk, segments(&world.disk).last().unwrap(), 1)]);
    add("two segments, and an unfinished write", &[], &|world| {
        let names = segments(&world.disk);
        let hit = vec![damage_frame(&world.disk, &names[1], 1), damage_frame(&world.disk, &names[3], 3)];
        let last = names.last().unwrap();
        let mut torn = world.disk.get(last).unwrap();
        torn.extend_from_slice(&[7; 20]);
        world.disk.put(last, torn);
        hit
    });
    add("behind a checkpoint", &[30], &|world| {
        let names = segments(&world.disk);
        vec![damage_frame(&world.disk, &names[names.len() - 2], 2)]
    });
    add("the newest checkpoint and a segment", &[30, 50], &|world| {
        world.disk.flip(files(&world.disk, ".ckpt").last().unwrap(), 500);
        let names = segments(&world.disk);
        vec![damage_frame(&world.disk, &names[names.len() - 2], 1)]
    });
    // Its name is the one that the new checkpoint wants.
    add("a checkpoint of the last record, and a segment", &[60], &|world| {
        world.disk.flip(&files(&world.disk, ".ckpt")[0], 500);
        vec![damage_frame(&world.disk, &segments(&world.disk)[1], 1)]
    });
    worlds
}

#[test]
fn whatever_is_damaged_a_start_after_the_repair_says_what_the_whole_frames_say() {
    for (name, world, hit) in damaged_worlds() {
        let is_whole = |frame: &super::world::Kept| !hit.contains(&frame.sequence);
        let lost: Vec<u64> =
            world.frames.iter().filter(|frame| !is_whole(frame)).flat_map(|frame| frame.records()).collect();
        read(&world.disk).map(drop).expect_err(name);
        let disk = world.disk.kill();
        let repair = repair_on(&disk).unwrap_or_else(|fatal| panic!("{name}: {fatal}"));
        assert_eq!(repair.report.lost.iter().cloned().flatten().collect::<Vec<_>>(), lost, "{name}");
        let (state, recovered) = read(&disk).unwrap_or_else(|fatal| panic!("{name}: {fatal}"));
        assert_eq!(says(&state), world.says(is_whole), "{name}");
        assert_eq!(recovered.next_sequence, world.last() + 1, "{name}: no number is used twice");
    }
}

#[test]
fn what_was_set_aside_is_there_byte_for_byte() {
    for (name, world, _) in damaged_worlds() {
        let disk = world.disk.kill();
        let plan = repair_on(&disk).unwrap().plan.unwrap();
        assert!(!plan.aside.is_empty(), "{name}");
        for (from, to) in &plan.aside {
            assert_eq!(disk.get(to), world.disk.get(from), "{name}: {from}");
        }
        let written = disk.get(&format!("repaired-{:020}.txt", plan.last)).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert!(plan.losses.iter().all(|loss| written.contains(loss)), "{name}: {written}");
    }
}

#[test]
fn a_second_repair_finds_nothing_to_do() {
    for (name, world, _) in damaged_worlds() {
        let disk = world.disk.kill();
        repair_on(&disk).unwrap();
        let before: Vec<_> = disk.names().iter().map(|name| (name.clone(), disk.get(name))).collect();
        assert!(repair_on(&disk).unwrap().plan.is_none(), "{name}");
        assert_eq!(
            disk.names().iter().map(|name| (name.clone(), disk.get(name))).collect::<Vec<_>>(),
            before,
            "{name}"
        );
    }
}

/// The promise: stopped at any operation, by a kill, a power cut or an error, nothing more is lost, a start never goes on
/// in silence with less, and the next repair ends it.
#[test]
fn a_repair_that_is_stopped_anywhere_can_be_called_again() {
    for (name, world, hit) in damaged_worlds() {
        let disk = compact(&world.disk);
        let done = disk.kill();
        repair_on(&done).unwrap();
        let is_whole = |frame: &super::world::Kept| !hit.contains(&frame.sequence);
        let whole = world.says(is_whole);
        let faults =
            [Fault::Dead, Fault::Error(std::io::ErrorKind::StorageFull), Fault::Half(std::io::ErrorKind::Other)];
        for at in 0..done.operations() {
            for (fault, seed) in faults.iter().flat_map(|fault| (0..6).map(move |seed| (*fault, seed))) {
                let place = format!("{name}, {fault:?} at operation {at}, seed {seed}");
                let image = disk.kill();
                image.fail_at(at, fault);
                let stopped = repair_on(&image).map(drop);
                assert!(stopped.is_err(), "{place}: the operation is not one of the repair");
                let image = match seed {
                    0 => compact(&image.kill()),
                    seed => image.crash(seed),
                };
                // A start in between goes on with everything that is whole, or it refuses.
                if let Ok((state, _)) = read(&image) {
                    assert_eq!(says(&state), whole, "{place}: a start in between");
                }
                repair_on(&image).unwrap_or_else(|fatal| panic!("{place}: {fatal}"));
                let (state, recovered) = read(&image).unwrap_or_else(|fatal| panic!("{place}: {fatal}"));
                assert_eq!(says(&state), whole, "{place}");
                assert_eq!(recovered.next_sequence, world.last() + 1, "{place}");
                assert_eq!(verify(&image).unwrap().damage, [], "{place}");
            }
        }
    }
}

#[test]
fn after_a_repair_the_journal_goes_on_and_takes_checkpoints() {
    for (name, mut world, hit) in damaged_worlds() {
        let disk = world.disk.kill();
        repair_on(&disk).unwrap();
        for round in 0..3 {
            let (mut journal, mut state) = start(&disk, SEGMENT_BYTES);
            for number in 0..20 {
                world.commit(&mut journal, &mut state, 100 + round * 20 + number);
            }
            checkpoint(&mut journal, &state);
            drop(journal);
            let (state, recovered) = read(&disk).unwrap_or_else(|fatal| panic!("{name}: {fatal}"));
            assert_eq!(says(&state), world.says(|frame| !hit.contains(&frame.sequence)), "{name}");
            assert!(recovered.warnings.is_empty(), "{name}: {:?}", recovered.warnings);
            assert_eq!(verify(&disk).unwrap().damage, [], "{name}");
        }
    }
}

#[test]
fn a_damaged_checkpoint_beside_a_whole_journal_loses_nothing() {
    for checkpoints in [&[40][..], &[20, 40]] {
        let world = World::new(60, SEGMENT_BYTES, checkpoints);
        let damaged = files(&world.disk, ".ckpt").pop().unwrap();
        world.disk.flip(&damaged, 999);
        let all = world.says(|_| true);
        assert_eq!(says(&read(&world.disk).unwrap().0), all, "a start falls back");
        let repair = repair_on(&world.disk).unwrap();
        let plan = repair.plan.unwrap();
        assert!(plan.losses.is_empty() && !plan.checkpoint && !plan.segment, "{plan:?}");
        assert_eq!(says(&read(&world.disk).unwrap().0), all);
        assert_eq!(verify(&world.disk).unwrap().damage, []);
    }
}

#[test]
fn damage_that_a_checkpoint_covers_loses_nothing() {
    let world = World::new(60, SEGMENT_BYTES, &[50]);
    damage_frame(&world.disk, &segments(&world.disk)[0], 1);
    let repair = repair_on(&world.disk).unwrap();
    assert_eq!(repair.report.lost_records(), 0);
    assert!(!repair.plan.unwrap().checkpoint);
    assert_eq!(says(&read(&world.disk).unwrap().0), world.says(|_| true));
    assert_eq!(verify(&world.disk).unwrap().damage, []);
}

#[test]
fn without_checkpoints_and_the_first_segments_a_start_refuses_and_says_where_and_a_repair_says_what_is_lost() {
    let world = World::new(60, SEGMENT_BYTES, &[30, 40]);
    files(&world.disk, ".ckpt").iter().for_each(|name| world.disk.flip(name, 999));
    let first = number_in(&segments(&world.disk)[0]);
    assert!(first > 1, "the first segments are gone");
    let refused = read(&world.disk).map(drop).unwrap_err().to_string();
    let from = format!("{} is damaged at byte 0", segments(&world.disk)[0]);
    assert!(refused.contains(&from) && refused.contains(&format!("records 1 to {}", first - 1)), "{refused}");
    assert!(refused.contains("day90 journal repair"), "{refused}");
    let repair = repair_on(&world.disk).unwrap();
    assert_eq!(repair.report.lost, [1..=first - 1]);
    let (state, _) = read(&world.disk).unwrap();
    assert_eq!(says(&state), world.says(|frame| frame.sequence >= first));
    assert_eq!(verify(&world.disk).unwrap().damage, []);
}

#[test]
fn a_segment_without_a_readable_header_loses_exactly_its_records() {
    let world = World::new(60, SEGMENT_BYTES, &[]);
    let name = &segments(&world.disk)[1];
    let (first, next) = (number_in(name), number_in(&segments(&world.disk)[2]));
    let mut content = world.disk.get(name).unwrap();
    content[..32].fill(0);
    world.disk.put(name, content);
    let repair = repair_on(&world.disk).unwrap();
    assert_eq!(repair.report.lost, [first..=next - 1]);
    let (state, _) = read(&world.disk).unwrap();
    assert_eq!(says(&state), world.says(|frame| !(first..next).contains(&frame.sequence)));
}

#[test]
fn a_segment_that_is_gone_loses_exactly_its_records() {
    let world = World::new(60, SEGMENT_BYTES, &[]);
    let name = &segments(&world.disk)[1];
    let (first, next) = (number_in(name), number_in(&segments(&world.disk)[2]));
    world.disk.delete(name);
    assert_eq!(repair_on(&world.disk).unwrap().report.lost, [first..=next - 1]);
    let (state, _) = read(&world.disk).unwrap();
    assert_eq!(says(&state), world.says(|frame| !(first..next).contains(&frame.sequence)));
    assert_eq!(verify(&world.disk).unwrap().damage, []);
}

#[test]
fn an_end_that_is_missing_is_known_by_the_checkpoint_and_nobody_knows_what_followed() {
    let world = World::new(60, SEGMENT_BYTES, &[60]);
    let last = segments(&world.disk).pop().unwrap();
    let content = world.disk.get(&last).unwrap();
    let cut = extents(&content)[1].end;
    world.disk.put(&last, content[..cut].to_vec());
    read(&world.disk).map(drop).unwrap_err();
    let repair = repair_on(&world.disk).unwrap();
    assert_eq!(repair.report.lost, []);
    assert!(repair.report.end_is_missing);
    let losses = repair.plan.unwrap().losses.join("\n");
    assert!(losses.contains(&format!("what followed record {}, if anything did", world.last())), "{losses}");
    let (state, recovered) = read(&world.disk).unwrap();
    assert_eq!((says(&state), recovered.next_sequence), (world.says(|_| true), world.last() + 1));
}

#[test]
fn whole_parts_that_contradict_each_other_are_not_repaired() {
    let world = World::new(60, SEGMENT_BYTES, &[]);
    let names = segments(&world.disk);
    // The same segment under two names: which of the two is right is anybody's guess.
    let again = format!("journal-{:020}.seg", number_in(&names[1]) + 1);
    world.disk.put(&again, world.disk.get(&names[1]).unwrap());
    let before = world.disk.names();
    let refused = prepare(&world.disk).map(drop).unwrap_err().to_string();
    assert!(refused.contains("nothing by which to choose"), "{refused}");
    assert_eq!(world.disk.names(), before);
}

#[test]
fn a_whole_frame_that_cannot_be_read_is_no_damage_and_stops_the_repair() {
    let disk = FakeDisk::new();
    let (mut journal, _) = start(&disk, SEGMENT_BYTES);
    for version in [1, 1, 9] {
        let mut frame = Vec::new();
        journal::begin_frame(&mut frame);
        frame.extend_from_slice(&[version, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        // No event fits into so few bytes, so these hold a configuration.
        if version == 1 {
            frame[FRAME_HEADER_BYTES + 1] = 1;
            frame.extend_from_slice(b"{}");
        }
        journal.append(&mut frame, 1).unwrap();
        journal.sync().unwrap();
    }
    drop(journal);
    let name = segments(&disk).remove(0);
    damage_frame(&disk, &name, 1);
    let before = disk.get(&name);
    let refused = repair_on(&disk).map(drop).unwrap_err();
    assert!(matches!(refused, Fatal::Content { .. }) && refused.to_string().contains("version 9"), "{refused}");
    assert_eq!(disk.get(&name), before, "nothing was changed");
}

#[test]
fn a_running_daemon_keeps_its_directory() {
    let disk = FakeDisk::new();
    let (_journal, _) = start(&disk, SEGMENT_BYTES);
    let refused = repair_on(&disk).map(drop).unwrap_err();
    assert!(matches!(refused, Fatal::Locked { .. }), "{refused}");
}

/// Zeros from the middle of a frame to the end of the file.
fn end_in_zeros(disk: &FakeDisk, name: &str, frame: usize) -> u64 {
    let sequence = sequence_at(disk, name, frame);
    let mut content = disk.get(name).unwrap();
    let from = extents(&content)[frame].start + FRAME_HEADER_BYTES + 3;
    content[from..].fill(0);
    disk.put(name, content);
    sequence
}

/// Once, it said that the one frame was lost whose header was left.
#[test]
fn a_tail_of_zeros_loses_one_known_frame_and_nobody_knows_what_more() {
    let world = World::new(60, 1 << 20, &[]);
    let name = segments(&world.disk).pop().unwrap();
    let hit = end_in_zeros(&world.disk, &name, 10);
    let frame = world.frames.iter().find(|frame| frame.sequence == hit).unwrap();
    let repair = repair_on(&world.disk).unwrap();
    assert_eq!(repair.report.lost.iter().cloned().flatten().collect::<Vec<_>>(), frame.records().collect::<Vec<_>>());
    assert!(repair.report.end_is_missing);
    let losses = repair.plan.unwrap().losses.join("\n");
    let last = frame.records().max().unwrap();
    assert!(losses.contains(&format!("what followed record {last}, if anything did; nobody can know")), "{losses}");
    assert_eq!(says(&read(&world.disk).unwrap().0), world.says(|kept| kept.sequence < hit));
}

#[test]
fn a_checkpoint_that_is_damaged_too_says_by_its_name_how_much_a_tail_of_zeros_took() {
    let world = World::new(60, 1 << 20, &[55]);
    world.disk.flip(&files(&world.disk, ".ckpt")[0], 500);
    let name = segments(&world.disk).pop().unwrap();
    let hit = end_in_zeros(&world.disk, &name, 10);
    let reach = number_in(&files(&world.disk, ".ckpt")[0]);
    let repair = repair_on(&world.disk).unwrap();
    assert_eq!(repair.report.lost.iter().cloned().flatten().collect::<Vec<_>>(), (hit..=reach).collect::<Vec<_>>());
    assert!(repair.report.end_is_missing, "and what followed the checkpoint");
}

#[test]
fn an_emptied_or_removed_last_segment_is_counted_as_far_as_a_checkpoint_knows() {
    for emptied in [false, true] {
        let world = World::new(60, SEGMENT_BYTES, &[60]);
        world.disk.flip(&files(&world.disk, ".ckpt")[0], 500);
        let name = segments(&world.disk).pop().unwrap();
        let first = number_in(&name);
        match emptied {
            true => world.disk.put(&name, Vec::new()),
            false => world.disk.delete(&name),
        }
        read(&world.disk).map(drop).unwrap_err();
        let repair = repair_on(&world.disk).unwrap();
        assert_eq!(repair.report.lost, [first..=world.last()], "emptied: {emptied}");
        assert!(repair.report.end_is_missing);
        assert_eq!(says(&read(&world.disk).unwrap().0), world.says(|kept| kept.sequence < first));
    }
}

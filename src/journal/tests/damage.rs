//! Truncation and damage: what is whole is found, what a crash may leave is reported, the rest is refused with its place.

use super::*;

/// The journal is cut at every multiple of this many bytes. `DAY90_CUT_EVERY=1` tries all of them.
fn cut_every() -> usize {
    std::env::var("DAY90_CUT_EVERY").map_or(97, |step| step.parse().expect("DAY90_CUT_EVERY is a number of bytes"))
}

/// Where the frames of a segment end, with the end of its header first.
fn frame_ends(segment: &[u8]) -> Vec<usize> {
    let salt = record::SegmentHeader::decode(segment).unwrap().salt;
    let ends = record::Scanner::new(salt, segment).map(|frame| frame.unwrap().end());
    std::iter::once(record::SEGMENT_HEADER_BYTES).chain(ends).collect()
}

#[test]
fn a_journal_cut_anywhere_gives_exactly_the_whole_frames_before_the_cut() {
    let (disk, records) = written(2_500, 400, Options { segment_bytes: 64 << 10 });
    assert!(disk.used_bytes() > 1 << 20);
    let names = segments(&disk);
    // From the end to the beginning, a segment at a time; those before are covered by a checkpoint of these tests' own,
    // which is what keeps each of the ten thousand readings short.
    for (at, name) in names.iter().enumerate().rev() {
        let whole = disk.get(name).unwrap();
        let before = names::first_of(name).unwrap() - 1;
        let image = disk.kill();
        names[at + 1..].iter().for_each(|later| image.delete(later));
        if before > 0 {
            let mut writer = CheckpointWriter::create(Arc::new(image.clone()), before, None).unwrap();
            records[..before as usize].iter().for_each(|record| writer.write_all(&record.to_le_bytes()).unwrap());
            writer.finish().unwrap();
        }
        let ends = frame_ends(&whole);
        for cut in (0..=whole.len()).rev().step_by(cut_every()) {
            image.put(name, whole[..cut].to_vec());
            let found = find(&image).unwrap();
            let frames = ends.iter().filter(|&&end| end <= cut).count().saturating_sub(1);
            assert_eq!(found.records, records[..before as usize + frames], "cut {name} at {cut}");
            let is_clean = ends.contains(&cut);
            assert_eq!(found.recovered.torn.is_none(), is_clean, "cut {name} at {cut}");
            let good = ends.iter().rev().find(|&&end| end <= cut).copied().unwrap_or(0);
            assert_eq!(found.recovered.torn_bytes(), (cut - good) as u64, "cut {name} at {cut}");
        }
    }
}

#[test]
fn one_flipped_bit_is_refused_or_is_in_the_very_last_frame() {
    let (disk, records) = written(150, 150, SMALL);
    let names = segments(&disk);
    let last = names.last().unwrap().clone();
    let ends = frame_ends(&disk.get(&last).unwrap());
    let last_frame = ends[ends.len() - 2];
    let mut random = Random(0xda90);
    let mut torn = 0;
    for _ in 0..2_000 {
        let name = &names[random.below(names.len())];
        let bit = random.below(disk.get(name).unwrap().len() * 8);
        disk.flip(name, bit);
        match find(&disk) {
            Err(Fatal::Corrupt { path, offset, .. }) => {
                assert!(
                    path.ends_with(name.as_str()) && offset <= bit as u64 / 8,
                    "blames {path} {offset} for bit {bit} of {name}"
                );
            }
            Err(other) => panic!("bit {bit} of {name}: {other}"),
            Ok(found) => {
                assert!(*name == last && bit / 8 >= last_frame, "bit {bit} of {name} was passed over");
                assert_eq!(found.records, records[..records.len() - 1]);
                assert!(found.recovered.torn.is_some());
                torn += 1;
            }
        }
        disk.flip(name, bit);
    }
    assert!(torn > 0, "the last frame was hit too");
    assert_eq!(find(&disk).unwrap().records, records);
}

#[test]
fn damage_in_the_middle_says_where_and_what_to_do() {
    let (disk, _) = written(30, 100, Options::default());
    let name = segments(&disk).pop().unwrap();
    let second = frame_ends(&disk.get(&name).unwrap())[1];
    disk.flip(&name, (second + 40) * 8);
    let message = damage_in(find(&disk));
    for part in [&*name, &format!("byte {second}"), "record 2 should be here", "record 3 follows", "Restore"] {
        assert!(message.contains(part), "{part:?} is missing in: {message}");
    }
}

/// Once, a damaged header of the last segment looked like a crash while it was created, and its frames were lost.
#[test]
fn a_damaged_header_of_a_segment_with_frames_is_refused() {
    let (disk, _) = written(1, 0, SMALL);
    for bit in 0..record::SEGMENT_HEADER_BYTES * 8 {
        disk.flip(&segments(&disk)[0], bit);
        damage_in(find(&disk));
        disk.flip(&segments(&disk)[0], bit);
    }
}

#[test]
fn a_damaged_frame_before_a_torn_one_is_refused() {
    let (disk, _) = written(5, 100, SMALL);
    let name = segments(&disk).pop().unwrap();
    let whole = disk.get(&name).unwrap();
    let fourth = frame_ends(&whole)[3];
    for kept in 1..128 {
        disk.put(&name, whole[..fourth + 136 + kept].to_vec());
        disk.flip(&name, (fourth + 60) * 8);
        damage_in(find(&disk));
    }
}

#[test]
fn a_segment_that_is_missing_is_refused() {
    let (disk, _) = written(200, 100, SMALL);
    let names = segments(&disk);
    for missing in 0..names.len() - 1 {
        let image = disk.kill();
        image.delete(&names[missing]);
        let message = damage_in(find(&image));
        assert!(message.contains(&names[missing + 1]), "{message}");
    }
}

#[test]
fn an_empty_segment_behind_a_gap_is_refused() {
    let (disk, _) = written(30, 100, SMALL);
    disk.put(&names::segment(40), record::SegmentHeader::new(40, 1).encode().to_vec());
    assert!(damage_in(find(&disk)).contains("record 31 should follow here"));
}

#[test]
fn a_whole_frame_that_does_not_continue_the_numbers_is_refused() {
    let disk = FakeDisk::new();
    let mut bytes = record::SegmentHeader::new(1, 1).encode().to_vec();
    for sequence in [1, 3] {
        let mut frame = frame_of(&[sequence], 0);
        record::seal_frame(&mut frame, 1, sequence, 1);
        bytes.extend(frame);
    }
    disk.put(&names::segment(1), bytes);
    assert!(damage_in(find(&disk)).contains("record 2 should be here, not 3"));
}

#[test]
fn a_checkpoint_that_ends_inside_a_frame_is_refused() {
    let disk = FakeDisk::new();
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    commit(&mut journal, &[1, 2, 3], 0).unwrap();
    checkpoint(&mut journal, &[1, 2]).unwrap();
    assert!(damage_in(find(&disk)).contains("in the middle of this frame"));
}

#[test]
fn a_segment_of_another_journal_is_refused() {
    let (disk, _) = written(200, 100, SMALL);
    let names = segments(&disk);
    disk.put(&names[2], disk.get(&names[3]).unwrap());
    assert!(damage_in(find(&disk)).contains(&names[2]));
}

#[test]
fn a_segment_that_was_being_created_is_a_torn_tail() {
    let (disk, mut records) = written(30, 100, SMALL);
    let next = names::segment(31);
    for bytes in [0, 1, 31, 32] {
        disk.put(&next, vec![0; bytes]);
        let found = find(&disk).unwrap();
        assert_eq!(found.records, records);
        assert_eq!(found.recovered.torn.unwrap().bytes, bytes as u64);
    }
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    commit(&mut journal, &[9], 0).unwrap();
    records.push(9);
    assert_eq!(find(&disk).unwrap().records, records);
}

#[test]
fn a_later_format_is_named_and_not_taken_for_damage() {
    let (disk, _) = written(3, 0, SMALL);
    let name = segments(&disk).pop().unwrap();
    let mut bytes = disk.get(&name).unwrap();
    let header = record::SegmentHeader::decode(&bytes).unwrap();
    bytes[..32].copy_from_slice(&record::SegmentHeader { format: 3, ..header }.encode());
    disk.put(&name, bytes);
    let refused = find(&disk).map(|_| ()).unwrap_err();
    assert!(matches!(refused, Fatal::NewerFormat { found: 3, known: 2, .. }), "{refused}");
    assert!(refused.to_string().contains("install a day90 that knows format 3"));
}

/// Four rounds of 30 records with a checkpoint after each, and 10 records after the last.
fn with_checkpoints() -> (FakeDisk, Vec<u64>) {
    let disk = FakeDisk::new();
    let (mut journal, mut records) = start(&disk, SMALL).unwrap();
    for number in 1..=130 {
        records.push(number);
        commit(&mut journal, &[number], 100).unwrap();
        if number % 30 == 0 {
            checkpoint(&mut journal, &records).unwrap();
        }
    }
    (disk, records)
}

#[test]
fn a_damaged_checkpoint_falls_back_to_the_one_before_and_says_so() {
    let (disk, records) = with_checkpoints();
    let [older, newest] = checkpoints(&disk).try_into().unwrap();
    let bits = disk.get(&newest).unwrap().len() * 8;
    let mut random = Random(7);
    for _ in 0..500 {
        let bit = random.below(bits);
        disk.flip(&newest, bit);
        let found = find(&disk).unwrap();
        assert_eq!(found.records, records);
        let warnings = found.recovered.warnings.join("\n");
        assert!(warnings.contains(&newest) && warnings.contains(&older), "{warnings}");
        disk.flip(&newest, bit);
    }
    assert!(find(&disk).unwrap().recovered.warnings.is_empty());
}

#[test]
fn a_damaged_checkpoint_is_replaced_by_the_next_one_and_doesnt_count_as_kept() {
    let (disk, mut records) = with_checkpoints();
    let [older, newest] = checkpoints(&disk).try_into().unwrap();
    disk.flip(&newest, 300);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    records.push(131);
    commit(&mut journal, &[131], 0).unwrap();
    checkpoint(&mut journal, &records).unwrap();
    assert_eq!(checkpoints(&disk), [older, names::checkpoint(131)]);
    disk.flip(&names::checkpoint(131), 300);
    assert_eq!(find(&disk).unwrap().records, records, "the older one and its segments are still there");
}

#[test]
fn a_segment_that_a_crash_kept_is_named_and_is_no_damage() {
    let (begun, _) = written(30, 100, SMALL);
    let first = segments(&begun)[0].clone();
    let (disk, records) = with_checkpoints();
    assert!(!segments(&disk).contains(&first), "it was removed");
    disk.put(&first, begun.get(&first).unwrap());
    let report = verify::verify(&disk).unwrap();
    assert_eq!(report.damage, [], "both checkpoints include what is missing");
    let [removed] = report.removed.try_into().unwrap();
    assert_eq!(*removed.end(), names::first_of(&segments(&disk)[1]).unwrap() - 1);
    assert_eq!(find(&disk).unwrap().records, records);
}

#[test]
fn without_a_checkpoint_a_journal_that_does_not_reach_back_is_refused() {
    let (disk, _) = with_checkpoints();
    checkpoints(&disk).iter().for_each(|name| disk.flip(name, 300));
    let message = damage_in(find(&disk));
    assert!(message.contains("no checkpoint can be read") && message.contains("records 1 to"), "{message}");
    assert!(message.contains("is damaged and was passed over"), "{message}");
}

#[test]
fn the_older_checkpoint_is_no_help_when_the_journal_since_then_has_a_gap() {
    let (disk, _) = with_checkpoints();
    disk.flip(&checkpoints(&disk)[1], 300);
    let needed = segments(&disk).into_iter().rfind(|name| names::first_of(name).unwrap() <= 120).unwrap();
    disk.delete(&needed);
    damage_in(find(&disk));
}

/// A checkpoint is taken of what was synced, so this is not a torn write: records after the checkpoint may be missing too.
#[test]
fn a_journal_that_ends_before_its_checkpoint_is_refused() {
    let (disk, records) = written(20, 100, Options::default());
    let (mut journal, _) = start(&disk, Options::default()).unwrap();
    checkpoint(&mut journal, &records).unwrap();
    drop(journal);
    let name = segments(&disk).pop().unwrap();
    let whole = disk.get(&name).unwrap();
    disk.put(&name, whole[..whole.len() - 1].to_vec());
    assert!(damage_in(find(&disk)).contains("ends before record 20"));
    disk.delete(&name);
    damage_in(find(&disk));
}

#[test]
fn a_payload_that_the_caller_cannot_read_is_refused_with_its_place() {
    let (disk, _) = written(3, 0, SMALL);
    let refused = read(&disk).unwrap().replay(|_| Err("record kind 9 is unknown".to_owned())).unwrap_err();
    let message = refused.to_string();
    assert!(matches!(refused, Fatal::Content { offset: 32, .. }) && message.contains("record kind 9"), "{message}");
}

/// A checkpoint as a later day90 would write it: another format, or the lowest release that reads it.
fn from_later(disk: &FakeDisk, format: u32, needs: [u16; 3]) -> Fatal {
    let name = checkpoints(disk).pop().unwrap();
    let mut bytes = disk.get(&name).unwrap();
    bytes[8..12].copy_from_slice(&format.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..20]);
    bytes[20..24].copy_from_slice(&crc.to_le_bytes());
    for (at, part) in needs.iter().enumerate() {
        bytes[30 + 2 * at..32 + 2 * at].copy_from_slice(&part.to_le_bytes());
    }
    let crc = crc32c::crc32c(&bytes[24..36]);
    bytes[36..40].copy_from_slice(&crc.to_le_bytes());
    disk.put(&name, bytes);
    find(disk).map(|_| ()).unwrap_err()
}

#[test]
fn a_checkpoint_of_a_later_day90_names_the_one_that_reads_it() {
    for (format, needs) in [(4, [9, 1, 2]), (3, [9, 1, 2])] {
        let (disk, _) = with_checkpoints();
        let refused = from_later(&disk, format, needs);
        assert!(matches!(refused, Fatal::NewerFormat { .. }), "{refused}");
        assert!(refused.to_string().contains("needs day90 9.1.2 or later"), "{refused}");
    }
}

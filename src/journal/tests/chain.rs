//! Each segment says what it follows, also after an upgrade, a restart and a downgrade.

use super::*;
use crate::journal::back;
use crate::journal::record::{FORMAT_1, SegmentHeader};
use crate::journal::verify::verify;

fn header(disk: &FakeDisk, name: &str) -> SegmentHeader {
    SegmentHeader::decode(&disk.get(name).unwrap()).unwrap()
}

/// A journal as 0.2.0 left it: one segment of format 1 with three records.
fn of_release_before() -> (FakeDisk, Vec<u64>) {
    let disk = FakeDisk::new();
    let mut bytes = SegmentHeader { first: 1, salt: 77, format: FORMAT_1 }.encode().to_vec();
    let records = vec![10, 20, 30];
    for (at, record) in records.iter().enumerate() {
        let mut frame = frame_of(&[*record], 0);
        record::seal_frame(&mut frame, 77, at as u64 + 1, 1);
        bytes.extend(frame);
    }
    disk.put(&names::segment(1), bytes);
    (disk, records)
}

#[test]
fn a_segment_after_one_of_the_release_before_follows_it() {
    let (disk, mut records) = of_release_before();
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    for record in [40, 50] {
        commit(&mut journal, &[record], 4_000).unwrap();
        records.push(record);
    }
    let formats: Vec<u32> = segments(&disk).iter().map(|name| header(&disk, name).format).collect();
    assert_eq!(formats, [1, 2, 2]);
    assert_eq!(find(&disk).unwrap().records, records);
    assert_eq!(verify(&disk).unwrap().damage, []);
    // One that was written by another 0.2.0, with as many records.
    let mut other = disk.get(&names::segment(1)).unwrap();
    other[20] ^= 1;
    let salt = u64::from_le_bytes(other[20..28].try_into().unwrap());
    let mut foreign = SegmentHeader { first: 1, salt, format: FORMAT_1 }.encode().to_vec();
    for record in 1..=3 {
        let mut frame = frame_of(&[record], 0);
        record::seal_frame(&mut frame, salt, record, 1);
        foreign.extend(frame);
    }
    disk.put(&names::segment(1), foreign);
    assert!(damage_in(find(&disk)).contains("does not follow the records before it"));
}

#[test]
fn a_segment_of_the_release_before_does_not_come_after_one_of_this() {
    let (disk, _) = written(100, 100, SMALL);
    let last = segments(&disk).pop().unwrap();
    let SegmentHeader { first, .. } = header(&disk, &last);
    let mut bytes = SegmentHeader { first, salt: 5, format: FORMAT_1 }.encode().to_vec();
    let mut frame = frame_of(&[1], 0);
    record::seal_frame(&mut frame, 5, first, 1);
    bytes.extend(frame);
    disk.put(&last, bytes);
    let refused = damage_in(find(&disk));
    assert!(refused.contains(&last) && refused.contains("of another directory"), "{refused}");
}

/// Recovery reads nothing before the checkpoint, and an earlier release's doesn't say its last frame.
#[test]
fn after_a_checkpoint_that_says_nothing_and_an_empty_segment_the_next_one_follows_all_the_same() {
    let (disk, records) = written(30, 100, SMALL);
    let mut writer = CheckpointWriter::create(Arc::new(disk.clone()), 30, None).unwrap();
    records.iter().for_each(|record| writer.write_all(&record.to_le_bytes()).unwrap());
    writer.finish().unwrap();
    disk.put(&names::segment(31), vec![0; 7]);
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    commit(&mut journal, &[1], 0).unwrap();
    assert_eq!(verify(&disk).unwrap().damage, []);
    disk.delete(&names::checkpoint(30));
    assert_eq!(find(&disk).unwrap().records.len(), 31, "read from the beginning");
}

#[test]
fn a_checkpoint_of_another_journal_is_named() {
    let (disk, records) = written(30, 100, SMALL);
    let (other, _) = (FakeDisk::new(), ());
    other.random().unwrap();
    for disk in [&disk, &other] {
        let (mut journal, found) = start(disk, SMALL).unwrap();
        records[found.len()..].iter().for_each(|record| commit(&mut journal, &[*record], 100).unwrap());
        checkpoint(&mut journal, &records).unwrap();
    }
    let name = names::checkpoint(30);
    disk.put(&name, other.get(&name).unwrap());
    let refused = damage_in(find(&disk));
    assert!(refused.contains(&name) && refused.contains("of another directory"), "{refused}");
    assert!(verify(&disk).unwrap().damage.iter().any(|damage| damage.path.ends_with(&name)));
}

#[test]
fn a_downgrade_leaves_no_segment_that_the_release_before_cannot_read() {
    let (disk, records) = of_release_before();
    let before = disk.get(&names::segment(1)).unwrap();
    let (mut journal, _) = start(&disk, SMALL).unwrap();
    commit(&mut journal, &[40], 4_000).unwrap();
    commit(&mut journal, &[50], 4_000).unwrap();
    drop(journal);
    let place = |segment| Some(recovered::FramePlace { segment, offset: record::SEGMENT_HEADER_BYTES as u64 });
    for from in [place(4), None] {
        let image = disk.kill();
        back::cut(&image, &[], from).unwrap();
        assert_eq!(segments(&image), [names::segment(1)]);
        assert!(image.get(&names::segment(1)).unwrap() == before);
        assert_eq!(find(&image).unwrap().records, records);
    }
}

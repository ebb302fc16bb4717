//! The same journal on a directory of this machine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;

/// A directory that is gone when the test ends.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("day90-journal-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Directory(path)
    }
    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.0.join(name)).unwrap().permissions().mode() & 0o777
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open(directory: &Directory) -> (Journal, u64) {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&directory.0));
    let lock = lock(&*disk).unwrap();
    let mut records = 0;
    let recovered = read(&*disk)
        .unwrap()
        .replay(|frame| {
            records += u64::from(frame.count);
            Ok(())
        })
        .unwrap();
    (Journal::open(disk, lock, recovered, SMALL).unwrap(), records)
}

#[test]
fn a_journal_on_a_real_directory_is_private_and_found_again() {
    let directory = Directory::new("private");
    let (mut journal, _) = open(&directory);
    for record in 0..100 {
        commit(&mut journal, &[record], 100).unwrap();
    }
    let mut writer = journal.checkpoint(60).unwrap();
    writer.write_all(b"state").unwrap();
    let written = writer.finish().unwrap();
    journal.trim(&written).unwrap();
    drop(journal);

    assert_eq!(directory.mode(""), 0o700);
    let names: Vec<String> = RealDisk::new(&directory.0).list().unwrap().into_iter().map(|(name, _)| name).collect();
    assert!(names.len() > 4 && names.iter().all(|name| directory.mode(name) == 0o600), "{names:?}");
    let (journal, records) = open(&directory);
    assert_eq!((journal.next_sequence(), records), (101, 40));
}

#[test]
fn a_torn_tail_on_a_real_disk_is_kept_and_cut() {
    let directory = Directory::new("torn");
    let (mut journal, _) = open(&directory);
    commit(&mut journal, &[1], 0).unwrap();
    drop(journal);
    let segment = directory.0.join(names::segment(1));
    fs::write(&segment, [fs::read(&segment).unwrap(), b"torn".to_vec()].concat()).unwrap();
    let (mut journal, _) = open(&directory);
    commit(&mut journal, &[2], 0).unwrap();
    drop(journal);
    assert_eq!(open(&directory).1, 2);
    assert_eq!(fs::read(directory.0.join("torn-00000000000000000002-0000000068.bin")).unwrap(), b"torn");
}

#[test]
fn a_real_file_is_as_long_as_what_was_written_and_has_space_behind_its_end() {
    use std::os::unix::fs::MetadataExt;
    let directory = Directory::new("reserve");
    let disk = RealDisk::new(&directory.0);
    disk.prepare().unwrap();
    assert!(disk.free_bytes().unwrap() > 0);
    let mut file = disk.create("file").unwrap();
    file.write_at(0, b"some").unwrap();
    file.reserve(4, 1 << 20).unwrap();
    let found = || fs::metadata(directory.0.join("file")).unwrap();
    assert_eq!(found().len(), 4);
    // Not every file system can; ext4, XFS, btrfs and tmpfs do.
    let taken = found().blocks() * 512;
    assert!(taken >= 1 << 20, "{taken} bytes are taken on {}", directory.0.display());
    file.set_len(4).unwrap();
    assert_eq!(found().len(), 4);
    assert!(found().blocks() * 512 <= 64 << 10, "given back");
}

#[test]
fn a_directory_of_a_running_daemon_is_refused() {
    let directory = Directory::new("lock");
    let (journal, _) = open(&directory);
    let refused = lock(&RealDisk::new(&directory.0)).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("another process has"), "{refused}");
    drop(journal);
    open(&directory);
}

#[test]
fn a_directory_that_is_not_there_reads_as_empty_and_is_not_made() {
    let directory = Directory::new("absent");
    let recovered = read(&RealDisk::new(&directory.0)).unwrap().replay(|_| Ok(())).unwrap();
    assert_eq!(recovered.next_sequence, 1);
    assert!(!directory.0.exists());
}

fn content(directory: &Directory) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(&directory.0).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| (file.display().to_string(), fs::read(file).unwrap())).collect()
}

#[test]
fn a_directory_that_is_moved_away_is_no_place_to_acknowledge_from_until_it_is_back() {
    let (directory, moved) = (Directory::new("moved-away"), Directory::new("moved-away-elsewhere"));
    let (mut journal, _) = open(&directory);
    commit(&mut journal, &[1], 0).unwrap();
    fs::rename(&directory.0, &moved.0).unwrap();
    for _ in 0..3 {
        let refused = commit(&mut journal, &[2], 0).unwrap_err();
        assert!(matches!(refused, AppendError::Retry(_)) && refused.to_string().contains("was moved"), "{refused}");
    }
    assert_eq!(open_to_read(&moved), 1, "nothing of what was refused is left");
    fs::rename(&moved.0, &directory.0).unwrap();
    commit(&mut journal, &[3], 0).unwrap();
    drop(journal);
    assert_eq!(open(&directory).1, 2);
}

fn open_to_read(directory: &Directory) -> u64 {
    read(&RealDisk::new(&directory.0)).unwrap().replay(|_| Ok(())).unwrap().records
}

/// The first writer once wrote into the second one's directory, and trimmed its journal.
#[test]
fn a_directory_that_takes_the_place_of_another_is_left_alone_by_who_had_that_one() {
    let (directory, moved) = (Directory::new("replaced"), Directory::new("replaced-elsewhere"));
    let (mut journal, _) = open(&directory);
    (0..100).for_each(|record| commit(&mut journal, &[record], 100).unwrap());
    fs::rename(&directory.0, &moved.0).unwrap();
    let (mut second, found) = open(&directory);
    assert_eq!(found, 0);
    (0..100).for_each(|record| commit(&mut second, &[record], 100).unwrap());
    let before = content(&directory);
    commit(&mut journal, &[1], 4_000).unwrap_err();
    for sequence in [50, 60, 100] {
        let mut writer = journal.checkpoint(sequence).unwrap();
        writer.write_all(b"state").unwrap();
        let written = writer.finish().unwrap();
        journal.trim(&written).unwrap();
    }
    commit(&mut journal, &[1], 0).unwrap_err();
    drop(journal);
    assert_eq!(content(&directory), before);
    commit(&mut second, &[1], 0).unwrap();
}

#[test]
fn a_segment_that_is_removed_or_replaced_while_it_is_written_is_named() {
    let directory = Directory::new("segment-removed");
    let (mut journal, _) = open(&directory);
    commit(&mut journal, &[1], 0).unwrap();
    let segment = directory.0.join(names::segment(1));
    let bytes = fs::read(&segment).unwrap();
    for replaced in [false, true] {
        fs::remove_file(&segment).unwrap();
        if replaced {
            fs::write(&segment, &bytes).unwrap();
        }
        let refused = commit(&mut journal, &[2], 0).unwrap_err().to_string();
        assert!(refused.contains(&format!("{} was moved, removed or replaced", segment.display())), "{refused}");
        fs::write(&segment, &bytes).unwrap();
    }
}

#[test]
fn without_its_lock_file_a_directory_is_locked_all_the_same() {
    let directory = Directory::new("no-lock-file");
    let (journal, _) = open(&directory);
    fs::remove_file(directory.0.join(names::LOCK)).unwrap();
    let refused = lock(&RealDisk::new(&directory.0)).map(|_| ()).unwrap_err();
    assert!(matches!(refused, Fatal::Locked { .. }), "{refused}");
    drop(journal);
    open(&directory);
}

#[test]
fn a_symlink_where_a_file_should_be_is_named_and_its_target_stays_as_it_is() {
    let directory = Directory::new("symlink");
    drop(open(&directory));
    let target = directory.0.join("elsewhere");
    fs::write(&target, b"somebody's").unwrap();
    for name in [names::segment(1), names::checkpoint(7), names::temporary(7), names::torn(1, 2)] {
        let disk = RealDisk::new(&directory.0);
        let link = directory.0.join(&name);
        std::os::unix::fs::symlink(&target, &link).unwrap();
        for refused in [disk.list().map(drop), disk.create(&name).map(drop), disk.open(&name).map(drop)] {
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains(&name) && refused.contains("symlink"), "{refused}");
        }
        disk.remove(&name).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"somebody's");
    }
}

#[test]
fn a_directory_that_every_user_may_change_is_refused() {
    let directory = Directory::new("mode");
    drop(open(&directory));
    fs::set_permissions(&directory.0, fs::Permissions::from_mode(0o777)).unwrap();
    let refused = lock(&RealDisk::new(&directory.0)).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("mode 777") && refused.contains("chmod 700"), "{refused}");
    fs::set_permissions(&directory.0, fs::Permissions::from_mode(0o755)).unwrap();
    lock(&RealDisk::new(&directory.0)).unwrap();
}

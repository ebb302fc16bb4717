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

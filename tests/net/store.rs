//! What is stored, all in `tests/data/net.zst`: files one after the other, packed together, since they resemble each other.
//!
//! ```text
//! file: name length u32 | name | length u32 | bytes        integers are little-endian
//! ```

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use day90::journal::Disk;
use day90::journal::fake::FakeDisk;

use crate::harness::repository;

/// Files by name.
pub type Files = BTreeMap<String, Vec<u8>>;

const LEVEL: i32 = 19;
/// So much is searched for what resembles it, as a power of two: all of it.
const WINDOW: u32 = 24;

fn path() -> PathBuf {
    repository("tests/data/net.zst")
}

/// Everything that is stored.
pub fn all() -> &'static Files {
    static ALL: OnceLock<Files> = OnceLock::new();
    ALL.get_or_init(|| {
        let packed = std::fs::read(path()).unwrap_or_else(|error| panic!("{}: {error}", path().display()));
        unpack(&zstd::stream::decode_all(&packed[..]).unwrap())
    })
}

fn unpack(bytes: &[u8]) -> Files {
    let mut reader = Cursor::new(bytes);
    let mut files = Files::new();
    while reader.position() < bytes.len() as u64 {
        let name = String::from_utf8(part(&mut reader)).unwrap();
        files.insert(name, part(&mut reader));
    }
    files
}

fn part(reader: &mut Cursor<&[u8]>) -> Vec<u8> {
    let mut length = [0; 4];
    reader.read_exact(&mut length).unwrap();
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    reader.read_exact(&mut bytes).unwrap();
    bytes
}

/// Stores these files instead.
pub fn replace(files: &Files) {
    let mut packed = zstd::stream::Encoder::new(Vec::new(), LEVEL).unwrap();
    packed.window_log(WINDOW).unwrap();
    packed.long_distance_matching(true).unwrap();
    // What resembles each other has the same ending.
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|(name, _)| (name.rsplit('.').next().map(str::to_owned), *name));
    for bytes in files.into_iter().flat_map(|(name, bytes)| [name.as_bytes(), bytes]) {
        packed.write_all(&(bytes.len() as u32).to_le_bytes()).unwrap();
        packed.write_all(bytes).unwrap();
    }
    std::fs::write(path(), packed.finish().unwrap()).unwrap();
}

/// A disk with the segments among some files, and one checkpoint where one is named.
pub fn disk(files: &Files, checkpoint: Option<&str>) -> Arc<dyn Disk> {
    let disk = FakeDisk::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".seg") || Some(&name[..]) == checkpoint) {
        disk.put(name, bytes.clone());
    }
    Arc::new(disk)
}

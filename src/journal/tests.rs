//! The journal under truncation, damage, failing calls and power cuts. Every record in these tests is a different
//! number, so that "nothing lost, nothing twice, in order" is one comparison of lists.

mod chain;
mod crash;
mod damage;
mod real;
mod space;
mod writer;

use std::io::{Read, Write};
use std::sync::Arc;

use super::fake::FakeDisk;
use super::*;

/// Small, so that a test has many segments.
const SMALL: Options = Options { segment_bytes: 4 << 10 };

/// What was found: every record in order, and what recovery says.
struct Found {
    records: Vec<u64>,
    recovered: Recovered,
}

/// Reads as a start would: the checkpoint, then the frames after it.
fn find(disk: &FakeDisk) -> Result<Found, Fatal> {
    let mut reading = read(disk)?;
    let mut records = reading.take_checkpoint().map_or_else(Vec::new, |checkpoint| numbers(&payload(checkpoint)));
    let recovered = reading.replay(|frame| {
        assert_eq!(frame.sequence, records.len() as u64 + 1, "frames come in order, without gaps");
        let payload = &frame.payload[..frame.count as usize * 8];
        records.extend(numbers(payload));
        Ok(())
    })?;
    assert_eq!(recovered.next_sequence, records.len() as u64 + 1);
    Ok(Found { records, recovered })
}

fn payload(checkpoint: Checkpoint) -> Vec<u8> {
    let mut bytes = Vec::new();
    checkpoint.into_payload().read_to_end(&mut bytes).unwrap();
    bytes
}

fn numbers(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks_exact(8).map(|chunk| u64::from_le_bytes(chunk.try_into().unwrap())).collect()
}

/// Starts on a disk: the journal to write to, and all records until now.
fn start(disk: &FakeDisk, options: Options) -> Result<(Journal, Vec<u64>), Fatal> {
    let lock = lock(disk)?;
    let found = find(disk)?;
    Ok((Journal::open(Arc::new(disk.clone()), lock, found.recovered, options)?, found.records))
}

/// A frame of these records, `filler` bytes longer than they need.
fn frame_of(records: &[u64], filler: usize) -> Vec<u8> {
    let mut frame = Vec::new();
    begin_frame(&mut frame);
    records.iter().for_each(|record| frame.extend_from_slice(&record.to_le_bytes()));
    frame.resize(frame.len() + filler, 0x5a);
    frame
}

fn commit(journal: &mut Journal, records: &[u64], filler: usize) -> Result<(), AppendError> {
    journal.append(&mut frame_of(records, filler), records.len() as u32)?;
    journal.sync()
}

fn checkpoint(journal: &mut Journal, records: &[u64]) -> io::Result<()> {
    let mut writer = journal.checkpoint(records.len() as u64)?;
    records.iter().try_for_each(|record| writer.write_all(&record.to_le_bytes()))?;
    let written = writer.finish()?;
    journal.trim(&written)
}

/// A disk with `frames` frames of one record each, and all its records.
fn written(frames: u64, filler: usize, options: Options) -> (FakeDisk, Vec<u64>) {
    let disk = FakeDisk::new();
    let (mut journal, _) = start(&disk, options).unwrap();
    let records: Vec<u64> = (1..=frames).map(|number| number * 1000).collect();
    records.iter().for_each(|&record| commit(&mut journal, &[record], filler).unwrap());
    (disk, records)
}

fn segments(disk: &FakeDisk) -> Vec<String> {
    disk.names().into_iter().filter(|name| name.ends_with(".seg")).collect()
}

fn checkpoints(disk: &FakeDisk) -> Vec<String> {
    disk.names().into_iter().filter(|name| name.starts_with("checkpoint-")).collect()
}

/// The message of a refusal that blames damage; panics on anything else.
fn damage_in(found: Result<Found, Fatal>) -> String {
    match found {
        Err(damage @ Fatal::Corrupt { .. }) => damage.to_string(),
        Err(other) => panic!("not refused for damage, but: {other}"),
        Ok(found) => panic!("damage was passed over: {:?}", found.recovered),
    }
}

/// Random numbers that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

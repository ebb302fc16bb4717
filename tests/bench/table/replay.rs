//! Replay: the CPU time of a start over a journal without a checkpoint, less that of a start over nothing.

use std::path::Path;

use crate::daemon::{Day90, own_cpu_nanos};
use crate::lines::{self, Body};
use crate::load::{self, median};
use crate::row::Row;

const BODY_BYTES: usize = 1 << 20;
const CONNECTIONS: usize = 4;
/// Bodies of each connection: their events stay below the 64 MiB of journal after which a checkpoint is written.
const BODIES: usize = 24;
const STARTS: usize = 5;
/// Reads of the same files.
const READS: usize = 5;

pub fn rows() -> Vec<Row> {
    let empty: Vec<f64> = (0..STARTS).map(|_| Day90::start("empty").cpu_nanos() as f64).collect();
    let mut day90 = Day90::start("replay");
    let sender = |sender| (0..BODIES).map(|body| lines::body(sender, body, BODY_BYTES)).collect();
    let bodies: Vec<Vec<Body>> = (0..CONNECTIONS).map(sender).collect();
    let events = load::send(&day90, &bodies).events as f64;
    drop(bodies);
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        day90 = day90.kill_and_start();
        starts.push(day90.cpu_nanos() as f64);
    }
    assert_eq!(day90.accepted(), events, "a restart loses nothing");
    assert!(checkpoints(day90.dir()) == 0, "a checkpoint was written: there was little to replay");
    let rate = events / (median(&starts) - median(&empty)) * 1e9;
    let reads: Vec<f64> = (0..READS).map(|_| read_nanos(day90.dir()) / events).collect();
    let read = median(&reads);
    vec![Row {
        what: "replay: a start without a checkpoint less an empty start, events per CPU second",
        aim: "≥ 2 million",
        measured: format!("{:.2} million ({:.0} events)", rate / 1e6, events),
        held: rate >= 2e6,
        peer: format!("the same files read and their CRC32C taken: {:.0} million", 1e3 / read),
    }]
}

/// CPU nanoseconds of reading every file of the journal, with a checksum over it.
fn read_nanos(dir: &Path) -> f64 {
    let began = own_cpu_nanos();
    let mut sum = 0;
    for file in files(dir) {
        sum ^= crc32c::crc32c(&std::fs::read(file).expect("a journal"));
    }
    std::hint::black_box(sum);
    (own_cpu_nanos() - began) as f64
}

fn checkpoints(dir: &Path) -> usize {
    files(dir).filter(|file| file.to_string_lossy().contains("checkpoint")).count()
}

fn files(dir: &Path) -> impl Iterator<Item = std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).expect("the daemon's directory");
    entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file())
}

//! Names every damage of a journal, and changes nothing. Where [`super::recover`] stops at the first bad frame, this goes
//! on after it.
//!
//! A frame's header has a checksum that is salted with its segment's secret. So a whole header after damage proves the
//! number of its first record, and the records that the damage took are an exact range, not an estimate.
//!
//! Recovery alone decides what a start reads; nothing here does.

mod report;
mod walk;

use std::io;

use super::disk::Disk;
use super::error::Fatal;
use super::recovered::Frame;
use super::{checkpoint, names};
pub use report::{Damage, Kind, Verification, in_words};
pub(super) use report::{File, Links};

/// How often reading starts over when a daemon removes files meanwhile.
const ATTEMPTS_MAX: u32 = 10;

/// Reads everything. A daemon may write meanwhile; its unfinished frame then looks like a torn tail.
pub fn verify(disk: &dyn Disk) -> Result<Verification, Fatal> {
    let mut attempt = 1;
    loop {
        match survey(disk, |_| Ok(())) {
            // A new checkpoint made a file unnecessary between listing and reading it.
            Err(Fatal::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS_MAX => {
                attempt += 1;
            }
            done => return done,
        }
    }
}

/// As [`verify`], and gives every whole frame, in order, including those after damage. A frame that contradicts earlier
/// ones is not given.
pub fn survey(
    disk: &dyn Disk,
    mut on_frame: impl FnMut(Frame<'_>) -> Result<(), String>,
) -> Result<Verification, Fatal> {
    let files = disk.list().map_err(|error| Fatal::io("listing", disk.path(""), error))?;
    let mut report = Verification::default();
    let (damaged, links) = check_checkpoints(disk, &files, &mut report)?;
    let reach = report.checkpoints.iter().copied().chain(damaged.iter().map(|(at, _)| *at)).max().unwrap_or(0);
    let mut firsts: Vec<u64> = files.iter().filter_map(|(name, _)| names::first_of(name)).collect();
    firsts.sort_unstable();
    let repaired = files.iter().filter_map(|(name, _)| names::repaired_to(name)).max().unwrap_or(0);
    walk::Walk::new(disk, &mut report, reach, repaired, links).run(&firsts, &mut on_frame)?;
    report.firsts = firsts;
    report.damage.extend(damaged.into_iter().map(|(_, damage)| damage));
    Ok(report)
}

/// Reads each checkpoint, including those that a start would not need.
fn check_checkpoints(
    disk: &dyn Disk,
    files: &[(String, u64)],
    report: &mut Verification,
) -> Result<(Vec<(u64, Damage)>, Links), Fatal> {
    let mut found: Vec<(u64, u64)> =
        files.iter().filter_map(|(name, bytes)| Some((names::sequence_of(name)?, *bytes))).collect();
    found.sort_unstable();
    let (mut damaged, mut links) = (Vec::new(), Links::new());
    for (sequence, bytes) in found {
        let name = names::checkpoint(sequence);
        let alone = checkpoint::find(disk, std::iter::once(name.clone()))?;
        if let Some(whole) = alone.newest {
            report.checkpoints.push(sequence);
            links.extend(whole.link.map(|link| (sequence, link)));
            continue;
        }
        let damage = Damage {
            kind: Kind::Checkpoint,
            path: disk.path(&name),
            offset: 0,
            bytes,
            records: None,
            why: alone.warnings.join("; "),
            file: File::Checkpoint(sequence),
        };
        damaged.push((sequence, damage));
    }
    Ok((damaged, links))
}

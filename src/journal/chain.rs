//! The last frame of segments, where nobody has just read it: what the next segment follows.

use std::io;

use super::disk::Disk;
use super::names;
use super::record::{Predecessor, Scanner, SegmentHeader};

/// The last frame of these segments, ascending; `None` where there is none, or where it cannot be read. Then whoever reads on from
/// there finds damage or nothing, and takes any salt.
pub(super) fn last_link(disk: &dyn Disk, firsts: &[u64]) -> io::Result<Option<Predecessor>> {
    let mut content = Vec::new();
    for &first in firsts.iter().rev() {
        disk.read(&names::segment(first), &mut content)?;
        let Ok(header) = SegmentHeader::decode(&content) else { continue };
        let mut last = None;
        for frame in Scanner::new(header.salt, &content) {
            let Ok(frame) = frame else { return Ok(last) };
            last = Some(Predecessor { salt: header.salt, crc: frame.header_crc });
        }
        if last.is_some() {
            return Ok(last);
        }
    }
    Ok(None)
}

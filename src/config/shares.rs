//! How `limits.memory` is shared out: the part of it that everything a sender can make grow may have.
//!
//! A share has a floor below which it would not work, and a ceiling above which it would not get better.

use super::model::bounds::ID_BYTES;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// The least that `limits.memory` may be: every default fits.
pub const MEMORY_MIN: u64 = 48 * MIB;
/// Shares are in parts of this.
const WHOLE: u64 = 240;

/// The program, its threads and its own metrics.
pub const BASE: MemoryShare = MemoryShare { parts: 12, floor: 6 * MIB, ceiling: 12 * MIB };
const IDS: MemoryShare = MemoryShare { parts: 32, floor: 0, ceiling: u64::MAX };
pub const CONNECTIONS: MemoryShare = MemoryShare { parts: 12, floor: 0, ceiling: u64::MAX };
pub const REQUESTS: MemoryShare = MemoryShare { parts: 44, floor: 0, ceiling: 96 * MIB };
/// A frame and what the writer needs to choose its events.
pub const WRITER: MemoryShare = MemoryShare { parts: 12, floor: 0, ceiling: 16 * MIB };
/// The windows of bodies that are being decompressed.
pub const INFLATING: MemoryShare = MemoryShare { parts: 8, floor: 2 * MIB, ceiling: 16 * MIB };
pub const POOL: MemoryShare = MemoryShare { parts: 4, floor: 0, ceiling: 12 * MIB };
/// Two expositions: the one that is read, and the one that is made.
pub const SCRAPES: MemoryShare = MemoryShare { parts: 16, floor: 0, ceiling: u64::MAX };
const BODY: MemoryShare = MemoryShare { parts: 20, floor: 0, ceiling: 8 * MIB };
const DECOMPRESSED: MemoryShare = MemoryShare { parts: 30, floor: 0, ceiling: 32 * MIB };

/// Bytes that a connection takes besides its buffer.
pub const CONNECTION_BYTES: u64 = 6 * KIB;
/// The least and the most that the buffer of one connection has; a request's head must fit.
pub const BUFFER_BYTES: (u64, u64) = (8 * KIB, 64 * KIB);
/// Bytes that one request needs besides its body: its events in the journal's encoding begin small.
pub const REQUEST_BYTES: u64 = MIB;
/// Bytes that a declared system takes at least, with the series that are 0 from the start.
pub const DECLARED_SYSTEM_BYTES: u64 = 4 * KIB;
/// The least that is left for open cases and series.
pub const STATE_MIN: u64 = 3 * MIB;

#[derive(Clone, Copy, Debug)]
pub struct MemoryShare {
    parts: u64,
    floor: u64,
    ceiling: u64,
}

impl MemoryShare {
    /// Bytes of this much memory.
    pub fn of(self, memory: u64) -> u64 {
        (memory / WHOLE * self.parts + memory % WHOLE * self.parts / WHOLE).clamp(self.floor, self.ceiling)
    }
}

/// How many ids are remembered when the file doesn't say.
pub fn ids(memory: u64) -> u64 {
    IDS.of(memory) / ID_BYTES
}
/// The largest body on the wire when the file doesn't say.
pub fn body(memory: u64) -> u64 {
    BODY.of(memory)
}
/// The largest decompressed body when the file doesn't say.
pub fn decompressed(memory: u64) -> u64 {
    DECOMPRESSED.of(memory)
}

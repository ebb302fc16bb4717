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
pub const BASE: Share = Share { parts: 12, floor: 6 * MIB, ceiling: 12 * MIB };
const IDS: Share = Share { parts: 32, floor: 0, ceiling: u64::MAX };
pub const CONNECTIONS: Share = Share { parts: 12, floor: 0, ceiling: u64::MAX };
pub const REQUESTS: Share = Share { parts: 44, floor: 0, ceiling: 96 * MIB };
/// A frame and what the writer needs to choose its events.
pub const WRITER: Share = Share { parts: 12, floor: 0, ceiling: 16 * MIB };
/// The windows of bodies that are being decompressed.
pub const INFLATING: Share = Share { parts: 8, floor: 2 * MIB, ceiling: 16 * MIB };
pub const POOL: Share = Share { parts: 4, floor: 0, ceiling: 12 * MIB };
/// Two expositions: the one that is read, and the one that is made.
pub const SCRAPES: Share = Share { parts: 16, floor: 0, ceiling: u64::MAX };
const BODY: Share = Share { parts: 20, floor: 0, ceiling: 8 * MIB };
const DECOMPRESSED: Share = Share { parts: 30, floor: 0, ceiling: 32 * MIB };

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
pub struct Share {
    parts: u64,
    floor: u64,
    ceiling: u64,
}

impl Share {
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

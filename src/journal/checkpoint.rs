//! Checkpoints: the caller's whole state as of one sequence number, as opaque bytes.
//!
//! # On disk
//! `checkpoint-<sequence>.ckpt`; all integers are little-endian, checksums are CRC-32C.
//!
//! ```text
//! magic "day90ckp" | format version u32 | sequence u64 | header crc u32 | about | link | payload | payload length u64 | crc u32
//! about:  written by 3 × u16 | needs 3 × u16 | about crc u32
//! link:   salt u64 | crc u32 | link crc u32
//! ```
//!
//! * The header crc covers the 20 bytes before it, the about crc the 12 before it, the last crc everything before it.
//! * `about` says which release wrote it and the lowest that reads it. Format 1, of day90 0.1.0, has none. Every later
//!   format has it here, so that whoever cannot read one can say what can.
//! * `link` is the last frame that it includes, see [`super::record::Predecessor`]: it says which journal it was written of. All zeros when
//!   that isn't known, as after a repair. Formats 1 and 2 have none. The link crc covers the 12 bytes before it.
//! * The length follows the payload, so that a payload can be written while it is made.
//! * It is written to `….ckpt.tmp`, synced, renamed, and the directory synced: under its own name it is whole, or it was
//!   damaged later. The two newest are kept; one that is damaged falls back to the other.

mod format;
mod read;
mod write;

pub use format::{CHECKPOINTS_KEPT, FORMAT_1, FORMAT_VERSION, NEEDS};
pub use read::Checkpoint;
pub(super) use read::{Found, find};
pub use write::{CheckpointWriter, Written};

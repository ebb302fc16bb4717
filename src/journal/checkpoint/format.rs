//! The numbers of the format, see [`super`].

use crate::journal::version::Version;

/// The format that is written, and the newest that is read.
pub const FORMAT_VERSION: u32 = 3;
/// The format of day90 0.2.0, which is still read. It has no link.
pub(super) const FORMAT_2: u32 = 2;
/// The format of day90 0.1.0, which is still read.
pub const FORMAT_1: u32 = 1;
/// The lowest release that reads what is written now. Also raised when the payload needs a later one.
pub const NEEDS: Version = Version([0, 3, 0]);
/// Checkpoints that are kept: the newest, and one to fall back to.
pub const CHECKPOINTS_KEPT: usize = 2;

pub(super) const MAGIC: [u8; 8] = *b"day90ckp";
pub(super) const HEADER_BYTES: usize = 24;
pub(super) const ABOUT_BYTES: usize = 16;
pub(super) const LINK_BYTES: usize = 16;
pub(super) const FOOTER_BYTES: usize = 12;
/// Bytes that are gathered before they are written, and that are read at once.
pub(super) const BUFFER_BYTES: usize = 256 << 10;

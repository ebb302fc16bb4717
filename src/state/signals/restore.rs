//! [`Restore`]: how a part of the state is read from a checkpoint, in the layout of this release or of an older one.

use serde::de::DeserializeOwned;

/// How a signal is read from a checkpoint. One whose layout has changed reads the older versions of its section too.
pub trait Restore: DeserializeOwned {
    /// Reads the signal as this version of its section has it, and returns the bytes that follow. The version is never
    /// above the one that the signal's `SECTION` names.
    fn restore(_version: u16, bytes: &[u8]) -> postcard::Result<(Self, &[u8])> {
        postcard::take_from_bytes(bytes)
    }
}

//! The versioned encoding of an event that the journal stores.

use super::Event;

/// Bytes that no version of this encoding wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Where in the bytes.
    pub at: usize,
    pub what: &'static str,
}

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {} of an event", self.what, self.at)
    }
}

impl std::error::Error for Damaged {}

/// Appends an event to `out`.
pub fn encode(event: &Event, out: &mut Vec<u8>) {
    let _ = (event, out);
    unimplemented!("signatures first")
}

/// The event at the start of `bytes`, and how many bytes it takes. Text is borrowed.
pub fn decode(bytes: &[u8]) -> Result<(Event<'_>, usize), Damaged> {
    let _ = bytes;
    unimplemented!("signatures first")
}

//! Releases of day90, as files name the one that wrote them.

use std::fmt;

/// A release of day90: major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub [u16; 3]);

impl Version {
    /// This one.
    pub fn this() -> Version {
        let number = |text: &str| text.parse().unwrap_or(0);
        let part = [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH")];
        Version(part.map(number))
    }

    /// From the first six of these bytes.
    pub(super) fn decode(bytes: &[u8]) -> Version {
        Version([0, 2, 4].map(|at| u16::from_le_bytes([bytes[at], bytes[at + 1]])))
    }

    pub(super) fn encode(self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|part| out.extend_from_slice(&part.to_le_bytes()));
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

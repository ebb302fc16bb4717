//! [`Exemplar`]: one observation with its case, and [`Case`]: the case of the event that is being folded.

use std::sync::Arc;

use crate::event::Timestamp;

/// The label that carries the case.
pub const LABEL: &str = "case";
/// OpenMetrics allows 128 characters for the names and values of an exemplar's labels. A longer case has no exemplar.
pub const CASE_BYTES_MAX: usize = 128 - LABEL.len();
/// Memory of one exemplar, its text included.
pub const BYTES: u64 = (size_of::<Option<Exemplar>>() + 16 + CASE_BYTES_MAX + 24) as u64;
/// What one adds to an exposition. Bytes.
pub const TEXT_BYTES: u64 = (CASE_BYTES_MAX + 64) as u64;

/// One observation, and its case.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// When it was counted.
    pub at: Timestamp,
    /// What was observed, in units of 1e-9.
    pub nanos: i64,
    pub case: Arc<str>,
}

/// The case of the event that is being folded; empty where there is none, or where it is too long to show.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    bytes: [u8; CASE_BYTES_MAX],
    length: u8,
}

impl Default for Case {
    fn default() -> Case {
        Case { bytes: [0; CASE_BYTES_MAX], length: 0 }
    }
}

impl Case {
    pub fn set(&mut self, case: Option<&str>) {
        let case = case.filter(|case| case.len() <= CASE_BYTES_MAX).unwrap_or_default();
        self.bytes[..case.len()].copy_from_slice(case.as_bytes());
        self.length = case.len() as u8;
    }

    pub(super) fn get(&self) -> &str {
        // It was text when it came in.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

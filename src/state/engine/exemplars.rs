//! Exemplars: for a series, one case to look at.
//!
//! A histogram keeps the case of its highest value of the last minute, a counter the first case of the last minute that
//! moved it, so that one can open the case of a slow percentile or of a violated boundary. There is one a series, bounded in
//! length, never in the text format, and not in checkpoints: no count depends on it. An erasure removes those of its case.

use std::sync::Arc;

use super::core::Core;
use super::cow::{CowVec, Share};
use super::erasure::{Gone, name_of};
use crate::event::Timestamp;
use crate::event::time::MINUTE;

/// The label that carries the case.
pub const LABEL: &str = "case";
/// OpenMetrics allows 128 characters for the names and values of an exemplar's labels. A longer case has no exemplar.
pub const CASE_BYTES_MAX: usize = 128 - LABEL.len();
/// Python's official parser doesn't read these in an exemplar, and a line that cannot be read fails the whole scrape, so a
/// case with one of them gets no exemplar.
const UNREADABLE: [char; 2] = ['"', '\\'];
/// An exemplar may be replaced by a lower value after this. Nanoseconds.
const FRESH: i64 = MINUTE;
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

    fn get(&self) -> &str {
        // It was text when it came in.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

/// The exemplars of the series of a family, by row.
#[derive(Clone, Debug, Default)]
pub struct Exemplars(CowVec<Option<Exemplar>>);

impl Share for Exemplars {
    fn share(&mut self) {
        self.0.share();
    }
}

impl Exemplars {
    pub fn get(&self, row: usize) -> Option<&Exemplar> {
        self.0.get(row)?.as_ref()
    }

    /// Keeps the case of the present event, if this observation is higher than the one that is kept, or that one is old.
    pub fn note(&mut self, core: &Core, row: usize, nanos: i64) {
        let stays = |kept: &Exemplar| kept.nanos >= nanos && core.now.since(kept.at) < FRESH;
        if !self.get(row).is_some_and(stays) {
            self.put(core, row, nanos);
        }
    }

    #[cold]
    fn put(&mut self, core: &Core, row: usize, nanos: i64) {
        let case = core.case.get();
        if !case.is_empty() && !case.contains(UNREADABLE) {
            *self.0.grow_mut(row) = Some(Exemplar { at: core.now, nanos, case: case.into() });
        }
    }

    /// Removes those of a case. `system_of` says the system of a row.
    pub fn forget_case(&mut self, core: &Core, gone: &Gone, system_of: impl Fn(usize) -> u32) {
        for row in 0..self.0.len() {
            let of_case = |kept: &Exemplar| gone.has(name_of(core.system_name(system_of(row)), &kept.case));
            if self.get(row).is_some_and(of_case) {
                *self.0.grow_mut(row) = None;
            }
        }
    }
}

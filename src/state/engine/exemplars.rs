//! Exemplars: for a series, one case to look at.
//!
//! A histogram keeps the case of its highest value of the last minute, a counter the first case of the last minute that
//! moved it, so that one can open the case of a slow percentile or of a violated boundary. There is one a series, bounded in
//! length, never in the text format, and not in checkpoints: no count depends on it. An erasure removes those of its case.

use super::core::{Core, SHARED};
use super::correction::Correction;
use super::cow::{CowVec, Share};
use super::erasure::{Gone, name_of};
use super::exemplar::Exemplar;
use crate::event::time::MINUTE;

/// Python's official parser doesn't read these in an exemplar, and a line that cannot be read fails the whole scrape, so a
/// case with one of them gets no exemplar.
const UNREADABLE: [char; 2] = ['"', '\\'];
/// An exemplar may be replaced by a lower value after this. Nanoseconds.
const FRESH: i64 = MINUTE;
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

    /// The clock was ahead: moves when they were counted.
    pub fn correct(&mut self, clock: &Correction) {
        self.0.each_mut(|kept| kept.iter_mut().for_each(|exemplar| clock.correct_receipt(&mut exemplar.at)));
    }

    /// Removes those of a case. `system_of` says the system of a row.
    pub fn forget_case(&mut self, core: &Core, gone: &Gone, system_of: impl Fn(usize) -> u32) {
        for row in 0..self.0.len() {
            let of_case = |kept: &Exemplar| gone.has(name_of(core.system_key(system_of(row), SHARED), &kept.case));
            if self.get(row).is_some_and(of_case) {
                *self.0.grow_mut(row) = None;
            }
        }
    }
}

//! Which rows are forgotten first when there are too many.

use super::super::core::{Core, SystemId};
use super::super::correction::Correction;
use super::Lifecycles;
use super::rows::{Phase, Stages};
use crate::event::Timestamp;

/// Opened and finished at once.
#[derive(Clone)]
struct Done;

impl Stages for Done {
    const WORD: &'static str = "done";
    const ROW_BYTES: u64 = 1;
    const FINISHED_MAX: usize = 2;
    fn system(&self) -> SystemId {
        0
    }
    fn phase(&self) -> Phase {
        Phase::Finished
    }
    fn due(&self) -> Option<Timestamp> {
        None
    }
    fn correct(&mut self, _: &Correction) {}
}

#[test]
fn the_oldest_finished_rows_are_forgotten_first() {
    let (mut core, mut rows) = (Core::default(), Lifecycles::<Done>::default());
    for sequence in 1..=4 {
        core.sequence = sequence;
        assert!(rows.change(&mut core, u128::from(sequence), || Done, |_, _| ()).is_ok());
    }
    assert_eq!([1, 2, 3, 4].map(|name| rows.get(name).is_some()), [false, false, true, true]);
    assert_eq!(rows.counts().finished, 2);
}

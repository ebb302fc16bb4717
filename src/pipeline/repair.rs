//! Repair, as far as it needs the state: folds what is whole, before and after the damage.

use std::sync::Arc;

use super::{payload, recover};
use crate::journal::repair::{self, Plan};
use crate::journal::verify::{self, Verification};
use crate::journal::{self, Disk, Fatal, Lock};
use crate::state::State;

/// A repair that is decided and not begun. Nothing was changed yet.
pub struct Repair {
    pub report: Verification,
    /// `None` when there is nothing to repair.
    pub plan: Option<Plan>,
    /// There when the plan needs a checkpoint.
    state: Option<State>,
}

/// Reads, decides and folds. Changes nothing.
///
/// # Errors
/// Also when a whole part cannot be read: that is not damage, and needs another version of day90.
pub fn prepare(disk: &Arc<dyn Disk>) -> Result<Repair, Fatal> {
    let report = verify::verify(&**disk)?;
    let plan = repair::plan(&**disk, &report)?;
    let wanted = plan.as_ref().is_some_and(|plan| plan.checkpoint);
    let state = if wanted { Some(fold(disk)?) } else { None };
    Ok(Repair { report, plan, state })
}

impl Repair {
    pub fn carry_out(&self, disk: &Arc<dyn Disk>, lock: &Lock) -> Result<(), Fatal> {
        let Some(plan) = &self.plan else { return Ok(()) };
        repair::carry_out(disk, lock, plan, |writer| match &self.state {
            Some(state) => state.snapshot().encode_to(writer),
            None => Ok(()),
        })
    }
}

/// Folds the newest whole checkpoint and every whole frame after it.
fn fold(disk: &Arc<dyn Disk>) -> Result<State, Fatal> {
    let mut reading = journal::read(&**disk)?;
    let (mut state, _) = recover::begin(disk, reading.take_checkpoint())?;
    let base = reading.checkpoint_sequence().unwrap_or(0);
    verify::survey(&**disk, |frame| {
        if frame.sequence <= base {
            return Ok(());
        }
        payload::apply(&mut state, frame.sequence, frame.count, frame.payload)
    })?;
    Ok(state)
}

//! The families of behavior changes.

use super::super::words::{Approval, ApprovalNow};
use super::found::Attribution;
use crate::event::ChangeKind;
use crate::state::engine::family::{Label, SYSTEM, closed, counter, gauge, histogram, open};
use crate::state::engine::hist::Hist;
use crate::state::engine::metric::{Computed, metrics};

const KIND: Label = closed("kind", ChangeKind::WORDS);
/// The kinds, and one for changes that nobody deployed.
pub(super) const FAILED_KINDS: &[&str] = &["prompt", "tool", "policy", "model", "data", "code", "unknown"];
/// The place of `unknown` among them.
pub(super) const UNKNOWN: u32 = ChangeKind::WORDS.len() as u32;

/// From a minute to a week.
const RECOVERY: &[f64] =
    &[60.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 259_200.0, 604_800.0];

metrics! {
    Deployments: u64 = counter(
        "day90_changes_total",
        &[SYSTEM, KIND, closed("approval", Approval::WORDS)],
        "Behavior changes deployed, by kind and by their approval at that moment. Unapproved: nobody, or somebody not declared for this kind, approved it; self_approved: its author did."
    );
    Later: u64 = counter(
        "day90_change_approvals_later_total",
        &[SYSTEM, KIND],
        "Behavior changes that were approved after their deployment, by somebody else than their author who may."
    );
    ApprovalInForce: Computed = gauge(
        "day90_change_in_force_approval",
        &[SYSTEM, KIND, closed("approval", ApprovalNow::WORDS)],
        "How the version in force of each kind was approved: 1 for that, 0 for the others. Absent where its deployment was never seen."
    );
    Failed: u64 = counter(
        "day90_changes_failed_total",
        &[SYSTEM, closed("kind", FAILED_KINDS), closed("attribution", Attribution::WORDS)],
        "Distinct changes that failed, each once: named by a rollback, the last one within the declared window before a rollback, reverted by deploying the version before it again, or declared as failed. Unknown: a rollback named a change that nobody deployed. Drills fail no change."
    );
    Behavior: Computed = gauge(
        "day90_behavior_info",
        &[SYSTEM, KIND, open("version")],
        "Always 1: the version in force of each kind of behavior. Read a spike against the change that came before it."
    );
    LastChange: Computed = gauge(
        "day90_change_last_timestamp_seconds",
        &[SYSTEM, KIND],
        "Since when the version in force of a kind is in force, as a Unix time: its deployment, or the rollback that restored it."
    );
    Recovery: Hist = histogram(
        "day90_recovery_seconds",
        &[SYSTEM, KIND],
        RECOVERY,
        "Time from the deployment of a change that failed to the first rollback that restored the system: how long users lived with it."
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_kinds_are_the_kinds_and_unknown() {
        assert_eq!(FAILED_KINDS.split_last(), Some((&"unknown", ChangeKind::WORDS)));
        assert_eq!(FAILED_KINDS[UNKNOWN as usize], "unknown");
    }
}

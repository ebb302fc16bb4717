//! Question 3: who approves prompt, tool, policy and model updates?

use super::words::{date, listed, when};
use super::{Checks, Stage, Subject};
use crate::event::ChangeKind;
use crate::state::signals::words::Approval;

/// The kinds that always need an approver.
const KINDS: [ChangeKind; 4] = [ChangeKind::Prompt, ChangeKind::Tool, ChangeKind::Policy, ChangeKind::Model];

pub(super) fn grade(subject: &Subject<'_>, checks: &mut Checks) {
    let approvers = &subject.declared.changes.approvers;
    let missing: Vec<&str> =
        KINDS.iter().filter(|kind| approvers.get(kind).is_none_or(Vec::is_empty)).map(|kind| kind.as_str()).collect();
    checks.add(
        Stage::Declared,
        "approvers",
        missing.is_empty(),
        || match missing.is_empty() {
            true => "prompt, tool, policy and model each have an approver".into(),
            false => format!("nobody approves: {}", listed(&missing)),
        },
        || format!("Name who approves them, under systems.{}.changes.approvers.", subject.name),
    );
    let Some(history) = &subject.history else { return };
    let last = history.past.deployed().and_then(|deployed| deployed.changes.last());
    checks.add(
        Stage::Exercised,
        "recorded",
        last.is_some(),
        || match last {
            Some(change) => format!("{} {}, {}", change.kind, change.version, when(Some(change.at), subject.now)),
            None => "no change was recorded".into(),
        },
        || "Let the delivery pipeline send change.deployed, with author and approver.".into(),
    );
    let recent = history.objectionable.as_ref().filter(|change| subject.recent(Some(change.at)));
    checks.add(
        Stage::Current,
        "approved",
        recent.is_none(),
        || match recent {
            None => "no change of 30 days lacked an approval".into(),
            Some(change) => {
                let how = match change.approval {
                    Approval::SelfApproved => "approved by its author",
                    Approval::Unapproved | Approval::Approved => "approved by nobody who is declared for it",
                };
                format!("{}: {} {} was {how}", date(change.at), change.kind, change.version)
            }
        },
        || "Have it reviewed by a declared approver, or roll it back; then deploy with approver=….".into(),
    );
}

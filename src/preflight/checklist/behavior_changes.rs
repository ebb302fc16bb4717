//! Question 3: who approves prompt, tool, policy and model updates?

use crate::event::ChangeKind;
use crate::event::time::DAY;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::subject::{History, Subject};
use crate::preflight::words::{date, listed, when};
use crate::state::signals::changes::InForce;
use crate::state::signals::words::ApprovalNow;

/// How long after its deployment the approval of an emergency may come. Nanoseconds.
const APPROVED_AFTER_EMERGENCY: i64 = 3 * DAY;
/// The kinds that always need an approver.
const KINDS: [ChangeKind; 4] = [ChangeKind::Prompt, ChangeKind::Tool, ChangeKind::Policy, ChangeKind::Model];

pub(super) const LINE: Line = Line {
    title: "Behavior changes: who approves prompt, tool, policy, model",
    checks: &[
        Check {
            name: "approvers",
            passes_when: "somebody approves each of prompt, tool, policy, model",
            to_pass: "`changes.approvers`",
            grade: Grade::Declared(approvers),
        },
        Check {
            name: "recorded",
            passes_when: "a change was recorded",
            to_pass: "`change.deployed`",
            grade: Grade::Exercised(recorded),
        },
        Check {
            name: "approved",
            passes_when: "every version in force was approved by somebody else than its author, before or after; after an emergency within 3 days",
            to_pass: "`change.approved`",
            grade: Grade::Current(approved),
        },
        Check {
            name: "known",
            passes_when: "no recent rollback named a change that nobody deployed",
            to_pass: "`change.deployed` with the name that rollbacks use",
            grade: Grade::Current(known),
        },
    ],
};

fn approvers(subject: &Subject<'_>, judge: Judge) -> Judged {
    let approvers = &subject.declared.changes.approvers;
    let missing: Vec<&str> =
        KINDS.iter().filter(|kind| approvers.get(kind).is_none_or(Vec::is_empty)).map(|kind| kind.as_str()).collect();
    judge.result(
        missing.is_empty(),
        || match missing.is_empty() {
            true => "prompt, tool, policy and model each have an approver".into(),
            false => format!("nobody approves: {}", listed(&missing)),
        },
        || format!("Name who approves them, under systems.{}.changes.approvers.", subject.name),
    )
}

fn recorded(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let last = history.past.deployed().and_then(|deployed| deployed.changes.last());
    judge.result(
        last.is_some(),
        || match last {
            Some(change) => format!("{} {}, {}", change.kind, change.version, when(Some(change.at), subject.now)),
            None => "no change was recorded".into(),
        },
        || "Let the delivery pipeline send change.deployed, with author and approver.".into(),
    )
}

fn approved(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let in_force = history.past.deployed().into_iter().flat_map(|deployed| &deployed.in_force);
    let lacks = |version: &InForce| match version.approval {
        Some(ApprovalNow::Unapproved | ApprovalNow::SelfApproved) => true,
        Some(ApprovalNow::Emergency) => !subject.within(version.deployed, APPROVED_AFTER_EMERGENCY),
        Some(ApprovalNow::Approved | ApprovalNow::ApprovedLater) | None => false,
    };
    let lacking: Vec<_> = in_force.filter(|(_, version)| lacks(version)).collect();
    let name = |version: &InForce| version.version.clone().unwrap_or_default();
    judge.result(
        lacking.is_empty(),
        || match lacking.is_empty() {
            true => "every version in force was approved, as far as its deployment was seen".into(),
            false => {
                let all: Vec<String> = lacking
                    .iter()
                    .map(|(kind, version)| format!("{kind} {} {}", name(version), how(version.approval)))
                    .collect();
                listed(all)
            }
        },
        || match lacking.first() {
            Some((kind, version)) => format!(
                "Have it reviewed by a declared approver: day90 emit change.approved system={} kind={kind} version={} \
                 approver=NAME. Or roll it back.",
                subject.name,
                name(version)
            ),
            None => String::new(),
        },
    )
}

fn how(approval: Option<ApprovalNow>) -> &'static str {
    match approval {
        Some(ApprovalNow::SelfApproved) => "was approved by its author alone",
        Some(ApprovalNow::Emergency) => "was an emergency, and nobody has approved it since",
        _ => "was approved by no declared approver",
    }
}

fn known(subject: &Subject<'_>, history: &History<'_>, judge: Judge) -> Judged {
    let recent = history.facts().unknown_change.as_ref().filter(|unknown| subject.recent(Some(unknown.at)));
    judge.result(
        recent.is_none(),
        || match recent {
            None => "no rollback of 30 days named a change that nobody deployed".into(),
            Some(unknown) => {
                format!("{}: a rollback named {}, and nobody deployed that", date(unknown.at), unknown.named)
            }
        },
        || "Send change.deployed with the name in `change` that rollbacks use.".into(),
    )
}

//! Question 3: who approves prompt, tool, policy and model updates?

use crate::event::ChangeKind;
use crate::event::time::DAY;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::early::{AskedFrom, Early};
use crate::preflight::subject::{History, Subject};
use crate::preflight::words::{date, emit, listed, when};
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
            ..Check::USUAL
        },
        Check {
            name: "recorded",
            passes_when: "a change was recorded",
            to_pass: "`change.deployed`",
            early: Some(Early { from: AskedFrom::MONTH, nothing_yet: |_, _| true }),
            grade: Grade::Exercised(recorded),
            ..Check::USUAL
        },
        Check {
            name: "approved",
            passes_when: "every version in force was approved by somebody else than its author, before or after; after an emergency within 3 days",
            to_pass: "`change.approved`",
            judges: &["behavior_changes/approvers"],
            grade: Grade::Current(approved),
            ..Check::USUAL
        },
        Check {
            name: "known",
            passes_when: "no recent rollback named a change that nobody deployed",
            to_pass: "`change.deployed` with the name that rollbacks use",
            grade: Grade::Current(known),
            ..Check::USUAL
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
        || format!("Name who approves {}, under systems.{}.changes.approvers.", listed(&missing), subject.name),
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
        || {
            let change = [("kind", "prompt"), ("version", "VERSION"), ("author", "NAME"), ("approver", "ANOTHER")];
            let command = emit("change.deployed", subject.name, &change);
            format!("Let the delivery pipeline send each change: {command}.")
        },
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
            Some((kind, version)) => how_to_approve(subject, history, **kind, &name(version)),
            None => String::new(),
        },
    )
}

/// Names somebody who may approve it: declared for its kind where anybody is, and not its author.
fn how_to_approve(subject: &Subject<'_>, history: &History<'_>, kind: ChangeKind, version: &str) -> String {
    let mut changes = history.past.deployed().into_iter().flat_map(|deployed| &deployed.changes);
    let change = changes.rfind(|change| change.kind == kind && change.version == version);
    let author = change.and_then(|change| change.author.as_deref());
    let approver = match subject.declared.changes.approvers.get(&kind) {
        None => Some("NAME"),
        Some(declared) => declared.iter().map(String::as_str).find(|approver| Some(*approver) != author),
    };
    match approver {
        Some(approver) => {
            let approved = [("kind", kind.as_str()), ("version", version), ("approver", approver)];
            let command = emit("change.approved", subject.name, &approved);
            format!("Have it reviewed by an approver, who says so: {command}. Or roll it back.")
        }
        None => format!(
            "Nobody but its author may approve {kind}: name somebody under systems.{}.changes.approvers, or roll it back.",
            subject.name
        ),
    }
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
        || match recent {
            Some(unknown) => format!(
                "Let its pipeline send change.deployed with the name that rollbacks use, and its time: {} in this case.",
                unknown.named
            ),
            None => String::new(),
        },
    )
}

//! Question 3: who approves prompt, tool, policy and model updates?

use crate::event::ChangeKind;
use crate::preflight::check::{Check, Grade, Judge, Judged, Line};
use crate::preflight::subject::{History, Subject};
use crate::preflight::words::{date, listed, when};
use crate::state::signals::words::Approval;

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
            passes_when: "no recent change was unapproved or self-approved",
            to_pass: "have it reviewed",
            grade: Grade::Current(approved),
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
    let recent = history.facts().objectionable.as_ref().filter(|change| subject.recent(Some(change.at)));
    judge.result(
        recent.is_none(),
        || match recent {
            None => "no change of 30 days lacked an approval".into(),
            Some(change) => {
                let how = match change.approval {
                    Approval::SelfApproved => "approved by its author",
                    Approval::Unapproved | Approval::Approved => "approved by no declared approver",
                };
                format!("{}: {} {} was {how}", date(change.at), change.kind, change.version)
            }
        },
        || "Have it reviewed by a declared approver, or roll it back; then deploy with approver=….".into(),
    )
}

//! `systems.NAME.changes`: who approves changes of behavior.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::key::{Map, ValueForm, form, keys};
use super::bounds::PEOPLE_MAX;
use crate::event::ChangeKind;
use crate::event::time::DAY;

type Approvers = BTreeMap<ChangeKind, Vec<String>>;

keys! {
    /// Spans are nanoseconds.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Changes {
        /// Who may approve each kind of change. A kind without approvers is approved by anybody but its author.
        approvers: Approvers, approvers();
        /// How long a change may be blamed without being named: by a rollback, or by deploying the version before it again.
        failure_window: i64 = DAY, form::duration(), "1d";
    }
}

/// A key for each kind of change.
fn approvers() -> ValueForm<Approvers> {
    let mut keys = Map::<Approvers>::new();
    for kind in ChangeKind::ALL {
        let help = match kind {
            ChangeKind::Prompt => "Prompts.",
            ChangeKind::Tool => "Tools and their definitions.",
            ChangeKind::Policy => "Policies and guardrails.",
            ChangeKind::Model => "Models and their settings.",
            ChangeKind::Data => "Data, indexes and knowledge.",
            ChangeKind::Code => "Code.",
        };
        let people = form::list(form::name(), 1, PEOPLE_MAX);
        keys.key(kind.as_str(), people, "[platform-lead]", help, |declared| declared.entry(*kind).or_default());
    }
    keys.into_form()
}

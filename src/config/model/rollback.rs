//! `systems.NAME.rollback`: the way back to the version or the process before.

use serde::{Deserialize, Serialize};

use super::super::key::{Form, Map, form};
use super::bounds::NOTE_BYTES_MAX;
use crate::event::RollbackTo;
use crate::event::time::DAY;

/// All spans are nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RollbackPlan {
    pub to: Option<RollbackTo>,
    pub plan: Option<String>,
    pub drill_every: Option<i64>,
    /// After this a rollback counts as unfinished; default a day.
    pub within: Option<i64>,
}

pub fn keys() -> Form<RollbackPlan> {
    let mut keys = Map::<RollbackPlan>::new();
    keys.key(
        "to",
        form::word(RollbackTo::WORDS, RollbackTo::from_word),
        "previous_process",
        "What it goes back to.",
        |plan| &mut plan.to,
    );
    keys.key(
        "plan",
        form::text(NOTE_BYTES_MAX),
        "\"https://wiki.example.com/refund-agent/rollback\"",
        "Where the steps are written down.",
        |plan| &mut plan.plan,
    );
    keys.key(
        "drill_every",
        form::duration(),
        "90d",
        "How often the way back must be proven, by a drill or by a real rollback.",
        |plan| &mut plan.drill_every,
    );
    keys.key(
        "within",
        form::duration(),
        "15m",
        "How long it may take. After this a rollback counts as unfinished.",
        |plan| &mut plan.within,
    )
    .absent_means(DAY);
    keys.into_form()
}

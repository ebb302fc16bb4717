//! `systems.NAME.rollback`: the way back to the version or the process before.

use serde::{Deserialize, Serialize};

use super::super::key::{form, keys};
use super::bounds::NOTE_BYTES_MAX;
use crate::event::RollbackTo;
use crate::event::time::DAY;

keys! {
    /// Spans are nanoseconds.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct RollbackPlan {
        /// What it goes back to.
        to: Option<RollbackTo>, form::word(RollbackTo::WORDS, RollbackTo::from_word), "previous_process";
        /// Where the steps are written down.
        plan: Option<String>, form::text(NOTE_BYTES_MAX), "\"https://wiki.example.com/refund-agent/rollback\"";
        /// How often the way back must be proven, by a drill or by a real rollback.
        drill_every: Option<i64>, form::duration(), "90d";
        /// How long it may take. After this a rollback counts as overdue.
        within: Option<i64>, form::duration(), "15m", .absent_means(DAY);
    }
}

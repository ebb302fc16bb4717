//! `systems.NAME.maintenance`: the budget of keeping a system good.

use serde::{Deserialize, Serialize};

use super::super::key::{form, keys};
use super::bounds::PEOPLE_MAX;
use crate::event::Fixed;

keys! {
    /// Spans are nanoseconds.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Maintenance {
        /// The currency of the budget: ISO 4217. Costs in others count apart and are never summed with it.
        currency: Option<String>, form::currency(), "EUR";
        /// Money for a calendar month.
        cost_per_month: Option<Fixed>, form::number(1_000_000_000), "4000";
        /// Working hours for a calendar month.
        hours_per_month: Option<Fixed>, form::number(100_000), "40";
        /// How often each suite must run.
        evaluate_every: Option<i64>, form::duration(), "7d";
        /// The evaluation suites that must keep passing.
        suites: Vec<String>, form::list(form::name(), 0, PEOPLE_MAX), "[golden]";
    }
}

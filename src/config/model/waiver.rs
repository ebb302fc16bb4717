//! `systems.NAME.not_applicable`: checks of preflight that don't apply to a system.

use serde::{Deserialize, Serialize};

use super::super::key::{Shape, form, keys};
use super::bounds::NOTE_BYTES_MAX;
use super::calendar::Day;

keys! {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Waiver {
        /// Why the check doesn't apply, in words.
        reason: String, form::text(NOTE_BYTES_MAX), "\"it reads nothing but the ticket\"", .required();
        /// Who says so.
        by: String, form::name(), "risk-officer", .required();
        /// The day from which it applies again.
        until: Day, form::scalar(Shape::Date), "2027-03-01", .required();
    }
}

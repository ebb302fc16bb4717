//! `systems.NAME.trust`: how user trust is read.

use serde::{Deserialize, Serialize};

use super::super::key::{form, keys};
use super::within::{Within, within};
use crate::event::Fixed;
use crate::event::time::DAY;

keys! {
    /// Spans are nanoseconds.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Trust {
        /// The lowest and the highest rating that users can give.
        rating_scale: (Fixed, Fixed) = (Fixed::from_units(1), Fixed::from_units(5)), form::scale(), "[1, 5]";
        /// A resolution is durable when nothing undid it for this long.
        durable_after: i64 = 7 * DAY, form::duration(), "7d";
        /// The deadline for deciding an appeal. Fixed when it opens.
        appeals_within: Option<Within>, within(), "14d";
    }
}

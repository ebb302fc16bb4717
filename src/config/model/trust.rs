//! `systems.NAME.trust`: how user trust is read.

use serde::{Deserialize, Serialize};

use super::super::key::{Form, Map, form};
use crate::event::Fixed;
use crate::event::time::DAY;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trust {
    /// Lowest and highest rating.
    pub rating_scale: (Fixed, Fixed),
    /// A case closed by the AI is durable after this without a reopening. Nanoseconds.
    pub durable_after: i64,
}

impl Default for Trust {
    fn default() -> Trust {
        Trust { rating_scale: (Fixed::from_units(1), Fixed::from_units(5)), durable_after: 7 * DAY }
    }
}

pub fn keys() -> Form<Trust> {
    let mut keys = Map::<Trust>::new();
    keys.key(
        "rating_scale",
        form::scale(),
        "[1, 5]",
        "The lowest and the highest rating that users can give.",
        |trust| &mut trust.rating_scale,
    );
    keys.key(
        "durable_after",
        form::duration(),
        "7d",
        "A case closed by the AI is durable after this without a reopening.",
        |trust| &mut trust.durable_after,
    );
    keys.into_form()
}

//! `systems.NAME.boundaries`: the most that each action may do.

use serde::{Deserialize, Serialize};

use super::super::key::{Form, Map, form};
use super::bounds::NOTE_BYTES_MAX;
use crate::event::Mode;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boundary {
    pub mode: Mode,
    /// Words for people; not checked.
    pub limit: Option<String>,
}

impl Default for Boundary {
    fn default() -> Boundary {
        Boundary { mode: Mode::Never, limit: None }
    }
}

pub fn keys() -> Form<Boundary> {
    let mut keys = Map::<Boundary>::new();
    keys.key(
        "mode",
        form::word(Mode::WORDS, Mode::from_word),
        "decide",
        "The most the action may do: never < escalate < suggest < decide.",
        |boundary| &mut boundary.mode,
    )
    .required();
    keys.key(
        "limit",
        form::text(NOTE_BYTES_MAX),
        "\"up to 50 EUR\"",
        "A condition in words, for people; it is shown and not checked.",
        |boundary| &mut boundary.limit,
    );
    keys.into_form()
}

//! `systems.NAME.boundaries`: the most that each action may do.

use serde::{Deserialize, Serialize};

use super::super::key::{form, keys};
use super::bounds::NOTE_BYTES_MAX;
use crate::event::Mode;

keys! {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Boundary {
        /// The most the action may do: never < escalate < suggest < decide.
        mode: Mode = Mode::Never, form::word(Mode::WORDS, Mode::from_word), "decide", .required();
        /// A condition in words, for people; it is shown and not checked.
        limit: Option<String>, form::text(NOTE_BYTES_MAX), "\"up to 50 EUR\"";
    }
}

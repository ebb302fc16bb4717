//! `mappings`: jq programs that turn any JSON into events.

use std::path::PathBuf;

use super::super::key::{Form, Map, form};
use super::sources::SOURCES_MAX;

/// One input in, any number of events out. The program compiles; that was checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    pub program: String,
    pub samples: Vec<PathBuf>,
}

pub fn keys() -> Form<Mapping> {
    let mut keys = Map::<Mapping>::new();
    keys.key(
        "program",
        form::program(),
        "'select(.msg == \"handoff\") | {type: \"escalation.opened\", case: .conversation}'",
        "A jq program. Each of its results is an event in the short form.",
        |mapping| &mut mapping.program,
    )
    .required();
    keys.key(
        "samples",
        form::list(form::file(), 0, SOURCES_MAX),
        "[samples/handoff.json]",
        "Files with inputs that the program must turn into events; day90 check runs them.",
        |mapping| &mut mapping.samples,
    );
    keys.into_form()
}

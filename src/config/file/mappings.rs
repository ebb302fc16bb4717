//! `mappings`: jq programs that turn any JSON into events.

use std::path::PathBuf;

use super::super::key::{form, keys};
use super::sources::SOURCES_MAX;

keys! {
    /// One input in, any number of events out. The program compiles; that was checked.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Mapping {
        /// A jq program. Each of its results is an event in the short form.
        program: String, form::program(),
            "'select(.msg == \"handoff\") | {type: \"escalation.opened\", case: .conversation}'", .required();
        /// Files with inputs that the program must turn into events; day90 check runs them.
        samples: Vec<PathBuf>, form::list(form::file(), 0, SOURCES_MAX), "[samples/handoff.json]";
    }
}

//! What is written in `day90.yaml` → what is valid, with every mistake reported at once.
//!
//! Every key is declared once, in [`mod@file`] and [`model`], with name, form, default, help and the field that it fills
//! ([`key`]). A file goes through four steps, each of which collects mistakes and never stops at the first:
//!
//! * [`node`] reads YAML into a tree in which everything knows its line and column, within hard limits;
//! * [`read`] compares the tree with the declared keys: spelling, units, ranges;
//! * [`effective`] makes the [`Config`] of it, and [`rules`] checks what no single key can break alone;
//! * [`surroundings`] checks the files that the configuration names.
//!
//! The JSON Schema ([`schema`]) and docs/configuration.md ([`docs`]) are made from the same declarations. [`model`] is
//! the operating model that the fold needs: plain data, recorded in the journal.

pub mod auth;
pub mod budget;
pub mod docs;
pub mod effective;
pub mod file;
pub mod given;
pub mod key;
pub mod mapping;
pub mod model;
pub mod node;
pub mod problem;
pub mod read;
pub mod rules;
pub mod schema;
pub mod shares;
pub mod surroundings;
pub mod text_file;
pub mod units;
pub mod web;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use budget::Budget;
pub use effective::{Config, Overrides};
pub use file::auth::{Access, Auth};
pub use file::limits::Limits;
pub use file::mappings::Mapping;
pub use file::metrics::Metrics;
pub use file::server::Server;
pub use file::sources::{FollowedFile, Otlp, Sources, Unix, Webhook};
pub use given::{Given, GivenHistogram};
pub use key::{At, Listen};
pub use model::Model;
pub use problem::{Gravity, Problem, Problems};
pub use text_file::FILE_BYTES_MAX;

/// The configuration of this file (without one: the defaults) under flags and variables. Warnings are in
/// [`Config::warnings`].
///
/// # Errors
/// Everything that is wrong with the file and with the files it names.
pub fn load(path: Option<&Path>, overrides: &Overrides, given: &Given) -> Result<Config, Problems> {
    match check(path, overrides, given) {
        (Some(config), warnings) => Ok(Config { warnings, ..config }),
        (None, problems) => Err(problems),
    }
}

/// As [`load`], with the warnings next to the errors: what `day90 check` reports.
pub fn check(path: Option<&Path>, overrides: &Overrides, given: &Given) -> (Option<Config>, Problems) {
    let name = path.map(|path| path.display().to_string()).unwrap_or_default();
    let text = match path.map_or(Ok(String::new()), text_file::read_text) {
        Ok(text) => text,
        Err((at, message)) => {
            let mut problems = Problems::of(&name);
            problems.error(at, "", message);
            return (None, problems);
        }
    };
    let base_dir = path.and_then(Path::parent).unwrap_or(Path::new(""));
    let (config, mut problems) = check_within(base_dir, &name, &text, overrides, given);
    let Some(config) = config else { return (None, problems) };
    problems.append(surroundings::check(&config));
    if problems.has_errors() { (None, problems) } else { (Some(config), problems) }
}

/// As [`check`], of a text that is at hand, without reading any other file. Paths stay as they were written.
pub fn check_text(name: &str, text: &str, overrides: &Overrides, given: &Given) -> (Option<Config>, Problems) {
    check_within(Path::new(""), name, text, overrides, given)
}

/// Relative paths in the text begin at `base_dir`; those of flags and variables at the working directory.
fn check_within(
    base_dir: &Path,
    name: &str,
    text: &str,
    overrides: &Overrides,
    given: &Given,
) -> (Option<Config>, Problems) {
    let mut problems = Problems::of(name);
    if text.len() > FILE_BYTES_MAX {
        let message = format!("{} bytes; a configuration has at most {FILE_BYTES_MAX}", text.len());
        problems.error(At::FILE, "", message);
        return (None, problems);
    }
    let root = node::parse(text, &mut problems);
    let mut reader = read::Reader::new(&mut problems, base_dir);
    let (written, file) = reader.document(root.as_deref(), &file::FORM);
    let (places, unserved) = (std::mem::take(&mut reader.places), std::mem::take(&mut reader.unserved));
    let config = Config { name: name.to_owned(), places, unserved, ..Config::of(file, overrides) };
    rules::check(&written, &config, overrides, given, &mut problems);
    problems.sort();
    if problems.has_errors() { (None, problems) } else { (Some(config), problems) }
}

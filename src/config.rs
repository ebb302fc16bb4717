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
//! The files of `conf.d` next to it ([`beside`]) hold further systems, and go through the same steps.
//!
//! The JSON Schema ([`schema`]) and docs/configuration.md ([`docs`]) are made from the same declarations. [`model`] is
//! the operating model that the fold needs: plain data, recorded in the journal.

pub mod auth;
pub mod beside;
pub mod budget;
pub mod docs;
pub mod effective;
pub mod file;
pub mod given;
pub mod guards;
pub mod hosts;
pub mod key;
pub mod mapping;
pub mod model;
pub mod node;
pub mod part;
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

use std::collections::BTreeMap;
use std::path::Path;

use beside::FurtherFile;
pub use budget::Budget;
pub use effective::{Config, Overrides};
pub use file::auth::{Access, Auth};
pub use file::limits::Limits;
pub use file::mappings::Mapping;
pub use file::metrics::Metrics;
pub use file::server::Server;
pub use file::sources::{FollowedFile, Otlp, Sources, Unix, Webhook};
pub use given::{Given, GivenHistogram};
use key::Unserved;
pub use key::{At, Listen};
pub use model::Model;
use model::System;
use part::FilePart;
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
    let (further, found) = path.map_or((Vec::new(), Problems::default()), |_| beside::read(base_dir));
    let main = MainFile { base_dir, name: &name, text: &text };
    let (config, mut problems) = check_files(&main, &further, overrides, given);
    problems.append(found);
    let Some(config) = config.filter(|_| !problems.has_errors()) else { return (None, problems) };
    problems.append(surroundings::check(&config));
    if problems.has_errors() { (None, problems) } else { (Some(config), problems) }
}

/// As [`check`], of a text that is at hand, without reading any other file. Paths stay as they were written.
pub fn check_text(name: &str, text: &str, overrides: &Overrides, given: &Given) -> (Option<Config>, Problems) {
    check_files(&MainFile { base_dir: Path::new(""), name, text }, &[], overrides, given)
}

/// The file that is named on the command line.
struct MainFile<'f> {
    /// Relative paths in the text begin here; those of flags and variables at the working directory.
    base_dir: &'f Path,
    name: &'f str,
    text: &'f str,
}

fn check_files(
    main: &MainFile<'_>,
    further: &[FurtherFile],
    overrides: &Overrides,
    given: &Given,
) -> (Option<Config>, Problems) {
    let mut problems = Problems::of(main.name);
    if main.text.len() > FILE_BYTES_MAX {
        let message = format!("{} bytes; a configuration has at most {FILE_BYTES_MAX}", main.text.len());
        problems.error(At::FILE, "", message);
        return (None, problems);
    }
    let root = node::parse(main.text, &mut problems);
    let mut reader = read::Reader::new(&mut problems, main.base_dir);
    let (written, mut file) = reader.document(root.as_deref(), &file::FORM);
    let (places, mut unserved) = (std::mem::take(&mut reader.places), std::mem::take(&mut reader.unserved));
    let mut parts = vec![FilePart { name: main.name.to_owned(), written, problems }];
    for further in further {
        let (part, systems, more) = read_further(further);
        parts.push(part);
        unserved.extend(more);
        // A system that is in two files is reported by the rules.
        for (name, system) in systems {
            file.systems.entry(name).or_insert(system);
        }
    }
    let config = Config { name: main.name.to_owned(), places, unserved, ..Config::of(file, overrides) };
    rules::check(&mut parts, &config, overrides, given);
    let problems = parts.into_iter().fold(Problems::of(main.name), |mut all, mut part| {
        part.problems.sort();
        all.append(part.problems);
        all
    });
    if problems.has_errors() { (None, problems) } else { (Some(config), problems) }
}

/// Reads a file of `conf.d`.
fn read_further(file: &FurtherFile) -> (FilePart, BTreeMap<String, System>, Vec<Unserved>) {
    let mut problems = Problems::of(&file.name);
    let root = node::parse(&file.text, &mut problems).map(|root| file::further::whole(root, &file.stem));
    let mut reader = read::Reader::new(&mut problems, Path::new(""));
    let (written, systems) = reader.document(root.as_deref(), &file::further::FORM);
    let unserved = std::mem::take(&mut reader.unserved);
    (FilePart { name: file.name.clone(), written, problems }, systems, unserved)
}

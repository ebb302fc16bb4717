//! Names of systems: each is declared once, in one file, or is a former name, or is removed, and only one of the three.

use std::collections::BTreeMap;

use super::super::file::SYSTEMS_MAX;
use super::super::key::At;
use super::super::key::written::{push_key, shown};
use super::super::part::FilePart;
use super::super::problem::Problems;
use super::systems::once_each;

/// Where each name was first seen: the file's number and the place in it.
type Seen<'p> = BTreeMap<&'p str, Place>;

#[derive(Clone, Copy)]
struct Place {
    part: usize,
    at: At,
}

/// A mistake that was found: the file's number, place, field, message.
type Found = (usize, At, String, String);

pub fn check(parts: &mut [FilePart]) {
    let mut found = Vec::new();
    let declared = declarations(parts, &mut found);
    let removed = removals(parts, &declared, &mut found);
    former_names(parts, &declared, &removed, &mut found);
    for part in parts.iter_mut() {
        once_each(&part.written, "removed", &mut part.problems);
        for (_, _, system) in part.written.table("systems") {
            once_each(system.settings(), "formerly", &mut part.problems);
        }
    }
    let report = |problems: &mut Problems, (_, at, field, message): Found| problems.error(at, &field, message);
    found.into_iter().for_each(|wrong| report(&mut parts[wrong.0].problems, wrong));
}

fn declarations<'p>(parts: &'p [FilePart], found: &mut Vec<Found>) -> Seen<'p> {
    let mut declared = Seen::new();
    for (number, part) in parts.iter().enumerate() {
        for (name, at, _) in part.written.table("systems") {
            let here = Place { part: number, at: *at };
            let first = *declared.entry(name.as_str()).or_insert(here);
            // Twice in one file is no YAML.
            if first.part != number {
                let mut field = "systems".to_owned();
                push_key(&mut field, name);
                let message =
                    format!("is declared in {} already; one system is in one file", first.shown(parts, number));
                found.push((number, *at, field, message));
            }
        }
    }
    if declared.len() > SYSTEMS_MAX {
        let message = format!("{} are declared in all files; at most {SYSTEMS_MAX} are allowed", declared.len());
        found.push((0, At::FILE, "systems".to_owned(), message));
    }
    declared
}

/// Only the main file has the list.
fn removals<'p>(parts: &'p [FilePart], declared: &Seen<'_>, found: &mut Vec<Found>) -> Seen<'p> {
    let mut removed = Seen::new();
    let Some(main) = parts.first() else { return removed };
    for (index, name) in main.written.list("removed").iter().enumerate() {
        let Some(text) = name.text() else { continue };
        removed.insert(text, Place { part: 0, at: name.at });
        let message = if let Some(place) = declared.get(text) {
            let place = place.shown(parts, 0);
            format!("{} is declared under systems in {place}; take it out of one of the two", shown(text))
        } else if main.written.text("default_system") == Some(text) {
            format!("{} is the default_system, whose events would all be rejected", shown(text))
        } else {
            continue;
        };
        found.push((0, name.at, format!("removed[{index}]"), message));
    }
    removed
}

fn former_names(parts: &[FilePart], declared: &Seen<'_>, removed: &Seen<'_>, found: &mut Vec<Found>) {
    let mut former: BTreeMap<&str, (&str, Place)> = BTreeMap::new();
    for (number, part) in parts.iter().enumerate() {
        for (system, _, written) in part.written.table("systems") {
            let written = written.settings();
            for (index, name) in written.list("formerly").iter().enumerate() {
                let Some(text) = name.text() else { continue };
                let taken = former.get(text).copied().filter(|(other, _)| *other != system);
                let message = match (declared.get(text), removed.get(text), taken) {
                    _ if text == system => "is the name that it has now; leave it out".to_owned(),
                    (Some(place), ..) => format!(
                        "{} is declared under systems in {}; take it out of one of the two",
                        shown(text),
                        place.shown(parts, number)
                    ),
                    (_, Some(place), _) => format!(
                        "{} is in removed in {}, which ends its state; take it out of one of the two",
                        shown(text),
                        place.shown(parts, number)
                    ),
                    (.., Some((other, place))) => format!(
                        "{} is a former name of {other} in {} already; one system alone can take its state",
                        shown(text),
                        place.shown(parts, number)
                    ),
                    _ => {
                        former.entry(text).or_insert((system, Place { part: number, at: name.at }));
                        continue;
                    }
                };
                found.push((number, name.at, format!("{}[{index}]", written.field("formerly")), message));
            }
        }
    }
}

impl Place {
    /// As a message in a file names it: the other file too, where it is in another.
    fn shown(self, parts: &[FilePart], reader: usize) -> String {
        let line = self.at.line;
        match parts.get(self.part).filter(|_| self.part != reader) {
            Some(part) => format!("{}:{line}", part.name),
            None => format!("line {line}"),
        }
    }
}

//! The plan of the house, held by a test: it reads `src/` as text and fails when the structure of docs/architecture.md is
//! broken. It starts no daemon and takes a second.
//!
//! Each rule is a function of a tree that is a value, and each has a test with a small made-up tree that breaks it. What
//! can't be mended yet is a line with its reason in [`table`], whose lists may only shrink: a line that isn't needed
//! any more is a failure too. `tests/structure/numbers` counts the same tree.

mod arrows;
mod comments;
mod layers;
mod lex;
mod pure;
mod shape;
mod table;
mod tree;
mod types;

use std::path::Path;
use std::sync::LazyLock;

use self::arrows::Arrows;
use self::tree::Tree;

/// The tree of this repository, and its arrows.
static OURS: LazyLock<(Tree, Arrows)> = LazyLock::new(|| {
    let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")));
    let arrows = arrows::arrows(&tree);
    (tree, arrows)
});

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}\n", faults.len(), faults.join("\n"));
}

#[test]
fn modules_know_what_lies_below_them() {
    none(&layers::between_modules(&OURS.0, &OURS.1, &table::TABLE));
}

#[test]
fn no_files_know_each_other_in_a_circle() {
    none(&layers::between_files(&OURS.1, &table::TABLE));
}

#[test]
fn files_are_short() {
    none(&shape::files(&OURS.0));
}

#[test]
fn functions_are_short() {
    none(&shape::functions(&OURS.0));
}

#[test]
fn every_file_has_a_head() {
    none(&shape::heads(&OURS.0));
}

#[test]
fn nothing_is_allowed_that_hides_disorder() {
    none(&shape::allowances(&OURS.0));
}

#[test]
fn comments_name_what_exists() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let crates: Vec<String> =
        manifest.lines().filter_map(|line| Some(line.split_once(" = ")?.0.trim().replace('-', "_"))).collect();
    let crates: Vec<&str> = crates.iter().map(String::as_str).collect();
    none(&comments::comments(&OURS.0, &crates));
}

#[test]
fn pages_name_files_that_exist() {
    let pages = OURS.0.others.iter().filter(|path| path.ends_with(".md") && !path.starts_with("src/"));
    let read = |path: &String| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let faults: Vec<String> = pages.flat_map(|path| comments::page(&OURS.0, path, &read(path))).collect();
    none(&faults);
}

#[test]
fn what_replay_repeats_and_what_decides_is_pure() {
    none(&pure::pure(&OURS.0, &table::PURITY));
}

#[test]
fn public_types_have_names_of_their_own() {
    none(&types::shared_names(&OURS.0, table::SHARED_NAMES));
}

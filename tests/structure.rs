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

use self::tree::Tree;

/// The tree of this repository.
fn ours() -> Tree {
    Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")))
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}\n", faults.len(), faults.join("\n"));
}

#[test]
fn modules_know_what_lies_below_them() {
    let tree = ours();
    none(&layers::between_modules(&tree, &arrows::arrows(&tree), &table::TABLE));
}

#[test]
fn no_files_know_each_other_in_a_circle() {
    none(&layers::between_files(&arrows::arrows(&ours()), &table::TABLE));
}

#[test]
fn files_are_short() {
    none(&shape::files(&ours()));
}

#[test]
fn functions_are_short() {
    none(&shape::functions(&ours()));
}

#[test]
fn every_file_has_a_head() {
    none(&shape::heads(&ours()));
}

#[test]
fn nothing_is_allowed_that_hides_disorder() {
    none(&shape::allowances(&ours()));
}

#[test]
fn comments_name_what_exists() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let crates: Vec<String> =
        manifest.lines().filter_map(|line| Some(line.split_once(" = ")?.0.trim().replace('-', "_"))).collect();
    let crates: Vec<&str> = crates.iter().map(String::as_str).collect();
    none(&comments::comments(&ours(), &crates));
}

#[test]
fn what_replay_repeats_is_pure() {
    none(&pure::pure(&ours(), &table::PURITY));
}

#[test]
fn public_types_have_names_of_their_own() {
    none(&types::shared_names(&ours(), table::SHARED_NAMES));
}

//! No two public types share a name without a reason.
//!
//! Public is what all modules can name: declared `pub` or `pub(crate)`, in modules that are public too or re-exported by
//! one that is.

use std::collections::{BTreeMap, BTreeSet};

use super::arrows::Scope;
use super::lex::Token;
use super::tree::{File, Tree};

/// Names that more than one type has, with the reason for each.
pub fn shared_names(tree: &Tree, kept: &[(&str, &str)]) -> Vec<String> {
    let mut types = BTreeMap::<&str, Vec<(String, usize)>>::new();
    let private = private_modules(tree);
    for file in tree.product() {
        let hidden = (1..=file.module.len()).find(|n| private.contains(&file.module[..*n]));
        for (name, line) in public_types(&file.product) {
            if hidden.is_none_or(|n| reexported(tree, &file.module[..n], name)) {
                types.entry(name).or_default().push((file.path.clone(), line));
            }
        }
    }
    types.retain(|_, places| places.len() > 1);
    let mut faults = Vec::new();
    for (name, places) in types.iter().filter(|(name, _)| !kept.iter().any(|(kept, _)| kept == *name)) {
        let (path, line) = &places[0];
        let others: Vec<String> = places[1..].iter().map(|(path, line)| format!("{path}:{line}")).collect();
        let others = others.join(", ");
        faults.push(format!("{path}:{line}: another public type is called `{name}`, at {others}: rename one of them"));
    }
    for (name, _) in kept.iter().filter(|(name, _)| !types.contains_key(name)) {
        faults.push(format!("tests/structure/table.rs: no two public types are called `{name}`: remove the line"));
    }
    faults
}

/// Modules that only the one around them can name.
fn private_modules(tree: &Tree) -> BTreeSet<Vec<String>> {
    let private = |file: &File| {
        let tokens = &file.product;
        let declared = (0..tokens.len().saturating_sub(2)).filter(|i| tokens[*i].is("mod") && tokens[i + 2].is(";"));
        let private = declared.filter(|i| *i == 0 || !is_public(tokens, *i));
        private.map(|i| [file.module.clone(), vec![tokens[i + 1].text.clone()]].concat()).collect::<Vec<_>>()
    };
    tree.product().filter(|file| file.name() != "main").flat_map(private).collect()
}

/// Whether the module around a private one, or one further out, offers the name.
fn reexported(tree: &Tree, private: &[String], name: &str) -> bool {
    let around = &private[..private.len() - 1];
    let offers = |file: &File| {
        Scope::of(file)
            .uses
            .iter()
            .any(|leaf| leaf.public && (leaf.name == name || leaf.name == "*" && leaf.path.last() == private.last()))
    };
    tree.product().filter(|file| file.module == around).any(offers)
}

fn is_public(tokens: &[Token], i: usize) -> bool {
    tokens[i - 1].is("pub") || i >= 4 && tokens[i - 1].is(")") && tokens[i - 2].is("crate") && tokens[i - 4].is("pub")
}

/// The types that are declared `pub` or `pub(crate)`.
fn public_types(tokens: &[Token]) -> impl Iterator<Item = (&str, usize)> {
    (1..tokens.len().saturating_sub(1)).filter_map(|i| {
        let kind = ["struct", "enum", "union", "trait", "type"].iter().any(|word| tokens[i].is(word));
        (kind && is_public(tokens, i) && tokens[i + 1].is_name())
            .then(|| (tokens[i + 1].text.as_str(), tokens[i + 1].line))
    })
}

#[test]
fn a_shared_name_is_found() {
    let tree = Tree::of([
        ("src/a.rs", "pub struct Same; struct Private; pub(super) struct Near;"),
        ("src/b.rs", "\npub(crate) enum Same {} pub struct Private; pub struct Near; #[cfg(test)] pub struct Test;"),
        ("src/c.rs", "mod inner; mod shown; pub use self::shown::Shown; pub struct Test;"),
        ("src/c/inner.rs", "pub struct Same; pub struct Inner;"),
        ("src/c/shown.rs", "pub struct Shown; pub struct Inner;"),
        ("src/lib.rs", "pub mod a; pub(crate) mod b; pub mod c; pub struct Inner;"),
    ]);
    let found = shared_names(&tree, &[]);
    assert!(
        found.len() == 1 && found[0].starts_with("src/a.rs:1: another public type is called `Same`, at src/b.rs:2"),
        "{found:?}"
    );
    assert!(shared_names(&tree, &[("Same", "a reason")]).is_empty());
    let shown = [
        ("src/lib.rs", "pub mod c; pub struct Shown;"),
        ("src/c.rs", "mod d; pub use d::{Shown};"),
        ("src/c/d.rs", "pub struct Shown;"),
    ];
    assert_eq!(shared_names(&Tree::of(shown), &[]).len(), 1);
    let found = shared_names(&tree, &[("Same", "a reason"), ("Test", "none")]);
    assert!(found.len() == 1 && found[0].contains("no two public types are called `Test`"), "{found:?}");
}

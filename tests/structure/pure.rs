//! The parts that replay must repeat read no clock, no file, no environment, and wait for nothing. Nor do those that
//! decide for the writer, so that they are tested without a disk.

use super::arrows::Scope;
use super::tree::Tree;

/// Modules that must be pure, and what they may use all the same.
pub struct Purity<'a> {
    pub pure: &'a [&'a str],
    /// A file's module, a word that it may use, and the reason. May only shrink.
    pub exceptions: &'a [(&'a str, &'a str, &'a str)],
}

/// Words that reach outside, wherever they occur as code.
const WORDS: &[&str] =
    &["SystemTime", "Instant", "async", "await", "tokio", "println", "eprintln", "hyper", "tracing", "rustix"];
/// Modules of the standard library that reach outside.
const MODULES: &[&str] = &["fs", "io", "net", "env", "process", "thread", "os"];
/// What may be used of `std::io`: the traits, which are handed in, their errors, and what works on those traits alone.
const TRAITS: &[&str] = &["Read", "Write", "Error", "ErrorKind", "Result", "BufReader", "BufWriter"];

/// What the pure modules must not name.
pub fn pure(tree: &Tree, purity: &Purity<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut used = vec![false; purity.exceptions.len()];
    let is_pure = |name: &str| purity.pure.iter().any(|pure| name == *pure || name.starts_with(&format!("{pure}::")));
    for file in tree.product().filter(|file| is_pure(&file.name())) {
        for (line, word) in outside(file) {
            let name = file.name();
            match purity.exceptions.iter().position(|(module, excused, _)| *module == name && *excused == word) {
                Some(n) => used[n] = true,
                None => faults.push(format!(
                    "{}:{line}: names `{word}`, but `{name}` must be pure: let the caller hand in what is needed",
                    file.path
                )),
            }
        }
    }
    for ((module, word, _), _) in purity.exceptions.iter().zip(&used).filter(|(_, used)| !**used) {
        faults
            .push(format!("tests/structure/table.rs: `{module}` doesn't name `{word}` any more: remove the exception"));
    }
    faults
}

/// Each name that leads outside, with its line.
fn outside(file: &super::tree::File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for leaf in &Scope::of(file).uses {
        if let ["std", module, rest @ ..] = leaf.path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            // The module `io` alone is judged by what is taken from it.
            let harmless = *module == "io" && rest.first().is_none_or(|item| TRAITS.contains(item));
            if MODULES.contains(module) && !harmless {
                found.push((leaf.line, leaf.path.join("::")));
            }
        }
    }
    let tokens = &file.product;
    for (i, token) in tokens.iter().enumerate().filter(|(_, token)| token.is_name()) {
        if WORDS.contains(&token.text.as_str()) {
            found.push((token.line, token.text.clone()));
        }
        let next = |n: usize| tokens.get(i + n).filter(|token| token.is("::") || token.is_name());
        let io = token.is("io") && next(1).is_some_and(|sign| sign.is("::"));
        if io && next(2).is_some_and(|item| !TRAITS.contains(&item.text.as_str())) {
            found.push((token.line, "std::io".to_owned()));
        }
        let inline = i >= 3 && tokens[i - 1].is("::") && tokens[i - 2].is("std") && !tokens[i - 3].is("use");
        if inline && !io && MODULES.contains(&token.text.as_str()) {
            found.push((token.line, format!("std::{}", token.text)));
        }
    }
    found
}

#[test]
fn what_reaches_outside_is_found() {
    let found = |text: &str, exceptions: &[(&str, &str, &str)]| {
        let tree = Tree::of([("src/state/a.rs", text), ("src/other.rs", "use std::fs; async fn f() {}")]);
        pure(&tree, &Purity { pure: &["state"], exceptions })
    };
    for (text, word) in [
        ("use std::fs;", "std::fs"),
        ("use std::{collections::BTreeMap, io::{self, Write}}; fn f() { io::stdin() }", "std::io"),
        ("fn f(_: std::io::Stdout) {}", "std::io"),
        ("use std::io::{Write, stdout};", "std::io::stdout"),
        ("fn f() { std::env::var(\"X\") }", "std::env"),
        ("use std::time::Instant;", "Instant"),
        ("fn f() { std::time::SystemTime::now() }", "SystemTime"),
        ("async fn f() {}", "async"),
        ("fn f() { println!() }", "println"),
    ] {
        let faults = found(text, &[]);
        assert!(faults.len() == 1 && faults[0].contains(&format!("names `{word}`")), "{text}: {faults:?}");
        assert!(faults[0].starts_with("src/state/a.rs:1: "), "{faults:?}");
        assert!(found(text, &[("state::a", word, "not yet")]).is_empty(), "{text}");
    }
    let fine = "use std::io::{self, Write}; use std::time::Duration; type R = io::Result<()>; fn f(_: std::io::Error) {} // fs, Instant\n#[cfg(test)] mod tests { use std::fs; }";
    assert!(found(fine, &[]).is_empty());
    let needless = found(fine, &[("state::a", "async", "no more")]);
    assert!(needless[0].contains("`state::a` doesn't name `async` any more"), "{needless:?}");
}

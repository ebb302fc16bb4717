//! Files and functions are short, begin with a head, and allow themselves nothing.

use super::lex::{Token, group_end};
use super::tree::{File, Tree};

/// Nine files in ten have at most this many lines, tests inside them included.
pub const FILE_USUAL: usize = 300;
/// No file has more.
pub const FILE_MAX: usize = 450;
/// Nine functions in ten have at most this many lines, from `fn` to the closing brace.
pub const FUNCTION_USUAL: usize = 20;
/// No function has more.
pub const FUNCTION_MAX: usize = 70;

/// Lengths of the product's files.
pub fn files(tree: &Tree) -> Vec<String> {
    let lengths: Vec<(&str, usize)> = tree.product().map(|file| (file.path.as_str(), file.lines())).collect();
    let long = lengths.iter().filter(|(_, lines)| *lines > FILE_MAX);
    let mut faults: Vec<String> = long
        .map(|(path, lines)| {
            format!("{path}:1: {lines} lines, more than {FILE_MAX}: split it, or move its tests to a file")
        })
        .collect();
    let over: Vec<&(&str, usize)> = lengths.iter().filter(|(_, lines)| *lines > FILE_USUAL).collect();
    if over.len() * 10 > lengths.len() {
        let (over_count, all) = (over.len(), lengths.len());
        let list: Vec<String> = over.iter().map(|(path, lines)| format!("    {path}:1: {lines} lines")).collect();
        faults.push(format!(
            "{over_count} of {all} files have more than {FILE_USUAL} lines, and one in ten may: split some of these:\n{}",
            list.join("\n")
        ));
    }
    faults
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

/// The functions in some code, in the order in which they begin.
pub fn functions_of(tokens: &[Token]) -> Vec<Function> {
    let mut found = Vec::new();
    for (i, pair) in tokens.windows(2).enumerate() {
        if !pair[0].is("fn") || !pair[1].is_name() {
            continue;
        }
        let mut at = i + 2;
        while at < tokens.len() && !tokens[at].is("{") && !tokens[at].is(";") {
            at = if tokens[at].opens() { group_end(tokens, at) } else { at + 1 };
        }
        if tokens.get(at).is_some_and(|token| token.is("{")) {
            let last = tokens[group_end(tokens, at) - 1].line;
            found.push(Function { name: pair[1].text.clone(), line: pair[0].line, lines: last - pair[0].line + 1 });
        }
    }
    found
}

/// Lengths of the product's functions.
pub fn functions(tree: &Tree) -> Vec<String> {
    let all: Vec<(&File, Function)> = tree
        .product()
        .flat_map(|file| functions_of(&file.product).into_iter().map(move |found| (file, found)))
        .collect();
    let long = all.iter().filter(|(_, function)| function.lines > FUNCTION_MAX);
    let mut faults: Vec<String> = long
        .map(|(file, function)| {
            let Function { name, line, lines } = function;
            format!("{}:{line}: `{name}` has {lines} lines, more than {FUNCTION_MAX}: name its parts", file.path)
        })
        .collect();
    let mut over: Vec<&(&File, Function)> =
        all.iter().filter(|(_, function)| function.lines > FUNCTION_USUAL).collect();
    if over.len() * 10 > all.len() {
        over.sort_by_key(|(_, function)| std::cmp::Reverse(function.lines));
        let list: Vec<String> = over
            .iter()
            .take(20)
            .map(|(file, function)| {
                format!("    {}:{}: `{}`, {} lines", file.path, function.line, function.name, function.lines)
            })
            .collect();
        faults.push(format!(
            "{} of {} functions have more than {FUNCTION_USUAL} lines, and one in ten may; the longest:\n{}",
            over.len(),
            all.len(),
            list.join("\n")
        ));
    }
    faults
}

/// Every file of Rust, tests too, begins by saying what it is for.
pub fn heads(tree: &Tree) -> Vec<String> {
    let headless = |file: &&File| {
        let first = file.text.lines().next().unwrap_or_default();
        first.strip_prefix("//! ").is_none_or(|head| head.split_whitespace().count() < 2)
    };
    let all = tree.files.values().filter(|file| !file.path.starts_with("tests/data"));
    all.filter(headless)
        .map(|file| format!("{}:1: no head: begin with a line of `//!` that says what the file offers", file.path))
        .collect()
}

/// Allowances that the product must not give itself.
pub fn allowances(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for file in tree.product() {
        for (i, token) in file.product.iter().enumerate() {
            let attribute = (token.is("allow") || token.is("expect")) && !(i > 0 && file.product[i - 1].is("."));
            if !attribute || !file.product.get(i + 1).is_some_and(|next| next.is("(")) {
                continue;
            }
            let inside = &file.product[i + 2..group_end(&file.product, i + 1) - 1];
            for (lint, instead) in [
                ("too_many_arguments", "pass one value with names"),
                ("dead_code", "remove what nobody uses"),
                ("cognitive_complexity", "name its parts"),
                ("too_many_lines", "name its parts"),
            ] {
                if inside.iter().any(|word| word.is(lint)) {
                    faults.push(format!("{}:{}: allows itself `{lint}`: {instead}", file.path, token.line));
                }
            }
        }
    }
    faults
}

#[test]
fn a_long_file_is_found_and_many_fairly_long_ones_are() {
    let long = "\n".repeat(FILE_MAX + 1);
    let found = files(&Tree::of([("src/a.rs", long.as_str())]));
    assert!(found[0].starts_with("src/a.rs:1: 451 lines, more than 450"), "{found:?}");
    let fairly = "\n".repeat(FILE_USUAL + 1);
    let tree = |short: usize| {
        let names: Vec<String> = (0..short).map(|n| format!("src/s{n}.rs")).collect();
        let mut texts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        texts.extend([("src/long.rs", fairly.as_str()), ("tests/long.rs", fairly.as_str())]);
        files(&Tree::of(texts))
    };
    assert!(tree(9).is_empty());
    let found = tree(8);
    assert!(found.len() == 1 && found[0].starts_with("1 of 9 files have more than 300"), "{found:?}");
}

#[test]
fn a_long_function_is_found_and_many_fairly_long_ones_are() {
    let function =
        |name: &str, lines: usize| format!("fn {name}<T: Fn() -> u8>(_: [u8; 2])\n{{{}}}\n", "\n".repeat(lines - 2));
    let text = format!("trait T {{ fn none(); }} type F = fn(u8);\n{}", function("long", FUNCTION_MAX + 1));
    let found = functions(&Tree::of([("src/a.rs", text.as_str())]));
    assert!(found[0].starts_with("src/a.rs:2: `long` has 71 lines, more than 70"), "{found:?}");
    let tree = |short: usize| {
        let text: String = (0..short).map(|n| function(&format!("s{n}"), 20)).chain([function("f", 21)]).collect();
        functions(&Tree::of([("src/a.rs", text.as_str())]))
    };
    assert!(tree(9).is_empty());
    let found = tree(8);
    assert!(found.len() == 1 && found[0].contains("1 of 9 functions have more than 20"), "{found:?}");
}

#[test]
fn a_file_without_a_head_is_found() {
    let found = heads(&Tree::of([
        ("src/a.rs", "//! What it offers.\n"),
        ("src/b.rs", "//! Word\n"),
        ("src/c.rs", "use a;\n//! Late head.\n"),
        ("tests/d.rs", ""),
    ]));
    let files: Vec<&str> = found.iter().map(|fault| &fault[..8]).collect();
    assert_eq!(files, ["src/b.rs", "src/c.rs", "tests/d."]);
}

#[test]
fn an_allowance_is_found() {
    for text in [
        "#[expect(clippy::too_many_arguments, reason = \"x\")] fn f() {}",
        "#![allow(dead_code)]",
        "#[cfg_attr(unix, allow(dead_code))] fn f() {}",
    ] {
        let found = allowances(&Tree::of([("src/a.rs", text)]));
        assert!(found.len() == 1 && found[0].starts_with("src/a.rs:1: allows itself"), "{text}: {found:?}");
    }
    let fine = "fn f() { x.expect(dead_code) } // #[allow(dead_code)]\n#[cfg(test)] #[allow(dead_code)] fn g() {}";
    assert!(allowances(&Tree::of([("src/a.rs", fine)])).is_empty());
}

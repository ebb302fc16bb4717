//! The source tree as a value, so that each check has a made-up tree that fails it.
//!
//! Product code is what the program is built from: an item whose `#[cfg]` needs `test` or a feature isn't, and neither
//! is a file whose `mod` line is such an item.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::lex::{Comment, Token, group_end, lex};

/// The files of `src/` and `tests/` that are Rust, by path, and the paths of everything else.
#[derive(Default)]
pub struct Tree {
    pub files: BTreeMap<String, File>,
    /// Paths of the repository's files and folders that are no Rust; comments may refer to them.
    pub others: BTreeSet<String>,
}

pub struct File {
    pub path: String,
    pub text: String,
    /// All of its code.
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment>,
    /// Its code without tests.
    pub product: Vec<Token>,
    /// Modules that are declared here for tests alone.
    test_modules: BTreeSet<String>,
    /// No part of the product: below `tests/`, or declared for tests alone.
    pub test: bool,
    /// `["state", "engine"]` for `src/state/engine.rs`.
    pub module: Vec<String>,
}

impl File {
    fn new(path: &str, text: &str) -> File {
        let (tokens, comments) = lex(text);
        let cut = without_tests(&tokens);
        let stem = path.trim_start_matches("src/").trim_start_matches("tests/").trim_end_matches(".rs");
        let mut module: Vec<String> = stem.split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod") || module == ["lib"] {
            module.pop();
        }
        File {
            path: path.to_owned(),
            text: text.to_owned(),
            tokens,
            comments,
            product: cut.product,
            test_modules: cut.modules,
            test: cut.whole || !path.starts_with("src/"),
            module,
        }
    }

    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// `state::engine` for `src/state/engine.rs`, `main` and `lib` for the roots.
    pub fn name(&self) -> String {
        if self.module.is_empty() { "lib".to_owned() } else { self.module.join("::") }
    }
}

impl Tree {
    /// The tree of a repository.
    pub fn read(root: &Path) -> Tree {
        let mut texts = Vec::new();
        let mut others = BTreeSet::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                if name.starts_with('.') || name == "target" {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                    others.insert(name);
                } else if name.ends_with(".rs") {
                    texts.push((name, std::fs::read_to_string(&path).unwrap()));
                } else {
                    others.insert(name);
                }
            }
        }
        let mut tree = Tree::of(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        tree.others = others;
        tree
    }

    /// A tree of these paths and texts.
    pub fn of<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Tree {
        let mut files: BTreeMap<String, File> =
            texts.into_iter().map(|(path, text)| (path.to_owned(), File::new(path, text))).collect();
        let tests: BTreeSet<Vec<String>> = files
            .values()
            .filter(|file| file.path.starts_with("src/"))
            .flat_map(|file| file.test_modules.iter().map(|child| [file.module.clone(), vec![child.clone()]].concat()))
            .collect();
        for file in files.values_mut() {
            file.test |= (1..=file.module.len()).any(|n| tests.contains(&file.module[..n]));
        }
        Tree { files, others: BTreeSet::new() }
    }

    /// The files that the program is built from.
    pub fn product(&self) -> impl Iterator<Item = &File> {
        self.files.values().filter(|file| !file.test)
    }
}

struct Cut {
    product: Vec<Token>,
    modules: BTreeSet<String>,
    whole: bool,
}

/// Leaves out what is compiled for tests alone.
fn without_tests(tokens: &[Token]) -> Cut {
    let mut cut = Cut { product: Vec::new(), modules: BTreeSet::new(), whole: false };
    let mut i = 0;
    while i < tokens.len() {
        let Some((inner, end)) = attribute(tokens, i) else {
            cut.product.push(tokens[i].clone());
            i += 1;
            continue;
        };
        let body = &tokens[if inner { i + 3 } else { i + 2 }..end - 1];
        if !for_tests(body) {
            cut.product.extend_from_slice(&tokens[i..end]);
            i = end;
            continue;
        }
        if inner {
            return Cut { product: Vec::new(), modules: BTreeSet::new(), whole: true };
        }
        let mut item = end;
        while let Some((_, end)) = attribute(tokens, item) {
            item = end;
        }
        let stop = item_end(tokens, item);
        let gone = &tokens[item..stop];
        cut.modules.extend(gone.windows(2).filter(|pair| pair[0].is("mod")).map(|pair| pair[1].text.clone()));
        i = stop;
    }
    cut
}

/// Whether an attribute begins here: whether it is an inner one, and the index after it.
fn attribute(tokens: &[Token], i: usize) -> Option<(bool, usize)> {
    let inner = tokens.get(i + 1)?.is("!");
    let open = if inner { i + 2 } else { i + 1 };
    (tokens[i].is("#") && tokens.get(open)?.is("[")).then(|| (inner, group_end(tokens, open)))
}

/// Whether an attribute keeps its item out of the product.
fn for_tests(body: &[Token]) -> bool {
    match body {
        [only] => only.is("test"),
        [cfg, _, expression @ .., _] if cfg.is("cfg") => !compiled(expression),
        _ => false,
    }
}

/// Whether a `cfg` expression can hold in the product: not with `test`, not with a feature.
fn compiled(expression: &[Token]) -> bool {
    let Some(head) = expression.first() else { return true };
    if expression.len() < 2 || !(head.is("all") || head.is("any") || head.is("not")) {
        return !(head.is("test") || head.is("feature"));
    }
    let inside = &expression[2..expression.len() - 1];
    let mut depth = 0_i32;
    let mut parts = inside.split(|token| {
        depth += i32::from(token.opens()) - i32::from(token.closes());
        depth == 0 && token.is(",")
    });
    match head.text.as_str() {
        "all" => parts.all(compiled),
        "any" => parts.any(|part| !part.is_empty() && compiled(part)),
        _ => !compiled(inside),
    }
}

/// The index after the item, field, arm or statement that begins here.
fn item_end(tokens: &[Token], from: usize) -> usize {
    let mut head = from;
    while tokens.get(head).is_some_and(|token| ["pub", "async", "unsafe", "default"].iter().any(|word| token.is(word)))
    {
        head += 1;
        if tokens.get(head).is_some_and(|token| token.is("(")) {
            head = group_end(tokens, head);
        }
    }
    let kind = tokens.get(head).filter(|token| token.is_name()).map_or("", |token| token.text.as_str());
    let item = ["fn", "struct", "enum", "union", "trait", "mod", "impl", "macro_rules", "extern"].contains(&kind);
    let ends_with_semicolon = ["use", "const", "static", "type"].contains(&kind);
    let mut i = from;
    while i < tokens.len() {
        let token = &tokens[i];
        if token.opens() {
            i = group_end(tokens, i);
            if token.is("{") && !ends_with_semicolon {
                return i;
            }
            continue;
        }
        if token.closes() {
            return i;
        }
        i += 1;
        if token.is(";") || token.is(",") && !item && !ends_with_semicolon {
            return i;
        }
    }
    i
}

#[cfg(test)]
fn product_of(text: &str) -> String {
    let tree = Tree::of([("src/a.rs", text)]);
    tree.files["src/a.rs"].product.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn tests_are_cut_out_and_nothing_else_is() {
    for (text, left) in [
        ("#[cfg(test)] mod tests { fn a() {} } fn b() {}", "fn b ( ) { }"),
        ("#[cfg(test)] #[path = \"x\"] mod tests; fn b() {}", "fn b ( ) { }"),
        ("#[cfg(test)] pub(crate) fn a<T, U>(t: T) -> [u8; 2] { } fn b() {}", "fn b ( ) { }"),
        ("#[cfg(test)] const A: S = S { a: 1 }; fn b() {}", "fn b ( ) { }"),
        ("struct S { #[cfg(test)] a: u8, b: u8 }", "struct S { b : u8 }"),
        ("struct S { a: u8, #[cfg(any(test, feature = \"x\"))] b: u8 }", "struct S { a : u8 , }"),
        ("#[cfg(all(unix, not(test)))] fn a() {}", "# [ cfg ( all ( unix , not ( test ) ) ) ] fn a ( ) { }"),
        ("#[cfg(all(unix, feature = \"x\"))] use a::{b, c}; fn b() {}", "fn b ( ) { }"),
        ("#[test] fn a() {} #[inline] fn b() {}", "# [ inline ] fn b ( ) { }"),
        ("#![cfg(test)] fn a() {}", ""),
    ] {
        assert_eq!(product_of(text), left, "{text}");
    }
}

#[test]
fn files_of_a_test_module_are_no_product() {
    let tree = Tree::of([
        ("src/lib.rs", "mod a;"),
        ("src/a.rs", "#[cfg(test)] mod tests; mod b;"),
        ("src/a/b.rs", ""),
        ("src/a/tests/mod.rs", "mod c;"),
        ("src/a/tests/c.rs", ""),
        ("tests/tests.rs", ""),
    ]);
    let product: Vec<&str> = tree.product().map(|file| file.path.as_str()).collect();
    assert_eq!(product, ["src/a.rs", "src/a/b.rs", "src/lib.rs"]);
}

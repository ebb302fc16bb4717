//! What a comment or a page of the docs names exists. rustdoc holds the links of the product to this (a step of
//! `tests/run`); here are the comments that it never sees (those with two slashes, those of tests) and paths of files.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{File, Tree};

/// Crates and other roots that names may begin with.
const ELSEWHERE: &[&str] = &["std", "core", "alloc", "clippy", "rustc"];

/// The names in links and the paths in backticks that lead nowhere.
pub fn comments(tree: &Tree, crates: &[&str]) -> Vec<String> {
    let index = Index::of(tree);
    let mut faults = Vec::new();
    for file in tree.files.values() {
        for comment in &file.comments {
            for (code, link) in quoted(&comment.text) {
                let at = format!("{}:{}", file.path, comment.line);
                if is_file(code) {
                    if !index.has_file(tree, file, code) {
                        faults.push(format!("{at}: there is no file `{code}`: mend the comment"));
                    }
                } else if let Some(path) = as_path(code, link)
                    && !crates.iter().chain(ELSEWHERE).any(|root| *root == path[0])
                    && !index.has(file, &path)
                {
                    faults.push(format!("{at}: there is no `{}` in the code: mend the comment", path.join("::")));
                }
            }
        }
    }
    faults
}

/// The files that a page (its path and text) names in backticks or links to, and that don't exist.
pub fn page(tree: &Tree, path: &str, text: &str) -> Vec<String> {
    let exists = |name: &str| tree.files.contains_key(name) || tree.others.contains(name);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut faults = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let named = quoted(line).into_iter().map(|(code, _)| code).filter(|code| is_file(code));
        let missing = named.filter(|code| !exists(code.trim_end_matches('/')) && !exists(&format!("src/{code}")));
        let links = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let local = links.filter(|link| !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:"));
        let dead = local.filter(|link| !exists(&joined(folder, link)));
        let line = n + 1;
        faults
            .extend(missing.chain(dead).map(|name| format!("{path}:{line}: there is no file `{name}`: mend the page")));
    }
    faults
}

/// A relative link, from the root of the repository.
fn joined(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// What is between backticks in a line, and whether it is a link.
fn quoted(text: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let mut parts = text.split('`');
    let mut before = parts.next().unwrap_or_default();
    while let (Some(code), Some(after)) = (parts.next(), parts.next()) {
        found.push((code, before.ends_with('[') && after.starts_with(']') && !after.starts_with("](")));
        before = after;
    }
    found
}

/// The segments of a name: a link's, or a path of two or more.
fn as_path(code: &str, link: bool) -> Option<Vec<&str>> {
    let code =
        code.trim_end_matches("()").trim_end_matches('!').trim_start_matches("crate::").trim_start_matches("self::");
    let path: Vec<&str> = code.split("::").filter(|segment| *segment != "super").collect();
    let name = |segment: &&str| {
        !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    (path.iter().all(name) && !path.is_empty() && (link || code.contains("::"))).then_some(path)
}

/// Whether it looks like the path of a file in the repository.
fn is_file(code: &str) -> bool {
    let capitals = |part: &str| part.len() > 1 && part.bytes().all(|byte| byte.is_ascii_uppercase());
    let placeholder = code.split(['/', '.']).any(capitals) && !code.ends_with("README.md");
    let plain = !placeholder && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte));
    let root =
        ["src/", "tests/", "docs/", "alerts/", "dashboards/", "deploy/"].iter().any(|root| code.starts_with(root));
    plain && (root || code.ends_with(".rs")) && code != ".rs"
}

/// Which names occur as code in which file.
struct Index<'a> {
    names: BTreeMap<&'a str, BTreeSet<&'a str>>,
    modules: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Index<'a> {
    fn of(tree: &'a Tree) -> Index<'a> {
        let mut index = Index { names: BTreeMap::new(), modules: BTreeMap::new() };
        for file in tree.files.values() {
            for token in file.tokens.iter().filter(|token| token.is_name()) {
                index.names.entry(&token.text).or_default().insert(&file.path);
            }
            for module in &file.module {
                index.modules.entry(module).or_default().insert(&file.path);
            }
        }
        index
    }

    /// A single name is code somewhere; of two that follow each other the second is code in a file that belongs to the
    /// first: its module, or one that names it too.
    fn has(&self, file: &File, path: &[&str]) -> bool {
        let known = |name: &str| self.names.contains_key(name) || self.modules.contains_key(name) || name == "Self";
        path.iter().all(|name| known(name))
            && path.windows(2).all(|pair| {
                let second = self.names.get(pair[1]);
                let nested = self.modules.get(pair[1]).zip(self.modules.get(pair[0]));
                let first = |path: &&str| {
                    pair[0] == "Self" && *path == file.path
                        || self.names.get(pair[0]).is_some_and(|files| files.contains(path))
                        || self.modules.get(pair[0]).is_some_and(|files| files.contains(path))
                };
                second.is_some_and(|files| files.iter().any(first))
                    || nested.is_some_and(|(inner, outer)| inner.intersection(outer).next().is_some())
            })
    }

    /// From the root, from `src/`, or from the folders around the file.
    fn has_file(&self, tree: &Tree, file: &File, code: &str) -> bool {
        let code = code.trim_end_matches('/');
        let exists = |path: &str| tree.files.contains_key(path) || tree.others.contains(path);
        let mut folder = file.path.as_str();
        let mut above = exists(code) || exists(&format!("src/{code}"));
        while let (false, Some((parent, _))) = (above, folder.rsplit_once('/')) {
            folder = parent;
            above = exists(&format!("{folder}/{code}"));
        }
        above
    }
}

#[test]
fn names_that_are_gone_are_found() {
    let found = |comment: &str| {
        let text = format!("//! A head of it.\n{comment}\npub struct Here; impl Here {{ fn there() {{}} }}");
        let mut tree = Tree::of([
            ("src/lib.rs", "//! The map.\nmod a; mod b;"),
            ("src/a.rs", text.as_str()),
            ("src/b.rs", "//! Its b.\nfn over() {} #[cfg(test)] mod tests { fn test() {} }"),
            ("tests/c.rs", "//! A test.\nfn d() {}"),
        ]);
        tree.others.extend(["tests/data/x.json".to_owned(), "tests/data".to_owned()]);
        comments(&tree, &["tokio"])
    };
    for fine in [
        "// [`Here`], [`Here::there`], `Here::there()`, `b::over`, `crate::b::tests`, `tokio::spawn`, `std::fs::File`",
        "// `tests/data/x.json`, `b.rs`, `src/b.rs`, `tests/c.rs`, `c::d`, `tests/data/`, `tests/NAME/x`",
        "// `gone`, `a: b::c`, `::`, `<T as X>::y`, `a*.rs`, [`gone`](https://x), `say x::\"y\"`",
    ] {
        assert!(found(fine).is_empty(), "{:?}", found(fine));
    }
    for (gone, expected) in [
        ("// [`Gone`]", "src/a.rs:2: there is no `Gone` in the code"),
        ("/// [`Here::gone`]", "no `Here::gone`"),
        ("// `Here::over`", "no `Here::over`"),
        ("// `b::there`", "no `b::there`"),
        ("// `src/c.rs`", "no file `src/c.rs`"),
        ("/* `tests/data/y.json` */", "no file `tests/data/y.json`"),
    ] {
        let found = found(gone);
        assert!(found.len() == 1 && found[0].contains(expected), "{gone}: {found:?}");
    }
}

#[test]
fn dead_links_of_a_page_are_found() {
    let mut tree = Tree::of([("src/a.rs", "//! A head.")]);
    tree.others.extend(["docs/b.md", "docs/deep/c.md", "README.md", "src/state"].map(str::to_owned));
    let text = "[b](../b.md#part) [top](../../README.md) [web](https://x) `src/a.rs` `src/NAME.rs` `src/state/`\n[gone](b.md) `src/b.rs`";
    let found = page(&tree, "docs/deep/c.md", text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("docs/deep/c.md:2: there is no file `src/b.rs`"), "{found:?}");
    assert!(found[1].starts_with("docs/deep/c.md:2: there is no file `b.md`"), "{found:?}");
}

//! Which file knows which: an arrow leads from a file to each other one that defines something it names.
//!
//! Names are read from `use` lines and from paths in the code, in the product alone. A re-export is followed to the file
//! that defines the name, and is an arrow itself only if the file that re-exports also uses the name; `mod child;` is
//! none. Methods are not followed: that would take types. What a macro makes counts as defined where it is called.

use std::collections::{BTreeMap, BTreeSet};

use super::lex::{Kind, Token, group_end};
use super::tree::{File, Tree};

/// The reason for an arrow: the line of its source that names something, and what it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    pub line: usize,
    pub named: String,
}

/// From each file to the files it knows, both by path.
pub type Arrows = BTreeMap<String, BTreeMap<String, Why>>;

/// Items begin with one of these, followed by a name.
const NAMED: &[&str] = &["fn", "struct", "enum", "union", "trait", "type", "const", "static"];

/// All arrows of the product.
pub fn arrows(tree: &Tree) -> Arrows {
    let names = Names::of(tree);
    let mut arrows = Arrows::new();
    for file in tree.product() {
        let scope = &names.scopes[&file.path];
        let mut add = |target: Option<String>, line: usize, named: String| {
            if let Some(target) = target.filter(|target| *target != file.path) {
                arrows.entry(file.path.clone()).or_default().entry(target).or_insert(Why { line, named });
            }
        };
        for leaf in &scope.uses {
            if !leaf.public || leaf.name != "*" && scope.words.contains(&leaf.name) {
                add(names.defining(file, &leaf.path, leaf.absolute.as_deref()), leaf.line, leaf.path.join("::"));
            }
        }
        for (path, absolute, line) in &scope.paths {
            add(names.defining(file, path, absolute.as_deref()), *line, path.join("::"));
        }
        for (called, line) in &scope.calls {
            let known = scope.defined.contains(called) || scope.uses.iter().any(|leaf| leaf.name == *called);
            if let (false, Some([only])) = (known, names.macros.get(called).map(Vec::as_slice)) {
                add(Some(only.clone()), *line, format!("{called}!"));
            }
        }
    }
    arrows
}

/// One name that a `use` brings in.
pub struct Leaf {
    pub path: Vec<String>,
    /// From the root of the crate; none if the first segment has to be looked up.
    absolute: Option<Vec<String>>,
    /// What it is called here; `*` for everything.
    pub name: String,
    pub public: bool,
    pub line: usize,
}

/// What a file's product code defines, brings in and names.
#[derive(Default)]
pub struct Scope {
    pub defined: BTreeSet<String>,
    pub macros: BTreeSet<String>,
    pub uses: Vec<Leaf>,
    /// Paths of two or more segments, what they are from the root, and their line.
    paths: Vec<(Vec<String>, Option<Vec<String>>, usize)>,
    /// First segments of everything named outside of `use` and definitions.
    words: BTreeSet<String>,
    calls: Vec<(String, usize)>,
    /// The names inside calls of macros where items are: they may be definitions.
    given: BTreeSet<String>,
}

impl Scope {
    pub fn of(file: &File) -> Scope {
        let mut reader = Reader { file, tokens: &file.product, scope: Scope::default(), depth: 0, inside: Vec::new() };
        let mut i = 0;
        while i < reader.tokens.len() {
            i = reader.step(i);
        }
        reader.scope
    }
}

struct Reader<'a> {
    file: &'a File,
    tokens: &'a [Token],
    scope: Scope,
    depth: usize,
    /// Inline modules around this place, each with the depth of its items.
    inside: Vec<(String, usize)>,
}

impl Reader<'_> {
    fn at(&self, i: usize, text: &str) -> bool {
        self.tokens.get(i).is_some_and(|token| token.is(text))
    }

    fn named(&self, i: usize) -> bool {
        self.tokens.get(i).is_some_and(Token::is_name)
    }

    /// Reads what begins at `i` and returns the index after it.
    fn step(&mut self, i: usize) -> usize {
        let token = &self.tokens[i];
        if token.is("{") {
            self.depth += 1;
        } else if token.is("}") {
            self.depth = self.depth.saturating_sub(1);
            while self.inside.last().is_some_and(|(_, depth)| *depth > self.depth) {
                self.inside.pop();
            }
        }
        if !token.is_name() {
            return i + 1;
        }
        match token.text.as_str() {
            "use" => self.import(i),
            "macro_rules" if self.at(i + 1, "!") && self.named(i + 2) => {
                let name = self.tokens[i + 2].text.clone();
                self.scope.macros.insert(name.clone());
                self.scope.defined.insert(name);
                i + 3
            }
            "mod" if self.named(i + 1) => {
                if self.at(i + 2, "{") {
                    self.inside.push((self.tokens[i + 1].text.clone(), self.depth + 1));
                }
                i + 2
            }
            word if NAMED.contains(&word) && self.named(i + 1) => {
                let name = if self.at(i + 1, "mut") { i + 2 } else { i + 1 };
                // `const fn`, `unsafe extern fn`: the name follows the second word.
                if !NAMED.contains(&self.tokens[name].text.as_str()) {
                    self.scope.defined.insert(self.tokens[name].text.clone());
                    return name + 1;
                }
                i + 1
            }
            _ => self.path(i),
        }
    }

    fn import(&mut self, i: usize) -> usize {
        let public = i > 0 && (self.at(i - 1, "pub") || self.at(i - 1, ")"));
        let here = self.here();
        let mut leaves = Vec::new();
        let end = use_tree(self.tokens, i + 1, &[], &mut leaves);
        for (path, name) in leaves {
            let absolute = from_root(&path, &here);
            self.scope.uses.push(Leaf { path, absolute, name, public, line: self.tokens[i].line });
        }
        end
    }

    fn path(&mut self, i: usize) -> usize {
        let line = self.tokens[i].line;
        let mut path = vec![self.tokens[i].text.clone()];
        let mut end = i + 1;
        while self.at(end, "::") && self.named(end + 1) {
            path.push(self.tokens[end + 1].text.clone());
            end += 2;
        }
        self.scope.words.insert(path[0].clone());
        if self.at(end, "!") && self.tokens.get(end + 1).is_some_and(Token::opens) {
            self.scope.calls.push((path[path.len() - 1].clone(), line));
            if self.depth == self.inside.len() {
                let close = group_end(self.tokens, end + 1);
                let given = self.tokens[end + 1..close].iter().filter(|token| token.is_name());
                self.scope.given.extend(given.map(|token| token.text.clone()));
            }
        }
        if path.len() > 1 {
            let absolute = from_root(&path, &self.here());
            self.scope.paths.push((path, absolute, line));
        }
        end
    }

    fn here(&self) -> Vec<String> {
        let mut here = self.file.module.clone();
        here.extend(self.inside.iter().map(|(name, _)| name.clone()));
        here
    }
}

/// Reads the tree of a `use` at `i`; returns the index after it.
fn use_tree(tokens: &[Token], mut i: usize, before: &[String], leaves: &mut Vec<(Vec<String>, String)>) -> usize {
    let mut path = before.to_vec();
    while let Some(token) = tokens.get(i) {
        if token.is("{") {
            let end = group_end(tokens, i) - 1;
            i += 1;
            while i < end {
                i = use_tree(tokens, i, &path, leaves) + 1;
            }
            return end + 1;
        }
        if token.is("*") {
            leaves.push((path, "*".to_owned()));
            return i + 1;
        }
        if token.is("as") {
            leaves.push((path, tokens[i + 1].text.clone()));
            return i + 2;
        }
        match token.kind {
            Kind::Path => {}
            Kind::Ident if token.text == "self" && !path.is_empty() => {}
            Kind::Ident => path.push(token.text.clone()),
            _ => break,
        }
        i += 1;
    }
    if let Some(name) = path.last().cloned() {
        leaves.push((path, name));
    }
    i
}

/// The path from the root of the crate, for one that begins with `crate`, `self` or `super`.
fn from_root(path: &[String], here: &[String]) -> Option<Vec<String>> {
    let mut base: Option<Vec<String>> = None;
    let mut rest = path;
    while let [head, tail @ ..] = rest {
        let at = || base.clone().unwrap_or_else(|| here.to_vec());
        base = match head.as_str() {
            "crate" | "day90" => Some(Vec::new()),
            "self" => Some(at()),
            "super" => Some(at().split_last().map_or(Vec::new(), |(_, parents)| parents.to_vec())),
            _ => break,
        };
        rest = tail;
    }
    base.map(|base| [&base, rest].concat())
}

/// The names of a whole tree.
pub struct Names<'a> {
    modules: BTreeMap<&'a [String], &'a File>,
    pub scopes: BTreeMap<String, Scope>,
    /// The files that define a macro.
    macros: BTreeMap<String, Vec<String>>,
}

impl<'a> Names<'a> {
    pub fn of(tree: &'a Tree) -> Names<'a> {
        let modules = tree.product().map(|file| (file.module.as_slice(), file)).collect();
        let scopes: BTreeMap<String, Scope> = tree.product().map(|file| (file.path.clone(), Scope::of(file))).collect();
        let mut macros = BTreeMap::<String, Vec<String>>::new();
        for (path, scope) in &scopes {
            for name in &scope.macros {
                macros.entry(name.clone()).or_default().push(path.clone());
            }
        }
        Names { modules, scopes, macros }
    }

    /// The file that defines what `path` names in `file`, if it is one of ours.
    fn defining(&self, file: &File, path: &[String], absolute: Option<&[String]>) -> Option<String> {
        let path = absolute.map(<[String]>::to_vec).or_else(|| self.looked_up(file, path))?;
        self.target(&path, 0)
    }

    /// The path from the root for one that begins with a child module or with a name that the file brings in.
    fn looked_up(&self, file: &File, path: &[String]) -> Option<Vec<String>> {
        let child = [file.module.as_slice(), &path[..1]].concat();
        if self.modules.contains_key(child.as_slice()) {
            return Some([file.module.as_slice(), path].concat());
        }
        let brought = self.scopes[&file.path].uses.iter().find(|leaf| leaf.name == path[0])?;
        brought.absolute.as_ref().map(|absolute| [absolute.as_slice(), &path[1..]].concat())
    }

    fn target(&self, path: &[String], depth: usize) -> Option<String> {
        let length = (0..=path.len()).rev().find(|n| self.modules.contains_key(&path[..*n]))?;
        let file = self.modules[&path[..length]];
        let scope = &self.scopes[&file.path];
        let own = Some(file.path.clone());
        let Some(name) = path.get(length) else { return own };
        if scope.defined.contains(name) || depth > 8 {
            return own;
        }
        let resolve = |leaf: &Leaf| leaf.absolute.clone().or_else(|| self.looked_up(file, &leaf.path));
        if let Some(leaf) = scope.uses.iter().find(|leaf| leaf.name == *name) {
            let further = [resolve(leaf)?.as_slice(), &path[length + 1..]].concat();
            return self.target(&further, depth + 1);
        }
        if let (0, Some(files)) = (length, self.macros.get(name)) {
            return files.first().cloned();
        }
        if scope.given.contains(name) {
            return own;
        }
        let through = scope.uses.iter().filter(|leaf| leaf.name == "*").filter_map(resolve).find(|module| {
            self.modules.get(module.as_slice()).is_some_and(|inner| {
                let inner = &self.scopes[&inner.path];
                inner.defined.contains(name)
                    || inner.given.contains(name)
                    || inner.uses.iter().any(|leaf| leaf.name == *name)
            })
        });
        match through {
            Some(module) => self.target(&[module.as_slice(), &path[length..]].concat(), depth + 1),
            None => own,
        }
    }
}

/// Sets of nodes of which each reaches each other, of two or more.
pub fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<BTreeSet<String>> {
    let reach = |from: &String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(node) = next.pop() {
            for to in edges.get(&node).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> = edges.keys().map(|from| (from, reach(from))).collect();
    let mut found = BTreeSet::new();
    for (from, all) in &reached {
        let circle: BTreeSet<String> =
            all.iter().filter(|to| reached.get(to).is_some_and(|back| back.contains(*from))).cloned().collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

/// The arrows of a made-up tree, as `from -> to`, without `src/` and `.rs`.
#[cfg(test)]
fn drawn(texts: &[(&str, &str)]) -> Vec<String> {
    let short = |path: &str| path.trim_start_matches("src/").trim_end_matches(".rs").to_owned();
    let found = arrows(&Tree::of(texts.iter().copied()));
    found.iter().flat_map(|(from, to)| to.keys().map(move |to| format!("{} -> {}", short(from), short(to)))).collect()
}

#[test]
fn use_trees_lead_to_what_they_name() {
    let found = drawn(&[
        ("src/lib.rs", "pub mod a; pub mod b; pub mod c;"),
        ("src/a.rs", "use std::fs; use crate::{b::{self, In as _, d::{D, E}}, c};"),
        ("src/b.rs", "pub mod d; pub trait In {}"),
        ("src/b/d.rs", "pub struct D; pub enum E {} use super::super::c::C;"),
        ("src/c.rs", "pub struct C;"),
    ]);
    assert_eq!(found, ["a -> b", "a -> b/d", "a -> c", "b/d -> c"]);
}

#[test]
fn a_reexport_is_followed_and_is_no_arrow_itself() {
    let found = drawn(&[
        ("src/lib.rs", "pub mod a; pub mod x;"),
        ("src/a.rs", "mod b; mod c; mod d; pub use b::B; pub use c::*; pub use d::{D, Y as Z};"),
        ("src/a/b.rs", "use super::{C, Z}; pub struct B;"),
        ("src/a/c.rs", "pub const C: u8 = 0;"),
        ("src/a/d.rs", "pub struct D; impl D {} pub struct Y;"),
        ("src/x.rs", "use crate::a::B; fn f() { crate::a::D::new() }"),
    ]);
    assert_eq!(found, ["a/b -> a/c", "a/b -> a/d", "x -> a/b", "x -> a/d"]);
}

#[test]
fn a_reexport_that_is_also_used_is_an_arrow() {
    let found = drawn(&[
        ("src/a.rs", "mod b; pub use b::B; pub struct A(B);"),
        ("src/a/b.rs", "pub struct B;"),
        ("src/lib.rs", "mod a;"),
    ]);
    assert_eq!(found, ["a -> a/b"]);
}

#[test]
fn paths_in_the_code_and_macros_count() {
    let found = drawn(&[
        ("src/lib.rs", "mod a; mod b; mod c; mod d; mod s;"),
        (
            "src/a.rs",
            "use crate::b; fn f(x: &b::B) { self::g(); crate::c::h::<u8>(x); share!(x) } mod in_line { use super::super::d::D; }",
        ),
        ("src/b.rs", "pub struct B;"),
        ("src/c.rs", "pub fn h<T>() {}"),
        ("src/s.rs", "macro_rules! share { () => { 1 } }"),
        (
            "src/d.rs",
            "pub struct D; // crate::a::f\nconst T: &str = \"crate::a::f\"; #[cfg(test)] mod tests { use crate::a::f; }",
        ),
    ]);
    assert_eq!(found, ["a -> b", "a -> c", "a -> d", "a -> s"]);
}

#[test]
fn what_a_macro_makes_is_defined_where_it_is_called() {
    let found = drawn(&[
        ("src/a.rs", "use crate::e::{Both, Opened, other}; use crate::lone;"),
        ("src/e.rs", "mod k; mod m; pub use k::*; pub use m::*; words! { Both }"),
        ("src/e/k.rs", "events! { Opened = \"opened\", Both }"),
        ("src/e/m.rs", "pub fn other() {} macro_rules! lone { () => {} } pub(crate) use lone;"),
        ("src/lib.rs", "mod a; mod e;"),
    ]);
    assert_eq!(found, ["a -> e", "a -> e/k", "a -> e/m"]);
}

#[test]
fn circles_are_found_whole() {
    let edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("x", "y"), ("y", "x")];
    let mut graph = BTreeMap::<String, BTreeSet<String>>::new();
    for (from, to) in edges {
        graph.entry(from.to_owned()).or_default().insert(to.to_owned());
    }
    let found: Vec<String> = circles(&graph).iter().map(|set| set.iter().cloned().collect::<String>()).collect();
    assert_eq!(found, ["abc", "xy"]);
}

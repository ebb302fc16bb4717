//! Arrows go one way: between modules by the table, between files by having no circle.

use std::collections::{BTreeMap, BTreeSet};

use super::arrows::{Arrows, Why, circles};
use super::tree::Tree;

/// What may know what. A module is named by its path (`state::engine`); a file belongs to the longest name that fits.
pub struct Table<'a> {
    /// From the top down: a module may know those of later lines, and none of the same line or of earlier ones.
    pub layers: &'a [&'a [&'a str]],
    /// Pairs that the order would allow, and that must not know each other, with the reason.
    pub strangers: &'a [(&'a str, &'a str, &'a str)],
    /// Arrows between modules that break the rules, with the reason. May only shrink: one that isn't needed fails.
    pub exceptions: &'a [(&'a str, &'a str, &'a str)],
    /// Arrows between files that close a circle, with the reason. May only shrink.
    pub circles: &'a [(&'a str, &'a str, &'a str)],
}

impl Table<'_> {
    /// The longest name in the table that a file belongs to, and its line.
    fn place(&self, file: &str) -> Option<(usize, &str)> {
        let places = self.layers.iter().enumerate().flat_map(|(n, layer)| layer.iter().map(move |name| (n, *name)));
        places.filter(|(_, name)| within(file, name)).max_by_key(|(_, name)| name.len())
    }

    /// Why an arrow between two files breaks the rules, if it does.
    fn broken(&self, from: &str, to: &str) -> Option<String> {
        let ((above, knows), (below, known)) = (self.place(from)?, self.place(to)?);
        if knows == known {
            return None;
        }
        let stranger = self.strangers.iter().find(|(a, b, _)| within(from, a) && within(to, b));
        if let Some((a, b, reason)) = stranger {
            return Some(format!("`{a}` must not know `{b}`: {reason}"));
        }
        (above >= below).then(|| match above == below {
            true => format!("`{knows}` and `{known}` are of one layer and must not know each other"),
            false => format!("`{known}` is above `{knows}`, and arrows lead down"),
        })
    }
}

/// Whether the module or file of this name lies in the module `name`.
fn within(file: &str, name: &str) -> bool {
    file.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn module_of(path: &str) -> String {
    path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::")
}

/// Every file has a layer, arrows between modules lead down, and the table has no line too many.
pub fn between_modules(tree: &Tree, arrows: &Arrows, table: &Table<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    for file in tree.product() {
        if file.name() != "lib" && table.place(&file.name()).is_none() {
            let (path, name) = (&file.path, file.name());
            faults.push(format!("{path}:1: `{name}` has no layer: give it one in tests/structure/table.rs"));
        }
    }
    let mut used = BTreeSet::new();
    for (from, to, why) in each(arrows) {
        let Some(rule) = table.broken(&module_of(from), &module_of(to)) else { continue };
        let excused =
            table.exceptions.iter().position(|(a, b, _)| within(&module_of(from), a) && within(&module_of(to), b));
        match excused {
            Some(n) => drop(used.insert(n)),
            None => faults.push(format!(
                "{from}:{}: `{}` leads to {to}, but {rule}: move what is needed down, or hand it in",
                why.line, why.named
            )),
        }
    }
    for (n, (from, to, _)) in table.exceptions.iter().enumerate().filter(|(n, _)| !used.contains(n)) {
        let n = n + 1;
        faults.push(format!("tests/structure/table.rs: exception {n}, `{from}` to `{to}`, isn't needed: remove it"));
    }
    let names =
        table.layers.iter().flat_map(|layer| layer.iter()).chain(table.strangers.iter().flat_map(|(a, b, _)| [a, b]));
    let gone: BTreeSet<&&str> = names.filter(|name| !tree.product().any(|file| within(&file.name(), name))).collect();
    faults.extend(
        gone.iter().map(|name| format!("tests/structure/table.rs: there is no module `{name}`: remove the word")),
    );
    faults
}

/// No file can reach itself by arrows, but for those of the table.
pub fn between_files(arrows: &Arrows, table: &Table<'_>) -> Vec<String> {
    let excused =
        |from: &str, to: &str| table.circles.iter().any(|(a, b, _)| module_of(from) == *a && module_of(to) == *b);
    let mut graph = BTreeMap::<String, BTreeSet<String>>::new();
    for (from, to, _) in each(arrows).filter(|(from, to, _)| !excused(from, to)) {
        graph.entry(from.to_owned()).or_default().insert(to.to_owned());
    }
    let mut faults: Vec<String> = circles(&graph).iter().map(|circle| described(circle, arrows)).collect();
    for (a, b, _) in table.circles {
        let arrow = each(arrows).find(|(from, to, _)| module_of(from) == *a && module_of(to) == *b);
        let closes = arrow.is_some_and(|(from, to, _)| {
            let mut graph = graph.clone();
            graph.entry(from.to_owned()).or_default().insert(to.to_owned());
            circles(&graph).iter().any(|circle| circle.contains(from) && circle.contains(to))
        });
        if !closes {
            faults.push(format!("tests/structure/table.rs: the arrow `{a}` to `{b}` closes no circle: remove it"));
        }
    }
    faults
}

fn described(circle: &BTreeSet<String>, arrows: &Arrows) -> String {
    let inside = each(arrows).filter(|(from, to, _)| circle.contains(*from) && circle.contains(*to));
    let lines: Vec<String> =
        inside.map(|(from, to, why)| format!("    {from}:{} names `{}` of {to}", why.line, why.named)).collect();
    let first = lines[0].trim_start().split(' ').next().unwrap_or_default();
    format!(
        "{first}: {} files know each other in a circle; move what both sides need into a file below them:\n{}",
        circle.len(),
        lines.join("\n")
    )
}

fn each(arrows: &Arrows) -> impl Iterator<Item = (&str, &str, &Why)> {
    arrows.iter().flat_map(|(from, to)| to.iter().map(move |(to, why)| (from.as_str(), to.as_str(), why)))
}

#[cfg(test)]
const TABLE: Table<'_> = Table {
    layers: &[&["top"], &["left", "right"], &["low"]],
    strangers: &[("top", "low::secret", "it is a secret")],
    exceptions: &[],
    circles: &[],
};

/// A tree that keeps [`TABLE`], with one more line in a file.
#[cfg(test)]
fn tree_with(path: &str, line: &str) -> Tree {
    let mut texts = vec![
        ("src/lib.rs", String::new()),
        ("src/top.rs", "use crate::left::L; use crate::low::W;".to_owned()),
        ("src/left.rs", "use crate::low::W; pub struct L;".to_owned()),
        ("src/right.rs", "pub struct R;".to_owned()),
        ("src/low.rs", "mod secret; pub struct W;".to_owned()),
        ("src/low/secret.rs", "pub struct S;".to_owned()),
    ];
    match texts.iter_mut().find(|(known, _)| *known == path) {
        Some((_, text)) => text.push_str(&format!("\n{line}")),
        None => texts.push((path, line.to_owned())),
    }
    Tree::of(texts.iter().map(|(path, text)| (*path, text.as_str())))
}

#[cfg(test)]
fn faults_between_modules(path: &str, line: &str, table: &Table<'_>) -> Vec<String> {
    let tree = tree_with(path, line);
    between_modules(&tree, &super::arrows::arrows(&tree), table)
}

#[test]
fn an_arrow_up_or_to_the_side_is_found() {
    let none = faults_between_modules("src/lib.rs", "", &TABLE);
    assert!(none.is_empty(), "{none:?}");
    for (path, line, expected) in [
        (
            "src/low.rs",
            "use crate::top::X;",
            "src/low.rs:2: `crate::top::X` leads to src/top.rs, but `top` is above `low`",
        ),
        (
            "src/low/secret.rs",
            "fn f() { crate::left::L }",
            "src/low/secret.rs:2: `crate::left::L` leads to src/left.rs",
        ),
        ("src/left.rs", "use crate::right::R;", "`left` and `right` are of one layer"),
        ("src/top.rs", "use crate::low::secret::S;", "`top` must not know `low::secret`: it is a secret"),
        ("src/more.rs", "", "src/more.rs:1: `more` has no layer"),
    ] {
        let found = faults_between_modules(path, line, &TABLE);
        assert!(found.len() == 1 && found[0].contains(expected), "{line}: {found:?}");
    }
}

#[test]
fn an_exception_excuses_its_arrow_and_must_be_needed() {
    let table = Table { exceptions: &[("low", "top", "not yet")], ..TABLE };
    assert!(faults_between_modules("src/low.rs", "use crate::top::X;", &table).is_empty());
    let found = faults_between_modules("src/lib.rs", "", &table);
    assert!(found[0].contains("exception 1, `low` to `top`, isn't needed"), "{found:?}");
}

#[test]
fn a_word_of_the_table_without_a_module_is_found() {
    let table = Table { layers: &[&["top"], &["left", "right", "gone"], &["low"]], ..TABLE };
    let found = faults_between_modules("src/lib.rs", "", &table);
    assert!(found.len() == 1 && found[0].contains("there is no module `gone`"), "{found:?}");
}

#[test]
fn a_circle_of_files_is_found() {
    let tree = Tree::of([
        ("src/lib.rs", "mod a;"),
        ("src/a.rs", "mod b; mod c; mod d; pub use c::C; fn f(_: b::B) { d::D }"),
        ("src/a/b.rs", "use super::C; pub struct B;"),
        ("src/a/c.rs", "pub struct C;\nfn g() { super::f() }"),
        ("src/a/d.rs", "pub struct D;"),
    ]);
    let arrows = super::arrows::arrows(&tree);
    let found = between_files(&arrows, &TABLE);
    assert!(found.len() == 1, "{found:?}");
    assert!(found[0].starts_with("src/a.rs:1: 3 files know each other in a circle"), "{found:?}");
    assert!(found[0].contains("src/a/c.rs:2 names `super::f` of src/a.rs"), "{found:?}");
    let excused = Table { circles: &[("a::c", "a", "not yet")], ..TABLE };
    assert!(between_files(&arrows, &excused).is_empty());
    let needless = Table { circles: &[("a::c", "a", "not yet"), ("a", "a::d", "why not")], ..TABLE };
    let found = between_files(&arrows, &needless);
    assert!(found.len() == 1 && found[0].contains("`a` to `a::d` closes no circle"), "{found:?}");
}

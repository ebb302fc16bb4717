//! The declarations of keys, each tested without being named: a key that is added is covered by itself.

use super::key::{About, Served, Shape, What};
use super::*;

/// What a generated file says of one key.
#[derive(Clone, Copy, PartialEq)]
enum Say {
    /// A value that is not the default.
    Other,
    Nothing,
    /// Its default, written out.
    Default,
}

/// A file with every key, each set as `say` wants it by its path.
fn file(say: &dyn Fn(&str) -> Say) -> String {
    format!("{}\n", map("", file::keys(), say))
}

fn map(path: &str, keys: &[About], say: &dyn Fn(&str) -> Say) -> String {
    let mut entries = Vec::new();
    for key in keys {
        let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        let value = match (say(&path), &key.default) {
            (Say::Nothing, _) => continue,
            (Say::Default, Some(default)) => units::written(default, &key.shape),
            _ => value(&path, &key.shape, key.default.as_ref(), say),
        };
        entries.push(format!("{}: {value}", key.name));
    }
    format!("{{{}}}", entries.join(", "))
}

/// A value of this shape that is not its default.
fn value(path: &str, shape: &Shape, default: Option<&What>, say: &dyn Fn(&str) -> Say) -> String {
    match (shape, default) {
        (Shape::Map(keys), _) => map(path, keys, say),
        (Shape::Table { of, .. }, _) => format!("{{a: {}}}", value(&format!("{path}.*"), of, None, say)),
        (Shape::List { of, .. }, _) => format!("[{}]", value(&format!("{path}[]"), of, None, say)),
        (Shape::Bool, default) => (default != Some(&What::Bool(true))).to_string(),
        (Shape::Size { .. }, Some(What::Whole(bytes))) => units::size_text(bytes * 2),
        (Shape::Count { .. }, Some(What::Whole(number))) => (number + 1).to_string(),
        (Shape::Count { min, .. }, _) => (min + 1).to_string(),
        (Shape::Number { .. }, _) => "0.5".into(),
        (Shape::Word(words), _) => words[words.len() / 2].into(),
        (Shape::Duration | Shape::Pause, _) => "13h".into(),
        (Shape::Within, _) => "13h business".into(),
        (Shape::Scale, _) => "[2, 9]".into(),
        (Shape::Address, _) => "127.0.0.1:1".into(),
        (Shape::Host, _) => "day90.example.com".into(),
        (Shape::Url, _) => "https://example.com/".into(),
        (Shape::Link, _) => "\"https://example.com/?of={system}\"".into(),
        (Shape::Moment | Shape::Date, _) => "2001-02-03".into(),
        (Shape::Hours, _) => "Mon 09:00-17:00".into(),
        (Shape::Timezone, _) => "Europe/Paris".into(),
        (Shape::Currency, _) => "EUR".into(),
        (Shape::Permissions, _) => "\"0600\"".into(),
        (Shape::Program, _) => ".".into(),
        (Shape::Size { .. } | Shape::Pem | Shape::Bcrypt, _) => panic!("{path}: say here what to write"),
        (Shape::Name | Shape::Slug | Shape::Text { .. } | Shape::File | Shape::Pattern, _) => "other".into(),
    }
}

/// Every effect that a file has: flags, rules and places aside.
fn effective(text: &str) -> String {
    let (config, problems) = read(text);
    let strange: Vec<String> =
        problems.iter().map(ToString::to_string).filter(|problem| !problem.contains(": is missing")).collect();
    assert!(strange.is_empty(), "{strange:#?}\n{text}");
    let Config { server, limits, metrics, auth, sources, mappings, default_system, model, .. } = config;
    format!("{server:?}{limits:?}{metrics:?}{auth:?}{sources:?}{mappings:?}{default_system:?}{model:?}")
}

fn read(text: &str) -> (Config, Problems) {
    let mut problems = Problems::of("generated");
    let root = node::parse(text, &mut problems);
    let mut reader = read::Reader::new(&mut problems, Path::new(""));
    let (_, file) = reader.document(root.as_deref(), &file::FORM);
    let unserved = std::mem::take(&mut reader.unserved);
    (Config { unserved, ..Config::of(file, &Overrides::default()) }, problems)
}

#[test]
fn every_key_has_an_effect() {
    let all = effective(&file(&|_| Say::Other));
    for (path, key) in every_key() {
        // Of a single word, none is other than the default.
        if matches!(key.shape, Shape::Word([_])) {
            continue;
        }
        let without = effective(&file(&|other| if other == path { Say::Nothing } else { Say::Other }));
        assert!(all != without, "{path} has no effect: whether it is set or not, the configuration is the same");
    }
}

#[test]
fn an_absent_key_means_its_default() {
    let mut elsewhere = Vec::new();
    for (path, _) in every_key().into_iter().filter(|(_, key)| key.default.is_some()) {
        let with = |say| effective(&file(&|other| if other == path { say } else { Say::Other }));
        if with(Say::Nothing) != with(Say::Default) {
            elsewhere.push(path);
        }
    }
    // These are stored as they were written; whoever reads them takes an absent one for the default.
    let expected = ["systems.*.timezone", "systems.*.rollback.within", "systems.*.objectives.false_pages_per_month"];
    assert_eq!(elsewhere, expected);
}

#[test]
fn every_example_is_in_its_form() {
    for (path, key) in every_key().iter().filter(|(_, key)| !key.shape.is_collection() || !key.example.is_empty()) {
        let mut problems = Problems::of("example");
        let root = node::parse(key.example, &mut problems).unwrap_or_else(|| panic!("{path} has no example"));
        let mut reader = read::Reader::new(&mut problems, Path::new(""));
        assert!(reader.value(&root, &key.shape).is_some(), "{path}: {}\n{problems}", key.example);
    }
}

#[test]
fn every_key_is_explained() {
    for (path, key) in every_key() {
        assert!(key.help.ends_with(['.', ')']), "{path}: {}", key.help);
    }
}

#[test]
fn what_is_set_and_not_served_is_noted() {
    let declared: Vec<String> = every_key()
        .into_iter()
        .filter(|(_, key)| key.served != Served::Yes)
        .map(|(path, _)| path.replace('*', "a"))
        .collect();
    assert!(!declared.is_empty());
    let (config, _) = read(&file(&|_| Say::Other));
    let noted: Vec<&str> = config.unserved.iter().map(|unserved| unserved.key.as_str()).collect();
    assert_eq!(noted, declared);
    let empty = "sources: {files: [], webhooks: {}}";
    assert!(read(empty).0.unserved.is_empty(), "nothing is asked for");
}

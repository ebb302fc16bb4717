//! What is made from the table of keys, and the files that ship: each is held to the code.

use std::fs;

use super::super::form::{Form, Key};
use super::*;
use crate::event::ChangeKind;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_documentation_is_made_from_the_table() {
    let path = repository("docs/configuration.md");
    let page = docs::markdown();
    if std::env::var_os("DAY90_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/configuration.md is out of date; run DAY90_BLESS=1 cargo test --lib config");
}

#[test]
fn the_example_is_a_whole_configuration_without_a_problem() {
    let path = repository("deploy/day90.example.yaml");
    let config = load(Some(&path), &Overrides::default(), NOW).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.warnings.to_string(), "");
    let system = &config.model.systems["refund-agent"];
    assert!(system.owner.is_some() && system.rollback.is_some() && system.maintenance.is_some());
    assert!(!system.boundaries.is_empty() && !system.review_queues.is_empty() && !system.inputs.is_empty());
    assert_eq!(system.exception_path.routes.last().map(|route| route.reason.as_str()), Some("*"));
}

#[test]
fn every_key_stands_in_the_contracts_example() {
    let example = include_str!("../../../tests/data/config/contract.yaml");
    let absent: Vec<String> = every_key(keys::ROOT)
        .iter()
        .filter(|key| !example.contains(&format!("{}:", key.name)))
        .map(|key| key.name.to_owned())
        .collect();
    assert_eq!(absent, ["data", "code"], "approvers of the two other kinds of change are the only addition");
}

#[test]
fn every_kind_of_change_can_have_approvers() {
    let problems = check(&format!(
        "systems: {{a: {{changes: {{approvers: {{{}}}}}}}}}",
        ChangeKind::WORDS.iter().map(|kind| format!("{kind}: [x]")).collect::<Vec<_>>().join(", ")
    ));
    assert_eq!(problems.1.to_string(), "");
    assert_eq!(problems.0.expect("believed").model.systems["a"].changes.approvers.len(), ChangeKind::ALL.len());
}

#[test]
fn the_defaults_of_the_table_are_those_of_the_code() {
    let mut text = String::new();
    for section in keys::ROOT.iter().filter(|key| ["server", "limits", "metrics"].contains(&key.name)) {
        let Form::Map(keys) = section.form else { panic!("{} is a map", section.name) };
        text.push_str(&format!("{}:\n", section.name));
        for key in keys.iter().filter(|key| !key.default.is_empty()) {
            text.push_str(&format!("  {}: {}\n", key.name, key.default));
        }
    }
    let written = believed(&text);
    assert_eq!((written.server, written.limits), (Server::default(), Limits::default()));
    assert_eq!(written.metrics, Metrics::default());

    let system = "systems: {a: {timezone: UTC, owner: {name: o, contact: c, attest_every: 90d}, changes: {failure_window: 1d}, \
                  trust: {rating_scale: [1, 5], durable_after: 7d}}}";
    let silent = "systems: {a: {owner: {name: o, contact: c}}}";
    let (mut written, silent) = (Model::clone(&believed(system).model), believed(silent).model);
    let zone = std::mem::take(&mut written.systems.get_mut("a").expect("declared").timezone);
    assert_eq!(zone, "UTC", "empty means that");
    assert_eq!(written, *silent);
}

#[test]
fn every_default_and_example_of_the_table_is_in_its_form() {
    for key in every_key(keys::ROOT) {
        for written in [key.default, key.example].into_iter().filter(|written| !written.is_empty()) {
            let mut problems = Problems::of("table");
            let root = node::parse(&format!("{}: {written}\n", key.name), &mut problems);
            let mut reader = read::Reader::new(&mut problems, NOW);
            let single: &'static [Key] = std::slice::from_ref(key);
            let settings = reader.document(root.as_deref(), single);
            assert!(settings.has(key.name), "{}: {written}\n{problems}", key.name);
        }
    }
}

#[test]
fn the_schema_describes_every_key_and_refuses_others() {
    let schema = schema::json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let owner = &schema["properties"]["systems"]["additionalProperties"]["properties"]["owner"];
    assert_eq!(owner["required"], serde_json::json!(["name", "contact"]));
    assert_eq!(owner["additionalProperties"], false);
    assert_eq!(schema["properties"]["limits"]["properties"]["memory"]["default"], "256MiB");
    let modes = &schema["properties"]["systems"]["additionalProperties"]["properties"]["boundaries"];
    assert_eq!(
        modes["additionalProperties"]["properties"]["mode"]["enum"],
        serde_json::json!(["never", "escalate", "suggest", "decide"])
    );
    for key in every_key(keys::ROOT) {
        assert!(!key.help.is_empty(), "{} has no description", key.name);
    }
}

fn every_key(keys: &'static [Key]) -> Vec<&'static Key> {
    let mut all = Vec::new();
    for key in keys {
        all.push(key);
        if let Form::Map(inner) | Form::Table { of: Form::Map(inner), .. } | Form::List { of: Form::Map(inner), .. } =
            &key.form
        {
            all.extend(every_key(inner));
        }
    }
    all
}

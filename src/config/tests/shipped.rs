//! What is made from the declared keys, and the files that ship: each agrees with the code.

use std::fs;

use super::*;
use crate::event::ChangeKind;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_documentation_is_made_from_the_declarations() {
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
    let config = load(Some(&path), &Overrides::default(), &given()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.warnings.to_string(), "");
    let system = &config.model.systems["refund-agent"];
    assert!(system.owner.is_some() && system.rollback.is_some() && system.maintenance.is_some());
    assert!(!system.boundaries.is_empty() && !system.review_queues.is_empty() && !system.inputs.is_empty());
    assert_eq!(system.exception_path.routes.last().map(|route| route.reason.as_str()), Some("*"));
}

#[test]
fn every_key_is_in_the_contracts_example() {
    let example = include_str!("../../../tests/data/config/contract.yaml");
    let keys = every_key().into_iter().map(|(_, key)| key.name);
    let absent: Vec<&str> = keys.filter(|name| !example.contains(&format!("{name}:"))).collect();
    let answers = ["gzip", "native_histograms", "created", "buckets"];
    let severities = ["low", "normal", "high"];
    let expected = [&answers[..], &severities, &severities, &["code"]].concat();
    assert_eq!(absent, expected, "metrics \"as before\", the other severities, and another kind of change");
}

#[test]
fn every_kind_of_change_can_have_approvers() {
    let problems = check(&format!(
        "systems: {{a: {{changes: {{approvers: {{{}}}}}}}}}",
        ChangeKind::WORDS.iter().map(|kind| format!("{kind}: [x]")).collect::<Vec<_>>().join(", ")
    ));
    assert_eq!(problems.1.to_string(), "");
    assert_eq!(problems.0.expect("valid").model.systems["a"].changes.approvers.len(), ChangeKind::ALL.len());
}

#[test]
fn the_schema_describes_every_key_and_refuses_others() {
    let schema = schema::json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let owner = &schema["properties"]["systems"]["additionalProperties"]["properties"]["owner"];
    assert_eq!(owner["required"], serde_json::json!(["name", "contact"]));
    assert_eq!(owner["additionalProperties"], false);
    assert_eq!(schema["properties"]["limits"]["properties"]["memory"]["default"], "256MiB");
    let gzip = &schema["properties"]["metrics"]["properties"]["gzip"];
    assert_eq!((&gzip["default"], &gzip["examples"][0]), (&serde_json::json!(true), &serde_json::json!(true)));
    let modes = &schema["properties"]["systems"]["additionalProperties"]["properties"]["boundaries"];
    assert_eq!(
        modes["additionalProperties"]["properties"]["mode"]["enum"],
        serde_json::json!(["never", "escalate", "suggest", "decide"])
    );
}

//! The printed contracts are JSON Schemas, and mean what they should: judged by Python's jsonschema, which day90 has
//! nothing to do with.
//!
//! `tests/run` installs it in target/python; `DAY90_PYTHON` names another interpreter that has jsonschema and PyYAML.

use std::process::Command;

use crate::harness::events::lines;
use crate::harness::{Dir, event, one_of_each, repository, run};

const JUDGE: &str = r#"
import json, sys, yaml
from jsonschema import Draft202012Validator, validators

class Core(yaml.SafeLoader):
    "YAML 1.2 knows no dates."
Core.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
schema = json.load(open(sys.argv[1]))
judge = validators.validator_for(schema, default=Draft202012Validator)
judge.check_schema(schema)
text = open(sys.argv[2]).read()
documents = [json.loads(line) for line in text.splitlines()] if sys.argv[2].endswith("ndjson") else [yaml.load(text, Core)]
for number, document in enumerate(documents, 1):
    errors = [error.message for error in judge(schema).iter_errors(document)]
    print(number, "valid" if not errors else "invalid: " + "; ".join(errors)[:300])
"#;

/// For each document of a file, whether it is valid and why not.
fn judge(contract: &str, file: &std::path::Path) -> Vec<String> {
    let dir = Dir::new();
    let schema = dir.write("schema.json", run(&["schema", contract]).stdout);
    let python = std::env::var("DAY90_PYTHON").map_or_else(|_| repository("target/python/bin/python"), Into::into);
    let judged = Command::new(&python).args(["-c", JUDGE]).args([&schema, file]).output();
    let judged = judged.unwrap_or_else(|error| {
        panic!("{}: {error}. tests/run installs it; or set DAY90_PYTHON", python.display());
    });
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    String::from_utf8_lossy(&judged.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn one_event_of_each_type_is_valid() {
    let verdicts = judge("events", &repository("tests/data/events/one-of-each.ndjson"));
    assert_eq!(verdicts.len(), one_of_each().len());
    for verdict in verdicts {
        assert!(verdict.ends_with(" valid"), "{verdict}");
    }
}

#[test]
fn wrong_events_are_not() {
    let wrong = [
        event("task.complete"),
        event("fallback.ended").without("type"),
        event("escalation.opened"),
        event("task.completed").with("action", "a").with("outcome", "done").with("mode", "decide"),
        event("fallback.ended").with("system", "Refund Agent"),
        event("review.completed").with("case", "c").with("decision", "edited").with("edit_ratio", 2),
        event("drill.completed").with("path", "exception").with("result", "passed").with("seconds", -1),
    ];
    let dir = Dir::new();
    let verdicts = judge("events", &dir.write("wrong.ndjson", lines(&wrong)));
    assert_eq!(verdicts.len(), wrong.len());
    for (verdict, event) in verdicts.iter().zip(&wrong) {
        assert!(verdict.contains(" invalid: "), "{event}");
    }
    assert_eq!(one_of_each().len(), day90::event::Kind::ALL.len());
}

#[test]
fn the_example_configuration_is_valid_and_a_misspelt_one_is_not() {
    let example = repository("deploy/day90.example.yaml");
    assert_eq!(judge("config", &example), ["1 valid"]);
    let text = std::fs::read_to_string(example).unwrap();
    let dir = Dir::new();
    for (right, wrong) in [("attest_every", "atest_every"), ("mode: decide", "mode: decides"), ("90d", "90 days")] {
        assert!(text.contains(right));
        let verdict = judge("config", &dir.write("wrong.yaml", text.replace(right, wrong)));
        assert!(verdict[0].contains("invalid"), "{wrong}: {verdict:?}");
    }
}

//! The JSON Schema of a report: docs/preflight.schema.json.

use serde_json::{Value, json};

use super::check::{Stage, Status};
use super::checklist::{ITEMS, NAMES};
use super::verdict::Verdict;

/// The schema of the JSON, draft 2020-12.
pub fn json_schema() -> Value {
    let mut schema = object(json!({
        "generated": {"type": "string", "format": "date-time", "description": "When the checklist was graded."},
        "systems": {"type": "array", "items": system_schema()},
    }));
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("day90 preflight, version 2");
    schema["description"] =
        json!("The checklist graded: what GET /api/v1/preflight and day90 preflight --format json say.");
    schema
}

fn system_schema() -> Value {
    object(json!({
        "system": {"type": "string", "pattern": "^[a-z0-9._-]{1,64}$"},
        "verdict": {"enum": Verdict::WORDS, "description": "operated: nothing that is asked fails. not_launched: the \
            launch lies ahead. Without a daemon the verdict is about the file: declared or not_declared."},
        "ratio": {"type": ["number", "null"], "minimum": 0, "maximum": 1,
            "description": "The part that passes of the checks that pass or fail; null when there are none."},
        "items": {"type": "array", "minItems": ITEMS.len(), "maxItems": ITEMS.len(), "items": item_schema()},
    }))
}

fn item_schema() -> Value {
    object(json!({
        "item": {"enum": NAMES, "description": "A line or a question of the checklist."},
        "checks": {"type": "array", "minItems": 1, "items": check_schema()},
    }))
}

fn check_schema() -> Value {
    object(json!({
        "check": {"type": "string", "pattern": "^[a-z_]+$", "description": "The name of the check within its item."},
        "stage": {"enum": Stage::WORDS, "description": "How far the check goes; each stage includes those before it."},
        "status": {"enum": Status::WORDS, "description": "Only pass and fail count in a ratio. too_early: nothing can \
            have made it pass since the launch. not_asked: the launch lies ahead. not_applicable: somebody declared so."},
        "evidence": {"type": "string", "description": "What the result is based on: numbers, dates, names; from when it \
            is asked; who said that it doesn't apply, why, and until when."},
        "next": {"type": ["string", "null"], "description": "What to do; null unless the check fails."},
    }))
}

/// An object that has exactly these properties.
fn object(properties: Value) -> Value {
    let required: Vec<String> = properties.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

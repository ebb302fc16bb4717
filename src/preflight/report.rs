//! [`Report`]: the graded checklist, its JSON, and the JSON Schema of that (docs/preflight.schema.json).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Item, Stage};

/// The checklist of every system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// RFC 3339.
    pub generated: String,
    pub systems: Vec<SystemReport>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemReport {
    pub system: String,
    /// Passed checks of all checks.
    pub ratio: f64,
    pub items: Vec<ItemReport>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemReport {
    pub item: Item,
    pub checks: Vec<Check>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub check: Cow<'static, str>,
    pub stage: Stage,
    pub pass: bool,
    /// What it rests on: numbers, dates, which.
    pub evidence: String,
    /// What to do; null when it passes.
    pub next: Option<String>,
}

impl Report {
    /// Checks up to a stage that fail, over all systems.
    pub fn failed(&self, require: Stage) -> usize {
        let checks = self.systems.iter().flat_map(SystemReport::checks);
        checks.filter(|check| !check.pass && check.stage <= require).count()
    }

    /// The JSON that `GET /api/v1/preflight` answers.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a report is plain data") + "\n"
    }
}

impl SystemReport {
    pub(super) fn new(system: &str, items: Vec<ItemReport>) -> SystemReport {
        let mut report = SystemReport { system: system.to_owned(), ratio: 0.0, items };
        report.ratio = ratio(report.checks());
        report
    }

    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.items.iter().flat_map(|item| &item.checks)
    }
}

impl ItemReport {
    pub fn ratio(&self) -> f64 {
        ratio(self.checks.iter())
    }
}

fn ratio<'a>(checks: impl Iterator<Item = &'a Check>) -> f64 {
    let (passed, all) = checks.fold((0_u32, 0_u32), |(passed, all), check| (passed + u32::from(check.pass), all + 1));
    f64::from(passed) / f64::from(all.max(1))
}

/// The schema of the JSON, draft 2020-12.
pub fn json_schema() -> Value {
    let object = |properties: Value| {
        let required: Vec<String> = properties.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
        json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
    };
    let check = object(json!({
        "check": {"type": "string", "pattern": "^[a-z_]+$", "description": "The name of the check within its item."},
        "stage": {"enum": Stage::WORDS, "description": "How far the check goes; each stage includes those before it."},
        "pass": {"type": "boolean"},
        "evidence": {"type": "string", "description": "What the result rests on: numbers, dates, which."},
        "next": {"type": ["string", "null"], "description": "What to do; null when the check passes."},
    }));
    let item = object(json!({
        "item": {"enum": Item::WORDS, "description": "A line or a question of the checklist."},
        "checks": {"type": "array", "minItems": 1, "items": check},
    }));
    let system = object(json!({
        "system": {"type": "string", "pattern": "^[a-z0-9._-]{1,64}$"},
        "ratio": {"type": "number", "minimum": 0, "maximum": 1, "description": "Passed checks of all checks."},
        "items": {"type": "array", "minItems": Item::ALL.len(), "maxItems": Item::ALL.len(), "items": item},
    }));
    let mut schema = object(json!({
        "generated": {"type": "string", "format": "date-time", "description": "When the checklist was graded."},
        "systems": {"type": "array", "items": system},
    }));
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("day90 preflight, version 1");
    schema["description"] =
        json!("The checklist graded: what GET /api/v1/preflight and day90 preflight --format json say.");
    schema
}

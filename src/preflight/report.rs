//! [`Report`]: the graded checklist, its JSON, and the JSON Schema of that (docs/preflight.schema.json).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check::{Check, Judge, Judged, Stage};
use super::checklist::{self, ITEMS, Item, NAMES};
use super::subject::Subject;

/// The graded checklist of every system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// RFC 3339.
    pub generated: String,
    pub systems: Vec<SystemReport>,
}

/// One system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemReport {
    pub system: String,
    /// The part of its checks that pass, from 0 to 1.
    pub ratio: f64,
    pub items: Vec<ItemReport>,
}

/// One line or question of the checklist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemReport {
    #[serde(with = "checklist")]
    pub item: &'static Item,
    pub checks: Vec<CheckReport>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    pub check: Cow<'static, str>,
    pub stage: Stage,
    pub pass: bool,
    /// What the result is based on: numbers, dates, names.
    pub evidence: String,
    /// What to do; `None` if it passes.
    pub next: Option<String>,
}

impl Report {
    /// The number of failing checks up to a stage, over all systems.
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
    /// Grades one system.
    pub(super) fn of(subject: &Subject<'_>) -> SystemReport {
        SystemReport::new(subject.name, items(subject, Judge { explain: true }))
    }

    pub(super) fn new(system: &str, items: Vec<ItemReport>) -> SystemReport {
        let mut report = SystemReport { system: system.to_owned(), ratio: 0.0, items };
        report.ratio = ratio(report.checks());
        report
    }

    pub fn checks(&self) -> impl Iterator<Item = &CheckReport> {
        self.items.iter().flat_map(|item| &item.checks)
    }
}

impl ItemReport {
    pub fn ratio(&self) -> f64 {
        ratio(self.checks.iter())
    }
}

/// Grades every item of the checklist.
pub(super) fn items(subject: &Subject<'_>, judge: Judge) -> Vec<ItemReport> {
    let graded = |check: &'static Check| {
        let Judged { pass, evidence, next } = check.judge(subject, judge)?;
        Some(CheckReport { check: check.name.into(), stage: check.stage(), pass, evidence, next })
    };
    ITEMS.iter().map(|item| ItemReport { item, checks: item.checks().iter().filter_map(graded).collect() }).collect()
}

fn ratio<'a>(checks: impl Iterator<Item = &'a CheckReport>) -> f64 {
    let (passed, all) = checks.fold((0_u32, 0_u32), |(passed, all), check| (passed + u32::from(check.pass), all + 1));
    f64::from(passed) / f64::from(all.max(1))
}

/// The schema of the JSON, draft 2020-12.
pub fn json_schema() -> Value {
    let mut schema = object(json!({
        "generated": {"type": "string", "format": "date-time", "description": "When the checklist was graded."},
        "systems": {"type": "array", "items": system_schema()},
    }));
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("day90 preflight, version 1");
    schema["description"] =
        json!("The checklist graded: what GET /api/v1/preflight and day90 preflight --format json say.");
    schema
}

fn system_schema() -> Value {
    let item = object(json!({
        "item": {"enum": NAMES, "description": "A line or a question of the checklist."},
        "checks": {"type": "array", "minItems": 1, "items": check_schema()},
    }));
    object(json!({
        "system": {"type": "string", "pattern": "^[a-z0-9._-]{1,64}$"},
        "ratio": {"type": "number", "minimum": 0, "maximum": 1, "description": "The part of its checks that pass."},
        "items": {"type": "array", "minItems": NAMES.len(), "maxItems": NAMES.len(), "items": item},
    }))
}

fn check_schema() -> Value {
    object(json!({
        "check": {"type": "string", "pattern": "^[a-z_]+$", "description": "The name of the check within its item."},
        "stage": {"enum": Stage::WORDS, "description": "How far the check goes; each stage includes those before it."},
        "pass": {"type": "boolean"},
        "evidence": {"type": "string", "description": "What the result is based on: numbers, dates, names."},
        "next": {"type": ["string", "null"], "description": "What to do; null when the check passes."},
    }))
}

/// An object that has exactly these properties.
fn object(properties: Value) -> Value {
    let required: Vec<String> = properties.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

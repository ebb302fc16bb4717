//! The JSON Schema of the event contract, made from its table: nothing here names a type.

use serde_json::{Map, Value, json};

use super::body::Kind;
use super::fixed::Fixed;
use super::json::cloudevents::TYPE_PREFIX;
use super::kinds::{COMMON, COUNT_MAX, EventType, Form, IDENTIFIER_BYTES, NAME_BYTES, SOURCE_BYTES, Spec, TABLE};
use super::money;
use super::words::{ChangeKind, Signal, Thumb};

/// Draft 2020-12, both spellings; `day90 schema events` prints it. It knows no clock, no declared rating scale and no
/// bytes (it counts characters), so it accepts a little more than the daemon does. What the daemon takes and repairs isn't
/// valid here, but for integers as identifiers: a sender that is held to the schema needs no repair.
pub fn json_schema() -> Value {
    let short: Vec<Value> = TABLE.iter().map(|row| when_type(row.kind.as_str(), short_rules(row))).collect();
    let cloud: Vec<Value> =
        TABLE.iter().map(|row| when_type(&format!("{TYPE_PREFIX}{}", row.kind), cloud_rules(row))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "day90 event, version 2",
        "description": "One event: the short form, or CloudEvents 1.0 when it has a specversion. Unknown fields are \
                        ignored and counted; null is as good as absent where a field is optional. day90 also takes and \
                        repairs a few things that are not valid here, and counts them in day90_events_repaired_total.",
        "type": "object",
        "if": {"required": ["specversion"], "properties": {"specversion": {"not": {"type": "null"}}}},
        "then": {"$ref": "#/$defs/cloudevents"},
        "else": {"$ref": "#/$defs/short"},
        "$defs": {
            "short": {
                "type": "object",
                "required": ["type"],
                "properties": with(properties(COMMON), "type", json!({"enum": Kind::WORDS})),
                "allOf": short,
            },
            "cloudevents": {
                "type": "object",
                "required": ["specversion", "type", "id", "source"],
                "properties": {
                    "specversion": {"const": "1.0"},
                    "type": {"enum": prefixed()},
                    "id": schema(Form::Identifier),
                    "source": schema(Form::Text(SOURCE_BYTES)),
                    "time": optional(schema(Form::Time)),
                    "subject": optional(schema(Form::Identifier)),
                    "datacontenttype": {"type": ["string", "null"]},
                    "data": {"type": ["object", "string", "null"]},
                    "data_base64": {"type": ["string", "null"], "contentEncoding": "base64"},
                },
                "allOf": cloud,
            },
        },
    })
}

fn prefixed() -> Vec<String> {
    Kind::WORDS.iter().map(|word| format!("{TYPE_PREFIX}{word}")).collect()
}

fn when_type(word: &str, then: Value) -> Value {
    json!({"if": {"required": ["type"], "properties": {"type": {"const": word}}}, "then": then})
}

fn short_rules(row: &EventType) -> Value {
    let mut rules = rules(row, |_| true);
    rules["title"] = row.kind.as_str().into();
    rules["description"] = format!("{} Feeds {}.", row.meaning, row.feeds).into();
    rules
}

/// The case may come from the subject; `data` holds the rest.
fn cloud_rules(row: &EventType) -> Value {
    let mut data = rules(row, |spec| spec.field != "case");
    // The others are attributes.
    let in_data = |spec: &&Spec| !matches!(spec.field, "id" | "source" | "time");
    let common: Vec<Spec> = COMMON.iter().filter(in_data).copied().collect();
    if let Some(own) = data["properties"].as_object_mut() {
        for (name, property) in properties(&common) {
            own.entry(name).or_insert(property);
        }
    }
    let mut rules = json!({"properties": {"data": data}});
    if row.fields.iter().any(|spec| spec.required && spec.field != "case") {
        rules["anyOf"] = json!([{"required": ["data"]}, {"required": ["data_base64"]}]);
    }
    if row.fields.iter().any(|spec| spec.required && spec.field == "case") {
        // Of data that is JSON text, a schema sees nothing.
        let inside = json!({"required": ["data"], "properties": {"data": {"required": ["case"]}}});
        rules["allOf"] = json!([{"anyOf": [{"required": ["subject"]}, inside, {"required": ["data_base64"]}]}]);
    }
    rules
}

fn rules(row: &EventType, is_required_here: impl Fn(&Spec) -> bool) -> Value {
    let required: Vec<&str> =
        row.fields.iter().filter(|spec| spec.required && is_required_here(spec)).map(|spec| spec.field).collect();
    let mut rules = json!({"required": required, "properties": properties(row.fields)});
    let has =
        |form: Form, is_required: bool| row.fields.iter().any(|spec| spec.form == form && spec.required == is_required);
    if has(Form::Feedback, false) {
        rules["allOf"] = feedback();
    }
    if has(Form::Amount, false) {
        rules["allOf"] = both_or_neither("cost", "currency");
    }
    if matches!(row.kind, Kind::ChangeApproved | Kind::ChangeFailed) {
        rules["anyOf"] = json!([present(&["change"]), present(&["kind", "version"])]);
    }
    rules
}

/// These fields are there.
fn present(fields: &[&str]) -> Value {
    let not_null: Map<String, Value> =
        fields.iter().map(|field| (field.to_string(), json!({"not": {"type": "null"}}))).collect();
    json!({"required": fields, "properties": not_null})
}

/// Two optional fields of which neither means anything alone.
fn both_or_neither(one: &str, other: &str) -> Value {
    let together = |one: &str, other: &str| json!({"if": present(&[one]), "then": present(&[other])});
    json!([together(one, other), together(other, one)])
}

/// Which signals have a value, and which.
fn feedback() -> Value {
    let signal = |signal: Signal| json!({"required": ["signal"], "properties": {"signal": {"const": signal.as_str()}}});
    let value = |value: Value| json!({"required": ["value"], "properties": {"value": value}});
    json!([
        {"if": signal(Signal::Thumbs), "then": value(json!({"enum": Thumb::WORDS}))},
        {"if": signal(Signal::Rating), "then": value(json!({"type": "number"}))},
    ])
}

fn properties(specs: &[Spec]) -> Map<String, Value> {
    let property = |spec: &Spec| {
        let mut value = if spec.required { schema(spec.form) } else { optional(schema(spec.form)) };
        value["description"] = spec.meaning.into();
        (spec.field.to_string(), value)
    };
    specs.iter().map(property).collect()
}

fn with(mut properties: Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    properties.insert(name.to_string(), value);
    properties
}

fn optional(schema: Value) -> Value {
    match schema {
        Value::Object(empty) if empty.is_empty() => Value::Object(empty),
        schema => json!({"anyOf": [schema, {"type": "null"}]}),
    }
}

fn schema(form: Form) -> Value {
    /// No C0, DEL or C1.
    const NO_CONTROLS: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";
    match form {
        Form::Name => schema(Form::Text(NAME_BYTES)),
        Form::Identifier => json!({"anyOf": [schema(Form::Text(IDENTIFIER_BYTES)), {"type": "integer"}]}),
        Form::Versions => {
            let version = optional(schema(Form::Identifier));
            let kinds: Map<String, Value> =
                ChangeKind::WORDS.iter().map(|kind| (kind.to_string(), version.clone())).collect();
            json!({"type": "object", "properties": kinds})
        }
        Form::Text(bytes) => json!({"type": "string", "minLength": 1, "maxLength": bytes, "pattern": NO_CONTROLS}),
        Form::Word(words) => json!({"enum": words}),
        Form::Seconds | Form::Amount => json!({"type": "number", "minimum": 0, "maximum": Fixed::MAX_UNITS}),
        Form::Ratio => json!({"type": "number", "minimum": 0, "maximum": 1}),
        Form::Count => json!({"type": "integer", "minimum": 0, "maximum": COUNT_MAX}),
        Form::Flag => json!({"type": "boolean"}),
        Form::Currency => {
            json!({"enum": money::CODES.iter().map(|code| String::from_utf8_lossy(code)).collect::<Vec<_>>()})
        }
        // Decided by the signal.
        Form::Feedback => json!({}),
        Form::Time => json!({"type": "string", "format": "date-time", "maxLength": 35}),
        Form::System => json!({"type": "string", "pattern": "^[a-z0-9._-]{1,64}$"}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_every_type_in_both_spellings_with_its_fields() {
        let schema = json_schema();
        for (spelling, prefix) in [("short", ""), ("cloudevents", TYPE_PREFIX)] {
            let rows = schema["$defs"][spelling]["allOf"].as_array().expect("one rule a type");
            assert_eq!(rows.len(), TABLE.len());
            for (row, rule) in TABLE.iter().zip(rows) {
                assert_eq!(rule["if"]["properties"]["type"]["const"], format!("{prefix}{}", row.kind));
                let then = &rule["then"];
                let fields = if prefix.is_empty() { then } else { &then["properties"]["data"] };
                for spec in row.fields {
                    assert!(fields["properties"][spec.field].is_object(), "{} {}", row.kind, spec.field);
                }
            }
        }
    }

    #[test]
    fn references_only_what_it_defines() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(members) => {
                    found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_string));
                    members.values().for_each(|value| references(value, found));
                }
                Value::Array(values) => values.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let schema = json_schema();
        let mut found = vec![];
        references(&schema, &mut found);
        assert_eq!(found.len(), 2);
        for reference in found {
            assert!(schema.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }
}

//! The JSON Schema of `day90.yaml`, draft 2020-12, printed by `day90 schema config` for editors to complete from.
//!
//! It is made from the declared keys. What a schema cannot say (a route that can never match, a date in the future) is
//! left to `day90 check`.

use serde_json::{Value, json};

use super::file;
use super::key::{About, Names, Shape};
use super::units::written;

const NAME: &str = r"^[^\u0000-\u001f\u007f-\u009f]{1,64}$";
/// Units as Prometheus writes them, longest first.
const DURATION: &str = "(?=[0-9])([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?";
const SLUG: &str = "^[a-z0-9._-]{1,64}$";

/// The whole schema.
pub fn json_schema() -> Value {
    let mut schema = map(file::keys());
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("day90 configuration, version 2");
    schema["description"] =
        json!("The operating model of AI systems in production, and the daemon that checks events against it.");
    schema
}

fn map(keys: &[About]) -> Value {
    let properties: serde_json::Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({"type": ["object", "null"], "additionalProperties": false, "properties": properties});
    if !required.is_empty() {
        // Nothing below a heading would lack them.
        schema["type"] = json!("object");
        schema["required"] = json!(required);
    }
    schema
}

fn property(key: &About) -> Value {
    let mut schema = value(&key.shape);
    schema["description"] = json!(key.help);
    if let Some(default) = &key.default {
        schema["default"] = parsed(&written(default, &key.shape));
    }
    if !key.example.is_empty() {
        schema["examples"] = json!([parsed(key.example)]);
    }
    schema
}

fn value(shape: &Shape) -> Value {
    match shape {
        Shape::Map(keys) => map(keys),
        Shape::Table { names, of, max } => {
            let pattern = if *names == Names::Slug { SLUG } else { NAME };
            json!({"type": ["object", "null"], "propertyNames": {"pattern": pattern}, "maxProperties": max,
                "additionalProperties": value(of)})
        }
        Shape::List { of, min, max } => {
            json!({"type": ["array", "null"], "items": value(of), "minItems": min, "maxItems": max})
        }
        Shape::Scale => json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Duration | Shape::Pause => pattern(&format!("^{DURATION}$")),
        Shape::Within => pattern(&format!("^{DURATION}( +business)?$")),
        Shape::Size { .. } => pattern("^[0-9]+(B|kB|KiB|MB|MiB|GB|GiB|TB|TiB)$"),
        Shape::Count { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Number { zero: true, max } => json!({"type": "number", "minimum": 0, "maximum": max}),
        Shape::Number { zero: false, max } => json!({"type": "number", "exclusiveMinimum": 0, "maximum": max}),
        Shape::Word(words) => json!({"type": "string", "enum": words}),
        Shape::Name => pattern(NAME),
        Shape::Slug => pattern(SLUG),
        Shape::Text { bytes_max } => json!({"type": "string", "minLength": 1, "maxLength": bytes_max}),
        Shape::Address => pattern(r"^([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}$"),
        Shape::Host => pattern("^[A-Za-z0-9._:-]+$"),
        Shape::Url | Shape::Link => pattern("^https?://[^ ]+$"),
        Shape::Moment => pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].*)?$"),
        Shape::Date => pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        Shape::Currency => pattern("^[A-Z]{3}$"),
        Shape::Permissions => pattern("^0[0-7]{3}$"),
        Shape::Timezone | Shape::Hours | Shape::File | Shape::Pattern | Shape::Program | Shape::Pem | Shape::Bcrypt => {
            json!({"type": "string", "minLength": 1})
        }
    }
}

fn pattern(pattern: &str) -> Value {
    json!({"type": "string", "pattern": pattern})
}

/// A written value, as YAML would read it: a list, a number, a truth value, or text with or without quotes.
fn parsed(text: &str) -> Value {
    let quoted = text.trim_matches(['"', '\'']);
    if let Some(items) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return items.split(", ").map(parsed).collect();
    }
    match (text.parse::<serde_json::Number>(), text.parse::<bool>()) {
        (Ok(number), _) => Value::Number(number),
        (_, Ok(boolean)) => Value::Bool(boolean),
        _ => json!(quoted),
    }
}

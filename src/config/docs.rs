//! docs/configuration.md, made from the declared keys.

use super::file;
use super::key::{About, Shape};
use super::units::{size_text, written};

/// The part that people wrote.
const INTRODUCTION: &str = include_str!("docs.md");

/// The whole page.
pub fn markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## Every key\n\n`*` stands for a name that you choose, `[]` for each entry of a list.\n");
    section("", file::keys(), &mut page);
    page
}

/// One table for a map, then one for each map inside it.
fn section(path: &str, keys: &[About], page: &mut String) {
    let title = if path.is_empty() { "The file".to_owned() } else { format!("`{path}`") };
    page.push_str(&format!("\n### {title}\n\n| key | form | default | meaning |\n| --- | --- | --- | --- |\n"));
    for key in keys {
        let default = match (key.required, &key.default) {
            (true, _) => "required".to_owned(),
            (false, None) => "—".to_owned(),
            (false, Some(default)) => format!("`{}`", written(default, &key.shape)),
        };
        let help = key.help.replace('|', "\\|");
        page.push_str(&format!("| `{}` | {} | {default} | {help} |\n", key.name, form(&key.shape)));
    }
    for key in keys {
        let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        match &key.shape {
            Shape::Map(inner) => section(&path, inner, page),
            Shape::Table { of, .. } => below(&format!("{path}.*"), of, page),
            Shape::List { of, .. } => below(&format!("{path}[]"), of, page),
            _ => {}
        }
    }
}

fn below(path: &str, shape: &Shape, page: &mut String) {
    if let Shape::Map(keys) = shape {
        section(path, keys, page);
    }
}

fn form(shape: &Shape) -> String {
    match shape {
        Shape::Map(_) => "map, below".into(),
        Shape::Table { max, .. } => format!("map of names, at most {max}"),
        Shape::List { of, max, .. } => match &**of {
            Shape::Map(_) => format!("list of maps, at most {max}"),
            of => format!("list of {}, at most {max}", self::form(of)),
        },
        Shape::Scale => "two numbers, lowest and highest".into(),
        Shape::Bool => "true or false".into(),
        Shape::Duration => "duration".into(),
        Shape::Pause => "duration, also `0s`".into(),
        Shape::Within => "duration, also of `business` hours".into(),
        Shape::Size { min, max } => format!("size, {} to {}", size_text(*min), size_text(*max)),
        Shape::Count { min, max } => format!("whole number, {min} to {max}"),
        Shape::Number { zero: true, max } => format!("number, 0 to {max}"),
        Shape::Number { zero: false, max } => format!("number above 0, at most {max}"),
        Shape::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Shape::Name => "name".into(),
        Shape::Slug => "name of `[a-z0-9._-]`".into(),
        Shape::Text { bytes_max } => format!("text, at most {bytes_max} bytes"),
        Shape::File => "path".into(),
        Shape::Pattern => "path, with `*` and `?`".into(),
        Shape::Address => "address or name, and port".into(),
        Shape::Host => "name of a host".into(),
        Shape::Url => "address of the web".into(),
        Shape::Link => "address of the web, with `{system}`".into(),
        Shape::Moment => "date, or a moment".into(),
        Shape::Date => "date".into(),
        Shape::Hours => "days and hours".into(),
        Shape::Timezone => "IANA time zone".into(),
        Shape::Currency => "ISO 4217 currency".into(),
        Shape::Permissions => "four octal digits, quoted".into(),
        Shape::Program => "jq program".into(),
        Shape::Pem => "PEM".into(),
        Shape::Bcrypt => "bcrypt hash".into(),
    }
}

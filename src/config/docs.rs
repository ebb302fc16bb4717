//! docs/configuration.md, made from the table of keys.

use super::form::{Form, Key};
use super::keys;
use super::units::size_text;

/// The part that people wrote.
const INTRODUCTION: &str = include_str!("docs.md");

/// The whole page.
pub fn markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## Every key\n\n`*` stands for a name that you choose, `[]` for each entry of a list.\n");
    section("", keys::ROOT, &mut page);
    page
}

/// One table for a map, then one for each map inside it.
fn section(path: &str, keys: &[Key], page: &mut String) {
    let title = if path.is_empty() { "The file".to_owned() } else { format!("`{path}`") };
    page.push_str(&format!("\n### {title}\n\n| key | form | default | meaning |\n| --- | --- | --- | --- |\n"));
    for key in keys {
        let default = match (key.required, key.default) {
            (true, _) => "required".to_owned(),
            (false, "") => "—".to_owned(),
            (false, default) => format!("`{default}`"),
        };
        let help = key.help.replace('|', "\\|");
        page.push_str(&format!("| `{}` | {} | {default} | {help} |\n", key.name, form(&key.form)));
    }
    for key in keys {
        let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        match &key.form {
            Form::Map(inner) => section(&path, inner, page),
            Form::Table { of: Form::Map(inner), .. } => section(&format!("{path}.*"), inner, page),
            Form::List { of: Form::Map(inner), .. } => section(&format!("{path}[]"), inner, page),
            _ => {}
        }
    }
}

fn form(form: &Form) -> String {
    match form {
        Form::Map(_) => "map, below".into(),
        Form::Table { max, .. } => format!("map of names, at most {max}"),
        Form::List { of, max, .. } => match of {
            Form::Map(_) => format!("list of maps, at most {max}"),
            of => format!("list of {}, at most {max}", self::form(of)),
        },
        Form::Scale => "two numbers, lowest and highest".into(),
        Form::Bool => "true or false".into(),
        Form::Duration => "duration".into(),
        Form::Size { min, max } => format!("size, {} to {}", size_text(*min), size_text(*max)),
        Form::Count { min, max } => format!("whole number, {min} to {max}"),
        Form::Number { zero: true, max } => format!("number, 0 to {max}"),
        Form::Number { zero: false, max } => format!("number above 0, at most {max}"),
        Form::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Form::Name => "name".into(),
        Form::Slug => "name of `[a-z0-9._-]`".into(),
        Form::Text { bytes_max } => format!("text, at most {bytes_max} bytes"),
        Form::File => "path".into(),
        Form::Pattern => "path, with `*` and `?`".into(),
        Form::Address => "IP address and port".into(),
        Form::Moment => "date".into(),
        Form::Timezone => "IANA time zone".into(),
        Form::Currency => "ISO 4217 currency".into(),
        Form::Permissions => "four octal digits, quoted".into(),
        Form::Program => "jq program".into(),
        Form::Pem => "PEM".into(),
        Form::Bcrypt => "bcrypt hash".into(),
    }
}

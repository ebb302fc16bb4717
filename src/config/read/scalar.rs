//! Reads one scalar: its type, unit and range. Every error is a sentence that says what to write instead.

use std::path::Path;

use jiff::tz::TimeZoneDatabase;

use super::super::key::written::shown;
use super::super::key::{Shape, What, spans};
use super::super::mapping;
use super::super::model::calendar::Hours;
use super::super::node::{Content, Node};
use super::super::problem::did_you_mean;
use super::super::units;
use crate::event::{Currency, Fixed};

/// Mistakes up to which a misspelt time zone gets a suggestion: there are 600 zones to compare with.
pub const ZONE_HINTS_MAX: usize = 20;
/// The longest path that Linux opens.
const PATH_BYTES_MAX: usize = 4_095;

/// What scalars are checked against.
pub struct Scalars<'d> {
    base_dir: &'d Path,
    zones: TimeZoneDatabase,
}

impl<'d> Scalars<'d> {
    pub fn new(base_dir: &'d Path) -> Scalars<'d> {
        Scalars { base_dir, zones: TimeZoneDatabase::bundled() }
    }

    /// The value of a node; `hints` asks for suggestions that take long to find.
    ///
    /// # Errors
    /// When it isn't of this shape: what to write instead.
    pub fn read(&self, node: &Node, shape: &Shape, hints: bool) -> Result<What, String> {
        match shape {
            Shape::Bool => match node.content {
                Content::Bool(value) => Ok(What::Bool(value)),
                _ => Err(format!("must be true or false, found {}", node.describe())),
            },
            Shape::Pem | Shape::Bcrypt => secret(node, shape),
            Shape::Count { min, max } => count(node, *min, *max).map(What::Whole),
            Shape::Number { zero, max } => number(node, *zero, *max).map(What::Number),
            shape => self.text(text_of(node, shape)?, shape, hints),
        }
    }

    fn text(&self, text: &str, shape: &Shape, hints: bool) -> Result<What, String> {
        let owned = |()| What::Text(text.to_owned());
        match shape {
            Shape::Duration => spans::duration(text).map(What::Nanos),
            Shape::Pause => spans::pause(text).map(What::Nanos),
            Shape::Within => spans::within(text).map(|(nanos, business)| match business {
                true => What::Business(nanos),
                false => What::Nanos(nanos),
            }),
            Shape::Size { min, max } => size(text, *min, *max).map(What::Whole),
            Shape::Word(words) => word(text, words).map(owned),
            Shape::Name => units::name(text).map(owned),
            Shape::Slug => units::slug(text).map(owned),
            Shape::Text { bytes_max } => units::words(text, *bytes_max).map(owned),
            Shape::File | Shape::Pattern => units::words(text, PATH_BYTES_MAX)
                .map(|()| What::Path { written: text.to_owned(), path: self.base_dir.join(text) }),
            Shape::Address => text.parse().map(What::Address),
            Shape::Host => units::host(text).map(owned),
            Shape::Url => units::url(text).map(owned),
            Shape::Link => units::link(text).map(owned),
            Shape::Moment => units::moment(text).map(What::Moment),
            Shape::Date => units::date(text).map(What::Date),
            Shape::Hours => Hours::parse(text).map(|_| What::Text(text.to_owned())),
            Shape::Timezone => self.timezone(text, hints).map(What::Text),
            Shape::Currency => currency(text).map(owned),
            Shape::Permissions => permissions(text).map(What::Whole),
            Shape::Program => mapping::check(text).map(owned),
            other => Err(format!("{other:?} holds no text")),
        }
    }

    fn timezone(&self, text: &str, hints: bool) -> Result<String, String> {
        if let Ok(zone) = self.zones.get(text) {
            return Ok(zone.iana_name().unwrap_or(text).to_owned());
        }
        let names: Vec<String> = match hints {
            true => self.zones.available().map(|name| name.as_str().to_owned()).collect(),
            false => Vec::new(),
        };
        let hint = did_you_mean(text, names.iter().map(String::as_str));
        Err(format!("{} is no time zone of the IANA database, such as Europe/Berlin{hint}", shown(text)))
    }
}

pub fn number_of(node: &Node) -> Option<Fixed> {
    match &node.content {
        Content::Number(text) => units::number(text),
        _ => None,
    }
}

fn number(node: &Node, zero: bool, max: i64) -> Result<Fixed, String> {
    let range = if zero { format!("0 to {max}") } else { format!("above 0, at most {max}") };
    if let Content::Text(text) = &node.content {
        let unquoted = if units::number(text).is_some() { "; leave out the quotes" } else { "" };
        return Err(format!("must be a number ({range}), found the text {}{unquoted}", shown(text)));
    }
    let within =
        |number: &Fixed| *number <= Fixed::from_units(max) && (*number > Fixed::ZERO || zero && *number == Fixed::ZERO);
    number_of(node).filter(within).ok_or_else(|| format!("must be a number, {range}; found {}", node.describe()))
}

fn count(node: &Node, min: u64, max: u64) -> Result<u64, String> {
    let whole = match &node.content {
        Content::Number(text) => text.parse::<u64>().ok(),
        _ => None,
    };
    let within = |number: &u64| (min..=max).contains(number);
    whole.filter(within).ok_or_else(|| format!("must be a whole number from {min} to {max}, found {}", node.describe()))
}

/// The text of a scalar; numbers and words that YAML takes for something else must be quoted to be text.
fn text_of<'n>(node: &'n Node, shape: &Shape) -> Result<&'n str, String> {
    match &node.content {
        Content::Text(text) => Ok(text),
        // A bare number where a unit is missing: the unit's own message says what to write.
        Content::Number(text)
            if matches!(shape, Shape::Duration | Shape::Pause | Shape::Within | Shape::Size { .. }) =>
        {
            Ok(text)
        }
        Content::Number(text) => Err(format!("must be text, found the number {text}; write \"{text}\" if it is meant")),
        Content::Bool(value) => Err(format!("must be text, found {value}; write \"{value}\" if it is meant")),
        _ => Err(format!("must be text, found {}", node.describe())),
    }
}

/// What must not be repeated in a message.
fn secret(node: &Node, shape: &Shape) -> Result<What, String> {
    let Content::Text(text) = &node.content else {
        return Err(if matches!(shape, Shape::Pem) {
            "must be text in PEM".into()
        } else {
            "must be a bcrypt hash".into()
        });
    };
    let bcrypt = text.len() == 60 && ["$2a$", "$2b$", "$2y$"].iter().any(|start| text.starts_with(start));
    match shape {
        Shape::Pem if !text.contains("-----BEGIN ") => Err("must be text in PEM".into()),
        Shape::Bcrypt if !bcrypt => Err("must be a bcrypt hash, such as htpasswd -nB writes".into()),
        _ => Ok(What::Text(text.clone())),
    }
}

fn size(text: &str, min: u64, max: u64) -> Result<u64, String> {
    let bytes = units::size(text)?;
    if !(min..=max).contains(&bytes) {
        let (min, max) = (units::size_text(min), units::size_text(max));
        return Err(format!("{text} is out of range; it must be {min} to {max}"));
    }
    Ok(bytes)
}

fn word(text: &str, words: &[&'static str]) -> Result<(), String> {
    if words.contains(&text) {
        return Ok(());
    }
    let hint = did_you_mean(text, words.iter().copied());
    Err(format!("{} is not one of {}{hint}", shown(text), words.join(", ")))
}

fn currency(text: &str) -> Result<(), String> {
    if Currency::from_code(text).is_some() {
        return Ok(());
    }
    let capitals = text.to_uppercase();
    let hint = Currency::from_code(&capitals).map_or_else(String::new, |code| format!("; did you mean {code}?"));
    Err(format!("{} is no currency of ISO 4217, such as EUR{hint}", shown(text)))
}

fn permissions(text: &str) -> Result<u64, String> {
    let octal = text.len() == 4 && text.starts_with('0') && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let wrong = || format!("{} is not a file mode; write four octal digits in quotes, such as \"0660\"", shown(text));
    octal.then(|| u64::from_str_radix(text, 8).ok()).flatten().ok_or_else(wrong)
}

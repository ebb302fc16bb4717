//! Holds a tree against the table of keys: spelling, types, units, ranges. Every mistake is reported.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;

use jiff::tz::TimeZoneDatabase;

use super::form::{Form, Key};
use super::mapping;
use super::node::{Content, Entry, Node, push_key};
use super::problem::{At, PROBLEMS_MAX, Problems, did_you_mean, nearest};
use super::settings::{Settings, Value, What};
use super::units::{self, shown};
use crate::event::{Currency, Fixed, Timestamp};

/// What reading needs to know, and collects, beside the tree.
pub struct Reader<'p> {
    pub problems: &'p mut Problems,
    pub now: Timestamp,
    /// Where the keys that name files and addresses stand.
    pub places: BTreeMap<String, At>,
    zones: TimeZoneDatabase,
    path: String,
}

/// A "today" may begin this much before UTC's: the easternmost time zone.
const DAY_BEGINS_BEFORE_UTC: i64 = 14 * crate::event::time::HOUR;

impl<'p> Reader<'p> {
    pub fn new(problems: &'p mut Problems, now: Timestamp) -> Reader<'p> {
        Reader { problems, now, places: BTreeMap::new(), zones: TimeZoneDatabase::bundled(), path: String::new() }
    }

    /// Holds a whole document against its keys. An empty one is an empty map.
    pub fn document(&mut self, root: Option<&Node>, keys: &'static [Key]) -> Settings {
        match root {
            None => Settings::default(),
            Some(root) => self.map(root, keys).unwrap_or_default(),
        }
    }

    /// A value in the form, or a problem and nothing.
    fn value(&mut self, node: &Node, form: &'static Form) -> Option<Value> {
        let what = match form {
            Form::Map(keys) => self.map(node, keys).map(What::Map),
            Form::Table { names, of, max } => self.table(node, names, of, *max),
            Form::List { of, min, max } => self.list(node, of, *min, *max),
            Form::Scale => self.scale(node),
            scalar => match self.scalar(node, scalar) {
                Ok(what) => Some(what),
                Err(message) => self.wrong(node.at, message),
            },
        }?;
        if matches!(form, Form::File | Form::Pattern | Form::Address) {
            self.places.insert(self.path.clone(), node.at);
        }
        Some(Value { at: node.at, what })
    }

    fn map(&mut self, node: &Node, keys: &'static [Key]) -> Option<Settings> {
        let mut settings = Settings { at: node.at, path: self.path.clone(), values: BTreeMap::new() };
        let entries = self.entries(node, "a map")?;
        for entry in entries {
            self.inside(&entry.key, |reader| reader.entry(entry, keys, &mut settings));
        }
        // A wrong or a misspelt value of the key is reported already.
        let tried = |key: &Key| entries.iter().any(|entry| meant(&entry.key, keys) == Some(key.name));
        for key in keys.iter().filter(|key| key.required && !tried(key)) {
            self.inside(key.name, |reader| {
                reader.problems.error(node.at, &reader.path, format!("is missing; it says: {}", key.help));
            });
        }
        Some(settings)
    }

    fn entry(&mut self, entry: &Entry, keys: &'static [Key], settings: &mut Settings) {
        let Some(key) = keys.iter().find(|key| key.name == entry.key) else {
            // What isn't listed any more needs no hint.
            let listed = self.problems.errors() < PROBLEMS_MAX;
            let hint = if listed { hint_for(&entry.key, keys) } else { String::new() };
            self.problems.error(entry.at, &self.path, format!("unknown key{hint}"));
            return;
        };
        // A heading whose lines are all commented out says nothing.
        let collection = matches!(key.form, Form::Map(_) | Form::Table { .. } | Form::List { .. });
        if collection && !key.required && matches!(entry.value.content, Content::Null) {
            return;
        }
        let at = entry.at;
        let value = match (&entry.value.content, collection) {
            (Content::Null, false) => self.wrong(at, "has no value; give one, or leave the key out".into()),
            _ => self.value(&entry.value, &key.form),
        };
        if let Some(value) = value {
            settings.values.insert(key.name, value);
        }
    }

    fn table(&mut self, node: &Node, names: &'static Form, of: &'static Form, max: usize) -> Option<What> {
        let entries = self.entries(node, "a map of names")?;
        if entries.len() > max {
            return self.wrong(node.at, format!("has {} entries; at most {max} are allowed", entries.len()));
        }
        let mut values = Vec::with_capacity(entries.len());
        for entry in entries {
            let value = self.inside(&entry.key, |reader| {
                let checked =
                    if matches!(names, Form::Slug) { units::slug(&entry.key) } else { units::name(&entry.key) };
                if let Err(message) = checked {
                    reader.problems.error(entry.at, &reader.path, format!("the name {message}"));
                }
                reader.value(&entry.value, of)
            });
            values.extend(value.map(|value| (entry.key.clone(), entry.at, value)));
        }
        Some(What::Table(values))
    }

    fn list(&mut self, node: &Node, of: &'static Form, min: usize, max: usize) -> Option<What> {
        let items: &[Rc<Node>] = match &node.content {
            Content::List(items) => items,
            Content::Null => &[],
            _ => return self.wrong(node.at, format!("must be a list, found {}", node.describe())),
        };
        if items.len() < min {
            return self.wrong(node.at, "is empty; name at least one, or leave the key out".into());
        }
        if items.len() > max {
            return self.wrong(node.at, format!("has {} entries; at most {max} are allowed", items.len()));
        }
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let length = self.path.len();
            self.path.push_str(&format!("[{index}]"));
            values.extend(self.value(item, of));
            self.path.truncate(length);
        }
        Some(What::List(values))
    }

    fn scale(&mut self, node: &Node) -> Option<What> {
        let Content::List(items) = &node.content else {
            return self.wrong(node.at, format!("must be two numbers such as [1, 5], found {}", node.describe()));
        };
        let numbers: Vec<Fixed> = items.iter().filter_map(|item| number_of(item)).collect();
        match (items.len(), numbers.as_slice()) {
            (2, [low, high]) if low < high => Some(What::Scale(*low, *high)),
            (2, [low, high]) => {
                self.wrong(node.at, format!("runs from {low} to {high}; the lowest rating must be below the highest"))
            }
            _ => self.wrong(node.at, "must be two numbers, the lowest and the highest rating, such as [1, 5]".into()),
        }
    }

    fn scalar(&mut self, node: &Node, form: &Form) -> Result<What, String> {
        match form {
            Form::Bool => match node.content {
                Content::Bool(value) => Ok(What::Bool(value)),
                _ => Err(format!("must be true or false, found {}", node.describe())),
            },
            Form::Pem | Form::Bcrypt => secret(node, form),
            Form::Count { min, max } => count(node, *min, *max).map(What::Whole),
            Form::Number { zero, max } => number(node, *zero, *max).map(What::Number),
            form => {
                let text = text_of(node, form)?;
                self.text(text, form)
            }
        }
    }

    fn text(&mut self, text: &str, form: &Form) -> Result<What, String> {
        let owned = |()| What::Text(text.to_owned());
        match form {
            Form::Duration => units::duration(text).map(What::Nanos),
            Form::Size { min, max } => size(text, *min, *max).map(What::Whole),
            Form::Word(words) => word(text, words).map(owned),
            Form::Name => units::name(text).map(owned),
            Form::Slug => units::slug(text).map(owned),
            Form::Text { bytes_max } => units::words(text, *bytes_max).map(owned),
            Form::File | Form::Pattern => units::words(text, PATH_BYTES_MAX).map(owned),
            Form::Address => address(text).map(What::Address),
            Form::Moment => self.past(text).map(What::Moment),
            Form::Timezone => self.timezone(text).map(What::Text),
            Form::Currency => money(text).map(owned),
            Form::Permissions => permissions(text).map(What::Whole),
            Form::Program => mapping::check(text).map(owned),
            other => Err(format!("{other:?} holds no text")),
        }
    }

    fn past(&self, text: &str) -> Result<Timestamp, String> {
        let moment = units::moment(text)?;
        if moment > self.now.plus(DAY_BEGINS_BEFORE_UTC) {
            return Err(format!("{text} is in the future; leave the key out until that day"));
        }
        Ok(moment)
    }

    fn timezone(&self, text: &str) -> Result<String, String> {
        match self.zones.get(text) {
            Ok(zone) => Ok(zone.iana_name().unwrap_or(text).to_owned()),
            Err(_) if self.problems.errors() > ZONE_HINTS_MAX => {
                Err(format!("{} is no time zone of the IANA database, such as Europe/Berlin", shown(text)))
            }
            Err(_) => {
                let names: Vec<String> = self.zones.available().map(|name| name.as_str().to_owned()).collect();
                let hint = did_you_mean(text, names.iter().map(String::as_str));
                Err(format!("{} is no time zone of the IANA database, such as Europe/Berlin{hint}", shown(text)))
            }
        }
    }

    /// The entries of a map; none when everything below a heading is commented out.
    fn entries<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n [Entry]> {
        match &node.content {
            Content::Map(entries) => Some(entries),
            Content::Null => Some(&[]),
            _ => self.wrong(node.at, format!("must be {expected}, found {}", node.describe())),
        }
    }

    fn inside<T>(&mut self, key: &str, work: impl FnOnce(&mut Reader<'p>) -> T) -> T {
        let length = self.path.len();
        push_key(&mut self.path, key);
        let result = work(self);
        self.path.truncate(length);
        result
    }

    fn wrong<T>(&mut self, at: At, message: String) -> Option<T> {
        self.problems.error(at, &self.path, message);
        None
    }
}

/// Mistakes up to which a time zone's neighbor is looked for: there are 600 to compare with.
const ZONE_HINTS_MAX: usize = 20;
/// The longest path that Linux opens.
const PATH_BYTES_MAX: usize = 4_095;

/// The key that was written, or the one that it is a slip of.
fn meant(written: &str, keys: &'static [Key]) -> Option<&'static str> {
    let exact = keys.iter().find(|key| key.name == written).map(|key| key.name);
    exact.or_else(|| nearest(written, keys.iter().map(|key| key.name)))
}

/// A misspelt key's neighbor, or where a key that stands in the wrong map belongs.
fn hint_for(written: &str, keys: &'static [Key]) -> String {
    if let Some(near) = nearest(written, keys.iter().map(|key| key.name)) {
        return format!("; did you mean {near}?");
    }
    let holds = |key: &&Key| matches!(key.form, Form::Map(inner) if inner.iter().any(|inner| inner.name == written));
    match keys.iter().find(holds) {
        Some(parent) => format!("; it belongs under {}", parent.name),
        None if keys.len() <= 12 => {
            format!("; known here: {}", keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", "))
        }
        None => String::new(),
    }
}

fn number_of(node: &Node) -> Option<Fixed> {
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
fn text_of<'n>(node: &'n Node, form: &Form) -> Result<&'n str, String> {
    match &node.content {
        Content::Text(text) => Ok(text),
        // A bare number where a unit is missing: the unit's own message says what to write.
        Content::Number(text) if matches!(form, Form::Duration | Form::Size { .. }) => Ok(text),
        Content::Number(text) => Err(format!("must be text, found the number {text}; write \"{text}\" if it is meant")),
        Content::Bool(value) => Err(format!("must be text, found {value}; write \"{value}\" if it is meant")),
        _ => Err(format!("must be text, found {}", node.describe())),
    }
}

/// What must not be repeated in a message.
fn secret(node: &Node, form: &Form) -> Result<What, String> {
    let Content::Text(text) = &node.content else {
        return Err(if matches!(form, Form::Pem) {
            "must be text in PEM".into()
        } else {
            "must be a bcrypt hash".into()
        });
    };
    let bcrypt = text.len() == 60 && ["$2a$", "$2b$", "$2y$"].iter().any(|start| text.starts_with(start));
    match form {
        Form::Pem if !text.contains("-----BEGIN ") => Err("must be text in PEM".into()),
        Form::Bcrypt if !bcrypt => Err("must be a bcrypt hash, such as htpasswd -nB writes".into()),
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

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!(
            "{} is not an address; write an IP address and a port, such as 127.0.0.1:9790 or [::1]:9790",
            shown(text)
        )
    })
}

fn money(text: &str) -> Result<(), String> {
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

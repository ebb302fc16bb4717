//! The attributes of a CloudEvent that matter here, from members of an object or from headers. Each is read for itself, so
//! that every mistake among them can be named.

use std::borrow::Cow;

use super::super::super::body::{Kind, Str};
use super::super::super::kinds::SOURCE_BYTES;
use super::super::super::time::Timestamp;
use super::super::super::words::{Reason, Repair};
use super::super::body;
use super::super::check::{Problem, identifier_of, text_problem, time_of};
use super::super::context::Context;
use super::super::fault::{Fault, Read};
use super::super::field::Field;
use super::super::fields::Fields;
use super::super::mended::Mended;
use super::super::mistakes::Mistakes;
use super::super::phrase::excerpt;
use super::TYPE_PREFIX;

/// Bytes of the value of one header.
const HEADER_BYTES_MAX: usize = 8 << 10;

pub(super) struct Attributes<'a> {
    pub version: Read<()>,
    pub kind: Read<Kind>,
    pub id: Read<Str<'a>>,
    pub source: Read<Str<'a>>,
    pub subject: Read<Option<Str<'a>>>,
    pub time: Read<Option<Timestamp>>,
    /// What was mended in headers; fields remember it themselves.
    pub mended: Mended,
}

impl<'a> Attributes<'a> {
    pub fn of_object(fields: &Fields<'a>, context: &Context<'_>) -> Attributes<'a> {
        let missing = |field: Field| fields.missing(field, NEEDED);
        Attributes {
            version: fields.string(Field::SPEC_VERSION).and_then(|version| match version.as_deref() {
                Some("1.0") => Ok(()),
                Some(_) => Err(fields.wrong(Field::SPEC_VERSION, "1.0")),
                None => Err(missing(Field::SPEC_VERSION)),
            }),
            kind: fields.string(Field::TYPE).and_then(|word| {
                let word = word.ok_or_else(|| missing(Field::TYPE))?;
                kind_of(&word).map_err(|problem| fields.fault(Field::TYPE, Reason::Type, format!("`type` {problem}")))
            }),
            id: fields.id(Field::ID).and_then(|id| id.ok_or_else(|| missing(Field::ID))),
            source: fields
                .text(Field::SOURCE, SOURCE_BYTES)
                .and_then(|source| source.ok_or_else(|| missing(Field::SOURCE))),
            subject: fields.may(Field::SUBJECT, Fields::id),
            time: fields.may(Field::TIME, |fields, field| fields.time(field, context)),
            mended: Mended::default(),
        }
    }

    pub fn of_headers(headers: &[(&'a str, &'a [u8])], context: &Context<'_>) -> Attributes<'a> {
        let mended = Mended::default();
        let header = |field: Field| Header { field, value: Header::find(headers, field) };
        Attributes {
            version: header(Field::SPEC_VERSION).must(|header, value| match &*value {
                "1.0" => Ok(()),
                found => Err(header.fault((Reason::Field, format!("is \"{}\"; expected 1.0", excerpt(found))))),
            }),
            kind: header(Field::TYPE)
                .must(|header, value| kind_of(&value).map_err(|problem| header.fault((Reason::Type, problem)))),
            id: header(Field::ID).must(|header, value| header.identifier(value, &mended)),
            source: header(Field::SOURCE).must(|header, value| match text_problem(&value, SOURCE_BYTES) {
                None => Ok(value),
                Some(problem) => Err(header.fault(problem)),
            }),
            subject: header(Field::SUBJECT).may(&mended, |header, value| header.identifier(value, &mended)),
            time: header(Field::TIME).may(&mended, |header, value| {
                let (time, was_repaired) = time_of(&value, context).map_err(|problem| header.fault(problem))?;
                if was_repaired {
                    mended.repair(Field::TIME, Repair::Time);
                }
                Ok(time)
            }),
            mended,
        }
    }

    /// The type, and every mistake among the attributes.
    pub fn mistakes(self, found: &mut Mistakes) -> Attributed<'a> {
        found.keep(self.version);
        let kind = found.kind(self.kind);
        found.keep(self.id);
        let source = found.keep(self.source);
        // A wrong one is there all the same.
        let has_subject = found.keep(self.subject).is_none_or(|subject| subject.is_some());
        found.keep(self.time);
        Attributed { kind, source, has_subject }
    }
}

/// What could be read of attributes among which there is a mistake.
pub(super) struct Attributed<'a> {
    pub kind: Option<Kind>,
    pub source: Option<Str<'a>>,
    pub has_subject: bool,
}

const NEEDED: &str = "CloudEvents needs it";

fn kind_of(word: &str) -> Result<Kind, String> {
    match word.strip_prefix(TYPE_PREFIX) {
        Some(short) => body::kind_of(short),
        None => Err(format!("is \"{}\"; expected {TYPE_PREFIX} and one of day90's types", excerpt(word))),
    }
}

/// One attribute in a header.
struct Header<'a> {
    field: Field,
    value: Result<Option<Str<'a>>, Problem>,
}

impl<'a> Header<'a> {
    fn find(headers: &[(&'a str, &'a [u8])], field: Field) -> Result<Option<Str<'a>>, Problem> {
        let mut found = headers.iter().filter(|(name, _)| field.as_str().eq_ignore_ascii_case(name));
        let Some((_, value)) = found.next() else { return Ok(None) };
        if found.next().is_some() {
            return Err((Reason::DuplicateField, "is there twice".to_owned()));
        }
        if value.len() > HEADER_BYTES_MAX {
            let what = format!("has {} bytes; expected at most {HEADER_BYTES_MAX}", value.len());
            return Err((Reason::TooLarge, what));
        }
        Ok(Some(header_value(value)))
    }

    fn must<T>(self, read: impl FnOnce(&Header<'a>, Str<'a>) -> Read<T>) -> Read<T> {
        let missing = || (Reason::MissingField, format!("is missing; {NEEDED}"));
        let value = self.value.clone().and_then(|value| value.ok_or_else(missing));
        read(&self, value.map_err(|problem| self.fault(problem))?)
    }

    fn may<T>(self, mended: &Mended, read: impl FnOnce(&Header<'a>, Str<'a>) -> Read<T>) -> Read<Option<T>> {
        match self.value.clone().map_err(|problem| self.fault(problem))? {
            Some(value) if value.is_empty() => {
                mended.repair(self.field, Repair::Empty);
                Ok(None)
            }
            Some(value) => read(&self, value).map(Some),
            None => Ok(None),
        }
    }

    fn identifier(&self, value: Str<'a>, mended: &Mended) -> Read<Str<'a>> {
        let (known, was_shortened) = identifier_of(value).map_err(|problem| self.fault(problem))?;
        if was_shortened {
            mended.repair(self.field, Repair::Shortened);
        }
        Ok(known)
    }

    fn fault(&self, (reason, problem): Problem) -> Box<Fault> {
        let field = self.field;
        Fault::nowhere(reason, format!("`ce-{field}` {problem}")).placed("headers").in_field(field.as_str())
    }
}

/// A header's value as CloudEvents' HTTP binding has it: perhaps quoted, then percent-encoded. Most senders encode nothing, so
/// what isn't encoded properly is taken as it is, and what is no UTF-8 is Latin-1.
pub(super) fn header_value(value: &[u8]) -> Str<'_> {
    let text = match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.iter().copied().map(char::from).collect()),
    };
    let unquoted = match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) if quoted.contains('\\') => Cow::Owned(without_backslashes(quoted)),
        Some(quoted) => Cow::Owned(quoted.to_owned()),
        None => text,
    };
    decoded(&unquoted).map_or(unquoted, Cow::Owned)
}

/// What percent-encoded text means; `None` where there is nothing to decode, or where it isn't encoded properly.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    let mut any = false;
    for part in parts {
        let digits = part.as_bytes().first_chunk::<2>()?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        bytes.push((digit(digits[0])? * 16 + digit(digits[1])?) as u8);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
        any = true;
    }
    if any { String::from_utf8(bytes).ok() } else { None }
}

fn without_backslashes(quoted: &str) -> String {
    let mut characters = quoted.chars();
    let mut text = String::with_capacity(quoted.len());
    while let Some(character) = characters.next() {
        text.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    text
}

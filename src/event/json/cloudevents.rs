//! CloudEvents 1.0: the other spelling of the same events.
//!
//! `type` is `dev.day90.` + the short type, the last path segment of `source` names the system unless `data.system`
//! does, `subject` gives the case unless `data.case` does, and `data` holds the fields of the type. (source, id) is
//! what CloudEvents calls an event's identity, and what day90 deduplicates by. Extension attributes are ignored.

use std::borrow::Cow;

use super::super::body::{Event, Kind, Str};
use super::super::kinds::{ID_BYTES, SOURCE_BYTES};
use super::super::rejection::Rejection;
use super::super::words::Reason;
use super::body::{self, Envelope};
use super::check::{text_problem, time_of};
use super::context::Context;
use super::fault::{Fault, Read};
use super::field::{self, Field, FieldSet};
use super::fields::Fields;
use super::phrase::excerpt;
use super::slot::Shape;
use super::system;

/// What the short type has before it.
pub const TYPE_PREFIX: &str = "dev.day90.";

/// One event in CloudEvents' JSON format (structured mode, or an element of a batch). `line` is the line of the body
/// that `text` starts in, from 1.
pub fn parse<'a>(text: &'a str, line: u32, context: &Context<'_>) -> Result<Event<'a>, Rejection> {
    let read = || structured(&Fields::whole(text)?, context);
    read().map_err(|fault| fault.place(text, line).rejection())
}

/// One event in CloudEvents' binary HTTP mode: `attributes` are the `ce-*` headers as received, names without the
/// prefix; `data` is the body, JSON or empty.
pub fn binary<'a>(
    attributes: &[(&'a str, &'a str)],
    data: &'a str,
    context: &Context<'_>,
) -> Result<Event<'a>, Rejection> {
    let read = || {
        let headers = header_attributes(attributes)?;
        let fields = if data.trim_ascii().is_empty() { Fields::empty(data, "") } else { Fields::whole(data)? };
        event(&headers, &fields, context)
    };
    read().map_err(|fault| fault.place(data, 1).rejection())
}

/// An event whose envelope is in `fields`.
pub(super) fn structured<'a>(fields: &Fields<'a>, context: &Context<'_>) -> Read<Event<'a>> {
    const ATTRIBUTES: [Field; 9] = [
        Field::SPEC_VERSION,
        Field::ID,
        Field::SOURCE,
        Field::TYPE,
        Field::TIME,
        Field::SUBJECT,
        Field::DATA_CONTENT_TYPE,
        Field::DATA,
        Field::DATA_BASE64,
    ];
    fields.unknown(const { FieldSet::of(&ATTRIBUTES) })?;
    let attributes = object_attributes(fields)?;
    match (fields.slot(Field::DATA).shape(), fields.has(Field::DATA_BASE64)) {
        (Shape::Absent | Shape::Null, true) => inside_base64(&attributes, fields, context),
        (Shape::Absent | Shape::Null, false) => event(&attributes, &Fields::empty(fields.text, "data."), context),
        (_, true) => Err(fields.wrong(Field::DATA_BASE64, "data or data_base64, not both")),
        (Shape::Object, _) => event(&attributes, &fields.inside(Field::DATA, "data.")?, context),
        _ => Err(fields.wrong(Field::DATA, "an object with the fields of the type")),
    }
}

/// Data that was wrapped; what it says must be copied out.
fn inside_base64<'a>(
    attributes: &[Attribute<'a>; ATTRIBUTES],
    fields: &Fields<'a>,
    context: &Context<'_>,
) -> Read<Event<'a>> {
    let encoded = fields.string(Field::DATA_BASE64)?.unwrap_or_default();
    let decoded = from_base64(&encoded).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(data) = decoded else {
        return Err(fields.wrong(Field::DATA_BASE64, "base64 of JSON in UTF-8"));
    };
    let whole = Fields::whole(&data).map_err(|fault| fault.within("data."));
    let owned = whole.and_then(|mut inner| {
        inner.prefix = "data.";
        event(attributes, &inner, context).map(Event::into_owned)
    });
    owned.map_err(|fault| fault.placed("inside data_base64"))
}

/// The attributes that matter here, in this order.
const ATTRIBUTES: usize = 6;
const NAMES: [Field; ATTRIBUTES] =
    [Field::SPEC_VERSION, Field::TYPE, Field::ID, Field::SOURCE, Field::SUBJECT, Field::TIME];

/// One attribute, and where it is.
struct Attribute<'a> {
    field: Field,
    value: Option<Str<'a>>,
    /// Byte of the event's text; none for a header.
    at: Option<usize>,
}

impl<'a> Attribute<'a> {
    fn fault(&self, reason: Reason, problem: &str) -> Box<Fault> {
        let field = self.field;
        match self.at {
            Some(at) => Fault::new(at, reason, format!("`{field}` {problem}")),
            None => Fault::nowhere(reason, format!("`ce-{field}` {problem}")).placed("headers"),
        }
        .in_field(field.as_str())
    }

    fn text(&self, bytes_max: usize) -> Read<Option<Str<'a>>> {
        let Some(value) = &self.value else { return Ok(None) };
        match text_problem(value, bytes_max) {
            None => Ok(Some(value.clone())),
            Some(problem) => Err(self.fault(Reason::Field, &problem)),
        }
    }

    fn must(&self, bytes_max: usize) -> Read<Str<'a>> {
        let missing = || self.fault(Reason::MissingField, "is missing; CloudEvents needs it");
        self.text(bytes_max)?.ok_or_else(missing)
    }
}

fn object_attributes<'a>(fields: &Fields<'a>) -> Read<[Attribute<'a>; ATTRIBUTES]> {
    check_content_type(fields)?;
    let mut attributes = NAMES.map(|field| Attribute { field, value: None, at: None });
    for attribute in &mut attributes {
        attribute.value = fields.string(attribute.field)?;
        attribute.at = Some(fields.slot(attribute.field).position());
    }
    Ok(attributes)
}

fn check_content_type(fields: &Fields<'_>) -> Read<()> {
    let Some(declared) = fields.string(Field::DATA_CONTENT_TYPE)? else { return Ok(()) };
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = matches!(essence.as_str(), "application/json" | "text/json") || essence.ends_with("+json");
    if is_json { Ok(()) } else { Err(fields.wrong(Field::DATA_CONTENT_TYPE, "application/json")) }
}

fn header_attributes<'a>(headers: &[(&'a str, &'a str)]) -> Read<[Attribute<'a>; ATTRIBUTES]> {
    let mut attributes = NAMES.map(|field| Attribute { field, value: None, at: None });
    for (name, value) in headers {
        let Some(attribute) =
            attributes.iter_mut().find(|attribute| attribute.field.as_str().eq_ignore_ascii_case(name))
        else {
            continue;
        };
        if attribute.value.is_some() {
            return Err(attribute.fault(Reason::DuplicateField, "is there twice"));
        }
        attribute.value = Some(header_value(value).ok_or_else(|| {
            attribute.fault(Reason::Encoding, &format!("is \"{}\", which is not percent-encoded UTF-8", excerpt(value)))
        })?);
    }
    Ok(attributes)
}

/// The event of these attributes and the fields of its data.
fn event<'a>(attributes: &[Attribute<'a>; ATTRIBUTES], data: &Fields<'a>, context: &Context<'_>) -> Read<Event<'a>> {
    let [version, kind, id, source, subject, time] = attributes;
    if version.must(ID_BYTES)? != "1.0" {
        let found = version.value.as_deref().unwrap_or_default();
        return Err(version.fault(Reason::Field, &format!("is \"{}\"; expected 1.0", excerpt(found))));
    }
    let kind = kind_of(kind)?;
    let (id, source_text) = (id.must(ID_BYTES)?, source.must(SOURCE_BYTES)?);
    let time = match &time.value {
        Some(text) => Some(time_of(text, context.received).map_err(|problem| time.fault(Reason::Time, &problem))?),
        None => None,
    };
    let system = match system::declared(data)? {
        Some(system) => system,
        None => last_segment(&source_text)
            .and_then(system::system_from)
            .map(Cow::Owned)
            .or_else(|| context.system())
            .ok_or_else(|| source.fault(Reason::System, "has no path segment that names the system"))?,
    };
    let case = match data.id(Field::CASE)? {
        Some(case) => Some(case),
        None => subject.text(ID_BYTES)?,
    };
    let envelope = Envelope { kind, system, id: Some(id), source: Some(source_text), time, case };
    body::event(data, envelope, known_in_data(kind), context)
}

fn kind_of(attribute: &Attribute<'_>) -> Read<Kind> {
    let Some(word) = &attribute.value else {
        return Err(attribute.fault(Reason::MissingField, "is missing; CloudEvents needs it"));
    };
    let short = word.strip_prefix(TYPE_PREFIX);
    match short.map(body::kind_of) {
        Some(Ok(kind)) => Ok(kind),
        Some(Err(problem)) => Err(attribute.fault(Reason::Type, &problem)),
        None => {
            let problem = format!("is \"{}\"; expected {TYPE_PREFIX} and one of day90's types", excerpt(word));
            Err(attribute.fault(Reason::Type, &problem))
        }
    }
}

/// What the envelope says is no field of `data`.
fn known_in_data(kind: Kind) -> FieldSet {
    const ENVELOPE: FieldSet = FieldSet::of(&[Field::TYPE, Field::ID, Field::SOURCE, Field::TIME]);
    field::known(kind).without(ENVELOPE)
}

/// `refund-agent` of `https://example.com/agents/refund-agent?x=1`.
fn last_segment(source: &str) -> Option<&str> {
    let path = source.split(['?', '#']).next()?;
    path.split('/').rfind(|segment| !segment.is_empty())
}

/// A header's value as CloudEvents' HTTP binding has it: perhaps quoted, then percent-encoded.
fn header_value(value: &str) -> Option<Str<'_>> {
    let unquoted: Str<'_> = match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) if quoted.contains('\\') => Cow::Owned(without_backslashes(quoted)),
        Some(quoted) => Cow::Borrowed(quoted),
        None => Cow::Borrowed(value),
    };
    if !unquoted.contains('%') {
        return Some(unquoted);
    }
    let mut bytes = Vec::with_capacity(unquoted.len());
    let mut rest = unquoted.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let [high, low, beyond @ ..] = after else {
            if byte == b'%' {
                return None;
            }
            bytes.push(byte);
            rest = after;
            continue;
        };
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            bytes.push((digit(*high)? * 16 + digit(*low)?) as u8);
            rest = beyond;
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn without_backslashes(quoted: &str) -> String {
    let mut characters = quoted.chars();
    let mut text = String::with_capacity(quoted.len());
    while let Some(character) = characters.next() {
        text.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    text
}

/// RFC 4648, the standard alphabet, padded.
pub(in crate::event) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let unpadded = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in unpadded.as_bytes().chunks(4) {
        let bits = group.iter().try_fold(0, |bits, &byte| Some(bits << 6 | digit(byte)?))? << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;

//! CloudEvents 1.0: the other spelling of the same events.
//!
//! `type` is `dev.day90.` + the short type, the last path segment of `source` names the system unless `data.system`
//! does, `subject` gives the case unless `data.case` does, and `data` holds the fields of the type, as an object or as its
//! JSON text. (source, id) is what CloudEvents calls an event's identity. Extension attributes are ignored, and so is
//! `datacontenttype`: the data says for itself whether it is JSON.

mod attributes;

use std::borrow::Cow;

use self::attributes::{Attributed, Attributes};
use super::super::body::{Event, Kind, Str};
use super::super::rejection::Rejection;
use super::super::words::{Reason, Repair};
use super::body::{self, Envelope};
use super::context::Context;
use super::fault::{Fault, Read};
use super::field::{self, Field, FieldSet};
use super::fields::Fields;
use super::mended::Mended;
use super::mistakes::Mistakes;
use super::slot::Shape;
use super::system;

pub use self::attributes::TYPE_PREFIX;

/// One event in CloudEvents' binary HTTP mode: `attributes` are the `ce-*` headers as received, names without the
/// prefix; `data` is the body, JSON or empty.
pub fn binary<'a>(
    attributes: &[(&'a str, &'a [u8])],
    data: &'a [u8],
    context: &Context<'_>,
) -> Result<Event<'a>, Rejection> {
    let data = std::str::from_utf8(data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data)).map_err(|error| {
        Rejection::new(Reason::Encoding, format!("the body is not UTF-8 at byte {}", error.valid_up_to() + 1))
    })?;
    if data.trim_ascii_start().starts_with('"') {
        return inside_a_string(attributes, data, context);
    }
    let fields = match data.trim_ascii() {
        "" | "null" => Ok(Fields::empty(data, "")),
        _ => Fields::whole(data),
    };
    let fields = fields.map_err(|fault| fault.place(data, 1).rejection())?;
    let attributed = || Attributes::of_headers(attributes, context);
    event(attributed(), None, &fields, context, 0).map_err(|_| {
        let mut found = Mistakes::default();
        let attributed = attributed().mistakes(&mut found);
        data_mistakes(attributed, &fields, context, &mut found);
        found.rejection(data, 1)
    })
}

/// Data that is JSON text inside a JSON string: what a sender makes that encodes it twice.
#[cold]
fn inside_a_string<'a>(
    attributes: &[(&str, &[u8])],
    data: &str,
    context: &Context<'_>,
) -> Result<Event<'a>, Rejection> {
    let wrapped = format!("{{\"data\":{data}}}");
    let unwrapped = Fields::whole(&wrapped).and_then(|fields| fields.string(Field::DATA));
    match unwrapped.ok().flatten() {
        Some(text) if !text.trim_ascii_start().starts_with('"') => {
            binary(attributes, text.as_bytes(), context).map(Event::into_owned)
        }
        _ => Err(Rejection::new(
            Reason::Syntax,
            "the body is a string; expected a JSON object with the fields of the type",
        )),
    }
}

/// The attributes that matter here, and those that may be there.
const ATTRIBUTES: FieldSet = FieldSet::of(&[
    Field::SPEC_VERSION,
    Field::ID,
    Field::SOURCE,
    Field::TYPE,
    Field::TIME,
    Field::SUBJECT,
    Field::DATA_CONTENT_TYPE,
    Field::DATA,
    Field::DATA_BASE64,
]);

/// An event whose envelope is in `fields`, the `nth` of its request.
pub(super) fn structured<'a>(fields: &Fields<'a>, context: &Context<'_>, nth: u32) -> Read<Event<'a>> {
    fields.unknown(ATTRIBUTES)?;
    let attributes = Attributes::of_object(fields, context);
    match Data::of(fields)? {
        Data::None => event(attributes, Some(&fields.mended), &Fields::empty(fields.text, PREFIX), context, nth),
        Data::Object => event(attributes, Some(&fields.mended), &fields.inside(Field::DATA, PREFIX)?, context, nth),
        Data::Text(text, place) => {
            event(attributes, Some(&fields.mended), &inner(&text, place)?, context, nth).map(Event::into_owned)
        }
    }
}

/// Everything that is wrong with an event whose envelope is in `fields`.
#[cold]
pub(super) fn structured_mistakes(fields: &Fields<'_>, context: &Context<'_>) -> Mistakes {
    let mut found = Mistakes::default();
    let attributed = Attributes::of_object(fields, context).mistakes(&mut found);
    found.repeated(fields, ATTRIBUTES);
    match found.keep(Data::of(fields)) {
        None => {}
        Some(Data::None) => data_mistakes(attributed, &Fields::empty(fields.text, PREFIX), context, &mut found),
        Some(Data::Object) => {
            if let Some(data) = found.keep(fields.inside(Field::DATA, PREFIX)) {
                data_mistakes(attributed, &data, context, &mut found);
            }
        }
        Some(Data::Text(text, place)) => {
            if let Some(data) = found.keep(inner(&text, place)) {
                found.placed(place, |found| data_mistakes(attributed, &data, context, found));
            }
        }
    }
    found
}

/// What leads to the fields of the data.
const PREFIX: &str = "data.";

/// The data of a structured event.
enum Data {
    None,
    /// An object.
    Object,
    /// JSON text, and where it was.
    Text(String, &'static str),
}

impl Data {
    fn of(fields: &Fields<'_>) -> Read<Data> {
        let shape = fields.slot(Field::DATA).shape();
        match (shape, fields.says(Field::DATA_BASE64)) {
            (Shape::Absent | Shape::Null, true) => {
                let encoded = fields.string(Field::DATA_BASE64)?.unwrap_or_default();
                let decoded = from_base64(&encoded).and_then(|bytes| String::from_utf8(bytes).ok());
                let text = decoded.ok_or_else(|| fields.wrong(Field::DATA_BASE64, "base64 of JSON in UTF-8"))?;
                Ok(Data::Text(text, "inside data_base64"))
            }
            (Shape::Absent | Shape::Null, false) => Ok(Data::None),
            (_, true) => Err(fields.wrong(Field::DATA_BASE64, "data or data_base64, not both")),
            (Shape::Object, _) => Ok(Data::Object),
            (Shape::Text | Shape::Escaped, _) if fields.is_empty_text(Field::DATA) => {
                fields.mended.repair(Field::DATA, Repair::Empty);
                Ok(Data::None)
            }
            (Shape::Text | Shape::Escaped, _) => {
                let text = fields.string(Field::DATA)?.unwrap_or_default();
                if !text.trim_ascii_start().starts_with('{') {
                    return Err(fields.wrong(Field::DATA, EXPECTED));
                }
                Ok(Data::Text(text.into_owned(), "inside data"))
            }
            _ => Err(fields.wrong(Field::DATA, EXPECTED)),
        }
    }
}

const EXPECTED: &str = "an object with the fields of the type, or its JSON text";

/// The fields of data that is JSON text.
fn inner<'t>(text: &'t str, place: &'static str) -> Read<Fields<'t>> {
    let mut data = Fields::whole(text).map_err(|fault| fault.within(PREFIX).in_field("data").placed(place))?;
    data.prefix = PREFIX;
    Ok(data)
}

/// The event of these attributes and the fields of its data. `mended` is what was mended in an object with the attributes.
fn event<'a>(
    attributes: Attributes<'a>,
    mended: Option<&Mended>,
    data: &Fields<'a>,
    context: &Context<'_>,
    nth: u32,
) -> Read<Event<'a>> {
    let Attributes { version, kind, id, source, subject, time, mended: in_headers } = attributes;
    version?;
    let (kind, id, source) = (kind?, id?, source?);
    let system = system_of(data, &source, context)?;
    let case = match (data.may(Field::CASE, Fields::id)?, subject?) {
        (Some(case), _) => Some(case),
        (None, subject) => subject,
    };
    let mended = Some(mended.unwrap_or(&in_headers));
    let envelope = Envelope { kind, system, id: Some(id), source: Some(source), time: time?, case, nth, mended };
    body::event(data, envelope, known_in_data(kind), context, Event::clone)
}

/// Everything that is wrong with the data, given what could be read of the attributes.
#[cold]
fn data_mistakes(attributed: Attributed<'_>, data: &Fields<'_>, context: &Context<'_>, found: &mut Mistakes) {
    let Attributed { kind, source, has_subject } = attributed;
    // Without a source, that is the mistake.
    if source.is_some() || data.has(Field::SYSTEM) {
        found.system(system_of(data, source.as_deref().unwrap_or_default(), context));
    }
    let case = found.keep(data.may(Field::CASE, Fields::id));
    if let Some(kind) = kind {
        let has_case = has_subject || case.is_none_or(|case| case.is_some());
        found.repeated(data, known_in_data(kind));
        body::mistakes(data, kind, has_case, context, found);
    }
}

fn system_of<'a>(data: &Fields<'a>, source: &str, context: &Context<'_>) -> Read<Str<'a>> {
    if let Some(system) = system::declared(data)? {
        return Ok(system);
    }
    let named = last_segment(source).and_then(system::system_from).map(Cow::Owned);
    named.or_else(|| context.system()).ok_or_else(|| {
        Fault::nowhere(Reason::System, "`source` has no path segment that names the system").in_field("source")
    })
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

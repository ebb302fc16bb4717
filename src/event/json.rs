//! Reads one JSON object into an event, or says which field is wrong and why.

use super::build::{self, Envelope};
use super::field::Field;
use super::fields::Fields;
use super::kinds::{self, SOURCE_BYTES};
use super::reader::Shape;
use super::rejection::{Fault, Read};
use super::{Context, Event, Kind, Reason, Rejection, Str, cloudevents};

pub use super::reader::{DEPTH_MAX, EVENT_BYTES_MAX, STRING_BYTES_MAX};

/// Bytes of a system's name.
pub const SYSTEM_BYTES: usize = 64;

/// One event: the short form, or CloudEvents JSON when it has a `specversion`. `line` is the line of the body that
/// `text` starts in, from 1.
pub fn parse<'a>(text: &'a str, line: u32, context: &Context<'_>) -> Result<Event<'a>, Rejection> {
    // Made here and filled, not handed on: it is large, and this runs for every event.
    let mut fields = Fields::empty(text, "");
    let refuse = |fault: Box<Fault>| fault.place(text, line).rejection();
    fields.read().map_err(refuse)?;
    if fields.has(Field::SpecVersion) {
        return cloudevents::structured(&fields, context).map_err(refuse);
    }
    short(&fields, context).map_err(refuse)
}

#[inline(always)]
fn short<'a>(fields: &Fields<'a>, context: &Context<'_>) -> Read<Event<'a>> {
    let kind = kind(fields)?;
    let known = kinds::known(kind);
    let envelope = Envelope {
        kind,
        system: system(fields, context)?,
        id: fields.id(Field::Id)?,
        source: fields.text(Field::Source, SOURCE_BYTES)?,
        time: fields.time(Field::Time, context.received)?,
        case: fields.id(Field::Case)?,
    };
    build::event(fields, envelope, known, context)
}

#[inline]
fn kind(fields: &Fields<'_>) -> Read<Kind> {
    let slot = fields.slot(Field::Type);
    if slot.shape() == Shape::Text
        && let Some(kind) = Kind::from_word(slot.raw(fields.text))
    {
        return Ok(kind);
    }
    rarer_kind(fields)
}

/// A type with escapes, or what is none.
#[inline(never)]
fn rarer_kind(fields: &Fields<'_>) -> Read<Kind> {
    let slot = fields.slot(Field::Type);
    match slot.shape() {
        Shape::Absent | Shape::Null => {
            Err(fields.missing(Field::Type, "it says what happened, for example task.completed"))
        }
        Shape::Text | Shape::Escaped => build::kind_of(&slot.string(fields.text).unwrap_or_default())
            .map_err(|problem| fields.fault(Field::Type, Reason::Type, format!("`type` {problem}"))),
        _ => Err(fields.fault(Field::Type, Reason::Type, fields.found(Field::Type, "the name of a type, as a string"))),
    }
}

/// The field `system`, or the default.
pub(super) fn system<'a>(fields: &Fields<'a>, context: &Context<'_>) -> Read<Str<'a>> {
    match declared_system(fields)? {
        Some(system) => Ok(system),
        None => default_system(context).ok_or_else(|| {
            fields.missing(Field::System, "every event belongs to a system, and no default_system is configured")
        }),
    }
}

pub(super) fn default_system(context: &Context<'_>) -> Option<Str<'static>> {
    context.default_system.map(|system| Str::Owned(system.to_string()))
}

/// The field `system`, when it is there.
pub(super) fn declared_system<'a>(fields: &Fields<'a>) -> Read<Option<Str<'a>>> {
    const EXPECTED: &str = "1 to 64 of a-z, 0-9, `.`, `_` and `-`";
    let slot = fields.slot(Field::System);
    let wrong = || -> Box<Fault> { fields.fault(Field::System, Reason::System, fields.found(Field::System, EXPECTED)) };
    match slot.shape() {
        Shape::Absent | Shape::Null => Ok(None),
        _ => slot.string(fields.text).filter(|system| is_system(system)).map(Some).ok_or_else(wrong),
    }
}

/// The bytes of a system's name: a table, since every event has one.
static IN_SYSTEM: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = matches!(byte as u8, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        byte += 1;
    }
    table
};

/// Is this the name of a system as the contract spells it?
pub fn is_system(name: &str) -> bool {
    // No stop at the first that is not allowed: mostly there is none, and so nothing is decided at each byte.
    let are_allowed = |name: &str| name.bytes().fold(true, |all, byte| all & IN_SYSTEM[usize::from(byte)]);
    (1..=SYSTEM_BYTES).contains(&name.len()) && are_allowed(name)
}

/// The system that a name from another vocabulary means (a CloudEvents source, `service.name`): in lower case, other
/// characters as `-`, cut at 64. `None` when nothing is left to name it.
pub fn system_from(name: &str) -> Option<String> {
    let allowed = |character: char| match character.to_ascii_lowercase() {
        lower @ ('a'..='z' | '0'..='9' | '.' | '_' | '-') => lower,
        _ => '-',
    };
    let system: String = name.trim().chars().map(allowed).take(SYSTEM_BYTES).collect();
    (!system.is_empty()).then_some(system)
}

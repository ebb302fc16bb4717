//! Reads JSON into events, or says which field is wrong and why.
//!
//! [`parse`] takes one object in either spelling; [`split`] cuts a body into objects. Files, from the bytes up:
//!
//! * `block`, `escape`: sixteen bytes at once; what escapes mean.
//! * `names`, `field`: from a key to a field.
//! * `reader` with `scalar` checks the grammar and gives a `slot` for each member.
//! * `fields` keeps the slots of one object; `values`, `number` and `check` read each as its declaration wants.
//! * `body` makes the event, by the declarations; [`cloudevents`] is the other spelling.
//! * `fault` and `phrase` make the sentences that senders read.

mod block;
mod body;
mod check;
pub mod cloudevents;
mod context;
mod escape;
mod fault;
pub(super) mod field;
pub(super) mod fields;
pub(super) mod names;
mod notes;
mod number;
mod phrase;
pub(super) mod reader;
mod scalar;
pub(super) mod slot;
pub mod split;
mod system;
mod values;

use body::Envelope;
pub use context::Context;
use fault::{Fault, Read};
use field::Field;
use fields::Fields;
pub use notes::{About, NOTES_MAX, Note, Notes};
pub use reader::{DEPTH_MAX, EVENT_BYTES_MAX};
pub use scalar::STRING_BYTES_MAX;
use slot::Shape;
pub use system::{SYSTEM_BYTES, is_system, system_from};

use super::body::{Event, Kind};
use super::kinds::SOURCE_BYTES;
use super::rejection::Rejection;
use super::words::Reason;

/// One event: the short form, or CloudEvents JSON when it has a `specversion`. `line` is the line of the body that
/// `text` starts in, from 1.
pub fn parse<'a>(text: &'a str, line: u32, context: &Context<'_>) -> Result<Event<'a>, Rejection> {
    // Made here and filled, not returned by a function: it is large, and this runs for every event.
    let mut fields = Fields::empty(text, "");
    let refuse = |fault: Box<Fault>| fault.place(text, line).rejection();
    fields.read().map_err(refuse)?;
    if fields.has(Field::SPEC_VERSION) {
        return cloudevents::structured(&fields, context).map_err(refuse);
    }
    short(&fields, context).map_err(refuse)
}

#[inline(always)]
fn short<'a>(fields: &Fields<'a>, context: &Context<'_>) -> Read<Event<'a>> {
    let kind = kind(fields)?;
    let envelope = Envelope {
        kind,
        system: match system::declared(fields)? {
            Some(system) => system,
            None => context.system().ok_or_else(|| {
                fields.missing(Field::SYSTEM, "every event belongs to a system, and no default_system is configured")
            })?,
        },
        id: fields.id(Field::ID)?,
        source: fields.text(Field::SOURCE, SOURCE_BYTES)?,
        time: fields.time(Field::TIME, context.received)?,
        case: fields.id(Field::CASE)?,
    };
    body::event(fields, envelope, field::known(kind), context)
}

#[inline]
fn kind(fields: &Fields<'_>) -> Read<Kind> {
    let slot = fields.slot(Field::TYPE);
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
    let slot = fields.slot(Field::TYPE);
    match slot.shape() {
        Shape::Absent | Shape::Null => {
            Err(fields.missing(Field::TYPE, "it says what happened, for example task.completed"))
        }
        Shape::Text | Shape::Escaped => body::kind_of(&slot.string(fields.text).unwrap_or_default())
            .map_err(|problem| fields.fault(Field::TYPE, Reason::Type, format!("`type` {problem}"))),
        _ => Err(fields.fault(Field::TYPE, Reason::Type, fields.found(Field::TYPE, "the name of a type, as a string"))),
    }
}

//! Reads JSON into events, or says which field is wrong and why.
//!
//! [`parse`] takes one object in either spelling; [`split`] cuts a body into objects. Files, from the bytes up:
//!
//! * `block`, `escape`: sixteen bytes at once; what escapes mean.
//! * `names`, `field`: from a key to a field.
//! * `reader` with `scalar` and `levels` checks the grammar and gives a `slot` for each member.
//! * `fields` keeps the slots of one object, and a `fingerprint` of its unknown names; `values`, `number`, `identifier` and `check` read each as its declaration wants,
//!   and put into `mended` what they had to repair.
//! * `body` makes the event, by the declarations; `behavior` reads what did the work; [`cloudevents`] is the other spelling.
//! * `write` is the other way: an event as one JSON object.
//! * `fault`, `mistakes` and `phrase` make the sentences that senders read; `notes` says what was ignored or repaired.

mod behavior;
mod block;
mod body;
mod check;
pub mod cloudevents;
mod context;
mod escape;
mod fault;
pub(super) mod field;
pub(super) mod fields;
mod fingerprint;
mod identifier;
mod levels;
mod mended;
mod mistakes;
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
mod write;

use body::Envelope;
pub use context::Context;
use fault::Read;
use field::Field;
use fields::Fields;
pub use identifier::identifier;
use mistakes::Mistakes;
pub use notes::{NOTES_MAX, Note, Notes, Remark};
pub use reader::EVENT_BYTES_MAX;
use slot::Shape;
pub use system::{SYSTEM_BYTES, is_system, system_from};
pub use write::write;

use super::body::{Event, Kind, Str};
use super::kinds::SOURCE_BYTES;
use super::rejection::Rejection;
use super::words::Reason;

/// One event: the short form, or CloudEvents JSON when it has a `specversion`. `line` is the line of the body that
/// `text` starts in, from 1.
pub fn parse<'a>(text: &'a str, line: u32, context: &Context<'_>) -> Result<Event<'a>, Rejection> {
    parse_nth(text, line, context, 0)
}

/// As [`parse`], for the `nth` event of a request.
fn parse_nth<'a>(text: &'a str, line: u32, context: &Context<'_>, nth: u32) -> Result<Event<'a>, Rejection> {
    // Made here and filled, not returned by a function: it is large, and this runs for every event.
    let mut fields = Fields::empty(text, "");
    fields.read().map_err(|fault| fault.place(text, line).rejection())?;
    event(&fields, context, nth, Event::clone).map_err(|_| mistakes(&fields, context).rejection(text, line))
}

/// Lends the event that these fields are, the `nth` of its request, to `take`; or its first mistake.
#[inline(always)]
pub(super) fn event<'a, T>(
    fields: &Fields<'a>,
    context: &Context<'_>,
    nth: u32,
    take: impl FnOnce(&Event<'a>) -> T,
) -> Read<T> {
    if fields.has(Field::SPEC_VERSION) {
        return cloudevents::structured(fields, context, nth).map(|event| take(&event));
    }
    short(fields, context, nth, take)
}

#[inline(always)]
fn short<'a, T>(fields: &Fields<'a>, context: &Context<'_>, nth: u32, take: impl FnOnce(&Event<'a>) -> T) -> Read<T> {
    let kind = kind(fields)?;
    let envelope = Envelope {
        kind,
        system: system::of_short(fields, context)?,
        id: fields.may(Field::ID, Fields::id)?,
        source: source(fields)?,
        time: fields.may(Field::TIME, |fields, field| fields.time(field, context))?,
        case: case(fields, kind)?,
        nth,
        mended: None,
    };
    body::event(fields, envelope, field::known(kind), context, take)
}

fn source<'a>(fields: &Fields<'a>) -> Read<Option<Str<'a>>> {
    fields.may(Field::SOURCE, |fields, field| fields.text(field, SOURCE_BYTES))
}

/// An empty case is as good as none, unless the type needs one.
fn case<'a>(fields: &Fields<'a>, kind: Kind) -> Read<Option<Str<'a>>> {
    if body::needs_case(kind) { fields.id(Field::CASE) } else { fields.may(Field::CASE, Fields::id) }
}

/// Everything that is wrong with an event.
#[cold]
fn mistakes(fields: &Fields<'_>, context: &Context<'_>) -> Mistakes {
    if fields.has(Field::SPEC_VERSION) {
        return cloudevents::structured_mistakes(fields, context);
    }
    let mut found = Mistakes::default();
    let kind = found.kind(kind(fields));
    found.system(system::of_short(fields, context));
    found.keep(fields.may(Field::ID, Fields::id));
    found.keep(source(fields));
    found.keep(fields.may(Field::TIME, |fields, field| fields.time(field, context)));
    match kind {
        Some(kind) => {
            found.keep(case(fields, kind));
            found.repeated(fields, field::known(kind));
            body::mistakes(fields, kind, fields.has(Field::CASE), context, &mut found);
        }
        None => {
            found.keep(fields.may(Field::CASE, Fields::id));
            found.repeated(fields, field::COMMON_FIELDS);
        }
    }
    found
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

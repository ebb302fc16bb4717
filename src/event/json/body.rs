//! From the fields of one object and its envelope to an [`Event`]: each type reads the fields that it declares.

use super::super::body::{Body, Event, FeedbackValue, Kind, Str};
use super::super::declarations::{events, form};
use super::super::kinds::{EventType, MODES, NAME_BYTES, NOTE_BYTES};
use super::super::repairs::Repairs;
use super::super::time::Timestamp;
use super::super::words::*;
use super::context::Context;
use super::fault::{Fault, Read};
use super::field::{Field, FieldSet};
use super::fields::Fields;
use super::number;
use super::phrase::{choices, excerpt, nearest};

/// What both spellings say about an event apart from the fields of its type.
pub(super) struct Envelope<'a> {
    pub kind: Kind,
    pub system: Str<'a>,
    pub id: Option<Str<'a>>,
    pub source: Option<Str<'a>>,
    pub time: Option<Timestamp>,
    pub case: Option<Str<'a>>,
}

/// The event that `fields` and its envelope describe. `known` are the fields that are not counted as unknown.
#[inline(always)]
pub(super) fn event<'a>(
    fields: &Fields<'a>,
    envelope: Envelope<'a>,
    known: FieldSet,
    context: &Context<'_>,
) -> Read<Event<'a>> {
    let Envelope { kind, system, id, source, time, case } = envelope;
    let mut unknown_fields = fields.unknown(known)?;
    if case.is_none() && NEEDS_CASE[kind as usize] {
        return Err(fields.missing(Field::CASE, &format!("{kind} needs it")));
    }
    let body = body(fields, kind, &system, context)?;
    if let Body::FeedbackReceived { value: FeedbackValue::None, .. } = body {
        unknown_fields += u32::from(fields.has(Field::VALUE));
    }
    let (received, inlet) = (context.received, context.inlet);
    let time = time.unwrap_or(received);
    let (repairs, skewed, behavior) = (Repairs::NONE, false, None);
    Ok(Event { system, id, source, time, received, inlet, case, unknown_fields, repairs, skewed, behavior, body })
}

/// A small table, since every event asks.
static NEEDS_CASE: [bool; Kind::ALL.len()] = {
    let mut needs = [false; Kind::ALL.len()];
    let mut row = 0;
    while row < needs.len() {
        needs[row] = EventType::of(Kind::ALL[row]).needs_case();
        row += 1;
    }
    needs
};

/// The type that a word names; the error completes "`type` …".
pub(super) fn kind_of(word: &str) -> Result<Kind, String> {
    if let Some(kind) = Kind::from_word(word) {
        return Ok(kind);
    }
    let meant = match word.strip_prefix("dev.day90.").and_then(Kind::from_word) {
        Some(kind) => format!("in the short form it is {kind}"),
        None => match nearest(Kind::WORDS, word) {
            Some(kind) => format!("did you mean {kind}?"),
            None => "docs/events.md lists the types".to_string(),
        },
    };
    Err(format!("is \"{}\", which day90 doesn't know; {meant}", excerpt(word)))
}

/// One field as its declaration says: it must be there, may be, or has a default.
macro_rules! needed {
    (must $f:ident $kind:ident $field:expr, $get:expr) => {
        $f.must($kind, $field, $get)?
    };
    (may $f:ident $kind:ident $field:expr, $get:expr) => {
        $f.may($field, $get)?
    };
    (or($default:expr) $f:ident $kind:ident $field:expr, $get:expr) => {
        $f.may($field, $get)?.unwrap_or($default)
    };
}

macro_rules! readers {
    ($($kind:ident = $word:literal {
        when: $when:literal, feeds: $feeds:literal, case: $case:ident,
        $(fields: {
            $($need:ident $(($default:expr))? $field:ident: $form:ident $(($of:ident))?, $($meaning:literal),+;)+
        },)?
        example: $example:literal,
    })+) => {
        #[inline(never)]
        fn body<'a>(f: &Fields<'a>, kind: Kind, system: &str, context: &Context<'_>) -> Read<Body<'a>> {
            // Each type says Ok for itself: its parts then go straight to their place, not first to one that fits them all.
            match kind {
                $(Kind::$kind => {
                    $($(
                        let $field = needed!($need $(($default))? f kind
                            form!(field $form $field), form!(read $form $(($of))? system context));
                    )+)?
                    Ok(Body::$kind $({ $($field,)+ })?)
                })+
            }
        }
    };
}

events!(readers);

/// A mode that something can happen in: `never` is only for boundaries.
fn mode(f: &Fields<'_>, field: Field) -> Read<Option<Mode>> {
    match f.word_of(field, MODES)? {
        Some(Mode::Never) => Err(f.wrong(field, &choices(MODES, ""))),
        mode => Ok(mode),
    }
}

/// `None` where the signal is negative by itself.
fn feedback(
    f: &Fields<'_>,
    field: Field,
    signal: Signal,
    system: &str,
    context: &Context<'_>,
) -> Read<Option<FeedbackValue>> {
    let missing = |expected: &str| -> Box<Fault> { f.missing(field, &format!("signal {signal} needs {expected}")) };
    match signal {
        Signal::Thumbs => match f.word(field)? {
            Some(thumb) => Ok(Some(FeedbackValue::Thumb(thumb))),
            None => Err(missing("up or down")),
        },
        Signal::Rating => {
            let (lowest, highest) = (context.rating_scale)(system);
            let Some(rating) = f.number(field, format_args!("a number from {lowest} to {highest}"), number::fixed)?
            else {
                return Err(missing(&format!("a number from {lowest} to {highest}")));
            };
            if rating < lowest || rating > highest {
                let expected = format!("a number from {lowest} to {highest}, the rating scale of {system}");
                return Err(f.wrong(field, &expected));
            }
            Ok(Some(FeedbackValue::Rating(rating)))
        }
        _ => Ok(None),
    }
}

//! From the fields of one object and its envelope to an [`Event`]: each type reads the fields that it declares.

use super::super::body::{Body, Event, FeedbackValue, Kind, Str};
use super::super::declarations::{events, form};
use super::super::kinds::{EventType, MODES, NAME_BYTES, NOTE_BYTES};
use super::super::repairs::Repairs;
use super::super::time::Timestamp;
use super::super::words::*;
use super::behavior;
use super::context::Context;
use super::fault::{Fault, Read};
use super::field::{self, Field, FieldSet};
use super::fields::Fields;
use super::mended::Mended;
use super::mistakes::Mistakes;
use super::notes::{Note, Remark};
use super::number;
use super::phrase::{choices, excerpt, nearest, nearest_of};

/// What both spellings say about an event apart from the fields of its type.
pub(super) struct Envelope<'a, 'm> {
    pub kind: Kind,
    pub system: Str<'a>,
    pub id: Option<Str<'a>>,
    pub source: Option<Str<'a>>,
    pub time: Option<Timestamp>,
    pub case: Option<Str<'a>>,
    /// Its position among the events of its request: those without a time happened in their order, a nanosecond apart.
    pub nth: u32,
    /// What was mended in attributes that are outside of the fields.
    pub mended: Option<&'m Mended>,
}

/// Lends the event that `fields` and its envelope describe to `take`: it is large, and whoever returns it copies it. `known` are
/// the fields that are not counted as unknown.
#[inline(always)]
pub(super) fn event<'a, T>(
    fields: &Fields<'a>,
    envelope: Envelope<'a, '_>,
    known: FieldSet,
    context: &Context<'_>,
    take: impl FnOnce(&Event<'a>) -> T,
) -> Read<T> {
    let Envelope { kind, system, id, source, time, case, nth, mended } = envelope;
    let mut unknown_fields = fields.unknown(known)?;
    if case.is_none() && NEEDS_CASE[kind as usize] {
        return Err(no_case(fields, kind));
    }
    let behavior = match fields.seen(BEHAVIOR[kind as usize]) {
        none if none.is_empty() => None,
        there => behavior::read(fields, there, &mut unknown_fields)?,
    };
    names_a_change(fields, kind)?;
    let (received, inlet) = (context.received, context.inlet);
    let time = time.unwrap_or_else(|| received.plus(i64::from(nth)));
    let (repairs, skewed) = (Repairs::NONE, false);
    let mut event = Event {
        system,
        id,
        source,
        time,
        received,
        inlet,
        case,
        unknown_fields: 0,
        repairs,
        skewed,
        behavior,
        body: Body::nothing(),
    };
    body(fields, kind, &event.system, context, &mut event.body)?;
    if let Body::FeedbackReceived { value: FeedbackValue::None, .. } = event.body {
        unknown_fields += u32::from(fields.has(Field::VALUE));
    }
    event.unknown_fields = unknown_fields;
    if unknown_fields > 0 {
        note_unknown(fields, &event, nth, known, context);
    }
    if !fields.mended.is_nothing() | mended.is_some() {
        mark(&mut event, [Some(&fields.mended), mended]);
        note_mended(fields, &event, nth, mended, context);
    }
    Ok(take(&event))
}

#[cold]
fn mark(event: &mut Event<'_>, mended: [Option<&Mended>; 2]) {
    for mended in mended.into_iter().flatten() {
        event.repairs = event.repairs.and(mended.repairs());
        event.skewed |= mended.skewed();
    }
}

#[cold]
fn no_case(fields: &Fields<'_>, kind: Kind) -> Box<Fault> {
    fields.missing(Field::CASE, &format!("{kind} needs it"))
}

/// What is wrong with an event apart from its envelope: everything that [`event`] may find.
#[cold]
pub(super) fn mistakes(fields: &Fields<'_>, kind: Kind, has_case: bool, context: &Context<'_>, found: &mut Mistakes) {
    if !has_case && NEEDS_CASE[kind as usize] {
        found.keep::<()>(Err(no_case(fields, kind)));
    }
    found.keep(behavior::read(fields, fields.seen(BEHAVIOR[kind as usize]), &mut 0));
    body_mistakes(fields, kind, context, found);
    found.keep(names_a_change(fields, kind));
}

/// Tells the sender which fields were ignored.
#[cold]
fn note_unknown(fields: &Fields<'_>, event: &Event<'_>, index: u32, known: FieldSet, context: &Context<'_>) {
    let Some(notes) = context.notes else { return };
    let mut notes = notes.borrow_mut();
    let kind = event.body.kind();
    let unknown = |field, meant| Note { index, field, kind, about: Remark::Unknown { meant } };
    if notes.is_new(fields.unknown_mark(known)) {
        fields.unknown_names(known, |name| {
            notes.add(fields.prefix, &excerpt(&name), true, |field| {
                unknown(field, nearest_of(known.iter().map(Field::as_str), &name))
            });
        });
    }
    if matches!(event.body, Body::FeedbackReceived { value: FeedbackValue::None, .. }) && fields.has(Field::VALUE) {
        let note = |field| Note { index, field, kind, about: Remark::NoValue };
        notes.add(fields.prefix, Field::VALUE.as_str(), true, note);
    }
    behavior::unknown_kinds(fields, |name| {
        let field = format!("versions.{name}");
        notes.add(fields.prefix, &field, true, |field| unknown(field, nearest(ChangeKind::WORDS, &name)));
    });
}

/// Tells the sender what was mended.
#[cold]
fn note_mended(fields: &Fields<'_>, event: &Event<'_>, index: u32, mended: Option<&Mended>, context: &Context<'_>) {
    let Some(notes) = context.notes else { return };
    let mut notes = notes.borrow_mut();
    let kind = event.body.kind();
    let outside = mended.into_iter().flat_map(Mended::fields).map(|(field, about)| ("", field, about));
    let inside = fields.mended.fields().map(|(field, about)| (fields.prefix, field, about));
    for (prefix, field, about) in outside.chain(inside) {
        notes.add(prefix, field.as_str(), false, |field| Note { index, field, kind, about });
    }
}

/// An approval or a failure that says of which change it is: by its name, or by kind and version.
#[inline]
fn names_a_change(f: &Fields<'_>, kind: Kind) -> Read<()> {
    if !matches!(kind, Kind::ChangeApproved | Kind::ChangeFailed)
        || f.says(Field::CHANGE)
        || f.says(Field::KIND) && f.says(Field::VERSION)
    {
        return Ok(());
    }
    Err(f.missing(Field::CHANGE, &format!("{kind} needs it, or `kind` and `version` both")))
}

/// The common fields that say what did the work, where the type has no field of that name.
static BEHAVIOR: [FieldSet; Kind::ALL.len()] = {
    const COMMON: FieldSet = FieldSet::of(&[Field::VERSIONS, Field::VERSION, Field::CHANGE]);
    let mut sets = [COMMON; Kind::ALL.len()];
    let mut row = 0;
    while row < sets.len() {
        sets[row] = COMMON.without(field::own(Kind::ALL[row]));
        row += 1;
    }
    sets
};

/// Must an event of this type have a case?
#[inline]
pub(super) fn needs_case(kind: Kind) -> bool {
    NEEDS_CASE[kind as usize]
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
        /// Reads what belongs to the type, to its place in the event: a body is large, and would be copied on its way there.
        #[inline(never)]
        fn body<'a>(f: &Fields<'a>, kind: Kind, system: &str, context: &Context<'_>, body: &mut Body<'a>) -> Read<()> {
            match kind {
                $(Kind::$kind => {
                    $($(
                        let $field = needed!($need $(($default))? f kind
                            form!(field $form $field), form!(read $form $(($of))? system context));
                    )+)?
                    *body = Body::$kind $({ $($field,)+ })?;
                })+
            }
            Ok(())
        }

        /// As `body`, but it goes on after a mistake.
        #[cold]
        fn body_mistakes(f: &Fields<'_>, kind: Kind, context: &Context<'_>, found: &mut Mistakes) {
            let system = found.system_name().to_owned();
            let system = system.as_str();
            match kind {
                $(Kind::$kind => {
                    $($(
                        let read = || -> Read<_> {
                            Ok(needed!($need $(($default))? f kind
                                form!(field $form $field), form!(read $form $(($of))? system context)))
                        };
                        let $field = found.keep(read());
                        let _ = &$field;
                    )+)?
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
    signal: impl Into<Option<Signal>>,
    system: &str,
    context: &Context<'_>,
) -> Read<Option<FeedbackValue>> {
    let Some(signal) = signal.into() else { return Ok(None) };
    let missing = |expected: &str| -> Box<Fault> { f.missing(field, &format!("signal {signal} needs {expected}")) };
    match signal {
        Signal::Thumbs if f.is_empty_text(field) => Err(missing("up or down")),
        Signal::Thumbs => match f.word(field)? {
            Some(thumb) => Ok(Some(FeedbackValue::Thumb(thumb))),
            None => Err(missing("up or down")),
        },
        Signal::Rating => {
            let (lowest, highest) = (context.rating_scale)(system);
            if f.is_empty_text(field) {
                return Err(missing(&format!("a number from {lowest} to {highest}")));
            }
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

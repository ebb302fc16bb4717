//! The contract as a table: every type with its fields, what each must look like, and what it is for.
//!
//! docs/events.md and the JSON Schema are made from it, and the reader collects the names of fields from it. The types
//! come from the declarations; the fields that every type has are written here.

use super::body::Kind;
use super::declarations::{events, form};
use super::time;
use super::words::*;

/// What the value of a field must look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// 1 to this many bytes of UTF-8 without control characters.
    Text(usize),
    /// A text that is cut to [`NAME_BYTES`].
    Name,
    /// 1 to [`IDENTIFIER_BYTES`] bytes without control characters, or an integer; a long one is shortened.
    Identifier,
    /// An object from the kinds of changes to identifiers.
    Versions,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A number of seconds, 0 to a billion.
    Seconds,
    /// A number from 0 to 1.
    Ratio,
    /// A whole number from 0 to 2^53.
    Count,
    /// `true` or `false`.
    Flag,
    /// An amount of money: a number from 0 to a billion. It always comes with a `currency`.
    Amount,
    /// A code of ISO 4217.
    Currency,
    /// `up` or `down` for thumbs, a number on the declared scale for a rating, else nothing.
    Feedback,
    /// A date and time of RFC 3339.
    Time,
    /// 1–64 of `[a-z0-9._-]`.
    System,
}

/// One field of one type.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its name in JSON.
    pub field: &'static str,
    pub required: bool,
    pub form: Form,
    pub meaning: &'static str,
}

impl Spec {
    /// `need` is the word of the declaration; only `must` fields are required.
    const fn of(need: &str, field: &'static str, form: Form, meaning: &'static str) -> Spec {
        Spec { field, required: matches!(need.as_bytes(), b"must"), form, meaning }
    }
}

/// One type of the contract.
#[derive(Clone, Copy, Debug)]
pub struct EventType {
    pub kind: Kind,
    /// When a sender sends it.
    pub meaning: &'static str,
    /// What day90 makes of it.
    pub feeds: &'static str,
    pub fields: &'static [Spec],
    /// One event with every field.
    pub example: &'static str,
}

/// Bytes of a name: action, queue, reason, name, input, suite, owner, by, author, approver.
pub const NAME_BYTES: usize = 64;
/// Bytes of what identifies one thing, as it is sent: id, case, escalation, review, appeal, change, rollback, version.
pub const IDENTIFIER_BYTES: usize = 1_024;
/// Bytes of an identifier that is kept as it is; a longer one is shortened.
pub const ID_BYTES: usize = 128;
/// Bytes of a source.
pub const SOURCE_BYTES: usize = 256;
/// Bytes of any text that the contract knows, before it is cut or shortened.
pub const TEXT_BYTES: usize = 8 << 10;
/// Bytes of a note.
pub const NOTE_BYTES: usize = TEXT_BYTES;
/// Nanoseconds that an event may be ahead of the daemon's clock.
pub const AHEAD_MAX: i64 = 5 * time::MINUTE;
/// Nanoseconds that an event may be old, unless `limits.event_age` says otherwise.
pub const EVENT_AGE: i64 = 400 * time::DAY;
/// The largest count: above it, JSON's numbers are no longer exact everywhere.
pub const COUNT_MAX: u64 = 1 << 53;

/// Fields that every type has, apart from `type`.
pub const COMMON: &[Spec] = &[
    Spec::of(
        "may",
        "system",
        Form::System,
        "The AI system. Required, unless the configuration has a `default_system`.",
    ),
    Spec::of(
        "may",
        "id",
        Form::Identifier,
        "Your id of the event: the same (source, type, id) is the same event and counts once. Without one, nothing is \
         deduplicated.",
    ),
    Spec::of("may", "source", Form::Text(SOURCE_BYTES), "Who made the id; the system unless you say otherwise."),
    Spec::of(
        "may",
        "time",
        Form::Time,
        "When it happened; when it was received unless you say otherwise. More than 5 minutes ahead of the daemon's \
         clock is refused, and so is what is older than `limits.event_age`, 400 days.",
    ),
    Spec::of("may", "case", Form::Identifier, CASE),
    Spec::of(
        "may",
        "versions",
        Form::Versions,
        "The versions that did the work, as in `{\"prompt\":\"v8\",\"model\":\"m-3\"}`. Never labels.",
    ),
    Spec::of(
        "may",
        "version",
        Form::Identifier,
        "The version that did the work, of the kind in which it was deployed. Never a label.",
    ),
    Spec::of("may", "change", Form::Identifier, "The change that did the work. Never a label."),
];

const CASE: &str = "The piece of work that the events of one lifecycle share.";

/// What a task or an attempt can be: `never` is only for boundaries.
pub const MODES: &[&str] = &["decide", "suggest", "escalate"];

impl EventType {
    /// Must an event of this type have a case?
    pub const fn needs_case(&self) -> bool {
        // It is the first of its fields.
        matches!(self.fields, [Spec { field, .. }, ..] if matches!(field.as_bytes(), b"case"))
    }

    /// The row of a type.
    pub const fn of(kind: Kind) -> &'static EventType {
        &TABLE[kind as usize]
    }
}

macro_rules! case {
    (required) => {
        &[Spec::of("must", "case", Form::Identifier, CASE)]
    };
    (optional) => {
        &[]
    };
}

macro_rules! table {
    ($($kind:ident = $word:literal {
        when: $when:literal, feeds: $feeds:literal, case: $case:ident,
        $(fields: {
            $($need:ident $(($default:expr))? $field:ident: $form:ident $(($of:ident))?, $($meaning:literal),+;)+
        },)?
        example: $example:literal,
    })+) => {
        /// The types, in the order of [`Kind`].
        pub const TABLE: &[EventType; Kind::ALL.len()] = &[$({
            const PARTS: &[&[Spec]] = &[
                case!($case), $($(form!(rows $need $field $form $(($of))? $($meaning)+),)+)?
            ];
            const FIELDS: [Spec; length(PARTS)] = joined(PARTS);
            EventType { kind: Kind::$kind, meaning: $when, feeds: $feeds, fields: &FIELDS, example: $example }
        }),+];
    };
}

events!(table);

const fn length(parts: &[&[Spec]]) -> usize {
    let (mut length, mut part) = (0, 0);
    while part < parts.len() {
        length += parts[part].len();
        part += 1;
    }
    length
}

const fn joined<const N: usize>(parts: &[&[Spec]]) -> [Spec; N] {
    let mut joined = [COMMON[0]; N];
    let (mut at, mut part) = (0, 0);
    while part < parts.len() {
        let mut field = 0;
        while field < parts[part].len() {
            joined[at] = parts[part][field];
            (at, field) = (at + 1, field + 1);
        }
        part += 1;
    }
    joined
}

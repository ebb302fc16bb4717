//! [`Notes`]: what the senders of accepted events should know about their fields.

use std::fmt;

use super::super::body::Kind;
use super::super::words::Repair;

/// Notes that are kept of one request.
pub const NOTES_MAX: usize = 100;

/// What was ignored or repaired in the events of one request: each field once, and [`NOTES_MAX`] at most.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    list: Vec<Note>,
    /// [`Fields::unknown_mark`](super::fields::Fields::unknown_mark) of events whose unknown fields are in the list.
    looked_at: Vec<u64>,
}

/// Kinds of events, by their unknown fields, that one request is taken to have.
const LOOKED_AT_MAX: usize = 32;

/// A field of an accepted event that didn't count as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The position of the event in its request.
    pub index: u32,
    /// The name of the field, in the sender's own spelling.
    pub field: String,
    pub kind: Kind,
    pub about: Remark,
}

/// What a [`Note`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The type has no such field, so it was ignored; perhaps this one was meant.
    Unknown {
        meant: Option<&'static str>,
    },
    /// `value` of a signal that has none.
    NoValue,
    Repaired(Repair),
    /// A negative duration, which counts as 0.
    Negative,
}

impl Notes {
    /// In the order of their events.
    pub fn iter(&self) -> impl Iterator<Item = &Note> {
        self.list.iter()
    }

    pub fn is_full(&self) -> bool {
        self.list.len() >= NOTES_MAX
    }

    /// Whether unknown fields with this mark are new. They are looked at only then: most events of a request have the same
    /// ones, and it takes long to say which were meant.
    pub(super) fn is_new(&mut self, mark: u64) -> bool {
        let is_new = !self.looked_at.contains(&mark);
        if is_new && self.looked_at.len() < LOOKED_AT_MAX {
            self.looked_at.push(mark);
        }
        is_new
    }

    /// Adds the note that `make` makes of the field's full name, unless the field has one of this sort or there is no room.
    pub(super) fn add(&mut self, prefix: &str, name: &str, is_unknown: bool, make: impl FnOnce(String) -> Note) {
        let is_it = |known: &Note| known.field.strip_prefix(prefix) == Some(name) && known.is_unknown() == is_unknown;
        if !self.is_full() && !self.list.iter().any(is_it) {
            self.list.push(make(format!("{prefix}{name}")));
        }
    }
}

impl Note {
    pub fn is_unknown(&self) -> bool {
        matches!(self.about, Remark::Unknown { .. } | Remark::NoValue)
    }
}

/// The warning, without the name of the field.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        match self.about {
            Remark::Unknown { meant: Some(meant) } => {
                write!(f, "{kind} has no such field, so it was ignored; did you mean {meant}?")
            }
            Remark::Unknown { meant: None } => write!(f, "{kind} has no such field, so it was ignored"),
            Remark::NoValue => f.write_str("this signal has no value, so it was ignored"),
            Remark::Repaired(repair) => f.write_str(match repair {
                Repair::Shortened => "is over 128 bytes, and known by a shorter name from now on",
                Repair::Integer => "is a number, and was taken as text",
                Repair::Cut => "is over 64 bytes, and was cut",
                Repair::Empty => "is empty, and was taken as absent",
                Repair::Surrogate => "holds half a character, which was replaced by U+FFFD",
                Repair::Money => "is a string, and was taken as a number",
                Repair::Currency => "is not in capital letters, and was taken all the same",
                Repair::Time => "is not as RFC 3339 writes it, and was taken all the same",
            }),
            Remark::Negative => f.write_str("is negative, and was taken as 0: do two clocks disagree?"),
        }
    }
}

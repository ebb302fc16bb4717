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
}

/// A field of an accepted event that didn't count as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The position of the event in its request.
    pub index: u32,
    /// The name of the field, in the sender's own spelling.
    pub field: String,
    pub kind: Kind,
    pub about: About,
}

/// What a [`Note`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
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

    /// Adds a note unless the field has one of this sort.
    pub(super) fn add(&mut self, note: Note) {
        let is_known = |known: &Note| known.field == note.field && known.is_unknown() == note.is_unknown();
        if !self.is_full() && !self.list.iter().any(is_known) {
            self.list.push(note);
        }
    }
}

impl Note {
    pub fn is_unknown(&self) -> bool {
        matches!(self.about, About::Unknown { .. } | About::NoValue)
    }
}

/// The warning, without the name of the field.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        match self.about {
            About::Unknown { meant: Some(meant) } => {
                write!(f, "{kind} has no such field, so it was ignored; did you mean {meant}?")
            }
            About::Unknown { meant: None } => write!(f, "{kind} has no such field, so it was ignored"),
            About::NoValue => f.write_str("this signal has no value, so it was ignored"),
            About::Repaired(repair) => f.write_str(match repair {
                Repair::Shortened => "is over 128 bytes, and known by a shorter name from now on",
                Repair::Integer => "is a number, and was taken as text",
                Repair::Cut => "is over 64 bytes, and was cut",
                Repair::Empty => "is empty, and was taken as absent",
                Repair::Surrogate => "holds half a character, which was replaced by U+FFFD",
                Repair::Money => "is a string, and was taken as a number",
                Repair::Currency => "is not in capital letters, and was taken all the same",
                Repair::Time => "is not as RFC 3339 writes it, and was taken all the same",
            }),
            About::Negative => f.write_str("is negative, and was taken as 0: do two clocks disagree?"),
        }
    }
}

//! [`Slot`]: where a value of one field is in the text of its event, and what it is.

use std::borrow::Cow;

use super::super::body::Str;
use super::escape::unescape;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::event) enum Shape {
    Absent,
    Null,
    False,
    True,
    Number,
    /// A string without escapes.
    Text,
    /// A string with escapes, all of them valid.
    Escaped,
    Array,
    Object,
}

const SHAPES: [Shape; 16] = {
    use Shape::*;
    [
        Absent, Null, False, True, Number, Text, Escaped, Array, Object, Absent, Absent, Absent, Absent, Absent,
        Absent, Absent,
    ]
};

/// A value: what it is and where it is in the text of the event. Strings are without their quotes.
///
/// There is one for every field of the contract, and all are cleared for every event. So it is one number of start, length
/// and shape, which stays in a register until it is stored.
#[derive(Clone, Copy, Debug)]
pub(in crate::event) struct Slot(u64);

impl Slot {
    pub const ABSENT: Slot = Slot(0);

    /// A value that is longer than an event makes a slot that nobody may read: the event is refused for its length.
    pub(super) fn new(start: usize, length: usize, shape: Shape) -> Slot {
        Slot((start as u64) << 32 | (length as u64) << 8 | shape as u64)
    }

    pub fn shape(self) -> Shape {
        SHAPES[self.0 as usize % SHAPES.len()]
    }

    /// Bytes of the value.
    pub fn length(self) -> usize {
        (self.0 as u32 >> 8) as usize
    }

    fn start(self) -> usize {
        (self.0 >> 32) as usize
    }

    pub fn raw(self, text: &str) -> &str {
        &text[self.start()..self.start() + self.length()]
    }

    /// Where the value begins, its quote included.
    pub fn position(self) -> usize {
        self.start() - usize::from(matches!(self.shape(), Shape::Text | Shape::Escaped))
    }

    /// The text of a string; `None` for every other value.
    #[inline]
    pub fn string(self, text: &str) -> Option<Str<'_>> {
        self.mended_string(text).map(|(string, _)| string)
    }

    /// As [`Slot::string`], and whether halves of characters were replaced in it.
    pub fn mended_string(self, text: &str) -> Option<(Str<'_>, bool)> {
        match self.shape() {
            Shape::Text => Some((Cow::Borrowed(self.raw(text)), false)),
            Shape::Escaped => {
                let (string, has_halves) = unescape(self.raw(text));
                Some((Cow::Owned(string), has_halves))
            }
            _ => None,
        }
    }
}

//! Reads the JSON of one event where it stands: nothing is copied, every value becomes a [`Slot`] that says where
//! it is and what it is.
//!
//! A general parser would build values that nobody reads. This one checks the whole grammar of RFC 8259 and the
//! bounds of the contract (size, depth, strings, surrogates), also inside fields that are ignored, and knows at
//! each mistake which field it stands in.

use std::borrow::Cow;

use super::block::{Block, plain};
use super::escape::{IS_SHORT, code_point, unescape};
use super::field::Field;
use super::rejection::{Fault, Read, excerpt};
use super::{Reason, Str};

/// Bytes of one event as it was sent.
pub const EVENT_BYTES_MAX: usize = 64 << 10;
/// Bytes of any one string or number, names of fields too.
pub const STRING_BYTES_MAX: usize = 8 << 10;
/// Levels of objects and arrays; the event itself is the first.
pub const DEPTH_MAX: u32 = 16;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Shape {
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

/// A value: what it is and where it stands in the text of the event. Strings stand without their quotes.
///
/// There is one for every field of the contract, and all are cleared for every event; so it is one number, start and length
/// and shape, which stays in a register until it is put in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot(u64);

impl Slot {
    pub const ABSENT: Slot = Slot(0);

    /// `start` and `length` are below [`EVENT_BYTES_MAX`] together, since a value is smaller than the event around it.
    fn new(start: usize, length: usize, shape: Shape) -> Slot {
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
        match self.shape() {
            Shape::Text => Some(Cow::Borrowed(self.raw(text))),
            Shape::Escaped => Some(Cow::Owned(unescape(self.raw(text)))),
            _ => None,
        }
    }
}

pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// `text` must not be longer than [`EVENT_BYTES_MAX`].
    pub fn new(text: &'a str, at: usize) -> Reader<'a> {
        debug_assert!(text.len() <= EVENT_BYTES_MAX);
        Reader { text, at }
    }

    /// Calls `take` with each member of the object that stands here: the field that its key names, if it is one, and the
    /// slot of its value. `depth` is the level of this object.
    #[inline]
    pub fn object(&mut self, depth: u32, mut take: impl FnMut(Option<Field>, Slot)) -> Read<()> {
        let mut next = match self.usual_key::<b'{'>() {
            Some(key) => Some(key),
            None => self.first_key()?,
        };
        while let Some((key, field)) = next {
            let value = self.value(depth).map_err(|fault| fault.inside_field(&self.key_text(key)))?;
            take(field, value);
            next = match self.usual_key::<b','>() {
                Some(key) => Some(key),
                None if self.peek() == Some(b'}') => {
                    self.at += 1;
                    None
                }
                None => self.next_key()?,
            };
        }
        Ok(())
    }

    /// The bracket of an object that is an event, and its first key; `None` when it is empty.
    #[inline(never)]
    fn first_key(&mut self) -> Read<Option<(usize, Option<Field>)>> {
        self.blank();
        if self.peek() != Some(b'{') {
            return Err(self.expected("an event: one JSON object in { }"));
        }
        self.at += 1;
        self.blank();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(None);
        }
        self.key().map(Some)
    }

    /// The key behind `LEAD`, a bracket or a comma, when it is a short one and stands there as machines write it, without
    /// blanks: `,"key":value`. Of everything else it says nothing, and stays where it is.
    #[inline(always)]
    fn usual_key<const LEAD: u8>(&mut self) -> Option<(usize, Option<Field>)> {
        // A block of the key, its quote, its colon and the first byte of its value: one look at the end of the text is
        // enough for all.
        let window: &[u8; 2 + Block::BYTES + 3] = self.text.as_bytes().get(self.at..)?.first_chunk()?;
        let (lead, name) = window.split_first_chunk()?;
        if *lead != [LEAD, b'"'] {
            return None;
        }
        let block = Block::of(name.first_chunk()?);
        let length = block.plain();
        let (end, value) = name[length..].split_first_chunk()?;
        if *end != *b"\":" || value[0] <= b' ' {
            return None;
        }
        let key = self.at + 1;
        self.at += length + 4;
        Some((key, Field::of(block.first(length))))
    }

    /// The next key behind a member; `None` when the object ends instead.
    #[inline(never)]
    fn next_key(&mut self) -> Read<Option<(usize, Option<Field>)>> {
        if self.goes_on(b'}', "`,` or `}`")? { self.key().map(Some) } else { Ok(None) }
    }

    /// The text of the key whose quote stands at `at`.
    #[cold]
    fn key_text(&self, at: usize) -> String {
        let key = Reader::new(self.text, at).string().ok().and_then(|key| key.string(self.text));
        key.unwrap_or_default().into_owned()
    }

    /// Nothing but blanks may stand here.
    pub fn end(&mut self) -> Read<()> {
        self.blank();
        if self.at == self.text.len() {
            return Ok(());
        }
        let what = "something follows the event; several events are sent one a line as \
                    application/x-ndjson, or as a JSON array";
        Err(Fault::new(self.at, Reason::Syntax, what))
    }

    /// A key with its colon: where it stands, and the field that it names, if it is one. The value comes next.
    #[inline(always)]
    fn key(&mut self) -> Read<(usize, Option<Field>)> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("the name of a field in double quotes"));
        }
        let key = self.at;
        let bytes = self.text.as_bytes();
        let block = Block::at(bytes, key + 1);
        let length = block.plain();
        let field = if bytes.get(key + 1 + length) == Some(&b'"') {
            self.at += length + 2;
            Field::of(block.first(length))
        } else {
            self.long_key()?
        };
        if self.peek() != Some(b':') {
            self.blank();
            if self.peek() != Some(b':') {
                return Err(self.expected("`:` after the name of a field"));
            }
        }
        self.at += 1;
        self.blank();
        Ok((key, field))
    }

    /// A key with escapes, or one that is longer than most.
    #[inline(never)]
    fn long_key(&mut self) -> Read<Option<Field>> {
        let key = self.string()?;
        Ok(Field::from_word(&key.string(self.text).unwrap_or_default()))
    }

    /// After a member: does another one follow? `close` is consumed when none does.
    #[inline(always)]
    fn goes_on(&mut self, close: u8, expected: &str) -> Read<bool> {
        self.blank();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.blank();
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.expected(expected)),
        }
    }

    /// The value that stands here, inside `depth` levels. Mostly it is a string, else a number.
    #[inline(always)]
    fn value(&mut self, depth: u32) -> Read<Slot> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.rarer_value(depth),
        }
    }

    /// Apart, so that the way through the fields of an event is all in one place.
    #[inline(never)]
    fn nested_key(&mut self) -> Read<()> {
        self.key().map(|_| ())
    }

    #[inline(never)]
    fn nested_value(&mut self, depth: u32) -> Read<Slot> {
        self.value(depth)
    }

    #[inline(never)]
    fn rarer_value(&mut self, depth: u32) -> Read<Slot> {
        match self.peek() {
            Some(b't') => self.literal("true", Shape::True),
            Some(b'f') => self.literal("false", Shape::False),
            Some(b'n') => self.literal("null", Shape::Null),
            Some(b'{' | b'[') => self.nested(depth + 1),
            _ => Err(self.expected("a JSON value")),
        }
    }

    fn literal(&mut self, word: &str, shape: Shape) -> Read<Slot> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.expected("a JSON value"));
        }
        let start = self.at;
        self.at += word.len();
        Ok(self.slot(start, shape))
    }

    /// Checks an object or an array, and keeps nothing of it but where it stands.
    fn nested(&mut self, depth: u32) -> Read<Slot> {
        if depth > DEPTH_MAX {
            let what = format!("objects and arrays stand more than {DEPTH_MAX} deep in each other");
            return Err(Fault::new(self.at, Reason::TooLarge, what));
        }
        let start = self.at;
        let is_object = self.peek() == Some(b'{');
        let (close, shape, expected) =
            if is_object { (b'}', Shape::Object, "`,` or `}`") } else { (b']', Shape::Array, "`,` or `]`") };
        self.at += 1;
        self.blank();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(self.slot(start, shape));
        }
        loop {
            if is_object {
                self.nested_key()?;
            }
            self.nested_value(depth)?;
            if !self.goes_on(close, expected)? {
                return Ok(self.slot(start, shape));
            }
        }
    }

    #[inline(always)]
    fn number(&mut self) -> Read<Slot> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.at;
        self.digits()?;
        if self.text.as_bytes()[whole] == b'0' && self.at > whole + 1 {
            return Err(Fault::new(start, Reason::Syntax, "a number begins with 0; JSON allows no leading zeros"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        if self.at - start > STRING_BYTES_MAX {
            return Err(Fault::new(
                start,
                Reason::TooLarge,
                format!("a number is longer than {STRING_BYTES_MAX} bytes"),
            ));
        }
        Ok(self.slot(start, Shape::Number))
    }

    /// One digit or more.
    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit")) } else { Ok(()) }
    }

    #[inline(always)]
    fn string(&mut self) -> Read<Slot> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let end = plain(bytes, start);
        if bytes.get(end) != Some(&b'"') || end - start > STRING_BYTES_MAX {
            return self.rarer_string(end);
        }
        self.at = end;
        let slot = self.slot(start, Shape::Text);
        self.at += 1;
        Ok(slot)
    }

    /// A string with escapes, or a wrong one; it is plain up to `plain_to`.
    #[inline(never)]
    fn rarer_string(&mut self, plain_to: usize) -> Read<Slot> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        // Bytes that escapes take beyond what they stand for.
        let mut surplus = 0;
        let mut shape = Shape::Text;
        self.at = plain_to;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    shape = Shape::Escaped;
                    let is_short = bytes.get(self.at + 1).is_some_and(|&byte| IS_SHORT[usize::from(byte)]);
                    let (taken, meant) = if is_short { (2, 1) } else { self.long_escape()? };
                    surplus += taken - meant;
                    self.at += taken;
                    // Another escape or the end often follows at once.
                    if !matches!(bytes.get(self.at), Some(b'\\' | b'"')) {
                        self.at = plain(bytes, self.at);
                    }
                }
                Some(control) => {
                    let what =
                        format!("a string holds the control character U+{control:04X}, which JSON wants escaped");
                    return Err(Fault::new(self.at, Reason::Syntax, what));
                }
                None => return Err(Fault::new(start - 1, Reason::Syntax, "a string begins here and never ends")),
            }
        }
        let length = self.at - start - surplus;
        if length > STRING_BYTES_MAX {
            let what = format!("a string of {length} bytes; no string may be longer than {STRING_BYTES_MAX} bytes");
            return Err(Fault::new(start - 1, Reason::TooLarge, what));
        }
        let slot = self.slot(start, shape);
        self.at += 1;
        Ok(slot)
    }

    /// Checks the escape that stands here and is none of two bytes: how many it takes, and how many it stands for.
    #[inline(never)]
    fn long_escape(&self) -> Read<(usize, usize)> {
        let bytes = &self.text.as_bytes()[self.at..];
        if bytes.get(1) != Some(&b'u') {
            return Err(Fault::new(self.at, Reason::Syntax, "a backslash that begins no escape that JSON knows"));
        }
        match code_point(bytes) {
            Some((character, taken)) => Ok((taken, character.len_utf8())),
            None => {
                let what = "not a character: \\u takes four hexadecimal digits, and a surrogate (\\ud800 to \
                            \\udfff) counts only as one half of a pair";
                Err(Fault::new(self.at, Reason::Syntax, what))
            }
        }
    }

    fn slot(&self, start: usize, shape: Shape) -> Slot {
        Slot::new(start, self.at - start, shape)
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Mostly there is none.
    #[inline]
    fn blank(&mut self) {
        if self.peek().is_some_and(|byte| byte <= b' ') {
            self.skip_blanks();
        }
    }

    #[cold]
    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[cold]
    fn expected(&self, expected: &str) -> Box<Fault> {
        let rest = &self.text[self.at..];
        // Words such as NaN or None are shown whole.
        let word = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let what = match rest.chars().next() {
            None => format!("the JSON ends too early; expected {expected}"),
            Some(first) => {
                format!("expected {expected}, found `{}`", excerpt(&rest[..word.max(first.len_utf8())]))
            }
        };
        Fault::new(self.at, Reason::Syntax, what)
    }
}

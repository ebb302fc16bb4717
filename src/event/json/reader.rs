//! [`Reader`]: reads the JSON of one event in place. Nothing is copied; every value becomes a [`Slot`] that says where it is
//! and what it is.
//!
//! A general parser would build values that nobody reads. This one checks the whole grammar of RFC 8259 and the bounds of
//! the contract (size, depth, strings, surrogates), also inside fields that are ignored, and knows for each mistake which
//! field it is in. What it buys is measured in docs/decisions/0003-own-json-reading.md.

use super::super::words::Reason;
use super::block::Block;
use super::fault::{Fault, Read};
use super::field::Field;
use super::phrase::excerpt;
use super::slot::{Shape, Slot};

/// Bytes of one event as it was sent.
pub const EVENT_BYTES_MAX: usize = 64 << 10;
/// Levels of objects and arrays; the event itself is the first.
pub const DEPTH_MAX: u32 = 16;

pub(in crate::event) struct Reader<'a> {
    pub(super) text: &'a str,
    /// The byte that is read next.
    pub(super) at: usize,
}

/// A key: where its quote is, and the field that it names.
type Key = (usize, Field);

impl<'a> Reader<'a> {
    /// `text` must not be longer than [`EVENT_BYTES_MAX`].
    pub fn new(text: &'a str, at: usize) -> Reader<'a> {
        debug_assert!(text.len() <= EVENT_BYTES_MAX);
        Reader { text, at }
    }

    /// Calls `take` with each member of the object that begins here: the field that its key names, and the slot of its
    /// value. `depth` is the level of this object.
    #[inline]
    pub fn object(&mut self, depth: u32, mut take: impl FnMut(Field, Slot)) -> Read<()> {
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
    fn first_key(&mut self) -> Read<Option<Key>> {
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

    /// The key after `LEAD`, a bracket or a comma, when it is short and written as machines do, without blanks:
    /// `,"key":value`. `None` for everything else; then nothing is consumed.
    #[inline(always)]
    fn usual_key<const LEAD: u8>(&mut self) -> Option<Key> {
        // The lead and a quote, a block of the key, its quote, its colon and the first byte of its value: one check of the
        // text's end is enough for all of them.
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

    /// The next key after a member; `None` when the object ends instead.
    #[inline(never)]
    fn next_key(&mut self) -> Read<Option<Key>> {
        if self.goes_on(b'}', "`,` or `}`")? { self.key().map(Some) } else { Ok(None) }
    }

    /// The text of the key whose quote is at `at`.
    #[cold]
    fn key_text(&self, at: usize) -> String {
        let key = Reader::new(self.text, at).string().ok().and_then(|key| key.string(self.text));
        key.unwrap_or_default().into_owned()
    }

    /// Only blanks may be left.
    pub fn end(&mut self) -> Read<()> {
        self.blank();
        if self.at == self.text.len() {
            return Ok(());
        }
        let what = "something follows the event; several events are sent one a line as \
                    application/x-ndjson, or as a JSON array";
        Err(Fault::new(self.at, Reason::Syntax, what))
    }

    /// A key and its colon. The value comes next.
    #[inline(always)]
    fn key(&mut self) -> Read<Key> {
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
    fn long_key(&mut self) -> Read<Field> {
        let key = self.string()?;
        Ok(Field::of_text(&key.string(self.text).unwrap_or_default()))
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

    /// The value that begins here, inside `depth` levels. Mostly it is a string, else a number.
    #[inline(always)]
    fn value(&mut self, depth: u32) -> Read<Slot> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.rarer_value(depth),
        }
    }

    /// Not inlined, so that the code for the fields of the event itself stays together.
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

    /// Checks an object or an array, and keeps only where it is.
    fn nested(&mut self, depth: u32) -> Read<Slot> {
        if depth > DEPTH_MAX {
            let what = format!("objects and arrays are nested more than {DEPTH_MAX} deep");
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

    pub(super) fn slot(&self, start: usize, shape: Shape) -> Slot {
        Slot::new(start, self.at - start, shape)
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips blanks. Mostly there are none.
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
    pub(super) fn expected(&self, expected: &str) -> Box<Fault> {
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

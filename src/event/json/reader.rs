//! [`Reader`]: reads the JSON of one event in place. Nothing is copied; every value becomes a [`Slot`] that says where it is
//! and what it is.
//!
//! A general parser would build values that nobody reads. This one checks the whole grammar of RFC 8259, also inside fields
//! that are ignored, and knows for each mistake which field it is in. It has no bound on depth or length: nothing here
//! recurses, and whoever cut the text has bounded it. What it buys is measured in docs/decisions/0003-own-json-reading.md.

use super::super::body::Str;
use super::super::words::Reason;
use super::block::Block;
use super::fault::{Fault, Read};
use super::field::Field;
use super::fingerprint::Fingerprint;
use super::levels::Levels;
use super::phrase::excerpt;
use super::slot::{Shape, Slot};

/// Bytes of one event as it was sent.
pub const EVENT_BYTES_MAX: usize = 64 << 10;

pub(in crate::event) struct Reader<'a> {
    pub(super) text: &'a str,
    /// The byte that is read next.
    pub(super) at: usize,
    /// Of the names of an event's members that no declaration has.
    pub(super) others: Fingerprint,
}

/// A key: where its quote is, and the field that it names.
type Key = (usize, Field);

impl<'a> Reader<'a> {
    pub fn new(text: &'a str, at: usize) -> Reader<'a> {
        Reader { text, at, others: Fingerprint::default() }
    }

    /// Calls `take` with each member of the object that begins here: where the quote of its key is, the field that it names,
    /// and the slot of its value.
    #[inline]
    pub fn object(&mut self, mut take: impl FnMut(usize, Field, Slot)) -> Read<()> {
        let mut next = match self.usual_key::<b'{'>() {
            Some(key) => Some(key),
            None => self.first_key()?,
        };
        while let Some((key, field)) = next {
            let value = self.value().map_err(|fault| fault.inside_field(&Reader::key_text(self.text, key)))?;
            take(key, field, value);
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

    /// Calls `take` with the name and the value of each member of the object that begins here.
    #[cold]
    pub fn members(&mut self, mut take: impl FnMut(Str<'a>, Slot)) -> Read<()> {
        self.at += 1;
        self.blank();
        if self.peek() == Some(b'}') {
            return Ok(());
        }
        loop {
            let name = self.string()?.string(self.text).unwrap_or_default();
            self.blank();
            self.at += 1;
            self.blank();
            take(name, self.value()?);
            if !self.goes_on(b'}', "`,` or `}`")? {
                return Ok(());
            }
        }
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
        Some((key, self.field(block.first(length))))
    }

    /// The field of a short name.
    #[inline(always)]
    fn field(&mut self, name: [u64; 2]) -> Field {
        let (field, mark) = Field::of(name);
        if field == Field::OTHER {
            self.others.add(mark);
        }
        field
    }

    /// The next key after a member; `None` when the object ends instead.
    #[inline(never)]
    fn next_key(&mut self) -> Read<Option<Key>> {
        if self.goes_on(b'}', "`,` or `}`")? { self.key().map(Some) } else { Ok(None) }
    }

    /// The text of the key whose quote is at `at`.
    #[cold]
    pub(super) fn key_text(text: &'a str, at: usize) -> Str<'a> {
        let key = Reader::new(text, at).string().ok().and_then(|key| key.string(text));
        key.unwrap_or_default()
    }

    /// Only blanks may be left.
    pub fn end(&mut self) -> Read<()> {
        self.blank();
        if self.at == self.text.len() {
            return Ok(());
        }
        Err(Fault::new(self.at, Reason::Syntax, "something follows the event"))
    }

    /// A number or a word ends where something else can begin.
    pub(super) fn apart(&mut self) -> Read<()> {
        match self.peek() {
            None | Some(b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'[' | b']' | b'{' | b'}' | b',' | b':') => Ok(()),
            Some(_) => Err(self.expected("white space between two values")),
        }
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
            self.field(block.first(length))
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
        let key = self.string()?.string(self.text).unwrap_or_default();
        let field = Field::of_text(&key);
        if field == Field::OTHER {
            self.others.add_text(&key);
        }
        Ok(field)
    }

    /// After a member: does another one follow? `close` is consumed when none does.
    #[inline(always)]
    pub(super) fn goes_on(&mut self, close: u8, expected: &str) -> Read<bool> {
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

    /// The value that begins here. Mostly it is a string, else a number.
    #[inline(always)]
    pub(super) fn value(&mut self) -> Read<Slot> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{' | b'[') => self.nested(),
            _ => self.literal(),
        }
    }

    #[inline(never)]
    fn literal(&mut self) -> Read<Slot> {
        match self.peek() {
            Some(b't') => self.word("true", Shape::True),
            Some(b'f') => self.word("false", Shape::False),
            Some(b'n') => self.word("null", Shape::Null),
            _ => Err(self.expected("a JSON value")),
        }
    }

    fn word(&mut self, word: &str, shape: Shape) -> Read<Slot> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.expected("a JSON value"));
        }
        let start = self.at;
        self.at += word.len();
        Ok(self.slot(start, shape))
    }

    /// Checks an object or an array, however deep, and keeps only where it is. Not inlined, so that the code for the fields of
    /// the event itself stays together.
    #[inline(never)]
    fn nested(&mut self) -> Read<Slot> {
        let start = self.at;
        let shape = if self.peek() == Some(b'{') { Shape::Object } else { Shape::Array };
        let mut levels = Levels::default();
        loop {
            if self.enters(&mut levels)? {
                continue;
            }
            // A value has ended here, and perhaps what is around it.
            loop {
                let Some(is_object) = levels.innermost() else { return Ok(self.slot(start, shape)) };
                let (close, expected) = if is_object { (b'}', "`,` or `}`") } else { (b']', "`,` or `]`") };
                if self.goes_on(close, expected)? {
                    if is_object {
                        self.key()?;
                    }
                    break;
                }
                levels.pop();
            }
        }
    }

    /// Passes over the value that begins here. Of an object or an array that isn't empty it passes over the bracket only,
    /// and the first value inside comes next: then it is true.
    fn enters(&mut self, levels: &mut Levels) -> Read<bool> {
        let (is_object, close) = match self.peek() {
            Some(b'{') => (true, b'}'),
            Some(b'[') => (false, b']'),
            Some(b'"') => return self.string().map(|_| false),
            Some(b'-' | b'0'..=b'9') => return self.number().map(|_| false),
            _ => return self.literal().map(|_| false),
        };
        self.at += 1;
        self.blank();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        levels.push(is_object);
        if is_object {
            self.key()?;
        }
        Ok(true)
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
    pub(super) fn blank(&mut self) {
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

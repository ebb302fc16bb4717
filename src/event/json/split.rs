//! Cuts the body of a request into events and reads them, so that one bad event costs only itself.
//!
//! A body whose lines all begin with `{` is taken line by line, blank ones apart: a broken line costs itself alone. Any other
//! body is one stream of values, objects and arrays, with any white space between them or none. Where a stream breaks, nobody
//! can say where the next event begins, so nothing of it is taken. The content type doesn't matter.
//!
//! Cutting and reading are one pass: the end of an event is where reading it ends.

mod stream;

use super::super::body::Event;
use super::super::rejection::Rejection;
use super::super::words::Reason;
use super::check::{C1_BEGINS, DEL};
use super::context::Context;
use super::fault::Fault;
use super::fields::Fields;
use super::reader::EVENT_BYTES_MAX;
use stream::{Piece, Stream};

/// One event of a body, or why it is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbered<'a> {
    /// Its position among the events of the request, from 0; blank lines don't count.
    pub index: u32,
    pub event: Result<Event<'a>, Rejection>,
}

/// The events of a body, in order.
pub struct Events<'a, 'c> {
    context: &'c Context<'c>,
    bytes: &'a [u8],
    /// The same, where all of it is UTF-8.
    text: Option<&'a str>,
    /// No byte of it belongs to a control character that JSON lets through.
    is_plain: bool,
    /// The byte of the next line.
    at: usize,
    /// The values of a line that holds several, or of a body that isn't taken line by line.
    stream: Option<Stream<'a>>,
    is_lines: bool,
    index: u32,
    /// The line of byte `counted`, for errors.
    line: u32,
    counted: usize,
    broken: Option<Rejection>,
}

impl<'a, 'c> Events<'a, 'c> {
    /// A byte order mark at the start of the body is skipped.
    pub fn new(body: &'a [u8], context: &'c Context<'c>) -> Events<'a, 'c> {
        let bytes = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        // One check for the whole body; only when it fails, one for each event.
        let text = std::str::from_utf8(bytes).ok();
        let is_plain = memchr::memchr2(DEL, C1_BEGINS, bytes).is_none();
        let is_lines = is_lines(bytes);
        let mut events = Events {
            context,
            bytes,
            text,
            is_plain,
            at: 0,
            stream: None,
            is_lines,
            index: 0,
            line: 1,
            counted: 0,
            broken: None,
        };
        match text {
            _ if is_lines => {}
            Some(text) => events.stream = Some(Stream::new(text)),
            None => events.broken = Some(not_utf8(bytes, "body")),
        }
        events
    }

    /// Why nothing of the body can be taken: it is a stream of values that breaks. Known when the iterator has ended.
    pub fn broken(&self) -> Option<&Rejection> {
        self.broken.as_ref()
    }

    /// How many events there were up to now.
    pub fn position(&self) -> u32 {
        self.index
    }

    /// Whether the body holds nothing but white space.
    pub fn is_blank(&self) -> bool {
        blanks(self.bytes, 0) == self.bytes.len()
    }

    fn next_line(&mut self) -> Option<Numbered<'a>> {
        while self.at < self.bytes.len() {
            let start = self.at;
            let end = memchr::memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |length| start + length);
            self.at = end + 1;
            let first = blanks(&self.bytes[..end], start);
            if first < end {
                return self.read_line(first, end);
            }
        }
        None
    }

    /// The event of a line, or the first one of several.
    #[inline]
    fn read_line(&mut self, start: usize, end: usize) -> Option<Numbered<'a>> {
        let Some(text) = self.text.map(|text| &text[start..end]) else { return self.rarer_line(start, end) };
        if text.len() <= EVENT_BYTES_MAX {
            let mut fields = Fields::empty(text, "");
            if fields.read_line(self.is_plain).is_ok() {
                return Some(match super::event(&fields, self.context, self.index) {
                    Ok(event) => self.item(Ok(event)),
                    Err(_) => self.wrong_line(text, start),
                });
            }
        }
        self.rarer_line(start, end)
    }

    /// A line that is one object, and no event.
    #[cold]
    fn wrong_line(&mut self, text: &'a str, start: usize) -> Numbered<'a> {
        let line = self.line_of(start);
        self.read_alone(text, line)
    }

    /// A line that is broken, one that holds several values, or one of a body that is not all UTF-8.
    #[cold]
    fn rarer_line(&mut self, start: usize, end: usize) -> Option<Numbered<'a>> {
        let bytes = &self.bytes[start..end];
        let line = self.line_of(start);
        let Ok(text) = std::str::from_utf8(bytes) else {
            let rejection = not_utf8(bytes, "event");
            return Some(self.item(Err(Rejection { error: format!("line {line}: {}", rejection.error), ..rejection })));
        };
        // All of a line must be well-formed before any of it is taken.
        match Stream::new(text).check() {
            Ok(()) => {
                self.stream = Some(Stream::new(text));
                self.next_value()
            }
            Err(fault) => {
                // Read as an event, it may know which field the mistake is in.
                let fault = Fields::empty(text, "").read_at(0, true).err().unwrap_or(fault);
                Some(self.item(Err(fault.place(text, line).rejection())))
            }
        }
    }

    /// The next event of a stream of values.
    fn next_value(&mut self) -> Option<Numbered<'a>> {
        let stream = self.stream.as_mut()?;
        let mut fields = Fields::empty(stream.text, "");
        let piece = match stream.next(&mut fields, self.is_plain) {
            Ok(Some(piece)) => piece,
            Ok(None) => {
                self.stream = None;
                return None;
            }
            Err(fault) => {
                self.break_off(fault);
                return None;
            }
        };
        let Piece { start, end, is_object } = piece;
        if is_object
            && end - start <= EVENT_BYTES_MAX
            && let Ok(event) = super::event(&fields, self.context, self.index)
        {
            return Some(self.item(Ok(event)));
        }
        self.rarer_value(start, end)
    }

    /// A value that is an event with a mistake, or no event at all.
    #[cold]
    fn rarer_value(&mut self, start: usize, end: usize) -> Option<Numbered<'a>> {
        let text = self.stream.as_ref()?.text;
        let line = if self.is_lines { self.line } else { self.line_of(start) };
        Some(self.read_alone(&text[start..end], line))
    }

    fn break_off(&mut self, fault: Box<Fault>) {
        let text = self.stream.take().map_or("", |stream| stream.text);
        self.broken = Some(fault.place_in_body(text).rejection());
    }

    /// Reads one value again as if it were all there is, so that the error says where in it.
    fn read_alone(&mut self, text: &'a str, line: u32) -> Numbered<'a> {
        let event = super::parse_nth(text, line, self.context, self.index);
        self.item(event)
    }

    #[inline]
    fn item(&mut self, event: Result<Event<'a>, Rejection>) -> Numbered<'a> {
        let index = self.index;
        self.index += 1;
        Numbered { index, event }
    }

    /// The line of byte `at`. Positions never go back.
    fn line_of(&mut self, at: usize) -> u32 {
        self.line += memchr::memchr_iter(b'\n', &self.bytes[self.counted..at]).count() as u32;
        self.counted = at;
        self.line
    }
}

impl<'a> Iterator for Events<'a, '_> {
    type Item = Numbered<'a>;

    fn next(&mut self) -> Option<Numbered<'a>> {
        if self.stream.is_some()
            && let Some(item) = self.next_value()
        {
            return Some(item);
        }
        if self.is_lines { self.next_line() } else { None }
    }
}

#[cold]
fn not_utf8(bytes: &[u8], whole: &str) -> Rejection {
    let byte = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len) + 1;
    Rejection::new(Reason::Encoding, format!("byte {byte} of the {whole} is not UTF-8"))
}

/// Whether every line that isn't blank begins with `{`.
fn is_lines(bytes: &[u8]) -> bool {
    let mut at = 0;
    loop {
        at = blanks(bytes, at);
        match bytes.get(at) {
            None => return true,
            Some(b'{') => {}
            Some(_) => return false,
        }
        match memchr::memchr(b'\n', &bytes[at..]) {
            None => return true,
            Some(length) => at += length + 1,
        }
    }
}

/// The first byte from `at` on that is no blank; the end when there is none.
#[inline]
fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;

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

/// What takes an event or its rejection, and the position in the request.
trait Take<'a>: FnMut(u32, Result<&Event<'a>, Rejection>) {}

impl<'a, T: FnMut(u32, Result<&Event<'a>, Rejection>)> Take<'a> for T {}

/// The events of a body, in order. [`Events::next_with`] lends them, the iterator copies them.
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
    /// Of the event that is read: one for all, since it is large.
    fields: Fields<'a>,
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
            fields: Fields::empty("", ""),
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

    /// Hands the next event to `take`, with its position among the events of the request. False when there is none. An event
    /// is only lent: it is large, and whoever returns it copies it.
    #[inline]
    pub fn next_with(&mut self, mut take: impl FnMut(u32, Result<&Event<'a>, Rejection>)) -> bool {
        if self.stream.is_some() && self.next_value(&mut take) {
            return true;
        }
        self.is_lines && self.next_line(&mut take)
    }

    fn next_line(&mut self, take: &mut impl Take<'a>) -> bool {
        while self.at < self.bytes.len() {
            let start = self.at;
            let end = memchr::memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |length| start + length);
            self.at = end + 1;
            let first = blanks(&self.bytes[..end], start);
            if first < end {
                return self.read_line(first, end, take);
            }
        }
        false
    }

    /// The event of a line, or the first one of several.
    #[inline]
    fn read_line(&mut self, start: usize, end: usize, take: &mut impl Take<'a>) -> bool {
        let Some(text) = self.text.map(|text| &text[start..end]) else { return self.rarer_line(start, end, take) };
        if text.len() <= EVENT_BYTES_MAX {
            self.fields.restart(text);
            if self.fields.read_line(self.is_plain).is_ok() {
                let index = self.index;
                match super::event(&self.fields, self.context, index, |event| take(index, Ok(event))) {
                    Ok(()) => self.index += 1,
                    Err(_) => self.wrong_line(text, start, take),
                }
                return true;
            }
        }
        self.rarer_line(start, end, take)
    }

    /// A line that is one object, and no event.
    #[cold]
    fn wrong_line(&mut self, text: &'a str, start: usize, take: &mut impl Take<'a>) {
        let line = self.line_of(start);
        self.read_alone(text, line, take);
    }

    /// A line that is broken, one that holds several values, or one of a body that is not all UTF-8.
    #[cold]
    fn rarer_line(&mut self, start: usize, end: usize, take: &mut impl Take<'a>) -> bool {
        let bytes = &self.bytes[start..end];
        let line = self.line_of(start);
        let Ok(text) = std::str::from_utf8(bytes) else {
            let rejection = not_utf8(bytes, "event");
            self.hand(Err(Rejection { error: format!("line {line}: {}", rejection.error), ..rejection }), take);
            return true;
        };
        // All of a line must be well-formed before any of it is taken.
        match Stream::new(text).check() {
            Ok(()) => {
                self.stream = Some(Stream::new(text));
                self.next_value(take)
            }
            Err(fault) => {
                // Read as an event, it may know which field the mistake is in.
                let fault = Fields::empty(text, "").read_at(0, true).err().unwrap_or(fault);
                self.hand(Err(fault.place(text, line).rejection()), take);
                true
            }
        }
    }

    /// The next event of a stream of values.
    fn next_value(&mut self, take: &mut impl Take<'a>) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        self.fields.restart(stream.text);
        let piece = match stream.next(&mut self.fields, self.is_plain) {
            Ok(Some(piece)) => piece,
            Ok(None) => {
                self.stream = None;
                return false;
            }
            Err(fault) => {
                self.break_off(fault);
                return false;
            }
        };
        let Piece { start, end, is_object } = piece;
        let index = self.index;
        if is_object
            && end - start <= EVENT_BYTES_MAX
            && super::event(&self.fields, self.context, index, |event| take(index, Ok(event))).is_ok()
        {
            self.index += 1;
        } else {
            self.rarer_value(start, end, take);
        }
        true
    }

    /// A value that is an event with a mistake, or no event at all.
    #[cold]
    fn rarer_value(&mut self, start: usize, end: usize, take: &mut impl Take<'a>) {
        let Some(text) = self.stream.as_ref().map(|stream| stream.text) else { return };
        let line = if self.is_lines { self.line } else { self.line_of(start) };
        self.read_alone(&text[start..end], line, take);
    }

    fn break_off(&mut self, fault: Box<Fault>) {
        let text = self.stream.take().map_or("", |stream| stream.text);
        self.broken = Some(fault.place_in_body(text).rejection());
    }

    /// Reads one value again as if it were all there is, so that the error says where in it.
    fn read_alone(&mut self, text: &'a str, line: u32, take: &mut impl Take<'a>) {
        match super::parse_nth(text, line, self.context, self.index) {
            Ok(event) => self.hand(Ok(&event), take),
            Err(rejection) => self.hand(Err(rejection), take),
        }
    }

    #[inline]
    fn hand(&mut self, event: Result<&Event<'a>, Rejection>, take: &mut impl Take<'a>) {
        let index = self.index;
        self.index += 1;
        take(index, event);
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
        let mut item = None;
        self.next_with(|index, event| item = Some(Numbered { index, event: event.cloned() }));
        item
    }
}

#[cold]
fn not_utf8(bytes: &[u8], whole: &str) -> Rejection {
    let byte = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len) + 1;
    Rejection::new(Reason::Encoding, format!("byte {byte} of the {whole} is not UTF-8"))
}

/// Whether every line that isn't blank begins with `{`.
fn is_lines(bytes: &[u8]) -> bool {
    // Without a branch for each byte, so that the compiler looks at many at once. Machines put neither blanks nor blank lines
    // between their lines.
    let goes_on = |pair: (&u8, &u8)| (*pair.0 == b'\n') & (*pair.1 != b'{');
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    if bytes.first() == Some(&b'{') && !pairs.fold(false, |any, pair| any | goes_on(pair)) {
        return true;
    }
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

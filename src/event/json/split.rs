//! Cuts a request body into events, so that one bad event costs only itself.
//!
//! Nothing is parsed here. An array is cut at its commas by a scanner that knows brackets and strings and no more, so
//! an element with bad content stays one element; lines are cut at their ends. Whether a piece is an event, the
//! parser says.

use super::super::rejection::Rejection;
use super::super::words::Reason;
use super::phrase::excerpt;

/// What the content type says about the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyForm {
    /// One object, or an array of objects.
    Json,
    /// One object a line.
    Ndjson,
    /// The body decides: an array, one object that ends where the body ends, else one object a line.
    Guess,
}

/// One event of a body, not parsed yet.
#[derive(Clone, Debug, PartialEq)]
pub struct EventText<'a> {
    /// Its position among the events of the request, from 0; blank lines don't count.
    pub index: u32,
    /// The line of the body that it starts in, from 1.
    pub line: u32,
    pub text: Result<&'a str, Rejection>,
}

/// The events of a body, in order. A byte order mark at its start is skipped.
pub fn events(body: &[u8], form: BodyForm) -> impl Iterator<Item = EventText<'_>> {
    let bytes = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    // One check for the whole body; only when it fails, one for each event.
    let text = std::str::from_utf8(bytes).ok();
    let start = blanks(bytes, 0);
    let state = match (form, bytes.get(start)) {
        (_, None) => State::Done,
        (BodyForm::Ndjson, _) => State::Lines,
        (BodyForm::Json | BodyForm::Guess, Some(b'[')) => State::Array,
        (BodyForm::Json, _) => State::Object,
        (BodyForm::Guess, Some(b'{')) => {
            let end = close_of_object(bytes, start);
            if end.is_some_and(|end| blanks(bytes, end) == bytes.len()) { State::Object } else { State::Lines }
        }
        (BodyForm::Guess, _) => State::Lines,
    };
    let mut pieces = Pieces { bytes, text, state, at: 0, index: 0, line: 1, counted: 0 };
    if pieces.state == State::Array {
        pieces.begin_array(start + 1);
    }
    pieces
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Lines,
    /// An object comes next.
    Object,
    /// An element comes next, perhaps an empty one.
    Array,
    /// The array's bracket is missing.
    Unclosed,
    /// The object or the array has ended; only blanks should follow.
    After,
    Done,
}

struct Pieces<'a> {
    bytes: &'a [u8],
    /// The same, where all of it is UTF-8.
    text: Option<&'a str>,
    state: State,
    at: usize,
    index: u32,
    /// The line of byte `counted`.
    line: u32,
    counted: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = EventText<'a>;

    fn next(&mut self) -> Option<EventText<'a>> {
        match self.state {
            State::Lines => self.next_line(),
            State::Object => Some(self.object()),
            State::Array => Some(self.element()),
            State::Unclosed => Some(self.unclosed(self.bytes.len())),
            State::After => self.after(),
            State::Done => None,
        }
    }
}

impl<'a> Pieces<'a> {
    fn next_line(&mut self) -> Option<EventText<'a>> {
        while self.at < self.bytes.len() {
            let start = self.at;
            let end = memchr::memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |length| start + length);
            self.at = end + 1;
            if blanks(&self.bytes[..end], start) < end {
                let line = self.line;
                self.line += 1;
                return Some(self.piece(start, end, line));
            }
            self.line += 1;
        }
        None
    }

    fn object(&mut self) -> EventText<'a> {
        let start = blanks(self.bytes, self.at);
        let close = close_of_object(self.bytes, start);
        self.state = if close.is_some() { State::After } else { State::Done };
        self.at = close.unwrap_or(self.bytes.len());
        let line = self.line_of(start);
        self.piece(start, self.trimmed(start, self.at), line)
    }

    /// `at` is just after the bracket that opens the array.
    fn begin_array(&mut self, at: usize) {
        self.at = at;
        let first = blanks(self.bytes, at);
        match self.bytes.get(first) {
            Some(b']') => (self.state, self.at) = (State::After, first + 1),
            None => self.state = State::Unclosed,
            Some(_) => {}
        }
    }

    fn element(&mut self) -> EventText<'a> {
        let start = blanks(self.bytes, self.at);
        let cut = cut_element(self.bytes, start);
        let end = self.trimmed(start, cut.end);
        self.at = cut.end + 1;
        match self.bytes.get(cut.end) {
            Some(b',') => {
                // What follows the last comma of a cut-off array is not an element.
                let is_over = blanks(self.bytes, self.at) == self.bytes.len();
                self.state = if is_over { State::Unclosed } else { State::Array };
            }
            Some(_) => self.state = State::After,
            None if cut.is_balanced && start < end => self.state = State::Unclosed,
            None => return self.unclosed(start),
        }
        let line = self.line_of(start);
        if start == end {
            return self.rejected(
                line,
                Reason::Syntax,
                "an element is missing here: there is a comma too many".to_string(),
            );
        }
        self.piece(start, end, line)
    }

    fn unclosed(&mut self, at: usize) -> EventText<'a> {
        self.state = State::Done;
        let line = self.line_of(at);
        self.rejected(line, Reason::Syntax, "the body ends before its JSON array is closed with `]`".to_string())
    }

    fn after(&mut self) -> Option<EventText<'a>> {
        self.state = State::Done;
        let start = blanks(self.bytes, self.at);
        if start == self.bytes.len() {
            return None;
        }
        let line = self.line_of(start);
        let found = excerpt(&String::from_utf8_lossy(&self.bytes[start..self.bytes.len().min(start + 160)]));
        let what = format!(
            "something follows the JSON value (`{found}`) and was not read; several events are sent one a line as \
             application/x-ndjson, or all in one array"
        );
        Some(self.rejected(line, Reason::Syntax, what))
    }

    #[inline]
    fn piece(&mut self, start: usize, end: usize, line: u32) -> EventText<'a> {
        if let Some(text) = self.text {
            // Cuts are made next to ASCII bytes, so never inside a character.
            return self.item(line, Ok(&text[start..end]));
        }
        self.checked_piece(start, end, line)
    }

    /// A piece of a body that is not all UTF-8.
    #[inline(never)]
    fn checked_piece(&mut self, start: usize, end: usize, line: u32) -> EventText<'a> {
        match std::str::from_utf8(&self.bytes[start..end]) {
            Ok(text) => self.item(line, Ok(text)),
            Err(error) => {
                let byte = error.valid_up_to() + 1;
                self.rejected(line, Reason::Encoding, format!("byte {byte} of the event is not UTF-8"))
            }
        }
    }

    fn rejected(&mut self, line: u32, reason: Reason, what: String) -> EventText<'a> {
        self.item(line, Err(Rejection::new(reason, format!("line {line}: {what}"))))
    }

    #[inline]
    fn item(&mut self, line: u32, text: Result<&'a str, Rejection>) -> EventText<'a> {
        let index = self.index;
        self.index += 1;
        EventText { index, line, text }
    }

    /// The line of byte `at`. Positions never go back.
    fn line_of(&mut self, at: usize) -> u32 {
        self.line += memchr::memchr_iter(b'\n', &self.bytes[self.counted..at]).count() as u32;
        self.counted = at;
        self.line
    }

    fn trimmed(&self, start: usize, end: usize) -> usize {
        start + self.bytes[start..end].trim_ascii_end().len()
    }
}

/// Where the element that starts at `at` is cut off: at its comma, at the array's bracket, or at the end.
struct Cut {
    end: usize,
    is_balanced: bool,
}

fn cut_element(bytes: &[u8], mut at: usize) -> Cut {
    let mut depth = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let Some(close) = close_of_string(bytes, at) else {
                    return Cut { end: bytes.len(), is_balanced: false };
                };
                at = close;
                continue;
            }
            b',' | b']' if depth == 0 => return Cut { end: at, is_balanced: true },
            b'{' | b'[' => depth += 1,
            // A brace too many belongs to its element, and makes it bad.
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Cut { end: at, is_balanced: depth == 0 }
}

/// The byte after the bracket that closes what `at` opens.
fn close_of_object(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = close_of_string(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return (depth == 1).then_some(at + 1),
            b'}' | b']' => depth -= 1,
            // Text that isn't an object at all.
            _ if depth == 0 => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The byte after the quote that closes the string whose opening quote is at `at`.
fn close_of_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The first byte from `at` on that is no blank; the end when there is none.
fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;

//! [`Fault`]: a mistake in an event, and how it becomes the sentence that its sender reads.

use super::super::rejection::Rejection;
use super::super::words::Reason;
use super::phrase::excerpt;

/// A mistake, before its place in the body is known. Always boxed, so that results stay small on the way without mistakes.
#[derive(Debug)]
pub(in crate::event) struct Fault {
    /// Byte of the event's text; `None` when the mistake is something that isn't there.
    at: Option<usize>,
    reason: Reason,
    field: Option<String>,
    what: String,
    /// Where that is in words, once it is known: the text may be gone before the request is answered.
    place: Option<String>,
    /// Another mistake that was found with it.
    also: Option<Box<Fault>>,
}

pub(in crate::event) type Read<T> = Result<T, Box<Fault>>;

impl Fault {
    #[cold]
    pub fn new(at: usize, reason: Reason, what: impl Into<String>) -> Box<Fault> {
        Box::new(Fault { at: Some(at), reason, field: None, what: what.into(), place: None, also: None })
    }

    /// A mistake without a place: something is missing.
    #[cold]
    pub fn nowhere(reason: Reason, what: impl Into<String>) -> Box<Fault> {
        Box::new(Fault { at: None, reason, field: None, what: what.into(), place: None, also: None })
    }

    #[cold]
    pub fn in_field(mut self: Box<Fault>, field: &str) -> Box<Fault> {
        self.field.get_or_insert_with(|| excerpt(field));
        self
    }

    /// As [`Fault::in_field`], where the mistake is not about the field but in its JSON.
    #[cold]
    pub fn inside_field(mut self: Box<Fault>, field: &str) -> Box<Fault> {
        let field = excerpt(field);
        self.what = format!("{}, in the value of `{field}`", self.what);
        self.in_field(&field)
    }

    /// A second mistake, found at the same time.
    #[cold]
    pub fn with(mut self: Box<Fault>, also: Box<Fault>) -> Box<Fault> {
        self.also = Some(also);
        self
    }

    pub fn take_also(&mut self) -> Option<Box<Fault>> {
        self.also.take()
    }

    /// Is something missing? Then an empty text in its place doesn't help.
    pub fn is_missing(&self) -> bool {
        self.reason == Reason::MissingField
    }

    /// Adds to the names of fields what leads to them, as in `data.queue`.
    #[cold]
    pub fn within(mut self: Box<Fault>, prefix: &str) -> Box<Fault> {
        self.field = self.field.map(|field| format!("{prefix}{field}"));
        self
    }

    /// Says where the mistake is: `text` begins at `line` of the body. The first place that is set stays.
    #[cold]
    pub fn place(mut self: Box<Fault>, text: &str, line: u32) -> Box<Fault> {
        if self.place.is_none() {
            self.place = Some(self.at.map_or_else(|| format!("line {line}"), |at| locate(text, line, at, "event")));
        }
        self
    }

    /// As [`Fault::place`], for a mistake in no event: `body` is everything that was sent.
    #[cold]
    pub fn place_in_body(mut self: Box<Fault>, body: &str) -> Box<Fault> {
        self.place = self.at.map(|at| locate(body, 1, at, "body"));
        self
    }

    /// As [`Fault::place`], for what is in no line: a header, or data inside other data.
    #[cold]
    pub fn placed(mut self: Box<Fault>, place: &str) -> Box<Fault> {
        self.place.get_or_insert_with(|| place.to_string());
        self
    }

    #[cold]
    pub fn rejection(self) -> Rejection {
        let place = self.place.map_or_else(String::new, |place| format!("{place}: "));
        let rejection = Rejection::new(self.reason, format!("{place}{}", self.what));
        Rejection { field: self.field, ..rejection }
    }
}

/// The place of byte `at` in words. In the first line of `whole` only its distance from the start of that is known.
fn locate(text: &str, line: u32, at: usize, whole: &str) -> String {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = line.saturating_add(before.iter().filter(|&&byte| byte == b'\n').count() as u32);
    let begin = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    // Continuation bytes don't begin a character.
    let column = before[begin..].iter().filter(|&&byte| byte & 0xC0 != 0x80).count() + 1;
    if begin == 0 {
        format!("line {line}, character {column} of the {whole}")
    } else {
        format!("line {line}, column {column}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_line_and_column() {
        assert_eq!(locate("{\"é\":x", 3, 6, "event"), "line 3, character 6 of the event");
        assert_eq!(locate("{\n  \"a\":x", 3, 8, "event"), "line 4, column 7");
    }
}

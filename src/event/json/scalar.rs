//! The part of the [`Reader`] that reads strings and numbers, whose bytes are most of an event.

use super::super::words::Reason;
use super::block::plain;
use super::escape::{IS_SHORT, code_point};
use super::fault::{Fault, Read};
use super::reader::Reader;
use super::slot::{Shape, Slot};

impl Reader<'_> {
    #[inline(always)]
    pub(super) fn number(&mut self) -> Read<Slot> {
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
    pub(super) fn string(&mut self) -> Read<Slot> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let end = plain(bytes, start);
        if bytes.get(end) != Some(&b'"') {
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
        let mut shape = Shape::Text;
        self.at = plain_to;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    shape = Shape::Escaped;
                    let is_short = bytes.get(self.at + 1).is_some_and(|&byte| IS_SHORT[usize::from(byte)]);
                    self.at += if is_short { 2 } else { self.long_escape()? };
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
        let slot = self.slot(start, shape);
        self.at += 1;
        Ok(slot)
    }

    /// Checks an escape that isn't one of two bytes: how many bytes it takes.
    #[inline(never)]
    fn long_escape(&self) -> Read<usize> {
        let bytes = &self.text.as_bytes()[self.at..];
        if bytes.get(1) != Some(&b'u') {
            return Err(Fault::new(self.at, Reason::Syntax, "a backslash that begins no escape that JSON knows"));
        }
        match code_point(bytes) {
            Some((_, taken)) => Ok(taken),
            None => Err(Fault::new(self.at, Reason::Syntax, "not a character: \\u takes four hexadecimal digits")),
        }
    }
}

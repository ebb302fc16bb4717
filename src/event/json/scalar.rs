//! The part of the [`Reader`] that reads strings and numbers, whose bytes are most of an event.

use super::super::words::Reason;
use super::block::plain;
use super::escape::{IS_SHORT, code_point};
use super::fault::{Fault, Read};
use super::reader::Reader;
use super::slot::{Shape, Slot};

/// Bytes of any one string or number, names of fields too.
pub const STRING_BYTES_MAX: usize = 8 << 10;

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
    pub(super) fn string(&mut self) -> Read<Slot> {
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
        // How many bytes the escapes are longer than their characters.
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

    /// Checks an escape that isn't one of two bytes: how many bytes it takes, and how many its character has.
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
}

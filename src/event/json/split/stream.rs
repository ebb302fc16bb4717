//! [`Stream`]: JSON values one after the other, and the elements of those that are arrays.

use super::super::fault::Read;
use super::super::fields::Fields;
use super::super::reader::Reader;

/// Values, one after the other.
pub(super) struct Stream<'a> {
    pub text: &'a str,
    /// The byte that comes next.
    at: usize,
    /// Inside an array, after its first element.
    is_inside: bool,
}

/// One value that stands for an event.
pub(super) struct Piece {
    pub start: usize,
    pub end: usize,
    /// Its fields were read.
    pub is_object: bool,
}

impl<'a> Stream<'a> {
    pub fn new(text: &'a str) -> Stream<'a> {
        Stream { text, at: 0, is_inside: false }
    }

    /// The next value, an array's elements one by one; `None` at the end. The fields of an object are read into `fields`.
    pub fn next(&mut self, fields: &mut Fields<'a>, is_plain: bool) -> Read<Option<Piece>> {
        let mut reader = Reader::new(self.text, self.at);
        let Some(is_element) = self.begin(&mut reader)? else { return Ok(None) };
        let start = reader.at;
        let is_object = reader.peek() == Some(b'{');
        if is_object {
            reader.at = fields.read_at(start, is_plain)?;
        } else {
            self.pass(&mut reader, is_element)?;
        }
        self.is_inside = is_element;
        self.at = reader.at;
        Ok(Some(Piece { start, end: reader.at, is_object }))
    }

    /// Goes to the start of the next value, and says whether it is the element of an array; `None` at the end.
    fn begin(&mut self, reader: &mut Reader<'a>) -> Read<Option<bool>> {
        if self.is_inside {
            if reader.goes_on(b']', "`,` or `]`")? {
                return Ok(Some(true));
            }
            self.is_inside = false;
        }
        loop {
            reader.blank();
            match reader.peek() {
                None => return Ok(None),
                Some(b'[') => {
                    reader.at += 1;
                    reader.blank();
                    if reader.peek() != Some(b']') {
                        return Ok(Some(true));
                    }
                    reader.at += 1;
                }
                Some(_) => return Ok(Some(false)),
            }
        }
    }

    /// Goes to the end, to find out whether all of it is well-formed.
    pub fn check(mut self) -> Read<()> {
        let mut reader = Reader::new(self.text, 0);
        while let Some(is_element) = self.begin(&mut reader)? {
            self.pass(&mut reader, is_element)?;
            self.is_inside = is_element;
        }
        Ok(())
    }

    /// Passes over a value of which nothing is kept.
    fn pass(&self, reader: &mut Reader<'a>, is_element: bool) -> Read<()> {
        reader.value()?;
        let is_closed = matches!(self.text.as_bytes()[reader.at - 1], b'}' | b']' | b'"');
        if is_element || is_closed { Ok(()) } else { reader.apart() }
    }
}

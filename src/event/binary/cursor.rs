//! The two ends of the encoding: [`Output`], where an event's parts and texts are put, and [`Input`], where they are taken.

use super::super::kinds::TABLE;
use super::super::words::ChangeKind;

/// Bytes that no version of this encoding wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Where in the bytes.
    pub at: usize,
    pub what: &'static str,
}

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {} of an event", self.what, self.at)
    }
}

impl std::error::Error for Damaged {}

/// Bytes that a whole number takes at most.
const NUMBER_BYTES_MAX: usize = 10;
/// Bytes that any field takes at most, its text not counted: an amount of money.
const PART_BYTES_MAX: usize = NUMBER_BYTES_MAX + 3;
/// The inlet, the time, four lengths and a count.
const ENVELOPE_BYTES_MAX: usize = 1 + 6 * NUMBER_BYTES_MAX;
/// Bytes of the length of a text: no text is longer than its event.
const LENGTH_BYTES_MAX: usize = 3;
/// What few events have: bits, repairs, a count, a kind and a version each, and two texts.
const EXTRAS_BYTES_MAX: usize = 3 + ChangeKind::ALL.len() * (1 + LENGTH_BYTES_MAX) + 2 * LENGTH_BYTES_MAX;
/// What the largest type has apart from its head and its texts, the byte for its optional fields included.
const PARTS_BYTES_MAX: usize =
    (ENVELOPE_BYTES_MAX + EXTRAS_BYTES_MAX + 1 + FIELDS_MAX * PART_BYTES_MAX).next_multiple_of(16);

/// The most fields that any type has.
const FIELDS_MAX: usize = {
    let (mut most, mut row) = (0, 0);
    while row < TABLE.len() {
        if TABLE[row].fields.len() > most {
            most = TABLE[row].fields.len();
        }
        row += 1;
    }
    most
};

/// An event while it is encoded: its texts go to their place at once, and the parts that follow them wait here. So each
/// field is visited once.
pub(super) struct Output<'o> {
    pub texts: &'o mut Vec<u8>,
    parts: &'o mut Parts,
    length: usize,
}

/// Room for the parts of one event.
pub(super) type Parts = [u8; PARTS_BYTES_MAX];
pub(super) const NO_PARTS: Parts = [0; PARTS_BYTES_MAX];

impl<'o> Output<'o> {
    #[inline(always)]
    pub fn new(texts: &'o mut Vec<u8>, parts: &'o mut Parts) -> Output<'o> {
        Output { texts, parts, length: 0 }
    }

    #[inline(always)]
    pub fn byte(&mut self, byte: u8) {
        self.parts[self.length] = byte;
        self.length += 1;
    }

    /// Writes the parts after the texts. `texts_at` is where the texts begin, after the byte for their length.
    #[inline(always)]
    pub fn end(self, texts_at: usize) {
        /// Mostly all parts fit into this many bytes, which are copied without a call.
        const MOSTLY: usize = 32;
        let Output { texts: out, parts, length } = self;
        let texts = out.len() - texts_at;
        if texts < 0x80 {
            out[texts_at - 1] = texts as u8;
        } else {
            widen(out, texts_at - 1, texts);
        }
        let end = out.len() + length;
        if length <= MOSTLY {
            out.extend_from_slice(&parts[..MOSTLY]);
            out.truncate(end);
        } else {
            out.extend_from_slice(&parts[..length]);
        }
    }
}

/// Puts a length of two bytes and more where there is room for one.
#[inline(never)]
fn widen(out: &mut Vec<u8>, mut at: usize, mut length: usize) {
    while length >= 0x80 {
        out.insert(at, length as u8 | 0x80);
        at += 1;
        length >>= 7;
    }
    out[at] = length as u8;
}

pub(super) struct Input<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
    /// What is left of the event's texts.
    pub texts: &'a str,
}

impl<'a> Input<'a> {
    #[inline]
    pub fn byte(&mut self) -> Result<u8, Damaged> {
        let byte = *self.bytes.get(self.at).ok_or(self.damaged("a sudden end"))?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    pub fn chunk<const N: usize>(&mut self) -> Result<&'a [u8; N], Damaged> {
        let chunk = self.bytes[self.at..].first_chunk::<N>().ok_or(self.damaged("a sudden end"))?;
        self.at += N;
        Ok(chunk)
    }

    #[inline]
    pub fn slice(&mut self, length: u64) -> Result<&'a [u8], Damaged> {
        let rest = &self.bytes[self.at..];
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let slice = rest.get(..length).ok_or(self.damaged("texts that are longer than their event"))?;
        self.at += length;
        Ok(slice)
    }

    #[inline]
    pub fn damaged(&self, what: &'static str) -> Damaged {
        Damaged { at: self.at, what }
    }
}

//! The encoding of an event that the journal stores, and that both live events and replay fold from.
//!
//! # On disk
//! ```text
//! event:    kind u8 | flags u8 | received i64 | varint length | texts | [inlet] | [time] | system | [id] | [source]
//!           | [case] | [unknown] | [extras] | body
//! kind:     the number of the type; its highest bit says that there are extras
//! flags:    1 id | 2 source | 4 case | 8 unknown | 16 time | inlet << 5
//! inlet:    u8, only where the flags have 7 for it: the number of an inlet from 7 on
//! texts:    UTF-8 of all texts of the event, without gaps, in the order of their fields
//! time:     zigzag varint, nanoseconds after received; absent when equal
//! body:     optionals u8 | the required fields of the type | those optional ones whose bit is set
//! extras:   bits u8 | [repairs u8] | [count u8 | count × (kind of change u8 | version)] | [version] | [change]
//! bits:     1 repairs | 2 skewed | 4 versions | 8 version | 16 change
//! text:     varint length                word, flag: u8           unknown, count: varint
//! seconds, ratio, amount, rating: zigzag varint of 1e-9           currency: 3 bytes
//! feedback: 0 | 1 thumb | 2 rating
//! ```
//! Integers are little-endian, varints are LEB128. Fields are in the order of their declaration (`events!`), first those
//! that are always there, then the optional ones. That order is part of the format: a new optional field goes to the end of
//! its entry and takes the next bit, a new type to the end of the entries, a new word to the end of its set. Texts are
//! together because one UTF-8 check of them all takes less time than one of each. A word that was free text once is a text
//! still (`severity`), and a word without a default is 255 where it is missing (`rollback.started.to`). Day90 0.1.0 and 0.2.0
//! wrote no extras. Checksums are in the frame, not here.

mod body;
mod cursor;
mod extras;
mod part;

use body::{put_body, take_body};
pub use cursor::Damaged;
use cursor::{Input, NO_PARTS, Output, flag};
use part::{Part, optional};

use super::body::{Event, Kind, Str};
use super::repairs::Repairs;
use super::time::Timestamp;
use super::words::Inlet;

const HAS_ID: u8 = 1;
const HAS_SOURCE: u8 = 2;
const HAS_CASE: u8 = 4;
const HAS_UNKNOWN: u8 = 8;
const HAS_TIME: u8 = 16;
const INLET_SHIFT: u8 = 5;
/// In the byte of the kind.
const HAS_EXTRAS: u8 = 0x80;
/// In place of an inlet's number: it follows after the texts, in a byte.
const INLET_FOLLOWS: u8 = 7;
/// Bytes of the kind, the flags, the time of receipt and the length of the texts, which mostly takes one byte and is known
/// only after them.
const HEAD_BYTES: usize = 11;

/// Appends an event to `out`.
pub fn encode(event: &Event, out: &mut Vec<u8>) {
    out.reserve(128);
    let flags = flag(HAS_ID, event.id.is_some())
        | flag(HAS_SOURCE, event.source.is_some())
        | flag(HAS_CASE, event.case.is_some())
        | flag(HAS_UNKNOWN, event.unknown_fields > 0)
        | flag(HAS_TIME, event.time != event.received)
        | (event.inlet as u8).min(INLET_FOLLOWS) << INLET_SHIFT;
    let has_extras = extras::has_any(event);
    let mut head = [0; HEAD_BYTES];
    head[..2].copy_from_slice(&[event.body.kind() as u8 | flag(HAS_EXTRAS, has_extras), flags]);
    head[2..10].copy_from_slice(&event.received.nanos().to_le_bytes());
    out.extend_from_slice(&head);
    let texts_at = out.len();
    let mut parts = NO_PARTS;
    let mut output = Output::new(out, &mut parts);
    if event.inlet as u8 >= INLET_FOLLOWS {
        output.byte(event.inlet as u8);
    }
    if event.time != event.received {
        // Wrapping, so that every pair of moments comes back as it was.
        event.time.nanos().wrapping_sub(event.received.nanos()).put(&mut output);
    }
    event.system.put(&mut output);
    event.id.iter().for_each(|id| id.put(&mut output));
    event.source.iter().for_each(|source| source.put(&mut output));
    event.case.iter().for_each(|case| case.put(&mut output));
    if event.unknown_fields > 0 {
        u64::from(event.unknown_fields).put(&mut output);
    }
    if has_extras {
        extras::put(event, &mut output);
    }
    put_body(&event.body, &mut output);
    output.end(texts_at);
}

/// The event at the start of `bytes`, and how many bytes it takes. Text is borrowed.
pub fn decode(bytes: &[u8]) -> Result<(Event<'_>, usize), Damaged> {
    let mut event = Event::nothing();
    let used = decode_into(bytes, &mut event)?;
    Ok((event, used))
}

/// As [`decode`], to where the event stays: it is large, and whoever returns it copies it.
pub fn decode_into<'a>(bytes: &'a [u8], event: &mut Event<'a>) -> Result<usize, Damaged> {
    let mut input = Input { bytes, at: 0, texts: "" };
    let number = input.byte()?;
    let kind = Kind::from_number(number & !HAS_EXTRAS).ok_or(input.damaged("an unknown type"))?;
    let flags = input.byte()?;
    let inlet = match flags >> INLET_SHIFT {
        INLET_FOLLOWS => None,
        number => Some(Inlet::from_number(number).ok_or(input.damaged("an unknown inlet"))?),
    };
    let received = i64::from_le_bytes(*input.chunk()?);
    let length = u64::take(&mut input)?;
    input.texts = std::str::from_utf8(input.slice(length)?).map_err(|_| input.damaged("a text that is not UTF-8"))?;
    event.inlet = match inlet {
        Some(inlet) => inlet,
        None => following_inlet(&mut input)?,
    };
    let delta = if flags & HAS_TIME != 0 { i64::take(&mut input)? } else { 0 };
    event.time = Timestamp::from_nanos(received.wrapping_add(delta));
    event.received = Timestamp::from_nanos(received);
    event.system = Str::take(&mut input)?;
    event.id = optional(&mut input, flags & HAS_ID != 0)?;
    event.source = optional(&mut input, flags & HAS_SOURCE != 0)?;
    event.case = optional(&mut input, flags & HAS_CASE != 0)?;
    event.unknown_fields = match flags & HAS_UNKNOWN {
        0 => 0,
        _ => u32::try_from(u64::take(&mut input)?).map_err(|_| input.damaged("a count beyond its type"))?,
    };
    (event.repairs, event.skewed, event.behavior) = (Repairs::NONE, false, None);
    if number & HAS_EXTRAS != 0 {
        extras::take(event, &mut input)?;
    }
    take_body(kind, &mut input, &mut event.body)?;
    if !input.texts.is_empty() {
        return Err(input.damaged("text that belongs to no field"));
    }
    Ok(input.at)
}

/// An inlet whose number has no room in the flags.
#[cold]
fn following_inlet(input: &mut Input<'_>) -> Result<Inlet, Damaged> {
    let number = input.byte()?;
    Inlet::from_number(number).filter(|_| number >= INLET_FOLLOWS).ok_or(input.damaged("an unknown inlet"))
}

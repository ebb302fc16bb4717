//! The encoding of an event that the journal stores, and that both live events and replay fold from.
//!
//! # On disk
//! ```text
//! event:    kind u8 | flags u8 | received i64 | varint length | texts | [time] | system | [id] | [source] | [case]
//!           | [unknown] | body
//! flags:    1 id | 2 source | 4 case | 8 unknown | 16 time | inlet << 5
//! texts:    UTF-8 of all texts of the event, without gaps, in the order of their fields
//! time:     zigzag varint, nanoseconds after received; absent when equal
//! body:     optionals u8 | the required fields of the type | those optional ones whose bit is set
//! text:     varint length                word, flag: u8           unknown, count: varint
//! seconds, ratio, amount, rating: zigzag varint of 1e-9           currency: 3 bytes
//! feedback: 0 | 1 thumb | 2 rating
//! ```
//! Integers are little-endian, varints are LEB128. Fields stand in the order of `bodies!` below, which is part of
//! the format: a new optional field goes to the end of its list and takes the next bit, a new type goes to the end of
//! [`Kind`], a new word to the end of its set. Texts stand together because one UTF-8 check of them all takes less
//! time than one of each. A kind of 128 and above is reserved for another layout. Checksums
//! are the frame's business.

use std::borrow::Cow;

use super::*;

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

const HAS_ID: u8 = 1;
const HAS_SOURCE: u8 = 2;
const HAS_CASE: u8 = 4;
const HAS_UNKNOWN: u8 = 8;
const HAS_TIME: u8 = 16;
const INLET_SHIFT: u8 = 5;

/// Appends an event to `out`.
pub fn encode(event: &Event, out: &mut Vec<u8>) {
    out.reserve(128);
    let flags = flag(HAS_ID, event.id.is_some())
        | flag(HAS_SOURCE, event.source.is_some())
        | flag(HAS_CASE, event.case.is_some())
        | flag(HAS_UNKNOWN, event.unknown_fields > 0)
        | flag(HAS_TIME, event.time != event.received)
        | (event.inlet as u8) << INLET_SHIFT;
    let mut head = [0; HEAD_BYTES];
    head[..2].copy_from_slice(&[event.body.kind() as u8, flags]);
    head[2..10].copy_from_slice(&event.received.nanos().to_le_bytes());
    out.extend_from_slice(&head);
    let texts_at = out.len();
    let mut output = Output { texts: out, parts: &mut [0; PARTS_BYTES_MAX], length: 0 };
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
    put_body(&event.body, &mut output);
    output.end(texts_at);
}

/// Bytes of the kind, the flags, the time of receipt and the length of the texts, which mostly takes one and is known
/// when they stand there.
const HEAD_BYTES: usize = 11;
/// What an event has beside its head and its texts; `bodies!` holds every type to it.
const PARTS_BYTES_MAX: usize = 160;
/// The time, four lengths and a count.
const ENVELOPE_BYTES_MAX: usize = 6 * NUMBER_BYTES_MAX;
const NUMBER_BYTES_MAX: usize = 10;
/// An amount of money.
const PART_BYTES_MAX: usize = NUMBER_BYTES_MAX + 3;

/// An event on its way: its texts go where they belong, and what stands behind them waits here. So each field is
/// visited once, and one look at the type is enough.
struct Output<'o> {
    texts: &'o mut Vec<u8>,
    parts: &'o mut [u8; PARTS_BYTES_MAX],
    length: usize,
}

impl Output<'_> {
    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.parts[self.length] = byte;
        self.length += 1;
    }

    /// `texts_at` is where the texts begin, behind the byte for their length.
    #[inline(always)]
    fn end(self, texts_at: usize) {
        /// Mostly all parts fit; so many bytes are copied without a call.
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

/// The event at the start of `bytes`, and how many bytes it takes. Text is borrowed.
pub fn decode(bytes: &[u8]) -> Result<(Event<'_>, usize), Damaged> {
    let mut input = Input { bytes, at: 0, texts: "" };
    let kind = Kind::from_number(input.byte()?).ok_or(input.damaged("an unknown type"))?;
    let flags = input.byte()?;
    let inlet = Inlet::from_number(flags >> INLET_SHIFT).ok_or(input.damaged("an unknown inlet"))?;
    let received = i64::from_le_bytes(*input.chunk()?);
    let length = u64::take(&mut input)?;
    input.texts = std::str::from_utf8(input.slice(length)?).map_err(|_| input.damaged("a text that is not UTF-8"))?;
    let delta = if flags & HAS_TIME != 0 { i64::take(&mut input)? } else { 0 };
    let event = Event {
        system: Str::take(&mut input)?,
        id: input.optional(flags & HAS_ID != 0)?,
        source: input.optional(flags & HAS_SOURCE != 0)?,
        time: Timestamp::from_nanos(received.wrapping_add(delta)),
        received: Timestamp::from_nanos(received),
        inlet,
        case: input.optional(flags & HAS_CASE != 0)?,
        unknown_fields: match flags & HAS_UNKNOWN {
            0 => 0,
            _ => u32::try_from(u64::take(&mut input)?).map_err(|_| input.damaged("a count beyond its type"))?,
        },
        body: take_body(kind, &mut input)?,
    };
    if !input.texts.is_empty() {
        return Err(input.damaged("text that belongs to no field"));
    }
    Ok((event, input.at))
}

impl Event<'_> {
    /// A copy that borrows nothing.
    pub fn into_owned(self) -> Event<'static> {
        Event {
            system: self.system.own(),
            id: self.id.map(Part::own),
            source: self.source.map(Part::own),
            time: self.time,
            received: self.received,
            inlet: self.inlet,
            case: self.case.map(Part::own),
            unknown_fields: self.unknown_fields,
            body: own_body(self.body),
        }
    }
}

const fn flag(bit: u8, is_set: bool) -> u8 {
    if is_set { bit } else { 0 }
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
    /// What is left of the event's texts.
    texts: &'a str,
}

impl<'a> Input<'a> {
    #[inline]
    fn byte(&mut self) -> Result<u8, Damaged> {
        let byte = *self.bytes.get(self.at).ok_or(self.damaged("a sudden end"))?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    fn chunk<const N: usize>(&mut self) -> Result<&'a [u8; N], Damaged> {
        let chunk = self.bytes[self.at..].first_chunk::<N>().ok_or(self.damaged("a sudden end"))?;
        self.at += N;
        Ok(chunk)
    }

    #[inline]
    fn slice(&mut self, length: u64) -> Result<&'a [u8], Damaged> {
        let rest = &self.bytes[self.at..];
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let slice = rest.get(..length).ok_or(self.damaged("texts that are longer than their event"))?;
        self.at += length;
        Ok(slice)
    }

    #[inline]
    fn optional<T: Part<'a>>(&mut self, is_there: bool) -> Result<Option<T>, Damaged> {
        if is_there { T::take(self).map(Some) } else { Ok(None) }
    }

    #[inline]
    fn damaged(&self, what: &'static str) -> Damaged {
        Damaged { at: self.at, what }
    }
}

/// What an encoded event is made of.
trait Part<'a>: Sized {
    type Owned;
    fn put(&self, out: &mut Output<'_>);
    fn take(input: &mut Input<'a>) -> Result<Self, Damaged>;
    fn own(self) -> Self::Owned;
}

impl<'a> Part<'a> for Str<'a> {
    type Owned = Str<'static>;
    #[inline]
    fn put(&self, out: &mut Output<'_>) {
        out.texts.extend_from_slice(self.as_bytes());
        (self.len() as u64).put(out);
    }
    #[inline]
    fn take(input: &mut Input<'a>) -> Result<Str<'a>, Damaged> {
        let length = usize::try_from(u64::take(input)?).unwrap_or(usize::MAX);
        let (text, rest) = input.texts.split_at_checked(length).ok_or(input.damaged("a text beyond its event"))?;
        input.texts = rest;
        Ok(Cow::Borrowed(text))
    }
    fn own(self) -> Str<'static> {
        Cow::Owned(self.into_owned())
    }
}

impl Part<'_> for u64 {
    type Owned = u64;
    #[inline]
    fn put(&self, out: &mut Output<'_>) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.byte(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.byte(rest as u8);
    }
    #[inline]
    fn take(input: &mut Input<'_>) -> Result<u64, Damaged> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = input.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(input.damaged("a number that doesn't end"))
    }
    fn own(self) -> u64 {
        self
    }
}

/// Zigzag, so that small negative numbers are short too.
impl Part<'_> for i64 {
    type Owned = i64;
    #[inline]
    fn put(&self, out: &mut Output<'_>) {
        ((*self << 1 ^ *self >> 63) as u64).put(out);
    }
    #[inline]
    fn take(input: &mut Input<'_>) -> Result<i64, Damaged> {
        let number = u64::take(input)?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }
    fn own(self) -> i64 {
        self
    }
}

impl Part<'_> for Fixed {
    type Owned = Fixed;
    #[inline]
    fn put(&self, out: &mut Output<'_>) {
        self.nanos().put(out);
    }
    #[inline]
    fn take(input: &mut Input<'_>) -> Result<Fixed, Damaged> {
        i64::take(input).map(Fixed::from_nanos)
    }
    fn own(self) -> Fixed {
        self
    }
}

impl Part<'_> for bool {
    type Owned = bool;
    fn put(&self, out: &mut Output<'_>) {
        out.byte(u8::from(*self));
    }
    fn take(input: &mut Input<'_>) -> Result<bool, Damaged> {
        match input.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(input.damaged("neither true nor false")),
        }
    }
    fn own(self) -> bool {
        self
    }
}

impl Part<'_> for Money {
    type Owned = Money;
    fn put(&self, out: &mut Output<'_>) {
        self.amount.put(out);
        self.currency.0.iter().for_each(|letter| out.byte(*letter));
    }
    fn take(input: &mut Input<'_>) -> Result<Money, Damaged> {
        let amount = Fixed::take(input)?;
        let code = *input.chunk::<3>()?;
        if !code.iter().all(u8::is_ascii_uppercase) {
            return Err(input.damaged("a currency that is not three capital letters"));
        }
        Ok(Money { amount, currency: Currency(code) })
    }
    fn own(self) -> Money {
        self
    }
}

impl Part<'_> for FeedbackValue {
    type Owned = FeedbackValue;
    fn put(&self, out: &mut Output<'_>) {
        match self {
            FeedbackValue::None => out.byte(0),
            FeedbackValue::Thumb(thumb) => {
                out.byte(1);
                thumb.put(out);
            }
            FeedbackValue::Rating(rating) => {
                out.byte(2);
                rating.put(out);
            }
        }
    }
    fn take(input: &mut Input<'_>) -> Result<FeedbackValue, Damaged> {
        match input.byte()? {
            0 => Ok(FeedbackValue::None),
            1 => Thumb::take(input).map(FeedbackValue::Thumb),
            2 => Fixed::take(input).map(FeedbackValue::Rating),
            _ => Err(input.damaged("an unknown kind of feedback")),
        }
    }
    fn own(self) -> FeedbackValue {
        self
    }
}

macro_rules! word_parts {
    ($($name:ident)+) => { $(
        impl Part<'_> for $name {
            type Owned = $name;
            #[inline]
            fn put(&self, out: &mut Output<'_>) {
                out.byte(*self as u8);
            }
            #[inline]
            fn take(input: &mut Input<'_>) -> Result<$name, Damaged> {
                $name::from_number(input.byte()?).ok_or(input.damaged("an unknown word"))
            }
            fn own(self) -> $name {
                self
            }
        }
    )+ };
}

word_parts!(TaskOutcome Mode StepKind StepOutcome EscalationOutcome Decision ClosedBy AppealOutcome ChangeKind Trigger
    RollbackTo RollbackResult Signal Thumb InputResult Activity CostKind DrillPath DrillResult);

/// Both directions of every body, from one list: the required fields, then the optional ones, at most eight.
macro_rules! bodies {
    ($($kind:ident { $($must:ident)* ; $($may:ident)* })+) => {
        #[inline(always)]
        fn put_body(body: &Body<'_>, out: &mut Output<'_>) {
            match body {
                $(Body::$kind { $($must,)* $($may,)* } => {
                    const FIELDS: &[&str] = &[$(stringify!($must),)* $(stringify!($may),)*];
                    const { assert!(ENVELOPE_BYTES_MAX + 1 + FIELDS.len() * PART_BYTES_MAX <= PARTS_BYTES_MAX) };
                    let optionals: &[bool] = &[$($may.is_some()),*];
                    out.byte(optionals.iter().rev().fold(0, |bits, is_there| bits << 1 | u8::from(*is_there)));
                    $($must.put(out);)*
                    $($may.iter().for_each(|part| part.put(out));)*
                })+
            }
        }

        fn take_body<'a>(kind: Kind, input: &mut Input<'a>) -> Result<Body<'a>, Damaged> {
            let mut optionals = input.byte()?;
            let body = match kind {
                $(Kind::$kind => {
                    $(let $must = Part::take(input)?;)*
                    $(let $may = input.optional(optionals & 1 != 0)?; optionals >>= 1;)*
                    Body::$kind { $($must,)* $($may,)* }
                })+
            };
            if optionals != 0 { Err(input.damaged("a field of a later version")) } else { Ok(body) }
        }

        fn own_body(body: Body<'_>) -> Body<'static> {
            match body {
                $(Body::$kind { $($must,)* $($may,)* } => {
                    Body::$kind { $($must: $must.own(),)* $($may: $may.map(Part::own),)* }
                })+
            }
        }
    };
}

bodies! {
    TaskCompleted { action outcome mode; duration_seconds version }
    StepCompleted { kind name outcome; duration_seconds first_token_seconds input_tokens output_tokens }
    EscalationOpened { ; escalation queue reason action severity }
    EscalationAcknowledged { ; escalation by }
    EscalationReassigned { queue; escalation by }
    EscalationResolved { outcome; escalation by }
    ReviewRequested { ; review queue action }
    ReviewStarted { ; review by }
    ReviewCompleted { decision; review by handling_seconds edit_ratio }
    ReviewAudited { appropriate; review decision }
    CaseClosed { by; }
    CaseReopened { ; reason }
    AppealOpened { ; appeal action }
    AppealDecided { outcome; appeal }
    ChangeDeployed { kind version; change author approver previous_version }
    RollbackStarted { rollback trigger to drill; change }
    RollbackCompleted { rollback result; }
    FallbackEnded { ; }
    FeedbackReceived { signal value; action }
    InputChecked { input result; age_seconds }
    ActionAttempted { action mode allowed; }
    EvaluationCompleted { suite passed; score version }
    MaintenanceRecorded { activity; seconds money }
    CostRecorded { kind money; }
    OwnerAttested { owner; note }
    DrillCompleted { path result; seconds }
}

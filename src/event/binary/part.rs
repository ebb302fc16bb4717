//! [`Part`]: how each kind of value is stored.

use std::borrow::Cow;

use super::super::body::{FeedbackValue, Str};
use super::super::fixed::Fixed;
use super::super::money::{Currency, Money};
use super::super::words::{Thumb, Word};
use super::cursor::{Damaged, Input, Output};

/// What an encoded event is made of.
pub(super) trait Part<'a>: Sized {
    fn put(&self, out: &mut Output<'_>);
    fn take(input: &mut Input<'a>) -> Result<Self, Damaged>;
    /// As [`Part::take`], for a part that an earlier version wrote in a way that no longer says anything.
    #[inline]
    fn take_if_valid(input: &mut Input<'a>) -> Result<Option<Self>, Damaged> {
        Self::take(input).map(Some)
    }
}

impl<'a> Part<'a> for Str<'a> {
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
}

impl Part<'_> for u64 {
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
}

/// Zigzag, so that small negative numbers are short too.
impl Part<'_> for i64 {
    #[inline]
    fn put(&self, out: &mut Output<'_>) {
        ((*self << 1 ^ *self >> 63) as u64).put(out);
    }
    #[inline]
    fn take(input: &mut Input<'_>) -> Result<i64, Damaged> {
        let number = u64::take(input)?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

impl Part<'_> for Fixed {
    #[inline]
    fn put(&self, out: &mut Output<'_>) {
        self.nanos().put(out);
    }
    #[inline]
    fn take(input: &mut Input<'_>) -> Result<Fixed, Damaged> {
        i64::take(input).map(Fixed::from_nanos)
    }
}

impl Part<'_> for bool {
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
}

impl Part<'_> for Money {
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
}

impl Part<'_> for FeedbackValue {
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
}

/// Every word is one byte, unless it is spelled.
impl<'a, T: Word> Part<'a> for T {
    #[inline]
    fn put(&self, out: &mut Output<'_>) {
        if T::SPELLED {
            Str::Borrowed(T::WORDS[usize::from(self.number())]).put(out);
        } else {
            out.byte(self.number());
        }
    }
    #[inline]
    fn take(input: &mut Input<'a>) -> Result<T, Damaged> {
        let word = if T::SPELLED { T::from_word(&Str::take(input)?) } else { T::from_number(input.byte()?) };
        word.ok_or(input.damaged("an unknown word"))
    }
    #[inline]
    fn take_if_valid(input: &mut Input<'a>) -> Result<Option<T>, Damaged> {
        if T::SPELLED { Ok(T::from_word(&Str::take(input)?)) } else { T::take(input).map(Some) }
    }
}

/// A word that the operating model may have instead: the byte is always there.
impl<T: Word> Part<'_> for Option<T> {
    fn put(&self, out: &mut Output<'_>) {
        out.byte(self.map_or(NO_WORD, T::number));
    }
    fn take(input: &mut Input<'_>) -> Result<Option<T>, Damaged> {
        match input.byte()? {
            NO_WORD => Ok(None),
            number => T::from_number(number).map(Some).ok_or(input.damaged("an unknown word")),
        }
    }
}

const NO_WORD: u8 = u8::MAX;

/// A part that may be missing.
#[inline]
pub(super) fn optional<'a, T: Part<'a>>(input: &mut Input<'a>, is_there: bool) -> Result<Option<T>, Damaged> {
    if is_there { T::take_if_valid(input) } else { Ok(None) }
}

//! The values of [`Fields`], each read as the form that the contract wants, or the mistake in it.

use std::fmt::Display;

use super::super::body::Str;
use super::super::fixed::Fixed;
use super::super::kinds::{ID_BYTES, NAME_BYTES};
use super::super::money::{Currency, Money};
use super::super::time::Timestamp;
use super::super::words::{Reason, Word};
use super::check::{text_problem, time_of};
use super::fault::Read;
use super::field::Field;
use super::fields::Fields;
use super::number::{self, Bad};
use super::phrase::choices;
use super::slot::Shape;

impl<'a> Fields<'a> {
    pub fn text(&self, field: Field, bytes_max: usize) -> Read<Option<Str<'a>>> {
        let slot = self.slot(field);
        let fits = (1..=bytes_max).contains(&slot.length());
        if slot.shape() == Shape::Text && self.has_no_controls && fits {
            return Ok(Some(Str::Borrowed(slot.raw(self.text))));
        }
        if !self.has(field) {
            return Ok(None);
        }
        self.rarer_text(field, bytes_max)
    }

    /// A text with escapes, one that may hold control characters, or no text at all.
    #[inline(never)]
    fn rarer_text(&self, field: Field, bytes_max: usize) -> Read<Option<Str<'a>>> {
        let Some(text) = self.string(field)? else { return Ok(None) };
        match text_problem(&text, bytes_max) {
            None => Ok(Some(text)),
            Some(problem) => Err(self.fault(field, Reason::Field, format!("`{}` {problem}", self.name_of(field)))),
        }
    }

    pub fn name(&self, field: Field) -> Read<Option<Str<'a>>> {
        self.text(field, NAME_BYTES)
    }

    pub fn id(&self, field: Field) -> Read<Option<Str<'a>>> {
        self.text(field, ID_BYTES)
    }

    pub fn word<T: Word>(&self, field: Field) -> Read<Option<T>> {
        self.word_of(field, T::WORDS)
    }

    /// A word of `T`. An error lists the `words` that may be used here.
    #[inline(always)]
    pub fn word_of<T: Word>(&self, field: Field, words: &[&str]) -> Read<Option<T>> {
        let slot = self.slot(field);
        if slot.shape() == Shape::Text
            && let Some(word) = T::from_word(slot.raw(self.text))
        {
            return Ok(Some(word));
        }
        if !self.has(field) {
            return Ok(None);
        }
        self.rarer_word(field, words)
    }

    /// A word with escapes, or no word at all.
    #[inline(never)]
    fn rarer_word<T: Word>(&self, field: Field, words: &[&str]) -> Read<Option<T>> {
        let text = self.slot(field).string(self.text);
        match text.as_deref().and_then(T::from_word) {
            Some(word) => Ok(Some(word)),
            None => Err(self.wrong(field, &choices(words, &text.unwrap_or_default()))),
        }
    }

    pub fn flag(&self, field: Field) -> Read<Option<bool>> {
        match self.slot(field).shape() {
            Shape::Absent | Shape::Null => Ok(None),
            Shape::True => Ok(Some(true)),
            Shape::False => Ok(Some(false)),
            _ => Err(self.wrong(field, "true or false")),
        }
    }

    pub fn seconds(&self, field: Field) -> Read<Option<Fixed>> {
        self.number(field, "a number of seconds, 0 to a billion", number::positive)
    }

    pub fn ratio(&self, field: Field) -> Read<Option<Fixed>> {
        self.number(field, "a number from 0 to 1", |digits| {
            number::positive(digits).and_then(|ratio| if ratio <= Fixed::ONE { Ok(ratio) } else { Err(Bad::TooLarge) })
        })
    }

    pub fn count(&self, field: Field) -> Read<Option<u64>> {
        self.number(field, "a whole number, 0 to 2^53", number::count)
    }

    /// `cost` and `currency`, which come together or not at all.
    pub fn money(&self) -> Read<Option<Money>> {
        let amount = self.number(Field::COST, "an amount of money: a number, 0 to a billion", number::positive)?;
        let currency = self.currency()?;
        match (amount, currency) {
            (Some(amount), Some(currency)) => Ok(Some(Money { amount, currency })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.missing(Field::CURRENCY, "`cost` says nothing without it, for example EUR")),
            (None, Some(_)) => Err(self.missing(Field::COST, "`currency` says nothing without it")),
        }
    }

    fn currency(&self) -> Read<Option<Currency>> {
        if !self.has(Field::CURRENCY) {
            return Ok(None);
        }
        let code = self.slot(Field::CURRENCY).string(self.text);
        match code.as_deref().and_then(Currency::from_code) {
            Some(currency) => Ok(Some(currency)),
            None => Err(self.wrong(Field::CURRENCY, "the code of a currency in ISO 4217, in capital letters")),
        }
    }

    pub fn time(&self, field: Field, received: Timestamp) -> Read<Option<Timestamp>> {
        let slot = self.slot(field);
        let text = match slot.shape() {
            Shape::Absent | Shape::Null => return Ok(None),
            Shape::Text | Shape::Escaped => slot.string(self.text).unwrap_or_default(),
            _ => {
                let found = self.found(field, "a date and time of RFC 3339, as a string");
                return Err(self.fault(field, Reason::Time, found));
            }
        };
        match time_of(&text, received) {
            Ok(time) => Ok(Some(time)),
            Err(problem) => Err(self.fault(field, Reason::Time, format!("`{}` {problem}", self.name_of(field)))),
        }
    }

    /// A number that `read` accepts, described by `expected`.
    pub fn number<T>(
        &self,
        field: Field,
        expected: impl Display,
        read: impl FnOnce(&str) -> Result<T, Bad>,
    ) -> Read<Option<T>> {
        let slot = self.slot(field);
        match slot.shape() {
            Shape::Absent | Shape::Null => Ok(None),
            Shape::Number => match read(slot.raw(self.text)) {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(self.wrong(field, &expected.to_string())),
            },
            _ => Err(self.wrong(field, &expected.to_string())),
        }
    }
}

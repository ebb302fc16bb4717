//! The values of [`Fields`], each read as the form that the contract wants, or the mistake in it.
//!
//! What can be repaired without guessing is repaired, and noted in `mended`.

use std::fmt::Display;

use super::super::body::Str;
use super::super::fixed::Fixed;
use super::super::kinds::{ID_BYTES, NAME_BYTES, TEXT_BYTES};
use super::super::money::{Currency, Money};
use super::super::time::Timestamp;
use super::super::words::{Reason, Repair, Word};
use super::check::{Problem, identifier_of, since_1970, text_problem, time_of};
use super::context::Context;
use super::fault::{Fault, Read};
use super::field::Field;
use super::fields::Fields;
use super::identifier::{cut, is_integer};
use super::number::{self, Bad};
use super::phrase::choices;
use super::reader::Reader;
use super::slot::{Shape, Slot};

impl<'a> Fields<'a> {
    /// A text of at most this many bytes that nothing shortens.
    pub fn text(&self, field: Field, bytes_max: usize) -> Read<Option<Str<'a>>> {
        match self.plain_text(field, bytes_max) {
            Some(text) => Ok(Some(text)),
            None if !self.has(field) => Ok(None),
            None => self.rarer_text(field, bytes_max),
        }
    }

    /// A text as machines write it: no escapes, no control characters, neither empty nor too long.
    #[inline(always)]
    fn plain_text(&self, field: Field, bytes_max: usize) -> Option<Str<'a>> {
        let slot = self.slot(field);
        let fits = (1..=bytes_max).contains(&slot.length());
        (slot.shape() == Shape::Text && self.has_no_controls && fits).then(|| Str::Borrowed(slot.raw(self.text)))
    }

    /// A text with escapes, one that may hold control characters, or no text at all.
    #[inline(never)]
    fn rarer_text(&self, field: Field, bytes_max: usize) -> Read<Option<Str<'a>>> {
        let Some((text, has_halves)) = self.slot(field).mended_string(self.text) else {
            return Err(self.wrong(field, "a string"));
        };
        if let Some(problem) = text_problem(&text, bytes_max) {
            return Err(self.problem(field, problem));
        }
        if has_halves {
            self.mended.repair(field, Repair::Surrogate);
        }
        Ok(Some(text))
    }

    /// A name; a long one is cut.
    pub fn name(&self, field: Field) -> Read<Option<Str<'a>>> {
        match self.plain_text(field, NAME_BYTES) {
            Some(name) => Ok(Some(name)),
            None if !self.has(field) => Ok(None),
            None => self.rarer_name(field),
        }
    }

    #[inline(never)]
    fn rarer_name(&self, field: Field) -> Read<Option<Str<'a>>> {
        if self.is_empty_text(field) {
            return Err(self.wrong(field, &format!("1 to {NAME_BYTES} bytes")));
        }
        let name = self.rarer_text(field, TEXT_BYTES)?;
        Ok(name.map(|name| {
            if name.len() <= NAME_BYTES {
                return name;
            }
            self.mended.repair(field, Repair::Cut);
            cut(&name).into()
        }))
    }

    /// An identifier: a text, a long one shortened, or an integer.
    pub fn id(&self, field: Field) -> Read<Option<Str<'a>>> {
        match self.plain_text(field, ID_BYTES) {
            Some(id) => Ok(Some(id)),
            None if !self.has(field) => Ok(None),
            None => self.identifier(self.slot(field), field).map(Some).map_err(|problem| self.problem(field, problem)),
        }
    }

    /// As [`Fields::id`], of any value that belongs to `field`.
    #[inline(never)]
    pub(super) fn identifier(&self, slot: Slot, field: Field) -> Result<Str<'a>, Problem> {
        let raw = slot.raw(self.text);
        let (text, repair) = match slot.mended_string(self.text) {
            Some((text, true)) => (text, Some(Repair::Surrogate)),
            Some((text, false)) => (text, None),
            None if slot.shape() == Shape::Number && is_integer(raw) => (Str::Borrowed(raw), Some(Repair::Integer)),
            None => {
                let found = self.found_value(slot);
                return Err((Reason::Field, format!("is {found}; expected a string, or an integer")));
            }
        };
        let (known, was_shortened) = identifier_of(text)?;
        repair.into_iter().for_each(|repair| self.mended.repair(field, repair));
        if was_shortened {
            self.mended.repair(field, Repair::Shortened);
        }
        Ok(known)
    }

    #[cold]
    fn problem(&self, field: Field, (reason, problem): Problem) -> Box<Fault> {
        self.fault(field, reason, format!("`{}` {problem}", self.name_of(field)))
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

    /// A duration. Clocks that disagree make negative ones, which are 0.
    pub fn seconds(&self, field: Field) -> Read<Option<Fixed>> {
        self.number(field, "a number of seconds, 0 to a billion", |digits| match number::positive(digits) {
            Err(Bad::Negative) => {
                self.mended.negative(field);
                Ok(Fixed::ZERO)
            }
            read => read,
        })
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
        let amount = self.may(Field::COST, Fields::amount);
        let currency = self.may(Field::CURRENCY, |f, _| f.currency());
        match (amount, currency) {
            (Ok(Some(amount)), Ok(Some(currency))) => Ok(Some(Money { amount, currency })),
            (Ok(None), Ok(None)) => Ok(None),
            (Ok(Some(_)), Ok(None)) => {
                Err(self.missing(Field::CURRENCY, "`cost` says nothing without it, for example EUR"))
            }
            (Ok(None), Ok(Some(_))) => Err(self.missing(Field::COST, "`currency` says nothing without it")),
            (Err(amount), Err(currency)) => Err(amount.with(currency)),
            (Err(fault), Ok(_)) | (Ok(_), Err(fault)) => Err(fault),
        }
    }

    /// An amount, also as decimal libraries write it: a number in a string.
    fn amount(&self, field: Field) -> Read<Option<Fixed>> {
        const EXPECTED: &str = "an amount of money: a number, 0 to a billion";
        if let Some(text) = self.slot(field).string(self.text)
            && is_number(&text)
            && let Ok(amount) = number::positive(&text)
        {
            self.mended.repair(field, Repair::Money);
            return Ok(Some(amount));
        }
        self.number(field, EXPECTED, number::positive)
    }

    fn currency(&self) -> Read<Option<Currency>> {
        if !self.has(Field::CURRENCY) {
            return Ok(None);
        }
        let code = self.slot(Field::CURRENCY).string(self.text).unwrap_or_default();
        if let Some(currency) = Currency::from_code(&code) {
            return Ok(Some(currency));
        }
        match Currency::from_code(&code.to_ascii_uppercase()) {
            Some(currency) => {
                self.mended.repair(Field::CURRENCY, Repair::Currency);
                Ok(Some(currency))
            }
            None => Err(self.wrong(Field::CURRENCY, "the code of a currency in ISO 4217, as EUR")),
        }
    }

    pub fn time(&self, field: Field, context: &Context<'_>) -> Read<Option<Timestamp>> {
        let slot = self.slot(field);
        let text = match slot.shape() {
            Shape::Absent | Shape::Null => return Ok(None),
            Shape::Text | Shape::Escaped => slot.string(self.text).unwrap_or_default(),
            _ => return Err(self.no_time(field)),
        };
        match time_of(&text, context) {
            Ok((time, was_repaired)) => {
                if was_repaired {
                    self.mended.repair(field, Repair::Time);
                }
                Ok(Some(time))
            }
            Err(problem) => Err(self.problem(field, problem)),
        }
    }

    #[cold]
    fn no_time(&self, field: Field) -> Box<Fault> {
        let mut found = self.found(field, "a date and time of RFC 3339, as a string");
        if let Some(hint) = since_1970(self.slot(field).raw(self.text)) {
            found = format!("{found}: {hint}");
        }
        self.fault(field, Reason::Time, found)
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

/// Is this a number as JSON writes it?
fn is_number(text: &str) -> bool {
    let mut reader = Reader::new(text, 0);
    reader.number().is_ok() && reader.at == text.len()
}

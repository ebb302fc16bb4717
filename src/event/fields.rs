//! [`Fields`]: the known members of one JSON object, and how each is read as what the contract wants.

use std::fmt::Display;

use super::field::{FIELDS, Field};
use super::kinds::{self, NAME_BYTES, VERSION_BYTES};
use super::number::{self, Bad};
use super::reader::{EVENT_BYTES_MAX, Reader, Shape, Slot};
use super::rejection::{Fault, Read, choices, excerpt, is_control};
use super::{Currency, Fixed, Kind, Money, Reason, Str, Timestamp};

/// One JSON object, taken apart. Which of its fields are known depends on its type, and that may come last.
pub(super) struct Fields<'a> {
    pub text: &'a str,
    /// No byte of the text may belong to a control character: what the reader lets through has none but DEL and C1.
    has_no_controls: bool,
    /// What leads to these fields in the sender's document.
    pub prefix: &'static str,
    /// One for each field, and one for everything else, so that a member takes the same way whatever its name is.
    slots: [Slot; FIELDS + 1],
    /// Fields that are there, also as null; the bit behind those of the fields is everything else.
    seen: u64,
    /// Fields that are there twice.
    repeated: u64,
    /// How many members there are, of any name.
    members: u32,
}

/// A closed set of words.
pub(super) trait Word: Sized {
    const WORDS: &'static [&'static str];
    fn from_word(word: &str) -> Option<Self>;
}

impl<'a> Fields<'a> {
    /// The object that is all of `text`.
    pub fn whole(text: &'a str) -> Read<Fields<'a>> {
        let mut fields = Fields::empty(text, "");
        fields.read()?;
        Ok(fields)
    }

    /// Reads the object that is all of the text.
    pub fn read(&mut self) -> Read<()> {
        let text = self.text;
        if text.len() > EVENT_BYTES_MAX {
            let what = format!("an event of {} bytes; no event may be longer than {EVENT_BYTES_MAX} bytes", text.len());
            return Err(Fault::nowhere(Reason::TooLarge, what));
        }
        let mut reader = Reader::new(text, 0);
        self.has_no_controls = memchr::memchr2(DEL, C1_BEGINS, text.as_bytes()).is_none();
        self.fill(&mut reader, 1)?;
        reader.end()
    }

    /// The object that the value of `field` is; it is known to be well-formed.
    pub fn inside(&self, field: Field, prefix: &'static str) -> Read<Fields<'a>> {
        let slot = self.slot(field);
        let mut fields = Fields::empty(self.text, prefix);
        fields.fill(&mut Reader::new(self.text, slot.position()), 2)?;
        Ok(fields)
    }

    pub fn empty(text: &'a str, prefix: &'static str) -> Fields<'a> {
        Fields {
            text,
            has_no_controls: false,
            prefix,
            slots: [Slot::ABSENT; FIELDS + 1],
            seen: 0,
            repeated: 0,
            members: 0,
        }
    }

    fn fill(&mut self, reader: &mut Reader<'a>, depth: u32) -> Read<()> {
        reader.object(depth, |field, value| {
            let number = field.map_or(FIELDS, |field| field as usize);
            let bit = 1 << number;
            self.members += 1;
            self.repeated |= self.seen & bit;
            self.seen |= bit;
            // The last one stays, so that an error shows where the repetition stands.
            self.slots[number] = value;
        })
    }

    /// Holds the object to the fields that it may have: a known one must not stand twice. Gives the number of
    /// fields that are not `known`.
    pub fn unknown(&self, known: u64) -> Read<u32> {
        let twice = self.repeated & known;
        if twice != 0 {
            let field = Field::ALL[twice.trailing_zeros() as usize];
            return Err(self.fault(field, Reason::DuplicateField, format!("`{}` stands twice", self.name_of(field))));
        }
        // All but the known ones, which stand once.
        Ok(self.members - (self.seen & known).count_ones())
    }

    pub fn slot(&self, field: Field) -> Slot {
        self.slots[field as usize]
    }

    /// Is it there, and not null?
    pub fn has(&self, field: Field) -> bool {
        !matches!(self.slot(field).shape(), Shape::Absent | Shape::Null)
    }

    /// A field that must be there. `kind` says for whom.
    #[inline(always)]
    pub fn must<T>(
        &self,
        kind: Kind,
        field: Field,
        get: impl FnOnce(&Fields<'a>, Field) -> Read<Option<T>>,
    ) -> Read<T> {
        match get(self, field)? {
            Some(value) => Ok(value),
            None => Err(self.needed(kind, field)),
        }
    }

    #[cold]
    fn needed(&self, kind: Kind, field: Field) -> Box<Fault> {
        self.missing(field, &format!("{kind} needs it"))
    }

    #[cold]
    pub fn missing(&self, field: Field, why: &str) -> Box<Fault> {
        let name = self.name_of(field);
        Fault::nowhere(Reason::MissingField, format!("`{name}` is missing; {why}")).in_field(&name)
    }

    /// A string of any length, not looked into.
    pub fn string(&self, field: Field) -> Read<Option<Str<'a>>> {
        let slot = self.slot(field);
        match slot.shape() {
            Shape::Absent | Shape::Null => Ok(None),
            Shape::Text | Shape::Escaped => Ok(slot.string(self.text)),
            _ => Err(self.wrong(field, "a string")),
        }
    }

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

    /// A text with escapes, one that may hold control characters, or what is none.
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

    pub fn version(&self, field: Field) -> Read<Option<Str<'a>>> {
        self.text(field, VERSION_BYTES)
    }

    pub fn id(&self, field: Field) -> Read<Option<Str<'a>>> {
        self.text(field, kinds::ID_BYTES)
    }

    pub fn word<T: Word>(&self, field: Field) -> Read<Option<T>> {
        let slot = self.slot(field);
        if slot.shape() == Shape::Text
            && let Some(word) = T::from_word(slot.raw(self.text))
        {
            return Ok(Some(word));
        }
        if !self.has(field) {
            return Ok(None);
        }
        self.rarer_word(field)
    }

    /// A word with escapes, or what is none.
    #[inline(never)]
    fn rarer_word<T: Word>(&self, field: Field) -> Read<Option<T>> {
        let text = self.slot(field).string(self.text);
        match text.as_deref().and_then(T::from_word) {
            Some(word) => Ok(Some(word)),
            None => Err(self.wrong(field, &choices(T::WORDS, &text.unwrap_or_default()))),
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
        let amount = self.number(Field::Cost, "an amount of money: a number, 0 to a billion", number::positive)?;
        let currency = self.currency()?;
        match (amount, currency) {
            (Some(amount), Some(currency)) => Ok(Some(Money { amount, currency })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.missing(Field::Currency, "`cost` says nothing without it, for example EUR")),
            (None, Some(_)) => Err(self.missing(Field::Cost, "`currency` says nothing without it")),
        }
    }

    fn currency(&self) -> Read<Option<Currency>> {
        if !self.has(Field::Currency) {
            return Ok(None);
        }
        let code = self.slot(Field::Currency).string(self.text);
        match code.as_deref().and_then(Currency::from_code) {
            Some(currency) => Ok(Some(currency)),
            None => Err(self.wrong(Field::Currency, "the code of a currency in ISO 4217, in capital letters")),
        }
    }

    pub fn time(&self, field: Field, received: Timestamp) -> Read<Option<Timestamp>> {
        let slot = self.slot(field);
        let text = match slot.shape() {
            Shape::Absent | Shape::Null => return Ok(None),
            Shape::Text | Shape::Escaped => slot.string(self.text).unwrap_or_default(),
            _ => {
                return Err(self.fault(
                    field,
                    Reason::Time,
                    self.found(field, "a date and time of RFC 3339, as a string"),
                ));
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

    /// The value of `field` is not what it should be.
    #[cold]
    pub fn wrong(&self, field: Field, expected: &str) -> Box<Fault> {
        self.fault(field, Reason::Field, self.found(field, expected))
    }

    #[cold]
    pub fn found(&self, field: Field, expected: &str) -> String {
        let slot = self.slot(field);
        let found = match slot.shape() {
            Shape::Absent => "missing".to_string(),
            Shape::Null => "null".to_string(),
            Shape::True => "true".to_string(),
            Shape::False => "false".to_string(),
            Shape::Number => format!("the number {}", excerpt(slot.raw(self.text))),
            Shape::Text | Shape::Escaped => {
                format!("the string \"{}\"", excerpt(&slot.string(self.text).unwrap_or_default()))
            }
            Shape::Array => "an array".to_string(),
            Shape::Object => "an object".to_string(),
        };
        format!("`{}` is {found}; expected {expected}", self.name_of(field))
    }

    #[cold]
    pub fn fault(&self, field: Field, reason: Reason, what: String) -> Box<Fault> {
        Fault::new(self.slot(field).position(), reason, what).in_field(&self.name_of(field))
    }

    fn name_of(&self, field: Field) -> String {
        format!("{}{field}", self.prefix)
    }
}

const DEL: u8 = 0x7F;
/// The C1 controls begin with it, and half of Latin-1.
const C1_BEGINS: u8 = 0xC2;

/// What keeps `text` from being a name; completes "`queue` …".
pub(super) fn text_problem(text: &str, bytes_max: usize) -> Option<String> {
    if text.is_empty() || text.len() > bytes_max {
        return Some(match text.len() {
            0 => format!("is empty; expected 1 to {bytes_max} bytes"),
            length => format!("has {length} bytes (\"{}\"); expected 1 to {bytes_max}", excerpt(text)),
        });
    }
    // Looking at all bytes without stopping lets the compiler take many at once.
    let is_suspect = |byte: u8| (byte < 0x20) | (byte == DEL) | (byte == C1_BEGINS);
    if !text.bytes().fold(false, |suspect, byte| suspect | is_suspect(byte)) {
        return None;
    }
    let control = text.chars().find(|&character| is_control(character))?;
    Some(format!(
        "holds the control character U+{:04X} (\"{}\"); expected text without control characters",
        u32::from(control),
        excerpt(text)
    ))
}

/// A moment, not too far ahead; the error completes "`time` …".
pub(super) fn time_of(text: &str, received: Timestamp) -> Result<Timestamp, String> {
    let time = Timestamp::parse_rfc3339(text)
        .map_err(|problem| format!("is \"{}\", which is no time: {problem}", excerpt(text)))?;
    if time.since(received) <= kinds::AHEAD_MAX {
        return Ok(time);
    }
    Err(format!(
        "is {time}, {} seconds after it was received ({received}); expected at most {} seconds: is a clock wrong?",
        time.since(received) / super::time::SECOND,
        kinds::AHEAD_MAX / super::time::SECOND
    ))
}

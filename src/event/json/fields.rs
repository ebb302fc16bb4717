//! [`Fields`]: the known members of one JSON object, and what is said about one that is wrong or missing.

use super::super::body::{Kind, Str};
use super::super::words::{Reason, Repair};
use super::check::{C1_BEGINS, DEL};
use super::fault::{Fault, Read};
use super::field::{Field, FieldSet};
use super::fingerprint::Fingerprint;
use super::mended::Mended;
use super::phrase::excerpt;
use super::reader::{EVENT_BYTES_MAX, Reader};
use super::slot::{Shape, Slot};

const SLOTS: usize = Field::OTHER.index() + 1;

/// One JSON object, taken apart. Which of its fields are known depends on its type, and that may come last.
pub(in crate::event) struct Fields<'a> {
    pub text: &'a str,
    /// No byte of the text may belong to a control character: the reader lets only DEL and C1 through.
    pub(super) has_no_controls: bool,
    /// What leads to these fields in the sender's document.
    pub prefix: &'static str,
    /// One for each field, and one for all other names, so that every member takes the same path. Only those of fields that
    /// were seen say something.
    slots: [Slot; SLOTS],
    /// Fields that are there, also as null.
    seen: FieldSet,
    /// Fields that are there twice.
    repeated: FieldSet,
    /// How many members there are, of any name.
    members: u32,
    /// Where its bracket is.
    begins: usize,
    /// The names that no declaration has.
    others: Fingerprint,
    /// What was mended while its fields were read.
    pub(super) mended: Mended,
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
        self.has_no_controls = has_no_controls(text.as_bytes());
        self.fill(&mut reader)?;
        reader.end()
    }

    /// As [`Fields::read`] of a text that is short enough. `is_plain` says that it has no control characters, if that is known.
    #[inline]
    pub fn read_line(&mut self, is_plain: bool) -> Read<()> {
        let mut reader = Reader::new(self.text, 0);
        self.has_no_controls = is_plain || has_no_controls(self.text.as_bytes());
        self.fill(&mut reader)?;
        reader.end()
    }

    /// Reads the object that begins at a byte of the text, and says where it ends.
    #[inline]
    pub fn read_at(&mut self, at: usize, is_plain: bool) -> Read<usize> {
        let mut reader = Reader::new(self.text, at);
        self.fill(&mut reader)?;
        self.has_no_controls = is_plain || has_no_controls(&self.text.as_bytes()[at..reader.at]);
        Ok(reader.at)
    }

    /// The object that the value of `field` is; it is known to be well-formed.
    pub fn inside(&self, field: Field, prefix: &'static str) -> Read<Fields<'a>> {
        let slot = self.slot(field);
        let mut fields = Fields::empty(self.text, prefix);
        fields.has_no_controls = self.has_no_controls;
        fields.fill(&mut Reader::new(self.text, slot.position()))?;
        Ok(fields)
    }

    pub fn empty(text: &'a str, prefix: &'static str) -> Fields<'a> {
        Fields {
            text,
            has_no_controls: false,
            prefix,
            slots: [Slot::ABSENT; SLOTS],
            seen: FieldSet::EMPTY,
            repeated: FieldSet::EMPTY,
            members: 0,
            begins: 0,
            others: Fingerprint::default(),
            mended: Mended::default(),
        }
    }

    /// Makes them those of the next text. The slots stay: to clear them for each event takes longer than to look at `seen`.
    #[inline]
    pub fn restart(&mut self, text: &'a str) {
        self.text = text;
        (self.seen, self.repeated) = (FieldSet::EMPTY, FieldSet::EMPTY);
        self.members = 0;
        self.mended = Mended::default();
    }

    fn fill(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        self.begins = reader.at;
        reader.object(|_, field, value| {
            self.members += 1;
            self.seen.add(field, &mut self.repeated);
            // The last one stays, so that an error points to the repetition.
            self.slots[field.index()] = value;
        })?;
        self.others = reader.others;
        Ok(())
    }

    /// How many members are not among the `known` fields. A known one that is there twice is a mistake.
    pub fn unknown(&self, known: FieldSet) -> Read<u32> {
        if let Some(field) = self.repeated.both(known).first() {
            return Err(self.twice(field));
        }
        // All but the known ones, which are there once each.
        Ok(self.members - self.seen.both(known).length())
    }

    /// Fields among `known` that are there twice.
    pub fn repeated(&self, known: FieldSet) -> impl Iterator<Item = Field> {
        self.repeated.both(known).iter()
    }

    #[cold]
    pub fn twice(&self, field: Field) -> Box<Fault> {
        self.fault(field, Reason::DuplicateField, format!("`{}` is there twice", self.name_of(field)))
    }

    /// Those of `fields` that are there, also as null.
    #[inline(always)]
    pub fn seen(&self, fields: FieldSet) -> FieldSet {
        self.seen.both(fields)
    }

    /// A number for the names of members that are not among the `known` fields: of equal numbers, one was looked at already.
    #[cold]
    pub fn unknown_mark(&self, known: FieldSet) -> u64 {
        let mut mark = self.others;
        mark.add(self.prefix.len() as u64);
        self.seen.without(known).words().into_iter().for_each(|word| mark.add(word));
        mark.number()
    }

    /// The names of members that are not among the `known` fields, in their order.
    #[cold]
    pub fn unknown_names(&self, known: FieldSet, mut take: impl FnMut(Str<'a>)) {
        // It was read before, so it has no mistake.
        let _ = Reader::new(self.text, self.begins).object(|key, field, _| {
            if !known.has(field) {
                take(Reader::key_text(self.text, key));
            }
        });
    }

    #[inline(always)]
    pub fn slot(&self, field: Field) -> Slot {
        if self.seen.has(field) { self.slots[field.index()] } else { Slot::ABSENT }
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

    /// A field that may be there. An empty text is as good as none.
    #[inline(always)]
    pub fn may<T>(&self, field: Field, get: impl FnOnce(&Fields<'a>, Field) -> Read<Option<T>>) -> Read<Option<T>> {
        match get(self, field) {
            Err(fault) => self.absent_if_empty(field, fault),
            read => read,
        }
    }

    #[cold]
    fn absent_if_empty<T>(&self, field: Field, fault: Box<Fault>) -> Read<Option<T>> {
        if fault.is_missing() || !self.is_empty_text(field) {
            return Err(fault);
        }
        self.mended.repair(field, Repair::Empty);
        Ok(None)
    }

    /// Is it `""`?
    pub fn is_empty_text(&self, field: Field) -> bool {
        let slot = self.slot(field);
        slot.shape() == Shape::Text && slot.length() == 0
    }

    /// Is it there, and neither null nor empty?
    pub fn says(&self, field: Field) -> bool {
        self.has(field) && !self.is_empty_text(field)
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

    /// A string of any length, without further checks.
    pub fn string(&self, field: Field) -> Read<Option<Str<'a>>> {
        let slot = self.slot(field);
        match slot.shape() {
            Shape::Absent | Shape::Null => Ok(None),
            Shape::Text | Shape::Escaped => Ok(slot.string(self.text)),
            _ => Err(self.wrong(field, "a string")),
        }
    }

    /// The value of `field` is not what it should be.
    #[cold]
    pub fn wrong(&self, field: Field, expected: &str) -> Box<Fault> {
        self.fault(field, Reason::Field, self.found(field, expected))
    }

    #[cold]
    pub fn found(&self, field: Field, expected: &str) -> String {
        format!("`{}` is {}; expected {expected}", self.name_of(field), self.found_value(self.slot(field)))
    }

    #[cold]
    pub(super) fn found_value(&self, slot: Slot) -> String {
        match slot.shape() {
            Shape::Absent => "missing".to_string(),
            Shape::Null => "null".to_string(),
            Shape::True => "true".to_string(),
            Shape::False => "false".to_string(),
            Shape::Number => format!("the number {}", excerpt(slot.raw(self.text))),
            Shape::Text | Shape::Escaped if slot.length() == 0 => "empty".to_string(),
            Shape::Text | Shape::Escaped => {
                format!("the string \"{}\"", excerpt(&slot.string(self.text).unwrap_or_default()))
            }
            Shape::Array => "an array".to_string(),
            Shape::Object => "an object".to_string(),
        }
    }

    #[cold]
    pub fn fault(&self, field: Field, reason: Reason, what: String) -> Box<Fault> {
        Fault::new(self.slot(field).position(), reason, what).in_field(&self.name_of(field))
    }

    pub(super) fn name_of(&self, field: Field) -> String {
        format!("{}{field}", self.prefix)
    }
}

/// Whether no byte of a text belongs to a control character that JSON lets through.
fn has_no_controls(bytes: &[u8]) -> bool {
    memchr::memchr2(DEL, C1_BEGINS, bytes).is_none()
}

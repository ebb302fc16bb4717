//! [`Field`]: a field of the contract as a small number; [`FieldSet`]: a set of them, in two machine words.

use super::super::body::Kind;
use super::super::kinds::{COMMON, EventType, Spec, TABLE};
use super::names;

/// A field of the contract, or an attribute of CloudEvents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::event) struct Field(u8);

impl Field {
    pub const TYPE: Field = Field::named("type");
    pub const SYSTEM: Field = Field::named("system");
    pub const ID: Field = Field::named("id");
    pub const SOURCE: Field = Field::named("source");
    pub const TIME: Field = Field::named("time");
    pub const CASE: Field = Field::named("case");
    pub const VALUE: Field = Field::named("value");
    pub const COST: Field = Field::named("cost");
    pub const VERSIONS: Field = Field::named("versions");
    pub const VERSION: Field = Field::named("version");
    pub const CHANGE: Field = Field::named("change");
    pub const KIND: Field = Field::named("kind");
    pub const CURRENCY: Field = Field::named("currency");
    pub const SPEC_VERSION: Field = Field::named("specversion");
    pub const SUBJECT: Field = Field::named("subject");
    pub const DATA_CONTENT_TYPE: Field = Field::named("datacontenttype");
    pub const DATA: Field = Field::named("data");
    pub const DATA_BASE64: Field = Field::named("data_base64");

    /// Every name that the contract doesn't know.
    pub const OTHER: Field = Field(names::OTHER);

    /// The field of a name, for constants: a name that no declaration has doesn't compile there.
    pub const fn named(name: &str) -> Field {
        Field(names::declared(name))
    }

    /// The field whose name is these sixteen bytes, filled up with zeros, and a number for the name.
    #[inline]
    pub fn of(name: [u64; 2]) -> (Field, u64) {
        let (number, mark) = names::short(name);
        (Field(number), mark)
    }

    /// The field whose name is this text, of any length.
    pub fn of_text(name: &str) -> Field {
        Field(names::of_any_length(name))
    }

    pub fn as_str(self) -> &'static str {
        names::NAMES[self.index()]
    }

    pub(super) const fn numbered(number: u8) -> Field {
        Field(number)
    }

    /// From 0 up to that of [`Field::OTHER`].
    #[inline(always)]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of fields. [`Field::OTHER`] can be in it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::event) struct FieldSet([u64; 2]);

const _: () = assert!(names::NUMBERS_MAX == 128, "a set has one bit for each number");

impl FieldSet {
    pub const EMPTY: FieldSet = FieldSet([0; 2]);

    pub const fn of(fields: &[Field]) -> FieldSet {
        let mut set = FieldSet::EMPTY;
        let mut at = 0;
        while at < fields.len() {
            set = set.with(fields[at]);
            at += 1;
        }
        set
    }

    const fn with(mut self, field: Field) -> FieldSet {
        self.0[(field.0 >> 6 & 1) as usize] |= 1 << (field.0 & 63);
        self
    }

    /// Adds a field, also to `twice` if it was here already.
    #[inline(always)]
    pub fn add(&mut self, field: Field, twice: &mut FieldSet) {
        let word = usize::from(field.0 >> 6 & 1);
        let bit = 1 << (field.0 & 63);
        twice.0[word] |= self.0[word] & bit;
        self.0[word] |= bit;
    }

    pub const fn without(self, FieldSet(other): FieldSet) -> FieldSet {
        FieldSet([self.0[0] & !other[0], self.0[1] & !other[1]])
    }

    #[inline(always)]
    pub fn both(self, FieldSet(other): FieldSet) -> FieldSet {
        FieldSet([self.0[0] & other[0], self.0[1] & other[1]])
    }

    pub const fn has(self, field: Field) -> bool {
        self.0[(field.0 >> 6 & 1) as usize] >> (field.0 & 63) & 1 != 0
    }

    #[inline(always)]
    pub const fn is_empty(self) -> bool {
        self.0[0] | self.0[1] == 0
    }

    /// A bit for each field.
    pub fn words(self) -> [u64; 2] {
        self.0
    }

    /// From the lowest number on.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        (0..names::NUMBERS_MAX as u8).map(Field).filter(move |field| self.has(*field))
    }

    #[inline(always)]
    pub fn length(self) -> u32 {
        self.0[0].count_ones() + self.0[1].count_ones()
    }

    /// The field with the lowest number.
    #[inline(always)]
    pub fn first(self) -> Option<Field> {
        match self.0 {
            [0, 0] => None,
            [0, high] => Some(Field(64 + high.trailing_zeros() as u8)),
            [low, _] => Some(Field(low.trailing_zeros() as u8)),
        }
    }
}

/// The fields that a type knows: `type`, the common ones and its own.
#[inline]
pub(in crate::event) fn known(kind: Kind) -> FieldSet {
    KNOWN[kind as usize]
}

/// `type` and the common fields, which every type knows.
pub(in crate::event) const COMMON_FIELDS: FieldSet = with_all(FieldSet::of(&[Field::TYPE]), COMMON);

static KNOWN: [FieldSet; Kind::ALL.len()] = {
    let mut sets = [COMMON_FIELDS; Kind::ALL.len()];
    let mut row = 0;
    while row < TABLE.len() {
        sets[row] = with_all(sets[row], TABLE[row].fields);
        row += 1;
    }
    sets
};

/// The fields that the declaration of a type names.
pub(in crate::event) const fn own(kind: Kind) -> FieldSet {
    with_all(FieldSet::EMPTY, EventType::of(kind).fields)
}

const fn with_all(mut set: FieldSet, specs: &[Spec]) -> FieldSet {
    let mut at = 0;
    while at < specs.len() {
        set = set.with(Field::named(specs[at].field));
        at += 1;
    }
    set
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Every number that a field can have, also those that none has yet.
        #[test]
        fn a_set_is_the_fields_that_were_added(numbers in prop::collection::vec(0..128_u8, 0..40), others in prop::collection::vec(0..128_u8, 0..40)) {
            let (mut set, mut twice) = (FieldSet::EMPTY, FieldSet::EMPTY);
            let mut expected = std::collections::BTreeSet::new();
            let mut again = std::collections::BTreeSet::new();
            for number in numbers {
                set.add(Field(number), &mut twice);
                if !expected.insert(number) {
                    again.insert(number);
                }
            }
            let fields: Vec<Field> = others.iter().copied().map(Field).collect();
            let (kept, left): (Vec<u8>, Vec<u8>) = expected.iter().partition(|number| others.contains(number));
            prop_assert_eq!(set.length() as usize, expected.len());
            prop_assert_eq!(set.first(), expected.first().copied().map(Field));
            prop_assert_eq!(twice, FieldSet::of(&again.into_iter().map(Field).collect::<Vec<_>>()));
            prop_assert_eq!(set.both(FieldSet::of(&fields)), FieldSet::of(&kept.into_iter().map(Field).collect::<Vec<_>>()));
            prop_assert_eq!(set.without(FieldSet::of(&fields)), FieldSet::of(&left.into_iter().map(Field).collect::<Vec<_>>()));
        }
    }
}

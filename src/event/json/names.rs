//! Every field name that the contract knows, numbered, and the fastest way from a key to its number.
//!
//! The names are collected from the table of the contract when this is compiled, so a declaration that brings a new name
//! needs no other place. The numbers are on no disk.

use super::super::kinds::{COMMON, Spec, TABLE};

/// Numbers that there can be, [`OTHER`] among them.
pub(super) const NUMBERS_MAX: usize = 128;
/// How many names there are.
pub(in crate::event) const COUNT: usize = COLLECTED.1;
/// The number that every other name has.
pub(super) const OTHER: u8 = COUNT as u8;
/// The names, by number; empty from [`COUNT`] on.
pub(in crate::event) static NAMES: [&str; NUMBERS_MAX] = COLLECTED.0;

/// Attributes of CloudEvents that are no fields of the short form.
const ATTRIBUTES: [&str; 6] = ["specversion", "subject", "datacontenttype", "dataschema", "data", "data_base64"];

type Collected = ([&'static str; NUMBERS_MAX], usize);

const COLLECTED: Collected = {
    let mut names = add_fields(add(([""; NUMBERS_MAX], 0), "type"), COMMON);
    let mut at = 0;
    while at < TABLE.len() {
        names = add_fields(names, TABLE[at].fields);
        at += 1;
    }
    at = 0;
    while at < ATTRIBUTES.len() {
        names = add(names, ATTRIBUTES[at]);
        at += 1;
    }
    names
};

const fn add_fields(mut names: Collected, specs: &[Spec]) -> Collected {
    let mut at = 0;
    while at < specs.len() {
        names = add(names, specs[at].field);
        at += 1;
    }
    names
}

const fn add((mut names, count): Collected, name: &'static str) -> Collected {
    if position(&names, count, name) < count {
        return (names, count);
    }
    assert!(count + 1 < NUMBERS_MAX, "a set of fields has a bit for each name, and one for all others");
    names[count] = name;
    (names, count + 1)
}

/// Where `name` is among the first `count` names; `count` when it is not.
const fn position(names: &[&str], count: usize, name: &str) -> usize {
    let mut at = 0;
    while at < count && !is_same(names[at].as_bytes(), name.as_bytes()) {
        at += 1;
    }
    at
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// The number of a declared name, for constants: any other name doesn't compile there.
pub(super) const fn declared(name: &str) -> u8 {
    let number = position(&COLLECTED.0, COUNT, name);
    assert!(number < COUNT, "no declaration has a field of this name");
    number as u8
}

/// The number of the name that is these sixteen bytes, filled up with zeros. One look into a table that was made when this
/// was compiled, instead of a comparison with each name: this runs for every key of every event. With it comes the number
/// by which the slot was found, which hardly any two names share.
#[inline]
pub(super) fn short(name: [u64; 2]) -> (u8, u64) {
    let mark = spread(name, MULTIPLIER);
    let number = IN_SLOT[slot_of(mark)];
    (if SHORT[usize::from(number)] == name { number } else { OTHER }, mark)
}

/// The number of a name that may be longer than [`short`] takes.
pub(super) fn of_any_length(name: &str) -> u8 {
    if name.len() > SHORT_BYTES {
        return LONG.into_iter().find(|&number| NAMES[usize::from(number)] == name).unwrap_or(OTHER);
    }
    // A zero in a name would pass for what fills it up.
    if name.contains('\0') { OTHER } else { short(filled(name)).0 }
}

/// Bytes of a name that [`short`] takes.
const SHORT_BYTES: usize = 16;
/// A power of two, large enough that a multiplier which separates all names is soon found.
const SLOTS: usize = (COUNT * COUNT / 8).next_power_of_two();
/// The number of the name that belongs into a slot. An empty slot has any number, whose name is then not the one looked for.
static IN_SLOT: [u8; SLOTS] = in_slot();
/// The names as [`short`] gets them. One for each value of a `u8`, so that no index needs a check.
static SHORT: [[u64; 2]; 256] = SHORT_NAMES;
const MULTIPLIER: u64 = multiplier();

const fn spread([low, high]: [u64; 2], multiplier: u64) -> u64 {
    (low ^ high.rotate_left(29)).wrapping_mul(multiplier)
}

const fn slot_of(spread: u64) -> usize {
    (spread >> (u64::BITS - SLOTS.ilog2())) as usize % SLOTS
}

const fn is_short(number: usize) -> bool {
    COLLECTED.0[number].len() <= SHORT_BYTES
}

const fn filled(name: &str) -> [u64; 2] {
    let mut bytes = [0; SHORT_BYTES];
    bytes.split_at_mut(name.len()).0.copy_from_slice(name.as_bytes());
    let both = u128::from_le_bytes(bytes);
    [both as u64, (both >> 64) as u64]
}

const SHORT_NAMES: [[u64; 2]; 256] = {
    // What is no short name gets bytes that no text has.
    let mut names = [[u64::MAX; 2]; 256];
    let mut number = 0;
    while number < COUNT {
        if is_short(number) {
            names[number] = filled(COLLECTED.0[number]);
        }
        number += 1;
    }
    names
};

const LONG_COUNT: usize = {
    let (mut count, mut number) = (0, 0);
    while number < COUNT {
        count += !is_short(number) as usize;
        number += 1;
    }
    count
};

/// The numbers of the names that are too long for a slot.
const LONG: [u8; LONG_COUNT] = {
    let mut long = [OTHER; LONG_COUNT];
    let (mut at, mut number) = (0, 0);
    while number < COUNT {
        if !is_short(number) {
            long[at] = number as u8;
            at += 1;
        }
        number += 1;
    }
    long
};

/// The first that gives no two names the same slot.
const fn multiplier() -> u64 {
    let mut multiplier = 0x9E37_79B9_7F4A_7C15_u64;
    loop {
        let mut taken = [false; SLOTS];
        let mut number = 0;
        while number < COUNT {
            let slot = slot_of(spread(SHORT_NAMES[number], multiplier));
            if is_short(number) && taken[slot] {
                break;
            }
            taken[slot] |= is_short(number);
            number += 1;
        }
        if number == COUNT {
            return multiplier;
        }
        multiplier = multiplier.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(2);
    }
}

const fn in_slot() -> [u8; SLOTS] {
    let mut numbers = [0; SLOTS];
    let mut number = 0;
    while number < COUNT {
        if is_short(number) {
            numbers[slot_of(spread(SHORT_NAMES[number], MULTIPLIER))] = number as u8;
        }
        number += 1;
    }
    numbers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plainly(name: &str) -> u8 {
        NAMES[..COUNT].iter().position(|known| *known == name).map_or(OTHER, |number| number as u8)
    }

    #[test]
    fn finds_every_name_and_nothing_else() {
        for (number, name) in NAMES[..COUNT].iter().enumerate() {
            assert_eq!(usize::from(of_any_length(name)), number, "{name}");
            let longer = format!("{name}s");
            assert_eq!(of_any_length(&longer), plainly(&longer), "{longer}");
        }
        // Enough that some share a slot with a name.
        for name in NAMES[..COUNT].iter().filter(|name| name.len() > 8) {
            for (one, other) in ('a'..='z').flat_map(|one| ('a'..='z').map(move |other| (one, other))) {
                let tail = format!("{}{one}{other}", &name[..8]);
                assert_eq!(of_any_length(&tail), plainly(&tail), "{tail}");
            }
        }
        for name in ["", "t", "Type", "typ", "typf", "type\0", "conversation", "a_name_of_many_bytes", "ドラ"] {
            assert_eq!(of_any_length(name), OTHER, "{name}");
        }
    }

    #[test]
    fn no_name_is_there_twice() {
        let mut names = NAMES[..COUNT].to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COUNT);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_comparison_with_each(name in prop::sample::select(&NAMES[..COUNT]), at: prop::sample::Index, with in "[a-z_é]{0,2}") {
            let at = at.index(name.len() + 1);
            for name in [format!("{}{with}", &name[..at]), format!("{}{with}{}", &name[..at], &name[at..])] {
                prop_assert_eq!(of_any_length(&name), plainly(&name), "{}", name);
            }
        }
    }
}

//! Every field name that the contract knows, and the fastest way from a key to its [`Field`].

use super::words;

words!(/// A field of the event contract, or an attribute of CloudEvents.
Field {
    // Common to all types.
    Type = "type", System = "system", Id = "id", Source = "source", Time = "time", Case = "case",
    // Of some types.
    Action = "action", Outcome = "outcome", Mode = "mode", DurationSeconds = "duration_seconds", Version = "version",
    Kind = "kind", Name = "name", FirstTokenSeconds = "first_token_seconds", InputTokens = "input_tokens",
    OutputTokens = "output_tokens", Escalation = "escalation", Queue = "queue", Reason = "reason",
    Severity = "severity", By = "by", Review = "review", Decision = "decision", HandlingSeconds = "handling_seconds",
    EditRatio = "edit_ratio", Appropriate = "appropriate", Appeal = "appeal", Change = "change", Author = "author",
    Approver = "approver", PreviousVersion = "previous_version", Rollback = "rollback", Trigger = "trigger",
    To = "to", Drill = "drill", Result = "result", Signal = "signal", Value = "value", Input = "input",
    AgeSeconds = "age_seconds", Allowed = "allowed", Suite = "suite", Passed = "passed", Score = "score",
    Activity = "activity", Seconds = "seconds", Cost = "cost", Currency = "currency", Owner = "owner", Note = "note",
    Path = "path",
    // Attributes of CloudEvents beside type, id, source and time.
    SpecVersion = "specversion", Subject = "subject", DataContentType = "datacontenttype", DataSchema = "dataschema",
    Data = "data", DataBase64 = "data_base64",
});

/// How many fields there are: a set of them is the bits of a `u64`.
pub const FIELDS: usize = Field::ALL.len();

impl Field {
    /// This field alone, as a set.
    pub const fn bit(self) -> u64 {
        1 << self as u32
    }

    /// The field whose name is these sixteen bytes, with zeros behind it. As [`Field::from_word`], by a table made at compile
    /// time instead of comparing with each name in turn: this runs for every key of every event.
    #[inline]
    pub fn of(name: [u64; 2]) -> Option<Field> {
        let field = TABLE[slot_of(name, MULTIPLIER)];
        (NAMES[field as usize] == name).then_some(field)
    }
}

const WORDS: &[&str] = Field::WORDS;
/// Power of two, with room enough that a multiplier is soon found which lets every name stand alone.
const SLOTS: usize = 256;
/// The field whose name belongs into a slot; where none does, any field, as its name is not the one that is looked for.
static TABLE: [Field; SLOTS] = table();
/// The names as [`Field::of`] gets them; longer ones never come there.
static NAMES: [[u64; 2]; FIELDS] = names();
const MULTIPLIER: u64 = multiplier();

const fn slot_of([low, high]: [u64; 2], multiplier: u64) -> usize {
    ((low ^ high.rotate_left(29)).wrapping_mul(multiplier) >> 56) as usize % SLOTS
}

/// Does the field's name fit? Longer ones have no slot, since they are never looked for here.
const fn is_short(number: usize) -> bool {
    WORDS[number].len() <= 16
}

const fn names() -> [[u64; 2]; FIELDS] {
    // What is longer gets a name that no text has.
    let mut names = [[u64::MAX; 2]; FIELDS];
    let mut number = 0;
    while number < FIELDS {
        if is_short(number) {
            let word = WORDS[number].as_bytes();
            let mut bytes = [0; 16];
            bytes.split_at_mut(word.len()).0.copy_from_slice(word);
            let both = u128::from_le_bytes(bytes);
            names[number] = [both as u64, (both >> 64) as u64];
        }
        number += 1;
    }
    names
}

/// The first that gives no two names the same slot.
const fn multiplier() -> u64 {
    let names = names();
    let mut multiplier = 0x9E37_79B9_7F4A_7C15_u64;
    loop {
        let mut taken = [false; SLOTS];
        let mut number = 0;
        while number < FIELDS {
            let slot = slot_of(names[number], multiplier);
            if is_short(number) && taken[slot] {
                break;
            }
            taken[slot] |= is_short(number);
            number += 1;
        }
        if number == FIELDS {
            return multiplier;
        }
        multiplier = multiplier.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(2);
    }
}

const fn table() -> [Field; SLOTS] {
    const { assert!(FIELDS < 64, "a set of fields, and of one more, is a u64") };
    let names = names();
    let mut table = [Field::Type; SLOTS];
    let mut number = 0;
    while number < FIELDS {
        if is_short(number) {
            table[slot_of(names[number], MULTIPLIER)] = Field::ALL[number];
        }
        number += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(name: &str) -> Option<Field> {
        let mut bytes = [0; 16];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        let both = u128::from_le_bytes(bytes);
        Field::of([both as u64, (both >> 64) as u64])
    }

    #[test]
    fn finds_every_field_and_nothing_else() {
        for field in Field::ALL.iter().filter(|field| field.as_str().len() <= 16) {
            assert_eq!(of(field.as_str()), Some(*field));
        }
        for field in Field::ALL.iter().filter(|field| field.as_str().len() < 16) {
            let longer = format!("{field}s");
            assert_eq!(of(&longer), Field::from_word(&longer));
        }
        // Enough that some share a slot with the field.
        for field in Field::ALL.iter().filter(|field| field.as_str().len() > 8) {
            for (one, other) in ('a'..='z').flat_map(|one| ('a'..='z').map(move |other| (one, other))) {
                let tail = format!("{}{one}{other}", &field.as_str()[..8]);
                assert_eq!(of(&tail), Field::from_word(&tail), "{tail}");
            }
        }
        for name in ["", "t", "Type", "typ", "typf", "conversation", "ドラ"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_comparison_with_each(field in prop::sample::select(WORDS), at: prop::sample::Index, with in "[a-z_é]{0,2}") {
            let at = at.index(field.len() + 1);
            for name in [format!("{}{with}", &field[..at]), format!("{}{with}{}", &field[..at], &field[at..])] {
                if name.len() <= 16 {
                    prop_assert_eq!(of(&name), Field::from_word(&name), "{}", name);
                }
            }
        }
    }
}

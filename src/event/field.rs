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
        let mut slot = slot_of(name);
        loop {
            let number = usize::from(TABLE[slot]);
            // A free slot is the number of no field.
            if *NAMES.get(number)? == name {
                return Some(Field::ALL[number]);
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

const WORDS: &[&str] = Field::WORDS;
/// Power of two, with room enough that most names stand alone.
const SLOTS: usize = 256;
const FREE: u8 = u8::MAX;
static TABLE: [u8; SLOTS] = table();
/// The names as [`Field::of`] gets them; longer ones never come there.
static NAMES: [[u64; 2]; FIELDS] = names();

const fn slot_of([low, high]: [u64; 2]) -> usize {
    ((low ^ high.rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize % SLOTS
}

const fn names() -> [[u64; 2]; FIELDS] {
    let mut names = [[0; 2]; FIELDS];
    let mut number = 0;
    while number < FIELDS {
        let word = WORDS[number].as_bytes();
        let mut at = 0;
        while at < word.len() && word.len() <= 16 {
            names[number][at / 8] |= (word[at] as u64) << (at % 8 * 8);
            at += 1;
        }
        number += 1;
    }
    names
}

const fn table() -> [u8; SLOTS] {
    const { assert!(FIELDS <= 64, "a set of fields is a u64") };
    let names = names();
    let mut table = [FREE; SLOTS];
    let mut number = 0;
    while number < FIELDS {
        // No field has no name; that would be the one of an empty key.
        if names[number][0] != 0 {
            let mut slot = slot_of(names[number]);
            while table[slot] != FREE {
                slot = (slot + 1) % SLOTS;
            }
            table[slot] = number as u8;
        }
        number += 1;
    }
    table
}

#[cfg(test)]
mod tests {
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
        for name in ["", "t", "Type", "typ", "typf", "conversation", "ドラ"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}

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

    /// The field with this name. As [`Field::from_word`], by a table made at compile time instead of comparing
    /// with each name in turn: this runs for every key of every event.
    pub fn lookup(name: &[u8]) -> Option<Field> {
        let marks = Marks::of(name);
        let mut slot = marks.slot();
        loop {
            let number = usize::from(TABLE[slot]);
            let known = MARKS.get(number)?;
            if *known == marks && (name.len() <= MARKED_BYTES || WORDS[number].as_bytes() == name) {
                return Some(Field::ALL[number]);
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

const WORDS: &[&str] = Field::WORDS;
/// Names up to this length are known by their [`Marks`] alone.
const MARKED_BYTES: usize = 16;
/// Power of two, with room enough that most names stand alone.
const SLOTS: usize = 256;
const FREE: u8 = u8::MAX;
static TABLE: [u8; SLOTS] = table();
static MARKS: [Marks; FIELDS] = marks();

/// A name's length, its beginning and its end, which meet in a short one: two numbers compare faster than texts.
#[derive(Clone, Copy, PartialEq)]
struct Marks {
    first: u64,
    last: u64,
    length: usize,
}

impl Marks {
    const fn of(name: &[u8]) -> Marks {
        let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
                (Some(first), Some(last)) => (u32::from_le_bytes(*first) as u64, u32::from_le_bytes(*last) as u64),
                _ => match name {
                    [] => (0, 0),
                    [one] => (*one as u64, 0),
                    [one, two] => (*one as u64, *two as u64),
                    [one, two, three, ..] => (*one as u64 | (*two as u64) << 8, *three as u64),
                },
            },
        };
        Marks { first, last, length: name.len() }
    }

    const fn slot(&self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29)).wrapping_add(self.length as u64);
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize % SLOTS
    }
}

const fn marks() -> [Marks; FIELDS] {
    let mut marks = [Marks::of(b""); FIELDS];
    let mut number = 0;
    while number < FIELDS {
        marks[number] = Marks::of(WORDS[number].as_bytes());
        number += 1;
    }
    marks
}

const fn table() -> [u8; SLOTS] {
    const { assert!(FIELDS <= 64, "a set of fields is a u64") };
    let mut table = [FREE; SLOTS];
    let mut number = 0;
    while number < FIELDS {
        let mut slot = Marks::of(WORDS[number].as_bytes()).slot();
        while table[slot] != FREE {
            slot = (slot + 1) % SLOTS;
        }
        table[slot] = number as u8;
        number += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_field_and_nothing_else() {
        for field in Field::ALL {
            assert_eq!(Field::lookup(field.as_str().as_bytes()), Some(*field));
            let longer = format!("{field}s");
            assert_eq!(Field::lookup(longer.as_bytes()), Field::from_word(&longer));
        }
        for name in ["", "t", "Type", "typ", "typf", "conversation", "ドラ"] {
            assert_eq!(Field::lookup(name.as_bytes()), None, "{name}");
        }
    }
}

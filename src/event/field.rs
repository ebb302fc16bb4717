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
        let mut slot = hash(name);
        loop {
            let number = TABLE[slot];
            if number == FREE {
                return None;
            }
            let field = Field::ALL[usize::from(number)];
            if field.as_str().as_bytes() == name {
                return Some(field);
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

/// Power of two, with room enough that most names stand alone.
const SLOTS: usize = 256;
const FREE: u8 = u8::MAX;
static TABLE: [u8; SLOTS] = table();

const fn hash(name: &[u8]) -> usize {
    if name.is_empty() {
        return 0;
    }
    let (first, middle, last) = (name[0] as usize, name[name.len() / 2] as usize, name[name.len() - 1] as usize);
    (name.len() * 37 + first * 11 + middle * 5 + last * 3) % SLOTS
}

const fn table() -> [u8; SLOTS] {
    const { assert!(FIELDS <= 64, "a set of fields is a u64") };
    let mut table = [FREE; SLOTS];
    let mut number = 0;
    while number < FIELDS {
        let mut slot = hash(Field::WORDS[number].as_bytes());
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

//! How a mistake in an event becomes the sentence that its sender reads.

use std::fmt::Write as _;

use super::{Reason, Rejection};

/// Characters of a sender's value that an error may repeat: enough to recognize it, too few to leak a text.
const EXCERPT_CHARS: usize = 40;

/// A mistake, before its place in the body is known. Boxed, so that the way without mistakes stays light.
#[derive(Debug)]
pub(super) struct Fault {
    /// Byte of the event's text; `None` when the mistake is something that isn't there.
    at: Option<usize>,
    reason: Reason,
    field: Option<String>,
    what: String,
    /// Where that is, once it is known: the text may be gone before the request is answered.
    place: Option<String>,
}

pub(super) type Read<T> = Result<T, Box<Fault>>;

impl Fault {
    #[cold]
    pub fn new(at: usize, reason: Reason, what: impl Into<String>) -> Box<Fault> {
        Box::new(Fault { at: Some(at), reason, field: None, what: what.into(), place: None })
    }

    /// A mistake that stands nowhere: something is missing.
    #[cold]
    pub fn nowhere(reason: Reason, what: impl Into<String>) -> Box<Fault> {
        Box::new(Fault { at: None, reason, field: None, what: what.into(), place: None })
    }

    #[cold]
    pub fn in_field(mut self: Box<Fault>, field: &str) -> Box<Fault> {
        self.field.get_or_insert_with(|| excerpt(field));
        self
    }

    /// As [`Fault::in_field`], where the mistake is not about the field but in its JSON.
    #[cold]
    pub fn inside_field(mut self: Box<Fault>, field: &str) -> Box<Fault> {
        let field = excerpt(field);
        self.what = format!("{}, in the value of `{field}`", self.what);
        self.in_field(&field)
    }

    /// Adds to the names of fields what leads to them, as in `data.queue`.
    #[cold]
    pub fn within(mut self: Box<Fault>, prefix: &str) -> Box<Fault> {
        self.field = self.field.map(|field| format!("{prefix}{field}"));
        self
    }

    /// Says where the mistake stands: `text` begins at `line` of the body. The first to say it is right.
    #[cold]
    pub fn place(mut self: Box<Fault>, text: &str, line: u32) -> Box<Fault> {
        if self.place.is_none() {
            self.place = Some(self.at.map_or_else(|| format!("line {line}"), |at| locate(text, line, at)));
        }
        self
    }

    /// As [`Fault::place`], for what stands in no line: a header, or data inside other data.
    #[cold]
    pub fn placed(mut self: Box<Fault>, place: &str) -> Box<Fault> {
        self.place.get_or_insert_with(|| place.to_string());
        self
    }

    #[cold]
    pub fn rejection(self) -> Rejection {
        let place = self.place.map_or_else(String::new, |place| format!("{place}: "));
        Rejection { reason: self.reason, field: self.field, error: format!("{place}{}", self.what) }
    }
}

/// The place of byte `at` in words. In the event's first line only its distance from the event's start is known.
fn locate(text: &str, line: u32, at: usize) -> String {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = line.saturating_add(before.iter().filter(|&&byte| byte == b'\n').count() as u32);
    let begin = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    // Continuation bytes don't begin a character.
    let column = before[begin..].iter().filter(|&&byte| byte & 0xC0 != 0x80).count() + 1;
    if begin == 0 {
        format!("line {line}, character {column} of the event")
    } else {
        format!("line {line}, column {column}")
    }
}

/// The start of a text, control characters escaped.
pub(super) fn excerpt(text: &str) -> String {
    let mut short = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == EXCERPT_CHARS - 1 && text.chars().nth(EXCERPT_CHARS).is_some() {
            short.push('…');
            break;
        }
        if is_control(character) { short.extend(character.escape_default()) } else { short.push(character) }
    }
    short
}

/// C0, DEL and C1.
pub(super) fn is_control(character: char) -> bool {
    character.is_control()
}

/// Words as a person lists them: a, b or c; with the one that was perhaps meant.
pub(super) fn choices(words: &[&str], found: &str) -> String {
    let mut list = String::new();
    for (at, word) in words.iter().enumerate() {
        let separator = if at == 0 {
            ""
        } else if at + 1 == words.len() {
            " or "
        } else {
            ", "
        };
        let _ = write!(list, "{separator}{word}");
    }
    if let Some(word) = nearest(words, found) {
        let _ = write!(list, " (did you mean {word}?)");
    }
    list
}

/// The word that a typing mistake would make `found` of.
pub(super) fn nearest<'w>(words: &[&'w str], found: &str) -> Option<&'w str> {
    /// Longer texts are no mistyped word, and comparing takes length times length.
    const FOUND_BYTES_MAX: usize = 64;
    if found.len() > FOUND_BYTES_MAX {
        return None;
    }
    let found: String = found.to_ascii_lowercase().replace(['_', '-', ' ', '/'], ".");
    let scored = words.iter().map(|word| (distance(&word.replace('_', "."), &found), *word));
    let (distance, word) = scored.min_by_key(|&(distance, _)| distance)?;
    (distance <= 1 + word.len() / 5).then_some(word)
}

/// How many characters must be added, dropped or replaced to make one of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_a_slip_of_the_finger_meant() {
        let words = &["completed", "failed", "abandoned"];
        assert_eq!(nearest(words, "complete"), Some("completed"));
        assert_eq!(nearest(words, "Failed"), Some("failed"));
        assert_eq!(nearest(words, "done"), None);
        assert_eq!(nearest(&["repeat_contact"], "repeat-contact"), Some("repeat_contact"));
        assert_eq!(choices(words, "x"), "completed, failed or abandoned");
    }

    #[test]
    fn repeats_forty_characters_at_most_and_no_controls() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"é".repeat(40)), "é".repeat(40));
        assert_eq!(excerpt(&"é".repeat(41)), format!("{}…", "é".repeat(39)));
        assert_eq!(excerpt("a\nb\u{85}"), "a\\nb\\u{85}");
    }

    #[test]
    fn says_line_and_column() {
        assert_eq!(locate("{\"é\":x", 3, 6), "line 3, character 6 of the event");
        assert_eq!(locate("{\n  \"a\":x", 3, 8), "line 4, column 7");
    }
}

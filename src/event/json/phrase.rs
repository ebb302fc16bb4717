//! Pieces of the sentences that senders read: what was found, which words would do, which one was perhaps meant.

use std::fmt::Write as _;

/// Characters of a sender's value that an error may repeat: enough to recognize it, too few to leak a text.
const EXCERPT_CHARS: usize = 40;

/// The start of a text, control characters escaped.
pub(in crate::event) fn excerpt(text: &str) -> String {
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
pub(in crate::event) fn is_control(character: char) -> bool {
    character.is_control()
}

/// Words as a person lists them: "a, b or c", with the one that was perhaps meant.
pub(in crate::event) fn choices(words: &[&str], found: &str) -> String {
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

/// Bytes of a text that may be a mistyped word; comparing takes length times length.
const MISTYPED_BYTES_MAX: usize = 64;

/// The word that a typing mistake would make `found` of.
pub(in crate::event) fn nearest<'w>(words: &[&'w str], found: &str) -> Option<&'w str> {
    nearest_of(words.iter().copied(), found)
}

/// As [`nearest`]. Every request whose events have unknown fields asks, so words of other lengths and letters are not compared.
pub(in crate::event) fn nearest_of<'w>(words: impl Iterator<Item = &'w str>, found: &str) -> Option<&'w str> {
    if found.len() > MISTYPED_BYTES_MAX {
        return None;
    }
    let found_letters = letters(found);
    let close = words.filter_map(|word| {
        let slips = 1 + word.len() / 5;
        // A slip adds a byte, drops one, or puts another in its place.
        let may_be = found.len().abs_diff(word.len()) <= slips
            && (letters(word) ^ found_letters).count_ones() as usize <= 2 * slips;
        let distance = if may_be { distance(word.as_bytes(), found.as_bytes()) } else { usize::MAX };
        (distance <= slips).then_some((distance, word))
    });
    close.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// A bit for each letter that a text has. Bytes that make no difference to [`distance`] share one.
fn letters(text: &str) -> u32 {
    text.bytes().fold(0, |bits, byte| bits | 1 << (plain(byte) & 31))
}

fn plain(byte: u8) -> u8 {
    match byte {
        b'_' | b'-' | b' ' | b'/' => b'.',
        byte => byte.to_ascii_lowercase(),
    }
}

/// How many bytes must be added, dropped or replaced to make one of the other (Levenshtein). Case and what separates words
/// make no difference. `found` has [`MISTYPED_BYTES_MAX`] bytes at most.
fn distance(word: &[u8], found: &[u8]) -> usize {
    let mut row: [usize; MISTYPED_BYTES_MAX + 1] = std::array::from_fn(|column| column);
    for (above, wanted) in word.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (column, byte) in found.iter().enumerate() {
            let replaced = diagonal + usize::from(plain(*wanted) != plain(*byte));
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(row[column + 1] + 1);
        }
    }
    row[found.len()]
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
}

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

/// The word that a typing mistake would make `found` of.
pub(in crate::event) fn nearest<'w>(words: &[&'w str], found: &str) -> Option<&'w str> {
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
}

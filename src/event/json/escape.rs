//! The escapes in JSON's strings: which there are, and which characters they mean.

/// The bytes that make a two-byte escape with a backslash. A table: a processor cannot guess which of them comes.
pub(super) static IS_SHORT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = matches!(byte as u8, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't');
        byte += 1;
    }
    table
};

/// The character of the `\u` escape at the start of `bytes`, and the bytes that it takes: 6, or 12 for a pair. Half a pair
/// means no character.
pub(super) fn code_point(bytes: &[u8]) -> Option<(Option<char>, usize)> {
    let high = hex(bytes.get(2..6)?)?;
    let pair = if (0xD800..0xDC00).contains(&high) { low_half(&bytes[6..]) } else { None };
    match pair {
        Some(low) => Some((char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12)),
        None => Some((char::from_u32(high), 6)),
    }
}

fn low_half(bytes: &[u8]) -> Option<u32> {
    let [b'\\', b'u', low @ ..] = bytes.get(..6)? else { return None };
    hex(low).filter(|low| (0xDC00..0xE000).contains(low))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, &digit| Some(number * 16 + char::from(digit).to_digit(16)?))
}

/// The text of a string whose escapes are known to be valid, and whether halves of pairs in it became U+FFFD.
#[inline(never)]
pub(super) fn unescape(raw: &str) -> (String, bool) {
    let mut text = String::with_capacity(raw.len());
    let mut has_halves = false;
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        let (character, taken) = match rest.as_bytes().get(at + 1) {
            Some(b'u') => {
                let (character, taken) = code_point(&rest.as_bytes()[at..]).unwrap_or((None, 6));
                has_halves |= character.is_none();
                (character.unwrap_or(char::REPLACEMENT_CHARACTER), taken)
            }
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(&byte) => (char::from(byte), 2),
            None => break,
        };
        text.push(character);
        rest = &rest[at + taken..];
    }
    text.push_str(rest);
    (text, has_halves)
}

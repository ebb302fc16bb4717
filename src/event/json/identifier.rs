//! How long texts are known: identifiers by a shorter one, names by their beginning.

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::super::body::Str;
use super::super::kinds::{ID_BYTES, NAME_BYTES};

/// What an identifier of over [`ID_BYTES`] keeps of its beginning, in bytes.
const KEPT_BYTES: usize = 100;
/// Bytes of its hash, each written as two digits.
const HASH_BYTES: usize = 8;

/// How day90 knows an identifier: as it is, or where it is over [`ID_BYTES`] by the whole characters within its first 100
/// bytes, `…`, and 16 hexadecimal digits of its SHA-256. So a long one that a person or a query names is found too.
pub fn identifier(text: &str) -> Str<'_> {
    if text.len() <= ID_BYTES {
        return Cow::Borrowed(text);
    }
    let mut short = String::with_capacity(ID_BYTES);
    short.push_str(&text[..boundary(text, KEPT_BYTES)]);
    short.push('…');
    for byte in &Sha256::digest(text.as_bytes())[..HASH_BYTES] {
        let _ = write!(short, "{byte:02x}");
    }
    Cow::Owned(short)
}

/// A name of over [`NAME_BYTES`], cut at a character so that it fits with its `…`.
pub(super) fn cut(name: &str) -> String {
    const MARK: &str = "…";
    let end = boundary(name, NAME_BYTES - MARK.len());
    format!("{}{MARK}", &name[..end])
}

/// The last place at or before `at` that is between two characters.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// The digits of an integer, with a minus perhaps.
pub(super) fn is_integer(digits: &str) -> bool {
    let magnitude = digits.strip_prefix('-').unwrap_or(digits);
    !magnitude.is_empty() && magnitude.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digits are those of `printf %s … | sha256sum`.
    #[test]
    fn a_long_identifier_is_known_by_its_beginning_and_its_hash() {
        let x = "x".repeat(129);
        let known = "x".repeat(100) + "…0ec9eb33e74510bc";
        assert_eq!(identifier(&x).len(), known.len());
        assert_eq!(identifier(&x), known);
        assert_eq!(identifier(&x[..128]), x[..128]);
        let wide = "a".to_string() + &"€".repeat(60);
        assert!(identifier(&wide).starts_with(&("a".to_string() + &"€".repeat(33) + "…")), "{}", identifier(&wide));
        assert_eq!(identifier(&identifier(&x)), identifier(&x), "what is known already stays as it is");
    }

    #[test]
    fn identifiers_that_differ_at_their_ends_stay_distinct() {
        let long = |end: &str| identifier(&("x".repeat(500) + end)).into_owned();
        assert_ne!(long("1"), long("2"));
        assert_eq!(long("1"), long("1"));
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        assert_eq!(cut(&"n".repeat(65)), "n".repeat(61) + "…");
        assert_eq!(cut(&"é".repeat(33)), "é".repeat(30) + "…");
        assert_eq!(cut(&"é".repeat(33)).len(), 63);
    }
}

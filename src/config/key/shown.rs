//! [`shown`]: a text of a file as errors show it.

/// Written text in quotes for a message: short enough for a line, and free of control characters.
pub fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    let short: String = text.chars().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(CHARACTERS_MAX).is_some() { "…" } else { "" };
    format!("\"{short}{more}\"")
}

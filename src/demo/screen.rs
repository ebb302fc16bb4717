//! The terminal: lines that say what happens, and below them a summary that is redrawn in place.
//!
//! Where the output is not a terminal, everything is plain lines. `NO_COLOR` turns colors off.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

/// The columns that every terminal has.
pub(crate) const COLUMNS: usize = 79;
/// Columns of the time before each text.
const INDENT: usize = 8;

/// How good or bad the news is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mood {
    Plain,
    Good,
    Watch,
    Bad,
}

/// A piece of a line, and its color.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece(pub Ink, pub String);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ink {
    Plain,
    Strong,
    Faint,
    Mood(Mood),
}

pub(crate) type Row = Vec<Piece>;

pub(crate) struct Screen {
    /// Whether lines can be redrawn in place.
    live: bool,
    color: bool,
    /// Lines of the summary now on the screen.
    drawn: usize,
    out: String,
}

impl Screen {
    pub(crate) fn of_stdout() -> Screen {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let live = io::stdout().is_terminal() && !dumb;
        Screen { live, color: live && !set("NO_COLOR"), drawn: 0, out: String::new() }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// Prints one message, with its time in seconds since the start.
    pub(crate) fn tell(&mut self, at: f64, mood: Mood, text: &str) {
        self.clear();
        let clock = format!(" {:>2}:{:02}", at as u64 / 60, at as u64 % 60);
        for (number, line) in fold(text, COLUMNS - INDENT).into_iter().enumerate() {
            let before = if number == 0 { format!("{clock:<INDENT$}") } else { " ".repeat(INDENT) };
            self.put(&[Piece(Ink::Faint, before), Piece(Ink::Mood(mood), line)]);
        }
        self.flush();
    }

    /// Writes lines as they are.
    pub(crate) fn write(&mut self, rows: &[Row]) {
        self.clear();
        rows.iter().for_each(|row| self.put(row));
        self.flush();
    }

    /// Draws the summary below the messages; on a terminal only.
    pub(crate) fn show(&mut self, rows: &[Row]) {
        if !self.live {
            return;
        }
        self.clear();
        rows.iter().for_each(|row| self.put(row));
        self.drawn = rows.len();
        self.flush();
    }

    /// Leaves the terminal as it was before.
    pub(crate) fn end(&mut self) {
        self.drawn = 0;
        if self.live {
            self.out.push_str("\x1b[?25h");
        }
        self.flush();
    }

    /// Removes the summary, so that something can be printed in its place.
    fn clear(&mut self) {
        if self.live {
            self.out.push_str("\x1b[?25l");
        }
        if self.drawn > 0 {
            let _ = write!(self.out, "\x1b[{}A\r\x1b[J", self.drawn);
            self.drawn = 0;
        }
    }

    fn put(&mut self, row: &[Piece]) {
        let mut room = COLUMNS;
        for Piece(ink, text) in row {
            let text: String = text.chars().take(room).collect();
            room -= text.chars().count();
            match code(*ink).filter(|_| self.color) {
                Some(code) => {
                    let _ = write!(self.out, "\x1b[{code}m{text}\x1b[0m");
                }
                None => self.out.push_str(&text),
            }
        }
        self.out.push('\n');
    }

    /// Writes everything at once, so that nothing flickers. A closed reader (`| head`) is not an error.
    fn flush(&mut self) {
        let _ = io::stdout().write_all(self.out.as_bytes());
        let _ = io::stdout().flush();
        self.out.clear();
    }
}

fn code(ink: Ink) -> Option<&'static str> {
    match ink {
        Ink::Plain | Ink::Mood(Mood::Plain) => None,
        Ink::Strong => Some("1"),
        Ink::Faint => Some("2"),
        Ink::Mood(Mood::Good) => Some("32"),
        Ink::Mood(Mood::Watch) => Some("33"),
        Ink::Mood(Mood::Bad) => Some("1;31"),
    }
}

/// Cuts a text into lines between words.
pub(crate) fn fold(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

pub(crate) fn plain(text: impl Into<String>) -> Piece {
    Piece(Ink::Plain, text.into())
}

pub(crate) fn faint(text: impl Into<String>) -> Piece {
    Piece(Ink::Faint, text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_there_are_no_escape_codes() {
        let mut screen = Screen { live: false, color: false, drawn: 0, out: String::new() };
        screen.put(&[Piece(Ink::Mood(Mood::Bad), "PAGE".to_owned())]);
        assert_eq!(screen.out, "PAGE\n");
    }

    #[test]
    fn long_texts_are_folded_between_words() {
        assert_eq!(fold("one two three", 7), ["one two", "three"]);
    }
}

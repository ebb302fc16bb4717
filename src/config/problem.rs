//! A mistake in the configuration: its place, the key it is about, and what to write instead.

use std::fmt;

use super::key::At;

/// The most problems that are listed; more are only counted, so that no file can make the report grow without end.
pub const PROBLEMS_MAX: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// The configuration is invalid.
    Error,
    /// Allowed, but probably not meant.
    Warning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    pub at: At,
    /// Such as `systems.refund-agent.objectives.escalation_ratio`; empty when no key is to blame.
    pub field: String,
    pub message: String,
    pub gravity: Gravity,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.at != At::FILE {
            write!(f, ":{}:{}", self.at.line, self.at.column)?;
        }
        // A flag or a variable is in no file.
        if !self.file.is_empty() {
            f.write_str(": ")?;
        }
        if self.gravity == Gravity::Warning {
            f.write_str("warning: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

/// Everything that was found in one file and in the files it names; printed one a line, in the file's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    file: String,
    list: Vec<Problem>,
    /// How many more there were than [`PROBLEMS_MAX`].
    unlisted: usize,
    errors: usize,
}

impl Problems {
    /// Collects the problems of this file.
    pub fn of(file: &str) -> Problems {
        Problems { file: file.to_owned(), ..Problems::default() }
    }
    pub fn error(&mut self, at: At, field: &str, message: impl Into<String>) {
        self.push(at, field, message.into(), Gravity::Error);
    }
    pub fn warn(&mut self, at: At, field: &str, message: impl Into<String>) {
        self.push(at, field, message.into(), Gravity::Warning);
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }
    pub fn errors(&self) -> usize {
        self.errors
    }
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }
    /// Adds the problems of another file, or of a later step, after these.
    pub fn append(&mut self, other: Problems) {
        self.errors += other.errors;
        self.unlisted += other.unlisted;
        let room = PROBLEMS_MAX.saturating_sub(self.list.len());
        self.unlisted += other.list.len().saturating_sub(room);
        self.list.extend(other.list.into_iter().take(room));
    }
    /// In the order of the file.
    pub fn sort(&mut self) {
        self.list.sort_by_key(|problem| problem.at);
    }

    fn push(&mut self, at: At, field: &str, message: String, gravity: Gravity) {
        self.errors += usize::from(gravity == Gravity::Error);
        if self.list.len() >= PROBLEMS_MAX {
            self.unlisted += 1;
            return;
        }
        self.list.push(Problem { file: self.file.clone(), at, field: field.to_owned(), message, gravity });
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            write!(f, "{}{problem}", if index == 0 { "" } else { "\n" })?;
        }
        match self.unlisted {
            0 => Ok(()),
            more => write!(f, "\n{}: and {more} more", self.file),
        }
    }
}

impl std::error::Error for Problems {}

/// The word nearest to a misspelt one, when it is near enough to be meant.
pub fn nearest<'w>(written: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    // Two slips turn any short word into any other, so a short word may have one.
    let allowed = if written.chars().count() <= 4 { 1 } else { 2 };
    let near = words.into_iter().map(|word| (distance(written, word), word));
    near.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// ` ; did you mean x?`, or nothing.
pub fn did_you_mean<'w>(written: &str, words: impl IntoIterator<Item = &'w str>) -> String {
    nearest(written, words).map_or_else(String::new, |word| format!("; did you mean {word}?"))
}

/// Slips between two words: a letter left out, added, changed, or swapped with its neighbor.
fn distance(left: &str, right: &str) -> usize {
    // Longer words than any key are never near one.
    const LETTERS_MAX: usize = 64;
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len() > LETTERS_MAX || right.len() > LETTERS_MAX {
        return usize::MAX;
    }
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, &letter) in left.iter().enumerate() {
        let mut this = vec![row + 1; right.len() + 1];
        for (column, &other) in right.iter().enumerate() {
            let changed = last[column] + usize::from(letter != other);
            this[column + 1] = changed.min(last[column + 1] + 1).min(this[column] + 1);
            if row > 0 && column > 0 && letter == right[column - 1] && left[row - 1] == other {
                this[column + 1] = this[column + 1].min(before_last[column - 1] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, this);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognized_and_another_word_is_not() {
        let keys = ["attest_every", "name", "contact", "to", "by"];
        assert_eq!(nearest("atest_every", keys), Some("attest_every"));
        assert_eq!(nearest("nmae", keys), Some("name"));
        assert_eq!(nearest("contct", keys), Some("contact"));
        assert_eq!(nearest("in", keys), None);
        assert_eq!(nearest("reviewers", keys), None);
    }

    #[test]
    fn more_problems_than_the_bound_are_counted() {
        let mut problems = Problems::of("day90.yaml");
        for line in 1..=PROBLEMS_MAX + 5 {
            problems.error(At { line, column: 1 }, "x", "wrong");
        }
        assert_eq!(problems.errors(), PROBLEMS_MAX + 5);
        assert!(problems.to_string().ends_with("day90.yaml: and 5 more"), "the rest is counted");
    }
}

//! What a key may hold.
//!
//! [`Form`] is the one description of a value: [`super::read`] checks a tree with it, and the JSON Schema and the
//! documentation are printed from it.

/// One key of a map.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    pub form: Form,
    pub required: bool,
    /// As it would be written; empty when there is none.
    pub default: &'static str,
    /// One or two sentences: what it does, and what depends on it.
    pub help: &'static str,
    /// A value that could stand there, as it would be written.
    pub example: &'static str,
}

/// The kinds of value. Bounds are inclusive.
#[derive(Debug)]
pub enum Form {
    /// Known keys; any other is a mistake.
    Map(&'static [Key]),
    /// Names that the writer chooses, each with the same kind of value.
    Table {
        names: &'static Form,
        of: &'static Form,
        max: usize,
    },
    List {
        of: &'static Form,
        min: usize,
        max: usize,
    },
    /// The lowest and the highest rating.
    Scale,
    Bool,
    Duration,
    Size {
        min: u64,
        max: u64,
    },
    Count {
        min: u64,
        max: u64,
    },
    /// Above (or from, when `zero` is true) 0 up to `max`.
    Number {
        zero: bool,
        max: i64,
    },
    Word(&'static [&'static str]),
    /// A name as events carry it.
    Name,
    /// `[a-z0-9._-]`.
    Slug,
    Text {
        bytes_max: usize,
    },
    /// A file, relative to the file that names it.
    File,
    /// Files, with `*` and `?`.
    Pattern,
    Address,
    /// Not in the future.
    Moment,
    Timezone,
    Currency,
    Permissions,
    Program,
    /// A certificate or key, several lines; never shown.
    Pem,
    /// The hash of a password; never shown.
    Bcrypt,
}

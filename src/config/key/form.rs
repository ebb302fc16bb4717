//! The forms of value. A [`ValueForm`] says how a value is written and which type it has, so a key's form decides the type
//! of the field that it fills. Its [`Shape`] is the part that reading, schema and documentation need.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::listen::Listen;
use super::written::What;
use crate::event::{Fixed, Timestamp};

/// A form whose values become a `V`.
pub struct ValueForm<V> {
    pub shape: Shape,
    /// The value that was read; `None` never happens for a value of this shape.
    pub read: Read<V>,
    /// A default as it would have been read; `None` for maps, tables and lists.
    pub default: fn(&V) -> Option<What>,
}

type Read<V> = Box<dyn Fn(&What) -> Option<V> + Send + Sync>;

/// How a value is written. Bounds are inclusive.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Known keys; any other is a mistake.
    Map(Vec<About>),
    /// Names that the writer chooses, each with the same kind of value.
    Table {
        names: Names,
        of: Box<Shape>,
        max: usize,
    },
    List {
        of: Box<Shape>,
        min: usize,
        max: usize,
    },
    /// The lowest and the highest rating.
    Scale,
    Bool,
    Duration,
    /// A duration that may be 0.
    Pause,
    /// A duration, plain or of business hours.
    Within,
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
    /// An address or a name, and a port.
    Address,
    /// The name of a host.
    Host,
    /// An address of the web, `http` or `https`.
    Url,
    /// As [`Shape::Url`], with places for what it is about.
    Link,
    /// A date, or a moment of RFC 3339.
    Moment,
    Date,
    /// Opening hours of a week.
    Hours,
    Timezone,
    Currency,
    Permissions,
    Program,
    /// A certificate or key, several lines; never shown.
    Pem,
    /// The hash of a password; never shown.
    Bcrypt,
}

/// Which names a table may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// As events carry them.
    Any,
    /// `[a-z0-9._-]`.
    Slug,
}

/// Everything about a key but the field that it fills.
#[derive(Clone, Debug)]
pub struct About {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    /// What its absence means.
    pub default: Option<What>,
    /// A value as it would be written; empty for maps, tables and lists of maps.
    pub example: &'static str,
    /// One or two sentences: what it does, and what depends on it.
    pub help: &'static str,
    pub served: Served,
}

/// Whether this version does what a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    Yes,
    /// It adds an inlet that isn't there yet: the daemon starts, and warns.
    NoInlet,
    /// It is read and checked, and changes nothing yet: the daemon starts, and warns.
    NoEffect,
    /// It protects, and isn't there yet: the daemon refuses to start. What it asks for, and what to do instead.
    NoProtection(&'static str),
}

/// A key that is set, and that this version doesn't serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unserved {
    pub key: String,
    /// Its value, when that is a file or another text.
    pub value: String,
    pub served: Served,
}

impl Shape {
    /// Maps, tables and lists: a heading whose lines are all commented out leaves them empty.
    pub fn is_collection(&self) -> bool {
        matches!(self, Shape::Map(_) | Shape::Table { .. } | Shape::List { .. })
    }
}

/// A type whose values can be written as one scalar.
pub trait Scalar: Sized + 'static {
    fn take(what: &What) -> Option<Self>;
    fn give(&self) -> What;
}

macro_rules! scalars {
    ($($type:ty: $pattern:pat => $take:expr, $value:ident => $give:expr;)+) => {$(
        impl Scalar for $type {
            fn take(what: &What) -> Option<$type> {
                match what { $pattern => $take, _ => None }
            }
            fn give(&self) -> What {
                let $value = self;
                $give
            }
        }
    )+};
}

scalars! {
    bool: What::Bool(value) => Some(*value), value => What::Bool(*value);
    i64: What::Nanos(nanos) => Some(*nanos), nanos => What::Nanos(*nanos);
    u64: What::Whole(number) => Some(*number), number => What::Whole(*number);
    u32: What::Whole(number) => u32::try_from(*number).ok(), number => What::Whole((*number).into());
    usize: What::Whole(number) => usize::try_from(*number).ok(), number => What::Whole(*number as u64);
    Fixed: What::Number(number) => Some(*number), number => What::Number(*number);
    String: What::Text(text) => Some(text.clone()), text => What::Text(text.clone());
    PathBuf: What::Path { path, .. } => Some(path.clone()),
        path => What::Path { written: path.display().to_string(), path: path.clone() };
    Listen: What::Address(address) => Some(address.clone()), address => What::Address(address.clone());
    Timestamp: What::Moment(moment) => Some(*moment), moment => What::Moment(*moment);
    (Fixed, Fixed): What::Scale(low, high) => Some((*low, *high)), scale => What::Scale(scale.0, scale.1);
}

/// A form of this shape for a type that knows how its values are written.
pub fn scalar<V: Scalar>(shape: Shape) -> ValueForm<V> {
    ValueForm { shape, read: Box::new(V::take), default: |value| Some(value.give()) }
}

/// Functions that give a form: its name, arguments, the type of its values, its shape.
macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $kind:ty),*) -> $value:ty = $shape:expr;)+) => {$(
        $(#[$doc])*
        pub fn $name($($argument: $kind),*) -> ValueForm<$value> {
            scalar($shape)
        }
    )+};
}

forms! {
    boolean() -> bool = Shape::Bool;
    /// A span of time, in nanoseconds.
    duration() -> i64 = Shape::Duration;
    /// As [`duration`], from 0.
    pause() -> i64 = Shape::Pause;
    /// Bytes.
    size(min: u64, max: u64) -> u64 = Shape::Size { min, max };
    /// A number from 0.
    number(max: i64) -> Fixed = Shape::Number { zero: true, max };
    number_above_zero(max: i64) -> Fixed = Shape::Number { zero: false, max };
    ratio() -> Fixed = Shape::Number { zero: true, max: 1 };
    scale() -> (Fixed, Fixed) = Shape::Scale;
    name() -> String = Shape::Name;
    slug() -> String = Shape::Slug;
    text(bytes_max: usize) -> String = Shape::Text { bytes_max };
    file() -> PathBuf = Shape::File;
    pattern() -> PathBuf = Shape::Pattern;
    address() -> Listen = Shape::Address;
    host() -> String = Shape::Host;
    url() -> String = Shape::Url;
    link() -> String = Shape::Link;
    moment() -> Timestamp = Shape::Moment;
    timezone() -> String = Shape::Timezone;
    currency() -> String = Shape::Currency;
    /// Permission bits.
    permissions() -> u32 = Shape::Permissions;
    program() -> String = Shape::Program;
    pem() -> String = Shape::Pem;
    bcrypt() -> String = Shape::Bcrypt;
    /// One of these words, as text.
    one_of(words: &'static [&'static str]) -> String = Shape::Word(words);
}

/// A whole number from 1.
pub fn count<V: Scalar>(max: u64) -> ValueForm<V> {
    scalar(Shape::Count { min: 1, max })
}

/// One of the words of an enumeration.
pub fn word<V: 'static>(words: &'static [&'static str], from_word: fn(&str) -> Option<V>) -> ValueForm<V> {
    let read = move |what: &What| match what {
        What::Text(text) => from_word(text),
        _ => None,
    };
    ValueForm { shape: Shape::Word(words), read: Box::new(read), default: |_| None }
}

pub fn list<V: 'static>(of: ValueForm<V>, min: usize, max: usize) -> ValueForm<Vec<V>> {
    let read = move |what: &What| match what {
        What::List(items) => Some(items.iter().filter_map(|item| (of.read)(&item.what)).collect()),
        _ => None,
    };
    ValueForm { shape: Shape::List { of: Box::new(of.shape), min, max }, read: Box::new(read), default: |_| None }
}

pub fn table<V: 'static>(names: Names, of: ValueForm<V>, max: usize) -> ValueForm<BTreeMap<String, V>> {
    let read = move |what: &What| match what {
        What::Table(rows) => {
            Some(rows.iter().filter_map(|(name, _, row)| Some((name.clone(), (of.read)(&row.what)?))).collect())
        }
        _ => None,
    };
    ValueForm { shape: Shape::Table { names, of: Box::new(of.shape), max }, read: Box::new(read), default: |_| None }
}

//! Events as JSON in the short form, by the declarations: what is written here and read again is the same event.
//!
//! Left out is what belongs to one delivery and not to the event: when and how it came in, what was ignored or repaired.

use std::fmt::Write as _;

use super::super::behavior::Behavior;
use super::super::body::{Body, Event, FeedbackValue, Str};
use super::super::declarations::events;
use super::super::fixed::Fixed;
use super::super::money::Money;
use super::super::words::Word;

/// Appends an event as one JSON object, without a line's end.
pub fn write(event: &Event<'_>, out: &mut String) {
    let mut object = Object(out);
    object.0.push_str("{\"type\":");
    object.text(event.body.kind().as_str());
    if let Some(id) = &event.id {
        id.put("id", &mut object);
    }
    if let Some(source) = &event.source {
        source.put("source", &mut object);
    }
    object.name("time");
    object.text(&event.time.to_string());
    event.system.put("system", &mut object);
    if let Some(case) = &event.case {
        case.put("case", &mut object);
    }
    body(&event.body, &mut object);
    if let Some(behavior) = &event.behavior {
        object.behavior(behavior);
    }
    object.0.push('}');
}

/// An object that has its first member.
struct Object<'o>(&'o mut String);

impl Object<'_> {
    fn name(&mut self, name: &str) {
        self.0.push(',');
        self.text(name);
        self.0.push(':');
    }

    fn text(&mut self, text: &str) {
        self.0.push_str(&serde_json::to_string(text).expect("a text can be written"));
    }

    fn plain(&mut self, value: impl std::fmt::Display) {
        write!(self.0, "{value}").expect("writing to a String cannot fail");
    }

    fn behavior(&mut self, behavior: &Behavior<'_>) {
        let Behavior { versions, version, change } = behavior;
        if !versions.is_empty() {
            self.name("versions");
            for (n, (kind, version)) in versions.iter().enumerate() {
                self.0.push(if n == 0 { '{' } else { ',' });
                self.text(kind.as_str());
                self.0.push(':');
                self.text(version);
            }
            self.0.push('}');
        }
        version.iter().for_each(|version| version.put("version", self));
        change.iter().for_each(|change| change.put("change", self));
    }
}

/// A value of a field.
trait Member {
    fn put(&self, name: &str, object: &mut Object<'_>);
}

impl Member for Str<'_> {
    fn put(&self, name: &str, object: &mut Object<'_>) {
        object.name(name);
        object.text(self);
    }
}

impl Member for u64 {
    fn put(&self, name: &str, object: &mut Object<'_>) {
        object.name(name);
        object.plain(self);
    }
}

impl Member for bool {
    fn put(&self, name: &str, object: &mut Object<'_>) {
        object.name(name);
        object.plain(self);
    }
}

impl Member for Fixed {
    fn put(&self, name: &str, object: &mut Object<'_>) {
        object.name(name);
        object.plain(self);
    }
}

impl<T: Word> Member for T {
    fn put(&self, name: &str, object: &mut Object<'_>) {
        object.name(name);
        object.text(T::WORDS[usize::from(self.number())]);
    }
}

/// A word that the operating model may have instead.
impl<T: Word> Member for Option<T> {
    fn put(&self, name: &str, object: &mut Object<'_>) {
        self.iter().for_each(|word| word.put(name, object));
    }
}

/// Two fields of JSON, whatever the field is called in the declaration.
impl Member for Money {
    fn put(&self, _: &str, object: &mut Object<'_>) {
        self.amount.put("cost", object);
        object.name("currency");
        object.text(self.currency.as_str());
    }
}

impl Member for FeedbackValue {
    fn put(&self, name: &str, object: &mut Object<'_>) {
        match self {
            FeedbackValue::None => {}
            FeedbackValue::Thumb(thumb) => thumb.put(name, object),
            FeedbackValue::Rating(rating) => rating.put(name, object),
        }
    }
}

macro_rules! put {
    (may $field:ident $object:ident) => {
        $field.iter().for_each(|value| value.put(stringify!($field), $object))
    };
    ($need:ident $field:ident $object:ident) => {
        $field.put(stringify!($field), $object)
    };
}

macro_rules! writers {
    ($($kind:ident = $word:literal {
        when: $when:literal, feeds: $feeds:literal, case: $case:ident,
        $(fields: {
            $($need:ident $(($default:expr))? $field:ident: $form:ident $(($of:ident))?, $($meaning:literal),+;)+
        },)?
        example: $example:literal,
    })+) => {
        fn body(body: &Body<'_>, object: &mut Object<'_>) {
            match body {
                $(Body::$kind $({ $($field,)+ })? => { $($(put!($need $field object);)+)? })+
            }
        }
    };
}

events!(writers);

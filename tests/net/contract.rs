//! The event contract as the net sees it. The only file here that knows how the product declares and reads events.

use day90::config::Model;
use day90::event::kinds::{COMMON, Form, Spec, TABLE};
use day90::event::{Context, Event, Inlet, Timestamp, json};

/// What the value of a field must look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Text,
    Versions,
    Word(&'static [&'static str]),
    Seconds,
    Ratio,
    Count,
    Flag,
    Amount,
    Currency,
    Feedback,
    Time,
    System,
}

pub struct Field {
    pub name: &'static str,
    pub required: bool,
    pub shape: Shape,
}

/// A type of event with all its fields, but for `type` itself.
pub struct Type {
    pub name: &'static str,
    pub fields: Vec<Field>,
}

/// Every declared type.
pub fn declared() -> Vec<Type> {
    let field = |spec: &Spec| Field {
        name: spec.field,
        required: spec.required,
        shape: match spec.form {
            Form::Text(_) | Form::Name | Form::Identifier => Shape::Text,
            Form::Versions => Shape::Versions,
            Form::Word(words) => Shape::Word(words),
            Form::Seconds => Shape::Seconds,
            Form::Ratio => Shape::Ratio,
            Form::Count => Shape::Count,
            Form::Flag => Shape::Flag,
            Form::Amount => Shape::Amount,
            Form::Currency => Shape::Currency,
            Form::Feedback => Shape::Feedback,
            Form::Time => Shape::Time,
            Form::System => Shape::System,
        },
    };
    let fields = |own: &'static [Spec]| {
        let common = COMMON.iter().filter(|common| !own.iter().any(|spec| spec.field == common.field));
        common.chain(own).map(field).collect()
    };
    TABLE.iter().map(|each| Type { name: each.kind.as_str(), fields: fields(each.fields) }).collect()
}

/// The ways that an event may come in.
pub const INLETS: &[Inlet] = Inlet::ALL;

/// Reads an event as the daemon does. Events that name no system are of `refund-agent`.
pub fn parse<'a>(line: &'a str, received: Timestamp, inlet: Inlet, model: &Model) -> Event<'a> {
    let rating_scale = |system: &str| model.rating_scale(system);
    let context = Context {
        received,
        inlet,
        default_system: Some("refund-agent"),
        rating_scale: &rating_scale,
        event_age: day90::event::kinds::EVENT_AGE,
        notes: None,
    };
    json::parse(line, 1, &context).unwrap_or_else(|rejection| panic!("{line}: {rejection:?}"))
}

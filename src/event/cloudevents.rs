//! CloudEvents 1.0: the other spelling of the same events.

use super::{Context, Event, Rejection};

/// One event in CloudEvents' JSON format (structured mode, or an element of a batch).
pub fn parse<'a>(text: &'a str, line: u32, context: &Context<'_>) -> Result<Event<'a>, Rejection> {
    let _ = (text, line, context);
    unimplemented!("signatures first")
}

/// One event in CloudEvents' binary HTTP mode: `attributes` are the `ce-*` headers as received, names without the
/// prefix and in lower case; `data` is the body, JSON or empty.
pub fn binary<'a>(
    attributes: &[(&'a str, &'a str)],
    data: &'a str,
    context: &Context<'_>,
) -> Result<Event<'a>, Rejection> {
    let _ = (attributes, data, context);
    unimplemented!("signatures first")
}

//! Tests of the contract: every type, every mistake of the hand-written list, generated input, and the page of documentation.

mod contract;
mod docs;
mod generated;
mod golden;
mod mistakes;
mod old_journals;
mod plain;
mod repairs;
mod time;
mod written;

use super::split::Events;
use super::*;

/// What a parser of tests knows: 2026-11-23, 09:00, no default system, ratings from 1 to 5.
fn context() -> Context<'static> {
    Context {
        received: Timestamp::parse_rfc3339("2026-11-23T09:00:00Z").unwrap(),
        inlet: Inlet::Http,
        default_system: None,
        rating_scale: &|_| (Fixed::ONE, Fixed::from_units(5)),
        event_age: crate::event::kinds::EVENT_AGE,
        notes: None,
    }
}

fn parse(text: &str) -> Result<Event<'_>, Rejection> {
    json::parse(text, 1, &context())
}

/// Every event of a body with its index, or why it is none. Of a body that breaks there is one rejection.
fn parse_body(body: &[u8]) -> Vec<(u32, Result<Event<'_>, Rejection>)> {
    let context = context();
    let mut events = Events::new(body, &context);
    let items = events.by_ref().map(|item| (item.index, item.event)).collect();
    match events.broken() {
        Some(broken) => vec![(events.position(), Err(broken.clone()))],
        None => items,
    }
}

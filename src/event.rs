//! The event contract: what one event is, how it is read, and how it is stored.
//!
//! Everything here is pure: bytes in, values out; no I/O, no clock, no async.
//!
//! * `declarations` has one entry for each type; `body` makes [`Event`] and [`Body`] of it, [`kinds`] the table that
//!   documentation and the JSON [`schema`] come from. A new type is an entry there, and nothing else here.
//! * [`words`](mod@words), [`Fixed`], [`Timestamp`] and [`Money`] are the values that events are made of.
//! * [`json`] reads one JSON object into an event, or says which field is wrong and why; both spellings, the short form
//!   and [`cloudevents`], become the same event. [`split`] cuts a request body, so that a bad event costs only itself.
//! * [`binary`] is the encoding that the journal stores; live events and replay both fold from it.

mod behavior;
pub mod binary;
mod body;
mod declarations;
pub mod fixed;
pub mod json;
pub mod kinds;
mod money;
mod rejection;
mod repairs;
pub mod schema;
#[cfg(test)]
mod tests;
pub mod time;
pub mod words;

pub use behavior::Behavior;
pub use body::{Body, Event, FeedbackValue, Kind, Str};
pub use fixed::Fixed;
pub use json::{Context, Notes, cloudevents, identifier, split};
pub use money::{Currency, Money};
pub use rejection::{Mistake, Rejection};
pub use repairs::Repairs;
pub use time::Timestamp;
pub(crate) use words::words;
pub use words::*;

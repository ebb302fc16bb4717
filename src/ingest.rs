//! From bytes to batches of events, and the reply that is owed to the sender. A source is a file here, and a word in the
//! list below.
//!
//! * [`source`] says what a source is and what it gets.
//! * `events` is the source `POST /v1/events`: `media` and `inflate` say what the bytes of a body mean, `batch` reads
//!   them, `declared` and [`behind`] find what their sender should know, `rejected` counts what is wrong, `summary` is the
//!   reply.
//! * [`settings`] are the settings of requests that a reload may change.

mod batch;
pub mod behind;
mod declared;
mod inflate;
mod media;
mod rejected;
pub mod settings;
pub mod source;
pub mod summary;

pub use settings::{BodyLimits, Live, RequestSettings};
pub use source::{BatchWriter, EventSource, Intake, Takes};

/// Lists the sources. From it come their modules, their routes and their start.
macro_rules! sources {
    ($($module:ident :: $source:ident),+ $(,)?) => {
        $(mod $module;)+

        /// The inlets that are served, each with the configuration key that turns it on.
        pub const INLETS: &[(crate::event::Inlet, &str)] =
            &[$(($module::$source::INLET, $module::$source::KEY)),+];

        /// Every path at which events come in.
        pub fn routes<A: Takes>() -> impl Iterator<Item = &'static crate::http::Endpoint<A>> {
            [$($module::$source::routes::<A>()),+].into_iter().flatten()
        }

        /// Starts what takes events in another way than over HTTP, as far as the configuration asks for it.
        pub fn start<A: Takes>(intake: &Intake<A::Writer>, config: &crate::config::Config) -> Vec<source::Running> {
            [$($module::$source::start::<A>(intake, config)),+].into_iter().flatten().collect()
        }
    };
}

sources! {
    events::Events,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_another_inlet_and_another_key() {
        for (at, (inlet, key)) in INLETS.iter().enumerate() {
            assert!(INLETS[..at].iter().all(|(other, their)| other != inlet && their != key), "{inlet} {key}");
            assert!(key.starts_with("server.") || key.starts_with("sources."), "{inlet}: {key} is no key of a source");
        }
    }
}

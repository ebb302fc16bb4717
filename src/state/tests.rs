//! The fold as a whole: events in, samples out. The test moves the clock. Only the public side of [`State`] is used.
//!
//! [`State`]: super::State

mod appeals;
mod changes;
mod clock;
mod escalations;
mod fallback;
mod feedback;
mod forget;
mod harness;
mod late;
mod order;
mod rare;
mod reload;
mod resolutions;
mod restart;
mod reviews;
mod rollbacks;
mod room;
mod rounds;
mod rules;
mod series;
mod systems;
mod told;
mod upkeep;
mod window;

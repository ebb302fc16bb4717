//! HTTP/1.1 over plain sockets: accept, bound, frame, route, reply, stop. Knows no event and no signal.
//!
//! * [`server`] accepts connections and stops gracefully; `open` bounds how many there are.
//! * `connection` drives one of them; `watch` knows its phase, and so its deadline; `framing` finds requests whose
//!   length two readers would judge differently.
//! * [`route`] finds the entry for a path in the table of a [`Site`], and checks method and token; `foreign` knows the requests
//!   of other sites' pages.
//! * [`call`] is one request as a handler gets it; [`gate`] bounds the bytes of all requests in flight.
//! * [`reply`] is what goes back.
//!
//! The table is handed in by whoever builds the daemon: an entry holds everything about a path.

pub mod bounds;
pub mod call;
mod connection;
mod foreign;
mod framing;
pub mod gate;
mod open;
pub mod reply;
pub mod route;
pub mod server;
mod watch;

pub use bounds::{Deadlines, ListenerBounds, Scope};
pub use call::Call;
pub use foreign::Callers;
pub use route::{Endpoint, Handling, Site};
pub use server::serve;
pub use watch::Peer;

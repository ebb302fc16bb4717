//! One system in the stream of its events.

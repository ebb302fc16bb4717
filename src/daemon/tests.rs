//! The HTTP edge over real sockets, with a writer and views that the tests control.

mod harness;
mod limits;
mod slow;
mod speed;
mod table;

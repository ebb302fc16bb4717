//! One row of the table: what, aim, measured, peer.

use std::fmt;

pub struct Row {
    pub what: &'static str,
    pub aim: &'static str,
    pub measured: String,
    pub held: bool,
    pub peer: String,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { what, aim, measured, held, peer } = self;
        let verdict = if *held { "held" } else { "**missed**" };
        write!(f, "| {what} | {aim} | {measured}: {verdict} | {peer} |")
    }
}

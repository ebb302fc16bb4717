//! One event of the simulated team: a line of JSON in the short form.

use std::fmt::Write;

use crate::event::{Kind, Timestamp};

/// An unfinished line. All texts are the demo's own, which need no escapes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line(String);

impl Line {
    pub(crate) fn new(kind: Kind, system: &str) -> Line {
        let mut text = String::with_capacity(240);
        let _ = write!(text, r#"{{"type":"{kind}","system":"{system}""#);
        Line(text)
    }
    pub(crate) fn text(mut self, name: &str, value: &str) -> Line {
        debug_assert!(!value.contains(['"', '\\']) && !value.contains(char::is_control), "{value:?} needs escapes");
        let _ = write!(self.0, r#","{name}":"{value}""#);
        self
    }
    /// A number, to the thousandth.
    pub(crate) fn number(mut self, name: &str, value: f64) -> Line {
        let _ = write!(self.0, r#","{name}":{}"#, (value * 1000.0).round() / 1000.0);
        self
    }
    pub(crate) fn truth(mut self, name: &str, value: bool) -> Line {
        let _ = write!(self.0, r#","{name}":{value}"#);
        self
    }
    /// The whole line, with its time, and an id so that a retry counts once.
    pub(crate) fn end(mut self, time: Timestamp, id: u64) -> String {
        let _ = write!(self.0, r#","time":"{time}","id":"d-{id}"}}"#);
        self.0
    }
}

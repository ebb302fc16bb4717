//! [`Mistakes`]: everything that is wrong with one event. Found only after the first mistake, so that good events pay nothing.

use super::super::body::Kind;
use super::super::rejection::{Mistake, Rejection};
use super::super::words::Reason;
use super::fault::{Fault, Read};
use super::field::FieldSet;
use super::fields::Fields;

/// The mistakes of an event, in the order in which its parts are read.
#[derive(Default)]
pub(super) struct Mistakes {
    faults: Vec<Fault>,
    kind: Option<Kind>,
    system: Option<String>,
}

impl Mistakes {
    /// What was read, or nothing and a mistake more.
    pub fn keep<T>(&mut self, read: Read<T>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(fault) => {
                let mut next = Some(fault);
                while let Some(mut fault) = next {
                    next = fault.take_also();
                    self.faults.push(*fault);
                }
                None
            }
        }
    }

    /// The type of the event, which the rejection names.
    pub fn kind(&mut self, kind: Read<Kind>) -> Option<Kind> {
        self.kind = self.keep(kind);
        self.kind
    }

    /// The system of the event, which the rejection names.
    pub fn system<S: AsRef<str>>(&mut self, system: Read<S>) {
        self.system = self.keep(system).map(|system| system.as_ref().to_owned());
    }

    /// Says that everything that `read` finds is in this place.
    pub fn placed(&mut self, place: &str, read: impl FnOnce(&mut Mistakes)) {
        let before = self.faults.len();
        read(self);
        let inside = self.faults.split_off(before);
        self.faults.extend(inside.into_iter().map(|fault| *Box::new(fault).placed(place)));
    }

    /// The system, or nothing where it couldn't be read.
    pub fn system_name(&self) -> &str {
        self.system.as_deref().unwrap_or_default()
    }

    /// Fields among `known` that are there twice.
    pub fn repeated(&mut self, fields: &Fields<'_>, known: FieldSet) {
        self.faults.extend(fields.repeated(known).map(|field| *fields.twice(field)));
    }

    /// What the sender reads. `text` begins at `line` of the body.
    pub fn rejection(self, text: &str, line: u32) -> Rejection {
        let mut rejections = self.faults.into_iter().map(|fault| Box::new(fault).place(text, line).rejection());
        let first = rejections.next().unwrap_or_else(|| Rejection::new(Reason::Syntax, "this is no event"));
        let more = rejections.map(|rejection| Mistake { field: rejection.field, error: rejection.error }).collect();
        Rejection { more, kind: self.kind, system: self.system, ..first }
    }
}

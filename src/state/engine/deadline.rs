//! [`Deadline`]: the two moments by which people owe something on a piece of work that is open.

use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

use crate::event::words;

words!(/// What has to happen by then; the label `stage`.
    Deadline { Acknowledge = "acknowledge", Resolve = "resolve" });

/// A value for each deadline. Stored as a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByDeadline<T>([T; Deadline::ALL.len()]);

impl<T> ByDeadline<T> {
    pub fn of(value: impl FnMut(Deadline) -> T) -> ByDeadline<T> {
        ByDeadline([Deadline::Acknowledge, Deadline::Resolve].map(value))
    }
}

impl<T> Index<Deadline> for ByDeadline<T> {
    type Output = T;
    fn index(&self, deadline: Deadline) -> &T {
        &self.0[deadline as usize]
    }
}

impl<T> IndexMut<Deadline> for ByDeadline<T> {
    fn index_mut(&mut self, deadline: Deadline) -> &mut T {
        &mut self.0[deadline as usize]
    }
}
